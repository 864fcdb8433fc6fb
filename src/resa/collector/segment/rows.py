"""Arrivals, and the tables that their calls become."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import Final

import pyarrow as pa

from resa.base.addresses import Kept
from resa.base.errors import InputError
from resa.collector.bots import BOT
from resa.collector.segment.items import Frame, ItemProblem, Row, moment_of, preferences_in, read_item
from resa.collector.segment.requests import COUNTED, Request, read_request
from resa.model.consents import WITHHELD
from resa.model.tables import IDENTIFIERS, INSTANT, REJECTED
from resa.storage import Arrival, Kind

__all__ = ["Rows", "problems_of", "rows_of"]

_PLACES: Final = 4_096
"""Of `sequence`, for the places in one batch: more than `MOST_ITEMS`."""

_AT_ONCE: Final = 100_000
"""Calls that become rows at once: one of two bytes becomes a rejected row of hundreds, and they must fit in memory."""

_Placed = tuple[Row, Arrival, int]
_Refusal = tuple[ItemProblem, bytes, int, Mapping[str, bool]]


class Rows:
    """What the arrivals of one source became.

    Args:
        kept: How much is kept of addresses.

    Attributes:
        arrivals: How many there were.
        items: How many calls there were.
    """

    def __init__(self, kept: Kept = "dropped") -> None:
        self._kept: Kept = kept
        self.arrivals = 0
        self.items = 0
        self._events: list[_Placed] = []
        self._records: list[_Placed] = []
        self._counted: list[_Placed] = []
        self._rejected: list[_Refusal] = []
        self._withheld: list[_Placed] = []
        self._touchpoints: Sequence[Mapping[str, str]] = ()

    def placed(self) -> Iterator[tuple[Row, str]]:
        """Events and records, each with what it is called for ever: its id, or its place among all arrivals."""
        for row, arrival, place in chain(self._events, self._records):
            yield row, row.message_id or f"{arrival.number}-{place}"

    def withhold(
        self, withheld: Callable[[Sequence[Row]], Sequence[bool]], refused: Callable[[Mapping[str, bool]], bool]
    ) -> None:
        """Keep nothing of whom rows are about, where that is not consented to: they are counted by day.

        Args:
            withheld: Which rows of some it is.
            refused: Whether it is a row that cannot be read, by what it says of consent.
        """
        for name in ("_events", "_records"):
            placed: list[_Placed] = getattr(self, name)
            flags = withheld([row for row, _, _ in placed])
            self._withheld += [one for one, flag in zip(placed, flags, strict=True) if flag]
            setattr(self, name, [one for one, flag in zip(placed, flags, strict=True) if not flag])
        self._rejected = [
            (problem, b"{}" if refused(said) else content, row, said) for problem, content, row, said in self._rejected
        ]

    @property
    def withheld(self) -> pa.Table:
        """What touchpoint they are is seen by these, as columns of `EVENTS`; whom they are about, by none of them."""
        return _event_columns(self._withheld)

    def count_withheld(self, touchpoints: Sequence[Mapping[str, str]]) -> None:
        """Say of each withheld row which touchpoint it is, by map."""
        self._touchpoints = touchpoints

    @property
    def nameless(self) -> int:
        """How many of the last `message_ids` are to be kept as hashes alone."""
        return len(self._withheld)

    @property
    def reasons(self) -> Counter[str]:
        """How many were refused for which reason."""
        return Counter(problem.reason for problem, *_ in self._rejected)

    @property
    def message_ids(self) -> pa.Array:
        """Of events, then of others in order; a call without an id is called by its place among all arrivals."""
        placed = chain(self._events, self._records, self._counted, self._withheld)
        return pa.array([row.message_id or f"{arrival.number}-{place}" for row, arrival, place in placed], pa.string())

    @property
    def events(self) -> pa.Table:
        """Columns of `EVENTS`, without those that storage fills."""
        own = _event_columns(self._events)
        return pa.table({**dict(zip(own.column_names, own.columns, strict=True)), **_common(self._events)})

    @property
    def others(self) -> list[tuple[Kind, pa.Table]]:
        """What is stored in the same commit as rows of another kind."""
        found: list[tuple[Kind, pa.Table]] = []
        if self._records:
            found.append(("customers", self._customers()))
        if self._counted:
            found.append(("daily_numbers", self._daily_numbers()))
        if self._withheld:
            found.append(("daily_numbers", self._withheld_numbers()))
        return found

    def _customers(self) -> pa.Table:
        """Columns of `CUSTOMER_RECORDS`, without those that storage fills."""
        rows = [row for row, _, _ in self._records]
        own = {
            "recorded_at": pa.array([row.happened_at for row in rows], INSTANT),
            "traits": pa.array([row.content for row in rows], pa.string()),
        }
        return pa.table({**own, **_common(self._records)})

    def _daily_numbers(self) -> pa.Table:
        """Columns of `DAILY_NUMBERS`: one a row, so that a day's sum is their count; those of bots by themselves."""
        rows = [row for row, _, _ in self._counted]
        names = [f"{row.event}_by_bots" if row.device == BOT else row.event for row in rows]
        return pa.table(
            {
                "received_at": pa.array([arrival.received_at for _, arrival, _ in self._counted], INSTANT),
                "day": pa.array([row.happened_at for row in rows], INSTANT).cast(pa.date32()),
                "number": pa.array(names, pa.string()),
                "value": pa.array([1.0] * len(rows), pa.float64()),
                "properties": pa.array([row.content for row in rows], pa.string()),
            }
        )

    def _withheld_numbers(self) -> pa.Table:
        """One a row again; of when it came, the day is kept."""
        rows = [row for row, _, _ in self._withheld]
        days = pa.array([row.happened_at for row in rows], INSTANT).cast(pa.date32())
        said = [json.dumps(one, ensure_ascii=False) if one else None for one in self._touchpoints]
        return pa.table(
            {
                "received_at": days.cast(INSTANT),
                "day": days,
                "number": pa.array([f"{WITHHELD}_by_bots" if row.device == BOT else WITHHELD for row in rows]),
                "value": pa.array([1.0] * len(rows), pa.float64()),
                "properties": pa.array(said, pa.string()),
            }
        )

    @property
    def rejected(self) -> pa.Table:
        """Columns of `REJECTED`, without those that storage fills."""
        rows = [
            {
                "row": row,
                "reason": problem.reason,
                "detail": str(problem.detail),
                "payload": content.decode("utf-8", errors="backslashreplace"),
            }
            for problem, content, row, _ in self._rejected
        ]
        wanted = ("row", "reason", "detail", "payload")
        return pa.Table.from_pylist(rows, schema=pa.schema([REJECTED.field(name) for name in wanted]))

    def add(self, arrival: Arrival, first_row: int) -> None:
        """Add the calls of an arrival; the first is called `first_row` if it is refused."""
        request = _request(arrival)
        sent_at = moment_of(request.sent_at)
        frame = Frame(arrival.kind, arrival.received_at, sent_at, request.context, request.received_from, self._kept)
        for place, content in enumerate(request.items):
            found = read_item(content, frame)
            if isinstance(found, ItemProblem):
                said = preferences_in(content, frame)
                self._rejected.append((found, bytes(content), first_row + place, said))
            elif arrival.kind == COUNTED:
                self._counted.append((found, arrival, place))
            else:
                (self._events if found.event is not None else self._records).append((found, arrival, place))
        self.arrivals += 1
        self.items += len(request.items)


