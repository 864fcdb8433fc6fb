"""The numbers of some days are those of questions about them, and differ from other days' as the shares do."""

from __future__ import annotations

from datetime import date

import pytest

from resa import workspace
from resa.reporting import Days, changes_between, days_before, gather_numbers

LEAP = date(2024, 2, 29)
OCTOBER = Days(since=date(2026, 10, 1), until=date(2026, 10, 31))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    folder = tmp_path_factory.mktemp("days") / "shop"
    workspace.create(folder, template="retail", language="en")
    shop = workspace.open(folder)
    shop.simulate(customers=300, start=date(2026, 6, 1), days=170)
    shop.collect()
    return shop


def test_a_map_of_some_days_has_their_numbers(shop: workspace.Workspace) -> None:
    journey_map = shop.map()
    numbers = gather_numbers(shop.measure, journey_map, days=OCTOBER)
    asked = shop.measure.touchpoints(since="2026-10-01", until="2026-10-31")
    assert numbers.touchpoints.table.equals(asked.table)
    every = gather_numbers(shop.measure, journey_map)
    assert sum(numbers.touchpoints.table["visits"].to_pylist()) < sum(every.touchpoints.table["visits"].to_pylist())
    daily, all_daily = numbers.daily["footfall"], every.daily["footfall"]
    assert (daily.since, daily.until) == (date(2026, 10, 1), date(2026, 10, 31))
    assert daily.total < all_daily.total
    counted = sum(one.count for one in numbers.scores), sum(one.count for one in every.scores)
    assert 0 < counted[0] < counted[1]


def test_changes_are_differences_of_shares_with_newcombes_interval(shop: workspace.Workspace) -> None:
    journey_map = shop.map()
    now = gather_numbers(shop.measure, journey_map, days=OCTOBER)
    before = gather_numbers(shop.measure, journey_map, days=days_before(OCTOBER))
    rows = {row["expectation"]: row for _, row in now.arrows}
    others = {row["expectation"]: row for _, row in before.arrows}
    named = {now.teller.sentence(arrow): arrow.name for arrow in journey_map.expectations}
    found = changes_between(now, before)
    assert found
    for one in found:
        row, other = rows[named[one.name]], others[named[one.name]]
        assert one.difference == pytest.approx(row["share"] - other["share"])
        down = ((row["share"] - row["low"]) ** 2 + (other["high"] - other["share"]) ** 2) ** 0.5
        up = ((row["high"] - row["share"]) ** 2 + (other["share"] - other["low"]) ** 2) ** 0.5
        assert (one.low, one.high) == pytest.approx((one.difference - down, one.difference + up))
        if one.direction == "higher":
            assert one.low > 0
        if one.direction == "same":
            assert one.low <= 0 <= one.high


@pytest.mark.parametrize(
    ("days", "years", "before"),
    [
        (OCTOBER, 0, Days(since=date(2026, 8, 31), until=date(2026, 9, 30))),
        (OCTOBER, 1, Days(since=date(2025, 10, 1), until=date(2025, 10, 31))),
        (Days(since=LEAP, until=LEAP), 1, Days(since=date(2023, 2, 28), until=date(2023, 2, 28))),
        (Days(since=date(2026, 10, 1)), 0, Days()),
    ],
)  # fmt: skip
def test_the_days_before(days: Days, years: int, before: Days) -> None:
    assert days_before(days, years=years) == before
