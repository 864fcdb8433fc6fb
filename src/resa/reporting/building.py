"""The report: answers and stored facts, arranged into content, and the content set on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from resa.analytics import Measure
from resa.base.clock import Clock, system_clock
from resa.base.files import write_text_durably
from resa.base.language import in_language
from resa.base.version import __version__
from resa.drawing import FunnelStep, MapOptions, PathFlow, Svg, draw_funnel, draw_map, draw_paths
from resa.model.journey import JourneyMap, Persona
from resa.model.verdicts import Verdict, judged
from resa.reporting.arrows import arrow_rows, findings, lead_of, none_of, notes_on
from resa.reporting.content import Arrow, Figure, FindingText, Picture, Plan, Report, Table
from resa.reporting.friction import friction_heat, friction_told
from resa.reporting.gathering import Gathered, Row, gather, walked_by
from resa.reporting.mapping import drawn, leavers
from resa.reporting.page import page
from resa.reporting.provenance import gaps, silences, source_lines, vague, warnings
from resa.reporting.scores import feedback_on
from resa.reporting.telling import Teller
from resa.reporting.voices import QUOTED, elsewhere, score_words, voices
from resa.storage import Store, is_lent

__all__ = ["HtmlReport", "build_report", "report_content"]

_LEAVE: Final = 3
_NAMED: Final = 200
_FUNNEL: Final = 760.0
_PATHS: Final = 880.0
_PHONE: Final = 350.0
_ON_SCREEN: Final = MapOptions(width=1260, columns=9, title=False)
_SMALL: Final = MapOptions(width=860, columns=9, title=False)
_FEW: Final = 4
"""Touchpoints of a map that is drawn in the column of text, as large as it: spread out they would be lost."""


@dataclass(frozen=True, kw_only=True)
class HtmlReport:
    """A finished report.

    Attributes:
        html: The page; one file, complete in itself.
        summary: Three to six short lines for a terminal.
    """

    html: str = field(repr=False)
    summary: tuple[str, ...]

    def save(self, path: Path | str) -> None:
        """Write the page, so that a crash leaves the old file or the new one.

        Args:
            path: Where to; an existing file is replaced.
        """
        write_text_durably(Path(path), self.html)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        """What a notebook shows: the page in a frame of its own, so that neither's styles reach the other."""
        frame = (
            f'<iframe srcdoc="{escape(self.html)}" title="report" style="width:100%;height:40rem;border:0"></iframe>'
        )
        return {"text/plain": "\n".join(self.summary), "text/html": frame}


def build_report(
    measure: Measure,
    store: Store,
    journey_map: JourneyMap,
    *,
    pictures: Mapping[str, bytes] = MappingProxyType({}),
    names: bool = False,
    as_of: str | datetime | None = None,
    clock: Clock = system_clock,
) -> HtmlReport:
    """Ask, arrange, and set the page.

    Args:
        measure: Answers questions about the workspace's events.
        store: Its data: loads, feedback.
        journey_map: The map that the report is about.
        pictures: Raster pictures by the path that the map gives; others get a placeholder.
        names: Also name the customers behind the first place. They are personal data.
        as_of: The moment up to which data count as complete; `None`: as the sources say.
        clock: What time it is, for the page's foot.

    Raises:
        QuestionError: The events were not yet matched with the map, or `as_of` is no moment.
    """
    gathered = gather(measure, journey_map, as_of=as_of)
    report = _report(measure, store, gathered, pictures, names=names, clock=clock)
    return HtmlReport(html=page(report), summary=_summary(gathered, report))


def report_content(
    measure: Measure,
    store: Store,
    gathered: Gathered,
    *,
    pictures: Mapping[str, bytes] = MappingProxyType({}),
    clock: Clock = system_clock,
) -> Report:
    """What a report says, for pages that set it in their own way; it names nobody.

    Args:
        measure: Answers questions about the workspace's events.
        store: Its data: loads, feedback.
        gathered: What was asked about the map.
        pictures: Raster pictures by the path that the map gives; others get a placeholder.
        clock: What time it is.
    """
    return _report(measure, store, gathered, pictures, names=False, clock=clock)


