"""The process does what is written, whatever it is cut into."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracles.journeys import Event
from tests.oracles.openings import openings_of

from resa.base.errors import InputError, QuestionError
from resa.model.journey import Expectation
from resa.model.quantities import parse_duration
from resa.simulation import (
    BrokenStep,
    PersonaPrefers,
    Simulated,
    SlowDelivery,
    Specification,
    Truth,
    Wait,
    count_openings,
    see,
    share_within,
    simulate,
    specification_from,
)
from resa.simulation.process import Block

CART = Wait(median=1_200, spread=1.0)
SHOP: dict[str, Any] = {
    "lifetime": "30 days",
    "days": 60,
    "channels": {"mobile": "web", "desktop": "web"},
    "traits": {"region": {"choices": {"north": 1, "south": 3}}},
    "personas": {
        "hasty": {"share": "40 %", "devices": {"mobile": "80 %", "desktop": "20 %"}},
        "calm": {"share": "60 %", "devices": {"mobile": "30 %", "desktop": "70 %"}},
    },
    "entry": {"page": 1},
    "states": {
        "page": {
            "touchpoint": "page",
            "outlet": "web",
            "basket": True,
            "visit": True,
            "next": {
                "cart": {"chance": {"hasty": "50 %", "calm": "30 %"}, "wait": {"median": CART.median, "spread": 1.0}},
                "call": {"chance": "10 %", "wait": "5 minutes"},
                "chat": {"chance": "5 %", "wait": "5 minutes"},
            },
        },
        "cart": {
            "touchpoint": "cart",
            "outlet": "web",
            "next": {"order": {"chance": "60 %", "wait": {"median": "10 minutes", "shape": "exponential"}}},
        },
        "order": {
            "touchpoint": "order",
            "again": "reorder",
            "outlet": "web",
            "also": {
                "delivery": {"wait": {"median": "2 days", "spread": 0.2}},
                "page": {"chance": "20 %", "wait": {"median": "5 days", "spread": 0.3}},
            },
        },
        "delivery": {"touchpoint": "delivery", "outlet": "web", "channel": "parcel"},
        "call": {"touchpoint": "call", "outlet": "web", "channel": "phone"},
        "chat": {"touchpoint": "chat", "outlet": "web", "channel": "chat"},
    },
    "outlets": {"web": {"path": "web.csv", "form": "csv", "columns": {"time": "time", "who": "customer"}}},
}


def shop(customers: int = 3_000, seed: int = 1, truths: Sequence[Truth] = (), **changes: Any) -> Simulated:
    return simulate(specification_from({**SHOP, **changes}), customers=customers, seed=seed, truths=truths)


def arrow(after: str, following: str | tuple[str, ...], within: str, **more: Any) -> Expectation:
    targets = (following,) if isinstance(following, str) else following
    return Expectation(
        name=f"{after}.{targets[0]}",
        kind="expectation",
        after=after,
        next=targets,
        written=targets[0],
        within=parse_duration(within),
        **more,
    )


def table(simulated: Simulated) -> pa.Table:
    return pa.Table.from_batches(simulated.events())


@pytest.mark.parametrize("block", [1, 7, 50, 10_000])
def test_how_customers_are_cut_into_blocks_changes_nothing(block: int) -> None:
    whole = shop(120)
    assert table(replace(whole, block=block)).equals(table(whole))


@settings(max_examples=15)
@given(st.integers(-(2**40), 2**63), st.integers(1, 60))
def test_a_seed_decides_everything_and_customers_do_not_depend_on_their_number(seed: int, fewer: int) -> None:
    many = table(shop(60, seed))
    assert many.equals(table(shop(60, seed)))
    first = {f"C{number:08d}" for number in range(1, fewer + 1)}
    mask = pa.array([customer in first for customer in many.column("customer").to_pylist()])
    assert table(shop(fewer, seed)).to_pylist() == many.filter(mask).to_pylist()


def test_another_seed_gives_other_customers() -> None:
    assert not table(shop(50, 1)).equals(table(shop(50, 2)))


def digest(blocks: Sequence[Block]) -> str:
    found = hashlib.sha256()
    for block in blocks:
        for column in block[1:]:
            found.update(np.ascontiguousarray(column).astype(column.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()


def test_every_machine_and_version_gives_the_same_numbers() -> None:
    # A changed digest means that all simulated data change: say so in the change log, then write the new one.
    assert digest(list(shop(500, 42).blocks())) == "10e6dd0ff3ad085f3d327b13da2c9ef6ac4ab669f5577472d21edde78cc6f056"


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_every_customer_is_seen_and_no_two_of_her_events_share_a_second(seed: int) -> None:
    simulated = shop(200, seed)
    for block in simulated.blocks():
        assert np.array_equal(np.unique(block.customer), np.arange(200))
        assert (block.time >= simulated.tables.start).all()
        assert (block.time < simulated.tables.end).all()
        same = block.customer[1:] == block.customer[:-1]
        assert (np.diff(block.time)[same] > 0).all()
        assert (np.diff(block.customer) >= 0).all()


def naive(simulated: Simulated, expectation: Expectation) -> tuple[int, int, int]:
    """Met, missed and cancelled by the measuring floors' own oracle, one customer at a time."""
    code = {"page": 1, "cart": 2, "order": 3, "reorder": 4, "delivery": 5, "call": 6, "chat": 7}
    customers: dict[str, list[tuple[int, int]]] = {}
    for row in table(simulated).to_pylist():
        moment = int(row["occurred_at"].timestamp())
        customers.setdefault(row["customer"], []).append((moment, code[row["touchpoint"]]))
    met = missed = cancelled = 0
    for events in customers.values():
        journey = [Event(number, time, touchpoint) for number, (time, touchpoint) in enumerate(events)]
        for opening in openings_of(
            journey,
            {code[expectation.after]},
            {code[name] for name in expectation.next},
            {code[name] for name in expectation.unless},
            lambda clock: clock + expectation.within.seconds,
            expectation.renews,
            None,
        ):
            deadline = journey[opening.clock].time + expectation.within.seconds
            cancelled += opening.outcome == "cancelled"
            met += opening.outcome == "met" and deadline <= simulated.tables.end
            missed += opening.outcome == "unanswered" and deadline <= simulated.tables.end
    return met, missed, cancelled


