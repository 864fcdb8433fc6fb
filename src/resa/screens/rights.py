"""Who may do what: one table of roles, held at every route, whatever a page shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from resa.workspace.people import ROLES, Role

__all__ = ["RIGHTS", "Right", "may"]

Right = Literal["see", "edit", "find", "names", "erase", "sources", "audit", "manage"]
"""What a route may need:

see: maps and all numbers;
edit: what stands in maps, and so what is expected and promised;
find: customers, one by one;
names: what customers are called, where a number is opened;
erase: take all that is stored of a customer away;
sources: what comes in from where, and what was refused;
audit: who saw and changed what;
manage: people and keys.
"""

_ALL: Final[frozenset[Right]] = frozenset(get_args(Right))

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        "viewer": frozenset({"see"}),
        "analyst": frozenset({"see", "edit", "sources"}),
        "marketer": frozenset({"see", "edit", "find", "names", "sources"}),
        "service": frozenset({"see", "find", "names"}),
        "privacy_officer": frozenset({"see", "find", "names", "erase", "audit"}),
        "admin": _ALL,
    }
)
"""What each role may."""

if set(RIGHTS) != set(ROLES):
    raise AssertionError("a role has no rights of its own")


def may(role: Role, right: Right) -> bool:
    """Whether a role has a right."""
    return right in RIGHTS[role]
