"""Expectations and promises: what share was met, how fast, and what was done instead.

What an opening is, and what becomes of it, is defined in `resa.kernels.openings`. Here it is judged and counted:

* An opening is *mature* when its deadline had passed at the moment up to which every source that ever delivered what
  was expected is complete. Shares count mature openings only, and all of them, cancelled ones too. What became of
  younger ones stands beside and is never mixed in: they would count as met early and as missed never.
* *Customers* are counted as a funnel of the same steps, window and period counts them, mature entries only: whoever
  had a start that is mature, and of those whoever met it, renewals by younger starts left out of account.
* Intervals are by customer: several openings of one customer are not as many witnesses (`statistics.design_effect`).
* The curve is the cumulative incidence with cancellation as a competing event (Aalen and Johansen, Scand. J. Statist.
  5 (1978), 141-150): openings that are still open count for as long as they have been watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.answers.expectations_sql import (
    CURVE_POINTS,
    counted_steps,
    curve_sql,
    instead_sql,
    main_sql,
    united,
)
from resa.analytics.answers.openings_sql import openings_sql
from resa.analytics.calendar import SECOND
from resa.analytics.questions.kinds import ExpectationsQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Moments, Part, People, part_of, problem
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.outcomes import OUTCOMES, Outcomes, expectation_as_of, outcomes_of
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags, Snapshot
from resa.analytics.sql.text import Statement
from resa.analytics.statistics import count_distinct, distinct, quantile, share
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import Sentence, sentence
from resa.kernels import CANCELLED, CENSORED, MET, Tallies, cumulative_incidence, tally
from resa.model.journey import Expectation
from resa.model.verdicts import VERDICTS, judged

__all__ = [
    "COUNTED",
    "CURVE_COLUMNS",
    "EXPECTATION_COLUMNS",
    "INSTEAD_COLUMNS",
    "Measured",
    "answer_expectations",
    "measured",
    "numbers",
]

EXPECTATION_COLUMNS: Final = (
    Column("expectation", pa.string(), "Its name."),
    Column("kind", pa.string(), "expectation: the customer walks; promise: we do."),
    Column("after", pa.string(), "The touchpoint that opens it."),
    Column("next", pa.string(), "What is expected, as written."),
    Column("mature", pa.int64(), "Openings whose deadline had passed; what the share is of."),
    Column("met", pa.int64(), "Of these, met in time."),
    Column("missed", pa.int64(), "Of these, neither met nor cancelled."),
    Column("cancelled", pa.int64(), "Of these, cancelled by what the map names as `unless`."),
    Column("share", pa.float64(), "met / mature, 0 to 1."),
    Column("low", pa.float64(), "Lower end of its 95 % interval (Wilson, by customer)."),
    Column("high", pa.float64(), "Upper end."),
    Column("target", pa.float64(), "The share that should be met, 0 to 1; null if the map states none."),
    Column("difference", pa.float64(), "share - target."),
    Column("verdict", pa.string(), "What the interval says about the target; null if there is none."),
    Column("young_met", pa.int64(), "Younger openings that are met already."),
    Column("young_open", pa.int64(), "Younger openings that may still be met."),
    Column("young_cancelled", pa.int64(), "Younger openings that are cancelled."),
    Column("customers", pa.int64(), "Customers with a mature start, as a funnel counts them."),
    Column("customers_met", pa.int64(), "Of these, those who met it."),
    Column(
        "median_seconds", pa.float64(), "Median time from the (last) start to meeting it, of mature openings, seconds."
    ),
    Column("p90_seconds", pa.float64(), "The time that 90 % of those who met it needed at most, seconds."),
)

INSTEAD_COLUMNS: Final = (
    Column("expectation", pa.string(), "Its name."),
    Column("instead", pa.string(), "The first touchpoint in time of those who missed it; null: there was none."),
    Column("missed", pa.int64(), "Mature openings that were missed so."),
    Column("customers", pa.int64(), "Customers behind them."),
    Column("share_of_missed", pa.float64(), "Of all missed, 0 to 1."),
)

CURVE_COLUMNS: Final = (
    Column("expectation", pa.string(), "Its name."),
    Column("seconds", pa.float64(), "Time since the (last) start."),
    Column("met", pa.float64(), "Share that has met it by then (cumulative incidence, Aalen-Johansen)."),
    Column("cancelled", pa.float64(), "Share that has been cancelled by then."),
    Column("waiting", pa.int64(), "Openings that were still under watch just before."),
)


@dataclass(frozen=True)
class Measured:
    """The openings of one expectation, as one question looks at them.

    Attributes:
        expectation: The arrow.
        outcomes: Its openings in the period.
        groups: Groups of the openings.
        snapshot: The events.
    """

    expectation: Expectation
    outcomes: Outcomes
    groups: Groups
    snapshot: Snapshot

    @cached_property
    def entered(self) -> Flags:
        """Openings that started in time to be mature."""
        return self.outcomes.opened_at <= self.outcomes.last_start

    @cached_property
    def whole(self) -> Tallies:
        """All openings together."""
        return tally(self.outcomes.customer, self.outcomes.outcome, self.outcomes.mature)

    @cached_property
    def watched(self) -> npt.NDArray[np.int64]:
        """Microseconds from the last start to the end: met, cancelled, or as long as it was watched."""
        found = self.outcomes
        still_open, missed = found.named("open"), found.named("missed")
        watched = found.waited.copy()
        if found.as_of is not None:
            watched[still_open] = np.maximum(found.as_of - (found.deadline - found.waited)[still_open], 0)
        if missed.any():
            watched[missed] = watched[missed].max()  # they never met it, however short their own window was
        return watched

    @cached_property
    def causes(self) -> npt.NDArray[np.uint8]:
        """What ended each opening, as kernels number it."""
        cancelled = np.where(self.outcomes.named("cancelled"), CANCELLED, CENSORED)
        return np.where(self.outcomes.named("met"), MET, cancelled).astype(np.uint8)

    def counted(self, column: str, members: Flags | slice) -> Counted:
        """The customers behind a number of a group."""
        whose: Counted = self.outcomes.customer[self._counted(column, members)].astype(np.int64)
        return distinct(whose) if column in {"customers", "customers_met"} else whose

    def moments(self, column: str, members: Flags | slice) -> tuple[Counted, Counted]:
        """The same one by one, and when each was met, cancelled or missed; of all together, when it began."""
        rows = self._counted(column, members)
        whose = self.outcomes.customer[rows].astype(np.int64)
        began = column in {"mature", "customers", "young_open"}
        return whose, self.outcomes.opened_at[rows] if began else self.ended_at[rows]

    @cached_property
    def ended_at(self) -> npt.NDArray[np.int64]:
        """When each was met or cancelled, or its time was over, microseconds since 1970."""
        found = self.outcomes
        return np.where(found.closed < 0, found.deadline, self.snapshot.times(np.maximum(found.closed, 0)))

    def _counted(self, column: str, members: Flags | slice) -> Flags:
        """Which openings make up a number of a group."""
        found = self.outcomes
        inside = np.zeros(len(found.customer), np.bool_)
        inside[members] = True
        if column == "customers":
            return inside & self.entered
        if column == "customers_met":
            return inside & found.reached
        if column == "mature":
            return inside & found.mature
        young, _, name = column.rpartition("_")
        return inside & found.named(name) & (~found.mature if young else found.mature)


COUNTED: Final[tuple[str, ...]] = (
    "mature",
    "met",
    "missed",
    "cancelled",
    "young_met",
    "young_open",
    "young_cancelled",
    "customers",
    "customers_met",
)
"""Columns with customers behind them."""


def measured(selection: Selection, expectation: Expectation, *, in_groups: bool = True) -> Measured:
    """Find, judge and group the openings of an expectation.

    Args:
        selection: What is looked at.
        expectation: The arrow.
        in_groups: Whether they are grouped by what the question says.
    """
    in_groups = in_groups and selection.question.by is not None
    if selection.everything and not in_groups:
        key = ("measured", expectation.name, selection.as_of_override)
        return selection.snapshot.keep(key, lambda: _measured(selection, expectation, in_groups=False))
    return _measured(selection, expectation, in_groups=in_groups)


def _measured(selection: Selection, expectation: Expectation, *, in_groups: bool) -> Measured:
    snapshot = selection.snapshot
    as_of = expectation_as_of(snapshot, expectation, selection.as_of_override)
    period = None if selection.bounds == WHOLE else selection.period
    arguments: dict[str, Any] = {"journeys": selection.journeys, "customers": selection.customers}
    found = outcomes_of(snapshot, expectation, as_of=as_of, period=period, **arguments)
    groups = grouped(selection, found.customer, found.opened) if in_groups else Groups((None,), (None,))
    return Measured(expectation, found, groups, snapshot)


def answer_expectations(question: ExpectationsQuestion, selection: Selection) -> Answer:
    """Measure expectations and promises."""
    arrows = _asked(question, selection)
    found = [measured(selection, arrow) for arrow in arrows]
    statement = selection.statement
    for number, item in enumerate(found):
        outcomes = item.outcomes
        statement = openings_sql(
            statement, selection, item.expectation, number, as_of=outcomes.as_of, last_start=outcomes.last_start
        )
        statement = statement.step(f"grouped{number}", item.groups.over(f"openings{number}"))
    return Answer(
        parts={
            "expectations": _main(found, statement),
            "instead": _instead(found, statement),
            **({"curve": _curve(found, statement)} if question.curve else {}),
        },
        n={"openings": sum(len(item.outcomes.customer) for item in found), "expectations": len(found)},
        warnings=_warnings(found),
    )


def _asked(question: ExpectationsQuestion, selection: Selection) -> list[Expectation]:
    journey_map = selection.snapshot.journey_map
    known = journey_map.expectation
    for kind in question.kinds:
        if kind not in {"expectation", "promise"}:
            raise QuestionError(
                problem(sentence("'{kind}' is no kind; use expectation or promise", kind=kind), "kinds")
            )
    names = []
    for name in question.names or tuple(known):
        found = journey_map.expectation_named(name)
        if found is None:
            raise QuestionError(
                problem(
                    sentence(
                        "expectation '{name}' is not on the map{suggestion}",
                        name=name,
                        suggestion=did_you_mean(name, known),
                    ),
                    "names",
                )
            )
        names.append(found)
    return [known[name] for name in names if not question.kinds or known[name].kind in question.kinds]


def _warnings(found: list[Measured]) -> tuple[Sentence, ...]:
    said: dict[Sentence, None] = {}
    for item in found:
        said.update(dict.fromkeys(item.groups.warnings))
        if not len(item.outcomes.customer):
            said[sentence("'{arrow}' was never opened.", arrow=item.expectation.name)] = None
        elif item.snapshot.journey_map.unseen.issuperset(item.expectation.next):
            names = {"arrow": item.expectation.name, "touchpoint": item.expectation.written}
            said[sentence("'{arrow}' cannot be measured: no event shows {touchpoint}.", **names)] = None
        elif not item.outcomes.mature.any():
            name = item.expectation.name
            said[sentence("'{arrow}' has no mature opening yet: none of its deadlines has passed.", arrow=name)] = None
    if not found:
        nothing = sentence(
            "The map expects and promises nothing of this kind; write `expect:` or `promise:` at a touchpoint."
        )
        said[nothing] = None
    return tuple(said)


Rows = dict[str, list[object]]


def _empty(found: list[Measured], columns: tuple[Column, ...]) -> tuple[tuple[Column, ...], Rows]:
    """The columns, with the group's where there are groups, and no rows."""
    every = (*(found[0].groups.columns if found else ()), *columns)
    return every, {column.name: [] for column in every}


