"""The plan of a first map: what the method makes of the events, in numbers of touchpoints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.base.clock import to_microseconds
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.discovery.arrows import FEWEST, Arrow, find_arrows
from resa.discovery.following import following, ladder_step
from resa.discovery.kinds import Kind, joined, most_special
from resa.discovery.pages import ANY
from resa.discovery.personas import Group, find_groups
from resa.discovery.sample import Sample, take_sample
from resa.discovery.stages import Worth, choose_goal, find_order, find_stages, stage_names
from resa.kernels import Journeys, openings
from resa.model.quantities import Duration
from resa.storage import JourneyIndex, MapColumn

__all__ = ["Goal", "Plan", "make_plan"]

_SHOWN_CHANNEL: Final = 0.1
_ONE_CHANNEL: Final = 0.95
_LOOKED_AT: Final = 300
_AGAIN: Final = 0.1
_EVER: Final = 2**61
_CARRIES: Final = 0.1  # of a touchpoint's events have a value: it may stand on one of several rows of a sale
_ANOTHER_VISIT: Final = 3_600_000_000  # microseconds; what comes again sooner belongs to the same one
_WORTH: Final = frozenset(
    {
        *("value", "amount", "total", "revenue", "order_total", "grand_total", "total_price", "total_amount"),
        *("order_value", "payment_amount", "belopp", "summa", "belop", "beløp", "sum", "ordersum"),
        *("osszeg", "összeg", "betrag"),
    }
)
"""Properties that say what an event is worth, where no event has a value of its own."""

Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What the journey is for.

    Attributes:
        kind: Number of the touchpoint.
        start: Number of the one that most of those who may reach it are at before; `None`: there is none.
        within: A round time that nine in ten of those who get from there to the goal keep.
        again: A round time that nine in ten of those who reach it again keep; `None`: hardly anybody does.
    """

    kind: int
    start: int | None
    within: Duration | None
    again: Duration | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A first map in numbers: touchpoints are numbered from 0, in the order of `kinds`.

    Attributes:
        kinds: The touchpoints.
        stages: Key of each stage that has any, with its touchpoints in order.
        last_stage: Key of the stage of the goal's return.
        goal: What it is for, if anything shows it.
        arrows: What is expected.
        groups: Kinds of customers.
        channels: Of each touchpoint, the commonest first; empty: its events name none.
        worth: What the events of each are worth, if anything.
        customers: How many customers of the sample were at each.
        sampled: How many customers the sample has.
        rare: Kinds that too few customers were at.
        beyond: Kinds that enough customers were at, beyond the number asked for.
    """

    kinds: tuple[Kind, ...]
    stages: Mapping[str, Sequence[int]]
    last_stage: str
    goal: Goal | None
    arrows: Sequence[Arrow]
    groups: Sequence[Group]
    channels: Sequence[tuple[str, ...]]
    worth: Sequence[Worth | None]
    customers: Sequence[int]
    sampled: int
    rare: tuple[Kind, ...]
    beyond: tuple[Kind, ...]


def make_plan(
    index: JourneyIndex, column: MapColumn, kinds: Sequence[Kind], *, top: int, share: float, goal: str | None
) -> Plan:
    """Plan a map of those of these kinds that enough customers were at.

    Args:
        index: The events.
        column: Of a map whose touchpoints are the kinds, in their order.
        kinds: The kinds.
        top: Touchpoints at most: those that the most customers were at.
        share: Of all customers, that a touchpoint needs.
        goal: Name of an event, or key of a touchpoint, that is the goal; `None`: as the values show.

    Raises:
        QuestionError: There is no such event to be the goal.
    """
    sample = _sample(index, column.touchpoints, len(kinds))
    people = sample.used.sum(axis=0)
    enough = [kind for kind in range(len(kinds)) if people[kind] >= max(share * sample.customers, 1)]
    ranked = sorted(enough, key=lambda kind: (-int(people[kind]), kind))
    chosen = sorted({*ranked[:top], *_named(goal, kinds)})
    kept = [kinds[kind] for kind in chosen]
    parts = [[kind] for kind in chosen]
    while True:
        codes = _renumbered(column.touchpoints, parts, len(kinds))
        sample = _sample(index, codes, len(kept))
        arrows = find_arrows(sample, following(sample))
        alike = _alike(kept, arrows)
        if not alike:
            break
        kept, parts = _together(kept, parts, alike)
    worth = _worth(index, column, codes, len(kept))
    aim = next((place for place, part in enumerate(parts) if set(part) & set(_named(goal, kinds))), None)
    aim = choose_goal(sample, worth) if aim is None else aim
    place = find_order(sample)
    stages = find_stages(sample, place, aim, worth)
    return Plan(
        kinds=tuple(kept),
        stages=stages,
        last_stage=stage_names(sample)[-1],
        goal=None if aim is None else _goal(sample, aim),
        arrows=arrows,
        groups=find_groups(sample),
        channels=_channels(index, codes, len(kept)),
        worth=worth,
        customers=[int(count) for count in sample.used.sum(axis=0)],
        sampled=sample.customers,
        rare=tuple(kind for number, kind in enumerate(kinds) if number not in enough),
        beyond=tuple(kinds[kind] for kind in ranked[top:] if kind not in chosen),
    )


def _renumbered(touchpoints: Codes, parts: Sequence[Sequence[int]], count: int) -> Codes:
    """The events' codes by part: 1 for all kinds of the first part."""
    number = np.zeros(count + 1, np.uint16)
    for place, part in enumerate(parts, start=1):
        number[np.array(part) + 1] = place
    return np.asarray(number[touchpoints], np.uint16)


