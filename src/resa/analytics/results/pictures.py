"""Answers as pictures: the rows of an answer handed to `resa.drawing`, in the map's language and with its names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from resa.analytics.calendar import PERIODS
from resa.analytics.results.compared_picture import draw_compared
from resa.analytics.results.heat_pictures import draw_retained, draw_signs
from resa.analytics.results.multiples import DRAWN_BY_GROUP, by_group, common_scale, size_of
from resa.analytics.results.names import arrow_name, group_name, grouping_name, label_name, step_name, touchpoint_name
from resa.analytics.results.plan_picture import draw_plans, own_walkers
from resa.analytics.results.process_picture import common_process, draw_arrows, draw_arrows_compared, process_note
from resa.base.errors import QuestionError
from resa.base.language import NOTHING, sentence
from resa.drawing import (
    MOST_CURVES,
    Bar,
    Curve,
    CurveNote,
    CurvePoint,
    FunnelStep,
    Panel,
    PathFlow,
    Svg,
    draw_bars,
    draw_curve,
    draw_funnel,
    draw_multiples,
    draw_paths,
    draw_transitions,
    format_count,
    format_decimal,
    format_percent,
    said_in,
    say,
    say_count,
)
from resa.model.journey import JourneyMap
from resa.model.verdicts import judged

if TYPE_CHECKING:
    from resa.analytics.results.result import Result

__all__ = ["DRAWN", "picture_of"]

_IN_ONE: Final = {"trend", "expectations", "retention", "metrics"}
"""Kinds of question whose groups stand in one picture."""

_SHEET: Final = 1120.0
_TWO_WIDE: Final = 2200.0  # process maps are compared side by side, however wide the sheet becomes

_MOST_BARS: Final = 40
_WORDS: Final = 6
"""Touchpoints of a variant that are named; what goes beyond is counted."""


def picture_of(result: Result, part: str | None = None) -> Svg:
    """An answer drawn.

    Args:
        result: The answer.
        part: Which of its parts; default: the first.

    Raises:
        QuestionError: There is no good picture of it; the message says why.
    """
    first = next(iter(result.parts))
    name = first if part is None else part
    if name == "compared":
        return draw_arrows_compared(result) if result.kind == "process" else draw_compared(result)
    question: Any = result.question
    grouped = question.by is not None and result.kind not in _IN_ONE
    draw = DRAWN.get((result.kind, name))
    if draw is not None and grouped and (result.kind, name) in DRAWN_BY_GROUP:
        return _panels(result, name, draw)
    if draw is None or grouped:
        what = sentence("'{name}' of {kind}", name=name, kind=result.kind) if name != first else result.kind
        drawn = ", ".join(other for kind, other in DRAWN if kind == result.kind)
        hint = NOTHING if name == first else sentence("; drawn are: {drawn}", drawn=drawn)
        groups = sentence(", grouped") if grouped else NOTHING
        raise QuestionError(
            sentence(
                "there is no picture for {what}{groups}; show the table{hint}", what=what, groups=groups, hint=hint
            )
        )
    return draw(result, result.journey_map)


def _panels(result: Result, name: str, draw: Callable[..., Svg]) -> Svg:
    """The picture of each group, side by side."""
    journey_map = result.journey_map
    language = said_in(journey_map.language)
    how = {**DRAWN_BY_GROUP[result.kind, name], **common_scale(result, name), "heading": False}
    if result.kind == "process":
        how |= common_process(result)
    panels = [
        Panel(
            name=group_name(result, label),
            note=size_of(alone, name, language),
            picture=draw(alone, journey_map, **how),
        )
        for label, alone in by_group(result)
    ]
    titles = [panel.picture.scene.title for panel in panels] or [journey_map.title]
    return draw_multiples(
        panels,
        title=say("by_group", language, title=titles[0], what=grouping_name(str(result.question.by), language)),
        note=_note(result, name, language),
        language=language,
        width=_TWO_WIDE if result.kind == "process" else _SHEET,
    )


def _note(result: Result, name: str, language: str) -> str:
    """What holds for the pictures of all groups."""
    if result.kind == "process":
        return process_note(result, language)
    return say("interval_note", language) if "low" in result.part(name).table.column_names else ""


def _column(result: Result, name: str) -> list[Any]:
    values: list[Any] = result.table.column(name).to_pylist()
    return values


def _bars(bars: list[Bar], journey_map: JourneyMap, title: str, *, counts: bool = False, **how: Any) -> Svg:
    if len(bars) > _MOST_BARS:
        raise QuestionError(sentence("{count} bars are no picture; ask for fewer, or show the table", count=len(bars)))
    return draw_bars(bars, title=title, language=journey_map.language, counts=counts, **how)


def _of(share: float, size: int, language: str) -> str:
    """`44% (3,209)`."""
    return f"{format_percent(share, language)} ({format_count(size, language)})"


def _arrows(result: Result) -> list[str]:
    """Names of the arrows that an answer is about."""
    return list(dict.fromkeys(result.table.column("expectation").to_pylist()))


def _of_group(result: Result, row: Mapping[str, Any]) -> str:
    """`Cart → Purchase`, or of a group `Cart → Purchase · Gift buyer`; where all is of one arrow, `Gift buyer`."""
    group = [group_name(result, row["group"])] if "group" in row else []
    arrow = [] if group and len(_arrows(result)) == 1 else [arrow_name(result.journey_map, row["expectation"])]
    return " · ".join([*arrow, *group])


def _of_arrows(result: Result) -> str:
    """The title of a picture of expectations: the one that it is about, or else the map."""
    names = _arrows(result)
    return arrow_name(result.journey_map, names[0]) if len(names) == 1 else result.journey_map.title


def _funnel(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    rows = result.table.to_pylist()
    steps = [
        FunnelStep(
            name=step_name(journey_map, row["name"]),
            customers=row["customers"],
            low=row["low"],
            high=row["high"],
            median_seconds=row["median_seconds"],
            optional=row["optional"],
        )
        for row in rows
    ]
    return draw_funnel(steps, language=journey_map.language, **how)


def _expectations(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    bars = [
        Bar(
            name=_of_group(result, row),
            value=row["share"],
            words=_of(row["share"], row["mature"], said_in(journey_map.language)),
            low=row["low"],
            high=row["high"],
            target=row["target"],
            verdict=judged(row["mature"], row["low"], row["high"], row["target"]),
        )
        for row in result.table.to_pylist()
        if row["share"] is not None
    ]
    return _bars(bars, journey_map, _of_arrows(result), **how)


def _incidence(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    """The share that has met each expectation by each moment of its window."""
    lines: dict[str, list[CurvePoint]] = {}
    for row in result.parts["curve"].table.to_pylist():
        lines.setdefault(_of_group(result, row), []).append(CurvePoint(at=row["seconds"], value=row["met"]))
    names = _arrows(result)
    target = journey_map.expectation[names[0]].target if len(names) == 1 else None
    return _curves(lines, journey_map, _of_arrows(result), target=target, steps=True, **how)


def _curves(lines: Mapping[str, list[CurvePoint]], journey_map: JourneyMap, title: str, **how: Any) -> Svg:
    if len(lines) > MOST_CURVES:
        raise QuestionError(
            sentence(
                "{count} curves cannot be told apart; ask for at most {most_curves}, or show the table",
                count=len(lines),
                most_curves=MOST_CURVES,
            )
        )
    curves = [Curve(name=name, points=tuple(points)) for name, points in lines.items()]
    return draw_curve(curves, title=title, language=journey_map.language, **how)


def _touchpoints(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    language = said_in(journey_map.language)
    bars = [
        Bar(
            name=touchpoint_name(journey_map, row["touchpoint"]),
            value=row["customers"],
            words=say_count("customers", language, row["customers"], format_count(row["customers"], language)),
        )
        for row in result.table.to_pylist()
    ]
    return _bars(bars, journey_map, journey_map.title, counts=True, **how)


def _variants(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    language = said_in(journey_map.language)
    bars = []
    for row in result.table.to_pylist():
        if row["variant"] is None:
            continue  # all the others together stand in the table
        names = [touchpoint_name(journey_map, key) for key in row["variant"]]
        more = (
            [] if len(names) <= _WORDS else [say_count("more", language, len(names) - _WORDS, str(len(names) - _WORDS))]
        )
        bars.append(
            Bar(
                name=" → ".join([*names[:_WORDS], *more]),
                value=row["customers"],
                words=say_count("customers", language, row["customers"], format_count(row["customers"], language)),
            )
        )
    return _bars(bars, journey_map, say("variants", language), counts=True, **how)


def _conformance(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    """How many take each planned step in its place: the persona's own customers where they are known, else everyone."""
    language = said_in(journey_map.language)
    bars = [
        Bar(
            name=f"{journey_map.persona[row['persona']].name}: {touchpoint_name(journey_map, row['touchpoint'])}",
            value=row["share"],
            words=_of(row["share"], row["in_place"], language),
            low=row["low"],
            high=row["high"],
        )
        for row in own_walkers(result.part("steps").table.to_pylist())
        if row["share"] is not None
    ]
    return _bars(bars, journey_map, say("steps_in_place", language), **how)


