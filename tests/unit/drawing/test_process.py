"""The process map: happy path straight, nothing moves when it is thinned, arrows keep clear of touchpoints."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.drawing_maps import faults, groups, words
from tests.support.process_maps import SHOP, arrow, cards, crossings, lines, touchpoints

from resa.drawing import ProcessArrow, draw_process
from resa.drawing.scene import Path, Scene

ARROWS = [
    *(arrow(one, two, 400, happy=True) for one, two in zip((None, *SHOP), (*SHOP, None), strict=True)),
    arrow("page", "page", 900),
    arrow("page", "guide", 300),
    arrow("guide", "cart", 120),
    arrow("guide", "page", 150),
    arrow("cart", "page", 80),
    arrow("delivery", "page", 70),
    arrow("delivery", "help", 60),
    arrow("help", "chat", 30),
    arrow("chat", None, 25),
    arrow(None, "store", 50),
    arrow("store", None, 45),
    arrow("page", "store", 20),
    arrow("checkout", "checkout", 3),
]
ALL = (*SHOP, "guide", "help", "chat", "store")


def thinned(arrows: list[ProcessArrow], least: int) -> list[ProcessArrow]:
    return [replace(each, shown=each.happy or each.count >= least) for each in arrows]


def test_the_happy_path_stands_straight_below_itself() -> None:
    svg = draw_process(touchpoints(ALL), ARROWS, happy=SHOP)
    boxes = cards(svg.scene)
    assert len({boxes[key].left for key in SHOP}) == 1
    assert [boxes[key].top for key in SHOP] == sorted(boxes[key].top for key in SHOP)
    drawn = lines(svg.scene)
    for key in (".page", "page.cart", "cart.checkout", "checkout.purchase", "purchase.delivery", "delivery."):
        assert max(x for x, _ in drawn[key]) - min(x for x, _ in drawn[key]) < 0.01
    assert faults(svg.scene) == []
    assert crossings(svg.scene) == []


@pytest.mark.parametrize("least", [10, 60, 200, 1000])
def test_nothing_moves_when_less_is_shown(least: int) -> None:
    whole = draw_process(touchpoints(ALL), ARROWS, happy=SHOP)
    kept = touchpoints(ALL, shown=[*SHOP, "guide"] if least > 100 else ALL)
    fewer = draw_process(kept, thinned(ARROWS, least), happy=SHOP)
    assert cards(fewer.scene) == cards(whole.scene)
    assert (fewer.width, fewer.height) == (whole.width, whole.height)
    assert len(groups(fewer.scene, "transition")) == sum(each.shown for each in thinned(ARROWS, least))
    assert crossings(fewer.scene) == []


def test_every_arrow_has_its_numbers_to_point_at_and_most_have_them_written() -> None:
    svg = draw_process(touchpoints(ALL), ARROWS, happy=SHOP)
    titles = {group.key: group.title for group in groups(svg.scene, "transition")}
    assert titles["page.guide"] == "Page → Guide: 300 (25%), 300 customers, median 5 h"
    assert titles["chat."] == "Chat → End: 25 (25%), 25 customers"
    for number in ("900", "300 · 25%", "150 · 25%", "25 · 25%"):
        assert number in words(svg.scene)


def test_it_can_carry_customers_or_times() -> None:
    assert "5 h" in words(draw_process(touchpoints(ALL), ARROWS, happy=SHOP, show="median").scene)
    assert "2 days 2 h" in words(draw_process(touchpoints(ALL), ARROWS, happy=SHOP, show="p90").scene)
    by_customers = words(draw_process(touchpoints(ALL), ARROWS, happy=SHOP, show="customers").scene)
    assert "500 customers" in by_customers
    assert "·" not in by_customers


def thickness(scene: Scene) -> dict[str, float]:
    return {
        group.key: next(item.stroke_width for item in group.items if isinstance(item, Path))
        for group in groups(scene, "transition")
    }


def test_what_is_larger_is_drawn_thicker() -> None:
    thick = thickness(draw_process(touchpoints(ALL), ARROWS, happy=SHOP).scene)
    assert thick["page.cart"] > thick["page.guide"] > thick["chat."]
    of_more = thickness(draw_process(touchpoints(ALL), ARROWS, happy=SHOP, most=1800).scene)
    assert of_more["page.cart"] < thick["page.cart"]


@pytest.mark.parametrize(
    ("keys", "arrows"),
    [
        (("a",), [arrow(None, "a", 5), arrow("a", None, 5)]),
        (("a", "b"), [arrow(None, "a", 5), arrow("a", "b", 4), arrow("b", "a", 3), arrow("b", None, 1)]),
        (("a", "b", "c", "d"), [arrow("a", "b", 5), arrow("b", "a", 4), arrow("c", "d", 3), arrow("d", "d", 2)]),
        (("a", "b", "c"), [arrow("a", "b", 1), arrow("b", "c", 1), arrow("c", "a", 1)]),
        (("a", "b"), []),
    ],
    ids=["one", "two ways", "in two parts", "circle", "no arrows"],
)
def test_small_and_odd_ones(keys: tuple[str, ...], arrows: list[ProcessArrow]) -> None:
    for happy in ((), keys[:2]):
        svg = draw_process(touchpoints(keys), arrows, happy=happy)
        assert set(cards(svg.scene)) == set(keys)
        assert len(groups(svg.scene, "transition")) == len(arrows)
        assert faults(svg.scene) == []
        assert crossings(svg.scene) == []


def test_without_touchpoints_it_says_so() -> None:
    svg = draw_process([], [])
    assert "No data yet" in words(svg.scene)
    assert svg.tables == ()


def test_readers_who_do_not_see_it_get_the_happy_path_and_the_tables() -> None:
    svg = draw_process(touchpoints(ALL, shown=[*SHOP, "guide"]), thinned(ARROWS, 200), happy=SHOP)
    assert svg.scene.description.endswith("Happy path: Page → Cart → Checkout → Purchase → Delivery.")
    arrows, stops = svg.tables
    assert ("Page", "Guide", "300", "25%", "300", "5 h", "2 days 2 h") in arrows.rows
    assert [row[0] for row in stops.rows] == ["Page", "Cart", "Checkout", "Purchase", "Delivery", "Guide"]


def test_two_groups_on_one_map_are_coloured_where_they_differ() -> None:
    arrows = [
        replace(arrow("page", "cart", 9, happy=True), share=0.4, other_share=0.3, direction="higher"),
        replace(arrow("cart", None, 9), share=0.1, other_share=0.2, direction="lower"),
        replace(arrow("page", "page", 9), share=0.5, other_share=0.5, direction="same"),
    ]
    svg = draw_process(touchpoints(("page", "cart")), arrows, happy=("page", "cart"), show="share")
    colours = {
        group.key: next(item.stroke for item in group.items if isinstance(item, Path))
        for group in groups(svg.scene, "transition")
    }
    assert colours == {"page.cart": "accent", "cart.": "below", "page.page": "line"}
    assert "40% / 30%" in words(svg.scene)
    assert faults(svg.scene) == []