@pytest.mark.parametrize(
    "expectation",
    [
        arrow("page", "cart", "30 minutes"),
        arrow("page", ("cart", "call"), "10 days", unless=("order",)),
        arrow("page", "delivery", "9 days", renews=False),
        arrow("order", ("reorder",), "20 days"),
        arrow("page", "page", "9 days"),
        arrow("page", "order", "5 days", unless=("call",), renews=False),
    ],
    ids=lambda expectation: f"{expectation.name} renews={expectation.renews}",
)
def test_counts_of_openings_equal_the_naive_oracle(expectation: Expectation) -> None:
    simulated = shop(800, 3)
    counted = count_openings(simulated, see(simulated), expectation)
    assert (counted.met, counted.missed, counted.cancelled) == naive(simulated, expectation)
    assert counted.met > 0


def test_shares_are_what_the_specification_says() -> None:
    simulated = shop(60_000, 5)
    seen = see(simulated)
    within = share_within(CART, 1_800)
    for persona, chance in (("hasty", 0.5), ("calm", 0.3)):
        counted = count_openings(simulated, seen, arrow("page", "cart", "30 minutes"), where={"persona": persona})
        truth = chance * within
        error = 4.5 * (truth * (1 - truth) / (counted.met + counted.missed)) ** 0.5
        assert counted.share == pytest.approx(truth, abs=error)
    counted = count_openings(simulated, seen, arrow("cart", ("order", "reorder"), "20 minutes"))
    assert counted.share == pytest.approx(0.6 * 0.75, abs=0.01)


def test_baskets_are_worth_what_their_persona_spends() -> None:
    personas = {"hasty": {"share": 0.5, "value": 2.0}, "calm": {"share": 0.5}}
    rows = table(shop(4_000, personas=personas, value={"median": 500, "spread": 0.4}))
    for name, median in (("hasty", 1_000), ("calm", 500)):
        values = rows.filter(pa.compute.equal(rows.column("persona"), name)).column("value").to_numpy()
        assert np.median(values) == pytest.approx(median, rel=0.04)
        assert np.std(np.log(values)) == pytest.approx(0.4, abs=0.02)


def test_events_do_not_touch_what_is_not_planted() -> None:
    broken = BrokenStep(after="cart", next="order", factor=1.0)
    late = SlowDelivery(region="north", extra_days=3, share=0.0)
    assert table(shop(500, truths=[broken, late])).equals(table(shop(500)))


