"""How long the link of a start holds, and for whom: that of the first person, and that of a demo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.screens import PASSWORD, Visitor, visiting
from tests.support.served import new_shop

import resa
from resa.workspace.first_links import FIRST_SECONDS, NO_LINK, FirstLink

NOW = datetime.now(UTC)
HOUR = timedelta(seconds=FIRST_SECONDS)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    new_shop(tmp_path)
    return tmp_path


def invited(folder: Path, holds: timedelta = HOUR) -> str:
    with resa.open(folder) as shop:
        return shop.people.invite("demo@example.com", "Demo", "admin", holds=holds)


def here(visitor: Visitor, path: str) -> tuple[int, str]:
    answer = visitor.get(path, **{"x-resa-here": "yes"})
    return answer.status_code, answer.headers.get("location", "")


def test_a_process_tells_another_of_it_and_not_the_secret() -> None:
    secret, link = FirstLink.new(NOW)
    said = str(link)
    assert secret not in said
    assert FirstLink.read(said) == link
    assert link.is_of("setup", secret)
    assert not link.is_of("demo", secret)
    assert FirstLink.read(str(NO_LINK)) == NO_LINK
    for kind in ("setup", "demo", ""):
        assert not NO_LINK.is_of(kind, "")


def test_the_first_person_comes_within_an_hour(shop: Path) -> None:
    secret, link = FirstLink.new(datetime.now(UTC) - HOUR + timedelta(minutes=1))
    with visiting(shop, first=link) as visitor:
        assert visitor.get(f"/setup/{secret}").status_code == 200
    secret, link = FirstLink.new(datetime.now(UTC) - HOUR)
    with visiting(shop, first=link) as visitor:
        visitor.get("/sign-in")
        assert visitor.get(f"/setup/{secret}").status_code == 410
        assert visitor.post(f"/setup/{secret}", email="anna@shop.se", password=PASSWORD).status_code == 410
    with resa.open(shop) as opened:
        assert list(opened.people.all()) == []


@pytest.mark.parametrize(("email", "password"), [("anna", PASSWORD), ("", PASSWORD), ("anna@shop.se", "short")])
def test_what_cannot_be_taken_is_said_and_the_link_holds(shop: Path, email: str, password: str) -> None:
    secret, link = FirstLink.new(NOW)
    with visiting(shop, first=link) as visitor:
        visitor.get(f"/setup/{secret}")
        answer = visitor.post(f"/setup/{secret}", email=email, name="<b>Anna", password=password)
        assert answer.status_code == 422
        assert "<b>" not in answer.text
        assert password not in answer.text
        answer = visitor.post(f"/setup/{secret}", email="anna@shop.se", name="Anna", password=PASSWORD)
        assert answer.status_code == 303
        assert visitor.get("/settings/people").status_code == 200


def test_the_demo_signs_in_once_and_only_on_this_machine(shop: Path) -> None:
    token = invited(shop)
    with visiting(shop, first=FirstLink.of("demo", token, NOW)) as visitor:
        assert visitor.get(f"/demo/{token}").status_code == 404  # from elsewhere
        assert here(visitor, f"/demo/{token}A")[0] == 404
        assert here(visitor, f"/setup/{token}")[0] == 404
        assert here(visitor, f"/demo/{token}") == (303, "/")
        assert visitor.get("/settings/people").status_code == 200
        assert "1 of 5" in visitor.get("/").text
        assert here(visitor, f"/demo/{token}") == (303, "/")  # the same browser again
        visitor.client.cookies.clear()
        assert here(visitor, f"/demo/{token}")[0] == 410
        assert visitor.get("/settings/people").status_code == 303
    with resa.open(shop) as opened:
        assert not opened.people.anybody()  # nobody ever set a password
        assert opened.people.sign_in("demo@example.com", "") is None


def test_an_invitation_opens_the_demos_door_only_where_a_demo_was_started(shop: Path) -> None:
    token = invited(shop)
    secret, link = FirstLink.new(NOW)
    for first in (NO_LINK, link):
        with visiting(shop, first=first) as visitor:
            assert here(visitor, f"/demo/{token}")[0] == 404
            assert here(visitor, f"/demo/{secret}")[0] == 404


def test_the_demos_door_shuts_after_an_hour(shop: Path) -> None:
    token = invited(shop)
    with visiting(shop, first=FirstLink.of("demo", token, NOW - HOUR)) as visitor:
        assert here(visitor, f"/demo/{token}")[0] == 410
    token = invited(shop, holds=timedelta(seconds=0.000001))
    with visiting(shop, first=FirstLink.of("demo", token, NOW)) as visitor:
        assert here(visitor, f"/demo/{token}")[0] == 410
