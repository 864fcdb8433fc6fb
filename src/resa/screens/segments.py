"""Segments: how many are in each and how that goes; who entered and left, who is in, and the list as a file."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.drawing import format_count, format_day, format_days, sparkline
from resa.expressions import parts_of
from resa.model.journey import JourneyMap
from resa.screens.customers import addresses
from resa.screens.few import FEW, hides, hides_part, share_for, size_for, untold_of
from resa.screens.frame import Html, Visiting, page
from resa.screens.moments import when_in
from resa.screens.segment_overlaps import ages_of, days_of
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.screens.writing import kept_for
from resa.segments import SegmentFigure, count_segments
from resa.workspace.day_notes import DayNotes
from resa.workspace.segments import Flow

__all__ = ["ROUTES", "figures_of", "flows_for", "told_figure", "weeks_of"]

FILES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
"""As what the list of a segment can be taken away."""

_NEWEST: Final = 50
_MEMBERS: Final = 200
_LARGE: Final = (480.0, 96.0)
_LIVE: Final = timedelta(minutes=1)
_KEPT: Final = 16
_past: OrderedDict[tuple[str, str, int], dict[str, tuple[int, ...]]] = OrderedDict()
_counting: Final = Lock()


@get("/segments", opt={"needs": "see"}, sync_to_thread=True)
def segments(visit: Visiting) -> Html:
    """Every segment, with its size and how that goes."""
    shop = visit.shop
    told = [
        told_figure(visit, figure)
        for key, one in shop.maps.items()
        if one.segments
        for figure in figures_of(visit, key)
    ]
    return page(
        visit,
        "segments",
        visit.say("segments"),
        segments=told,
        maps=shop.maps,
        problems=shop.loaded.problems,
        kept=kept_for(visit, visit.path),
    )


@get("/segments/{key:str}", opt={"needs": "see"}, sync_to_thread=True)
def segment(visit: Visiting, key: FromPath[str]) -> Html:
    """One segment: its size, who entered and left, what it shares with others, and, for who may know, who is in."""
    found, named = visit.shop.segments, visit.may("names")
    journey_map, language = found.map_of(key), visit.language
    figures = {one.segment: one for one in figures_of(visit, journey_map.key)}
    figure, sizes = figures[key], {name: one.customers for name, one in figures.items()}
    ages, days, overlaps = visit.shared.of(
        ("segment", key, journey_map.hash, language, named),
        lambda: (ages_of(visit, key), days_of(visit, key), found.overlaps(key)),
        by_time=True,
    )
    if named:
        visit.shop.audit.note("people.show", who=visit.who, segment=key, customers=min(_MEMBERS, figure.customers))
    return page(
        visit,
        "segment",
        figure.name,
        told=told_figure(visit, figure, *_LARGE),
        weeks=weeks_of(visit, figure),
        ages=ages,
        days=days,
        condition=parts_of(figure.who),
        flows=[]
        if named
        else [
            (format_day(one.day, language), one, _count(visit, one.changes))
            for one in flows_for(visit, found.flows(key))[:_NEWEST]
        ],
        few=visit.say("segment_few_left_out", n=format_count(FEW, language)) if not named else "",
        passages=_passages(visit, figure) if named else [],
        overlaps=[
            (one, "–", "–")
            if hides_part(visit, one.customers, figure.customers, sizes[one.segment]) and one.customers >= FEW
            else (one, size_for(visit, one.customers), share_for(visit, one.share, one.customers))
            for one in overlaps
        ],
        members=_members(visit, figure) if named else [],
        listed=_count(visit, min(_MEMBERS, figure.customers)),
        some=figure.customers > _MEMBERS,
        files=list(FILES),
        kept=kept_for(visit, visit.path),
    )


@post("/segments/{key:str}/export", opt={"needs": "names"}, sync_to_thread=True)
def export(visit: Visiting, key: FromPath[str], data: Form) -> Response[bytes]:
    """Who is in a segment, as a file for another program."""
    form = data.get("form", "")
    if form not in FILES:
        raise QuestionError(sentence("a list is taken away as one of: {forms}", forms=", ".join(FILES)))
    with TemporaryDirectory(prefix="resa-segment-") as folder, visit.acting():
        path = Path(folder) / f"{key}.{form}"
        visit.shop.segments.export(key, path)
        content = path.read_bytes()
    headers = {"content-disposition": f'attachment; filename="{key}.{form}"'}
    return Response(content, status_code=200, media_type=FILES[form], headers=headers)


def figures_of(visit: Visit, key: str) -> list[SegmentFigure]:
    """The segments of a map as they are now, with their past, which is counted once an hour while events come."""
    journey_map = visit.shop.map(key)
    return visit.shared.of(("segments", key, journey_map.hash), lambda: _counted(visit, journey_map), by_time=True)


def _counted(visit: Visit, journey_map: JourneyMap) -> list[SegmentFigure]:
    shop, measure = visit.shop, visit.shared.measure
    now = count_segments(shop.store, measure, journey_map, weeks=0)
    moment = now[0].counted_at if now else None
    if moment is None:
        return now
    live = shop.clock() - moment < _LIVE
    place = (journey_map.hash, f"{moment:%Y-%m-%d %H}", 0 if live else shop.store.generation)
    with _counting:
        if place not in _past:
            figures = count_segments(shop.store, measure, journey_map)
            _past[place] = {one.segment: one.trend[:-1] for one in figures}
            while len(_past) > _KEPT:
                _past.popitem(last=False)
        before = _past[place]
    return [replace(one, trend=(*before[one.segment], one.customers)) for one in now]


def told_figure(visit: Visit, figure: SegmentFigure, width: float = 96.0, height: float = 24.0) -> dict[str, Any]:
    """What is said of a segment."""
    when = when_in(visit.shop.map(figure.map).timezone, visit.language)
    since = visit.shop.segments.since(figure.segment)
    first, last = (_size(visit, figure, size) for size in (figure.trend[0], figure.trend[-1]))
    said = visit.say("segment_trend_said", first=first, last=last)
    drawn = [0 if hides(visit, size) else size for size in figure.trend]
    notes, marks = _happened(visit, figure)
    title = " ".join([said, *(f"{days}: {text}" for days, text in notes)])
    trend = sparkline(drawn, title=title, language=visit.language, marks=marks, width=width, height=height)
    return {
        "figure": figure,
        "size": _size(visit, figure, figure.customers),
        "share": share_for(visit, figure.share, figure.customers),
        "trend": trend.inline(f"trend-{figure.segment}".replace("_", "-")) if len(figure.trend) > 1 else "",
        "trend_said": said,
        "notes": notes,
        "counted": when(figure.counted_at),
        "since": None if since is None else when(since),
    }


def _happened(visit: Visit, figure: SegmentFigure) -> tuple[list[tuple[str, str]], list[float]]:
    """What happened in the weeks of a trend: day and text, and where on it."""
    if figure.counted_at is None or len(figure.trend) < 2:
        return [], []
    last = figure.counted_at.astimezone(ZoneInfo(visit.shop.map(figure.map).timezone)).date()
    first = last - timedelta(weeks=len(figure.trend) - 1)
    found = [one for one in DayNotes(visit.shop).all(figure.map) if one.first <= last and one.last >= first]
    told = [(format_days(one.first, one.last, visit.language), one.text) for one in found]
    return told, [(one.first - first) / (last - first) for one in found]


def weeks_of(visit: Visit, figure: SegmentFigure) -> list[tuple[str, str]]:
    """The trend in numbers, the newest first."""
    return [
        (visit.say_count("segment_weeks_ago", back) if back else visit.say("segment_now"), _size(visit, figure, size))
        for back, size in enumerate(reversed(figure.trend))
    ]


def flows_for(visit: Visit, flows: Iterable[Flow]) -> list[Flow]:
    """How many entered and left, as who looks may know it: no cause of few follows from those of all of a day."""
    if visit.may("names"):
        return list(flows)
    told = []
    for _, some in groupby(sorted(flows, key=_of_day, reverse=True), key=_of_day):
        every = list(some)
        untold = untold_of(visit, [one.changes for one in every])
        told += [one for place, one in enumerate(every) if place not in untold]
    return told


def _of_day(flow: Flow) -> tuple[date, str]:
    return flow.day, flow.change


def _passages(visit: Visit, figure: SegmentFigure) -> list[tuple[Any, Any, str]]:
    """Who entered and left: when, what it was, and the customer's address."""
    found = visit.shop.segments.changes(figure.segment, newest=_NEWEST)
    when = when_in(visit.shop.map(figure.map).timezone, visit.language)
    named = [(one.kind, one.value) for one in found if one.kind is not None and one.value is not None]
    known = dict(zip(named, addresses(visit, named), strict=True))
    return [(when(one.at), one, known.get((one.kind or "", one.value or ""), "")) for one in found]


def _members(visit: Visit, figure: SegmentFigure) -> list[tuple[str, str, Any, str]]:
    """Who is in: kind and value of what they are called, since when, and their address."""
    when = when_in(visit.shop.map(figure.map).timezone, visit.language)
    found = visit.shop.segments

    def first() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = found.members(figure.segment).slice(0, _MEMBERS).to_pylist()
        return rows

    rows = visit.shared.of(("members", figure.segment, found.map_of(figure.segment).hash), first, by_time=True)
    known = addresses(visit, [(row["kind"], row["value"]) for row in rows])
    return [(row["kind"], row["value"], when(row["since"]), address) for row, address in zip(rows, known, strict=True)]


def _count(visit: Visit, number: int) -> str:
    return format_count(number, visit.language)


def _size(visit: Visit, figure: SegmentFigure, size: int) -> str:
    """How many are or were in a segment, as who looks may know it; where there are no customers, that is no secret."""
    return _count(visit, size) if figure.share is None else size_for(visit, size)


ROUTES: Final = (segments, segment, export)
