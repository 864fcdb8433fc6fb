"""Friction: where customers leave off, wait, turn back, repeat or need our staff, more than is to be expected.

`continued` says what these signs are. Two tables: how often each touchpoint shows each sign, beside the comparable
steps (the other touchpoints of its stage); and the places, worst first. Three reasons bring a place on the list, in
this order: it is *unusual* against its own history or the others (`unusual` says how that is tested: with nothing
going on, nothing is called so but once in a thousand answers); it is *below target*: what the map expects to follow
does not come in time; or it lies *above comparable* steps, which may well be how that step is.

How many customers, and what value, a place costs *at most* is what exceeds the reference. Who is helped over one step
may still leave at the next.
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import SECOND
from resa.analytics.findings.arrows import Arrow, below_target
from resa.analytics.findings.beginnings import prepared
from resa.analytics.findings.continued import Continued, Trouble
from resa.analytics.findings.continued_sql import rates_sql, sign_conditions, trials_steps
from resa.analytics.findings.places import Place, loss, placed_whole, unusual, urgency
from resa.analytics.findings.statement import place_steps, whole_place_steps
from resa.analytics.findings.unusual import FAMILY_WISE
from resa.analytics.questions.kinds import FrictionQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, People, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import Selection
from resa.analytics.sql.text import literal
from resa.analytics.statistics import distinct, quantile
from resa.base.language import Sentence, sentence
from resa.kernels import Continuations, Totals, in_cells

__all__ = ["PLACE_COLUMNS", "RATE_COLUMNS", "answer_friction"]

_SHARE: Final = (
    Column("share", pa.float64(), "Share of these that show the sign, 0 to 1."),
    Column("low", pa.float64(), "Lower end of its 95 % interval, by customer."),
    Column("high", pa.float64(), "Upper end."),
)

PLACE_COLUMNS: Final = (
    Column("touchpoint", pa.string(), "Where."),
    Column(
        "sign",
        pa.string(),
        "drop-off, wait, loop, repeat, switch; or unmet: what the map expects to follow did not come in time.",
    ),
    Column("reason", pa.string(), "Why it is listed: unusual, below target, or above comparable steps."),
    Column("attribute", pa.string(), "Whose visits: persona, channel, device, traits.x or properties.x; null: all."),
    Column("value", pa.string(), "Which of them."),
    Column("since", pa.date32(), "First day of the visits, in the map's zone; null: all time."),
    Column("until", pa.date32(), "Last day; null: it goes on."),
    Column("to", pa.string(), "What most often follows those with the sign; for unmet: what was expected."),
    Column("visits", pa.int64(), "Mature visits of the place that can show the sign."),
    Column("customers", pa.int64(), "Customers behind them."),
    *_SHARE,
    Column("reference", pa.float64(), "The share that was to be expected, is the target's, or comparable steps have."),
    Column("customers_at_most", pa.int64(), "Customers who always met with it, and would not have at the reference."),
    Column(
        "value_at_most",
        pa.float64(),
        "These customers, by the mean value that follows other customers' first visit without the sign; in the map's"
        " currency.",
    ),
    Column("p_value", pa.float64(), "Chance of it if nothing were going on, all tests together; null: not tested."),
)

RATE_COLUMNS: Final = (
    Column("touchpoint", pa.string(), "Where."),
    Column("sign", pa.string(), "drop-off, wait, loop, repeat or switch."),
    Column("visits", pa.int64(), "Mature visits that can show the sign."),
    Column("count", pa.int64(), "Visits that show it."),
    *_SHARE,
    Column("comparable", pa.float64(), "Share at the stage's other touchpoints; null: none, or a wait."),
    Column("customers", pa.int64(), "Customers with a visit that shows it."),
    Column("median_seconds", pa.float64(), "Of waits: median time to what follows in time, seconds."),
    Column(
        "slow_seconds",
        pa.float64(),
        "Of waits: what is longer, by more than 1/64, is slow; three quarters of all are not, seconds.",
    ),
)

_TYPES: Final = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.date32(): "DATE"}

_Reason = Literal["unusual", "below target", "above comparable"]


def answer_friction(question: FrictionQuestion, selection: Selection) -> Answer:
    """Say where it is hard going."""
    continued, listed, tests = _looked_at(question, selection)
    found = continued.found
    groups = grouped(selection, found.customers, found.visits)
    return Answer(
        parts={"places": _listed(continued, listed[: question.limit]), "rates": _rates(continued, groups)},
        n={"visits": len(found.visits), "customers": _people(found), "tests": tests},
        others={"places": len(listed) - question.limit} if len(listed) > question.limit else {},
        warnings=(*groups.warnings, *selection.snapshot.value_warnings, *_lacking(continued)),
    )


_LookedAt = tuple[Continued, Sequence["_Listed"], int]


def _looked_at(question: FrictionQuestion, selection: Selection) -> _LookedAt:
    """What follows each visit, all places, worst first, and how many were tested: however the rates are grouped."""
    alike = replace(question, by=None, compare=(), limit=1)

    def make() -> _LookedAt:
        continued = Continued(alike, prepared(Selection(selection.snapshot, alike)))
        return continued, *_places(continued)

    if alike == FrictionQuestion(map_key=question.map_key, limit=1):
        return selection.snapshot.keep("friction", make)
    newest: dict[str, _LookedAt] = selection.snapshot.keep("friction of some", dict)
    found = newest.get(alike.hash)
    if found is None:
        newest.clear()  # it takes much room: only what was asked last is kept
        found = newest[alike.hash] = make()
    return found


def _people(found: Continuations) -> int:
    """How many customers there are behind the visits."""
    seen = np.zeros(int(found.customers.max(initial=-1)) + 1, np.bool_)
    seen[found.customers] = True
    return int(np.count_nonzero(seen))


def _lacking(continued: Continued) -> Iterator[Sentence]:
    """What cannot be said, and why."""
    if not continued.staffed:
        yield sentence("No channel of the map is `kind: internal`; switches to staff are not looked for.")
    if not len(continued.found.visits) and continued.any_visits:
        yield sentence(
            "No visit is old enough to say what followed within {time}; ask with a shorter 'within'.",
            time=continued.question.patience.said,
        )


@dataclass(frozen=True)
class _Listed:
    """A place with what it is a place of.

    Attributes:
        source: Visits with a sign, or an expectation.
        place: The place.
        reason: Why it may be listed.
    """

    source: Trouble | Arrow
    place: Place
    reason: _Reason

    @property
    def name(self) -> tuple[str, str]:
        """Touchpoint and sign."""
        if isinstance(self.source, Arrow):
            return self.source.expectation.after, "unmet"
        return self.source.touchpoint.key, self.source.sign


def _places(continued: Continued) -> tuple[list[_Listed], int]:
    """All places, worst first, and how many were tested."""
    with ThreadPoolExecutor(1) as beside:  # openings and visits share little
        short = beside.submit(copy_context().run, lambda: list(below_target(continued.selection)))
        troubles = continued.troubles
        changed, tests = unusual(troubles, FAMILY_WISE, rises=False)
    pairs = zip(troubles, changed, strict=True)
    first = [_Listed(trouble, place, "unusual") for trouble, place in pairs if place is not None]
    first.sort(key=lambda listed: urgency(listed.place))
    seen = {listed.name for listed in first}
    others = [
        *(_Listed(arrow, place, "below target") for arrow, place in short.result()),
        *(listed for listed in _above_comparable(continued) if listed.name not in seen),
    ]
    others.sort(key=lambda listed: loss(listed.place))
    return [*first, *others], tests


def _above_comparable(continued: Continued) -> Iterator[_Listed]:
    """Touchpoints that show a sign more often than the others of their stage; who has reached the goal may leave."""
    troubles = [
        trouble for trouble in continued.troubles if trouble.sign != "drop-off" or not continued.beyond(trouble)
    ]
    wholes = [(trouble, trouble.whole) for trouble in troubles]
    for trouble, comparable in zip(troubles, _comparable(wholes), strict=True):
        if comparable is None:
            continue
        place = placed_whole(trouble, 1 - comparable)
        if place.judged(place.reference) == "below":
            yield _Listed(trouble, place, "above comparable")


def _comparable(troubles: Sequence[tuple[Trouble, Totals]]) -> Iterator[float | None]:
    """For each the share at the other touchpoints of its stage; waits differ by their nature."""
    stages: dict[tuple[str, str], list[Totals]] = defaultdict(list)
    for trouble, whole in troubles:
        stages[trouble.touchpoint.stage, trouble.sign].append(whole)
    for trouble, own in troubles:
        every = stages[trouble.touchpoint.stage, trouble.sign]
        visits = sum(each.openings for each in every) - own.openings
        met = sum(each.met for each in every) - own.met
        yield (visits - met) / visits if visits and trouble.sign != "wait" else None


def _listed(continued: Continued, listed: Sequence[_Listed]) -> Part:
    rows = [_row(continued, item) for item in listed]
    statement, branches = trials_steps(continued, Groups((None,), (None,))), []
    for number, (item, row) in enumerate(zip(listed, rows, strict=True)):
        if isinstance(item.source, Arrow):
            statement = whole_place_steps(statement, continued.selection, item.source.item, number)
        else:
            conditions = sign_conditions(item.source.touchpoint.key, item.source.sign)
            steps = (statement, continued.selection, "trials", number, conditions)
            statement = place_steps(*steps, item.place.bounds, item.place.group)
        branches.append(_branch(item, row, number))
    every = "\nUNION ALL ".join(branches) or _branch_of({}, "(SELECT 0 AS place WHERE FALSE)")
    names = ", ".join(f'"{column.name}"' for column in PLACE_COLUMNS)
    sql = statement.select(f"SELECT {names} FROM (\n{every}\n) ORDER BY place")
    columns = {column.name: [row[column.name] for row in rows] for column in PLACE_COLUMNS}
    people: dict[str, People] = {
        "visits": lambda row: _behind(listed[row].place),
        "customers": lambda row: distinct(_behind(listed[row].place)),
    }
    return part_of(PLACE_COLUMNS, columns, sql=sql, people=people)


def _behind(place: Place) -> Counted:
    return place.watched.customers[place.members].astype(np.int64)


def _row(continued: Continued, listed: _Listed) -> dict[str, Any]:
    source, place = listed.source, listed.place
    to: str | None
    if isinstance(source, Arrow):
        to, hundredths = source.expectation.written, source.value(place)
        value = None if hundredths is None else hundredths / 100
    else:
        to, value = continued.leads_to(source, place), continued.value(source, place)
    told = {name: place.labels.get(name) for name in ("attribute", "value", "since", "until", "p_value")}
    touchpoint, sign = listed.name
    return {
        "touchpoint": touchpoint,
        "sign": sign,
        "reason": listed.reason,
        **told,
        "to": to,
        "visits": place.size,
        "customers": place.people,
        "share": 1 - place.interval.share,
        "low": 1 - place.interval.high,
        "high": 1 - place.interval.low,
        "reference": 1 - place.reference,
        "customers_at_most": place.lost_at_most,
        "value_at_most": value,
    }


def _branch(listed: _Listed, row: Mapping[str, Any], number: int) -> str:
    """A SELECT of one place: what can be counted is counted, what a test says is written down."""
    # An opening that is met is good, a visit of a trial that is "met" shows the sign.
    turned = isinstance(listed.source, Arrow)
    share = "count(*) FILTER (outcome = 'met') / count(*)"
    ends = [f"(SELECT {name} FROM interval{number})" for name in ("low", "high")]
    counted = {
        "visits": "count(*)",
        "customers": "count(DISTINCT customer)",
        "share": f"1 - {share}" if turned else share,
        "low": f"1 - {ends[1]}" if turned else ends[0],
        "high": f"1 - {ends[0]}" if turned else ends[1],
    }
    told = {name: literal(value) for name, value in row.items()}
    return _branch_of({**told, **counted, "place": str(number)}, f"place{number}")


def _branch_of(values: Mapping[str, str], source: str) -> str:
    """A SELECT of values by column; what is not named is NULL."""
    columns = [
        f'{values.get(column.name, "NULL")}::{_TYPES[column.type]} AS "{column.name}"' for column in PLACE_COLUMNS
    ]
    return f"SELECT {', '.join(columns)}, {values.get('place', 'place')} AS place FROM {source}"


# Rates.


@dataclass(frozen=True)
class _Rate:
    """What some visits, all or those of a group, show of one sign.

    Attributes:
        trouble: The sign.
        group: Numbers of the groups of the touchpoint's visits, and that of this group; `None`: they are all visits.
        whole: What was counted of them.
        median: Of waits: median time to what follows in time, microseconds.
    """

    trouble: Trouble
    group: tuple[npt.NDArray[np.int32], int] | None
    whole: Totals
    median: float | None

    def behind(self, column: str) -> Counted:
        """The customers behind a number."""
        trouble = self.trouble
        counted = trouble.all.copy()
        if self.group is not None:
            numbers, own = self.group
            counted &= numbers == own
        whose = trouble.customers[counted if column == "visits" else counted & ~trouble.met].astype(np.int64)
        return distinct(whose) if column == "customers" else whose


def _rates(continued: Continued, groups: Groups) -> Part:
    columns = (*groups.columns, *RATE_COLUMNS)
    behind: list[_Rate] = []
    rows: list[dict[str, Any]] = []
    for label, own in _by_group(continued, groups):
        behind += own
        pairs = zip(own, _comparable([(rate.trouble, rate.whole) for rate in own]), strict=True)
        rows += [{"group": label, "comparable": comparable, **_rate(rate)} for rate, comparable in pairs]
    people: dict[str, People] = {name: partial(_counted, behind, name) for name in ("visits", "count", "customers")}
    told = {column.name: [row[column.name] for row in rows] for column in columns}
    return part_of(columns, told, sql=rates_sql(trials_steps(continued, groups), groups), people=people)


def _by_group(continued: Continued, groups: Groups) -> Iterator[tuple[str | None, Sequence[_Rate]]]:
    """The signs that the visits of each group can show."""
    if not groups.by:
        yield None, [_Rate(trouble, None, trouble.whole, _median(continued, trouble)) for trouble in continued.troubles]
        return
    found: dict[int, list[_Rate]] = defaultdict(list)
    for layer, numbers in groups.layers(len(continued.found.visits)):
        for _, some in groupby(continued.troubles, key=lambda trouble: trouble.rows.start):
            troubles = list(some)
            own = numbers[troubles[0].rows]
            totals = troubles[0].shown.by_group(own, len(layer))
            for trouble in troubles:
                wholes = [of_group[trouble.number] for of_group in totals]
                medians = _medians(continued, trouble, own, wholes)
                for group, (whole, median) in enumerate(zip(wholes, medians, strict=True)):
                    if whole.openings:
                        found[layer[group]].append(_Rate(trouble, (own, group), whole, median))
    for number, label in enumerate(groups.labels):
        yield label, found[number]


def _median(continued: Continued, trouble: Trouble) -> float | None:
    """Of waits: the median time, microseconds."""
    waits = trouble.sign == "wait"
    return quantile(continued.found.waited[trouble.rows][trouble.all], 0.5) if waits else None


def _medians(
    continued: Continued, trouble: Trouble, numbers: npt.NDArray[np.int32], wholes: Sequence[Totals]
) -> Sequence[float | None]:
    """The same for each group, by the numbers of the groups of the touchpoint's visits."""
    if trouble.sign != "wait":
        return [None] * len(wholes)
    cells = numbers if trouble.among is None else np.where(trouble.among, numbers, np.int32(-1))
    counts = np.array([whole.openings for whole in wholes], np.int64)
    return [quantile(values, 0.5) for values in in_cells(continued.found.waited[trouble.rows], cells, counts)]


def _rate(rate: _Rate) -> dict[str, Any]:
    trouble, whole = rate.trouble, rate.whole
    return {
        "touchpoint": trouble.touchpoint.key,
        "sign": trouble.sign,
        "visits": whole.openings,
        "count": whole.openings - whole.met,
        "share": 1 - whole.interval.share,
        "low": 1 - whole.interval.high,
        "high": 1 - whole.interval.low,
        "customers": whole.ever_unmet,
        "median_seconds": rate.median / SECOND if rate.median is not None else None,
        "slow_seconds": trouble.slow / SECOND if trouble.slow is not None else None,
    }


def _counted(behind: Sequence[_Rate], column: str, row: int) -> Counted:
    return behind[row].behind(column)
