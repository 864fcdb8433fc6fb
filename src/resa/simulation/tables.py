"""A specification compiled into arrays that all customers are advanced with at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.model.names import thing
from resa.simulation.randomness import CERTAIN, cumulated, threshold
from resa.simulation.specification import Specification, Wait
from resa.simulation.truths import BrokenStep, PersonaPrefers, SlowDelivery, Truth
from resa.simulation.waiting import DAY, HOUR, LocalTime, quantiles

__all__ = ["Planted", "Tables", "compile_specification", "midnight"]

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Planted:
    """One truth as an operation on steps that were chosen.

    Attributes:
        chance: Threshold of the draw below which the step is changed.
        steps: bool[states, edges], which steps it concerns.
        start: First second, of the event that the step starts from.
        end: First second after it.
        device: Code, or -1 for all.
        persona: Code, or -1 for all.
        region: Code of the trait `region`, or -1 for all.
        instead: Edge that is taken instead, i16[states, edges], or `None`; -1 is to leave.
        delay: Seconds that are added to the wait.
    """

    chance: int
    steps: Flags
    start: int
    end: int
    device: int = -1
    persona: int = -1
    region: int = -1
    instead: Small | None = None
    delay: int = 0


class Tables(NamedTuple):
    """S states, P personas, E edges (first those of which one at most is taken, then others), D devices, W waits."""

    states: tuple[str, ...]
    personas: tuple[str, ...]
    devices: tuple[str, ...]
    persona_limits: Whole  # P
    device_limits: Whole  # P, D
    entry_limits: Whole  # P, number of entry states
    entry_states: Small
    next_limits: Whole  # P, S, X: thresholds of the first X edges
    also_limits: Whole  # P, S, E - X: threshold of each further edge
    targets: Small  # S, E; -1 where there is none
    waits: Small  # S, E
    quantiles: Whole  # W, 1025
    working: Flags  # W
    slow_after: Whole  # W; -1 where nothing is remembered
    opens: Whole  # S, seconds after midnight
    closes: Whole  # S
    visits: Flags  # S
    baskets: Flags  # S
    visible: Flags  # S
    day_limits: Whole
    hour_limits: Whole
    first_wall: int  # midnight of the first day on which customers enter, on the wall
    start: int
    end: int
    lifetime: int
    clock: LocalTime
    planted: tuple[Planted, ...]
    region_limits: Whole
    region_trait: int  # number of the trait `region` among all traits


def compile_specification(
    specification: Specification, *, start: date, days: int, truths: tuple[Truth, ...] = ()
) -> Tables:
    """Make the arrays.

    Args:
        specification: Checked.
        start: First day of the data in the specification's zone.
        days: Their number.
        truths: What is planted.

    Raises:
        QuestionError: A truth names what the specification does not have.
    """
    zone = ZoneInfo(specification.timezone)
    first, last = _midnight(start, zone), _midnight(start + timedelta(days=days), zone)
    lead = -(-specification.lifetime // DAY) + 1
    clock = LocalTime(specification.timezone, first - timedelta(days=lead), last)
    targets, waits, kinds, exclusive = _edges(specification)
    personas, states, regions = tuple(specification.personas), tuple(specification.states), _regions(specification)
    next_limits, also_limits = _chances(specification, exclusive)
    return Tables(
        states=states,
        personas=personas,
        devices=tuple(specification.channels),
        persona_limits=cumulated([shape.share for shape in specification.personas.values()], certain=True),
        device_limits=_devices(specification),
        entry_limits=np.array([_entry(specification, persona) for persona in personas]),
        entry_states=np.array([states.index(state) for state in specification.entry], dtype=np.int16),
        next_limits=next_limits,
        also_limits=also_limits,
        targets=targets,
        waits=waits,
        quantiles=np.array([quantiles(wait) for wait in kinds]),
        working=np.array([wait.working for wait in kinds]),
        slow_after=np.array([wait.slow_after or -1 for wait in kinds]),
        opens=np.array([state.hours[0] * HOUR if state.hours else 0 for state in specification.states.values()]),
        closes=np.array([state.hours[1] * HOUR if state.hours else DAY for state in specification.states.values()]),
        visits=np.array([state.visit for state in specification.states.values()]),
        baskets=np.array([state.basket for state in specification.states.values()]),
        visible=np.array([specification.is_seen(state) for state in specification.states]),
        day_limits=cumulated(_day_weights(specification, start - timedelta(days=lead), days + lead), certain=True),
        hour_limits=cumulated(specification.hours, certain=True),
        first_wall=_wall_midnight(start - timedelta(days=lead)),
        start=int(first.timestamp()),
        end=int(last.timestamp()),
        lifetime=specification.lifetime,
        clock=clock,
        planted=tuple(_plant(truth, specification, targets) for truth in truths),
        region_limits=cumulated(list(regions.values()), certain=True) if regions else np.empty(0, dtype=np.int64),
        region_trait=specification.trait_names.index("region") if regions else -1,
    )


def midnight(day: date, timezone: str) -> int:
    """The first second of a day in a zone, since 1970-01-01 UTC."""
    return int(_midnight(day, ZoneInfo(timezone)).timestamp())


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _wall_midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _devices(specification: Specification) -> Whole:
    devices = tuple(specification.channels)
    even = dict.fromkeys(devices, 1.0)
    shares = [shape.devices or even for shape in specification.personas.values()]
    rows = [[share.get(device, 0.0) for device in devices] for share in shares]
    return np.array([cumulated(row, certain=True) for row in rows])


def _entry(specification: Specification, persona: str) -> Whole:
    return cumulated([specification.chance(by, persona) for by in specification.entry.values()], certain=True)


def _day_weights(specification: Specification, first: date, days: int) -> list[float]:
    """How many customers enter on each day, relative to the others."""
    dates = [first + timedelta(days=number) for number in range(days)]
    return [specification.weekdays[day.weekday()] * specification.season.get(day.month, 1.0) for day in dates]


def _edges(specification: Specification) -> tuple[Small, Small, list[Wait], int]:
    """Targets and waits of all edges, the kinds of waits, and how many columns are exclusive edges."""
    states = list(specification.states)
    exclusive = max(1, *(len(state.next) for state in specification.states.values()))
    columns = exclusive + max(len(state.also) for state in specification.states.values())
    targets = np.full((len(states), columns), -1, dtype=np.int16)
    waits = np.zeros((len(states), columns), dtype=np.int16)
    kinds: list[Wait] = []
    for row, state in enumerate(specification.states.values()):
        placed = [*enumerate(state.next.items()), *enumerate(state.also.items(), start=exclusive)]
        for column, (target, step) in placed:
            if step.wait not in kinds:
                kinds.append(step.wait)
            targets[row, column] = states.index(target)
            waits[row, column] = kinds.index(step.wait)
    return targets, waits, kinds or [Wait(median=1)], exclusive


def _chances(specification: Specification, exclusive: int) -> tuple[Whole, Whole]:
    """Thresholds of the exclusive edges (cumulated) and of the others (each its own), by persona and state."""
    personas, states = list(specification.personas), list(specification.states.values())
    further = max(len(state.also) for state in states)
    first = np.zeros((len(personas), len(states), exclusive), dtype=np.int64)
    second = np.zeros((len(personas), len(states), further), dtype=np.int64)
    for row, persona in enumerate(personas):
        for column, state in enumerate(states):
            chances = [specification.chance(step.chance, persona) for step in state.next.values()]
            limits = cumulated([*chances, *[0.0] * (exclusive - len(chances))], certain=False)
            first[row, column] = limits
            own = [threshold(specification.chance(step.chance, persona)) for step in state.also.values()]
            second[row, column, : len(own)] = own
    return first, second


def _regions(specification: Specification) -> Mapping[str, float]:
    region = specification.traits.get("region")
    return region.choices if region else {}


def _plant(truth: Truth, specification: Specification, targets: Small) -> Planted:
    start = midnight(truth.start, specification.timezone) if truth.start else -(1 << 62)
    end = midnight(truth.end, specification.timezone) if truth.end else 1 << 62
    if isinstance(truth, BrokenStep):
        steps = _leads(specification, targets, truth.after, truth.next)
        device = -1 if truth.device is None else _code(tuple(specification.channels), truth.device, "device")
        instead = _elsewhere(specification, targets, steps, truth)
        return Planted(CERTAIN - threshold(truth.factor), steps, start, end, device=device, instead=instead)
    if isinstance(truth, SlowDelivery):
        steps = _leads(specification, targets, None, truth.touchpoint)
        region = -1 if truth.region is None else _code(tuple(_regions(specification)), truth.region, "region")
        return Planted(threshold(truth.share), steps, start, end, region=region, delay=truth.extra_days * DAY)
    steps, instead = _detours(specification, targets, truth)
    persona = _code(tuple(specification.personas), truth.persona, "persona")
    return Planted(threshold(truth.share), steps, start, end, persona=persona, instead=instead)


def _code(names: tuple[str, ...], name: str, what: str) -> int:
    if name not in names:
        raise QuestionError(
            sentence(
                "the simulation has no {what} '{name}'{suggestion}",
                what=thing(what),
                name=name,
                suggestion=did_you_mean(name, names),
            )
        )
    return names.index(name)


def _leads(specification: Specification, targets: Small, after: str | None, following: str) -> Flags:
    """Which steps lead from the states of one touchpoint (`None`: from all) to those of another."""
    names = tuple(specification.states)
    goals = [names.index(name) for name in specification.states_of(following)]
    starts = [after is None or name in specification.states_of(after) for name in names]
    steps: Flags = np.isin(targets, goals) & np.array(starts)[:, None]
    if not steps.any():
        raise QuestionError(
            sentence(
                "the simulation has no step from '{after}' to '{following}', so no truth can be planted there",
                after=after,
                following=following,
            )
            if after
            else sentence(
                "the simulation has no step to '{following}', so no truth can be planted there", following=following
            )
        )
    return steps


def _elsewhere(specification: Specification, targets: Small, steps: Flags, truth: BrokenStep) -> Small:
    """For each broken step, the step of the same state that is taken instead; -1: they leave."""
    instead = np.full_like(targets, -1)
    if truth.instead is None:
        return instead
    names = tuple(specification.states)
    goals = [names.index(name) for name in specification.states_of(truth.instead)]
    for row in np.flatnonzero(steps.any(axis=1)).tolist():
        edges = np.flatnonzero(np.isin(targets[row, : len(specification.states[names[row]].next)], goals))
        if not len(edges):
            raise QuestionError(
                sentence(
                    "the simulation has no step from '{after}' to '{instead}' that could be taken instead",
                    after=truth.after,
                    instead=truth.instead,
                )
            )
        instead[row] = np.where(steps[row], edges[0], -1)
    return instead


def _detours(specification: Specification, targets: Small, truth: PersonaPrefers) -> tuple[Flags, Small]:
    """Steps to the channel that loses, and for each the step of the same state to the channel that wins."""
    channels = np.array([state.channel for state in specification.states.values()])
    instead = np.full_like(targets, -1)
    steps = np.zeros(targets.shape, dtype=np.bool_)
    for row, state in enumerate(specification.states.values()):
        edges = range(len(state.next))
        gains = [edge for edge in edges if channels[targets[row, edge]] == truth.channel]
        for edge in edges:
            if gains and channels[targets[row, edge]] == truth.over:
                steps[row, edge], instead[row, edge] = True, gains[0]
    if not steps.any():
        raise QuestionError(
            sentence(
                "no state of the simulation leads to both channels, '{channel}' and '{over}'",
                channel=truth.channel,
                over=truth.over,
            )
        )
    return steps, instead