def _add(rows: Rows, values: Mapping[str, object]) -> None:
    for name, column in rows.items():
        column.append(values[name])


def _main(found: list[Measured], statement: Statement) -> Part:
    columns, rows = _empty(found, EXPECTATION_COLUMNS)
    behind: list[tuple[Measured, Flags | slice]] = []
    for item in found:
        for label, members in item.groups.split():
            _add(rows, {"group": label, **numbers(item, members)})
            behind.append((item, members))
    branches = []
    for number, item in enumerate(found):
        statement = counted_steps(statement, item.groups, number)
        branches.append(main_sql(item.expectation, number))
    people = {name: _behind(behind, name) for name in COUNTED}
    moments = {name: _moments(behind, name) for name in COUNTED}
    sql = statement.select(united(branches, columns, "number, rank"))
    return part_of(columns, rows, sql=sql, people=people, moments=moments)


def _behind(behind: list[tuple[Measured, Flags | slice]], column: str) -> People:
    return lambda row: behind[row][0].counted(column, behind[row][1])


def _moments(behind: list[tuple[Measured, Flags | slice]], column: str) -> Moments:
    return lambda row: behind[row][0].moments(column, behind[row][1])


def numbers(item: Measured, members: Flags | slice) -> dict[str, object]:
    """The numbers of some of the openings, by column."""
    arrow, found = item.expectation, item.outcomes
    customer, outcome, mature = found.customer[members], found.outcome[members], found.mature[members]
    counts, [(part, low, high)] = item.whole if isinstance(members, slice) else tally(customer, outcome, mature)
    young, old = (dict(zip(OUTCOMES, column, strict=True)) for column in counts[0].T.tolist())
    total = sum(old.values())
    waited = found.waited[members][mature & (outcome == OUTCOMES.index("met"))]
    return {
        "expectation": arrow.name,
        "kind": arrow.kind,
        "after": arrow.after,
        "next": arrow.written,
        "mature": total,
        **{name: old[name] for name in ("met", "missed", "cancelled")},
        "share": part,
        "low": low,
        "high": high,
        "target": arrow.target,
        "difference": None if arrow.target is None else part - arrow.target,
        "verdict": None if arrow.target is None else VERDICTS[judged(total, low, high, arrow.target)],
        **{f"young_{name}": young[name] for name in ("met", "open", "cancelled")},
        "customers": count_distinct(customer[item.entered[members]]),
        "customers_met": count_distinct(customer[found.reached[members]]),
        "median_seconds": quantile(waited, 0.5) / SECOND,
        "p90_seconds": quantile(waited, 0.9) / SECOND,
    }