def _report(
    measure: Measure, store: Store, gathered: Gathered, pictures: Mapping[str, bytes], *, names: bool, clock: Clock
) -> Report:
    numbers = gathered.numbers
    teller, journey_map = numbers.teller, numbers.map
    loads, index = store.loads(), store.index()
    feedback = feedback_on(numbers.map, store.rows("feedback", QUOTED))
    empty = numbers.since is None
    wide = len(journey_map.touchpoints) > _FEW
    options = replace(_ON_SCREEN if wide else _SMALL, pictures=pictures)
    drawing = draw_map(journey_map, None if empty else drawn(numbers), options=options)
    promises, expectations = (() if empty else arrow_rows(numbers, kind) for kind in ("promise", "expectation"))
    return Report(
        title=journey_map.title,
        subtitle=_subtitle(gathered),
        language=teller.language,
        lead=_lead(gathered, promises),
        steps=_first_steps(teller) if empty else (),
        figures=() if empty else tuple(_figures(gathered, promises, expectations)),
        journey=replace(_picture(drawing, "map"), wide=wide),
        sheets=_sheets(drawing),
        findings=findings(gathered),
        no_finding="" if empty else none_of(gathered),
        promises=promises,
        expectations=expectations,
        day_notes=() if empty else notes_on(numbers),
        funnel=_funnel(gathered),
        friction=None if (heat := friction_heat(gathered.friction)) is None else _picture(heat, "friction"),
        friction_told=friction_told(gathered.friction, teller),
        paths=_paths(gathered),
        plans=() if empty else tuple(_plan(gathered, persona) for persona in journey_map.personas if persona.path),
        voices=voices(numbers, feedback),
        sources=source_lines(teller, loads, index.as_of.sources),
        gaps=gaps(teller, silences(journey_map, store, index)),
        warnings=_warnings(
            measure,
            gathered,
            warnings(numbers, loads, index.as_of.sources, elsewhere(numbers, feedback), served=is_lent(store)),
        ),
        customers=_customers(measure, gathered) if names else None,
        made=teller.say(
            "made",
            version=__version__,
            day=teller.day(clock()),
            map=journey_map.hash[:8] or "–",
            generation=numbers.generation,
        ),
    )


def _warnings(measure: Measure, gathered: Gathered, told: tuple[str, ...]) -> tuple[str, ...]:
    """What a reader must know, each once: what holds for every answer, then what is told of these."""
    every = dict.fromkeys([*measure.notes, *gathered.findings.warnings, *told])
    return tuple(in_language(warning, gathered.numbers.teller.language) for warning in every)


def _first_steps(teller: Teller) -> tuple[str, ...]:
    return tuple(teller.say(f"first_step.{number}") for number in (1, 2, 3))


def _subtitle(gathered: Gathered) -> str:
    numbers = gathered.numbers
    teller = numbers.teller
    parts = [teller.say("owner_is", owner=numbers.map.owner)] if numbers.map.owner else []
    if numbers.since is None or numbers.until is None or numbers.complete_to is None:
        parts.append(teller.say("no_events"))
    else:
        parts.append(teller.say("subtitle", since=teller.day(numbers.since), until=teller.day(numbers.until)))
        parts.append(teller.say("complete_to_day", day=teller.day(numbers.complete_to)))
    return " · ".join(parts)


def _lead(gathered: Gathered, promises: tuple[Arrow, ...]) -> tuple[str, ...]:
    teller = gathered.numbers.teller
    if gathered.numbers.since is None:
        return (teller.say("no_data"),)
    said = [lead_of(gathered)]
    judged = [arrow for arrow in promises if arrow.verdict in {"met", "near", "below"}]
    below = [arrow for arrow in judged if arrow.verdict == "below"]
    if below:
        said.append(teller.say("lead_promises_below", n=len(below), of=len(judged)))
    elif judged and all(arrow.verdict in {"met", "none"} for arrow in promises):  # not where one is too few to say
        said.append(teller.say("lead_promises_kept"))
    return tuple(said)


def _figures(gathered: Gathered, promises: tuple[Arrow, ...], expectations: tuple[Arrow, ...]) -> list[Figure]:
    numbers = gathered.numbers
    teller = numbers.teller
    counts = numbers.touchpoints.n
    visits = teller.visits(counts["visits"])
    label = teller.say("figure_customers")
    figures = [Figure(what="customers", value=teller.count(counts["customers"]), label=label, note=visits)]
    if numbers.goal is not None:
        figures.append(_goal_figure(gathered))
    arrows_of: dict[Literal["promises", "expectations"], tuple[Arrow, ...]]
    arrows_of = {"promises": promises, "expectations": expectations}
    for what, arrows in arrows_of.items():
        judged = [arrow.verdict for arrow in arrows if arrow.verdict != "none"]
        if judged:
            below = judged.count("below")
            value = teller.say("on_target_of", n=judged.count("met"), of=len(judged))
            note = _tally(teller, judged)
            verdict = "below" if below else ""
            label = teller.say(f"figure_{what}")
            figures.append(Figure(what=what, value=value, label=label, note=note, verdict=verdict))
    scales = {(item.low, item.high) for item in numbers.scores}
    if len(scales) == 1:
        low, high = scales.pop()
        total = sum(item.count for item in numbers.scores)
        mean = sum(item.mean * item.count for item in numbers.scores) / total
        value, label = score_words(teller, mean, low, high), teller.say("figure_score")
        figures.append(Figure(what="score", value=value, label=label, note=teller.scores(total)))
    return figures


