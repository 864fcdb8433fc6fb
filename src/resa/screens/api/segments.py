"""Segments over the API: how many are in each, who entered and left day by day, and, with `names`, who is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from litestar import get
from litestar.params import FromPath

from resa.screens.api.answers import Page
from resa.screens.api.calling import Cursor, Limit, place_of, place_said
from resa.screens.frame import Visiting
from resa.screens.segments import figures_of
from resa.segments import SegmentFigure
from resa.workspace.segments import Flow, Overlap

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class SegmentDetail:
    """One segment.

    Attributes:
        size: How many are in it, of how many, and how that was week by week.
        since: Since when it is followed who enters and leaves, UTC; `null`: not yet.
        flows: How many entered and left, by day and cause, the newest first.
        overlaps: How many are in each other segment of the map, too.
    """

    size: SegmentFigure
    since: datetime | None
    flows: list[Flow]
    overlaps: list[Overlap]


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
def segments(visit: Visiting) -> Page[SegmentFigure]:
    """Every segment of every map, with how many are in it now and at the end of each of the last weeks."""
    maps = visit.shop.maps.items()
    return Page([figure for key, one in maps if one.segments for figure in figures_of(visit, key)])


@get("/segments/{key:str}", operation_id="segment", summary="A segment", opt={"needs": "see"}, sync_to_thread=True)
def segment(visit: Visiting, key: FromPath[str]) -> SegmentDetail:
    """One segment in numbers; it names nobody."""
    found = visit.shop.segments
    size = next(one for one in figures_of(visit, found.show(key, weeks=0).map) if one.segment == key)
    return SegmentDetail(size=size, since=found.since(key), flows=found.flows(key), overlaps=found.overlaps(key))


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
