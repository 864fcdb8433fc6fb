"""What a map says of customers: segments that select them, and traits that are computed from what they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resa.model.quantities import Duration

__all__ = ["ComputedTrait", "Segment"]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Customers that an expression selects, kept current.

    Attributes:
        key: Name in snake_case.
        name: Name for people.
        about: One or two sentences.
        owner: Who answers for it.
        who: Customer expression that selects its customers.
    """

    key: str
    name: str
    about: str = ""
    owner: str = ""
    who: str


@dataclass(frozen=True, kw_only=True)
class ComputedTrait:
    """A trait that is computed from a customer's events.

    Attributes:
        key: Name in snake_case: `traits.<key>`.
        about: One or two sentences.
        of: Keys of touchpoints whose visits count; empty: any event.
        when: Event expression, a condition on which events count; `None`: none.
        way: How the events make one value. `count`: how many; `sum`, `first`, `last`, `most_frequent`: of `value`;
            `days_since_first`, `days_since_last`: from that event until now.
        value: Event expression; `None`: what a visit is worth, which its signal says.
        in_last: Only events in so long before now count; `None`: all.
        type: What it holds: number, boolean or time; `None`: text whose meaning its use decides.
    """

    key: str
    about: str = ""
    of: tuple[str, ...] = ()
    when: str | None = None
    way: Literal["count", "sum", "first", "last", "most_frequent", "days_since_first", "days_since_last"]
    value: str | None = None
    in_last: Duration | None = None
    type: Literal["number", "boolean", "time"] | None = None
