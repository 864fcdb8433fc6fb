"""Coming in by the company's provider: the whole way, and answers that are not for this browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.support.company_provider import CompanyProvider
from tests.support.company_visits import begin, come_back, is_in, sign_in, turned_away
from tests.support.screens import Visitor, visiting

import resa
from resa.workspace import providers

pytestmark = pytest.mark.usefixtures("anew")


def test_the_whole_way(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
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
    with resa.open(with_company) as shop:
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
    tls = {"x-resa-scheme": "https"}
    led = visitor.get("/sign-in/company", **tls)
    kept = next(one for one in led.headers.get_list("set-cookie") if one.startswith("__Host-resa-company="))
    assert {"Secure", "HttpOnly", "Path=/"} <= set(kept.split("; "))
    assert "Domain" not in kept
    said = company.allow(led.headers["location"])
    name, _, value = kept.partition(";")[0].partition("=")
    visitor.client.cookies.clear()
    plain = visitor.get(f"/sign-in/company/back?{urlencode(said)}", cookie=f"resa-company={value}", **tls)
    assert plain.status_code == 400
    came = visitor.get(f"/sign-in/company/back?{urlencode(said)}", cookie=f"{name}={value}", **tls)
    assert came.status_code == 303


def test_a_link_of_another_site_begins_nothing(visitor: Visitor, company: CompanyProvider) -> None:
    for site in ("cross-site", "same-site"):
        answer = visitor.get("/sign-in/company?to=/map", **{"sec-fetch-site": site})
        assert answer.headers["location"] == "/sign-in?to=%2Fmap"
        assert "resa-company" not in visitor.client.cookies
    answer = visitor.get("/sign-in/company?to=/map", **{"sec-fetch-site": "same-origin"})
    assert answer.headers["location"].startswith(company.issuer)


def test_the_session_of_before_ends(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
    sign_in(visitor, company)
    before = visitor.client.cookies["resa-session"]
    sign_in(visitor, company)
    assert visitor.client.cookies["resa-session"] != before
    with resa.open(with_company) as shop:
        assert shop.people.signed_in(before) is None


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/x", "/\\evil.example", "/" + "a" * 2_000])
def test_nobody_is_led_elsewhere(visitor: Visitor, company: CompanyProvider, to: str) -> None:
    assert sign_in(visitor, company, to).headers["location"] == "/"


# Answers that are not for this browser, or come again


def test_an_answer_holds_in_the_browser_that_began(
    visitor: Visitor, company: CompanyProvider, with_company: Path
) -> None:
    said = company.allow(begin(visitor))
    with visiting(with_company) as other:
        turned_away(other, with_company, come_back(other, **said), "not_begun", 400)
        begin(other)
        turned_away(other, with_company, come_back(other, **said), "state", 400)  # signs nobody in as somebody else
    assert come_back(visitor, **said).status_code == 303


def test_an_answer_holds_once(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
    said = company.allow(begin(visitor))
    kept = visitor.client.cookies["resa-company"]
    assert come_back(visitor, **said).status_code == 303
    visitor.client.cookies.clear()
    visitor.client.cookies.set("resa-company", kept)
    company.codes[said["code"]] = {"nonce": "", "redirect_uri": "", "code_challenge": ""}
    redeemed = company.asked["/token"]
    turned_away(visitor, with_company, come_back(visitor, **said), "used", 400)
    assert company.asked["/token"] == redeemed


def test_what_the_browser_keeps_cannot_be_changed(
    visitor: Visitor, company: CompanyProvider, with_company: Path
) -> None:
    for place in (0, 1, 2):
        visitor.client.cookies.clear()
        said = company.allow(begin(visitor))
        parts = visitor.client.cookies["resa-company"].split(".")
        parts[place] = "9999999999" if place == 1 else parts[place][:-1] + ("A" if parts[place][-1] != "A" else "B")
        visitor.client.cookies.clear()
        visitor.client.cookies.set("resa-company", ".".join(parts))
        turned_away(visitor, with_company, come_back(visitor, **said), "not_begun", 400)


def test_an_answer_of_another_provider_is_none(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
    said = company.allow(begin(visitor))
    turned_away(visitor, with_company, come_back(visitor, **said, iss="https://evil.example"), "mix_up")
    assert "/token" not in company.asked
    company.said = {"authorization_response_iss_parameter_supported": True}
    providers.provider_of.cache_clear()
    turned_away(visitor, with_company, come_back(visitor, **company.allow(begin(visitor))), "mix_up")
    assert come_back(visitor, **company.allow(begin(visitor)), iss=company.issuer).status_code == 303


def test_what_the_provider_says_of_a_refusal_is_repeated_nowhere(
    visitor: Visitor, company: CompanyProvider, with_company: Path
) -> None:
    state = company.allow(begin(visitor))["state"]
    answer = come_back(visitor, state=state, error="access_denied", error_description="call 555")
    turned_away(visitor, with_company, answer, "denied")
    assert "555" not in answer.text


def test_a_code_needs_who_began(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
    said = company.allow(begin(visitor))
    company.codes[said["code"]]["code_challenge"] = "of somebody else"
    turned_away(visitor, with_company, come_back(visitor, **said), "code_refused")


def test_coming_back_again_and_again_ends(visitor: Visitor) -> None:
    found = []
    for _ in range(11):
        visitor.client.cookies.clear()
        visitor.client.cookies.set("resa-company", "guessed")
        found.append(come_back(visitor, code="x", state="y").status_code)
    assert found == [400] * 10 + [429]
