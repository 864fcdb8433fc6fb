"""Stages: who is where, how customers move between stages, and how long they stay.

Stays are those of `resa.kernels.stays`, whose text defines them. A stay that no visit follows goes on, or has gone
quiet once the pause has grown too long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.answers.stages_sql import movements_sql, over_time_sql, stages_sql, stays_steps
from resa.analytics.calendar import SECOND, Instants, calendar_edges
from resa.analytics.questions.kinds import StagesQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Moments, Part, People, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.statistics import count_distinct, distinct, quantile
from resa.base.language import sentence
from resa.kernels import MOVED, PAUSED, Stays, bucket_numbers, count_customers, in_cells, stays, time_by_which

__all__ = ["MOVEMENT_COLUMNS", "OVER_TIME_COLUMNS", "STAGE_COLUMNS", "answer_stages"]

STAGE_COLUMNS: Final = (
    Column("stage", pa.string(), "Key of the stage."),
    Column("customers", pa.int64(), "Customers who entered it."),
    Column("stays", pa.int64(), "How often it was entered."),
    Column("onward", pa.int64(), "Stays that ended by a visit of a later stage."),
    Column("back", pa.int64(), "Stays that ended by a visit of an earlier stage."),
    Column("quiet", pa.int64(), "Stays that ended by too long a pause."),
    Column("now", pa.int64(), "Customers who are in it as of the end of the data, or of the period."),
    Column(
        "median_seconds",
        pa.float64(),
        "Time by which half of the stays had moved to another stage, seconds (Aalen-Johansen); null: fewer ever do.",
    ),
)

MOVEMENT_COLUMNS: Final = (
    Column("from", pa.string(), "The stage that was left; null: the journey, or another part of it, begins."),
    Column("to", pa.string(), "The stage that was entered; null: too long a pause followed."),
    Column("count", pa.int64(), "How often."),
    Column("customers", pa.int64(), "By how many customers."),
    Column("median_seconds", pa.float64(), "Median length of the stays that ended so, seconds."),
)

OVER_TIME_COLUMNS: Final = (
    Column("period", pa.date32(), "First day of the calendar period, in the map's zone."),
    Column("complete", pa.bool_(), "The data cover the whole period."),
    Column("stage", pa.string(), "Key of the stage."),
    Column("customers", pa.int64(), "Customers who were in it when the period, or the data, ended."),
    Column("entered", pa.int64(), "How often it was entered in the period."),
    Column("left", pa.int64(), "How often it was left in the period, by a move or too long a pause."),
)

_NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class _Looked:
    """Every stay, and what became of it.

    Attributes:
        question: What was asked.
        selection: What is looked at.
        found: The stays.
    """

    question: StagesQuestion
    selection: Selection
    found: Stays

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """Keys of the stages, in order."""
        return tuple(stage.key for stage in self.selection.snapshot.journey_map.stages)

    @cached_property
    def entered_at(self) -> Instants:
        """When each was entered, microseconds since 1970."""
        return self.selection.snapshot.times(self.found.entered)

    @cached_property
    def seen_to(self) -> int:
        """Up to when it is known what happened; without any data complete, up to the newest event."""
        known = self.selection.as_of
        newest = self.selection.snapshot.newest
        return known if known is not None else newest or 0

    @cached_property
    def moment(self) -> int:
        """At which it is said who is where."""
        return min(self.seen_to, self.selection.bounds[1] - 1)

    @cached_property
    def gone_at(self) -> Instants:
        """When each ended; `_NEVER`: it goes on."""
        gone = np.full(len(self.entered_at), _NEVER, np.int64)
        moved = self.found.ended == MOVED
        gone[moved] = self.selection.snapshot.times(self.found.left[moved])
        if self.question.quiet_after is not None:
            silent = self.selection.snapshot.times(self.found.last[~moved]) + self.question.quiet_after.microseconds
            over = (self.found.ended[~moved] == PAUSED) | (silent <= self.seen_to)
            gone[~moved] = np.where(over, silent, _NEVER)
        return gone

    @cached_property
    def next_stage(self) -> npt.NDArray[np.uint16]:
        """Number of the stage that each moved to; 0: none."""
        following = np.append(self.found.stages[1:], np.uint16(0))[: len(self.found.stages)]
        return np.where(self.found.ended == MOVED, following, np.uint16(0))

    @cached_property
    def arrived(self) -> Flags:
        """Which did not begin by a move."""
        earlier = np.append(0, self.found.ended[:-1])[: len(self.found.ended)]
        first = np.append(True, self.found.customers[1:] != self.found.customers[:-1])[: len(self.found.ended)]
        arrived: Flags = first | (earlier != MOVED)
        return arrived

    @cached_property
    def asked(self) -> Flags:
        """Which were entered in the question's period."""
        low, high = self.selection.bounds
        return (self.entered_at >= low) & (self.entered_at < high)

    @cached_property
    def calendar(self) -> tuple[Instants, tuple[date, ...]]:
        """The calendar periods from the first stay to the end of the data: their edges and first days."""
        if not len(self.entered_at):
            return np.zeros(1, np.int64), ()
        end = max(int(self.entered_at.max()), self.seen_to)
        return calendar_edges(int(self.entered_at.min()), end, self.question.every, self.selection.snapshot.zone)

    @cached_property
    def groups(self) -> Groups:
        """Groups of the stays."""
        return grouped(self.selection, self.found.customers, self.found.entered)

    def members(self, number: int) -> Flags:
        """Which of the stays are in a group."""
        flags = np.zeros(len(self.entered_at), np.bool_)
        flags[self.groups.chosen(number)] = True
        return flags

    def cells(self) -> Iterator[tuple[range, npt.NDArray[np.int32]]]:
        """Groups that do not overlap, and the cell of each stay by group and stage; -1: in none of these groups."""
        places = self.found.stages.astype(np.int32) - 1
        for numbers, layer in self.groups.layers(len(places)):
            yield numbers, np.where(layer < 0, layer, layer * np.int32(len(self.stages)) + places)

    def of_stage(self, number: int, place: int, *flags: Flags) -> Flags:
        """Which of the stays are in a group and a stage, numbered from 1, and in all these."""
        return _all_of(self.members(number), self.found.stages == place, *flags)

    def people(self, members: Flags) -> Counted:
        """Whose stays they are."""
        return self.found.customers[members].astype(np.int64)