def _tally(teller: Teller, verdicts: Sequence[Verdict]) -> str:
    """How many are not on target: `1 below target, 2 too few to say`."""
    others: tuple[Verdict, ...] = ("below", "near", "few")
    return ", ".join(
        teller.say("tally", n=verdicts.count(verdict), verdict=teller.verdict(verdict))
        for verdict in others
        if verdict in verdicts
    )


def _goal_figure(gathered: Gathered) -> Figure:
    numbers = gathered.numbers
    teller = numbers.teller
    share, verdict = (None if numbers.goal is None else numbers.goal.share), _goal_verdict(gathered)
    goal = numbers.map.goal
    note = teller.verdict(verdict, None if goal is None else goal.target)
    return Figure(what="goal", value=teller.percent(share), label=teller.say("figure_goal"), note=note, verdict=verdict)


def _goal_verdict(gathered: Gathered) -> Verdict:
    measured, goal = gathered.numbers.goal, gathered.numbers.map.goal
    if measured is None or goal is None:
        return "few"
    return judged(measured.customers, measured.low, measured.high, goal.target)


def _picture(svg: Svg, identifier: str, note: str = "") -> Picture:
    tables = tuple(
        Table(title=table.title, headings=table.head, rows=table.rows, numeric=_numeric(table.rows, len(table.head)))
        for table in svg.tables
    )
    return Picture(svg=svg.inline(identifier), tables=tables, note=note)


def _sheets(drawing: Svg) -> tuple[str, ...]:
    """The map for paper: as many landscape sheets as it takes to keep its texts legible."""
    scenes = () if drawing.sheets is None else drawing.sheets("A3")
    return tuple(Svg(scene=scene).inline(f"sheet-{number}") for number, scene in enumerate(scenes))


def _numeric(rows: tuple[tuple[str, ...], ...], columns: int) -> tuple[bool, ...]:
    """Which columns hold numbers: all that is written in them begins with a digit or a sign."""
    found = []
    for column in range(columns):
        cells = [row[column] for row in rows if row[column] not in {"", "–"}]
        found.append(column > 0 and bool(cells) and all(cell[0].isdigit() or cell[0] in "+−-" for cell in cells))
    return tuple(found)


def _funnel(gathered: Gathered) -> Picture | None:
    way, result = gathered.way, gathered.funnel
    if way is None or result is None:
        return None
    teller = gathered.numbers.teller
    rows = result.table.to_pylist()
    if not rows or not rows[0]["customers"]:
        return None
    steps = [
        FunnelStep(
            name=teller.any_of(step),
            customers=row["customers"],
            low=row["low"],
            high=row["high"],
            median_seconds=row["median_seconds"],
        )
        for step, row in zip(way.steps, rows, strict=True)
    ]
    note = teller.say(f"funnel_{way.rule}", persona=teller.persona(way.persona))
    share = teller.percent(rows[-1]["customers"] / rows[0]["customers"])
    note += " " + teller.say("funnel_share", share=share, customers=teller.customers(rows[0]["customers"]))
    note = " ".join([note, *(in_language(warning, teller.language) for warning in result.warnings)])
    wide, narrow = (
        draw_funnel(steps, title=teller.say("funnel"), language=teller.language, width=width, heading=False)
        for width in (_FUNNEL, _PHONE)
    )
    return replace(_picture(wide, "funnel", note), narrow=narrow.inline("funnel-narrow"))


def _paths(gathered: Gathered) -> Picture | None:
    teller = gathered.numbers.teller
    total = gathered.paths.n["paths"]
    if not total:
        return None
    flows = flows_of(gathered.paths.parts["flow"].table.to_pylist(), gathered.paths.question.document.get("steps", 5))
    named = [
        PathFlow(names=tuple(map(teller.name, flow.names)), count=flow.count, goes_on=flow.goes_on) for flow in flows
    ]
    svg = draw_paths(named, title=teller.say("paths"), language=teller.language, width=_PATHS, heading=False)
    return _picture(svg, "paths", teller.say("paths_note", n=teller.count(total)))