def test_a_broken_step_loses_exactly_its_share_where_and_when_it_is_broken() -> None:
    start, end = date(2026, 3, 20), date(2026, 4, 10)
    truth = BrokenStep(after="cart", next="order", device="mobile", start=start, end=end, factor=0.3)
    broken, whole = shop(60_000, truths=[truth]), shop(60_000)
    expected = arrow("cart", ("order", "reorder"), "1 hour")
    seen, unchanged = see(broken), see(whole)
    group: dict[str, Any] = {"where": truth.where, "start": start, "end": end}
    hit, base = (count_openings(broken, events, expected, **group) for events in (seen, unchanged))
    assert hit.share is not None
    assert base.share is not None
    assert hit.share / base.share == pytest.approx(0.3, abs=0.03)
    for other in ({"where": {"device": "desktop"}}, {"start": date(2026, 4, 12)}, {"end": start}):
        there, before = (count_openings(broken, events, expected, **other) for events in (seen, unchanged))
        assert there.share == pytest.approx(before.share, abs=0.012)


def test_a_slow_delivery_is_late_by_its_days_for_its_share_of_the_region() -> None:
    truth = SlowDelivery(region="north", extra_days=4, share=0.5)
    late, whole = shop(20_000, truths=[truth]), shop(20_000)
    expected = arrow("order", "delivery", "4 days")
    for region, factor in (("north", 0.5), ("south", 1.0)):
        where = {"traits.region": region}
        slow = count_openings(late, see(late), expected, where=where).share
        base = count_openings(whole, see(whole), expected, where=where).share
        assert slow is not None
        assert base is not None
        assert slow / base == pytest.approx(factor, abs=0.03 if factor < 1 else 1e-4)


def test_a_preference_moves_its_share_of_one_personas_steps() -> None:
    truth = PersonaPrefers(persona="calm", channel="chat", over="phone", share=0.75)
    changed, whole = shop(40_000, truths=[truth]), shop(40_000)
    for persona, chat in (("calm", 0.05 + 0.75 * 0.1), ("hasty", 0.05)):
        found = count_openings(changed, see(changed), arrow("page", "chat", "1 day"), where={"persona": persona})
        assert found.share == pytest.approx(chat, abs=0.006)
    calls = [int((see(each).touchpoint == see(each).names.index("call") + 1).sum()) for each in (changed, whole)]
    assert calls[0] < calls[1]


def test_without_a_truth_nothing_ever_changes() -> None:
    simulated = shop(150_000, 11)
    seen = see(simulated)
    expected = arrow("page", "cart", "30 minutes")
    overall = count_openings(simulated, seen, expected).share
    assert overall is not None
    chi_squared = 0.0
    weeks = [date.fromordinal(simulated.start.toordinal() + 7 * week) for week in range(9)]
    for start, end in pairwise(weeks):
        part = count_openings(simulated, seen, expected, start=start, end=end)
        assert part.share is not None
        chi_squared += (part.share - overall) ** 2 * (part.met + part.missed) / (overall * (1 - overall))
    assert chi_squared < 27  # 8 weeks, 7 degrees of freedom: 1 in 3,000
    entries = np.bincount((seen.time - simulated.tables.start) // (7 * 86_400))[:8]
    assert entries.max() / entries.min() < 1.03


def test_truths_that_cannot_be_planted_are_refused() -> None:
    for truth, words in (
        (BrokenStep(after="cart", next="chat", factor=0.5), "no step from 'cart' to 'chat'"),
        (BrokenStep(after="cart", next="order", device="mobil", factor=0.5), "did you mean 'mobile'"),
        (SlowDelivery(region="nort", extra_days=1), "did you mean 'north'"),
        (PersonaPrefers(persona="calm", channel="fax", over="phone", share=1), "both channels"),
    ):
        with pytest.raises(QuestionError, match=words):
            shop(10, truths=[truth])


def test_a_specification_without_a_way_out_is_refused() -> None:
    endless = {
        "a": {"outlet": "web", "also": {"a": {"wait": 1}, "b": {"wait": 1}}},
        "b": {"outlet": "web", "next": {"a": {"wait": 1}}},
    }
    with pytest.raises(InputError, match="hardly ever leave"):
        list(shop(5, states=endless, entry={"a": 1}).blocks())


def test_a_specification_that_shows_nobody_is_refused() -> None:
    hidden = {"a": {"outlet": None}}
    with pytest.raises(InputError, match="hardly ever shows"):
        list(shop(5, states=hidden, entry={"a": 1}).blocks())


def test_specifications_are_immutable() -> None:
    specification = specification_from(SHOP)
    assert isinstance(specification, Specification)
    with pytest.raises(AttributeError):
        specification.days = 3  # type: ignore[misc]  # this is the point
