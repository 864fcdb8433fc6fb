"""Who may do what: one table of roles and of keys' scopes, held at every route, whatever a page shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from resa.storage import SCOPES, Scope
from resa.workspace.people import ROLES, Role

__all__ = ["RIGHTS", "SCOPE_RIGHTS", "Right", "may", "rights_of", "scopes_for"]

Right = Literal["see", "write", "edit", "share", "find", "names", "decide", "erase", "sources", "audit", "manage"]
"""What a route may need:

see: maps and all numbers, and to comment on them;
write: notes on days, and reports;
edit: what stands in maps, and so what is expected and promised;
share: show a report to who has no account;
find: customers, one by one;
names: what customers are called, where a number is opened;
decide: say who is one person;
erase: take all that is stored of a customer away;
sources: what comes in from where, and what was refused;
audit: who saw and changed what;
manage: people and keys.
"""

_ALL: Final[frozenset[Right]] = frozenset(get_args(Right))

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        "viewer": frozenset({"see"}),
        "analyst": frozenset({"see", "write", "edit", "share", "sources"}),
        "marketer": frozenset({"see", "write", "edit", "share", "find", "names", "decide", "sources"}),
        "service": frozenset({"see", "write", "find", "names", "decide"}),
        "privacy_officer": frozenset({"see", "write", "find", "names", "decide", "erase", "audit"}),
        "admin": _ALL,
    }
)
"""What each role may."""

if set(RIGHTS) != set(ROLES):
    raise AssertionError("a role has no rights of its own")


SCOPE_RIGHTS: Final[Mapping[Scope, frozenset[Right]]] = MappingProxyType(
    {
        "collect": frozenset(),
        "metrics": frozenset(),
        "consent": frozenset(),
        "read:numbers": frozenset({"see"}),
        "read:customers": frozenset({"find"}),
        "read:names": frozenset({"names"}),
        "read:sources": frozenset({"sources"}),
        "read:audit": frozenset({"audit"}),
        "write:identity": frozenset({"decide"}),
        "write:maps": frozenset({"edit"}),
        "write:notes": frozenset({"write"}),
        "share:reports": frozenset({"share"}),
        "erase:customers": frozenset({"erase"}),
        "manage": frozenset({"manage"}),
    }
)
"""What each scope of a key allows over the HTTP API; a right that stands in none is for people alone."""

if set(SCOPE_RIGHTS) != set(SCOPES):
    raise AssertionError("a scope of keys has no rights of its own")


def rights_of(scopes: Iterable[Scope]) -> frozenset[Right]:
    """What a key with these scopes may."""
    return frozenset(right for scope in scopes for right in SCOPE_RIGHTS[scope])


def scopes_for(right: Right) -> tuple[Scope, ...]:
    """The scopes that give a right, each by itself."""
    return tuple(scope for scope, rights in SCOPE_RIGHTS.items() if right in rights)


def may(role: Role, right: Right) -> bool:
    """Whether a role has a right."""
    return right in RIGHTS[role]
