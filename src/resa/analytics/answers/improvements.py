"""Improvements: the share of the expectation that each should move, before it was in force and after.

The two spans are of equal length and as long as the data allow, in whole weeks once there is one, so that each day of
the week weighs alike; only openings whose deadline has passed are counted. This is a comparison in time, no experiment.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any, Final

import numpy as np
import pyarrow as pa

from resa.analytics.answers.expectations import Measured, measured
from resa.analytics.answers.expectations_sql import keys_of, united
from resa.analytics.answers.openings_sql import openings_sql
from resa.analytics.calendar import DAY
from resa.analytics.questions.kinds import ImprovementsQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, in_columns, part_of, problem
from resa.analytics.scope.outcomes import OUTCOMES, expectation_as_of, last_start
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.sql.intervals import clustered_sql, difference_sql
from resa.analytics.sql.text import Statement, literal, moment
from resa.base.clock import from_microseconds
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.kernels import Interval, difference_interval, tally
from resa.model.journey import Expectation, Improvement
from resa.model.verdicts import FEWEST

__all__ = ["IMPROVEMENT_COLUMNS", "ComparedImprovement", "answer_improvements"]

_SIDES: Final = ("before", "after")

IMPROVEMENT_COLUMNS: Final = (
    Column("improvement", pa.string(), "Its key."),
    Column("expectation", pa.string(), "The expectation or promise that it should move."),
    Column("since", pa.date32(), "First day it was in force."),
    Column("days", pa.int64(), "Days that are compared on each side."),
    *(
        column
        for side, words in (("before", "those days before"), ("after", "those days from then on"))
        for column in (
            Column(f"{side}_mature", pa.int64(), f"Openings of {words} whose deadline has passed."),
            Column(f"{side}_met", pa.int64(), "Of these, met in time."),
            Column(f"{side}_share", pa.float64(), "Their share, 0 to 1."),
        )
    ),
    Column("difference", pa.float64(), "after_share - before_share."),
    Column("low", pa.float64(), "Lower end of its 95 % interval (Newcombe's, from the intervals by customer)."),
    Column("high", pa.float64(), "Upper end."),
    Column("verdict", pa.string(), "higher, lower, not told apart, or too few to say."),
)

_CAUTION: Final = sentence(
    "This compares what came before with what came after; it is no experiment. Season, campaigns and everything else "
    "that changed meanwhile are in the difference, too."
)
_NONE: Final = sentence(
    "No improvement of the map can be compared: none has both `since:`, the day from which it holds, and "
    "`should_move:`, the expectation that it shall move."
)


@dataclass(frozen=True)
class ComparedImprovement:
    """One improvement.

    Attributes:
        selection: The question and its events.
        improvement: What was changed.
        arrow: What it should move.
        since: First day it was in force.
        most: So many days are compared at most.
    """

    selection: Selection
    improvement: Improvement
    arrow: Expectation
    since: date
    most: int | None

    @cached_property
    def start(self) -> int:
        """When it came into force, microseconds since 1970."""
        return self.selection.snapshot.zone.first_moment(self.since)

    @cached_property
    def as_of(self) -> int | None:
        """Up to when the data are complete for the arrow."""
        return expectation_as_of(self.selection.snapshot, self.arrow, self.selection.as_of_override)

    @cached_property
    def days(self) -> int:
        """How many days can be compared on each side; 0: none."""
        snapshot, (low, high) = self.selection.snapshot, self.selection.bounds
        if snapshot.oldest is None:
            return 0
        begin, end = max(low, snapshot.oldest), min(high, last_start(snapshot, self.arrow, self.as_of) + 1)
        most = min(self.start - begin, end - self.start) // DAY + 1  # a day can be an hour shorter
        found = max(0, most if self.most is None else min(most, self.most))
        while found and not begin <= self._edge(-found) <= self._edge(found) <= end:
            found -= 1
        return found - found % 7 if found >= 7 else found

    def _edge(self, days: int) -> int:
        """When a day begins, so many days after the first in force."""
        return self.selection.snapshot.zone.first_moment(self.since + timedelta(days=days))

    @cached_property
    def compared(self) -> Selection:
        """The question, for both sides together."""
        since, until = (from_microseconds(self._edge(days)) for days in (-self.days, self.days))
        question = replace(self.selection.question, since=since, until=until)
        return Selection(self.selection.snapshot, question)

    @cached_property
    def measured(self) -> Measured:
        """The openings of both sides."""
        return measured(self.compared, self.arrow)

    @cached_property
    def later(self) -> Flags:
        """Which of them are of the side after."""
        flags: Flags = self.measured.outcomes.opened_at >= self.start
        return flags

    def sides(self, members: Flags | slice, confidence: float = 0.95) -> Iterator[tuple[Flags, int, int, Interval]]:
        """Of before and after: which openings, how many are mature and met, and the share with its interval."""
        found = self.measured.outcomes
        inside = np.zeros(len(found.customer), np.bool_)
        inside[members] = True
        for wanted in (~self.later, self.later):
            chosen = inside & wanted & found.mature
            of = found.customer[chosen], found.outcome[chosen], found.mature[chosen]
            counts, intervals = tally(*of, confidence=confidence)
            yield chosen, int(counts[0, :, 1].sum()), int(counts[0, OUTCOMES.index("met"), 1]), intervals[0]


def answer_improvements(question: ImprovementsQuestion, selection: Selection) -> Answer:
    """Compare each improvement's before and after."""
    asked = list(_asked(question, selection))
    items = [item for item in asked if item.days]
    columns = (*(items[0].measured.groups.columns if items else ()), *IMPROVEMENT_COLUMNS)
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[ComparedImprovement, tuple[Flags, ...]]] = []
    for item in items:
        for label, members in item.measured.groups.split():
            (before, *first, one), (after, *second, two) = item.sides(members)
            difference, low, high = difference_interval(one, two)
            known = (item.improvement.key, item.arrow.name, item.since, item.days)
            enough = min(first[0], second[0]) >= FEWEST
            verdict = _verdict(low, high) if enough else "too few to say"
            rows.append((label, *known, *first, one.share, *second, two.share, difference, low, high, verdict))
            behind.append((item, (before, after)))

    def chosen(row: int, side: int, *, met: bool) -> Flags:
        item, sides = behind[row]
        flags: Flags = sides[side] & item.measured.outcomes.named("met") if met else sides[side]
        return flags

    def people(row: int, side: int, *, met: bool) -> Counted:
        return behind[row][0].measured.outcomes.customer[chosen(row, side, met=met)].astype(np.int64)

    def moments(row: int, side: int, *, met: bool) -> tuple[Counted, Counted]:
        measured = behind[row][0].measured
        when = measured.ended_at if met else measured.outcomes.opened_at
        return people(row, side, met=met), when[chosen(row, side, met=met)]

    part = part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(selection, items, columns),
        people=_by_side(people),
        moments=_by_side(moments),
    )
    warnings = dict.fromkeys(warning for item in items for warning in item.measured.groups.warnings)
    early = [
        sentence(
            "'{improvement}' cannot be compared yet: the data hold no whole day before and after {day}.",
            improvement=item.improvement.key,
            day=item.since,
        )
        for item in asked
        if not item.days
    ]
    told = (*warnings, *early, _CAUTION) if asked else (_NONE,)
    return Answer(parts={"improvements": part}, n={"improvements": len(items)}, warnings=told)


