"""A specification for any map: its customers do, on the whole, what the map expects of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.journey import Expectation, JourneyMap, Signal
from resa.simulation.examples import Value, example_of
from resa.simulation.specification import (
    ByPersona,
    Outlet,
    PersonaShape,
    Rating,
    Specification,
    State,
    Step,
    TraitShape,
    Wait,
)

__all__ = ["FromMap", "from_map"]

_USUAL = 0.5
"""Chance of a step whose expectation has no target."""
_KEPT = 0.95
"""Chance of a promise without a target."""
_ONWARD = 0.3
"""Chance to go to the next touchpoint of the wall where the map expects nothing."""
_MOST = 0.9
"""Of customers go on at the most, so that journeys end."""
_PROPERTY = "properties."


@dataclass(frozen=True, kw_only=True)
class FromMap:
    """What became of a map.

    Attributes:
        specification: Ready to be simulated: events in `simulated.parquet`, customers in `simulated_customers.parquet`.
        sources: Text of the source files that read them, by file name.
        left_out: Touchpoints that are not simulated, each with the reason.
    """

    specification: Specification
    sources: Mapping[str, str]
    left_out: Mapping[str, str]


def from_map(journey_map: JourneyMap) -> FromMap:
    """Derive a specification from a map.

    Customers of all personas enter at the first touchpoints of the wall and follow the arrows: an expectation is met
    as often as its target says, most of the time well within its time; a promise is kept as often as its target says.
    Where the map expects nothing, some go on to the next touchpoint. Events carry what the signals ask for, as far as
    it can be understood.

    Raises:
        QuestionError: The map has no touchpoint that events could show.
    """
    examples, left_out = _examples(journey_map)
    order = [touchpoint.key for touchpoint in journey_map.touchpoints if touchpoint.key in examples]
    if not order:
        raise QuestionError(
            sentence(
                "no touchpoint of '{journey_map}' can be simulated; give some of them a signal",
                journey_map=journey_map.title,
            )
        )
    keys = {signal.touchpoint: _first_of(journey_map, signal) for signal in journey_map.signals}
    names = [key for key in order if keys.get(key, key) == key]
    states: dict[str, State] = {}
    for key in names:
        again = next((other for other in order if other != key and keys.get(other) == key), None)
        group = [key] if again is None else [key, again]
        states[key] = _state(journey_map, group, names, keys, examples[key])
    columns = sorted({name for state in states.values() for name in state.fields})
    entered = {target for state in states.values() for target in (*state.next, *state.also)}
    entry: dict[str, ByPersona] = {name: 1.0 for name in names if name not in entered} or {names[0]: 1.0}
    personas, traits = _personas(journey_map)
    specification = Specification(
        title=journey_map.title,
        timezone=journey_map.timezone,
        channels=dict.fromkeys(("mobile", "desktop"), "web"),
        personas=personas,
        entry=entry,
        states=_ending(states),
        outlets={
            "events": Outlet(path="simulated.parquet", form="parquet", columns=_written(columns)),
            "customers": Outlet(
                path="simulated_customers.parquet",
                form="parquet",
                rows="customer",
                columns={"customer": "customer", "recorded_at": "time as timestamp", **{name: name for name in traits}},
            ),
        },
    )
    return FromMap(specification=specification, sources=_sources(columns, traits), left_out=left_out)


def _examples(journey_map: JourneyMap) -> tuple[dict[str, Mapping[str, Value]], dict[str, str]]:
    """Fields of an event for each touchpoint, and the touchpoints that have none."""
    found: dict[str, Mapping[str, Value]] = {}
    left_out: dict[str, str] = {}
    for touchpoint in journey_map.touchpoints:
        signal = journey_map.signal.get(touchpoint.key)
        if signal is None:
            left_out[touchpoint.key] = "it has no signal"
        elif signal.kind != "events" or signal.when is None:
            left_out[touchpoint.key] = "no events show it"
        else:
            example = example_of(signal.when)
            if example is None or not all(_is_simple(name) for name in example):
                left_out[touchpoint.key] = f"its signal is more than can be made up: {signal.when}"
            elif signal.occurrence and signal.occurrence[0] > 1 and _first_of(journey_map, signal) == touchpoint.key:
                left_out[touchpoint.key] = "no touchpoint is its first occurrence"
            else:
                found[touchpoint.key] = {name.removeprefix(_PROPERTY): value for name, value in example.items()}
    return found, left_out


def _is_simple(field: str) -> bool:
    return field in {"event", "channel"} or field.startswith(_PROPERTY)


def _first_of(journey_map: JourneyMap, signal: Signal) -> str:
    """The touchpoint that the first of a customer's such events is."""
    alike = [other for other in journey_map.signals if other.when == signal.when and other.kind == "events"]
    firsts = [other.touchpoint for other in alike if other.occurrence is None or other.occurrence[0] == 1]
    return firsts[0] if firsts else signal.touchpoint


