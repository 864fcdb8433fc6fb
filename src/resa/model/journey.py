"""A journey map as it is meant, after reading: every name resolved, every short form written out.

`journey_map` makes these objects from files; everybody else only reads them. Sequences keep the order of the file,
which is the order on the wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from resa.base.showing import notes_html, table_html
from resa.model.customers import ComputedTrait, Segment
from resa.model.names import normalised
from resa.model.quantities import Duration

__all__ = [
    "Channel",
    "Emotion",
    "Expectation",
    "Goal",
    "Improvement",
    "JourneyMap",
    "PainPoint",
    "Persona",
    "PersonaDifference",
    "Reaction",
    "Signal",
    "Stage",
    "Touchpoint",
]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What is to be reached.

    Attributes:
        start: Key of the touchpoint or stage where the way begins; `None`: anywhere.
        reach: Keys of the touchpoints that count as reached (a stage stands for all of its touchpoints).
        written: What the file says after `reach`, for display.
        within: How long it may take from `start`; `None`: any time.
        target: The share to be reached, 0 to 1.
    """

    start: tuple[str, ...] = ()
    reach: tuple[str, ...]
    written: str
    within: Duration | None = None
    target: float | None = None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the journey; a column group on the wall.

    Attributes:
        key: Name in snake_case, unique in the map.
        name: Name for people.
        touchpoints: Keys, in order; may be empty while the map is young.
        was: Former keys, so that what was said of it is kept.
    """

    key: str
    name: str
    touchpoints: tuple[str, ...] = ()
    was: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Emotion:
    """How it feels, -2 (awful) to +2 (delightful); `None` where nothing is said."""

    now: int | None = None
    aim: int | None = None


@dataclass(frozen=True, kw_only=True)
class Persona:
    """A described kind of customer.

    Attributes:
        key: Name in snake_case.
        name: Name for people.
        about: Who they are, one or two sentences.
        quote: What one of them said.
        path: Keys of touchpoints, the way planned for them; empty if none is planned.
        who: Expression over a customer that selects them; `None` while they are only described.
        picture: Path of a picture relative to the map's file.
    """

    key: str
    name: str
    about: str = ""
    quote: str = ""
    path: tuple[str, ...] = ()
    who: str | None = None
    picture: str | None = None


@dataclass(frozen=True, kw_only=True)
class Channel:
    """Where interactions happen.

    Attributes:
        key: Name in snake_case, as events state it.
        name: Name for people.
        kind: external (ours, no staff), internal (with our staff or processes), peripheral (indirect).
        cost: Currency units a contact.
    """

    key: str
    name: str
    kind: Literal["external", "internal", "peripheral"] = "external"
    cost: float | None = None


@dataclass(frozen=True, kw_only=True)
class PainPoint:
    """Something that customers suffer, described by people.

    Attributes:
        text: One thought.
        source: Where it was learned; empty: assumed.
        shown_by: Name of the expectation that measures it once there are data, if any.
        improvement: Key of the improvement that acts on it, if any.
    """

    text: str
    source: str = ""
    shown_by: str | None = None
    improvement: str | None = None

    @property
    def evidence(self) -> Literal["assumed", "researched"]:
        """How well people know it; whether it is measured too, only the numbers of `shown_by` can say."""
        return "researched" if self.source else "assumed"


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """An arrow of the map: after a touchpoint, the next is expected in time; a promise when we are the ones to walk it.

    Attributes:
        name: Unique in the map: `cart.purchase` unless the file gives one.
        kind: `expectation` (the customer walks) or `promise` (we do).
        after: Key of the touchpoint that opens it.
        next: Keys of the touchpoints that meet it, any of them.
        written: What the file says after `next` (a touchpoint, several, or a stage), for display.
        within: How long it may take.
        unless: Keys of the touchpoints that cancel it.
        target: The share that should meet it, 0 to 1.
        owner: Who answers for it.
        renews: A further opening restarts the clock; `False` keeps the first.
        per: Event expression; one opening a value, met only by an event with the same value (`properties.order_id`).
        if_met: Key of the reaction.
        if_missed: Key of the reaction.
    """

    name: str
    kind: Literal["expectation", "promise"]
    after: str
    next: tuple[str, ...]
    written: str
    within: Duration
    unless: tuple[str, ...] = ()
    target: float | None = None
    owner: str = ""
    renews: bool = True
    per: str | None = None
    if_met: str | None = None
    if_missed: str | None = None


@dataclass(frozen=True, kw_only=True)
class Signal:
    """How events show a touchpoint.

    An event is at most one touchpoint of a map: the first of its signals, in the order of `JourneyMap.signals`, that
    holds.

    Attributes:
        touchpoint: Key.
        kind: `events`; or `daily_number` (counted by day, without customers); or `not_seen` (no data, on purpose).
        when: Event expression, all short forms written out; `None` unless the kind is `events`.
        occurrence: Which of a customer's events that satisfy `when` count: (1, 1), (2, None) …; `None`: all.
        value: Event expression for what it is worth, in units of the map's currency; `None`: the event's own value.
        score: Event expression for how it was felt; `None`: no score.
        scale: Lowest and highest possible score.
        daily_number: Name of the number.
        not_seen: Why there are no data.
    """

    touchpoint: str
    kind: Literal["events", "daily_number", "not_seen"]
    when: str | None = None
    occurrence: tuple[int, int | None] | None = None
    value: str | None = None
    score: str | None = None
    scale: tuple[float, float] | None = None
    daily_number: str | None = None
    not_seen: str | None = None


@dataclass(frozen=True, kw_only=True)
class PersonaDifference:
    """What differs at a touchpoint for one persona; empty fields mean: as for everybody."""

    persona: str
    emotion: Emotion = Emotion()
    actions: tuple[str, ...] = ()
    motivation: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    pain_points: tuple[PainPoint, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Touchpoint:
    """A kind of interaction; a column on the wall.

    Attributes:
        key: Name in snake_case, unique in the map.
        name: Name for people.
        stage: Key of its stage.
        channels: Keys; empty: the events' own channels count.
        owner: Who answers for it.
        picture: Path relative to the map's file.
        actions: What the customer does, one thought each.
        motivation: What the customer wants.
        questions: What the customer asks.
        pain_points: What the customer suffers.
        frontstage: What our people and systems do in the customer's sight.
        backstage: What happens behind the scenes.
        support: What other processes, systems and suppliers do for it.
        emotion: How it feels now, and how it should.
        moment_of_truth: It decides.
        differences: What differs for single personas.
        expectations: Arrows that start here, expectations and promises, in order.
        was: Former keys, so that history is kept.
    """

    key: str
    name: str
    stage: str
    channels: tuple[str, ...] = ()
    owner: str = ""
    picture: str | None = None
    actions: tuple[str, ...] = ()
    motivation: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    pain_points: tuple[PainPoint, ...] = ()
    frontstage: tuple[str, ...] = ()
    backstage: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    emotion: Emotion = Emotion()
    moment_of_truth: bool = False
    differences: tuple[PersonaDifference, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    was: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Improvement:
    """What is changed, with before and after.

    Attributes:
        key: Name in snake_case.
        name: Name for people.
        about: One or two sentences.
        owner: Who does it.
        state: How far it is.
        since: First day it was in force (map's zone).
        should_move: Name of the expectation that it should move.
    """

    key: str
    name: str
    about: str = ""
    owner: str = ""
    state: Literal["idea", "planned", "doing", "done", "dropped"] = "idea"
    since: date | None = None
    should_move: str | None = None


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number about visits that people want to follow.

    Attributes:
        key: Name in snake_case.
        name: Name for people.
        about: One or two sentences.
        unit: Of the number, for people; empty: none.
        owner: Who answers for it.
        of: Keys of the touchpoints whose visits it is about; empty: of all.
        kind: Number of visits or customers; sum, mean or quantile of a number; share of visits for which a condition
            holds.
        number: Event expression, a number or, of a share, a condition; `None`: what the visit is worth.
        at: Which quantile, 0 to 1.
        per_customer: Divided by the customers with such a visit.
    """

    key: str
    name: str
    about: str = ""
    unit: str = ""
    owner: str = ""
    of: tuple[str, ...] = ()
    kind: Literal["visits", "customers", "sum", "mean", "share", "quantile"]
    number: str | None = None
    at: float | None = None
    per_customer: bool = False


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What the business does when an expectation is met or missed. Read and checked here; run by a later floor.

    Attributes:
        key: Name in snake_case.
        purpose: `marketing` asks for consent to the topic; `transactional` does not.
        topic: What consent is about; needed for marketing.
        definition: The checked file form, JSON-like, for the floor that runs it.
    """

    key: str
    purpose: Literal["marketing", "transactional"]
    topic: str | None = None
    definition: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class JourneyMap:
    """One journey map, complete and consistent.

    Attributes:
        key: The file's name without its ending; `journey` for `journey.yaml`.
        title: For people.
        language: In which it is told: en, sv, nb or hu.
        written_in: The language of its own texts, where that is another one; empty: it is the same.
        timezone: IANA name; calendar periods are counted in it.
        currency: ISO 4217 code, or `None`.
        owner: Who answers for the map.
        review: How often it is to be looked at.
        reviewed: When it last was.
        holidays: Days that are no working days, in order.
        goal: What the journey is for.
        account: Customer expression that names the account, firm or household of a customer; `None`: there are none.
        stages: Left to right.
        personas: In order.
        channels: In order, those that the file declares and those that touchpoints name.
        touchpoints: In the order of the stages.
        improvements: In order.
        metrics: In order.
        segments: In order, those of `segments.yaml` that are about this map.
        traits: Traits that are computed, in order.
        trait_sources: Of traits with such a rule, whose word counts: the first of these sources that has said it.
        signals: In the order in which they are tried.
        reactions: In order.
        file: The file as named to the user.
        hash: Content hash of all the files it was read from (hex, 32 digits).
    """

    key: str
    title: str
    language: str = "en"
    written_in: str = ""
    timezone: str = "UTC"
    currency: str | None = None
    owner: str = ""
    review: Duration | None = None
    reviewed: date | None = None
    holidays: tuple[date, ...] = ()
    goal: Goal | None = None
    account: str | None = None
    stages: tuple[Stage, ...]
    personas: tuple[Persona, ...] = ()
    channels: tuple[Channel, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    improvements: tuple[Improvement, ...] = ()
    metrics: tuple[Metric, ...] = ()
    segments: tuple[Segment, ...] = ()
    traits: tuple[ComputedTrait, ...] = ()
    trait_sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    signals: tuple[Signal, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    file: str = ""
    hash: str = ""

    @cached_property
    def touchpoint(self) -> Mapping[str, Touchpoint]:
        """Touchpoints by key."""
        return {touchpoint.key: touchpoint for touchpoint in self.touchpoints}

    @cached_property
    def shown(self) -> frozenset[str]:
        """Touchpoints that events show; the others have no signal, a number by day, or a reason why they have none."""
        return frozenset(signal.touchpoint for signal in self.signals if signal.kind == "events")

    @cached_property
    def former(self) -> Mapping[str, str]:
        """The keys of today of touchpoints, by what they were called before (`was:`)."""
        return {normalised(name): touchpoint.key for touchpoint in self.touchpoints for name in touchpoint.was}

    def touchpoint_named(self, name: str) -> str | None:
        """The key of the touchpoint that is or was called so, however it is spelt; `None`: there is none."""
        key = name if name in self.touchpoint else normalised(name)
        return key if key in self.touchpoint else self.former.get(key)

    def stage_named(self, name: str) -> Stage | None:
        """The stage that is or was called so, however it is spelt; `None`: there is none."""
        key = normalised(name)
        now = (one for one in self.stages if one.key in (name, key))
        return next(now, next((one for one in self.stages if key in map(normalised, one.was)), None))

    def expectation_named(self, name: str) -> str | None:
        """The name of the arrow that is, or by its touchpoints was, called so; `None`: there is none."""
        after, _, following = name.partition(".")
        now = f"{self.touchpoint_named(after)}.{self.touchpoint_named(following) or following}"
        return next((known for known in (name, now) if known in self.expectation), None)

    @cached_property
    def code(self) -> Mapping[str, int]:
        """The number of each touchpoint in the journey index: 1 for the first; 0 is an event that is no touchpoint."""
        return {touchpoint.key: number for number, touchpoint in enumerate(self.touchpoints, start=1)}

    @cached_property
    def signal(self) -> Mapping[str, Signal]:
        """Signals by the key of their touchpoint; a touchpoint has at most one."""
        return {signal.touchpoint: signal for signal in self.signals}

    def __repr__(self) -> str:
        """A line for a prompt; all of a map would fill pages."""
        sizes = f"stages: {len(self.stages)}, touchpoints: {len(self.touchpoints)}, arrows: {len(self.expectations)}"
        return f"<map {self.key}: {self.title!r}, {sizes}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        """What a notebook shows: stages and arrows; `Workspace.draw` gives the picture."""
        names = {touchpoint.key: touchpoint.name for touchpoint in self.touchpoints}
        stages = [(stage.name, ", ".join(names[key] for key in stage.touchpoints)) for stage in self.stages]
        arrows = [
            (arrow.name, arrow.kind, arrow.within, None if arrow.target is None else f"{arrow.target:.0%}", arrow.owner)
            for arrow in self.expectations
        ]
        lines = [f"{stage}: {touchpoints}" for stage, touchpoints in stages]
        html = notes_html([], title=self.title) + table_html(("stage", "touchpoints"), stages)
        if arrows:
            html += table_html(("arrow", "kind", "within", "target", "owner"), arrows)
        return {"text/plain": "\n".join([self.title, *lines]), "text/html": html}

    @cached_property
    def unseen(self) -> frozenset[str]:
        """Touchpoints that no event can show, by what the signals say; none as long as nobody has written signals."""
        shown = {signal.touchpoint for signal in self.signals if signal.kind == "events"}
        return frozenset(touchpoint.key for touchpoint in self.touchpoints if self.signals) - shown

    @cached_property
    def expectations(self) -> tuple[Expectation, ...]:
        """All arrows of the map, expectations and promises, in the order of their touchpoints."""
        return tuple(arrow for touchpoint in self.touchpoints for arrow in touchpoint.expectations)

    @cached_property
    def expectation(self) -> Mapping[str, Expectation]:
        """All arrows by name."""
        return {arrow.name: arrow for arrow in self.expectations}

    @cached_property
    def segment(self) -> Mapping[str, Segment]:
        """Segments by key."""
        return {segment.key: segment for segment in self.segments}

    @cached_property
    def trait(self) -> Mapping[str, ComputedTrait]:
        """Computed traits by key."""
        return {trait.key: trait for trait in self.traits}

    @cached_property
    def persona(self) -> Mapping[str, Persona]:
        """Personas by key."""
        return {persona.key: persona for persona in self.personas}
