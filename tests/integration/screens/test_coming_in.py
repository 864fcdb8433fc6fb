"""Who comes in: invited, signed in, out again; and who is turned away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from httpx import Response
from tests.support.screens import PASSWORD, SECRET, Visitor, visiting
from tests.support.served import new_shop

import resa
from resa.screens.frame import GUARDS
from resa.screens.signing_in import own_path

WRONG, WEAK = "not her password", "short"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shop")
    new_shop(place)
    return place


@pytest.fixture
def stranger(folder: Path) -> Iterator[Visitor]:
    with visiting(folder) as visitor:
        yield visitor


def test_who_is_not_signed_in_is_led_to_the_door_and_back(folder: Path, stranger: Visitor) -> None:
    answer = stranger.get("/map/journey?lanes=numbers")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?to=%2Fmap%2Fjourney%3Flanes%3Dnumbers")
    with resa.open(folder) as shop:
        email = stranger.sign_in(shop, "viewer")
    stranger.post("/sign-out")
    assert stranger.get("/").headers["location"].startswith("/sign-in")
    stranger.get(answer.headers["location"])
    wrong = stranger.post("/sign-in", email=email, password=WRONG, to="/map/journey")
    assert wrong.status_code == 401
    assert "resa-session" not in stranger.client.cookies
    right = stranger.post("/sign-in", email=email, password=PASSWORD, to="/map/journey")
    assert (right.status_code, right.headers["location"]) == (303, "/map/journey")
    cookie = next(one for one in right.headers.get_list("set-cookie") if one.startswith("resa-session"))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert stranger.get("/map/journey").status_code == 200


def test_behind_tls_cookies_go_by_tls_to_this_host_alone(folder: Path) -> None:
    for scheme, name in (("http", "resa-session"), ("https", "__Host-resa-session")):
        with visiting(folder) as visitor, resa.open(folder) as shop:
            visitor.client.headers["x-resa-scheme"] = scheme
            token = shop.people.invite("cecilia@shop.se")
            forms = cookie_of(visitor.get(f"/welcome/{token}"), "resa-csrf")
            own, value = forms.partition(";")[0].split("=", 1)
            visitor.client.cookies.set(own, value)
            session = cookie_of(visitor.post(f"/welcome/{token}", password=PASSWORD), name)
            assert ("; Secure" in session, "; Secure" in forms) == (scheme == "https",) * 2
            assert "; Path=/;" in session
            assert "Domain" not in session
            known = session.partition("=")[2].partition(";")[0]
            for kept, opens in (("resa-session", scheme == "http"), ("__Host-resa-session", scheme == "https")):
                visitor.client.cookies.clear()
                assert (visitor.get("/settings", cookie=f"{kept}={known}").status_code == 200) is opens
            ended = visitor.client.post(
                "/sign-out",
                data={"_csrf_token": visitor.forms},
                headers={"x-resa-secret": SECRET, "cookie": f"{name}={known}; {own}={visitor.forms}"},
                follow_redirects=False,
            )
            assert ("; Secure" in cookie_of(ended, name)) == (scheme == "https")  # else browsers would keep it
            assert shop.people.signed_in(known) is None


def cookie_of(answer: Response, name: str) -> str:
    return next(one for one in answer.headers.get_list("set-cookie") if re.match(rf"{name}(-\w+)?=", one))


def test_a_browser_that_knew_another_workspace_at_the_same_address_comes_in(folder: Path, tmp_path: Path) -> None:
    with visiting(folder) as before:
        before.get("/sign-in")
        known = before.client.cookies
    new_shop(tmp_path)
    with visiting(tmp_path) as now:
        now.client.cookies.update(known)
        now.get("/sign-in")
        assert now.post("/sign-in", email="nobody@shop.se", password=PASSWORD).status_code == 401


def test_signing_in_again_ends_the_session_of_before(folder: Path) -> None:
    with visiting(folder) as visitor, resa.open(folder) as shop:
        email = visitor.sign_in(shop, "analyst")
        before = visitor.client.cookies["resa-session"]
        elsewhere = shop.people.sign_in(email, PASSWORD)
        assert elsewhere is not None
        visitor.get("/settings")
        assert visitor.post("/sign-in", email=email, password=WRONG).status_code == 401
        assert shop.people.signed_in(before) is not None
        assert visitor.post("/sign-in", email=email, password=PASSWORD).status_code == 303
        assert visitor.client.cookies["resa-session"] != before
        assert shop.people.signed_in(before) is None
        assert shop.people.signed_in(elsewhere) is not None
        now = visitor.client.cookies["resa-session"]
        visitor.sign_in(shop, "viewer")  # somebody else, by an invitation
        assert shop.people.signed_in(now) is None


@pytest.mark.parametrize("path", ["/sign-in", "/", "/static/icon.svg", "/nothing/at/all", "/settings"])
def test_head_says_what_get_says_without_what_is_read(stranger: Visitor, path: str) -> None:
    asked = {"headers": {"x-resa-secret": SECRET}, "follow_redirects": False}
    got, head = (stranger.client.request(method, path, **asked) for method in ("GET", "HEAD"))  # type: ignore[arg-type]
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers.get("location") == got.headers.get("location")
    assert head.headers["content-security-policy"] == got.headers["content-security-policy"]


def test_a_password_is_hidden_while_it_is_typed(stranger: Visitor) -> None:
    assert (
        '<input type="password" name="password" autocomplete="current-password" required>'
        in stranger.get("/sign-in").text
    )


def test_an_invitation_holds_once_and_asks_for_a_good_password(folder: Path, stranger: Visitor) -> None:
    with resa.open(folder) as shop:
        token = shop.people.invite("bo@shop.se", "Bo", "service")
    stranger.get(f"/welcome/{token}")
    weak = stranger.post(f"/welcome/{token}", password=WEAK)
    assert weak.status_code == 422
    assert "12" in weak.text
    assert stranger.post(f"/welcome/{token}", password=PASSWORD).status_code == 303
    assert stranger.get(f"/welcome/{token}").status_code == 410
    assert stranger.post(f"/welcome/{token}", password=PASSWORD + "!").status_code == 410


def test_what_did_not_come_through_the_front_door_is_turned_away(stranger: Visitor) -> None:
    assert stranger.client.get("/sign-in").status_code == 403
    assert stranger.client.get("/sign-in", headers={"x-resa-secret": "guessed"}).status_code == 403


def test_a_form_must_come_from_a_page_of_ours(folder: Path) -> None:
    with visiting(folder, "admin") as admin:
        admin.get("/settings/people")
        asked = {"do": "invite", "email": "mallory@evil.example", "role": "admin"}
        assert admin.post("/settings/people", forms="", **asked).status_code == 403
        assert admin.post("/settings/people", forms="0" * 128, **asked).status_code == 403
        assert admin.post("/settings/people", origin="cross-site", **asked).status_code == 403
        with resa.open(folder) as shop:
            assert "mallory@evil.example" not in {one.email for one in shop.people.all()}
        assert admin.post("/settings/people", **asked).status_code == 200


def test_who_is_ended_is_out_at_once(folder: Path) -> None:
    with visiting(folder, "marketer") as visitor, resa.open(folder) as shop:
        assert visitor.get("/").status_code == 200
        shop.people.end("marketer@shop.se")
        assert visitor.get("/").status_code == 303


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb", "\\/x", "/ä"],
)
def test_nobody_is_led_to_another_site(to: str) -> None:
    assert own_path(to) == "/"


@pytest.mark.parametrize("to", ["/", "/map/journey?lanes=numbers&plain=1", "/explore/funnel?steps=a,b#table"])
def test_pages_of_ours_are_gone_on_at(to: str) -> None:
    assert own_path(to) == to


def test_how_one_reads_is_kept(stranger: Visitor) -> None:
    assert '<html lang="en">' in stranger.get("/sign-in").text
    assert '<html lang="hu">' in stranger.get("/sign-in", **{"accept-language": "de, hu;q=0.8, en;q=0.7"}).text
    assert '<html lang="nb">' in stranger.get("/sign-in", **{"accept-language": "nn-NO"}).text
    assert '<html lang="en">' in stranger.get("/sign-in", **{"accept-language": "sv;q=x"}).text
    stranger.post("/look", language="sv", theme="dark", to="/sign-in")
    assert '<html lang="sv" data-theme="dark">' in stranger.get("/sign-in").text
    stranger.post("/look", language="klingon", theme="pink", to="/sign-in")
    assert '<html lang="sv" data-theme="dark">' in stranger.get("/sign-in").text


@pytest.mark.parametrize("path", ["/sign-in", "/nothing", "/", "/static/icon.svg"])
def test_every_answer_guards_its_reader(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    for name, value in GUARDS.items():
        assert answer.headers[name] == value or (name, path) == ("cache-control", "/static/icon.svg")


def test_guessing_ends_after_ten_attempts(stranger: Visitor) -> None:
    stranger.get("/sign-in")
    guesses = [stranger.post("/sign-in", email="guessed@shop.se", password=WRONG).status_code for _ in range(11)]
    assert guesses == [401] * 10 + [429]


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(stranger: Visitor) -> None:
    stranger.get("/sign-in")

    def guess(_: int) -> int:
        return stranger.post("/sign-in", email="at_once@shop.se", password=WRONG).status_code

    with ThreadPoolExecutor(24) as many:
        found = Counter(many.map(guess, range(24)))
    assert found[401] <= 11  # one may be tried by each of two, when the last but one is
    assert found[429] == 24 - found[401]
