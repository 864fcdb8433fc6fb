"""Channels, or devices: how much each is used, which are used together, and how customers switch between them."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import SECOND, Instants
from resa.analytics.questions.kinds import ChannelsQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, in_columns, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.intervals import wilson_sql
from resa.analytics.sql.text import Statement, listed, literal
from resa.analytics.statistics import count_distinct, distinct, quantile, quantile_sql, share
from resa.kernels import wilson_interval

__all__ = ["CHANNEL_COLUMNS", "COST_COLUMNS", "SWITCH_COLUMNS", "TOGETHER_COLUMNS", "answer_channels"]

CHANNEL_COLUMNS: Final = (
    Column("channel", pa.string(), "The channel, or the device."),
    Column("visits", pa.int64(), "Visits of touchpoints there."),
    Column("customers", pa.int64(), "Customers with such a visit."),
    Column("share", pa.float64(), "Of all customers with a visit, 0 to 1."),
    Column("only", pa.int64(), "Customers with visits nowhere else."),
    Column(
        "cost", pa.float64(), "Of its visits on channels for which the map says it, in its currency; null: none is."
    ),
)

COST_COLUMNS: Final = (
    Column("contacts", pa.int64(), "Visits on channels for which the map says what a contact costs."),
    Column("cost", pa.float64(), "What they cost together, in the map's currency."),
    Column("customers", pa.int64(), "Customers with a visit of what the goal is to reach."),
    Column("cost_per_goal", pa.float64(), "cost / customers; null if nobody reached it."),
)

TOGETHER_COLUMNS: Final = (
    Column("channel", pa.string(), "The one channel, or device."),
    Column("other", pa.string(), "The other."),
    Column("customers", pa.int64(), "Customers with visits in both."),
    Column("share", pa.float64(), "Of those of the one, 0 to 1."),
    Column("low", pa.float64(), "Lower end of its 95 % interval (Wilson, by customer)."),
    Column("high", pa.float64(), "Upper end."),
    Column("lift", pa.float64(), "That share, by that of the other among all customers; 1: as chance would have it."),
)

SWITCH_COLUMNS: Final = (
    Column("from", pa.string(), "Channel, or device, of a visit."),
    Column("to", pa.string(), "That of the customer's next visit, another one."),
    Column("count", pa.int64(), "How often."),
    Column("customers", pa.int64(), "By how many customers."),
    Column("share", pa.float64(), "Of all visits there that another visit follows (in time), 0 to 1."),
    Column("median_seconds", pa.float64(), "Median time between the two visits, seconds."),
)


@dataclass(frozen=True)
class _Visits:
    """Visits of the question's period, by customer and order.

    Attributes:
        question: What was asked.
        selection: What is looked at.
    """

    question: ChannelsQuestion
    selection: Selection

    @cached_property
    def _all(self) -> Positions:
        return self.selection.visits

    @cached_property
    def _inside(self) -> Flags:
        times = self.selection.snapshot.times(self._all)
        low, high = self.selection.bounds
        return (times >= low) & (times < high)

    @cached_property
    def _whose(self) -> npt.NDArray[np.int64]:
        return self.selection.snapshot.customers_at(self._all)

    @cached_property
    def places(self) -> Groups:
        """Where the visits were: as a group-by of the channel or the device has it."""
        asked = Selection(self.selection.snapshot, replace(self.question, by=self.question.of))
        return grouped(asked, self._whose, self._all)

    @cached_property
    def _codes(self) -> npt.NDArray[np.int64]:
        codes = np.zeros(len(self._all), np.int64)
        for number, (_, members) in enumerate(self.places.split()):
            codes[members] = number
        return codes

    @cached_property
    def cost_of(self) -> dict[str, float]:
        """What a contact costs, by label of the channel."""
        snapshot = self.selection.snapshot
        costs = {channel.key: channel.cost for channel in snapshot.journey_map.channels if channel.cost is not None}
        return {label: cost for key, cost in costs.items() for label in snapshot.spelled([key])}

    @cached_property
    def costs(self) -> npt.NDArray[np.float64]:
        """What each visit costs; NaN: nothing is said of its channel."""
        snapshot = self.selection.snapshot
        table = np.array([self.cost_of.get(label, np.nan) for label in snapshot.channel_labels])
        return table[snapshot.channels_at(self.positions)]

    @cached_property
    def reached(self) -> Flags:
        """Which of the visits are what the map's goal is to reach."""
        journey_map = self.selection.snapshot.journey_map
        goal = () if journey_map.goal is None else journey_map.goal.reach
        codes = [journey_map.code[key] for key in goal]
        found: Flags = np.isin(self.selection.journeys.touchpoints[self.positions], codes)
        return found

    @property
    def positions(self) -> Positions:
        """Where they stand."""
        return self._all[self._inside]

    @cached_property
    def customers(self) -> npt.NDArray[np.int64]:
        """Whose they are."""
        return self._whose[self._inside]

    @cached_property
    def codes(self) -> npt.NDArray[np.int64]:
        """Place in `places.labels` of each."""
        return self._codes[self._inside]

    @cached_property
    def following(self) -> npt.NDArray[np.int64]:
        """That of the customer's next visit, in the period or not; -1: none comes in time."""
        codes = np.append(self._codes[1:], -1)[: len(self._codes)]
        same = np.append(self._whose[1:] == self._whose[:-1], False)[: len(self._codes)]
        within = self.question.within
        if within is not None:
            same &= self._apart <= within.microseconds
        return np.where(same, codes, -1)[self._inside]

    @cached_property
    def _apart(self) -> Instants:
        times = self.selection.snapshot.times(self._all)
        return np.diff(times, append=times[-1:])

    @cached_property
    def waited(self) -> Instants:
        """Microseconds to the next event that is a visit."""
        return self._apart[self._inside]

    @cached_property
    def groups(self) -> Groups:
        """Groups of the visits."""
        return grouped(self.selection, self.customers, self.positions)

    def split(self) -> Iterator[tuple[str | None, Flags]]:
        """Each group with a flag for each visit."""
        for label, chosen in self.groups.split():
            members = np.zeros(len(self.codes), np.bool_)
            members[chosen] = True
            yield label, members

    def of(self, members: Flags) -> Counted:
        """Whose some of them are."""
        whose: Counted = self.customers[members]
        return whose

    def used(self, members: Flags) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Customers with such visits, and in which places each has some: bool[customers, places]."""
        whose = self.customers[members]
        row = np.cumsum(np.append(0, whose[1:] != whose[:-1]))[: len(whose)]
        flags = np.zeros((count_distinct(whose), len(self.places.labels)), np.bool_)
        flags[row, self.codes[members]] = True
        return distinct(whose), flags


def answer_channels(question: ChannelsQuestion, selection: Selection) -> Answer:
    """Say which channels are used, together and after one another."""
    visits = _Visits(question, selection)
    statement = _visit_steps(visits)
    parts = {
        "channels": _channels(visits, statement),
        "together": _together(visits, statement),
        "switches": _switches(visits, statement),
    }
    if visits.cost_of and selection.snapshot.journey_map.goal is not None:
        parts["cost"] = _cost(visits, statement)
    count = {"visits": len(visits.codes), "customers": count_distinct(visits.customers)}
    warnings = dict.fromkeys((*visits.places.warnings, *visits.groups.warnings))
    return Answer(parts=parts, n=count, warnings=tuple(warnings))


def _channels(visits: _Visits, statement: Statement) -> Part:
    columns = (*visits.groups.columns, *CHANNEL_COLUMNS)
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[Flags, int]] = []
    for label, members in visits.split():
        _, used = visits.used(members)
        counts = np.bincount(visits.codes[members], minlength=used.shape[1])
        priced = members & ~np.isnan(visits.costs)
        contacts = np.bincount(visits.codes[priced], minlength=used.shape[1])
        costs = np.bincount(visits.codes[priced], visits.costs[priced], minlength=used.shape[1])
        alone = used.sum(axis=1) == 1
        for code in np.flatnonzero(counts).tolist():
            own = int(used[:, code].sum())
            only = int((used[:, code] & alone).sum())
            cost = float(costs[code]) if contacts[code] else None
            rows.append((label, visits.places.labels[code], int(counts[code]), own, share(own, len(used)), only, cost))
            behind.append((members, code))

    def those(row: int) -> Counted:
        members, code = behind[row]
        return visits.of(members & (visits.codes == code))

    def faithful(row: int) -> Counted:
        members, code = behind[row]
        customers, used = visits.used(members)
        chosen: Counted = customers[used[:, code] & (used.sum(axis=1) == 1)]
        return chosen

    statement = statement.step(
        "by_channel",
        "SELECT rank, place, count(*) AS visits, count(DISTINCT customer) AS customers,\n"
        "  count(DISTINCT customer) FILTER (places = 1) AS only, sum(cost) AS cost FROM used GROUP BY rank, place",
    ).step("everybody", "SELECT rank, count(DISTINCT customer) AS everybody FROM used GROUP BY rank")
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=statement.select(
            f"SELECT {_group(visits)}n.channel, c.visits, c.customers, c.customers / e.everybody AS share, c.only,\n"
            "  c.cost\n"
            f"FROM by_channel c JOIN everybody e USING (rank) JOIN names n USING (place) {_labels(visits)}\n"
            "ORDER BY rank, place"
        ),
        people={"visits": those, "customers": lambda row: distinct(those(row)), "only": faithful},
        looked_at=visits.groups.sizes(statement),
    )


def _cost(visits: _Visits, statement: Statement) -> Part:
    """What the contacts cost, and for each customer who reached the map's goal."""
    columns = (*visits.groups.columns, *COST_COLUMNS)
    rows: list[tuple[object, ...]] = []
    behind: list[Flags] = []
    for label, members in visits.split():
        costs = visits.costs[members]
        known = ~np.isnan(costs)
        customers = count_distinct(visits.of(members & visits.reached))
        total = float(costs[known].sum())
        rows.append((label, int(known.sum()), total, customers, share(total, customers)))
        behind.append(members)
    goal = visits.selection.snapshot.journey_map.goal
    reach = listed(goal.reach if goal is not None else ())
    statement = statement.step("goals", f"SELECT position FROM seen WHERE touchpoint IN {reach}").step(
        "costs",
        "SELECT u.rank, count(u.cost) AS contacts, coalesce(sum(u.cost), 0) AS cost,\n"
        "  count(DISTINCT u.customer) FILTER (g.position IS NOT NULL) AS customers\n"
        "FROM used u LEFT JOIN goals g ON g.position = u.position GROUP BY u.rank",
    )
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=statement.select(
            f"SELECT {_group(visits)}coalesce(c.contacts, 0) AS contacts, coalesce(c.cost, 0) AS cost,\n"
            "  coalesce(c.customers, 0) AS customers, c.cost / nullif(c.customers, 0) AS cost_per_goal\n"
            f"FROM ({visits.groups.every}) g LEFT JOIN costs c ON c.rank = g.rank ORDER BY g.rank"
        ),
        people={"customers": lambda row: distinct(visits.of(behind[row] & visits.reached))},
    )