def _by_side(behind: Callable[..., Any]) -> dict[str, Callable[[int], Any]]:
    """By column: of before and after, of all and of those that met it."""
    return {
        f"{name}_{what}": partial(behind, side=side, met=what == "met")
        for side, name in enumerate(_SIDES)
        for what in ("mature", "met")
    }


def _verdict(low: float, high: float) -> str:
    return "higher" if low > 0 else "lower" if high < 0 else "not told apart"


def _asked(question: ImprovementsQuestion, selection: Selection) -> Iterator[ComparedImprovement]:
    journey_map = selection.snapshot.journey_map
    known = {improvement.key: improvement for improvement in journey_map.improvements}
    for name in question.names:
        if name not in known:
            raise QuestionError(
                problem(
                    sentence(
                        "improvement '{name}' is not on the map{suggestion}",
                        name=name,
                        suggestion=did_you_mean(name, known),
                    ),
                    "names",
                )
            )
        if known[name].since is None or known[name].should_move is None:
            raise QuestionError(
                problem(
                    sentence("improvement '{name}' needs `since:` and `should_move:` to be compared", name=name),
                    "names",
                )
            )
    for name, improvement in known.items():
        arrow = journey_map.expectation_named(improvement.should_move or "")
        if improvement.since is not None and arrow is not None and (not question.names or name in question.names):
            yield ComparedImprovement(
                selection, improvement, journey_map.expectation[arrow], improvement.since, question.days
            )


