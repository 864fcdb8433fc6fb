"""Asking: every question that the report needs, each once. Everything after this only arranges answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from resa.analytics import Findings, Measure, Result
from resa.base.clock import from_microseconds
from resa.drawing import ExpectationNumbers, Point
from resa.kernels import wilson_interval
from resa.model.journey import Expectation, JourneyMap, Persona
from resa.model.verdicts import FEWEST
from resa.reporting.scores import Scores, feedback_on, scores_of
from resa.reporting.telling import Teller
from resa.reporting.ways import Way, main_way

__all__ = [
    "DailySum",
    "Days",
    "Gathered",
    "GoalShare",
    "Numbers",
    "Row",
    "gather",
    "gather_numbers",
    "points",
    "walked_by",
]

_PATH_STEPS: Final = 5

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class GoalShare:
    """How many reach the map's goal: of those who began and had time enough."""

    customers: int
    reached: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """0 to 1; `None` where too few began."""
        return self.reached / self.customers if self.customers >= FEWEST else None


@dataclass(frozen=True, kw_only=True)
class Days:
    """Some days, in the map's zone.

    Attributes:
        since: The first; `None`: from the beginning.
        until: The last, included; `None`: to the end.
    """

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class DailySum:
    """A daily number, added up over all days that are known."""

    total: float
    since: date
    until: date


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Answers about one map that its drawing needs.

    Attributes:
        map: The map.
        expectations: All arrows.
        trends: By name of the arrow, its share over time.
        touchpoints: Visits, and sizes of personas.
        planned: Planned paths; `None`: no persona has one.
        goal: `None`: the map has no goal.
        scores: By touchpoint and scale, of events and of feedback.
        daily: Sums of daily numbers, by name.
        since: Day of the first event, in the map's zone; `None`: there is none.
        until: Day of the last event.
        complete_to: Up to when the newest source is complete.
        generation: Of the index.
    """

    map: JourneyMap
    expectations: Result
    trends: Mapping[str, Result]
    touchpoints: Result
    planned: Result | None
    goal: GoalShare | None
    scores: Sequence[Scores]
    daily: Mapping[str, DailySum]
    since: date | None
    until: date | None
    complete_to: datetime | None
    generation: int

    @property
    def teller(self) -> Teller:
        """Says things about the map."""
        return Teller(self.map)

    @property
    def arrows(self) -> list[tuple[Expectation, Row]]:
        """Every arrow with its row of numbers."""
        return [(self.map.expectation[row["expectation"]], row) for row in self.expectations.table.to_pylist()]

    def measured(self, arrow: Expectation, row: Row) -> ExpectationNumbers:
        """An arrow's numbers as a drawing takes them; the share is left out where there are too few openings."""
        enough = row["mature"] >= FEWEST
        return ExpectationNumbers(
            share=row["share"] if enough else None,
            low=row["low"] if enough else None,
            high=row["high"] if enough else None,
            openings=row["mature"],
            customers=row["customers"],
            missed=row["missed"],
            still_open=row["young_open"],
            median_seconds=row["median_seconds"],
            trend=tuple(points(self.trends[arrow.name].table.to_pylist())),
        )


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """All answers of the report.

    Attributes:
        numbers: Those that the map's drawing needs too.
        findings: The worst places.
        curves: For each place that is a group's, the expectation over time by that attribute.
        way: The main way.
        funnel: Of the main way; `None`: there is no way.
        paths: The commonest ways.
        friction: What follows each touchpoint.
    """

    numbers: Numbers
    findings: Findings
    curves: Mapping[tuple[str, str], Result]
    way: Way | None
    funnel: Result | None
    paths: Result
    friction: Result

    def said_in(self, language: str) -> Gathered:
        """The same answers, to be told in this language; what people wrote on the map stands as it is."""
        spoken = replace(self.numbers.map, language=language)
        return replace(
            self,
            numbers=replace(self.numbers, map=spoken),
            friction=replace(self.friction, journey_map=spoken),
        )


def gather_numbers(
    measure: Measure, journey_map: JourneyMap, *, as_of: str | datetime | None = None, days: Days | None = None
) -> Numbers:
    """Ask what the drawing of the map needs.

    Args:
        measure: Answers questions.
        journey_map: One of its maps.
        as_of: The moment up to which data count as complete; `None`: as the sources say.
        days: When what is counted began; `None`: whenever.

    Raises:
        QuestionError: The events were not yet matched with the map, or `as_of` is no moment.
    """
    key = journey_map.key
    days = days or Days()
    common: dict[str, Any] = {"map": key, "as_of": as_of, "since": days.since, "until": days.until}
    snapshot = measure.snapshot(key)
    oldest, newest = snapshot.oldest, snapshot.newest
    every = _period(oldest, newest)
    with ThreadPoolExecutor(1) as beside:  # questions about visits and those about openings share little
        visits = beside.submit(copy_context().run, _about_visits, measure, journey_map, common)
        expectations = measure.expectations(**common)
        trends = {arrow.name: measure.trend(arrow.name, every=every, **common) for arrow in journey_map.expectations}
        touchpoints, planned, goal = visits.result()
    teller = Teller(journey_map)
    feedback = _within(snapshot.store.rows("feedback", _SCORED), "occurred_at", days, journey_map.timezone)
    return Numbers(
        map=journey_map,
        expectations=expectations,
        trends=trends,
        touchpoints=touchpoints,
        planned=planned,
        goal=goal,
        scores=scores_of(journey_map, touchpoints, feedback_on(journey_map, feedback)),
        daily=_daily(_within(snapshot.store.rows("daily_numbers", ["number", "value", "day"]), "day", days, "")),
        since=None if oldest is None else teller.local(from_microseconds(oldest)),
        until=None if newest is None else teller.local(from_microseconds(newest)),
        complete_to=touchpoints.as_of,
        generation=touchpoints.generation,
    )