_ENDINGS: Final = frozenset({"onward", "back", "quiet", "left"})
"""Counts of how stays ended."""


class _Rows:
    """Rows with counts of stays, and the customers behind each count.

    Args:
        columns: Of the part.
        looked: The stays.
    """

    def __init__(self, columns: tuple[Column, ...], looked: _Looked) -> None:
        self._looked = looked
        self._columns = (*looked.groups.columns, *columns)
        self._rows: dict[str, list[object]] = {column.name: [] for column in self._columns}
        self._behind: dict[str, list[Callable[[], Flags]]] = {}

    def add(self, values: Mapping[str, object], **counted: tuple[int, Callable[[], Flags]]) -> None:
        """A row whose counts are known; which stays they are of is found out when somebody asks.

        A count of `customers` is of different ones, every other of stays.
        """
        for name, (count, members) in counted.items():
            self._rows[name].append(count)
            self._behind.setdefault(name, []).append(members)
        for name in set(self._rows) - set(counted):
            self._rows[name].append(values[name])

    def part(self, sql: str, looked_at: str = "") -> Part:
        """The whole."""
        people: dict[str, People] = {name: partial(self._people, name) for name in self._behind}
        moments: dict[str, Moments] = {name: partial(self._moments, name) for name in self._behind}
        behind: dict[str, Any] = {"people": people, "moments": moments}
        return part_of(self._columns, self._rows, sql=sql, looked_at=looked_at, **behind)

    def _people(self, name: str, row: int) -> Counted:
        whose = self._looked.people(self._behind[name][row]())
        return distinct(whose) if name == "customers" else whose

    def _moments(self, name: str, row: int) -> tuple[Counted, Counted]:
        """When each of the stays began, or ended where that is what is counted."""
        looked, these = self._looked, self._behind[name][row]()
        began, gone = looked.entered_at[these], looked.gone_at[these]
        ended = name in _ENDINGS or ("from" in self._rows and self._rows["from"][row] is not None)
        return looked.people(these), np.where(gone < _NEVER, gone, began) if ended else began


def _all_of(*flags: Flags) -> Flags:
    found: Flags = np.logical_and.reduce(flags)
    return found


