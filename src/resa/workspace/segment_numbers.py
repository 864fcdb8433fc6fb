"""Numbers about segments that screens show: the size of one that is being written, overlaps, ages, days."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from resa.base.clock import to_microseconds
from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.storage import count_erasures
from resa.workspace.seen_fields import Counted, SeenField, counted_fields, path_of, said_in_json, seen_fields
from resa.workspace.segments import Passage

if TYPE_CHECKING:
    from resa.model.journey import JourneyMap
    from resa.storage import JourneyIndex
    from resa.workspace.workspace import Workspace

__all__ = [
    "AGES",
    "MOST_COMPARED",
    "Age",
    "Combination",
    "Day",
    "Named",
    "ages",
    "combinations",
    "days",
    "known_traits",
    "passages_on",
    "people_aged",
    "people_in",
    "trial_size",
]

MOST_COMPARED: Final = 6
"""So many segments are laid over each other at most."""

AGES: Final[Mapping[str, timedelta | None]] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "quarter": timedelta(days=90),
    "longer": None,
}
"""How long customers are in a segment: up to so long; `None`: longer than all of these."""

_CUSTOMERS_LOOKED_AT: Final = 5_000
_MOST_CHANGES: Final = 5_000
_KEPT: Final = 64

Flags = npt.NDArray[np.bool_]
Named = tuple[str, str]
"""What a customer is called: kind and value of an identifier. Personal data."""


@dataclass(frozen=True, kw_only=True)
class Combination:
    """Customers who are in these segments and in no other one that was asked for.

    Attributes:
        segments: Keys of the segments they are in.
        customers: How many they are.
    """

    segments: tuple[str, ...]
    customers: int


@dataclass(frozen=True, kw_only=True)
class Age:
    """How many customers are in a segment for so long.

    Attributes:
        age: Up to how long, one of `AGES`; empty: it is not known since when.
        customers: How many.
    """

    age: str
    customers: int


@dataclass(frozen=True, kw_only=True)
class Day:
    """How many entered and left a segment on a day, in the time zone of the map."""

    day: date
    entered: int
    left: int


# The size of a condition that is being written.

_counters: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="resa-trial")
_counted: OrderedDict[tuple[object, ...], Future[tuple[int, int]]] = OrderedDict()
_counting: Final = Lock()


def trial_size(shop: Workspace, journey_map: JourneyMap, who: str, *, seconds: float = 2.0) -> tuple[int, int] | None:
    """How many customers a condition selects, and of how many; `None`: it takes longer, and is found out meanwhile.

    Args:
        shop: The workspace.
        journey_map: Which map it is about.
        who: The condition.
        seconds: How long to wait for it.

    Raises:
        ExpressionError: The condition is wrong.
    """
    from resa.segments import count_condition  # noqa: PLC0415 - heavy; opening a workspace does without it

    moment = shop.clock()
    key = (shop.folder, shop.store.generation, journey_map.hash, f"{moment:%Y-%m-%d %H:%M}", who)
    with _counting:
        found = _counted.get(key)
        if found is None:
            measure = shop.measure
            found = _counted[key] = _counters.submit(count_condition, shop.store, measure, journey_map, who)
        _counted.move_to_end(key)
        while len(_counted) > _KEPT:
            _, old = _counted.popitem(last=False)
            old.cancel()
    try:
        return found.result(timeout=seconds)
    except TooLong:
        return None


def known_traits(shop: Workspace, journey_map: JourneyMap, *, several: int = 1) -> list[SeenField]:
    """Traits that customers have, with their values, and those that are computed.

    Args:
        shop: The workspace.
        journey_map: Whose computed traits.
        several: Only values are told that so many customers have, at most 5.
    """
    found = seen_fields(_traits(shop), several=several)
    known = {one.path for one in found}
    computed = (f"traits.{path_of(trait.key)}" for trait in journey_map.traits)
    found += [SeenField(path=path, rows=0) for path in computed if path not in known]
    return sorted(found, key=lambda one: one.path)


_told: OrderedDict[tuple[object, ...], Counted] = OrderedDict()


def _traits(shop: Workspace) -> Counted:
    """What the traits of some customers say; counted once for each generation."""
    index = shop.store.index()
    key = (shop.folder, index.generation, count_erasures(shop.store))
    with _counting:
        if key in _told:
            return _told[key]
    traits = shop.store.customer_traits(index)
    rows = traits.slice(max(0, traits.num_rows - _CUSTOMERS_LOOKED_AT))
    pairs = zip(rows.column("customer").to_pylist(), rows.column("traits").to_pylist(), strict=True)
    found = counted_fields((str(customer), said_in_json("traits", text)) for customer, text in pairs)
    with _counting:
        _told.clear()
        _told[key] = found
    return found


# Who is in several.


def combinations(shop: Workspace, map_key: str, segments: Sequence[str]) -> list[Combination]:
    """How many customers are in each combination of segments, the most first; those in none of them are left out.

    Args:
        shop: The workspace.
        map_key: Of the map.
        segments: Their keys.

    Raises:
        QuestionError: The map has no such segment, or there are too many.
    """
    flags, _ = _flags(shop, map_key, segments)
    found = Counter(_codes(flags).tolist())
    chosen = [
        Combination(segments=tuple(key for place, key in enumerate(segments) if code >> place & 1), customers=customers)
        for code, customers in found.items()
        if code
    ]
    return sorted(chosen, key=lambda one: (-one.customers, len(one.segments), one.segments))


def people_in(shop: Workspace, map_key: str, segments: Sequence[str], inside: Sequence[str], most: int) -> list[Named]:
    """Who is in some of these segments and in no other one of them.

    Args:
        shop: The workspace.
        map_key: Of the map.
        segments: All that are looked at.
        inside: Those that they are in.
        most: So many at most.

    Raises:
        QuestionError: The map has no such segment.
    """
    flags, index = _flags(shop, map_key, segments)
    wanted = sum(1 << place for place, key in enumerate(segments) if key in inside)
    return _called(index, np.flatnonzero(_codes(flags) == wanted), most)


def _codes(flags: Sequence[Flags]) -> npt.NDArray[np.int64]:
    """Of each customer, which segments they are in, a bit for each."""
    codes = np.zeros(len(flags[0]), np.int64)
    for place, one in enumerate(flags):
        codes |= one.astype(np.int64) << place
    return codes


def _flags(shop: Workspace, map_key: str, segments: Sequence[str]) -> tuple[list[Flags], JourneyIndex]:
    from resa.analytics import segment_flags  # noqa: PLC0415 - see above
    from resa.segments import looked_from  # noqa: PLC0415 - see above

    known = shop.map(map_key).segment
    if not segments or len(segments) > MOST_COMPARED or not set(segments) <= set(known):
        raise QuestionError(sentence("choose up to {most} segments of one map", most=MOST_COMPARED))
    snapshot = shop.measure.snapshot(map_key)
    moment = looked_from(shop.store, snapshot.index.as_of.overall)
    found = segment_flags(snapshot, now=None if moment is None else to_microseconds(moment))
    return [found[key] for key in segments], cast("JourneyIndex", snapshot.index)


def _called(index: JourneyIndex, numbers: npt.NDArray[np.int64], most: int) -> list[Named]:
    """What customers are called, each once."""
    rows = index.identifiers(numbers[:most]).to_pylist()
    names = {row["customer"]: (row["kind"], row["value"]) for row in reversed(rows)}
    return [names[number] for number in sorted(names)]


# How long, and when.


def ages(shop: Workspace, key: str) -> list[Age]:
    """For how long customers are in a segment; the last of these: it is not known."""
    numbers = _aged(shop, key)[0]
    return [Age(age=age, customers=len(numbers[age])) for age in (*AGES, "") if len(numbers[age])]


def people_aged(shop: Workspace, key: str, age: str, most: int) -> tuple[list[Named], int]:
    """Who is in a segment for so long, and how many they are."""
    numbers, index = _aged(shop, key)
    if age not in numbers:
        raise QuestionError(sentence("there is no such age"))
    return _called(index, numbers[age], most), len(numbers[age])


def _aged(shop: Workspace, key: str) -> tuple[dict[str, npt.NDArray[np.int64]], JourneyIndex]:
    map_key = shop.segments.map_of(key).key
    (inside,), index = _flags(shop, map_key, [key])
    since = shop.store.member_since(f"{map_key}.{key}", index)
    members = np.flatnonzero(inside)
    known = members[since[members] > 0]
    passed = to_microseconds(shop.clock()) - since[known]
    found: dict[str, npt.NDArray[np.int64]] = {"": members[since[members] <= 0]}
    low = np.iinfo(np.int64).min
    for age, span in AGES.items():
        high = np.iinfo(np.int64).max if span is None else int(span.total_seconds() * 1_000_000)
        found[age] = known[(passed > low) & (passed <= high)]
        low = high
    return found, index


def days(shop: Workspace, key: str) -> list[Day]:
    """How many entered and left day by day, the newest first, as far back as the newest changes go."""
    counts: dict[date, Counter[str]] = {}
    for flow in shop.segments.flows(key, newest=_MOST_CHANGES):
        counts.setdefault(flow.day, Counter())[flow.change] += flow.changes
    return [Day(day=day, entered=one["entered"], left=one["left"]) for day, one in sorted(counts.items(), reverse=True)]


def passages_on(shop: Workspace, key: str, day: date) -> list[Passage]:
    """Who entered and left on a day, the newest first. Personal data."""
    zone = ZoneInfo(shop.segments.map_of(key).timezone)
    found = shop.segments.changes(key, newest=_MOST_CHANGES)
    return [one for one in found if one.at.astimezone(zone).date() == day]
