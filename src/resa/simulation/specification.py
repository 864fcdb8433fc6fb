"""What a simulated business is: its states, steps, waiting times, kinds of customers, and the files it writes.

A specification is data. It is read from a YAML file beside the map (`simulation.yaml`), or derived from any map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from resa.model.quantities import parse_duration
from resa.simulation.truths import Truth

__all__ = [
    "Amount",
    "DailyNumber",
    "Outlet",
    "PersonaShape",
    "Rating",
    "Specification",
    "State",
    "Step",
    "TraitShape",
    "Wait",
]


def _share(value: object) -> object:
    """`25 %` as 0.25; anything else is left to the type."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        return float(value.rstrip().removesuffix("%")) / 100
    return value


def _seconds(value: object) -> object:
    """`4 minutes` as 240; anything else is left to the type."""
    return parse_duration(value).seconds if isinstance(value, str) else value


def _wait(value: object) -> object:
    """`4 minutes` as a wait with this median."""
    return {"median": value} if isinstance(value, str | int) else value


Share = Annotated[float, BeforeValidator(_share), Field(ge=0, le=1)]
Seconds = Annotated[int, BeforeValidator(_seconds), Field(ge=1, le=1 << 31)]
ByPersona = Share | Mapping[str, Share]
"""One chance for everybody, or one for each persona, `everybody` being the rest."""


