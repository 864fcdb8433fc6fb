"""Expectations and promises drawn, changed and taken away in a map's file, with what refers to them."""

from __future__ import annotations

from difflib import ndiff
from typing import Any

import pytest

from resa.base.errors import QuestionError
from resa.journey_map import add_arrow, arrows_said, edited, load_texts, remove_arrow, write_arrow
from resa.model.journey import Expectation

MAP = """title: A shop
stages: {look: [page, advice], buy: [Cart, purchase]}
touchpoints:
  page:
    expect: {next: Cart, within: 1 day, per: properties.visit}   # soon
    pain points:
      - text: The date comes late.
        shown by: page.cart
      - Dear.
    for: {hurried: {pain_points: {text: Slow., shown_by: page.cart}}}
  Cart:
    # both ends
    expect:
      - next: purchase
        within: 4 hours
        renews: no
      - {next: look, within: 2 days, name: thinks again}
personas: {hurried: {}}
improvements:
  early_date: {should_move: page.cart}
"""


def arrows(text: str) -> dict[str, Expectation]:
    loaded = load_texts({"journey.yaml": text})
    assert not loaded.errors, [str(one) for one in loaded.errors]
    return dict(loaded.maps["journey"].expectation)


def after(*changes: Any) -> str:
    return edited("journey.yaml", MAP, *changes)


def test_what_a_file_says_of_its_arrows_is_told_by_name() -> None:
    said = arrows_said("journey.yaml", MAP)
    assert list(said) == list(arrows(MAP)) == ["page.cart", "cart.purchase", "thinks_again"]
    assert (said["cart.purchase"]["renews"], said["cart.purchase"]["kind"], said["cart.purchase"]["at"]) == (
        "no",
        "expect",
        0,
    )
    assert said["thinks_again"]["next"] == ["look"]


def test_an_arrow_is_drawn_and_all_else_stays() -> None:
    words = {"within": "2 days", "next": ["purchase"], "unless": ["page"], "renews": "no", "owner": "Bo", "name": ""}
    text = after(add_arrow("advice", "promise", words))
    drawn = arrows(text)["advice.purchase"]
    assert (drawn.kind, drawn.unless, drawn.renews, drawn.owner) == ("promise", ("page",), False, "Bo")
    assert [line for line in ndiff(MAP.splitlines(), text.splitlines()) if line[0] in "+-"] == [
        "+   advice:",
        "+     promise:",
        "+       - next: purchase",
        "+         within: 2 days",
        "+         unless: page",
        "+         owner: Bo",
        "+         renews: false",
    ]
    assert edited("journey.yaml", text, remove_arrow("advice.purchase")).replace("  advice: {}\n", "") == MAP
    again = after(add_arrow("cart", "expect", {"next": ["page"], "within": "1 hour"}))
    assert list(arrows(again)) == ["page.cart", "cart.purchase", "thinks_again", "cart.page"]


def test_an_arrow_that_leads_elsewhere_keeps_what_refers_to_it() -> None:
    text = after(write_arrow("page.cart", {"next": ["purchase", "advice"], "target": "45 %"}))
    found = load_texts({"journey.yaml": text}).maps["journey"]
    arrow = found.expectation["page.purchase"]
    assert (arrow.next, arrow.target, arrow.per) == (("purchase", "advice"), 0.45, "properties.visit")
    assert "# soon" in text
    page = found.touchpoint["page"]
    assert page.pain_points[0].shown_by == page.differences[0].pain_points[0].shown_by == "page.purchase"
    assert found.improvements[0].should_move == "page.purchase"


def test_an_expectation_becomes_a_promise_with_all_that_is_said_of_it() -> None:
    found = arrows(after(write_arrow("page.cart", {"kind": "promise", "within": "3 days"})))["page.cart"]
    assert (found.kind, found.per, found.within.amount) == ("promise", "properties.visit", 3)
    both = arrows(after(write_arrow("cart.purchase", {"kind": "promise"})))
    assert [(one.name, one.kind) for one in both.values()][1:] == [
        ("thinks_again", "expectation"),
        ("cart.purchase", "promise"),
    ]


def test_an_arrow_goes_with_what_refers_to_it() -> None:
    text = after(remove_arrow("page.cart"))
    assert list(arrows(text)) == ["cart.purchase", "thinks_again"]
    assert "shown" not in text
    assert "should_move" not in text
    assert "Dear." in text


def test_what_was_changed_meanwhile_or_is_not_there_is_refused() -> None:
    seen = arrows_said("journey.yaml", MAP)["page.cart"]
    newer = after(write_arrow("page.cart", {"within": "2 days"}))
    with pytest.raises(QuestionError, match="'within' was changed elsewhere"):
        edited("journey.yaml", newer, write_arrow("page.cart", {"within": "5 days"}, seen=seen))
    both = edited("journey.yaml", newer, write_arrow("page.cart", {"target": "5 %"}, seen=seen))
    assert (arrows(both)["page.cart"].within.amount, arrows(both)["page.cart"].target) == (2, 0.05)
    for change in (write_arrow("page.purchase", {"target": "5 %"}), remove_arrow("page.purchase")):
        with pytest.raises(QuestionError, match=r"no 'page\.purchase' any more"):
            after(change)
    with pytest.raises(QuestionError, match="no touchpoint 'nowhere'"):
        after(add_arrow("nowhere", "expect", {"next": ["cart"], "within": "1 day"}))
