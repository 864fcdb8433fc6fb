"""Channels, or devices: how much each is used, which are used together, and how customers switch between them."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import SECOND
from resa.analytics.questions.kinds import ChannelsQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, in_columns, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.intervals import wilson_sql
from resa.analytics.sql.text import Statement, listed, literal
from resa.analytics.statistics import count_distinct, distinct, quantile, quantile_sql, share
from resa.kernels import Moves, count_customers, in_cells, moves, used_together, wilson_interval

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
    def _all(self) -> Moves:
        """Those of any time: what follows a visit of the period may come after it."""
        return moves(self.selection.journeys, customers=self.selection.customers)

    @cached_property
    def _inside(self) -> Flags | slice:
        low, high = self.selection.bounds
        if (low, high) == WHOLE:
            return slice(None)
        times = self.selection.snapshot.times(self._all.positions)
        flags: Flags = (times >= low) & (times < high)
        return flags

    @cached_property
    def places(self) -> Groups:
        """Where the visits were: as a group-by of the channel or the device has it."""
        asked = Selection(self.selection.snapshot, replace(self.question, by=self.question.of))
        return grouped(asked, self._all.customers, self._all.positions)

    @property
    def size(self) -> int:
        """How many places there are."""
        return len(self.places.labels)

    @property
    def _codes(self) -> npt.NDArray[np.uint8]:
        if self.places.numbers is None:
            raise ValueError("a visit was in one place")
        return self.places.numbers.astype(np.uint8, copy=False)

    @cached_property
    def cost_of(self) -> dict[str, float]:
        """What a contact costs, by label of the channel."""
        snapshot = self.selection.snapshot
        costs = {channel.key: channel.cost for channel in snapshot.journey_map.channels if channel.cost is not None}
        return {label: cost for key, cost in costs.items() for label in snapshot.spelled([key])}

    @cached_property
    def reached(self) -> Flags:
        """Which of the visits are what the map's goal is to reach."""
        journey_map = self.selection.snapshot.journey_map
        goal = () if journey_map.goal is None else journey_map.goal.reach
        wanted = np.zeros(len(self.selection.snapshot.names), np.bool_)
        wanted[[journey_map.code[key] for key in goal]] = True
        flags: Flags = wanted[self._all.codes[self._inside]]
        return flags

    @cached_property
    def customers(self) -> npt.NDArray[np.int32]:
        """Whose they are."""
        return self._all.customers[self._inside]

    @cached_property
    def codes(self) -> npt.NDArray[np.uint8]:
        """Place in `places.labels` of each."""
        return self._codes[self._inside]

    @cached_property
    def following(self) -> npt.NDArray[np.int32]:
        """That of the customer's next visit, in the period or not; -1: none comes in time."""
        within, found = self.question.within, self._all
        none = found.following == 0
        if within is not None:
            none |= found.waited > within.microseconds
        following = np.append(self._codes[1:], np.uint8(0))[: len(none)].astype(np.int32)
        following[none] = -1
        return following[self._inside]

    @property
    def waited(self) -> npt.NDArray[np.int64]:
        """Microseconds to it, in time or not."""
        return self._all.waited[self._inside]

    @cached_property
    def groups(self) -> Groups:
        """Groups of the visits."""
        return grouped(self.selection, self.customers, self._positions)

    @cached_property
    def _positions(self) -> Positions:
        return self._all.positions[self._inside]

    @cached_property
    def counted(self) -> list[_Counted]:
        """What was counted of each group."""
        found = []
        for numbers, layer in self.groups.layers(len(self.codes)):
            together = used_together(layer, self.codes, self.customers, (len(numbers), self.size))
            contacts, costs = self._spent(layer, len(numbers))
            reached = np.where(self.reached, layer, np.int32(-1))
            _, customers = count_customers(reached, self.customers, len(numbers))
            found += [
                _Counted(self.groups.labels[number], number, *columns)
                for number, columns in zip(
                    numbers, zip(*together, *contacts, costs, customers, strict=True), strict=True
                )
            ]
        return found

    def _spent(
        self, layer: npt.NDArray[np.int32], groups: int
    ) -> tuple[tuple[Counts, Counts], npt.NDArray[np.float64]]:
        """By group and place: visits, those that cost something that is known, and what they cost."""
        snapshot = self.selection.snapshot
        prices = np.array([self.cost_of.get(label, np.nan) for label in snapshot.channel_labels])
        cells = layer * np.int32(self.size) + self.codes
        cells = cells * np.int32(len(prices)) + snapshot.channels_at(self._positions)
        cells[layer < 0] = -1
        counts, _ = count_customers(cells, self.customers, groups * self.size * len(prices))
        visits = counts.reshape(groups, self.size, len(prices))
        known = ~np.isnan(prices)
        return (visits.sum(axis=2), visits[:, :, known].sum(axis=2)), visits[:, :, known] @ prices[known]

    def members(self, number: int) -> Flags:
        """Which of the visits are in a group."""
        flags = np.zeros(len(self.codes), np.bool_)
        flags[self.groups.chosen(number)] = True
        return flags

    def of(self, members: Flags) -> Counted:
        """Whose some of them are."""
        whose: Counted = self.customers[members].astype(np.int64)
        return whose

    def moments(self, members: Flags) -> tuple[Counted, Counted]:
        """The same, and when each of them was."""
        return self.of(members), self.selection.snapshot.times(self._positions[members])

    def used(self, members: Flags) -> tuple[Counted, npt.NDArray[np.bool_]]:
        """Customers with such visits, and in which places each has some: bool[customers, places]."""
        whose = self.of(members)
        row = np.cumsum(np.append(0, whose[1:] != whose[:-1]))[: len(whose)]
        flags = np.zeros((count_distinct(whose), self.size), np.bool_)
        flags[row, self.codes[members]] = True
        return distinct(whose), flags