def _together(visits: _Visits, statement: Statement) -> Part:
    columns = (*visits.groups.columns, *TOGETHER_COLUMNS)
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[Flags, int, int]] = []
    names = visits.places.labels
    for label, members in visits.split():
        _, used = visits.used(members)
        numbers = used.astype(np.float64)
        both = np.rint(numbers.T @ numbers).astype(np.int64)
        for one, other in np.argwhere(both).tolist():
            if one == other:
                continue
            count, size = int(both[one, other]), int(both[one, one])
            lift = count * len(used) / (size * int(both[other, other]))
            rows.append((label, names[one], names[other], count, *wilson_interval(count, size), lift))
            behind.append((members, one, other))

    def people(row: int) -> Counted:
        members, one, other = behind[row]
        customers, used = visits.used(members)
        both: Counted = customers[used[:, one] & used[:, other]]
        return both

    statement = (
        statement.step("once", "SELECT DISTINCT rank, customer, place FROM used")
        .step("sizes", "SELECT rank, place, count(*) AS size FROM once GROUP BY rank, place")
        .step("everybody", "SELECT rank, count(DISTINCT customer) AS everybody FROM once GROUP BY rank")
        .step(
            "pairs",
            "SELECT a.rank, a.place AS one, b.place AS two, count(*) AS customers\n"
            "FROM once a JOIN once b ON a.rank = b.rank AND a.customer = b.customer AND a.place <> b.place\n"
            "GROUP BY ALL",
        )
    )
    low, high = wilson_sql("p.customers", "s.size")
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=statement.select(
            f"SELECT {_group(visits)}n.channel, m.channel AS other, p.customers, p.customers / s.size AS share,\n"
            f"  {low} AS low, {high} AS high, p.customers * e.everybody / (s.size * t.size) AS lift\n"
            "FROM pairs p JOIN sizes s ON s.rank = p.rank AND s.place = p.one\n"
            "JOIN sizes t ON t.rank = p.rank AND t.place = p.two JOIN everybody e ON e.rank = p.rank\n"
            f"JOIN names n ON n.place = p.one JOIN names m ON m.place = p.two {_labels(visits, 'p.rank')}\n"
            "ORDER BY p.rank, p.one, p.two"
        ),
        people={"customers": people},
    )