def _alike(kinds: Sequence[Kind], arrows: Sequence[Arrow]) -> list[int]:
    """Numbers of pages beside each other that all lead to the same place, if there are any: they are one touchpoint.

    Where one of the pages beside them is `*`, it has to be among them: a signal cannot say "the others but these".
    """
    beside: dict[tuple[object, ...], list[int]] = {}
    for number, kind in enumerate(kinds):
        leads = tuple(sorted(arrow.next for arrow in arrows if arrow.after == number))
        if kind.group is not None and len(kind.group.segments) > 1 and leads:
            beside.setdefault((kind.event, kind.group.segments[:-1], leads), []).append(number)
    for (event, above, _), numbers in beside.items():
        anything = [
            number
            for number, kind in enumerate(kinds)
            if kind.group is not None and kind.event == event and kind.group.segments == (*above, ANY)  # type: ignore[misc]
        ]
        if len(numbers) > 1 and set(anything) <= set(numbers):
            return numbers
    return []


def _together(
    kinds: Sequence[Kind], parts: Sequence[Sequence[int]], alike: Sequence[int]
) -> tuple[list[Kind], list[list[int]]]:
    """The kinds and their parts after some have become one."""
    others = [number for number in range(len(kinds)) if number not in alike]
    whole = joined([kinds[number] for number in alike], [kinds[number].key for number in others])
    pairs = [(kinds[number], list(parts[number])) for number in others]
    pairs.append((whole, [kind for number in alike for kind in parts[number]]))
    pairs.sort(key=lambda pair: most_special(pair[0]))
    return [kind for kind, _ in pairs], [part for _, part in pairs]


def _sample(index: JourneyIndex, codes: Codes, count: int) -> Sample:
    newest = index.as_of.overall
    as_of = (to_microseconds(newest) if newest else 0) - index.epoch * 1_000_000
    journeys = Journeys(index.offsets, index.seconds, index.micros, codes)
    return take_sample(journeys, codes, count, as_of=as_of)


def _named(goal: str | None, kinds: Sequence[Kind]) -> list[int]:
    """The kind that a person calls the goal, by its event or the key that its touchpoint would have."""
    if goal is None:
        return []
    found = [number for number, kind in enumerate(kinds) if goal in (kind.key, kind.event, kind.signal.get("page"))]
    if not found:
        known = [kind.key for kind in kinds]
        raise QuestionError(
            sentence(
                "there is no event '{goal}' to be the goal{suggestion}", goal=goal, suggestion=did_you_mean(goal, known)
            )
        )
    return found[:1]


