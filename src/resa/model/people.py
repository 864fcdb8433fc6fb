"""People who may sign in: who they are, what they may, and where they are signed in. They are staff, no customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

__all__ = ["ROLES", "Person", "Role", "Session"]

Role = Literal["viewer", "analyst", "marketer", "service", "privacy_officer", "admin"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""What a person may be; what each role may is said where it is asked for."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who may sign in, or might once.

    Attributes:
        id: Their number; by it they stand in the audit log.
        email: Their address, in lower case.
        name: What people call them; may be empty.
        role: What they may.
        made_at: When they were invited first, UTC.
        ended_at: Since when they may sign in no more, UTC; `None`: they may.
        has_password: Whether they accepted an invitation.
        has_factor: Whether they give a code, too, when they sign in.
        has_company: Whether they signed in by the company's provider once.
        is_emergency: Whether their password opens where those of others do not.
    """

    id: int
    email: str
    name: str
    role: Role
    made_at: datetime
    ended_at: datetime | None
    has_password: bool
    has_factor: bool = False
    has_company: bool = False
    is_emergency: bool = False


@dataclass(frozen=True, kw_only=True)
class Session:
    """Where a person is signed in.

    Attributes:
        id: The first twelve hexadecimal digits of its token's hash; the token is nowhere.
        person: Whose it is.
        began_at: When they signed in, UTC.
        seen_at: When it was used last, UTC, to five minutes.
        agent: What their browser calls itself.
        issuer: Of the company's provider that said who it is; empty: a password or a link did.
    """

    id: str
    person: Person
    began_at: datetime
    seen_at: datetime
    agent: str
    issuer: str = ""
