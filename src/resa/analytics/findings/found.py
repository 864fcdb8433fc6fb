"""What is found: places of a map that changed or are below target, with what they may cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from resa.analytics.findings.unusual import FAMILY_WISE
from resa.base.language import Sentence
from resa.base.showing import notes_html, table_html

__all__ = ["Finding", "Findings", "Reason", "Segment"]

Reason = Literal["unusual", "below target", "below history"]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """How one group of a place's openings fares.

    Attributes:
        attribute: persona, channel, device, `traits.x` or `properties.x`.
        value: The group.
        openings: Mature openings.
        share: Of these, met, 0 to 1.
    """

    attribute: str
    value: str
    openings: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place.

    Attributes:
        expectation: Name of the arrow.
        reason: Why it is listed.
        attribute: Whose openings: persona, channel, device, `traits.x` or `properties.x`; `None`: everybody's.
        value: Which of them.
        since: First day of the openings, in the map's zone; `None`: all time.
        until: Last day; `None`: it goes on.
        openings: Mature openings of the place.
        customers: Customers behind them.
        share: Of the openings, met, 0 to 1.
        low: Lower end of its 95 % interval, by customer.
        high: Upper end.
        reference: The share that it is held against: the target, or what was to be expected.
        lost_at_most: Customers who never met it and of whom at most so many would have at the reference.
        value_at_most: What the openings that are missing to the reference would have been worth, in hundredths of the
            map's currency; `None`: nothing tells.
        p_value: Upper limit of the chance of a share so far off if nothing were going on, all tests taken together;
            `None`: not tested.
        who: The groups that are furthest off in the same direction, for their size.
        people: Numbers of the customers behind the openings that were not met.
        sql: A SELECT over the views of `resa sql` that gives openings, customers, share, low and high.
    """

    expectation: str
    reason: Reason
    attribute: str | None = None
    value: str | None = None
    since: date | None = None
    until: date | None = None
    openings: int
    customers: int
    share: float
    low: float
    high: float
    reference: float
    lost_at_most: int
    value_at_most: int | None
    p_value: float | None
    who: tuple[Segment, ...]
    people: tuple[int, ...]
    sql: str

    @property
    def rise(self) -> bool:
        """Whether it is above what was to be expected; else it is below."""
        return self.share > self.reference

    @property
    def document(self) -> dict[str, Any]:
        """The finding as JSON; nobody is named in it."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in {"who", "people"}}
        days = {name: None if content[name] is None else content[name].isoformat() for name in ("since", "until")}
        return {**content, **days, "rise": self.rise, "who": [vars(segment) for segment in self.who]}


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The places, worst first.

    Attributes:
        places: At most as many as were asked for.
        tests: How many groups were tested for being unusual.
        level: Family-wise level of these tests.
        warnings: What a reader must know before believing a number.
    """

    places: tuple[Finding, ...]
    tests: int
    level: float = FAMILY_WISE
    warnings: tuple[Sentence, ...] = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        """What a notebook shows: a row a place; the arguments are part of its protocol."""
        rows = [_row(place) for place in self.places]
        notes = [f"{self.tests:,} groups were tested", *self.warnings]
        lines = [", ".join(f"{name} {value}" for name, value in zip(_HEADINGS, row, strict=True)) for row in rows]
        return {
            "text/plain": "\n".join([*(lines or ["no place is worth a look"]), *notes]),
            "text/html": table_html(_HEADINGS, rows) + notes_html(notes),
        }


_HEADINGS: Final = ("expectation", "reason", "who", "since", "openings", "share", "reference", "lost at most")


def _row(place: Finding) -> tuple[str, ...]:
    who = "everybody" if place.attribute is None else f"{place.attribute} {place.value}"
    since = "all time" if place.since is None else place.since.isoformat()
    numbers = (f"{place.openings:,}", f"{place.share:.1%}", f"{place.reference:.1%}", f"{place.lost_at_most:,}")
    return (place.expectation, place.reason, who, since, *numbers)