def _switches(visits: _Visits, statement: Statement) -> Part:
    columns = (*visits.groups.columns, *SWITCH_COLUMNS)
    rows: list[tuple[object, ...]] = []
    behind: list[Flags] = []
    names = visits.places.labels
    # Each pair of places is one number, so that none is looked for that nobody went between.
    numbers = np.where(visits.following >= 0, visits.codes * len(names) + visits.following, -1).astype(np.int16)
    for label, members in visits.split():
        pairs = np.bincount(numbers[members] + 1, minlength=len(names) ** 2 + 1)[1:]
        leaving = pairs.reshape(len(names), -1).sum(axis=1) if names else pairs
        for pair in np.flatnonzero(pairs).tolist():
            one, two = divmod(pair, len(names))
            if one == two:
                continue
            chosen = members & (numbers == pair)
            count = int(pairs[pair])
            median = quantile(visits.waited[chosen], 0.5) / SECOND
            whose = count_distinct(visits.customers[chosen])
            rows.append((label, names[one], names[two], count, whose, share(count, int(leaving[one])), median))
            behind.append(chosen)
    statement = statement.step(
        "moves",
        "SELECT rank, place, next_place, count(*) AS count, count(DISTINCT customer) AS customers,\n"
        f"  {quantile_sql('waited', 0.5)} / 1e6 AS median_seconds,\n"
        "  count(*) / sum(count(*)) OVER (PARTITION BY rank, place) AS share\n"
        "FROM used WHERE next_place IS NOT NULL GROUP BY rank, place, next_place",
    )
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=statement.select(
            f'SELECT {_group(visits)}n.channel AS "from", m.channel AS "to", s.count, s.customers, s.share,'
            " s.median_seconds\n"
            "FROM moves s JOIN names n ON n.place = s.place JOIN names m ON m.place = s.next_place"
            f" {_labels(visits, 's.rank')}\n"
            "WHERE s.place <> s.next_place ORDER BY s.rank, s.place, s.next_place"
        ),
        people={
            "count": lambda row: visits.of(behind[row]),
            "customers": lambda row: distinct(visits.of(behind[row])),
        },
    )


