"""People over the API: who may sign in and as what, invitations, and where they are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody

from resa.base.language import sentence
from resa.model.people import Person, Role
from resa.screens.api.answers import Page
from resa.screens.api.calling import Cursor, Limit, Line, Number, part_after
from resa.screens.api.writers import missing, said_well
from resa.screens.frame import Visiting
from resa.screens.visits import Visit

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """Somebody who may sign in. Moments are UTC.

    Attributes:
        number: Their own; by it they stand in the audit log.
        email: Their address.
        name: What people call them; may be empty.
        role: What they may.
        invited_at: When they were invited first.
        accepted: Whether they accepted an invitation.
        second_factor: Whether they give a code, too, when they sign in.
    """

    number: int
    email: str
    name: str
    role: Role
    invited_at: datetime
    accepted: bool
    second_factor: bool


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Who is invited.

    Attributes:
        email: Their address.
        name: What people call them.
        role: What they may. Who is known already keeps theirs.
    """

    email: Line
    name: Line = ""
    role: Role = "viewer"


@dataclass(frozen=True, kw_only=True)
class Invited:
    """An invitation; it is told this once.

    Attributes:
        number: Of the person.
        address: Where they set a password, without the host; it holds once, for seven days.
    """

    number: int
    address: str


@dataclass(frozen=True, kw_only=True)
class NewRole:
    """What somebody shall be.

    Attributes:
        role: What they may.
    """

    role: Role


@dataclass(frozen=True, kw_only=True)
class SessionLine:
    """Where somebody is signed in. Moments are UTC.

    Attributes:
        id: Its own; it lets nobody in.
        person: The number of whose it is.
        began_at: When they signed in.
        seen_at: When it was used last.
        agent: What their browser calls itself.
    """

    id: str
    person: int
    began_at: datetime
    seen_at: datetime
    agent: str


@get("/people", operation_id="people", summary="Who may sign in", opt={"needs": "manage"}, sync_to_thread=True)
def people(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[PersonLine]:
    """Everybody who may sign in."""
    everybody = [one for one in visit.shop.people.all() if one.ended_at is None]
    found, following = part_after(everybody, lambda one: one.id, "people", limit, cursor)
    return Page([_line(one) for one in found], following)


@post("/people", operation_id="invite", summary="Invite somebody", opt={"needs": "manage"}, sync_to_thread=True)
def invite(visit: Visiting, data: JSONBody[Invitation]) -> Invited:
    """Invite somebody, or somebody who is known to set a password anew. What was given before holds no more."""
    known = visit.shop.people
    with said_well("email"):
        token = known.invite(data.email, data.name, data.role, by=visit.who)
    person = known.invited(token)
    return Invited(number=0 if person is None else person.id, address=f"/welcome/{token}")


@patch(
    "/people/{number:int}",
    operation_id="change_role",
    summary="Give somebody another role",
    status_code=204,
    opt={"needs": "manage"},
    sync_to_thread=True,
)
def change_role(visit: Visiting, number: Number, data: JSONBody[NewRole]) -> None:
    """Give somebody another role; they sign in anew. The last administrator stays one."""
    with said_well("role"):
        visit.shop.people.change_role(_known(visit, number).email, data.role, by=visit.who)


@delete(
    "/people/{number:int}",
    operation_id="end_person",
    summary="End somebody's right to sign in",
    opt={"needs": "manage"},
    sync_to_thread=True,
)
def end_person(visit: Visiting, number: Number) -> None:
    """Take from somebody the right to sign in, at once. The last administrator keeps it."""
    with said_well():
        visit.shop.people.end(_known(visit, number).email, by=visit.who)


@delete(
    "/people/{number:int}/second-factor",
    operation_id="reset_factor",
    summary="Take a lost second factor away",
    opt={"needs": "manage"},
    sync_to_thread=True,
)
def reset_factor(visit: Visiting, number: Number) -> None:
    """Take away the second factor of somebody who lost it; they are signed out, and sign in by their password."""
    with said_well():
        visit.shop.people.reset_factor(_known(visit, number).email, by=visit.who)


@get("/sessions", operation_id="sessions", summary="Who is signed in", opt={"needs": "manage"}, sync_to_thread=True)
def sessions(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[SessionLine]:
    """Where people are signed in now."""
    found, following = part_after(visit.shop.people.sessions(), lambda one: one.id, "sessions", limit, cursor)
    return Page(
        [
            SessionLine(id=one.id, person=one.person.id, began_at=one.began_at, seen_at=one.seen_at, agent=one.agent)
            for one in found
        ],
        following,
    )


@delete(
    "/sessions/{session:str}",
    operation_id="end_session",
    summary="End a session",
    opt={"needs": "manage"},
    sync_to_thread=True,
)
def end_session(visit: Visiting, session: FromPath[str]) -> None:
    """Sign somebody out in one place, for instance on a machine that was lost."""
    if all(one.id != session for one in visit.shop.people.sessions()):
        raise missing(sentence("no session that lives is called so"))
    visit.shop.people.end_session(session, by=visit.who)


def _known(visit: Visit, number: int) -> Person:
    found = visit.shop.people.of_number(number)
    if found is None:
        raise missing(sentence("nobody who may sign in has this number"))
    return found


def _line(one: Person) -> PersonLine:
    return PersonLine(
        number=one.id,
        email=one.email,
        name=one.name,
        role=one.role,
        invited_at=one.made_at,
        accepted=one.has_password,
        second_factor=one.has_factor,
    )


ROUTES: Final = (people, invite, change_role, end_person, reset_factor, sessions, end_session)