def rows_of(arrivals: Sequence[Arrival], first_row: int = 1, kept: Kept = "dropped") -> Rows:
    """The rows that the calls of some arrivals of one source become; of the first ones, where they are too many.

    Args:
        arrivals: Each was read by `read_request` when it came.
        first_row: What the first call is called among the rejected rows of its load.
        kept: How much is kept of addresses.
    """
    rows = Rows(kept)
    for arrival in arrivals:
        if rows.items >= _AT_ONCE:
            break
        rows.add(arrival, first_row + rows.items)
    return rows


def problems_of(request: Request, kind: str, received_at: int) -> Iterator[tuple[int, ItemProblem]]:
    """What is wrong with the calls of a request, before it is taken: place and problem."""
    frame = Frame(kind, received_at, moment_of(request.sent_at), request.context)
    for place, content in enumerate(request.items):
        found = read_item(content, frame)
        if isinstance(found, ItemProblem):
            yield place, found


def _request(arrival: Arrival) -> Request:
    """An arrival's request; one that an earlier Resa took, and this one would not, is refused as one call."""
    try:
        return read_request(arrival.content, arrival.kind)
    except InputError:
        return Request(None, [arrival.content])


def _event_columns(placed: Sequence[_Placed]) -> pa.Table:
    rows = [row for row, _, _ in placed]
    return pa.table(
        {
            "occurred_at": pa.array([row.happened_at for row in rows], INSTANT),
            "sent_at": pa.array([row.sent_at for row in rows], INSTANT),
            "event": pa.array([row.event for row in rows], pa.string()),
            "channel": pa.array([row.channel for row in rows], pa.string()),
            "device": pa.array([row.device for row in rows], pa.string()),
            "properties": pa.array([row.content for row in rows], pa.string()),
        }
    )


def _common(placed: Sequence[_Placed]) -> dict[str, pa.Array]:
    """Columns that events and records share."""
    people = [row.identifiers for row, _, _ in placed]
    each = list(chain.from_iterable(people))
    ends = pa.array([0, *accumulate(map(len, people))], pa.int32())
    columns = [pa.array([pair[place] for pair in each], pa.string()) for place in (0, 1)]
    named = pa.StructArray.from_arrays(columns, fields=list(IDENTIFIERS.value_type))
    return {
        "received_at": pa.array([arrival.received_at for _, arrival, _ in placed], INSTANT),
        "sequence": pa.array([arrival.number * _PLACES + place for _, arrival, place in placed], pa.int64()),
        "identifiers": pa.ListArray.from_arrays(ends, named, type=IDENTIFIERS),
    }
