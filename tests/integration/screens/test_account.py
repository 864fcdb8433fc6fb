"""One's own account on screen: another password, a second factor, and signing in with it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher
from tests.support.screens import PASSWORD, Visitor, visiting
from tests.support.served import new_shop

import resa
from resa.screens import signing_in
from resa.screens.attempts import Attempts
from resa.workspace import passwords
from resa.workspace.people import Person

WRONG, OTHER = "not her password", "a lamp over the quay"
FACTOR, EMAIL = "/settings/account/factor", "admin@shop.se"


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """How costly passwords are is tested elsewhere."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    nobodys = cheap.hash("nobody's")
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    monkeypatch.setattr(passwords, "_nobodys", lambda: nobodys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_shop(tmp_path)
    return tmp_path


@pytest.fixture
def shop(folder: Path) -> Iterator[resa.Workspace]:
    with resa.open(folder) as opened:
        yield opened


@pytest.fixture
def admin(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "admin") as visitor:
        yield visitor


def person(shop: resa.Workspace, email: str = EMAIL) -> Person:
    found = shop.people.called(email)
    assert found is not None
    return found


def set_up(visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Turn a second factor on, as somebody does who reads the pages; its codes, from the next half minute on."""
    visitor.get("/settings/account")
    begun = visitor.post(f"{FACTOR}/begin", password=PASSWORD)
    assert (begun.status_code, begun.headers["location"]) == (303, FACTOR)
    found = re.search(r"<pre>([A-Z2-7]{32})</pre>", visitor.get(FACTOR).text)
    assert found is not None
    codes = pyotp.TOTP(found.group(1))
    answer = visitor.post(FACTOR, code=codes.at(time.time() - 30))
    assert answer.status_code == 200
    return codes, re.findall(r"(?:[a-z2-7]{4}-){5}[a-z2-7]{4}", answer.text)


def test_the_password_is_changed_by_who_knows_it(shop: resa.Workspace, admin: Visitor) -> None:
    elsewhere = shop.people.sign_in(EMAIL, PASSWORD) or ""
    admin.get("/settings/account")
    assert admin.post("/settings/account", old=WRONG, password=OTHER).status_code == 401
    weak = admin.post("/settings/account", old=PASSWORD, password="short")  # noqa: S106 - of tests
    assert weak.status_code == 422
    assert "12 characters" in weak.text
    assert shop.people.signed_in(elsewhere)
    done = admin.post("/settings/account", old=PASSWORD, password=OTHER)
    assert (done.status_code, done.headers["location"]) == (303, "/settings/account")
    assert "signed out everywhere else" in admin.get(done.headers["location"]).text
    assert shop.people.signed_in(elsewhere) is None
    assert shop.people.sign_in(EMAIL, OTHER)
    assert shop.people.sign_in(EMAIL, PASSWORD) is None


def test_a_password_that_is_asked_again_is_no_better_guessed(admin: Visitor) -> None:
    admin.get("/settings/account")
    guesses = [admin.post("/settings/account", old=WRONG, password=OTHER).status_code for _ in range(5)]
    guesses += [admin.post(f"{FACTOR}/begin", password=WRONG).status_code for _ in range(5)]
    assert guesses == [401] * 10
    assert admin.post("/settings/account", old=PASSWORD, password=OTHER).status_code == 429
    assert admin.post(f"{FACTOR}/begin", password=PASSWORD).status_code == 429


def test_from_nothing_to_a_second_factor_and_in_by_it(shop: resa.Workspace, admin: Visitor) -> None:
    codes, recovery = set_up(admin)
    assert len(recovery) == 10
    assert person(shop).has_factor
    text = admin.get("/settings/account").text
    assert "10 recovery codes are left" in text
    assert not [code for code in recovery if code in text]
    admin.post("/sign-out")
    admin.get("/sign-in?to=/map")
    asked = admin.post("/sign-in", email=EMAIL, password=PASSWORD, to="/map")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in/code?to=%2Fmap")
    assert "resa-session" not in admin.client.cookies or not admin.client.cookies["resa-session"]
    cookie = next(one for one in asked.headers.get_list("set-cookie") if one.startswith("resa-code="))
    assert ("HttpOnly" in cookie, "Max-Age=600" in cookie, "SameSite=lax" in cookie) == (True, True, True)
    assert admin.get("/settings").status_code == 303
    assert admin.get("/sign-in/code?to=/map").status_code == 200
    assert admin.post("/sign-in/code", code="000000", to="/map").status_code == 401
    done = admin.post("/sign-in/code", code=codes.now(), to="/map")
    assert (done.status_code, done.headers["location"]) == (303, "/map")
    assert admin.get("/settings").status_code == 200
    assert admin.get("/sign-in/code").headers["location"] == "/sign-in?to=%2F"
    admin.post("/sign-out")
    admin.get("/sign-in")
    admin.post("/sign-in", email=EMAIL, password=PASSWORD)
    assert admin.post("/sign-in/code", code=codes.now()).status_code == 401  # it was used
    assert admin.post("/sign-in/code", code=recovery[0], to="//evil.example").headers["location"] == "/"


def test_the_picture_is_one_that_runs_and_loads_nothing(admin: Visitor) -> None:
    admin.get("/settings/account")
    assert admin.get(FACTOR).headers["location"] == "/settings/account"
    admin.post(f"{FACTOR}/begin", password=PASSWORD)
    text = admin.get(FACTOR).text
    found = re.search(r'<div class="code_picture">(<svg.*?</svg>)</div>', text, re.DOTALL)
    assert found is not None
    tags = Tags()
    tags.feed(found.group(1))
    assert {name for name, _ in tags.found} <= {"svg", "title", "path", "g"}
    assert not {"style", "class", "href"} & {key for _, attributes in tags.found for key in attributes}


class Tags(HTMLParser):
    """What a picture is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_it_is_turned_off_by_password_and_code(shop: resa.Workspace, admin: Visitor) -> None:
    codes, recovery = set_up(admin)
    admin.get("/settings/account")
    assert admin.post(f"{FACTOR}/end", password=WRONG, code=codes.now()).status_code == 401
    assert admin.post(f"{FACTOR}/end", password=PASSWORD, code="000000").status_code == 401
    assert admin.post("/settings/account/recovery-codes", password=WRONG, code=recovery[0]).status_code == 401
    again = admin.post("/settings/account/recovery-codes", password=PASSWORD, code=recovery[0])
    fresh = re.findall(r"(?:[a-z2-7]{4}-){5}[a-z2-7]{4}", again.text)
    assert len(set(fresh) - set(recovery)) == 10
    assert admin.post(f"{FACTOR}/begin", password=PASSWORD).status_code == 303
    assert person(shop).has_factor
    assert admin.post(f"{FACTOR}/end", password=PASSWORD, code=codes.now()).status_code == 303
    assert not person(shop).has_factor


def test_codes_are_guessed_ten_times(admin: Visitor, shop: resa.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    codes, _ = set_up(admin)
    admin.post("/sign-out")
    admin.get("/sign-in")
    admin.post("/sign-in", email=EMAIL, password=PASSWORD)

    def guess(_: int) -> int:
        return admin.post("/sign-in/code", code="000000").status_code

    with ThreadPoolExecutor(8) as many:
        found = Counter(many.map(guess, range(16)))
    assert found[401] <= 11  # one may be tried by each of two, when the last but one is
    assert found[429] == 16 - found[401]
    monkeypatch.setattr(signing_in, "address_of", lambda _: "elsewhere")
    assert admin.post("/sign-in/code", code=codes.now()).status_code == 429
    assert 0 < Attempts("codes").wait(shop.store, EMAIL, "elsewhere") <= 900  # of a server that starts anew, too


def test_whose_role_asks_for_it_sees_nothing_before(folder: Path, shop: resa.Workspace) -> None:
    (folder / "resa.toml").write_text('second_factor_for = ["admin"]\n')
    with visiting(folder) as visitor, visiting(folder) as analyst:
        visitor.sign_in(shop, "admin")
        analyst.sign_in(shop, "analyst")
        assert analyst.get("/map/journey").status_code == 200
        for path in ("/", "/map/journey", "/settings/people", "/customers"):
            assert visitor.get(path).headers["location"] == "/settings/account"
        assert visitor.post("/settings/people", do="invite", email="bo@shop.se", role="admin").status_code == 303
        assert shop.people.called("bo@shop.se") is None
        assert "asks for a second factor" in visitor.get("/settings/account").text
        codes, _ = set_up(visitor)
        assert visitor.get("/map/journey").status_code == 200
        text = visitor.get("/settings/account").text
        assert f"{FACTOR}/end" not in text
        assert visitor.post(f"{FACTOR}/end", password=PASSWORD, code=codes.now()).status_code == 422
        assert person(shop).has_factor


def test_an_admin_takes_a_lost_one_away(folder: Path, shop: resa.Workspace, admin: Visitor) -> None:
    with visiting(folder, "viewer") as viewer:
        set_up(viewer)
        assert admin.get("/settings/people").text.count('value="reset_factor"') == 1
        assert viewer.post("/settings/people", do="reset_factor", email="viewer@shop.se").status_code == 403
        assert admin.post("/settings/people", do="reset_factor", email="viewer@shop.se").status_code == 303
        assert not person(shop, "viewer@shop.se").has_factor
        assert viewer.get("/").status_code == 303
        assert admin.post("/settings/people", do="reset_factor", email="viewer@shop.se").status_code == 422


def test_settings_of_who_may_come_in_hold_at_once_and_others_later(folder: Path, shop: resa.Workspace) -> None:
    file = folder / "resa.toml"
    with visiting(folder) as visitor:
        visitor.sign_in(shop, "admin")
        file.write_text('second_factor_for = ["analyst"]\nspare_bytes = 12345\n')
        page = visitor.get("/settings/file").text
        assert "holding from the next start: spare_bytes" in page
        file.write_text('second_factor_for = ["admin"]\nport = "no number"\n')
        wrong = visitor.get("/settings/file")
        assert wrong.status_code == 200, "what is wrong changes nothing"
        assert "resa.toml:2" in wrong.text
        file.write_text('second_factor_for = ["admin"]\n')
        assert visitor.get("/map/journey").headers["location"] == "/settings/account"
        file.unlink()
        assert visitor.get("/map/journey").status_code == 303, "a file that is gone opens no door"
        file.write_text('second_factor_for = ["analyst"]\n')
        assert visitor.get("/map/journey").status_code == 200
        file.unlink()
        file.mkdir()  # as a file is that the server may not read
        assert visitor.get("/map/journey").status_code == 200
        assert "it cannot be read" in visitor.get("/settings/file").text
        file.rmdir()


def test_a_provider_that_is_named_is_shown_at_the_door_at_once(folder: Path) -> None:
    file = folder / "resa.toml"
    file.write_text('public_address = "https://resa.shop.se"\n')
    with visiting(folder) as stranger:
        assert "Shop Login" not in stranger.get("/sign-in").text
        named = 'oidc_issuer = "https://id.shop.se"\noidc_client_id = "resa"\noidc_name = "Shop Login"\n'
        file.write_text(f'public_address = "https://other.shop.se"\n{named}')
        assert "Shop Login" not in stranger.get("/sign-in").text, "its address holds from the next start"
        file.write_text(f'public_address = "https://resa.shop.se"\n{named}')
        assert "Shop Login" in stranger.get("/sign-in").text
