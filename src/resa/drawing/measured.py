"""Measured numbers as pictures take them: small frozen objects, everything optional, nothing computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from resa.model.verdicts import Verdict, judged

__all__ = ["Detour", "ExpectationNumbers", "MapNumbers", "PathNumbers", "Point", "TouchpointNumbers", "Verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A share at a time.

    Attributes:
        day: Where on the time axis.
        value: The share, 0 to 1; `None` where nothing could be measured.
        low: Lower end of its interval.
        high: Upper end of its interval.
    """

    day: date
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationNumbers:
    """What was measured of one arrow.

    Attributes:
        share: Of the mature openings, how many met it, 0 to 1; `None`: too few to say.
        low: Lower end of the interval of the share.
        high: Upper end.
        openings: Mature openings; what `share` is a share of.
        customers: Customers behind them.
        missed: Openings that missed.
        still_open: Openings too young to count.
        median_seconds: Median time to meet it.
        trend: The share over time, oldest first.
    """

    share: float | None = None
    low: float | None = None
    high: float | None = None
    openings: int | None = None
    customers: int | None = None
    missed: int | None = None
    still_open: int | None = None
    median_seconds: float | None = None
    trend: tuple[Point, ...] = ()

    @property
    def missed_share(self) -> float | None:
        """Of the mature openings, how many missed it, 0 to 1: those that were cancelled neither met nor missed it."""
        if self.share is None or self.missed is None or not self.openings:
            return None
        return self.missed / self.openings

    def verdict(self, target: float | None) -> Verdict:
        """What its interval says about a target."""
        return judged(self.openings or 0, self.low, self.high, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchpointNumbers:
    """What was measured at one touchpoint.

    Attributes:
        visits: How often it happened.
        customers: How many customers it happened to.
        median_seconds: Median time from it to the customer's next touchpoint.
        score: Mean score, rescaled to -2 … +2.
        scores: How many scores that is.
        daily_total: Sum of a daily number that stands in for events.
        daily_since: First day that it is the sum of.
        daily_until: Last day.
    """

    visits: int | None = None
    customers: int | None = None
    median_seconds: float | None = None
    score: float | None = None
    scores: int | None = None
    daily_total: float | None = None
    daily_since: date | None = None
    daily_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detour:
    """Where customers leave the way planned for them.

    Attributes:
        after: Key of the planned touchpoint they leave from.
        to: Key of the touchpoint they go to instead; `None`: nowhere, so far.
        customers: How many.
    """

    after: str
    to: str | None
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PathNumbers:
    """How a persona's planned path fares.

    Attributes:
        share: Of the persona's customers who began it, how many walk all of it, 0 to 1.
        customers: How many began it.
        detours: Where others leave it, most customers first.
    """

    share: float | None = None
    customers: int | None = None
    detours: tuple[Detour, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNumbers:
    """All numbers of a map.

    Attributes:
        expectations: By name of the arrow.
        touchpoints: By key.
        paths: By key of the persona.
        personas: How many customers each is, by key.
        goal_share: Share of the goal, 0 to 1.
        as_of: How fresh the data are, as a text for people; empty: nothing is said.
    """

    expectations: Mapping[str, ExpectationNumbers] = field(default_factory=dict)
    touchpoints: Mapping[str, TouchpointNumbers] = field(default_factory=dict)
    paths: Mapping[str, PathNumbers] = field(default_factory=dict)
    personas: Mapping[str, int] = field(default_factory=dict)
    goal_share: float | None = None
    as_of: str = ""