def answer_stages(question: StagesQuestion, selection: Selection) -> Answer:
    """Say who is where."""
    snapshot = selection.snapshot
    number = {stage.key: place for place, stage in enumerate(snapshot.journey_map.stages, start=1)}
    stage_of = [0, *(number[touchpoint.stage] for touchpoint in snapshot.journey_map.touchpoints)]
    quiet = question.quiet_after
    found = stays(
        selection.journeys,
        np.array(stage_of, np.uint16),
        quiet_us=None if quiet is None else quiet.microseconds,
        customers=selection.customers,
    )
    looked = _Looked(question, selection, found)
    groups = looked.groups
    statement = stays_steps(selection, groups, looked.stages, quiet=quiet, seen_to=looked.seen_to)
    parts = {
        "stages": _stages(looked).part(
            stages_sql(statement, groups, now=looked.moment, seen_to=looked.seen_to), groups.sizes(statement, "asked")
        ),
        "movements": _movements(looked).part(movements_sql(statement, groups, looked.stages)),
        "over_time": _over_time(looked).part(
            over_time_sql(statement, selection, groups, looked.calendar, complete_to=selection.as_of)
        ),
    }
    forever = sentence("Who never comes back stays in the last stage: no pause is too long.")
    lasting = () if quiet is not None else (forever,)
    count = {"stays": int(looked.asked.sum()), "customers": count_distinct(looked.people(looked.asked))}
    return Answer(parts=parts, n=count, warnings=(*groups.warnings, *lasting))


def _stages(looked: _Looked) -> _Rows:
    rows = _Rows(STAGE_COLUMNS, looked)
    ways = _ways(looked)
    whose = looked.found.customers
    staying = (looked.entered_at <= looked.moment) & (looked.gone_at > looked.moment)
    keys = _ends(looked)
    for numbers, cells in looked.cells():
        size, nowhere = len(numbers) * len(looked.stages), np.int32(-1)
        asked = np.where(looked.asked, cells, nowhere)
        counts, customers = count_customers(asked, whose, size)
        by_way = np.where(asked < 0, nowhere, asked * np.int32(len(_WAYS)) + ways)
        went = count_customers(by_way, whose, size * len(_WAYS))[0].reshape(size, len(_WAYS)).tolist()
        now, _ = count_customers(np.where(staying, cells, nowhere), whose, size)
        ends = in_cells(keys, asked, counts)
        for cell, (at, place) in enumerate(product(range(len(numbers)), range(len(looked.stages)))):
            number, stage = numbers[at], place + 1
            every = partial(looked.of_stage, number, stage, looked.asked)
            gone = {
                name: (went[cell][way], partial(_on, looked, number, stage, ways == way))
                for way, name in enumerate(_WAYS)
                if name
            }
            rows.add(
                {
                    "group": looked.groups.labels[number],
                    "stage": looked.stages[place],
                    "median_seconds": _median(ends[cell]),
                },
                customers=(int(customers[cell]), every),
                stays=(int(counts[cell]), every),
                now=(int(now[cell]), partial(looked.of_stage, number, stage, staying)),
                **gone,
            )
    return rows


_WAYS: Final = ("", "onward", "back", "quiet")
"""How a stay may end; the first: it goes on."""


def _ways(looked: _Looked) -> npt.NDArray[np.uint8]:
    """The way in which each stay ended."""
    moved = np.where(looked.next_stage > looked.found.stages, np.uint8(1), np.uint8(2))
    return np.where(looked.next_stage > 0, moved, np.where(looked.gone_at < _NEVER, np.uint8(3), np.uint8(0)))


def _on(looked: _Looked, number: int, stage: int, these: Flags) -> Flags:
    return looked.of_stage(number, stage, looked.asked, these)


def _ends(looked: _Looked) -> npt.NDArray[np.int64]:
    """How long each stay was, or is known to have been, with why it ended in the last two bits."""
    over = looked.gone_at < _NEVER
    causes = np.where(looked.next_stage > 0, 1, np.where(over, 2, 0))
    ends = np.where(over, looked.gone_at, np.maximum(looked.seen_to, looked.entered_at))
    return (ends - looked.entered_at) << 2 | causes


def _median(ends: npt.NDArray[np.int64]) -> float:
    """Time by which half had moved, seconds; going quiet is a competing end, what goes on is censored."""
    return time_by_which(ends >> 2, (ends & 3).astype(np.uint8), 1, 0.5) / SECOND


