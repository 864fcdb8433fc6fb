"""Customers behind a number, so that one can meet them: page by page, each row a way to her profile at that moment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from resa.base.clock import from_microseconds
from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.drawing import format_count, format_day, format_money
from resa.model.journey import JourneyMap
from resa.screens.moments import Moment, when_in
from resa.screens.visits import Visit
from resa.segments import count_up_to, key_of
from resa.workspace.listed_customers import ListedCustomer, account_keys, listed_accounts, listed_customers

if TYPE_CHECKING:
    from datetime import datetime

    from resa.analytics import Snapshot

__all__ = ["OWN", "PAGE", "Counted", "Order", "Person", "listed_people", "order_of", "profile_at"]

PAGE: Final = 50
"""So many customers stand on a page."""

OWN: Final = ("after", "order")
"""What an address says of a list beside which one it is."""

_PLACE: Final = re.compile(r"(-?\d{1,18})-([0-9a-f]{32})")
_ORDERS: Final = ("newest", "oldest", "most")

Longs = npt.NDArray[np.int64]


class Counted(NamedTuple):
    """Who makes up a number, in the order of their keys.

    Attributes:
        customers: Their numbers in a generation of the index.
        counts: How often each was counted.
        moments: When it happened to each last, microseconds since 1970; `None`: the number is of nothing that happened.
    """

    customers: Longs
    counts: Longs
    moments: Longs | None

    @classmethod
    def of(cls, table: Any) -> Counted:
        """Of a table that `Result.customers` gave with its moments."""
        at = table.column("at")
        moments = None if at.null_count else at.to_numpy().astype("datetime64[us]").astype(np.int64)
        customers, counts = (table.column(name).to_numpy().astype(np.int64) for name in ("customer", "count"))
        return cls(customers, counts, moments if len(customers) else None)

    @classmethod
    def once(cls, customers: Sequence[int] | Longs) -> Counted:
        """Who is somewhere, each once."""
        numbers = np.unique(np.asarray(customers, np.int64))
        return cls(numbers, np.ones(len(numbers), np.int64), None)

    def sorted_by(self, keys: npt.NDArray[np.uint64]) -> Counted:
        """The same in the order of the keys of all."""
        high, low = keys[self.customers].T
        order = np.lexsort((low, high))
        moments = None if self.moments is None else self.moments[order]
        return Counted(self.customers[order], self.counts[order], moments)

    @property
    def several(self) -> bool:
        """Whether somebody was counted more than once."""
        return bool((self.counts > 1).any())


class Order(NamedTuple):
    """In which order a list stands, and where a page of it begins.

    Attributes:
        name: newest, oldest or most; empty: as the customers are numbered.
        after: Behind whom, by what the list is ordered by and her key; `None`: it is the first page.
    """

    name: str
    after: tuple[int, str] | None


@dataclass(frozen=True, kw_only=True)
class Person:
    """One row of a list.

    Attributes:
        address: Of her profile at that moment; empty: she has none.
        called: Her name, or the identifier that people know best.
        beside: What that is, and another identifier of hers.
        at: When it happened to her.
        often: How often she was counted.
        personas: What she is.
        touchpoint: Where she was last.
        first_seen: The day.
        last_seen: The day.
        events: How many she has.
        value: What all her visits are worth; empty: nothing tells.
    """

    address: str
    called: str
    beside: str
    at: Moment
    often: str
    personas: str
    touchpoint: str
    first_seen: str
    last_seen: str
    events: str
    value: str


def order_of(said: Mapping[str, str], counted: Counted) -> Order:
    """In which order an address wants a list: the newest first, where it is of what happened.

    Raises:
        QuestionError: It says no such order, or no place in it.
    """
    possible = [*(_ORDERS[:2] if counted.moments is not None else ()), *(_ORDERS[2:] if counted.several else ())]
    name = said.get("order", "")
    if name and name not in _ORDERS:
        raise QuestionError(sentence("a list stands in one of these orders: {orders}", orders=", ".join(_ORDERS)))
    after = said.get("after", "")
    found = _PLACE.fullmatch(after)
    if after and not found:
        raise QuestionError(sentence("this is no place in a list; begin with its first page"))
    given, usual = name, "newest" if counted.moments is not None else ""
    name = name if name in possible else usual
    if not found or (given and given != name):  # the list has that order no more, and places of it are none in another
        return Order(name, None)
    return Order(name, (int(found[1]), found[2]))


def listed_people(
    visit: Visit, snapshot: Snapshot, counted: Counted, said: Mapping[str, str], address: str
) -> Mapping[str, Any]:
    """A page of a list of customers, for a template: of these alone anything is looked up.

    Args:
        visit: Who looks, who may know names.
        snapshot: A map's events, by customer or account, in the generation that the numbers are of.
        counted: Who makes up the number.
        said: What the address says of the list.
        address: Of the list, without that.

    Raises:
        QuestionError: There is no such order, or no such place.
    """
    order = order_of(said, counted)
    who = getattr(snapshot.index, "who", None)
    by_account = who is None
    if by_account:
        who = account_keys(snapshot)
        counted = counted.sorted_by(who)
    begin, places, following = _shown(who, counted, order)
    shown = counted.customers[places].tolist()
    rows = listed_accounts(snapshot, shown) if by_account else listed_customers(visit.shop, snapshot, shown)
    tell = _Teller(visit, snapshot.journey_map)
    moments = [None] * len(rows) if counted.moments is None else counted.moments[places].tolist()
    often = counted.counts[places].tolist()
    people = [tell.person(*row) for row in zip(rows, moments, often, strict=True)]
    join = "&" if "?" in address else "?"
    return {
        "people": people,
        "first": format_count(begin + 1, visit.language),
        "last": format_count(begin + len(people), visit.language),
        "all": format_count(len(counted.customers), visit.language),
        "paged": len(people) < len(counted.customers),
        "order": order.name,
        "orders": {one: f"{address}{join}{urlencode({'order': one})}" for one in _ORDERS},
        "sorted": counted.moments is not None,
        "several": counted.several,
        "beginning": f"{address}{join}{urlencode({'order': order.name})}" if order.after else "",
        "following": f"{address}{join}{urlencode({'order': order.name, 'after': following})}" if following else "",
        "zone": snapshot.journey_map.timezone,
        "shows": {name: any(getattr(one, name) for one in people) for name in ("personas", "touchpoint", "value")},
    }


def profile_at(customer: str, journey_map: JourneyMap, moment: int | None) -> str:
    """The address of a customer's profile, as it was about a moment.

    Args:
        customer: Her key.
        journey_map: Through which map.
        moment: Microseconds since 1970; `None`: as it is now.
    """
    said = {"map": journey_map.key, **({} if moment is None else {"at": moment})}
    return f"/customers/{customer}?{urlencode(said)}" + ("" if moment is None else "#timeline")


def _shown(who: Any, counted: Counted, order: Order) -> tuple[int, Longs, str]:
    """How many customers stand before a page, the places of those on it, and behind whom the next one begins."""
    numbers, moments = counted.customers, counted.moments
    by = np.zeros(len(numbers), np.int64)
    if order.name == "most":
        by = -counted.counts
    elif moments is not None:
        by = -moments if order.name == "newest" else moments
    begin = 0
    if order.after is not None:
        rank, key = order.after
        same = numbers[by == rank]
        begin = int((by < rank).sum()) + (count_up_to(who[same], bytes.fromhex(key)) if len(same) else 0)
    ordered = np.argsort(by, kind="stable")  # of one rank they stand as their keys do
    places = ordered[begin : begin + PAGE]
    more = begin + len(places) < len(numbers) and len(places)
    last = f"{by[places[-1]]}-{key_of(who, int(numbers[places[-1]])).hex()}" if more else ""
    return begin, places, last


class _Teller:
    """Says rows in the reader's language, and in the map's time zone."""

    def __init__(self, visit: Visit, journey_map: JourneyMap) -> None:
        self._language = visit.language
        self._map = journey_map
        self._zone = ZoneInfo(journey_map.timezone)
        self._when = when_in(journey_map.timezone, visit.language)
        self._touchpoints = {one.key: one.name for one in journey_map.touchpoints}

    def person(self, one: ListedCustomer, moment: int | None, often: int) -> Person:
        """A row."""
        others = (one.telling,) if one.name else (one.first,) if one.first != one.telling else ()
        beside = [f"{other.kind} {other.value}" for other in others]
        return Person(
            address=profile_at(one.id, self._map, moment) if one.id else "",
            called=one.name or one.telling.value,
            beside=" · ".join(beside if one.name else [one.telling.kind, *beside]),
            at=self._when(None if moment is None else from_microseconds(moment)),
            often=format_count(often, self._language),
            personas=", ".join(self._map.persona[key].name for key in one.personas),
            touchpoint=self._touchpoints.get(one.touchpoint or "", ""),
            first_seen=self._day(one.first_seen),
            last_seen=self._day(one.last_seen),
            events=format_count(one.events, self._language),
            value="" if one.value is None else format_money(one.value, self._map.currency, self._language),
        )

    def _day(self, moment: datetime | None) -> str:
        return "–" if moment is None else format_day(moment.astimezone(self._zone).date(), self._language)
