"""What stands in pictures is called as people call it, in the language of the map."""

from __future__ import annotations

from dataclasses import replace

from tests.support.drawing_maps import FULL

from resa.analytics.results.names import NOT_KNOWN, OTHER_GROUPS, arrow_name, grouping_name, label_name
from resa.model.journey import Expectation, Touchpoint
from resa.model.quantities import parse_duration


def test_an_arrow_is_called_by_its_touchpoints_unless_it_has_a_name_of_its_own() -> None:
    assert arrow_name(FULL, "cart.purchase") == "Cart → Purchase"
    assert arrow_name(FULL, "page.cart") == "Product page → Cart or Store visit"
    assert arrow_name(replace(FULL, language="sv"), "page.cart") == "Product page → Cart eller Store visit"
    assert arrow_name(FULL, "again") == "again"


def test_an_arrow_to_a_whole_stage_is_called_by_the_stage() -> None:
    arrow = Expectation(
        name="cart.buy",
        kind="expectation",
        after="cart",
        next=("cart", "purchase"),
        written="buy",
        within=parse_duration("1 day"),
    )
    touchpoints = tuple(
        Touchpoint(key=one.key, name=one.name, stage=one.stage, expectations=(arrow,) if one.key == "cart" else ())
        for one in FULL.touchpoints
    )
    assert arrow_name(replace(FULL, touchpoints=touchpoints), "cart.buy") == "Cart → Buys"


def test_groups_and_what_is_not_known_are_said_in_the_language() -> None:
    assert [grouping_name(by, "hu") for by in ("persona", "device", "month")] == ["perszóna", "eszköz", "hónap"]
    assert grouping_name("traits.gift_share", "hu") == "gift share"
    assert [label_name(label, "sv") for label in (NOT_KNOWN, OTHER_GROUPS, "mobile")] == ["Okänt", "Övriga", "mobile"]