Counts = npt.NDArray[np.int64]
Costs = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Counted:
    """What was counted of one group, by place.

    Attributes:
        label: Of the group.
        number: Its place among the groups.
        both: Customers with visits in the one place and the other.
        only: Customers with visits in no other.
        everybody: Customers with visits.
        visits: Visits.
        contacts: Visits of which it is known what they cost.
        costs: What these cost.
        reached: Customers with a visit of what the map's goal is to reach.
    """

    label: str | None
    number: int
    both: Counts
    only: Counts
    everybody: int
    visits: Counts
    contacts: Counts
    costs: Costs
    reached: int


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
    behind: list[tuple[int, int]] = []
    for group in visits.counted:
        for code in np.flatnonzero(group.visits).tolist():
            own, everybody = int(group.both[code, code]), int(group.everybody)
            cost = float(group.costs[code]) if group.contacts[code] else None
            used = (int(group.visits[code]), own, share(own, everybody), int(group.only[code]), cost)
            rows.append((group.label, visits.places.labels[code], *used))
            behind.append((group.number, code))

    def chosen(row: int) -> Flags:
        number, code = behind[row]
        flags: Flags = visits.members(number) & (visits.codes == code)
        return flags

    def those(row: int) -> Counted:
        return visits.of(chosen(row))

    def faithful(row: int) -> Counted:
        number, code = behind[row]
        customers, used = visits.used(visits.members(number))
        alone: Counted = customers[used[:, code] & (used.sum(axis=1) == 1)]
        return alone

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
        moments=dict.fromkeys(("visits", "customers", "only"), lambda row: visits.moments(chosen(row))),
        looked_at=visits.groups.sizes(statement),
    )


def _cost(visits: _Visits, statement: Statement) -> Part:
    """What the contacts cost, and for each customer who reached the map's goal."""
    columns = (*visits.groups.columns, *COST_COLUMNS)
    rows: list[tuple[object, ...]] = []
    for group in visits.counted:
        total, customers = float(group.costs.sum()), int(group.reached)
        rows.append((group.label, int(group.contacts.sum()), total, customers, share(total, customers)))

    def people(row: int) -> Counted:
        return distinct(visits.of(visits.members(visits.counted[row].number) & visits.reached))

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
        people={"customers": people},
    )


def _together(visits: _Visits, statement: Statement) -> Part:
    columns = (*visits.groups.columns, *TOGETHER_COLUMNS)
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[int, int, int]] = []
    names = visits.places.labels
    for group in visits.counted:
        for one, other in np.argwhere(group.both).tolist():
            if one == other:
                continue
            count, size = int(group.both[one, other]), int(group.both[one, one])
            lift = count * int(group.everybody) / (size * int(group.both[other, other]))
            rows.append((group.label, names[one], names[other], count, *wilson_interval(count, size), lift))
            behind.append((group.number, one, other))

    def people(row: int) -> Counted:
        number, one, other = behind[row]
        customers, used = visits.used(visits.members(number))
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
    behind: list[tuple[int, int, int]] = []
    names, size = visits.places.labels, visits.size
    for numbers, layer in visits.groups.layers(len(visits.codes)):
        cells = (layer * np.int32(size) + visits.codes) * np.int32(size) + visits.following
        cells[(layer < 0) | (visits.following < 0)] = -1
        counts, whose = count_customers(cells, visits.customers, len(numbers) * size * size)
        times = in_cells(visits.waited, cells, counts)
        pairs = counts.reshape(len(numbers), size, size)
        for at, one, two in np.argwhere(pairs).tolist():
            if one == two:
                continue
            cell, count = (at * size + one) * size + two, int(pairs[at, one, two])
            median = quantile(times[cell], 0.5) / SECOND
            switched = (count, int(whose[cell]), share(count, int(pairs[at, one].sum())), median)
            rows.append((visits.groups.labels[numbers[at]], names[one], names[two], *switched))
            behind.append((numbers[at], one, two))

    def chosen(row: int) -> Flags:
        number, one, two = behind[row]
        flags: Flags = visits.members(number) & (visits.codes == one) & (visits.following == two)
        return flags

    def people(row: int) -> Counted:
        return visits.of(chosen(row))

    def moments(row: int) -> tuple[Counted, Counted]:
        whose, when = visits.moments(chosen(row))
        return whose, when + visits.waited[chosen(row)]

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
            "count": people,
            "customers": lambda row: distinct(people(row)),
        },
        moments={"count": moments, "customers": moments},
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
