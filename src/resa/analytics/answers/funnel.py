"""Funnels: how many customers go through steps in order, and where they stop.

Level and chosen chain are those of `resa.kernels.funnel`, whose text defines them: of a customer's chains the
longest, of those the one with the earliest start. `resa.kernels.funnel_options` defines `unless` and `directly`. A
customer is counted once, in the group of the chosen chain's first event.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import SECOND
from resa.analytics.questions.json_text import Step
from resa.analytics.questions.kinds import FunnelQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Moments, People, part_of, problem
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.outcomes import as_of_delivering
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.chain import chosen_chain, direct_chain, next_event
from resa.analytics.sql.intervals import wilson_sql
from resa.analytics.sql.text import Statement, listed, literal
from resa.analytics.statistics import quantile, quantile_sql, share
from resa.base.errors import QuestionError
from resa.base.language import Sentence, sentence, sentences
from resa.kernels import FunnelResult, Period, funnel, funnel_directly, funnel_unless, wilson_interval
from resa.model.quantities import Duration

__all__ = ["FUNNEL_COLUMNS", "answer_funnel"]

FUNNEL_COLUMNS: Final = (
    Column("step", pa.int64(), "Number of the step, 1 for the first."),
    Column("name", pa.string(), "The step as asked."),
    Column("optional", pa.bool_(), "It may be left out: it changes no other step's numbers."),
    Column("customers", pa.int64(), "Customers who came this far."),
    Column("share_of_first", pa.float64(), "Of those at the first step, 0 to 1."),
    Column("low", pa.float64(), "Lower end of the 95 % interval of that share (Wilson, by customer)."),
    Column("high", pa.float64(), "Upper end."),
    Column("share_of_previous", pa.float64(), "Of those at the last step before that is not optional, 0 to 1."),
    Column("lost", pa.int64(), "Customers who came to the step before and not to this one; null for an optional step."),
    Column("median_seconds", pa.float64(), "Median time from the step before, seconds."),
    Column("p90_seconds", pa.float64(), "The time that 90 % needed at most, seconds."),
)

_ANY_TIME: Final = 2**60


class _Steps:
    """The steps of a question, resolved.

    Attributes:
        names: As written, without `?`.
        codes: Codes of each.
        optional: Which may be left out.
        before: For each step the number of the required step before it (0 for the first).
        unwanted: Codes of what may not come between.
    """

    def __init__(self, question: FunnelQuestion, selection: Selection) -> None:
        self.names: list[str] = []
        self.codes: list[tuple[int, ...]] = []
        self.optional: list[bool] = []
        for number, step in enumerate(question.steps):
            written, skip = _without_mark(step)
            name = written if isinstance(written, str) else " or ".join(written)
            self.names.append(name)
            self.codes.append(selection.codes(written, f"steps.{number}"))
            self.optional.append(skip or name in question.optional)
        if self.optional[0]:
            raise QuestionError(
                problem(sentence("the first step cannot be optional: the funnel starts with it"), "steps.0")
            )
        for name in question.optional:
            if name not in self.names:
                raise QuestionError(
                    problem(sentence("'{name}' is optional but no step of the funnel", name=name), "optional")
                )
        if question.directly and any(self.optional):
            raise QuestionError(
                problem(sentence("steps that follow directly cannot be optional; ask two funnels"), "directly")
            )
        self.unwanted = selection.codes(question.unless, "unless") if question.unless else ()
        own = {code for codes in self.codes for code in codes}
        for code in self.unwanted:
            if code in own:
                text = sentence(
                    "'{name}' is a step itself; name what may not come between the steps",
                    name=selection.snapshot.names[code],
                )
                raise QuestionError(problem(text, "unless"))
        self.required = [number for number, skip in enumerate(self.optional) if not skip]
        self.before = [max((r for r in self.required if r < number), default=0) for number in range(len(self.names))]

    def touchpoints(self, number: int, selection: Selection) -> str:
        """Keys of a step as a SQL list."""
        return listed(selection.snapshot.names[code] for code in self.codes[number])


def _without_mark(step: Step) -> tuple[Step, bool]:
    if isinstance(step, str):
        return step.removesuffix("?").strip(), step.endswith("?")
    bare = tuple(word.removesuffix("?").strip() for word in step)
    return bare, any(word.endswith("?") for word in step)


def answer_funnel(question: FunnelQuestion, selection: Selection) -> Answer:
    """Count a funnel."""
    steps = _Steps(question, selection)
    period, last = _entries(question, selection, steps)
    found = _chains(question, selection, steps, period)
    customers = np.flatnonzero(found.levels).astype(np.int64)
    positions = found.positions[customers]
    groups = grouped(selection, customers, positions[:, 0])
    rows, behind = _rows(selection, steps, groups, customers, positions)
    columns = (*groups.columns, *FUNNEL_COLUMNS)
    sql = _sql(question, selection, steps, groups, last)
    return Answer(
        parts={"steps": part_of(columns, rows, sql=sql, people=behind.people, moments=behind.moments)},
        n={"customers": len(customers)},
        warnings=(
            *selection.unseen(*steps.codes),
            *groups.warnings,
            *_young(question, selection, steps, positions),
        ),
    )


def _chains(question: FunnelQuestion, selection: Selection, steps: _Steps, period: Period) -> FunnelResult:
    within = _ANY_TIME if question.within is None else question.within.microseconds
    journeys, customers = selection.journeys, selection.customers
    if question.directly:
        return funnel_directly(journeys, steps.codes, within_us=within, period=period, customers=customers)
    asked: dict[str, Any] = {
        "within_us": within,
        "optional": steps.optional,
        "period": period,
        "customers": customers,
    }
    if steps.unwanted:
        return funnel_unless(journeys, steps.codes, steps.unwanted, **asked)
    return funnel(journeys, steps.codes, **asked)


def _entries(question: FunnelQuestion, selection: Selection, steps: _Steps) -> tuple[tuple[int, int], int | None]:
    """When chains may start, for the kernel; and the last moment of a mature entry, where only those count."""
    start, until = selection.period
    if not question.mature or question.within is None:
        return (start, until), None
    last = _last_entry(question.within, selection, steps)
    return (start, min(until, last + 1 - selection.snapshot.epoch)), last


def _last_entry(within: Duration, selection: Selection, steps: _Steps) -> int:
    """The latest moment of an entry whose window had passed when the data of what follows were complete.

    As for an expectation: optional steps have no say, since they change no other step's numbers.
    """
    later = [code for number in steps.required[1:] for code in steps.codes[number]]
    as_of = as_of_delivering(selection.snapshot, later, selection.as_of_override)
    return WHOLE[0] if as_of is None else as_of - within.microseconds


def _young(question: FunnelQuestion, selection: Selection, steps: _Steps, positions: Positions) -> tuple[Sentence, ...]:
    if question.mature or question.within is None:
        return ()
    unfinished = (positions[:, [0, -1]] >= 0).sum(axis=1) == 1  # entered, and not at the last step
    late = selection.snapshot.times(positions[:, 0]) > _last_entry(question.within, selection, steps)
    young = int((unfinished & late).sum())
    if not young:
        return ()
    return (
        sentences(
            "{n} customer entered less than {time} before the data end and may still come further.",
            "{n} customers entered less than {time} before the data end and may still come further.",
            young,
            time=question.within.said,
        ),
    )


@dataclass(frozen=True)
class _Reached:
    """Who came to a step, and when.

    Attributes:
        whose: All who entered.
        here: Which of them came to it.
        previous: Which came to the step before it.
        came: When each came to it, if they did.
        came_before: When each came to the step before it, if they did.
    """

    whose: npt.NDArray[np.int64]
    here: Flags
    previous: Flags
    came: npt.NDArray[np.int64]
    came_before: npt.NDArray[np.int64]

    @property
    def lost(self) -> Flags:
        """Who came to the step before it alone."""
        return self.previous & ~self.here


@dataclass(frozen=True)
class _Behind:
    """Who is behind the numbers of a funnel, row by row."""

    reached: list[_Reached]

    @property
    def people(self) -> dict[str, People]:
        """By column."""
        reached = self.reached
        return {
            "customers": lambda row: reached[row].whose[reached[row].here],
            "lost": lambda row: reached[row].whose[reached[row].lost],
        }

    @property
    def moments(self) -> dict[str, Moments]:
        """When they came to the step; who was lost, to the one before."""

        def came(row: int) -> tuple[Counted, Counted]:
            step = self.reached[row]
            return step.whose[step.here], step.came[step.here]

        def lost(row: int) -> tuple[Counted, Counted]:
            step = self.reached[row]
            return step.whose[step.lost], step.came_before[step.lost]

        return {"customers": came, "lost": lost}


def _rows(
    selection: Selection, steps: _Steps, groups: Groups, customers: npt.NDArray[np.int64], positions: Positions
) -> tuple[dict[str, list[object]], _Behind]:
    rows: dict[str, list[object]] = {column.name: [] for column in (*groups.columns, *FUNNEL_COLUMNS)}
    reached: list[_Reached] = []
    times = selection.snapshot.times(np.maximum(positions, 0))
    for label, members in groups.split():
        whose, where, when = customers[members], positions[members], times[members]
        first = len(whose)
        for number, name in enumerate(steps.names):
            here, previous = where[:, number] >= 0, where[:, steps.before[number]] >= 0
            count = int(here.sum())
            waited = (when[here, number] - when[here, steps.before[number]]) if number else np.zeros(0, np.int64)
            _, low, high = wilson_interval(count, first)
            values: dict[str, object] = {
                "group": label,
                "step": number + 1,
                "name": name,
                "optional": steps.optional[number],
                "customers": count,
                "share_of_first": share(count, first),
                "low": low,
                "high": high,
                "share_of_previous": share(count, int(previous.sum())),
                "lost": None if steps.optional[number] else int(previous.sum()) - count,
                "median_seconds": quantile(waited, 0.5) / SECOND,
                "p90_seconds": quantile(waited, 0.9) / SECOND,
            }
            for column, items in rows.items():
                items.append(values[column])
            reached.append(_Reached(whose, here, previous, when[:, number], when[:, steps.before[number]]))
    return rows, _Behind(reached)


def _sql(question: FunnelQuestion, selection: Selection, steps: _Steps, groups: Groups, last: int | None) -> str:
    window = "" if question.within is None else f" AND t <= t0 + to_microseconds({question.within.microseconds})"
    required = [(number, steps.touchpoints(number, selection)) for number in steps.required]
    condition = selection.in_period("occurred_at", last)
    if question.directly:
        statement = direct_chain(selection.statement, required, source="seen", condition=condition, window=window)
    else:
        if steps.unwanted:
            window += " AND p < coalesce(stop, p + 1)"
        statement = chosen_chain(
            selection.statement,
            required,
            source="seen",
            condition=condition,
            window=window,
            unless=listed(selection.snapshot.names[code] for code in steps.unwanted) if steps.unwanted else None,
        )
    statement, source = _optional_steps(statement, selection, steps, window)
    statement = statement.step("items", f"SELECT *, p0 AS position, t0 AS started_at FROM {source}")
    statement = statement.step("grouped", groups.over("items"))
    branches = "\nUNION ALL\n".join(_counted(steps, groups, number) for number in range(len(steps.names)))
    low, high = wilson_sql("customers", "first")
    return statement.step("counted", branches).select(
        f"SELECT {groups.names}step, name, optional, customers,\n"
        f"  customers / nullif(first, 0) AS share_of_first,\n  {low} AS low,\n  {high} AS high,\n"
        "  customers / nullif(previous, 0) AS share_of_previous,\n"
        "  CASE WHEN optional THEN NULL ELSE previous - customers END AS lost, median_seconds, p90_seconds\n"
        f"FROM counted\nORDER BY rank, step"
    )


def _optional_steps(statement: Statement, selection: Selection, steps: _Steps, window: str) -> tuple[Statement, str]:
    source = "chosen"
    for number in [number for number, skip in enumerate(steps.optional) if skip]:
        before = steps.before[number]
        since = f"coalesce({', '.join(f'p{n}' for n in range(number - 1, before - 1, -1))})"
        following = next((r for r in steps.required if r > number), None)
        limit = "" if following is None else f" AND (p{following} IS NULL OR p < p{following})"
        reached = f" AND p{before} IS NOT NULL"
        name = f"seen{number}"
        statement = next_event(
            statement,
            number,
            steps.touchpoints(number, selection),
            source=("seen", source),
            name=name,
            after=since,
            condition=window + limit + reached,
        )
        source = name
    return statement, source


def _counted(steps: _Steps, groups: Groups, number: int) -> str:
    before = steps.before[number]
    waited = f"epoch_us(t{number}) - epoch_us(t{before})"
    times = [f"{quantile_sql(waited, q)} / {float(SECOND)}" if number else "NULL::DOUBLE" for q in (0.5, 0.9)]
    return (
        f"SELECT {groups.names}{groups.rank}, {number + 1} AS step, {literal(steps.names[number])} AS name,"
        f" {literal(steps.optional[number])} AS optional, count(p{number}) AS customers,"
        f" count(p{before}) AS previous, count(p0) AS first,"
        f" {times[0]} AS median_seconds, {times[1]} AS p90_seconds FROM grouped{groups.clause}"
    )
