"""Planted truths: changes to the process that a measuring tool ought to find, stated exactly enough to mark it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

__all__ = ["BrokenStep", "PersonaPrefers", "SlowDelivery", "Truth"]


def _fraction(value: object) -> object:
    """`25 %` as 0.25."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        return float(value.rstrip().removesuffix("%")) / 100
    return value


Fraction = Annotated[float, BeforeValidator(_fraction), Field(ge=0, le=1)]


class _Planted:
    """What all truths can do."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    def stated(self) -> dict[str, Any]:
        """The truth as plain data, for the file that states it."""
        values = {name: getattr(self, name) for name in getattr(self, "__dataclass_fields__", {})}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


@dataclass(frozen=True, kw_only=True)
class BrokenStep(_Planted):
    """The chance of a step is multiplied; those who lose it leave, or go elsewhere.

    Attributes:
        after: Touchpoint where the step begins.
        next: Touchpoint where it leads.
        instead: Touchpoint to which those go who lose it, by a step of the same state; `None`: they leave.
        device: Only on this device; `None`: on all.
        start: First day on which it is broken, in the specification's zone; `None`: from the beginning.
        end: First day on which it is not any more; `None`: to the end. The moment of the event that the step starts
            from counts.
        factor: What the chance is multiplied by, 0 to 1.
        expectation: Name of the map's arrow that should show it; empty: `after.next`.
    """

    kind: Literal["broken_step"] = "broken_step"
    after: str
    next: str
    instead: str | None = None
    device: str | None = None
    start: date | None = None
    end: date | None = None
    factor: Fraction
    expectation: str = ""

    @property
    def shows_in(self) -> str:
        """Name of the arrow that should show it."""
        return self.expectation or f"{self.after}.{self.next}"

    @property
    def where(self) -> Mapping[str, str]:
        """The group of openings that it concerns."""
        return {} if self.device is None else {"device": self.device}


@dataclass(frozen=True, kw_only=True)
class SlowDelivery(_Planted):
    """A share of the ways to a touchpoint takes whole days longer, perhaps for customers of one region only.

    Attributes:
        region: Value of the trait `region`; `None`: all regions.
        extra_days: How much longer, in days of 24 hours.
        share: Of these customers' ways, which are late.
        touchpoint: What is late.
        start: First day of the event that the way starts from; `None`: from the beginning.
        end: First day on which it is good again; `None`: to the end.
        expectation: Name of the map's arrow that should show it.
    """

    kind: Literal["slow_delivery"] = "slow_delivery"
    region: str | None = None
    extra_days: int
    share: Fraction = 1.0
    touchpoint: str = "delivery"
    start: date | None = None
    end: date | None = None
    expectation: str = "purchase.delivery"

    @property
    def shows_in(self) -> str:
        """Name of the arrow that should show it."""
        return self.expectation

    @property
    def where(self) -> Mapping[str, str]:
        """The group of openings that it concerns."""
        return {} if self.region is None else {"traits.region": self.region}


@dataclass(frozen=True, kw_only=True)
class PersonaPrefers(_Planted):
    """A share of one persona's steps to one channel goes to another, wherever both are open from the same state.

    Attributes:
        persona: Key of the persona.
        channel: The channel that they prefer.
        over: The channel that they would else use.
        share: Of those steps that change over.
        start: First day; `None`: from the beginning.
        end: First day on which it has passed; `None`: to the end.
        expectation: Name of the map's arrow that should show it.
    """

    kind: Literal["persona_prefers"] = "persona_prefers"
    persona: str
    channel: str
    over: str
    share: Fraction
    start: date | None = None
    end: date | None = None
    expectation: str = ""

    @property
    def shows_in(self) -> str:
        """Name of the arrow that should show it; may be empty."""
        return self.expectation

    @property
    def where(self) -> Mapping[str, str]:
        """The group of openings that it concerns."""
        return {"persona": self.persona}


Truth = Annotated[BrokenStep | SlowDelivery | PersonaPrefers, Field(discriminator="kind")]
"""One planted truth."""