def _goal(sample: Sample, kind: int) -> Goal:
    people = sample.used.sum(axis=0)
    before = [other for other in range(sample.touchpoints) if other != kind and sample.before[other, kind] >= 0.5]
    start = max(before, key=lambda other: (int(people[other]), sample.began[other], -other), default=None)
    within = None if start is None else _usual(sample, start, kind)
    reached = int(people[kind])
    again = np.count_nonzero(sample.last[:, kind] > sample.first[:, kind])
    comes = again >= max(FEWEST, _AGAIN * reached)
    return Goal(kind=kind, start=start, within=within, again=_between(sample, kind) if comes else None)


def _usual(sample: Sample, start: int, kind: int) -> Duration | None:
    found = openings(sample.journeys, [start + 1], [kind + 1], within=_EVER, renews=False, threads=1)
    waited = found.waited[found.closed >= 0]
    if len(waited) < FEWEST:
        return None
    return ladder_step(float(np.quantile(waited, 0.9, method="inverted_cdf")))


def _between(sample: Sample, kind: int) -> Duration | None:
    """Nine in ten customers who come again need no longer from the first to the second; `None`: it is one visit."""
    positions = np.flatnonzero(sample.codes == kind)
    whose = sample.whose[positions]
    first = np.flatnonzero(np.diff(whose, prepend=-1) != 0)
    second = first + 1
    there = second < len(whose)
    first, second = first[there], second[there]
    same = whose[first] == whose[second]
    waits = sample.times[positions[second[same]]] - sample.times[positions[first[same]]]
    if np.median(waits) < _ANOTHER_VISIT:
        return None
    return ladder_step(float(np.quantile(waits, 0.9, method="inverted_cdf")))


def _channels(index: JourneyIndex, codes: Codes, count: int) -> list[tuple[str, ...]]:
    width = len(index.channel_names) + 1
    cells = codes.astype(np.int64) * width + index.channels
    table = np.bincount(cells, minlength=(count + 1) * width).reshape(count + 1, width)
    found: list[tuple[str, ...]] = []
    for row in table[1:]:
        total = max(1, int(row.sum()))
        ranked = sorted(range(1, width), key=lambda channel: (-int(row[channel]), channel))
        shown = [channel for channel in ranked if row[channel] >= _SHOWN_CHANNEL * total]
        if shown and row[shown[0]] >= _ONE_CHANNEL * total:
            shown = shown[:1]
        found.append(tuple(index.channel_names[channel - 1] for channel in shown))
    return found


def _worth(index: JourneyIndex, column: MapColumn, codes: Codes, count: int) -> list[Worth | None]:
    """What the events of each touchpoint are worth: their own values, or what most of them have as a property."""
    own = np.bincount(codes[column.values.positions], weights=column.values.numbers > 0, minlength=count + 1)
    visits = np.bincount(codes, minlength=count + 1)
    some = own >= np.maximum(_CARRIES * visits, 1)
    if some[1:].any():
        return [Worth() if holds else None for holds in some[1:]]
    return [_worth_of_property(index, np.flatnonzero(codes == code + 1)[:_LOOKED_AT]) for code in range(count)]


def _worth_of_property(index: JourneyIndex, positions: npt.NDArray[np.int64]) -> Worth | None:
    names: Counter[str] = Counter()
    for text in index.event_rows(positions, ["properties"]).column("properties").to_pylist():
        for name, value in json.loads(text).items() if text else ():
            names[name] += name.casefold() in _WORTH and isinstance(value, int | float) and value > 0
    name = max(names, key=lambda name: (names[name], name), default="")
    return Worth(expression=f"properties.{name}") if names[name] * 2 >= max(1, len(positions)) else None