def _group(visits: _Visits) -> str:
    return 'g."group", ' if visits.groups.by else ""


def _labels(visits: _Visits, rank: str = "rank") -> str:
    """A join of the group's name, where there are groups."""
    if not visits.groups.by:
        return ""
    return f"JOIN ({visits.groups.every}) g ON g.rank = {'c.rank' if rank == 'rank' else rank}"


def _visit_steps(visits: _Visits) -> Statement:
    """`used`: a row a visit with its place, the next one's, and in how many places the customer was; and `names`."""
    places, groups, within = visits.places, visits.groups, visits.question.within
    line = "WINDOW line AS (PARTITION BY customer ORDER BY position)"
    apart = "epoch_us(next_at) - epoch_us(started_at)"
    late = "FALSE" if within is None else f"{apart} > {within.microseconds}"
    costs = " ".join(f"WHEN {literal(channel)} THEN {literal(cost)}" for channel, cost in visits.cost_of.items())
    cost = f"CASE channel {costs} END" if costs else "NULL::DOUBLE"
    return (
        visits.selection.statement.step(
            "found", f"SELECT customer, position, occurred_at AS started_at, {cost} AS cost FROM seen"
        )
        .step("placed", places.over("found"))
        .step(
            "followed",
            "SELECT customer, position, started_at, cost, rank AS place, lead(rank) OVER line AS next_rank,\n"
            f"  lead(started_at) OVER line AS next_at FROM placed {line}",
        )
        .step(
            "items",
            f"SELECT *, CASE WHEN NOT ({late}) THEN next_rank END AS next_place, {apart} AS waited\n"
            f"FROM followed WHERE {visits.selection.in_period('started_at')}",
        )
        .step("grouped", groups.over("items"))
        .step("ranked", f"SELECT *{'' if groups.by else ', 1 AS rank'} FROM grouped")
        .step(
            "used",
            "SELECT r.*, p.places FROM ranked r JOIN (SELECT rank, customer, count(DISTINCT place) AS places\n"
            "  FROM ranked GROUP BY rank, customer) p ON p.rank = r.rank AND p.customer = r.customer",
        )
        .step("names", f'SELECT "group" AS channel, rank AS place FROM ({places.every})')
    )