class _Checked:
    """Unknown keys are errors."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Wait(_Checked):
    """How long something takes.

    Attributes:
        median: Half of the waits are shorter, in seconds (written `4 minutes`).
        shape: Kind of distribution; `fixed` is always the median, `uniform` lies between 0 and twice the median.
        spread: Of a log-normal, the standard deviation of the logarithm; of a Weibull, its shape (below 1: long tail).
        working: The clock runs from Monday to Friday only.
        slow_after: A longer wait than this is remembered as slow by what follows (its rating, its text).
    """

    median: Seconds
    shape: Literal["lognormal", "exponential", "weibull", "uniform", "fixed"] = "lognormal"
    spread: float = 0.8
    working: bool = False
    slow_after: Seconds | None = None


@dataclass(frozen=True, kw_only=True)
class Step(_Checked):
    """A way from one state to another.

    Attributes:
        chance: That it is taken; may differ by persona.
        wait: How long it takes.
    """

    chance: ByPersona = 1.0
    wait: Annotated[Wait, BeforeValidator(_wait)] = Wait(median=60)


@dataclass(frozen=True, kw_only=True)
class Rating(_Checked):
    """A score that customers give, and words that go with it.

    Attributes:
        scores: Weight of each score.
        slow: Weights where the wait before was slow; empty: no difference.
        answered: Share of customers who give one.
        texts: What they write, by score; the key `slow` holds what the unhappy ones write after a slow wait.
        worded: Share of those who answer who also write something.
    """

    scores: Mapping[int, float]
    slow: Mapping[int, float] = field(default_factory=dict)
    answered: Share = 1.0
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    worded: Share = 0.5


@dataclass(frozen=True, kw_only=True)
class State(_Checked):
    """Where a customer can be; entering it is one event.

    Attributes:
        touchpoint: Key of the map's touchpoint that the event shows; `None`: of no touchpoint.
        again: Key of the touchpoint of a customer's second and later events of `touchpoint`, where the map tells them
            apart.
        channel: Where it happens; `device` stands for the channel of the customer's device.
        outlet: Name of the file that the event is written to; `channel` stands for the one named like the event's
            channel; `None`: the event leaves no trace.
        fields: What the event says beside time and customer. A text may hold one placeholder of a list
            (`/p/{product.key}`), or be one of `{order}`, `{value}`, `{score}`, `{text}`.
        visit: Entering it is a new visit: the device may change.
        basket: Entering it begins a new basket: product, order number and value change.
        hours: Opening hours on the wall, first and last hour; what would fall outside happens after the next opening.
        rating: What customers say here.
        next: At most one of these follows, by its chance; what the chances lack to 1 is the chance to leave.
        also: Each of these follows by its own chance, whatever `next` does.
    """

    touchpoint: str | None = None
    again: str | None = None
    channel: str = "device"
    outlet: str | None = "channel"
    fields: Mapping[str, str | float] = field(default_factory=dict)
    visit: bool = False
    basket: bool = False
    hours: tuple[int, int] | None = None
    rating: Rating | None = None
    next: Mapping[str, Step] = field(default_factory=dict)
    also: Mapping[str, Step] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TraitShape(_Checked):
    """How a trait is drawn; one of the two.

    Attributes:
        choices: Weight of each value.
        between: Lowest and highest number, evenly.
        decimals: Of the number.
    """

    choices: Mapping[str, float] = field(default_factory=dict)
    between: tuple[float, float] | None = None
    decimals: int = 0


@dataclass(frozen=True, kw_only=True)
class PersonaShape(_Checked):
    """A kind of customer.

    Attributes:
        share: Of the customers who enter.
        devices: Share of each device; its values are those of `Specification.devices`.
        traits: Traits that differ from everybody's; they should make the map's `who` find exactly these customers.
        value: Factor on what baskets are worth.
    """

    share: Share
    devices: Mapping[str, Share] = field(default_factory=dict)
    traits: Mapping[str, TraitShape] = field(default_factory=dict)
    value: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Amount(_Checked):
    """What a basket is worth: log-normal, in whole units of the currency.

    Attributes:
        median: In units of the currency.
        spread: Standard deviation of the logarithm.
    """

    median: float = 300.0
    spread: float = 0.6


@dataclass(frozen=True, kw_only=True)
class DailyNumber(_Checked):
    """A number without customers.

    Attributes:
        outlet: Name of its file.
        per: List whose entries each have one a day.
        mean: Of a day with weight 1.
        weekdays: Weights of Monday to Sunday.
    """

    outlet: str
    per: str
    mean: float
    weekdays: tuple[float, float, float, float, float, float, float] = (1, 1, 1, 1, 1, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Outlet(_Checked):
    """A file that one of the business's systems writes.

    Attributes:
        path: Its name.
        form: Its format.
        rows: What a row is: an `event`, a score or a text about a touchpoint (`feedback`), a `customer`, a daily
            number (`day`), or an entry of a list (`list:product`).
        columns: Column (dots make nested objects) to what it holds: a variable, and how it is written: `time as local`.
        separator: Of a CSV file.
    """

    path: str
    form: Literal["csv", "json_lines", "parquet"]
    rows: str = "event"
    columns: Mapping[str, str]
    separator: str = ","


@dataclass(frozen=True, kw_only=True)
class Specification(_Checked):
    """A simulated business.

    Customers enter at a constant rate (that follows the hour, the weekday and the season), walk through the states,
    and are gone after `lifetime` at the latest. Because they began to enter one lifetime before the first day, the
    process is stationary from the first day on: without a planted truth nothing about it ever changes, apart from the
    seasons that are written here.

    Attributes:
        title: For people.
        timezone: IANA name; hours, weekdays and local times are counted in it.
        lifetime: The longest time from a customer's first event to the last, in seconds.
        channels: Of each device.
        personas: At least one.
        traits: Of everybody.
        entry: Share of customers who enter at each state; may differ by persona.
        states: By name.
        lists: Products, stores, campaigns: by name, each entry with its `key` and what else is known of it; `weight`
            makes it frequent.
        value: What a basket is worth.
        hours: Weight of each hour of the day for entering.
        weekdays: Weight of Monday to Sunday.
        season: Weight of a month, 1 to 12, where it is not 1.
        outlets: Files, by name.
        daily_numbers: By name.
        truths: Truths that can be planted by name.
        customer: How a customer's number is written: a prefix before eight digits.
        first_day: First day of the data unless another is asked for, YYYY-MM-DD.
        days: Length of the data unless another is asked for.
    """

    title: str = ""
    timezone: str = "UTC"
    lifetime: Seconds = 120 * 86_400
    channels: Mapping[str, str] = field(default_factory=lambda: {"desktop": "web"})
    personas: Mapping[str, PersonaShape] = field(default_factory=lambda: {"everybody": PersonaShape(share=1.0)})
    traits: Mapping[str, TraitShape] = field(default_factory=dict)
    entry: Mapping[str, ByPersona]
    states: Mapping[str, State]
    lists: Mapping[str, Sequence[Mapping[str, str | float]]] = field(default_factory=dict)
    value: Amount = Amount()
    hours: tuple[float, ...] = (1.0,) * 24
    weekdays: tuple[float, ...] = (1.0,) * 7
    season: Mapping[int, float] = field(default_factory=dict)
    outlets: Mapping[str, Outlet]
    daily_numbers: Mapping[str, DailyNumber] = field(default_factory=dict)
    truths: Mapping[str, Truth] = field(default_factory=dict)
    customer: str = "C"
    first_day: str = "2026-03-02"
    days: int = 182

    def chance(self, by: ByPersona, persona: str) -> float:
        """The chance for one persona."""
        return float(by.get(persona, by.get("everybody", 0.0)) if isinstance(by, Mapping) else by)

    @property
    def trait_names(self) -> tuple[str, ...]:
        """All traits, everybody's first; a trait's place here decides what it is drawn from."""
        special = (name for shape in self.personas.values() for name in shape.traits)
        return tuple(dict.fromkeys([*self.traits, *special]))

    def is_seen(self, state: str) -> bool:
        """Whether entering the state is an event that some system writes down; answers to surveys are none."""
        outlet = self.states[state].outlet
        return outlet == "channel" or (outlet is not None and self.outlets[outlet].rows == "event")

    def states_of(self, touchpoint: str) -> tuple[str, ...]:
        """Names of the states whose events show a touchpoint."""
        return tuple(name for name, state in self.states.items() if touchpoint in (state.touchpoint, state.again))
