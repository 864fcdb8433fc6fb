"""Customers on the screens: found without a trace in addresses, shown with all that is known, exported, erased."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from tests.support.known_customers import EVIL, Browser, made_shop, screens_of

import resa
from resa.base.showing import Listing
from resa.identity import Identifier
from resa.workspace.identities import Identity
from resa.workspace.matching import Compared, Likely
from resa.workspace.people import Role

Screens = Callable[[Role], Browser]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture(scope="module")
def screens(folder: Path) -> Iterator[Screens]:
    with screens_of(folder) as screens:
        yield screens


def address(screens: Screens, value: str, kind: str = "") -> str:
    found = screens("service").send("/customers/search", value=value, kind=kind)
    assert found.status_code == 200, found.text
    return found.url.path


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("typed", ["anna", "  ANNA@shop.se ", "+46 70-174 06 05"])
def test_she_is_found_by_whatever_she_is_called_and_her_address_says_nothing_of_it(
    screens: Screens, typed: str
) -> None:
    browser = screens("service")
    found = browser.send("/customers/search", value=typed)
    assert found.status_code == 200
    assert re.fullmatch(r"/customers/[0-9a-f]{32}", found.url.path)
    assert not found.url.query
    assert "<title>Customer" in found.text
    assert address(screens, "anna") == found.url.path
    link = browser.get(f"/customers/show?kind=user_id&value={'anna'}")
    assert link.url.path == found.url.path


def test_nobody_several_and_nothing_are_said_plainly(screens: Screens) -> None:
    browser = screens("service")
    nobody = browser.send("/customers/search", value=EVIL + "?")
    assert nobody.status_code == 404
    assert "Nobody is called exactly so" in nobody.text
    assert EVIL not in nobody.text
    several = browser.send("/customers/search", value="700")
    assert several.status_code == 200
    choices = re.findall(r'<li><a href="(/customers/[0-9a-f]{32})">The customer with this (\w+)<', several.text)
    assert [kind for _, kind in choices] == ["loyalty_card", "user_id"]
    assert len({path for path, _ in choices}) == 2
    assert address(screens, "700", "loyalty_card") == choices[0][0]
    assert browser.send("/customers/search", value="  ").status_code == 422
    assert browser.send("/customers/search", value="anna", kind="no such kind").status_code == 404
    assert browser.get("/customers/search").url.path == "/customers"
    assert "user_id" in browser.get("/customers").text


def test_a_profile_tells_all_that_is_known(screens: Screens) -> None:
    html = screens("service").get(address(screens, "anna")).text
    said = words(html)
    for expected in (
        "Last visit: Purchase, stage Conversion",
        "+46701740605",
        "Nord AB nord account buyer",
        "Lund Said before (1) Uppsala members",
        "Newsletter yes given",
        "checkout · Wording v1",
        "messages come back",
        "computed from the customer's events",
        "Regulars since",
        "6 events",
        "Cart Purchase 6 May 2026, 11:00:00",
        "Purchase promise Letter",
    ):
        assert expected in said, expected
    assert '<time datetime="2026-05-04T10:20:00Z">4 May 2026, 12:20:00</time>' in html
    assert said.index("8 May 2026 11:00:00 Purchase · web") < said.index("12:20:00 Purchase · web")
    assert EVIL not in html
    assert EVIL in unescape(html)
    evil = screens("service").get(address(screens, EVIL)).text
    assert EVIL not in evil
    assert EVIL in unescape(evil)


def test_what_is_older_is_turned_over_without_gap_and_without_twice(screens: Screens) -> None:
    browser, path = screens("service"), address(screens, "busy")
    seen: list[str] = []
    page = browser.get(path).text
    pages = 1
    while True:
        seen += re.findall(r"<dd>([ns]\d+)</dd>", page)
        older = re.search(r'href="([^"]+/events\?[^"]*before=[^"]+)"', page)
        if older is None:
            break
        page = browser.get(unescape(older[1])).text
        pages += 1
    assert pages == 4
    assert seen[:120] == [f"n{n}" for n in range(119, -1, -1)]
    assert sorted(seen[120:]) == sorted(f"s{n}" for n in range(60))
    for wrong in ("x", "1", "999999999999999999-1", "-5", "1-1-1"):
        assert browser.get(f"{path}/events?before={wrong}").status_code == 404


def test_why_and_why_not(screens: Screens) -> None:
    browser = screens("service")
    inside = words(browser.get(f"{address(screens, 'anna')}/why/regulars").text)
    assert "Regulars: the customer is in" in inside
    assert re.search(r"holds traits.orders >= 2 The customer's value: 2 · compared with >= 2", inside)
    outside = words(browser.get(f"{address(screens, 'bo')}/why/regulars").text)
    assert "Regulars: the customer is not in" in outside
    assert "does not hold traits.orders >= 2 The customer's value: 1" in outside
    assert "Fan: the customer is in" in words(browser.get(f"{address(screens, 'anna')}/why/fan").text)
    assert browser.get(f"{address(screens, 'anna')}/why/nothing").status_code == 404
    assert browser.get(f"{address(screens, 'anna')}/why/fan?map=nothing").status_code == 404
    assert browser.get(f"{address(screens, 'anna')}?map=journey").status_code == 200


@pytest.mark.parametrize("key", ["0" * 32, "zz", "a" * 31, "A" * 32, "%20", "0" * 33])
def test_an_address_of_nobody_says_so(screens: Screens, key: str) -> None:
    for path in (f"/customers/{key}", f"/customers/{key}/why/fan", f"/customers/{key}/events"):
        found = screens("service").get(path)
        assert found.status_code == 404
        assert "no customer at this address" in found.text


def test_who_is_signed_in_is_written_down(screens: Screens, folder: Path) -> None:
    path = address(screens, "bo")
    screens("service").get(path)
    screens("marketer").get(f"{path}/why/regulars")
    screens("privacy_officer").send(f"{path}/export")
    with resa.open(folder) as shop:
        told = {(one.what, one.who, one.way) for one in shop.audit.entries(("user_id", "bo"))}
    assert ("customer.show", "service@shop.se", "http") in told
    assert ("customer.why", "marketer@shop.se", "http") in told
    assert ("customer.export", "privacy_officer@shop.se", "http") in told


def test_her_data_are_one_file(screens: Screens) -> None:
    answer = screens("marketer").send(f"{address(screens, 'anna')}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="customer.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["customer.html", "customer.json"]
        assert len(json.loads(archive.read("customer.json"))["events"]) == 6


def test_who_has_no_right_to_it_is_turned_away(screens: Screens) -> None:
    path = address(screens, "anna")
    seeing: tuple[Role, ...] = ("viewer", "analyst")
    for role in seeing:
        browser = screens(role)
        for page in ("/customers", path, f"{path}/events", f"{path}/why/fan", f"{path}/erase", "/customers/review"):
            answer = browser.get(page)
            assert answer.status_code == 403
            assert "anna" not in answer.text
        assert browser.send("/customers/search", value="anna").status_code == 403
        assert browser.send(f"{path}/export").status_code == 403
        assert browser.send("/customers/review", answer="one").status_code == 403
    others: tuple[Role, ...] = ("marketer", "service")
    for role in others:
        assert screens(role).get(f"{path}/erase").status_code == 403
        assert screens(role).send(f"{path}/erase", word="erase").status_code == 403
        assert "/erase" not in screens(role).get(path).text
    assert f"{path}/erase" in screens("privacy_officer").get(path).text


def test_erasing_asks_for_a_word_and_proves_that_she_is_gone(screens: Screens, folder: Path) -> None:
    browser, path = screens("privacy_officer"), address(screens, "leaver")
    asked = browser.get(f"{path}/erase")
    assert "Events 1" in words(asked.text)
    assert "type: erase" in words(asked.text)
    wrong = browser.send(f"{path}/erase", word="yes")
    assert wrong.status_code == 422
    assert "Nothing was erased" in wrong.text
    assert browser.get(path).status_code == 200
    done = browser.send(f"{path}/erase", word=" Erase ")
    assert done.status_code == 200
    assert "Events 1" in words(done.text)
    assert "leaver" not in done.text
    assert browser.get(path).status_code == 404
    assert browser.send("/customers/search", value="leaver@shop.se").status_code == 404
    with resa.open(folder) as shop:
        assert ("customer.erase", "privacy_officer@shop.se") in {(one.what, one.who) for one in shop.audit.entries()}
        assert shop.verify() == []


def test_two_who_may_be_one_are_decided_on(screens: Screens, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = screens("service")
    assert "nobody to decide on" in browser.get("/customers/review").text
    one, other = Identifier("user_id", "twin"), Identifier("email", "twin@shop.se")
    compared = (Compared(field="town", one="Kalmar", other=EVIL, level="different", weight=-2.25),)
    pair = Likely(one=one, other=other, probability=0.83, compared=compared)
    monkeypatch.setattr(Identity, "undecided", lambda _self: Listing([pair]))
    said = browser.get("/customers/review")
    assert "83% that they are one" in said.text
    assert "town Kalmar <script>alert(1)</script> different -2.2" in words(said.text)
    assert EVIL not in said.text
    ends = {"one_kind": one.kind, "one_value": one.value, "other_kind": other.kind, "other_value": other.value}
    assert browser.send("/customers/review", **ends, answer="maybe").status_code == 404
    decided = browser.send("/customers/review", **ends, answer="one")
    assert decided.status_code == 200
    assert "nobody to decide on" in decided.text
    with resa.open(folder) as shop:
        assert shop.identity.decisions()[-1].who == "service@shop.se"
    assert address(screens, "twin") == address(screens, "twin@shop.se")
    assert browser.send("/customers/review", answer="one").status_code == 404
