"""Segments over the API: how many are in each, who entered and left day by day, and, with `names`, who is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from litestar import get
from litestar.params import FromPath

from resa.screens.api.answers import Page
from resa.screens.api.calling import Cursor, Limit, part_after, place_of, place_said
from resa.screens.few import hides, hides_part
from resa.screens.frame import Visiting
from resa.screens.segments import figures_of, flows_for
from resa.screens.visits import Visit
from resa.segments import SegmentFigure
from resa.workspace.segments import Flow

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class SegmentLine:
    """How many are in a segment; without the scope for names, sizes are told from five on.

    Attributes:
        segment: Its key.
        name: Name for people.
        map: Key of the map that it is about.
        about: One or two sentences.
        owner: Who answers for it.
        who: The expression that selects its customers.
        customers: How many are in it; `null`: fewer than five, which the key may not know.
        share: Of all customers, 0 to 1; `null`: there are none, or it may not be known.
        counted_at: The moment as of which they were counted, UTC; `null`: there are no data.
        trend: How many were in it at the end of each of the last weeks, oldest first, now last; `null` as above.
    """

    segment: str
    name: str
    map: str
    about: str
    owner: str
    who: str
    customers: int | None
    share: float | None
    counted_at: datetime | None
    trend: list[int | None]


@dataclass(frozen=True, kw_only=True)
class OverlapLine:
    """How many customers of a segment are in another one, too.

    Attributes:
        segment: Key of the other one.
        name: Its name for people.
        customers: How many are in both; `null`: fewer than five, or all but so few, which the key may not know.
        share: Of those in the first, 0 to 1; `null`: nobody is in it, or it may not be known.
    """

    segment: str
    name: str
    customers: int | None
    share: float | None


@dataclass(frozen=True, kw_only=True)
class SegmentDetail:
    """One segment.

    Attributes:
        size: How many are in it, of how many, and how that was week by week.
        since: Since when it is followed who enters and leaves, UTC; `null`: not yet.
        flows: How many entered and left, by day and cause, the newest first; without the scope for names, few are left
            out, and what they would follow from.
        overlaps: How many are in each other segment of the map, too.
    """

    size: SegmentLine
    since: datetime | None
    flows: list[Flow]
    overlaps: list[OverlapLine]


@dataclass(frozen=True, kw_only=True)
class MemberLine:
    """A customer in a segment.

    Attributes:
        id: Hers, for addresses.
        kind: Of the identifier.
        value: Of the identifier, in its one form.
        since: Since when she is in, UTC; `null`: not followed yet.
    """

    id: str
    kind: str
    value: str
    since: datetime | None


@get("/segments", operation_id="segments", summary="All segments", opt={"needs": "see"}, sync_to_thread=True)
def segments(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[SegmentLine]:
    """Every segment of every map, with how many are in it now and at the end of each of the last weeks."""
    maps = visit.shop.maps.items()
    every = [figure for key, one in maps if one.segments for figure in figures_of(visit, key)]
    found, following = part_after(every, lambda one: (one.map, one.segment), "segments", limit, cursor)
    return Page([_line(visit, one) for one in found], following)


@get("/segments/{key:str}", operation_id="segment", summary="A segment", opt={"needs": "see"}, sync_to_thread=True)
def segment(visit: Visiting, key: FromPath[str]) -> SegmentDetail:
    """One segment in numbers; it names nobody."""
    found = visit.shop.segments
    figures = {one.segment: one for one in figures_of(visit, found.show(key, weeks=0).map)}
    size, sizes = figures[key], {name: one.customers for name, one in figures.items()}
    overlaps = found.overlaps(key)
    few = {one.segment for one in overlaps if hides_part(visit, one.customers, size.customers, sizes[one.segment])}
    return SegmentDetail(
        size=_line(visit, size),
        since=found.since(key),
        flows=flows_for(visit, found.flows(key)),
        overlaps=[
            OverlapLine(
                segment=one.segment,
                name=one.name,
                customers=None if one.segment in few else one.customers,
                share=None if one.segment in few else one.share,
            )
            for one in overlaps
        ],
    )


def _line(visit: Visit, figure: SegmentFigure) -> SegmentLine:
    """A segment as a key may know it; where there are no customers, that is no secret."""
    nobody = figure.share is None
    said = {**vars(figure), "trend": [one if nobody else _told(visit, one) for one in figure.trend]}
    if not nobody and hides(visit, figure.customers):
        said |= {"customers": None, "share": None}
    return SegmentLine(**said)


def _told(visit: Visit, size: int) -> int | None:
    return None if hides(visit, size) else size


@get(
    "/segments/{key:str}/members",
    operation_id="segment_members",
    summary="Who is in a segment",
    opt={"needs": "names", "personal": True},
    sync_to_thread=True,
)
def members(visit: Visiting, key: FromPath[str], limit: Limit = 200, cursor: Cursor = "") -> Page[MemberLine]:
    """Who is in a segment; whoever is in all the while is listed once. That it was read stands in the audit log."""
    said = place_of(cursor, "members", "[0-9a-f]{32}")
    found, following = visit.shop.segments.members_behind(key, None if said is None else bytes.fromhex(said), limit)
    visit.shop.audit.note("people.show", who=visit.who, segment=key, customers=len(found))
    lines = [MemberLine(id=one.key.hex(), kind=one.kind, value=one.value, since=one.since) for one in found]
    return Page(lines, None if following is None else place_said("members", following.hex()))


ROUTES: Final = (segments, segment, members)
