"""Expectations and promises as rows, and the places that stand out among them, each with its curve."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from resa.analytics import Finding
from resa.drawing import Curve, CurveNote, CurvePoint, Point, draw_curve, format_days, sparkline
from resa.model.journey import Expectation
from resa.model.writing import DayNote
from resa.reporting.content import Arrow, FindingText
from resa.reporting.gathering import Gathered, Numbers, Row, points
from resa.reporting.telling import Teller

__all__ = ["arrow_rows", "findings", "lead_of", "none_of", "notes_on", "told_notes"]

_KINDS: Final = {"unusual": "fall", "below target": "target", "below history": "history"}
_INSTEAD: Final = 3
_LEAST_INSTEAD: Final = 0.01
_SLOW: Final = 0.9  # the share that `p90_seconds` is about
_CURVE_WIDTH: Final = 350.0
_CURVE_HEIGHT: Final = 150.0


def arrow_rows(numbers: Numbers, kind: str) -> tuple[Arrow, ...]:
    """Rows of the expectations or of the promises, in the order of the wall."""
    instead: dict[str, list[Row]] = {}
    for row in numbers.expectations.parts["instead"].table.to_pylist():
        instead.setdefault(row["expectation"], []).append(row)
    rows = [(arrow, row) for arrow, row in numbers.arrows if arrow.kind == kind]
    return tuple(
        _arrow(numbers, arrow, row, instead.get(arrow.name, []), identifier=f"{kind}-{number}")
        for number, (arrow, row) in enumerate(rows)
    )


def _arrow(numbers: Numbers, arrow: Expectation, row: Row, instead: Sequence[Row], *, identifier: str) -> Arrow:
    teller = numbers.teller
    measured = numbers.measured(arrow, row)
    verdict = measured.verdict(arrow.target)
    interval = ""
    if measured.low is not None and measured.high is not None:
        interval = teller.say("interval", low=teller.percent(measured.low), high=teller.percent(measured.high))
    time, slow = "", ""
    if row["median_seconds"] is not None:
        time = teller.say("time", median=teller.seconds(row["median_seconds"]))
        slow = teller.say("time_slow", share=teller.percent(_SLOW), slow=teller.seconds(row["p90_seconds"]))
    return Arrow(
        name=arrow.name,
        sentence=teller.sentence(arrow),
        share=teller.percent(measured.share),
        interval=interval,
        target="" if arrow.target is None else teller.say("target", share=teller.percent(arrow.target)),
        verdict=verdict,
        verdict_text=teller.verdict(verdict),
        counts=_counts(teller, row),
        time=time,
        slow=slow,
        instead=_instead(teller, instead) if measured.share is not None else "",
        owner=arrow.owner,
        trend=_sparkline(teller, arrow, measured.trend, numbers.trends[arrow.name].day_notes, identifier),
        gap=None if arrow.target is None or measured.share is None else arrow.target - measured.share,
    )


def _counts(teller: Teller, row: Row) -> tuple[str, ...]:
    judged = (("met", row["met"]), ("missed", row["missed"]))
    others = (("open", row["young_open"]), ("cancelled", row["cancelled"]))
    lines = (
        ", ".join(teller.several(f"counts_{fate}", number) for fate, number in judged),
        ", ".join(teller.several(f"counts_{fate}", number) for fate, number in others if number),
    )
    return tuple(line for line in lines if line)


def _instead(teller: Teller, rows: Sequence[Row]) -> str:
    return ", ".join(
        teller.say(
            "instead_item",
            what=teller.say("nothing_else") if row["instead"] is None else teller.name(row["instead"]),
            share=teller.percent(row["share_of_missed"]),
        )
        for row in rows[:_INSTEAD]
        if row["share_of_missed"] >= _LEAST_INSTEAD
    )


def _sparkline(
    teller: Teller, arrow: Expectation, trend: Sequence[Point], notes: Sequence[DayNote], identifier: str
) -> str:
    known = [point.value for point in trend if point.value is not None]
    what = teller.sentence(arrow)
    if len(known) < 2:
        return ""
    title = teller.say("trend_of", what=what, first=teller.percent(known[0]), last=teller.percent(known[-1]))
    title = " ".join([title, *(f"{days}: {text}" for days, text in told_notes(teller, notes))])
    first, last = trend[0].day, trend[-1].day
    picture = sparkline(
        [point.value for point in trend],
        title=title,
        language=teller.language,
        target=arrow.target,
        marks=[(note.first - first) / (last - first) for note in notes] if last > first else [],
    )
    return picture.inline(f"trend-{identifier}")


def told_notes(teller: Teller, notes: Iterable[DayNote]) -> tuple[tuple[str, str], ...]:
    """What happened on which days, as a reader is told."""
    return tuple((format_days(note.first, note.last, teller.language), note.text) for note in notes)


def notes_on(numbers: Numbers) -> tuple[tuple[str, str], ...]:
    """The notes on the days of any trend, each once, by their first day."""
    found = {note.id: note for trend in numbers.trends.values() for note in trend.day_notes}
    return told_notes(numbers.teller, sorted(found.values(), key=lambda note: (note.first, note.last, note.id)))


def findings(gathered: Gathered) -> tuple[FindingText, ...]:
    """The places, worst first."""
    return tuple(_finding(gathered, place, number) for number, place in enumerate(gathered.findings.places))


def _group(teller: Teller, place: Finding) -> str:
    return "" if place.attribute is None else teller.group(place.attribute, place.value or "")


def _finding(gathered: Gathered, place: Finding, number: int) -> FindingText:
    numbers = gathered.numbers
    teller = numbers.teller
    arrow = numbers.map.expectation[place.expectation]
    return FindingText(
        title=teller.place(arrow, _group(teller, place)),
        kind="rise" if place.reason == "unusual" and place.rise else _KINDS[place.reason],
        statement=_statement(teller, place),
        reach=_reach(teller, place),
        who=_who(gathered, place),
        owner=arrow.owner,
        curve=_curve(gathered, place, arrow, number),
        arrow=place.expectation,
        by=place.attribute or "",
        since=place.since,
        until=place.until,
    )


def _told_as(place: Finding) -> str:
    """Which sentence tells of a place."""
    unusual = "rise" if place.rise else "unusual"
    return {"below target": "target", "below history": "history"}.get(place.reason, unusual)


def _statement(teller: Teller, place: Finding) -> str:
    said = {
        "share": teller.percent(place.share),
        "openings": teller.count(place.openings),
        "reference": teller.percent(place.reference),
        "since": "" if place.since is None else teller.day(place.since),
        "when": teller.when(place.since, place.until),
    }
    return teller.say(f"statement_{_told_as(place)}", **said)


def _reach(teller: Teller, place: Finding) -> str:
    if not place.lost_at_most:
        return ""
    customers = teller.customers(place.lost_at_most)
    if not place.value_at_most:
        return teller.say("reach", customers=customers)
    return teller.say("reach_value", customers=customers, value=teller.money(place.value_at_most))


def _who(gathered: Gathered, place: Finding) -> tuple[str, ...]:
    teller = gathered.numbers.teller
    lines = []
    others = _others_then(gathered, place)
    if others is not None:
        share, count = teller.percent(others[0] / others[1]), teller.count(others[1])
        lines.append(teller.say("others_then", share=share, openings=count))
    segments = (
        teller.say(
            "segment",
            group=teller.group(segment.attribute, segment.value),
            share=teller.percent(segment.share),
            openings=teller.count(segment.openings),
        )
        for segment in place.who
    )
    return (*lines, *segments)


def _others_then(gathered: Gathered, place: Finding) -> tuple[int, int] | None:
    """Met and all mature openings of everybody outside the place's group, in its time; `None`: nothing to compare."""
    if place.attribute is None:
        return None
    met = mature = 0
    for day, (own_met, own_mature, all_met, all_mature) in _by_day(gathered, place).items():
        if (place.since is None or day >= place.since) and (place.until is None or day <= place.until):
            met += all_met - own_met
            mature += all_mature - own_mature
    return (met, mature) if mature else None


