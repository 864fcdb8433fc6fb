"""Coming in by the company's provider: the whole way, and whoever tries another one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx import Response
from joserfc.jwk import RSAKey
from tests.support.company_provider import CLIENT, SECRET, CompanyProvider, providing, signed_by_public_key, unsigned
from tests.support.screens import PASSWORD, Visitor, visiting
from tests.support.served import new_shop

import resa
from resa.screens.attempts import Attempts
from resa.workspace import providers

WRONG = "another secret"


@pytest.fixture(scope="module")
def company() -> Iterator[CompanyProvider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, company: CompanyProvider) -> Path:
    place = tmp_path_factory.mktemp("shop")
    new_shop(place)
    settings(place, company)
    with resa.open(place) as shop:
        for name in ("anna", "bo", "cecilia"):
            shop.people.invite(f"{name}@shop.se", role="analyst")
    return place


def settings(place: Path, company: CompanyProvider, more: str = "") -> None:
    (place / "resa.toml").write_text(
        f'oidc_issuer = "{company.issuer}"\noidc_client_id = "{CLIENT}"\noidc_name = "Shop Login"\n'
        f'oidc_address = "https://resa.shop.se"\n{more}'
    )


@pytest.fixture(autouse=True)
def anew(company: CompanyProvider, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESA_OIDC_SECRET", SECRET)
    company.as_new()
    settings(folder, company)
    monkeypatch.setattr("resa.screens.company._TRIES", Attempts())  # all tests come from one address
    providers.provider_of.cache_clear()


@pytest.fixture
def visitor(folder: Path) -> Iterator[Visitor]:
    with visiting(folder) as found:
        yield found


def begin(visitor: Visitor, to: str = "/") -> str:
    """Ask to be led to the provider; its address."""
    answer = visitor.get(f"/sign-in/company?{urlencode({'to': to})}")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_back(visitor: Visitor, **said: str) -> Response:
    return visitor.get(f"/sign-in/company/back?{urlencode(said)}")


def sign_in(visitor: Visitor, company: CompanyProvider, to: str = "/") -> Response:
    return come_back(visitor, **company.allow(begin(visitor, to)))


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/settings").status_code == 200


def reason(folder: Path) -> object:
    """Why nobody came in the last time, as the log says."""
    with resa.open(folder) as shop:
        entry = shop.audit.entries(newest=1)[0]
    assert (entry.what, entry.who) == ("person.sign_in_failed", "")
    assert entry.detail["by"] == "oidc"
    return entry.detail["why"]


def turned_away(visitor: Visitor, folder: Path, answer: Response, why: str, status: int = 403) -> None:
    assert answer.status_code == status, answer.text
    assert not is_in(visitor)
    assert reason(folder) == why


def test_the_whole_way(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    page = visitor.get("/sign-in?to=/map/journey").text
    assert 'href="/sign-in/company?to=/map/journey"' in page
    assert "Sign in with Shop Login" in page
    assert 'name="password"' in page
    assert company.asked == {}, "nothing is asked before somebody uses it"
    led = visitor.get("/sign-in/company?to=/map/journey")
    kept = next(one for one in led.headers.get_list("set-cookie") if one.startswith("resa-company="))
    assert {"HttpOnly", "SameSite=lax", "Max-Age=600", "Path=/"} <= set(kept.split("; "))
    assert led.headers["location"].startswith(f"{company.issuer}/authorize?")
    said = company.allow(led.headers["location"])
    asked = company.codes[said["code"]]
    assert asked["redirect_uri"] == "https://resa.shop.se/sign-in/company/back"
    assert asked["scope"] == "openid email profile"
    assert not {value for name, value in asked.items() if name in {"state", "nonce"} and value in kept}
    answer = come_back(visitor, **said)
    assert (answer.status_code, answer.headers["location"]) == (303, "/map/journey")
    assert is_in(visitor)
    assert "resa-company" not in visitor.client.cookies
    assert "By Shop Login." in visitor.get("/settings/account").text
    with resa.open(folder) as shop:
        anna = shop.people.called("anna@shop.se")
        assert anna is not None
        assert (anna.has_company, anna.has_password, anna.role) == (True, False, "analyst")
        newest = shop.audit.entries(newest=2)
        assert [(one.what, one.who) for one in newest] == [
            ("person.sign_in", "anna@shop.se"),
            ("person.bind", "anna@shop.se"),
        ]
        text = str([one.detail for one in newest])
        assert company.issuer not in text
        assert "anna-1" not in text


def test_by_tls_what_the_browser_keeps_is_for_this_host_alone(visitor: Visitor, company: CompanyProvider) -> None:
    visitor.client.headers["x-resa-scheme"] = "https"
    led = visitor.get("/sign-in/company")
    kept = next(one for one in led.headers.get_list("set-cookie") if one.startswith("__Host-resa-company="))
    assert {"Secure", "HttpOnly", "Path=/"} <= set(kept.split("; "))
    assert "Domain" not in kept
    said = company.allow(led.headers["location"])
    name, _, value = kept.partition(";")[0].partition("=")
    visitor.client.cookies.clear()
    plain = visitor.get(f"/sign-in/company/back?{urlencode(said)}", cookie=f"resa-company={value}")
    assert plain.status_code == 400
    assert visitor.get(f"/sign-in/company/back?{urlencode(said)}", cookie=f"{name}={value}").status_code == 303


def test_the_session_of_before_ends(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    sign_in(visitor, company)
    before = visitor.client.cookies["resa-session"]
    sign_in(visitor, company)
    assert visitor.client.cookies["resa-session"] != before
    with resa.open(folder) as shop:
        assert shop.people.signed_in(before) is None


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/x", "/\\evil.example", "/" + "a" * 2_000])
def test_nobody_is_led_elsewhere(visitor: Visitor, company: CompanyProvider, to: str) -> None:
    assert sign_in(visitor, company, to).headers["location"] == "/"


# Answers that are not for this browser, or come again


def test_an_answer_holds_in_the_browser_that_began(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    said = company.allow(begin(visitor))
    with visiting(folder) as other:
        turned_away(other, folder, come_back(other, **said), "not_begun", 400)
        begin(other)
        turned_away(other, folder, come_back(other, **said), "state", 400)  # signs nobody in as somebody else
    assert come_back(visitor, **said).status_code == 303


def test_an_answer_holds_once(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    said = company.allow(begin(visitor))
    kept = visitor.client.cookies["resa-company"]
    assert come_back(visitor, **said).status_code == 303
    visitor.client.cookies.clear()
    visitor.client.cookies.set("resa-company", kept)
    company.codes[said["code"]] = {"nonce": "", "redirect_uri": "", "code_challenge": ""}
    redeemed = company.asked["/token"]
    turned_away(visitor, folder, come_back(visitor, **said), "used", 400)
    assert company.asked["/token"] == redeemed


def test_what_the_browser_keeps_cannot_be_changed(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    for place in (0, 1, 2):
        visitor.client.cookies.clear()
        said = company.allow(begin(visitor))
        parts = visitor.client.cookies["resa-company"].split(".")
        parts[place] = "9999999999" if place == 1 else parts[place][:-1] + ("A" if parts[place][-1] != "A" else "B")
        visitor.client.cookies.clear()
        visitor.client.cookies.set("resa-company", ".".join(parts))
        turned_away(visitor, folder, come_back(visitor, **said), "not_begun", 400)


def test_an_answer_of_another_provider_is_none(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    said = company.allow(begin(visitor))
    turned_away(visitor, folder, come_back(visitor, **said, iss="https://evil.example"), "mix_up")
    assert "/token" not in company.asked
    company.said = {"authorization_response_iss_parameter_supported": True}
    providers.provider_of.cache_clear()
    turned_away(visitor, folder, come_back(visitor, **company.allow(begin(visitor))), "mix_up")
    assert come_back(visitor, **company.allow(begin(visitor)), iss=company.issuer).status_code == 303


def test_what_the_provider_says_of_a_refusal_is_repeated_nowhere(
    visitor: Visitor, company: CompanyProvider, folder: Path
) -> None:
    state = company.allow(begin(visitor))["state"]
    answer = come_back(visitor, state=state, error="access_denied", error_description="call 555")
    turned_away(visitor, folder, answer, "denied")
    assert "555" not in answer.text


def test_a_code_needs_who_began(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    said = company.allow(begin(visitor))
    company.codes[said["code"]]["code_challenge"] = "of somebody else"
    turned_away(visitor, folder, come_back(visitor, **said), "code_refused")


def test_coming_back_again_and_again_ends(visitor: Visitor) -> None:
    found = []
    for _ in range(11):
        visitor.client.cookies.clear()
        visitor.client.cookies.set("resa-company", "guessed")
        found.append(come_back(visitor, code="x", state="y").status_code)
    assert found == [400] * 10 + [429]


# Tokens that are not believed

NOW = time.time()


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": "of another sign-in"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"aud": "another-client"}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": [CLIENT, "another"]}, "authorized_party"),
        ({"azp": "another"}, "authorized_party"),
        ({"exp": NOW - 61}, "expired"),
        ({"exp": None}, "time"),
        ({"exp": "9999999999"}, "time"),
        ({"iat": None}, "time"),
        ({"iat": NOW + 3_600}, "issued_at"),
        ({"iat": NOW - 3_600}, "issued_at"),
        ({"nbf": NOW + 3_600}, "not_yet"),
        ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"),
        ({"at_hash": "of another"}, "at_hash"),
    ],
)
def test_every_claim_counts(
    visitor: Visitor, company: CompanyProvider, folder: Path, claims: dict[str, Any], why: str
) -> None:
    company.claims = claims
    turned_away(visitor, folder, sign_in(visitor, company), why)
    company.claims = {}
    assert sign_in(visitor, company).status_code == 303


def test_clocks_may_differ_by_a_minute(visitor: Visitor, company: CompanyProvider) -> None:
    company.claims = {"exp": time.time() - 30, "iat": time.time() + 30, "nbf": time.time() + 30}
    assert sign_in(visitor, company).status_code == 303


def test_several_audiences_with_us_as_the_party(visitor: Visitor, company: CompanyProvider) -> None:
    company.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert sign_in(visitor, company).status_code == 303


def test_elliptic_curves_are_fine(visitor: Visitor, company: CompanyProvider) -> None:
    company.signs = "ES256"
    assert sign_in(visitor, company).status_code == 303


def test_nothing_signs_no_token(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    company.token = unsigned
    turned_away(visitor, folder, sign_in(visitor, company), "algorithm")


def test_a_public_key_is_no_secret(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    company.token = lambda claims: signed_by_public_key(company, claims)
    turned_away(visitor, folder, sign_in(visitor, company), "algorithm")


def test_a_key_of_somebody_else_is_none(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    with providing() as evil:
        company.keys, kept = {**company.keys}, company.keys
        shown = company.public()
        company.keys = evil.keys
        company.public = lambda: shown  # type: ignore[method-assign]
        try:
            turned_away(visitor, folder, sign_in(visitor, company), "signature")
            company.header = {"jwk": evil.public()[0], "jku": f"{evil.issuer}/keys"}
            turned_away(visitor, folder, sign_in(visitor, company), "signature")
            assert evil.asked == {}
        finally:
            company.keys = kept
            del company.public


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", None, 7, "é.b.c", "x" * 100_000])
def test_what_is_no_token_is_none(visitor: Visitor, company: CompanyProvider, folder: Path, token: object) -> None:
    company.token = lambda _: token
    turned_away(visitor, folder, sign_in(visitor, company), "form")


def test_unknown_keys_are_looked_for_once_a_minute(
    visitor: Visitor, company: CompanyProvider, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    found = providers.Provider(company.issuer, clock=lambda: now[0])
    monkeypatch.setattr("resa.workspace.company.provider_of", lambda _: found)
    assert sign_in(visitor, company).status_code == 303
    assert company.asked["/keys"] == 1
    visitor.client.cookies.clear()
    company.header = {"kid": "never seen"}
    for _ in range(5):
        turned_away(visitor, folder, sign_in(visitor, company), "key")
    assert company.asked["/keys"] == 1, "a minute has not passed"
    now[0] += 61
    for _ in range(5):
        turned_away(visitor, folder, sign_in(visitor, company), "key")
    assert company.asked["/keys"] == 2
    assert company.asked["/.well-known/openid-configuration"] == 1
    now[0] += 61
    company.header = {}
    company.keys = {**company.keys, "RS256": RSAKey.generate_key(2048, {"kid": "next"})}
    assert sign_in(visitor, company).status_code == 303, "a new key of the provider is found"


# Who comes in


def test_an_address_that_is_not_verified_is_none(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    for said in (False, None, "false", 1, "yes"):
        company.as_new(sub="bo-1", email="bo@shop.se", email_verified=said)
        turned_away(visitor, folder, sign_in(visitor, company), "unverified")
    settings(folder, company, 'oidc_email = "trusted"\n')
    with visiting(folder) as other:
        company.as_new(sub="bo-1", email="bo@shop.se", email_verified=False)
        turned_away(other, folder, sign_in(other, company), "unverified")
        company.claims = {"email_verified": None}
        assert sign_in(other, company).status_code == 303


def test_an_address_opens_nothing_for_another_subject(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    company.as_new(sub="cecilia-1", email="cecilia@shop.se")
    assert sign_in(visitor, company).status_code == 303
    visitor.client.cookies.clear()
    company.as_new(sub="somebody-new", email="cecilia@shop.se")  # the address was given to somebody else
    turned_away(visitor, folder, sign_in(visitor, company), "other_subject")
    company.as_new(sub="cecilia-1", email="cecilia.lind@shop.se")  # she has another one now
    assert sign_in(visitor, company).status_code == 303
    assert "cecilia@shop.se" in visitor.get("/settings").text
    visitor.client.cookies.clear()
    with resa.open(folder) as shop:
        shop.people.unbind("cecilia@shop.se")
    company.as_new(sub="cecilia-2", email="cecilia@shop.se")
    assert sign_in(visitor, company).status_code == 303


def test_who_is_not_invited_stays_outside(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    company.as_new(sub="x", email="stranger@shop.se")
    answer = sign_in(visitor, company)
    turned_away(visitor, folder, answer, "unknown")
    assert "not invited" in answer.text
    company.as_new(sub="x", email=None)
    turned_away(visitor, folder, sign_in(visitor, company), "no_email")


def test_a_domain_lets_everybody_in(company: CompanyProvider, folder: Path) -> None:
    settings(folder, company, 'oidc_domains = ["firm.se"]\noidc_role = "marketer"\n')
    with visiting(folder) as visitor, resa.open(folder) as shop:
        company.as_new(sub="dora-1", email="Dora@Firm.se", name="Dora  D")
        assert sign_in(visitor, company).status_code == 303
        dora = shop.people.called("dora@firm.se")
        assert dora is not None
        assert (dora.role, dora.name, dora.has_company) == ("marketer", "Dora D", True)
        visitor.client.cookies.clear()
        for address in ("eve@firm.se.evil.example", "eve@evil.example", "firm.se"):
            company.as_new(sub="eve-1", email=address)
            assert sign_in(visitor, company).status_code == 403
        company.as_new(sub="eve-1", email="eve@firm.se", email_verified=False)
        turned_away(visitor, folder, sign_in(visitor, company), "unverified")
        assert shop.people.called("eve@firm.se") is None
        company.as_new(sub="dora-1", email="dora@firm.se")
        sign_in(visitor, company)
        shop.people.end("dora@firm.se")
        assert not is_in(visitor)
        turned_away(visitor, folder, sign_in(visitor, company), "ended")
        company.as_new(sub="dora-2", email="dora@firm.se")  # as somebody new
        turned_away(visitor, folder, sign_in(visitor, company), "ended")
        company.as_new(sub="dora-1", email="dora.d@firm.se")  # by another address
        turned_away(visitor, folder, sign_in(visitor, company), "ended")


def role_of(shop: resa.Workspace, email: str) -> str:
    person = shop.people.called(email)
    assert person is not None
    return person.role


def test_groups_say_the_role(company: CompanyProvider, folder: Path) -> None:
    mapped = 'oidc_claim = "realm.roles"\noidc_roles = ["CN=boss, DC=se = privacy_officer", "staff = service"]\n'
    settings(folder, company, 'oidc_domains = ["groups.se"]\n' + mapped)
    with visiting(folder) as visitor, resa.open(folder) as shop:
        company.as_new(sub="fia", email="fia@groups.se", realm={"roles": ["staff", 7]})
        assert sign_in(visitor, company).status_code == 303
        assert role_of(shop, "fia@groups.se") == "service"
        before = visitor.client.cookies["resa-session"]
        visitor.client.cookies.clear()
        company.as_new(sub="fia", email="fia@groups.se")
        company.userinfo = {"sub": "fia", "realm": {"roles": ["staff", "CN=boss, DC=se"]}}
        assert sign_in(visitor, company).status_code == 303
        assert role_of(shop, "fia@groups.se") == "privacy_officer"
        assert shop.people.signed_in(before) is None, "no session goes on in the role of before"
        visitor.client.cookies.clear()
        company.userinfo = {"sub": "somebody else", "realm": {"roles": ["staff"]}}
        turned_away(visitor, folder, sign_in(visitor, company), "other_userinfo")
        company.userinfo = {}
        company.as_new(sub="fia", email="fia@groups.se", realm={"roles": ["guests"]})
        turned_away(visitor, folder, sign_in(visitor, company), "no_group")


# Passwords beside it, or not


def test_a_provider_that_is_down_leaves_passwords(visitor: Visitor, company: CompanyProvider, folder: Path) -> None:
    with resa.open(folder) as shop:
        email = visitor.sign_in(shop, "viewer", "gun@shop.se")
    visitor.post("/sign-out")
    company.down = True
    answer = visitor.get("/sign-in/company")
    assert answer.status_code == 503
    assert "Shop Login does not answer" in answer.text
    asked = company.asked["/.well-known/openid-configuration"]
    visitor.get("/sign-in/company")
    assert company.asked["/.well-known/openid-configuration"] == asked, "it is left alone for a moment"
    assert visitor.post("/sign-in", email=email, password=PASSWORD).status_code == 303


def test_passwords_open_nothing_where_only_the_provider_does(company: CompanyProvider, folder: Path) -> None:
    with visiting(folder) as before, resa.open(folder) as shop:
        boss, other = before.sign_in(shop, "admin", "boss@shop.se"), before.sign_in(shop, "admin", "hal@shop.se")
        assert is_in(before)
        shop.people.set_emergency(boss)
        invited = shop.people.invite("ines@shop.se")
        held = before.client.cookies["resa-session"]
    settings(folder, company, "oidc_only = true\n")
    with visiting(folder) as visitor, resa.open(folder) as shop:
        assert shop.people.signed_in(held) is None, "what a password began is over"
        page = visitor.get("/sign-in").text
        assert 'name="password"' not in page
        assert "/sign-in?by=password" in page
        assert 'name="password"' not in visitor.get(f"/welcome/{invited}").text
        assert visitor.post(f"/welcome/{invited}", password=PASSWORD).status_code == 422
        assert 'name="password"' in visitor.get("/sign-in?by=password").text
        assert visitor.post("/sign-in", email=other, password=PASSWORD).status_code == 401
        assert visitor.post("/sign-in", email=boss, password=PASSWORD).status_code == 303
        assert is_in(visitor)
        shop.people.set_emergency(boss, on=False)
        assert not is_in(visitor)
        company.as_new(sub="ines", email="ines@shop.se")
        assert sign_in(visitor, company).status_code == 303
        assert 'name="old"' not in visitor.get("/settings/account").text
        assert shop.people.invited(invited) is None, "the invitation is used up"


def test_the_provider_answers_for_the_second_factor(company: CompanyProvider, folder: Path) -> None:
    settings(folder, company, 'second_factor_for = ["all"]\n')
    with visiting(folder) as visitor:
        assert sign_in(visitor, company).headers["location"] == "/"
        assert is_in(visitor)


def test_sessions_of_a_provider_that_is_named_no_more_end(company: CompanyProvider, folder: Path) -> None:
    with visiting(folder) as visitor:
        sign_in(visitor, company)
        held = visitor.client.cookies["resa-session"]
    (folder / "resa.toml").write_text("")
    with visiting(folder) as visitor, resa.open(folder) as shop:
        assert shop.people.signed_in(held) is None
        assert visitor.get("/sign-in/company").headers["location"] == "/sign-in?to=%2F"
        assert come_back(visitor, code="x", state="y").headers["location"] == "/sign-in"
        assert "/sign-in/company" not in visitor.get("/sign-in").text


def test_signing_out_offers_to_leave_the_provider_too(visitor: Visitor, company: CompanyProvider) -> None:
    sign_in(visitor, company)
    visitor.get("/settings")
    out = visitor.post("/sign-out")
    assert out.headers["location"] == "/sign-in?out=company"
    page = visitor.get(out.headers["location"]).text
    assert f'href="{company.issuer}/leave?client_id={CLIENT}"' in page
    assert not is_in(visitor)
    company.said = {"end_session_endpoint": None}
    providers.provider_of.cache_clear()
    assert "you are still signed in" not in visitor.get("/sign-in?out=company").text


def test_a_wrong_or_missing_secret_is_told(
    visitor: Visitor, company: CompanyProvider, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESA_OIDC_SECRET", WRONG)
    turned_away(visitor, folder, sign_in(visitor, company), "code_refused")
    monkeypatch.delenv("RESA_OIDC_SECRET")
    turned_away(visitor, folder, sign_in(visitor, company), "no_secret")


def test_a_secret_may_lie_in_a_file_or_be_none(company: CompanyProvider, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    settings(folder, company, f'oidc_secret_file = "{tmp_path / "secret"}"\noidc_secret_env = ""\n')
    with visiting(folder) as visitor:
        assert sign_in(visitor, company).status_code == 303
    settings(folder, company, 'oidc_secret_env = ""\n')
    company.secret = ""
    with visiting(folder) as visitor:
        assert sign_in(visitor, company).status_code == 303


def test_people_are_shown_with_how_they_sign_in(company: CompanyProvider, folder: Path) -> None:
    with visiting(folder, "admin") as admin:
        sign_in(admin, company)  # somebody comes by it
    with visiting(folder) as visitor, resa.open(folder) as shop:
        visitor.sign_in(shop, "admin", "karin@shop.se")
        page = visitor.get("/settings/people").text
        assert "signs in by Shop Login" in page
        assert "You can also sign in by Shop Login" in visitor.get("/settings/account").text
        visitor.get("/settings/people")
        assert visitor.post("/settings/people", do="unbind", email="anna@shop.se").status_code == 303
        anna = shop.people.called("anna@shop.se")
        assert anna is not None
        assert not anna.has_company
