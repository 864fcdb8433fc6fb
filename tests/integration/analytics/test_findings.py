"""The places that `findings` lists, on whole journeys with a truth planted or none."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from tests.support.small_store import START, Happened, SmallStore, expect, small_map

from resa.analytics import Measure
from resa.analytics.findings.unusual import FAMILY_WISE

WEEK = 7 * 86_400


def journeys(
    seed: int, *, broken: float = 0.6, mended: int = 7, slow: bool = False
) -> tuple[list[Happened], dict[int, dict[str, object]]]:
    """3,000 customers in twelve weeks; phones meet less (`broken`) from week 5 to `mended`; the north may be slow."""
    source = random.Random(seed)  # noqa: S311  # a reproducible test, no secret
    events: list[Happened] = []
    traits: dict[int, dict[str, object]] = {}
    for customer in range(3_000):
        at, device = source.uniform(0, 12 * WEEK), source.choice(["phone", "desk"])
        region = source.choice(["north", "south", "west"])
        traits[customer] = {"region": region}
        chance = 0.6
        if device == "phone" and 5 * WEEK <= at < mended * WEEK:
            chance = broken
        if slow and region == "north":
            chance = 0.4
        events.append(Happened(customer=customer, at=round(at, 6), event="a", device=device, channel="web"))
        if source.random() < chance:
            events.append(Happened(customer=customer, at=round(at + 60, 6), event="b", device=device, value=200.0))
    events.append(Happened(customer=3_000, at=13 * WEEK, event="x"))
    return events, traits


def measure_of(seed: int, *, target: float | None = None, **planted: Any) -> Measure:
    events, traits = journeys(seed, **planted)
    journey_map = small_map(expect("a", "b", "1 hour", target=target))
    store = SmallStore(events, {"shop": journey_map}, traits=traits)
    return Measure(store, store.maps)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_planted_nothing_found(seed: int) -> None:
    found = measure_of(seed).findings()
    assert found.tests > 100
    assert found.places == ()


@pytest.mark.parametrize("seed", range(3))
def test_a_device_that_was_broken_is_the_first_finding(seed: int) -> None:
    place = measure_of(seed, broken=0.15).findings().places[0]
    assert (place.reason, place.attribute, place.value) == ("unusual", "device", "phone")
    assert place.since is not None
    assert place.until is not None
    assert (place.since - START.date()).days == 5 * 7
    assert (place.until - START.date()).days == 7 * 7 - 1
    assert place.p_value is not None
    assert place.p_value < 0.001
    assert place.share < 0.3 < place.reference
    assert place.value_at_most == pytest.approx(place.lost_at_most * 200 * 100, rel=0.05)
    assert len(place.people) == round((1 - place.share) * place.openings)


def test_a_trouble_that_goes_on_has_no_last_day() -> None:
    place = measure_of(1, broken=0.15, mended=12).findings().places[0]
    assert place.since is not None
    assert (place.since - START.date()).days == 5 * 7
    assert place.until is None


@pytest.mark.parametrize("seed", range(3))
def test_a_device_that_did_better_is_found_as_a_rise_that_costs_nothing(seed: int) -> None:
    place = measure_of(seed, broken=0.95).findings().places[0]
    assert (place.reason, place.attribute, place.value, place.rise) == ("unusual", "device", "phone", True)
    assert place.since is not None
    assert (place.since - START.date()).days == 5 * 7
    assert place.reference < 0.7
    assert place.share > 0.9
    assert (place.lost_at_most, place.value_at_most) == (0, 0)


def test_what_is_called_unusual_stays_so_after_counting_all_tests() -> None:
    """Faint troubles: some stand out by themselves, but not among all that was looked at."""
    faint = [measure_of(1, broken=chance).findings().places for chance in (0.54, 0.52, 0.5, 0.48, 0.46, 0.4)]
    assert all((place.p_value or 0) <= FAMILY_WISE for places in faint for place in places)
    assert not faint[0]
    assert faint[-1]


def test_a_region_that_is_always_slow_is_found() -> None:
    place = measure_of(7, slow=True).findings().places[0]
    assert (place.attribute, place.value, place.since) == ("traits.region", "north", None)


def test_below_target_is_held_against_the_target_never_against_everybody() -> None:
    place = measure_of(1, target=0.8).findings().places[0]
    assert (place.reason, place.attribute, place.reference) == ("below target", None, 0.8)
    assert place.lost_at_most == math.ceil(round((0.8 - place.share) * place.openings, 6))
    assert place.document["p_value"] is None


def repeated(customers: int, openings: int, met: int) -> Measure:
    """So many customers with so many openings each, far apart; some of them meet their first one, worth 100."""
    events = [Happened(customer=c, at=n * 5 * 86_400, event="a") for c in range(customers) for n in range(openings)]
    events += [Happened(customer=c, at=60, event="b", value=100) for c in range(met)]
    events.append(Happened(customer=customers, at=60 * 86_400, event="x"))
    store = SmallStore(events, {"shop": small_map(expect("a", "b", "1 day", target=0.5))})
    return Measure(store, store.maps)


def test_what_is_lost_at_most_where_customers_come_again() -> None:
    """Of 400 openings 10 are met and 200 should be: 190 are missing, and 90 of the 100 customers never met it."""
    (place,) = repeated(100, 4, 10).findings().places
    assert (place.openings, place.customers) == (400, 100)
    assert (place.lost_at_most, place.value_at_most) == (90, 19_000 * 100)


@pytest.mark.parametrize(("openings", "found"), [(9, 0), (10, 1)])
def test_too_few_openings_to_say_are_no_finding(openings: int, found: int) -> None:
    measure = repeated(openings, 1, 0)
    verdict = measure.expectations().table.column("verdict").to_pylist()
    assert len(measure.findings().places) == found
    assert verdict == ["below target" if found else "too few to say"]


def test_at_target_is_no_finding() -> None:
    assert measure_of(1, target=0.6).findings().places == ()


@pytest.mark.parametrize("planted", [{"broken": 0.15}, {"slow": True}, {"target": 0.8}, {"broken": 0.95}], ids=str)
def test_the_sql_of_a_place_gives_its_numbers(planted: dict[str, Any]) -> None:
    measure = measure_of(1, **planted)
    place = measure.findings().places[0]
    row = measure.sql(place.sql).to_pylist()[0]
    assert (row["openings"], row["customers"]) == (place.openings, place.customers)
    assert [row["share"], row["low"], row["high"]] == pytest.approx([place.share, place.low, place.high], abs=1e-9)


def test_the_document_says_all_but_the_people() -> None:
    place = measure_of(1, broken=0.95).findings().places[0]
    assert place.document["rise"] is True
    assert place.document["sql"] == place.sql
    assert "people" not in place.document


def test_the_sql_of_a_fall_below_history_gives_its_numbers() -> None:
    """A fall of everybody in the last four weeks, too faint to be unusual."""
    events, traits = journeys(3)
    late = [
        event
        for event in events
        if event.event != "b" or event.customer % 6 or (isinstance(event.at, float) and event.at < 8 * WEEK)
    ]
    store = SmallStore(late, {"shop": small_map(expect("a", "b", "1 hour"))}, traits=traits)
    measure = Measure(store, store.maps)
    place = measure.findings().places[0]
    assert place.reason == "below history"
    row = measure.sql(place.sql).to_pylist()[0]
    assert (row["openings"], row["customers"], row["share"]) == (place.openings, place.customers, place.share)