def _transitions(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    rows = result.table.to_pylist()
    seen = {row[end] for row in rows for end in ("from", "to")}
    names = {touchpoint.key: touchpoint.name for touchpoint in journey_map.touchpoints if touchpoint.key in seen}
    return _ways(rows, names, journey_map, borders=True, **how)


def _ways(rows: list[dict[str, Any]], names: Mapping[str, str], journey_map: JourneyMap, **how: Any) -> Svg:
    """How often one thing follows another, as a table.

    Args:
        rows: With from, to and count; without one end something begins, without the other it ends.
        names: For people, by key, in order.
        journey_map: For its language.
        **how: `title`; `borders`: what begins and what ends is shown.
    """
    inside = [row for row in rows if row["from"] is not None and row["to"] is not None]
    shown = how.pop("borders", False)
    entries = {names[row["to"]]: row["count"] for row in rows if row["from"] is None}
    exits = {names[row["from"]]: row["count"] for row in rows if row["to"] is None}
    return draw_transitions(
        list(names.values()),
        {(names[row["from"]], names[row["to"]]): row["count"] for row in inside},
        entries=entries if shown and entries else None,
        exits=exits if shown and exits else None,
        language=journey_map.language,
        **how,
    )


def _paths(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    question: Any = result.question
    flows = [
        PathFlow(
            names=tuple(touchpoint_name(journey_map, key) for key in row["path"]),
            count=row["count"],
            goes_on=not question.end and len(row["path"]) == question.steps,
        )
        for row in result.table.to_pylist()
        if row["path"] is not None
    ]
    language, more = said_in(journey_map.language), result.others.get("count", 0)
    note = say_count("paths_left_out", language, more, format_count(more, language)) if more else ""
    if how:  # of several groups: as narrow as the steps allow
        depth = max((len(flow.names) for flow in flows), default=1)
        how = {**how, "width": min(980.0, max(520.0, 180.0 * depth))}
    return draw_paths(flows, note=note, language=journey_map.language, **how)


def _stage(journey_map: JourneyMap, key: str) -> str:
    """The name of a stage for people."""
    return next(stage.name for stage in journey_map.stages if stage.key == key)


def _stages(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    """Who is where, as bars."""
    language = said_in(journey_map.language)
    bars = [
        Bar(
            name=_stage(journey_map, row["stage"]),
            value=row["now"],
            words=say_count("customers", language, row["now"], format_count(row["now"], language)),
        )
        for row in result.table.to_pylist()
    ]
    return _bars(bars, journey_map, say("stages_now", language), counts=True, **how)


def _movements(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    names = {stage.key: stage.name for stage in journey_map.stages}
    title = say("movements", said_in(journey_map.language))
    return _ways(result.part("movements").table.to_pylist(), names, journey_map, title=title, borders=True, **how)


def _stages_over_time(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    """How many were in each stage when each whole period ended."""
    lines: dict[str, list[CurvePoint]] = {}
    for row in result.part("over_time").table.to_pylist():
        value = row["customers"] if row["complete"] else None
        lines.setdefault(_stage(journey_map, row["stage"]), []).append(CurvePoint(at=row["period"], value=value))
    title = say("stages_over_time", said_in(journey_map.language))
    return _curves(lines, journey_map, title, days=result.day_notes, counts=True, **how)


def _channel_name(result: Result, key: str) -> str:
    """The name of a channel for people; a device has none but its own."""
    question: Any = result.question
    names = {channel.key: channel.name for channel in result.journey_map.channels}
    return label_name(names.get(key, key) if question.of == "channel" else key, said_in(result.journey_map.language))


def _channels(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    language = said_in(journey_map.language)
    bars = [
        Bar(
            name=_channel_name(result, row["channel"]),
            value=row["share"],
            words=_of(row["share"], row["customers"], language),
        )
        for row in result.table.to_pylist()
    ]
    return _bars(bars, journey_map, say(f"used.{_channels_or_devices(result)}", language), counts=True, **how)


def _switches(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    rows = result.part("switches").table.to_pylist()
    # A group of visits is left for channels that it has no visit through itself.
    keys = [*_column(result, "channel"), *(row["to"] for row in rows if row["to"] is not None)]
    names = {key: _channel_name(result, key) for key in keys}
    title = say(f"switches.{_channels_or_devices(result)}", said_in(journey_map.language))
    return _ways(rows, names, journey_map, title=title, **how)


def _channels_or_devices(result: Result) -> str:
    question: Any = result.question
    of: str = question.of
    return of


def _trend(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    question: Any = result.question
    of = journey_map.expectation_named(question.of) or journey_map.touchpoint_named(question.of) or question.of
    counts = "share" not in result.table.column_names
    lines: dict[str, list[CurvePoint]] = {}
    rows = result.table.to_pylist()
    cut = any(row["complete"] for row in rows)  # a period that is only half counted would look like a fall
    for row in rows:
        if counts:
            point = CurvePoint(at=row["period"], value=None if cut and not row["complete"] else row["visits"])
        else:
            point = CurvePoint(at=row["period"], value=row["share"], low=row["low"], high=row["high"])
        lines.setdefault(group_name(result, row["group"]) if "group" in row else of, []).append(point)
    notes = [
        CurveNote(at=improvement.since, text=improvement.name)
        for improvement in journey_map.improvements
        if improvement.since is not None and improvement.should_move == of
    ]
    target = None if counts else journey_map.expectation[of].target
    title = touchpoint_name(journey_map, of) if counts else arrow_name(journey_map, of)
    days = result.day_notes
    return _curves(lines, journey_map, title, target=target, notes=notes, days=days, counts=counts, **how)


def _metrics(result: Result, journey_map: JourneyMap, **how: Any) -> Svg:
    """One metric, group by group."""
    rows = result.table.to_pylist()
    names = {row["metric"] for row in rows}
    if len(names) != 1 or result.question.by is None:
        raise QuestionError(
            sentence("one metric is drawn, by groups or periods: name it, and add --by; or show the table")
        )
    metric = next(metric for metric in journey_map.metrics if metric.key in names)
    share = metric.kind == "share"
    if result.question.by in PERIODS:
        points = [
            CurvePoint(at=date.fromisoformat(row["group"]), value=row["value"], low=row["low"], high=row["high"])
            for row in rows
        ]
        how = {**how, "note": metric.unit, "days": result.day_notes}
        return _curves({metric.name: points}, journey_map, metric.name, counts=not share, **how)
    language = said_in(journey_map.language)
    bars = [
        Bar(
            name=group_name(result, row["group"]),
            value=row["value"] or 0.0,
            low=row["low"],
            high=row["high"],
            words="–"
            if row["value"] is None
            else format_percent(row["value"], language)
            if share
            else " ".join(filter(None, (format_decimal(row["value"], language), metric.unit))),
        )
        for row in rows
    ]
    return _bars(bars, journey_map, metric.name, counts=not share, **how)


DRAWN: Final[Mapping[tuple[str, str], Callable[..., Svg]]] = {
    ("funnel", "steps"): _funnel,
    ("expectations", "expectations"): _expectations,
    ("expectations", "curve"): _incidence,
    ("transitions", "transitions"): _transitions,
    ("process", "arrows"): draw_arrows,
    ("paths", "paths"): _paths,
    ("variants", "variants"): _variants,
    ("trend", "trend"): _trend,
    ("retention", "retention"): draw_retained,
    ("stages", "stages"): _stages,
    ("stages", "movements"): _movements,
    ("stages", "over_time"): _stages_over_time,
    ("channels", "channels"): _channels,
    ("channels", "switches"): _switches,
    ("metrics", "metrics"): _metrics,
    ("friction", "places"): draw_signs,
    ("friction", "rates"): draw_signs,
    ("planned", "planned"): draw_plans,
    ("conformance", "steps"): _conformance,
    ("touchpoints", "touchpoints"): _touchpoints,
}
"""What draws which part of which kind of answer."""
