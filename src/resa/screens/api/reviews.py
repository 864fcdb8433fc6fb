"""Reviews of maps over the API: when the next is due, what earlier ones found, and keeping that there was one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from litestar import get, post
from litestar.params import FromPath, JSONBody

from resa.base.errors import InputError, WorkspaceError
from resa.base.language import sentence
from resa.screens.api.answers import Unusable
from resa.screens.api.calling import Prose
from resa.screens.frame import Visiting
from resa.workspace.reviewing import Standing, review, standing_of

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """A review of a map.

    Attributes:
        number: Its own.
        day: On which it was, in the map's zone.
        at: When it was kept, UTC.
        who: Who kept it.
        notes: What was found.
    """

    number: int
    day: date
    at: datetime
    who: str
    notes: str


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """How the reviews of a map stand.

    Attributes:
        map: Key of the map.
        asked: Whether the map asks for reviews.
        due: When the next is due; `null`: there was none yet, or none is asked for.
        overdue: Whether it is due.
        last: The day of the last; `null`: there was none.
        without_action: How many pain points nobody acts on.
        reviews: All that are kept, the newest first.
    """

    map: str
    asked: bool
    due: date | None
    overdue: bool
    last: date | None
    without_action: int
    reviews: list[ReviewLine]


@dataclass(frozen=True, kw_only=True)
class NewReview:
    """What a review found.

    Attributes:
        notes: In words; may be empty.
    """

    notes: Prose = ""


@get(
    "/maps/{key:str}/reviews",
    operation_id="reviews",
    summary="The reviews of a map",
    opt={"needs": "see"},
    sync_to_thread=True,
)
def reviews(visit: Visiting, key: FromPath[str]) -> Reviews:
    """When the next review of a map is due, and what the earlier ones found."""
    return _told(standing_of(visit.shop, key))


@post(
    "/maps/{key:str}/reviews",
    operation_id="keep_review",
    summary="Keep that a map was reviewed",
    opt={"needs": "edit"},
    sync_to_thread=True,
)
def keep(visit: Visiting, key: FromPath[str], data: JSONBody[NewReview]) -> Reviews:
    """Keep that a map was reviewed today, and write the day into its file."""
    visit.shop.map(key)
    try:
        review(visit.shop, key, data.notes, who=visit.who)
    except InputError as error:
        raise Unusable(error) from None
    except OSError as error:
        words = sentence("the file could not be written: {strerror}", strerror=error.strerror or "")
        raise WorkspaceError(words) from None
    return _told(standing_of(visit.shop, key))


def _told(standing: Standing) -> Reviews:
    return Reviews(
        map=standing.map.key,
        asked=standing.due is not None,
        due=None if standing.due in {None, date.min} else standing.due,
        overdue=standing.overdue,
        last=standing.last,
        without_action=len(standing.pains),
        reviews=[
            ReviewLine(number=one.id, day=one.day, at=one.at, who=one.who, notes=one.notes) for one in standing.earlier
        ],
    )


ROUTES: Final = (reviews, keep)