def _instead(found: list[Measured], statement: Statement) -> Part:
    columns, rows = _empty(found, INSTEAD_COLUMNS)
    behind: list[tuple[Counted, Counted]] = []
    for item in found:
        missed = item.outcomes.named("missed") & item.outcomes.mature
        for label, members in item.groups.split():
            _add_instead(rows, behind, item, label, np.flatnonzero(missed[members]), members)
    branches = []
    for number, item in enumerate(found):
        statement, branch = instead_sql(statement, item.expectation, item.groups, number)
        branches.append(branch)
    people = {"missed": lambda row: behind[row][0], "customers": lambda row: np.unique(behind[row][0])}
    moments = dict.fromkeys(people, behind.__getitem__)
    sql = statement.select(united(branches, columns, "number, rank, missed DESC, instead NULLS LAST"))
    return part_of(columns, rows, sql=sql, people=people, moments=moments)


def _add_instead(
    rows: Rows,
    behind: list[tuple[Counted, Counted]],
    item: Measured,
    label: str | None,
    chosen: npt.NDArray[np.int64],
    members: Flags | slice,
) -> None:
    names = item.snapshot.names
    codes = item.outcomes.instead[members][chosen]
    whose = item.outcomes.customer[members][chosen]
    over = item.outcomes.deadline[members][chosen]
    order = np.argsort(codes, kind="stable")  # stable: a code's customers stay in order
    counts = np.bincount(codes, minlength=1)
    ends = np.cumsum(counts)
    for code in sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], code == 0, names[code])):
        those = order[ends[code] - counts[code] : ends[code]]
        people = whose[those]
        behind.append((people.astype(np.int64), over[those]))
        _add(
            rows,
            {
                "group": label,
                "expectation": item.expectation.name,
                "instead": names[code] or None,
                "missed": len(people),
                "customers": count_distinct(people),
                "share_of_missed": share(len(people), len(codes)),
            },
        )


