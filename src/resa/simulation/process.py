"""The process: a branching semi-Markov chain, all customers of a block advanced one step at a time together.

A *walker* is one thread of a customer's journey: the one that she walks herself, and one for everything that goes on
beside it (a parcel on its way, a mail to come). A walker in a state chooses the next one with the chances of the
state, waits as long as the step's distribution says, and enters it: that is an event.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.simulation.randomness import Keys, choose, derive, draw
from resa.simulation.tables import Planted, Tables
from resa.simulation.waiting import DAY, HOUR, after_opening, take_quantile, working_end

__all__ = ["PURPOSES", "Block", "simulate_block"]

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]

_ATTEMPTS = 500
_MOST_EVENTS = 20_000
"""Of one customer, on average; beyond it a specification is taken to have no way out."""


class _Purposes(NamedTuple):
    """What a key is drawn for. Numbers from 0 to 99 are the children of a walker's key, one for each edge."""

    persona: int = 100
    entry_state: int = 101
    entry_day: int = 102
    entry_hour: int = 103
    entry_second: int = 104
    device: int = 105
    keeps_device: int = 106
    walker: int = 107
    basket: int = 108
    choice: int = 109
    wait: int = 110
    hours: int = 111
    chance: int = 112
    truth: int = 120  # and one more for each truth
    trait: int = 200  # and one more for each trait
    column: int = 300  # and one more for each list and variable


PURPOSES = _Purposes()
_LOYAL_TO_DEVICE = 0.85


class _Walkers(NamedTuple):
    customer: Codes  # index within the block
    key: Keys
    state: Codes
    time: Whole  # seconds since 1970-01-01 UTC
    device: Codes
    basket: Keys
    slow: Flags  # the last wait that could be slow was

    def take(self, chosen: npt.NDArray[np.integer] | Flags) -> _Walkers:
        return _Walkers(
            self.customer[chosen],
            self.key[chosen],
            self.state[chosen],
            self.time[chosen],
            self.device[chosen],
            self.basket[chosen],
            self.slow[chosen],
        )


class Block(NamedTuple):
    """Customers `first` … and their events by (customer, time), no two of a customer's at the same second."""

    first: int
    keys: Keys  # of each customer: traits and what else belongs to her are drawn from it
    persona: Codes  # of each customer
    region: Codes  # of each customer; -1 where the specification has no regions
    customer: Codes  # of each event: index within the block
    time: Whole
    state: Codes
    device: Codes
    basket: Keys
    event_keys: Keys
    slow: Flags