def flows_of(links: list[Row], steps: int) -> list[PathFlow]:
    """Paths with just these links between steps: the picture needs paths and shows links only.

    Every round follows the strongest link that is left from a start to an end or the last step and takes away the
    weakest count on the way, so that at least one link is used up.
    """
    left: dict[tuple[int, str], dict[str | None, int]] = {}
    arriving: dict[tuple[int, str], int] = {}
    for row in links:
        left.setdefault((row["step"], row["from"]), {})[row["to"]] = row["count"]
        if row["to"] is not None:
            key = (row["step"] + 1, row["to"])
            arriving[key] = arriving.get(key, 0) + row["count"]
    starts = sorted(key[1] for key in left if key[0] == 1)
    flows: list[PathFlow] = []
    for start in starts:
        while left[1, start]:
            names, count = [start], sum(left[1, start].values())
            ended = False
            used: list[tuple[tuple[int, str], str | None]] = []
            while not ended and len(names) < steps:
                here = (len(names), names[-1])
                to, most = max(left[here].items(), key=lambda item: (item[1], item[0] is None, item[0] or ""))
                used.append((here, to))
                count = min(count, most)
                ended = to is None
                if to is not None:
                    names.append(to)
            for key, to in used:
                left[key][to] -= count
                if not left[key][to]:
                    del left[key][to]
            flows.append(PathFlow(names=tuple(names), count=count, goes_on=not ended))
    return flows


def _plan(gathered: Gathered, persona: Persona) -> Plan:
    numbers = gathered.numbers
    teller = numbers.teller
    sizes = {row["persona"]: row["customers"] for row in numbers.touchpoints.parts["personas"].table.to_pylist()}
    customers = teller.customers(sizes[persona.key]) if persona.key in sizes else ""
    seen = {row["touchpoint"] for row in numbers.touchpoints.table.to_pylist()}
    hidden = [key for key in dict.fromkeys(persona.path) if key not in seen]
    steps = [
        row
        for row in ([] if numbers.planned is None else numbers.planned.table.to_pylist())
        if row["persona"] == persona.key and row["who"] == walked_by(persona)
    ]
    if hidden:
        note = teller.say("plan_not_seen", what=teller.any_of(hidden))
        return Plan(persona=persona.name, customers=customers, share="–", note=note, leave=())
    if not steps or not steps[0]["customers"] or numbers.planned is None:
        return Plan(persona=persona.name, customers=customers, share="–", note=teller.say("plan_nobody"), leave=())
    leave = [
        teller.several(
            "plan_leave" if detour.to else "plan_stop",
            detour.customers,
            after=teller.name(detour.after),
            to=teller.name(detour.to or ""),
        )
        for detour in leavers(persona, numbers.planned)[:_LEAVE]
    ]
    note = teller.say("plan_share", customers=teller.count(steps[0]["customers"]))
    return Plan(
        persona=persona.name,
        customers=customers,
        share=teller.percent(steps[-1]["share"]),
        note=note,
        leave=tuple(leave),
    )


def _customers(measure: Measure, gathered: Gathered) -> Table | None:
    """The first customers behind the first place."""
    if not gathered.findings.places:
        return None
    teller = gathered.numbers.teller
    people = list(gathered.findings.places[0].people[:_NAMED])
    index = measure.snapshot(gathered.numbers.map.key).index
    rows = index.identifiers(np.array(people, np.int64)).to_pylist()
    cells = tuple((gathered.numbers.teller.count(row["customer"]), f"{row['kind']}: {row['value']}") for row in rows)
    return Table(
        title=teller.say("who"),
        headings=(teller.say("customer"), teller.say("identifier")),
        rows=cells,
        numeric=(False, False),
    )


def _summary(gathered: Gathered, report: Report) -> tuple[str, ...]:
    numbers = gathered.numbers
    teller = numbers.teller
    if numbers.since is None or numbers.until is None:
        return (teller.say("no_data"), *_first_steps(teller))
    days = teller.say("days_between", since=teller.day(numbers.since), until=teller.day(numbers.until))
    counts = numbers.touchpoints.n
    customers, visits = teller.customers(counts["customers"]), teller.visits(counts["visits"])
    lines = [
        teller.say("summary_measured", customers=customers, visits=visits, days=days),
        _worst(teller, report.findings, report.no_finding),
    ]
    if numbers.goal is not None and numbers.goal.share is not None:
        figure = _goal_figure(gathered)
        lines.append(teller.say("summary_goal", share=figure.value, verdict=figure.note))
    for label, arrows in (
        (teller.say("summary_promises"), report.promises),
        (teller.say("summary_expectations"), report.expectations),
    ):
        judged = [arrow.verdict for arrow in arrows if arrow.verdict != "none"]
        if judged:
            count = teller.say("summary_on_target", n=judged.count("met"), of=len(judged))
            lines.append(f"{label}: " + ", ".join(filter(None, (count, _tally(teller, judged)))))
    unclear = " ".join(vague(numbers))
    lines.append(teller.say("summary_vague", what=unclear) if unclear else teller.say("summary_clear"))
    return tuple(lines)


def _worst(teller: Teller, places: tuple[FindingText, ...], none: str) -> str:
    if not places:
        return teller.say("summary_nothing", why=none)
    worst = places[0]
    if worst.kind == "rise":
        return teller.say("summary_rise", title=worst.title, statement=worst.statement)
    return teller.say("summary_worst", title=worst.title, statement=worst.statement, reach=worst.reach).rstrip()