def _curve(found: list[Measured], statement: Statement) -> Part:
    columns, rows = _empty(found, CURVE_COLUMNS)
    branches = []
    for number, item in enumerate(found):
        end = _curve_end(item)
        grid = np.array([point * end // CURVE_POINTS for point in range(CURVE_POINTS + 1)], dtype=np.int64)
        for label, members in item.groups.split():
            if not len(item.watched[members]):
                continue
            met, cancelled = (
                cumulative_incidence(item.watched[members], item.causes[members], cause, grid)
                for cause in (MET, CANCELLED)
            )
            for point, seconds in enumerate((grid / SECOND).tolist()):
                values = {"group": label, "expectation": item.expectation.name, "seconds": seconds}
                shares = {"met": met.share[point], "cancelled": cancelled.share[point], "waiting": met.waiting[point]}
                _add(rows, {**values, **shares})
        statement, branch = curve_sql(
            statement, item.expectation, item.groups, number, end=end, as_of=item.outcomes.as_of
        )
        branches.append(branch)
    sql = statement.select(united(branches, columns, "number, rank, seconds"))
    return part_of(columns, rows, sql=sql, people={})


def _curve_end(item: Measured) -> int:
    """Where the curve ends: the longest window."""
    if not item.expectation.within.working or not len(item.outcomes.waited):
        return item.expectation.within.microseconds
    return int((item.outcomes.deadline - item.snapshot.times(item.outcomes.clock)).max())