def _movements(looked: _Looked) -> _Rows:
    rows = _Rows(MOVEMENT_COLUMNS, looked)
    names = (None, *looked.stages)
    length = looked.gone_at - looked.entered_at
    stages = looked.found.stages.astype(np.int32)
    # Each move is one number, from 0 in the beginning, so that none is looked for that nobody made.
    size = np.int32(len(names) ** 2)
    beginnings = np.where(looked.arrived, stages, np.int32(-1))
    endings = np.where(looked.gone_at < _NEVER, stages * np.int32(len(names)) + looked.next_stage, np.int32(-1))
    for numbers, layer in looked.groups.layers(len(stages)):
        these = (layer >= 0) & looked.asked
        counted = []
        for moves in (beginnings, endings):
            cells = np.where(these & (moves >= 0), layer * size + moves, np.int32(-1))
            counts, customers = count_customers(cells, looked.found.customers, len(numbers) * int(size))
            counted.append((moves, counts, customers, in_cells(length, cells, counts)))
        for (at, number), (moves, counts, customers, lengths) in product(enumerate(numbers), counted):
            for cell in (np.flatnonzero(counts[at * size : (at + 1) * size]) + at * size).tolist():
                move = cell - at * int(size)
                before, after = divmod(move, len(names))
                median = quantile(lengths[cell], 0.5) / SECOND if before else None
                ends = {"from": names[before], "to": names[after]}
                behind = partial(_made, looked, number, moves, move)
                rows.add(
                    {"group": looked.groups.labels[number], **ends, "median_seconds": median},
                    count=(int(counts[cell]), behind),
                    customers=(int(customers[cell]), behind),
                )
    return rows


def _made(looked: _Looked, number: int, moves: npt.NDArray[np.int32], move: int) -> Flags:
    return _all_of(looked.members(number), looked.asked, moves == move)


def _over_time(looked: _Looked) -> _Rows:
    rows = _Rows(OVER_TIME_COLUMNS, looked)
    if not len(looked.entered_at):
        return rows
    edges, days = looked.calendar
    low, high = looked.selection.bounds
    buckets, stages = len(days), len(looked.stages)
    entered = bucket_numbers(looked.entered_at, edges)
    left = bucket_numbers(np.minimum(looked.gone_at, edges[-1]), edges)
    shown = np.flatnonzero((edges[1:] > low) & (edges[:-1] < high)).tolist()
    for numbers, cells in looked.cells():
        shape = (len(numbers), stages, buckets)
        came, went = (_by_bucket(looked, cells, bucket, shape) for bucket in (entered, left))
        there = np.cumsum(came - went, axis=2)
        for at, bucket, place in product(range(len(numbers)), shown, range(stages)):
            cell = _Cell(partial(looked.of_stage, numbers[at], place + 1), entered, left, bucket)
            label = looked.groups.labels[numbers[at]]
            complete = looked.selection.as_of is not None and int(edges[bucket + 1]) <= looked.seen_to + 1
            rows.add(
                {"group": label, "period": days[bucket], "complete": complete, "stage": looked.stages[place]},
                customers=(int(there[at, place, bucket]), cell.there),
                entered=(int(came[at, place, bucket]), cell.entered),
                left=(int(went[at, place, bucket]), cell.left),
            )
    return rows


def _by_bucket(
    looked: _Looked, cells: npt.NDArray[np.int32], bucket: npt.NDArray[np.int32], shape: tuple[int, int, int]
) -> npt.NDArray[np.int64]:
    """Stays by group, stage and calendar period; what goes on beyond the last is in none."""
    places = np.where((cells < 0) | (bucket == shape[2]), np.int32(-1), cells * np.int32(shape[2]) + bucket)
    return count_customers(places, looked.found.customers, math.prod(shape))[0].reshape(shape)


@dataclass(frozen=True)
class _Cell:
    """The stays of one group, stage and calendar period.

    Attributes:
        own: Those of the group and the stage.
        came: The period in which each began.
        went: That in which it ended; one behind the last: it goes on.
        bucket: The period.
    """

    own: Callable[[], Flags]
    came: npt.NDArray[np.int32]
    went: npt.NDArray[np.int32]
    bucket: int

    def there(self) -> Flags:
        """Those that went on when it ended."""
        return _all_of(self.own(), self.came <= self.bucket, self.went > self.bucket)

    def entered(self) -> Flags:
        """Those that began in it."""
        return _all_of(self.own(), self.came == self.bucket)

    def left(self) -> Flags:
        """Those that ended in it."""
        return _all_of(self.own(), self.went == self.bucket)
