"""Where a map's file says what, also of a file with mistakes."""

from __future__ import annotations

from importlib.resources import files

import pytest

from resa.documents import read_document, spelling, walk
from resa.journey_map import innermost, normalised, places_of

MAP = """title: A shop   # not on the wall
stages:
  - look: [Product page]
  - buy: [cart]
touchpoints:
  Product page: {expect: {next: cart, within: 1 day}, owner: Anna, actions: Looks.}

  # of the cart
  cart:
    owner: Bo
    Pain points:
    - text: Slow.
      source: calls
    - Dear.   # and it is
    # behind it
    questions: >
      How
      much?

    expect:
      - next: buy
        within: 1 day
      - {next: product page, within: 2 days}
signals:
  cart: {event: product_added}
"""


@pytest.mark.parametrize(
    ("line", "words", "place"),
    [
        (1, "A shop", None),
        (3, "look", ("", "look")),
        (4, "cart", ("", "buy")),
        (6, "Product", ("product_page", "")),
        (6, "next", ("product_page", "expect.0")),
        (6, "1 day", ("product_page", "expect.0")),
        (6, "Anna", ("product_page", "")),
        (6, "Looks", ("product_page", "actions")),
        (8, "of the", None),
        (10, "Bo", ("cart", "")),
        (11, "Pain", ("cart", "pain_points")),
        (13, "calls", ("cart", "pain_points")),
        (17, "How", ("cart", "questions")),
        (18, "much", ("cart", "questions")),
        (20, "expect", ("cart", "expect")),
        (22, "1 day", ("cart", "expect.0")),
        (23, "2 days", ("cart", "expect.1")),
        (25, "product_added", ("cart", "signal")),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_each_word_belongs_to_what_it_stands_in(
    line: int, words: str, place: tuple[str, str] | None, ends: str
) -> None:
    text = MAP.replace("\n", ends)
    column = MAP.splitlines()[line - 1].index(words) + 1
    assert innermost(places_of("journey.yaml", text), (line, column)) == place


def test_comments_behind_an_entry_are_none_of_it() -> None:
    span = places_of("journey.yaml", MAP)[("cart", "pain_points")]
    assert (span.start, span.end) == ((11, 5), (14, 12))
    assert str(span) == "11:5-14:12"


def test_a_file_with_mistakes_has_places_too() -> None:
    wrong = MAP.replace("owner: Bo", "owner: [Bo").replace("within: 1 day\n", "within:\n")
    assert ("cart", "expect") in places_of("journey.yaml", wrong)
    for text in ("", "just words", "- a\n- b\n", "touchpoints:\n", "touchpoints: [a, {b: c}]\nstages: x\n", "\t{"):
        assert innermost(places_of("journey.yaml", text), (1, 1)) is None


@pytest.mark.parametrize("template", ["retail", "b2b", "webshop"])
def test_all_that_is_said_of_touchpoints_is_found(template: str) -> None:
    text = files("resa").joinpath("workspace_templates", template, "journey.yaml").read_text(encoding="utf-8")
    document = read_document("journey.yaml", text)
    assert document.root is not None
    places = places_of("journey.yaml", text)
    said = [(path, node) for path, node, _ in walk(document.root) if len(path) > 1 and path[0] == "touchpoints"]
    for path, node in said:
        found = innermost(places, document.source.position(node.start))
        assert found is not None
        assert found[0] == normalised(str(path[1]))
        lane = spelling(str(path[2])) if len(path) > 2 else ""
        assert found[1].partition(".")[0] in {lane, ""}, path
    assert len(said) > 100