def _by_day(gathered: Gathered, place: Finding) -> dict[date, tuple[int, int, int, int]]:
    """For each period: met and mature openings of the place's group, and of everybody."""
    own = {row["period"]: row for row in _own_rows(gathered, place)}
    found = {}
    for row in gathered.numbers.trends[place.expectation].table.to_pylist():
        mine = own.get(row["period"], {"met": 0, "mature": 0})
        found[row["period"]] = (mine["met"], mine["mature"], row["met"], row["mature"])
    return found


def _own_rows(gathered: Gathered, place: Finding) -> list[Row]:
    rows: list[Row]
    if place.attribute is None:
        rows = gathered.numbers.trends[place.expectation].table.to_pylist()
        return rows
    rows = gathered.curves[place.expectation, place.attribute].table.to_pylist()
    return [row for row in rows if row["group"] == place.value]


def _curve(gathered: Gathered, place: Finding, arrow: Expectation, number: int) -> str:
    teller = gathered.numbers.teller
    name = _group(teller, place) or teller.place(arrow)
    own = points(_own_rows(gathered, place))
    if sum(point.value is not None for point in own) < 2:
        return ""
    curves = [Curve(name=name, points=tuple(_curve_point(point) for point in own))]
    if place.attribute is not None:
        outside = [
            CurvePoint(at=day, value=(met - own_met) / (all_ - own_all) if all_ - own_all >= _FEW_OTHERS else None)
            for day, (own_met, own_all, met, all_) in _by_day(gathered, place).items()
        ]
        curves.append(Curve(name=teller.say("everybody_else"), points=tuple(outside)))
    elif place.reason == "below history":
        flat = tuple(CurvePoint(at=point.day, value=place.reference) for point in own)
        curves.append(Curve(name=teller.say("before"), points=flat))
    notes = [
        CurveNote(at=improvement.since, text=improvement.name)
        for improvement in teller.map.improvements
        if improvement.should_move == arrow.name and improvement.since is not None
    ]
    picture = draw_curve(
        curves,
        title=teller.place(arrow, _group(teller, place)),
        language=teller.language,
        target=arrow.target,
        notes=notes,
        days=gathered.numbers.trends[place.expectation].day_notes,
        width=_CURVE_WIDTH,
        height=_CURVE_HEIGHT,
        heading=False,
    )
    return picture.inline(f"place-{number}")


_FEW_OTHERS: Final = 10


def _curve_point(point: Point) -> CurvePoint:
    return CurvePoint(at=point.day, value=point.value, low=point.low, high=point.high)


def none_of(gathered: Gathered) -> str:
    """Why no place is named: nothing stands out, too little is known of every arrow, or there is none."""
    numbers = gathered.numbers
    teller = numbers.teller
    if not numbers.teller.map.expectations:
        return teller.say("no_finding_none")
    verdicts = {numbers.measured(arrow, row).verdict(arrow.target) for arrow, row in numbers.arrows}
    return teller.say("no_finding_few" if verdicts <= {"few"} else "no_finding")


def lead_of(gathered: Gathered) -> str:
    """What matters most."""
    teller = gathered.numbers.teller
    if not gathered.findings.places:
        return none_of(gathered)
    place = gathered.findings.places[0]
    arrow = teller.map.expectation[place.expectation]
    said = teller.say(
        f"lead_{_told_as(place)}",
        place=teller.place(arrow, _group(teller, place)),
        share=teller.percent(place.share),
        reference=teller.percent(place.reference),
        since="" if place.since is None else teller.day(place.since),
        when=teller.when(place.since, place.until),
    )
    return f"{said} {_reach(teller, place)}".rstrip()