def _within(rows: pa.Table, column: str, days: Days, timezone: str) -> pa.Table:
    """Rows of some days; of moments, of those in a zone."""
    values = rows.column(column)
    if pa.types.is_timestamp(values.type):
        values = pc.cast(pc.local_timestamp(pc.cast(values, pa.timestamp("us", timezone))), pa.date32(), safe=False)
    for end, keeps in ((days.since, pc.greater_equal), (days.until, pc.less_equal)):
        if end is not None:
            inside = keeps(values, pa.scalar(end, pa.date32()))
            rows, values = rows.filter(inside), values.filter(inside)
    return rows


def _about_visits(
    measure: Measure, journey_map: JourneyMap, common: Mapping[str, Any]
) -> tuple[Result, Result | None, GoalShare | None]:
    """Touchpoints, planned paths where there are any, and the goal if the map has one."""
    touchpoints = measure.touchpoints(**common)
    planned = measure.planned(**common) if any(persona.path for persona in journey_map.personas) else None
    return touchpoints, planned, _goal(measure, journey_map, touchpoints.n["customers"], common)


_SCORED: Final = ["touchpoint", "score", "scale_low", "scale_high", "text", "occurred_at"]


def gather(measure: Measure, journey_map: JourneyMap, *, as_of: str | datetime | None = None) -> Gathered:
    """Ask everything; for the arguments see `gather_numbers`.

    Raises:
        QuestionError: The events were not yet matched with the map, or `as_of` is no moment.
    """
    common: dict[str, Any] = {"map": journey_map.key, "as_of": as_of}
    way = main_way(journey_map)
    with ThreadPoolExecutor(1) as beside:  # friction takes as long as all the others, and shares little with them
        friction = beside.submit(copy_context().run, partial(measure.friction, **common))
        numbers = gather_numbers(measure, journey_map, as_of=as_of)
        findings = measure.findings(**common)
        grouped = {(place.expectation, place.attribute) for place in findings.places if place.attribute is not None}
        every = next((str(getattr(trend.question, "every", "week")) for trend in numbers.trends.values()), "week")
        curves = {(name, by): measure.trend(name, every=every, by=by, **common) for name, by in sorted(grouped)}
        funnel, paths = _about_ways(measure, way, common)
        return Gathered(
            numbers=numbers,
            findings=findings,
            curves=curves,
            way=way,
            funnel=funnel,
            paths=paths,
            friction=friction.result(),
        )


def _about_ways(measure: Measure, way: Way | None, common: Mapping[str, Any]) -> tuple[Result | None, Result]:
    """The funnel of the main way if there is one, and the commonest paths."""
    steps = [] if way is None else [list(step) for step in way.steps]
    funnel = None if way is None else measure.funnel(steps, within=way.within, **common)
    return funnel, measure.paths(steps=_PATH_STEPS, top=1, **common)


def points(rows: Sequence[Row]) -> list[Point]:
    """A trend's rows as points; nothing stands where too few openings were."""
    return [
        Point(day=row["period"], value=row["share"], low=row["low"], high=row["high"])
        if row["mature"] >= FEWEST
        else Point(day=row["period"], value=None)
        for row in rows
    ]


def walked_by(persona: Persona) -> str:
    """Whose walk of a persona's path counts: its own customers', where it can be told who they are."""
    return "everyone" if persona.who is None else "persona"


def _period(oldest: int | None, newest: int | None) -> str:
    """Calendar periods that give a curve some ten to a hundred points."""
    days = 0 if oldest is None or newest is None else (newest - oldest) // 86_400_000_000
    return "day" if days < 28 else "week" if days < 800 else "month"


def _goal(measure: Measure, journey_map: JourneyMap, visitors: int, common: Mapping[str, Any]) -> GoalShare | None:
    goal = journey_map.goal
    if goal is None:
        return None
    reach = list(goal.reach)
    if not goal.start:
        reached = measure.funnel([reach], **common).table.column("customers").to_pylist()
        counts = [visitors, reached[0] if reached else 0]
    else:
        steps = [list(goal.start), reach]
        found = measure.funnel(steps, within=goal.within, mature=goal.within is not None, **common)
        counts = found.table.column("customers").to_pylist() or [0, 0]
    interval = wilson_interval(counts[1], counts[0])
    return GoalShare(customers=counts[0], reached=counts[1], low=float(interval[1]), high=float(interval[2]))


def _daily(rows: pa.Table) -> dict[str, DailySum]:
    if not rows.num_rows:
        return {}
    sums = rows.group_by("number").aggregate([("value", "sum"), ("day", "min"), ("day", "max")])
    return {
        row["number"]: DailySum(total=row["value_sum"], since=row["day_min"], until=row["day_max"])
        for row in sums.to_pylist()
    }