def _sql(selection: Selection, items: list[ComparedImprovement], columns: tuple[Column, ...]) -> str:
    statement = selection.statement
    branches = []
    for number, item in enumerate(items):
        statement, branch = _compared_sql(statement, item, number)
        branches.append(branch)
    return statement.select(united(branches, columns, "number, rank"))


def _compared_sql(statement: Statement, item: ComparedImprovement, number: int) -> tuple[Statement, str]:
    """The steps of one improvement, and its SELECT."""
    outcomes, groups = item.measured.outcomes, item.measured.groups
    statement = openings_sql(
        statement, item.compared, item.arrow, number, as_of=outcomes.as_of, last_start=outcomes.last_start
    )
    statement = statement.step(f"grouped{number}", groups.over(f"openings{number}")).step(
        f"sided{number}", f"SELECT *, started_at >= {moment(item.start)} AS later FROM grouped{number}"
    )
    keys = keys_of(groups, "later")
    statement = clustered_sql(statement, f"sided{number}", keys, f"interval{number}")
    statement = statement.step(
        f"sums{number}",
        f"SELECT {keys}count(*) FILTER (mature) AS mature,"
        f" count(*) FILTER (mature AND outcome = 'met') AS met FROM sided{number} GROUP BY {keys.rstrip(', ')}",
    )
    same = "s.rank = g.rank AND " if groups.by else ""
    joined = "i.rank = s.rank AND " if groups.by else ""
    statement = statement.step(
        f"sides{number}",
        f"SELECT g.*, t.later, coalesce(s.mature, 0) AS mature, coalesce(s.met, 0) AS met,"
        " s.met / nullif(s.mature, 0) AS share, i.low, i.high\n"
        f"FROM ({groups.every}) g CROSS JOIN (SELECT unnest([FALSE, TRUE]) AS later) t\n"
        f"LEFT JOIN sums{number} s ON {same}s.later = t.later\n"
        f"LEFT JOIN interval{number} i ON {joined}i.later = s.later",
    )
    low, high = difference_sql("b", "a")
    verdict = (
        f"CASE WHEN least(b.mature, a.mature) < {FEWEST} THEN 'too few to say' WHEN {low} > 0 THEN 'higher'"
        f" WHEN {high} < 0 THEN 'lower' ELSE 'not told apart' END"
    )
    group = 'b."group", ' if groups.by else ""
    return statement, (
        f"SELECT {number} AS number, b.rank, {group}{literal(item.improvement.key)} AS improvement,"
        f" {literal(item.arrow.name)} AS expectation, {literal(item.since)} AS since, {item.days}::BIGINT AS days,\n"
        "  b.mature AS before_mature, b.met AS before_met, b.share AS before_share, a.mature AS after_mature,"
        " a.met AS after_met, a.share AS after_share,\n"
        f"  a.share - b.share AS difference, {low} AS low, {high} AS high, {verdict} AS verdict\n"
        f"FROM sides{number} b JOIN sides{number} a ON a.rank = b.rank AND a.later AND NOT b.later"
    )
