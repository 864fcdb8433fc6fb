"""Numbers on a map lead to the customers behind them, or to their question; files of it lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from tests.support.screens import Visitor, visiting
from tests.support.served import new_shop

import resa

MAP = """
title: A shop
stages: {consideration: [page], conversion: [cart, purchase]}
goal: {from: page, reach: [purchase], within: 1 day, target: 50 %}
personas:
  hiker: {name: Hiker, who: "count(cart) > 0", path: [page, cart, purchase]}
touchpoints:
  page:
    pain_points: [{text: Prices come late, shown_by: page.cart}]
    expect: [{next: cart, within: 1 day, target: 20 %}]
  cart: {expect: [{next: purchase, within: 1 day}]}
signals:
  page: {event: page}
  cart: {event: cart, score: properties.score, scale: 1-5}
  purchase: {event: order}
"""
SOURCE = """
path: web.csv
columns:
  occurred_at: time
  identifiers: {user_id: user}
  event: event
  properties: {score: score}
"""
CUSTOMERS = 60
"""Each sees the page; two of three go on to the cart, one of three buys."""


def rows() -> Iterator[str]:
    yield "time,user,event,score"
    for number in range(CUSTOMERS):
        day = f"2026-05-{number % 20 + 1:02}T08"
        yield f"{day}:00:00Z,u{number},page,"
        if number % 3:
            yield f"{day}:05:00Z,u{number},cart,4"
        if number % 3 == 2:
            yield f"{day}:09:00Z,u{number},order,"


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    folder: Path = tmp_path_factory.mktemp("shop")
    new_shop(folder)
    (folder / "sources").mkdir()
    (folder / "journey.yaml").write_text(MAP, encoding="utf-8")
    (folder / "sources" / "web.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "web.csv").write_text("\n".join(rows()) + "\n", encoding="utf-8")
    with resa.open(folder) as shop:
        assert not shop.loaded.problems
        shop.collect()
    with visiting(folder, "viewer") as visitor:
        yield visitor


def drawn(html: str) -> dict[str, str]:
    """Where the links of the drawn map lead that are called something, by that."""
    picture = re.search(r"<figure.*?</figure>", html, re.DOTALL)
    assert picture is not None
    found = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)">', picture[0])
    return {unescape(name): unescape(to) for to, name in found}


def opened(viewer: Visitor, to: str) -> str:
    answer = viewer.get(to)
    while answer.status_code in {302, 303, 307}:  # a question has one address
        answer = viewer.get(answer.headers["location"])
    assert answer.status_code == 200, to
    return answer.text


def test_each_large_number_leads_to_what_it_says(viewer: Visitor) -> None:
    home = viewer.get("/").text
    large = re.search(r'<dl class="figures">.*?</dl>', home, re.DOTALL)
    assert large is not None
    shown = re.findall(r"<dt>([^<]+)</dt><dd><span class=\"value\">(.*?)</span>", large[0])
    linked = {word: re.fullmatch(r'<a href="([^"]+)">([^<]+)</a>', value) for word, value in shown}
    assert len(linked) >= 4
    for word, link in linked.items():
        assert link is not None, word
        text = opened(viewer, unescape(link[1]))
        if word in {"Customers", "Reach the goal"}:
            assert unescape(link[2]) in unescape(text), word


def test_each_number_of_the_picture_leads_to_who_is_behind_it(viewer: Visitor) -> None:
    links = drawn(viewer.get("/map/journey").text)
    behind = {
        "Page: 60 customers, 60 visits": "60 customers",
        "Cart: 40 customers, 40 visits": "40 customers",
        "Hiker: 40 customers": "40 customers",
    }
    for name, heading in behind.items():
        assert f": {heading}</h1>" in opened(viewer, links[name]), name
    shown = {
        "After Page we expect Cart within 1 day; target 20%; measured 67% (53% – 78%); on target": "Page → Cart",
        "Prices come late: Measured: 33% miss it": "Page → Cart",
        "Hiker: 50% walk it of 40": "Hiker",
        "Hiker, Cart: 20 stop": "Hiker",
        "Cart: measured score +1": "Cart",
    }
    for name, words in shown.items():
        assert words in unescape(opened(viewer, links[name])), name
    for to in links.values():
        opened(viewer, to)


def test_a_share_opens_its_own_question_with_who_missed_it(viewer: Visitor) -> None:
    html = viewer.get("/map/journey").text
    lists = html.partition('<section id="expectations">')[2]
    to = re.search(r'<a href="([^"]+)" aria-label="67%: After Page we expect Cart within 1 day">67%</a>', lists)
    assert to is not None
    question = opened(viewer, unescape(to[1]))
    missed = re.search(r'href="([^"]+column=missed[^"]*)">19</a>', question)
    assert missed is not None
    assert ": 19 customers</h1>" in opened(viewer, unescape(missed[1]))


def test_the_same_numbers_lead_on_from_the_table_and_the_touchpoint(viewer: Visitor) -> None:
    table = viewer.get("/map/journey").text.partition("<details>")[2].partition("</details>")[0]
    to = re.search(r'<td><a href="([^"]+)">40</a></td>', table)
    assert to is not None
    assert ": 40 customers</h1>" in opened(viewer, unescape(to[1]))
    page = viewer.get("/map/journey/cart").text
    to = re.search(r'href="([^"]+)" aria-label="40: Customers">40</a>', page)
    assert to is not None
    assert ": 40 customers</h1>" in opened(viewer, unescape(to[1]))


def test_numbers_of_some_days_lead_to_these_days(viewer: Visitor) -> None:
    links = drawn(viewer.get("/map/journey?from=2026-05-01&until=2026-05-10").text)
    assert ": 30 customers</h1>" in opened(viewer, links["Page: 30 customers, 30 visits"])
    arrow = next(to for name, to in links.items() if name.startswith("After Page"))
    assert "from=2026-05-01" in arrow
    assert "until=2026-05-10" in arrow


def test_personas_side_by_side_lead_to_theirs(viewer: Visitor) -> None:
    links = drawn(viewer.get("/map/journey?persona=*").text)
    assert ": 40 customers</h1>" in opened(viewer, links["Hiker: 40 customers"])
    assert "Hiker" in opened(viewer, links["Hiker: 50% walk it"])


def test_files_and_slides_lead_nowhere(viewer: Visitor) -> None:
    assert "<a " not in viewer.get("/map/journey/files/journey.svg").text
    slide = viewer.get("/map/journey/present?slide=2").text
    assert 'data-kind="expectation"' in slide
    assert "/explore/" not in slide
    assert not drawn(viewer.get("/map/journey?plain=1").text)  # there are no numbers