def _state(
    journey_map: JourneyMap,
    group: list[str],
    names: list[str],
    first_of: Mapping[str, str],
    example: Mapping[str, Value],
) -> State:
    """The state of a touchpoint, and of the one that its later occurrences are."""
    touchpoints = [journey_map.touchpoint[key] for key in group]
    following: dict[str, Step] = {}
    also: dict[str, Step] = {}
    for arrow in (arrow for touchpoint in touchpoints for arrow in touchpoint.expectations):
        targets = list(dict.fromkeys(first_of.get(key, key) for key in arrow.next if first_of.get(key, key) in names))
        for target in targets:
            into = also if arrow.kind == "promise" else following
            into.setdefault(target, _step(arrow, len(targets)))
    later = names[names.index(group[0]) + 1 :]
    if not following and later:
        following[later[0]] = Step(chance=_ONWARD, wait=Wait(median=3_600))
    total = sum(float(step.chance) for step in following.values() if not isinstance(step.chance, Mapping))
    fields = {name: _plain(value) for name, value in example.items() if name != "channel"}
    signal = journey_map.signal[group[0]]
    return State(
        touchpoint=group[0],
        again=group[1] if len(group) > 1 else None,
        channel=str(example.get("channel") or (touchpoints[0].channels or ("device",))[0]),
        outlet="events",
        fields={"event": group[0], **_told(journey_map, group, signal), **fields},
        basket=any(arrow.per for touchpoint in touchpoints for arrow in touchpoint.expectations),
        next=_scaled(following, min(1.0, _MOST / total) if total else 1.0),
        also=also,
        rating=_rating(signal),
    )


def _plain(value: Value) -> str | float:
    return str(value).lower() if isinstance(value, bool) else value


def _step(arrow: Expectation, targets: int) -> Step:
    usual = _KEPT if arrow.kind == "promise" else _USUAL
    chance = (usual if arrow.target is None else arrow.target) / targets
    # A log-normal wait whose median is a fifth of the window lies within it in 97.8 of 100 cases.
    wait = Wait(median=max(1, arrow.within.seconds // 5), working=arrow.within.working)
    return Step(chance=min(1.0, chance / 0.978), wait=wait)


def _scaled(steps: Mapping[str, Step], factor: float) -> dict[str, Step]:
    return {
        name: replace(step, chance=float(step.chance) * factor) if not isinstance(step.chance, Mapping) else step
        for name, step in steps.items()
    }


def _told(journey_map: JourneyMap, group: list[str], signal: Signal) -> dict[str, str]:
    """Fields that the map reads beside the signal: value, score, what keeps openings apart."""
    told = {}
    if signal.value and (name := _property(signal.value)):
        told[name] = "{value}"
    if signal.score and (name := _property(signal.score)):
        told[name] = "{score}"
    for arrow in journey_map.expectations:
        if arrow.per and (name := _property(arrow.per)) and {arrow.after, *arrow.next} & set(group):
            told[name] = "{order}"
    return told


def _property(expression: str) -> str | None:
    match = re.fullmatch(r"\s*properties\.(\w+)\s*", expression)
    return match[1] if match else None


def _rating(signal: Signal) -> Rating | None:
    if signal.scale is None:
        return None
    low, high = (round(limit) for limit in signal.scale)
    # Customers are content on the whole: each score is half as likely again as the one below it.
    return Rating(scores={score: 1.5 ** (score - low) for score in range(low, high + 1)})


def _ending(states: Mapping[str, State]) -> dict[str, State]:
    """The same states, their steps made rarer until what one event brings about dies out."""
    names = list(states)
    result = dict(states)
    while True:
        matrix = np.zeros((len(names), len(names)))
        for row, state in enumerate(result.values()):
            for target, step in (*state.next.items(), *state.also.items()):
                matrix[row, names.index(target)] += float(step.chance) if not isinstance(step.chance, Mapping) else 0.0
        if np.abs(np.linalg.eigvals(matrix)).max(initial=0.0) <= _MOST:
            return result
        result = {name: replace(state, next=_scaled(state.next, 0.9)) for name, state in result.items()}


def _personas(journey_map: JourneyMap) -> tuple[dict[str, PersonaShape], list[str]]:
    """Personas of equal size, with traits that make their `who` true where it is understood, and all traits' names."""
    if not journey_map.personas:
        return {"everybody": PersonaShape(share=1.0)}, []
    shapes = {}
    names: dict[str, None] = {}
    for persona in journey_map.personas:
        example = (example_of(persona.who) if persona.who else None) or {}
        traits = {name.removeprefix("traits."): value for name, value in example.items() if name.startswith("traits.")}
        names |= dict.fromkeys(traits)
        shapes[persona.key] = PersonaShape(
            share=1 / len(journey_map.personas), traits={name: _trait(value) for name, value in traits.items()}
        )
    return shapes, list(names)


def _trait(value: Value) -> TraitShape:
    if isinstance(value, str | bool):
        return TraitShape(choices={str(_plain(value)): 1.0})
    return TraitShape(between=(value, value), decimals=0 if float(value).is_integer() else 2)


def _written(columns: list[str]) -> dict[str, str]:
    standing = {"message_id": "message", "occurred_at": "time as timestamp", "customer": "customer"}
    return {**standing, "channel": "channel", "device": "device", **{name: name for name in columns}}


def _sources(columns: list[str], traits: list[str]) -> dict[str, str]:
    """The source files that read what is simulated."""
    lines = ["# Made-up events. Delete this file, and the events, when you have your own.", "kind: events"]
    lines += ["path: incoming/simulated.parquet", "columns:", "  message_id: message_id", "  occurred_at: occurred_at"]
    lines += ["  event: event", "  customer: customer", "  channel: channel", "  device: device"]
    properties = [f"    {name}: {name}" for name in columns if name != "event"]
    lines += ["  properties:", *properties] if properties else []
    sources = {"simulated.yaml": "\n".join(lines) + "\n"}
    if traits:
        lines = ["# Made-up customers.", "kind: customers", "path: incoming/simulated_customers.parquet", "columns:"]
        lines += ["  customer: customer", "  recorded_at: recorded_at", "  traits:"]
        lines += [f"    {name}: {name}" for name in traits]
        sources["simulated_customers.yaml"] = "\n".join(lines) + "\n"
    return sources