def simulate_block(tables: Tables, seed: int, first: int, customers: int) -> Block:
    """Simulate `customers` customers from number `first` on.

    Each has at least one visible event between `tables.start` and `tables.end`: one who had none is drawn anew, so
    that the customers are those whom a stationary business sees in these days.

    Raises:
        InputError: The specification lets hardly anybody be seen, or never lets a customer leave.
    """
    numbers = np.arange(first, first + customers, dtype=np.uint64)
    root = derive(np.array([seed % (1 << 64)], dtype=np.uint64), 0)
    own = derive(root + numbers, 1)
    keys = own.copy()
    pending = np.arange(customers)
    parts: list[_Walkers] = []
    for attempt in range(_ATTEMPTS):
        keys[pending] = derive(own[pending], attempt)
        events = _in_order(_walk(tables, keys, pending), tables)
        visible = np.bincount(events.customer[tables.visible[events.state]], minlength=customers) > 0
        parts.append(events.take(visible[events.customer]))
        pending = pending[~visible[pending]]
        if not pending.size:
            break
    else:
        raise InputError(
            sentence(
                "the simulation hardly ever shows a customer; let more states write to an outlet or simulate more days"
            )
        )
    events = _Walkers(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    events = events.take(np.argsort(events.customer, kind="stable"))
    return Block(
        first=first,
        keys=keys,
        persona=choose(tables.persona_limits, keys, PURPOSES.persona).astype(np.int32),
        region=_region(tables, keys),
        customer=events.customer,
        time=events.time,
        state=events.state,
        device=events.device,
        basket=events.basket,
        event_keys=events.key,
        slow=events.slow,
    )


def _region(tables: Tables, keys: Keys) -> Codes:
    if not len(tables.region_limits):
        return np.full(len(keys), -1, dtype=np.int32)
    return choose(tables.region_limits, keys, PURPOSES.trait + tables.region_trait).astype(np.int32)


def _walk(tables: Tables, keys: Keys, pending: npt.NDArray[np.intp]) -> _Walkers:
    """All events of the pending customers, from their entry to the end of their lives, in no order."""
    persona = choose(tables.persona_limits, keys, PURPOSES.persona).astype(np.int32)
    region = _region(tables, keys)
    walkers = _enter(tables, keys, persona, pending)
    limit = np.zeros(len(keys), dtype=np.int64)
    limit[pending] = np.minimum(walkers.time + tables.lifetime, tables.end)
    passed: list[_Walkers] = []
    total = 0
    while walkers.customer.size:
        passed.append(walkers)
        total += walkers.customer.size
        if total > _MOST_EVENTS * len(pending) + 1_000_000:
            raise InputError(
                sentence(
                    "the simulated customers hardly ever leave; let the chances of each state's `next` add up to less"
                )
            )
        moved = _move(tables, walkers, persona, region)
        walkers = moved.take(moved.time < limit[moved.customer])
    return _Walkers(*(np.concatenate(columns) for columns in zip(*passed, strict=True)))


def _enter(tables: Tables, keys: Keys, persona: Codes, pending: npt.NDArray[np.intp]) -> _Walkers:
    own, kind = keys[pending], persona[pending]
    entry = (draw(own, PURPOSES.entry_state)[:, None] >= tables.entry_limits[kind]).sum(axis=1)
    day = choose(tables.day_limits, own, PURPOSES.entry_day)
    hour = choose(tables.hour_limits, own, PURPOSES.entry_hour)
    second = (derive(own, PURPOSES.entry_second) % np.uint64(HOUR)).astype(np.int64)
    state = tables.entry_states[entry].astype(np.int32)
    key = derive(own, PURPOSES.walker)
    wall = tables.first_wall + day * DAY + hour * HOUR + second
    wall = after_opening(wall, tables.opens[state], tables.closes[state], key, PURPOSES.hours)
    return _Walkers(
        customer=pending.astype(np.int32),
        key=key,
        state=state,
        time=tables.clock.to_utc(wall),
        device=_devices(tables, own, kind),
        basket=derive(key, PURPOSES.basket),
        slow=np.zeros(len(pending), dtype=np.bool_),
    )


def _devices(tables: Tables, keys: Keys, persona: Codes) -> Codes:
    passed = draw(keys, PURPOSES.device)[:, None] >= tables.device_limits[persona]
    codes: Codes = np.count_nonzero(passed, axis=1).astype(np.int32)
    return codes


def _move(tables: Tables, walkers: _Walkers, persona: Codes, region: Codes) -> _Walkers:
    """One step of every walker: the one it chooses itself, and those that begin beside it."""
    kind = persona[walkers.customer]
    exclusive = tables.next_limits.shape[2]
    limits = tables.next_limits[kind, walkers.state]
    edge = (draw(walkers.key, PURPOSES.choice)[:, None] >= limits).sum(axis=1)
    stays = edge < exclusive
    moved = [_follow(tables, walkers.take(stays), edge[stays], persona, region)]
    for further in range(tables.also_limits.shape[2]):
        column = exclusive + further
        candidate = np.flatnonzero(tables.also_limits[kind, walkers.state, further])
        key = derive(walkers.key[candidate], column)
        begins = draw(key, PURPOSES.chance) < tables.also_limits[kind[candidate], walkers.state[candidate], further]
        chosen = candidate[begins]
        moved.append(_follow(tables, walkers.take(chosen), np.full(len(chosen), column), persona, region))
    return _Walkers(*(np.concatenate(columns) for columns in zip(*moved, strict=True)))


def _follow(tables: Tables, walkers: _Walkers, edge: Whole, persona: Codes, region: Codes) -> _Walkers:
    """Take one chosen edge each: plant the truths, wait, arrive."""
    key = _child(walkers.key, edge)
    delay = np.zeros(len(edge), dtype=np.int64)
    for number, truth in enumerate(tables.planted):
        hit = _concerned(truth, walkers, edge, persona, region)
        hit[hit] = draw(key[hit], PURPOSES.truth + number) < truth.chance
        delay[hit] += truth.delay
        if truth.instead is not None:
            edge = np.where(hit, truth.instead[walkers.state, edge], edge)
    stays = edge >= 0
    walkers, edge, key, delay = walkers.take(stays), edge[stays], key[stays], delay[stays]
    rows = tables.waits[walkers.state, edge]
    wait = take_quantile(tables.quantiles, rows, key, PURPOSES.wait) + delay
    state = tables.targets[walkers.state, edge].astype(np.int32)
    visit, basket = tables.visits[state], tables.baskets[state]
    device, kind = walkers.device.copy(), persona[walkers.customer]
    changes = visit & (draw(key, PURPOSES.keeps_device) >= round(_LOYAL_TO_DEVICE * (1 << 53)))
    device[changes] = _devices(tables, key[changes], kind[changes])
    limit = tables.slow_after[rows]
    return _Walkers(
        customer=walkers.customer,
        key=key,
        state=state,
        time=_arrive(tables, walkers.time, wait, rows=rows, state=state, key=key),
        device=device,
        basket=np.where(basket, derive(key, PURPOSES.basket), walkers.basket),
        slow=np.where(limit >= 0, wait > limit, walkers.slow),
    )


def _child(keys: Keys, edge: Whole) -> Keys:
    """A new key for each walker and edge; the same as `derive(key, edge)`."""
    result = np.empty_like(keys)
    for number in np.unique(edge):
        chosen = edge == number
        result[chosen] = derive(keys[chosen], int(number))
    return result


def _concerned(truth: Planted, walkers: _Walkers, edge: Whole, persona: Codes, region: Codes) -> Flags:
    """Which of the chosen steps a truth may change."""
    hit: Flags = (
        (edge >= 0) & truth.steps[walkers.state, edge] & (walkers.time >= truth.start) & (walkers.time < truth.end)
    )
    if truth.device >= 0:
        hit &= walkers.device == truth.device
    if truth.persona >= 0:
        hit &= persona[walkers.customer] == truth.persona
    if truth.region >= 0:
        hit &= region[walkers.customer] == truth.region
    return hit


def _arrive(tables: Tables, time: Whole, wait: Whole, *, rows: npt.NDArray[np.int16], state: Codes, key: Keys) -> Whole:
    """When the walkers arrive: at once after the wait, or by the working week and the opening hours."""
    arrived = time + wait
    working = tables.working[rows]
    if working.any():
        wall = tables.clock.from_utc(time[working])
        arrived[working] = tables.clock.to_utc(working_end(wall, wait[working]))
    shuts = tables.closes[state] - tables.opens[state] < DAY
    if shuts.any():
        at = state[shuts]
        wall = tables.clock.from_utc(arrived[shuts])
        wall = after_opening(wall, tables.opens[at], tables.closes[at], key[shuts], PURPOSES.hours)
        arrived[shuts] = tables.clock.to_utc(wall)
    at_least: Whole = np.maximum(arrived, time + 1)
    return at_least


def _in_order(events: _Walkers, tables: Tables) -> _Walkers:
    """Events by (customer, time), each at a second of its own, those outside the data's days dropped."""
    # One number for both: times of a simulation differ by far less than 2^33 seconds.
    base = int(events.time.min()) if events.time.size else 0
    joined = (events.customer.astype(np.int64) << 33) + (events.time - base)
    order = np.argsort(joined, kind="stable")
    rank = np.arange(len(order))
    # Strictly rising: subtract the rank, take the running maximum, add the rank again. Customers never reach each
    # other's numbers.
    apart = np.maximum.accumulate(joined[order] - rank) + rank
    events = events.take(order)._replace(time=(apart & ((1 << 33) - 1)) + base)
    return events.take((events.time >= tables.start) & (events.time < tables.end))
