"""A company's provider that answers wrongly, or not at all, is told in words; what it may make us ask is bounded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.company_provider import CLIENT, SECRET, CompanyProvider, providing
from tests.support.company_visits import settings
from tests.support.served import new_shop

from resa.base.addresses import is_origin, is_safe
from resa.cli.app import run
from resa.workspace import providers
from resa.workspace.providers import Provider, ProviderTrouble


@pytest.fixture(scope="module")
def company() -> Iterator[CompanyProvider]:
    with providing() as provider:
        yield provider


@pytest.fixture(autouse=True)
def anew(company: CompanyProvider) -> None:
    company.as_new()
    providers.provider_of.cache_clear()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"issuer": "https://login.evil.example"}, "calls itself 'https://login.evil.example'"),
        ({"issuer": None}, "calls itself"),
        ({"token_endpoint": None}, "does not say its token_endpoint"),
        ({"token_endpoint": "http://login.shop.se/token"}, "no https address"),
        ({"jwks_uri": "file:///etc/passwd"}, "no https address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no https address"),
        ({"end_session_endpoint": 7}, "no https address"),
        ({"id_token_signing_alg_values_supported": ["none", "HS256"]}, "not safe"),
        ({"more": "x" * (600 << 10)}, "more than it should"),
    ],
)
def test_what_a_provider_says_of_itself_is_looked_at(
    company: CompanyProvider, said: dict[str, Any], words: str
) -> None:
    company.said = said
    with pytest.raises(ProviderTrouble, match=words):
        Provider(company.issuer).discovered()


def test_a_provider_elsewhere_cannot_make_us_ask_this_machine(company: CompanyProvider, monkeypatch: Any) -> None:
    document = {**company.document(), "issuer": "https://login.shop.se"}
    monkeypatch.setattr(providers, "_json_of", lambda *_, **__: document)
    with pytest.raises(ProviderTrouble, match="no https address"):
        Provider("https://login.shop.se").discovered()


def test_no_redirect_is_followed(company: CompanyProvider) -> None:
    company.redirect = f"{company.issuer}/elsewhere"
    with pytest.raises(ProviderTrouble, match="status 302"):
        Provider(company.issuer).discovered()
    assert "/elsewhere" not in company.asked


def test_a_slow_answer_is_given_up(company: CompanyProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "_STEP_SECONDS", 0.3)
    company.waits = 1.0
    begun = time.monotonic()
    with pytest.raises(ProviderTrouble, match="does not answer"):
        Provider(company.issuer).discovered()
    assert time.monotonic() - begun < 0.9


def test_nobody_listens() -> None:
    with pytest.raises(ProviderTrouble, match=r"127\.0\.0\.1 does not answer"):
        Provider("http://127.0.0.1:9").discovered()


def test_no_keys_are_told(company: CompanyProvider) -> None:
    kept, company.keys = company.keys, {}
    try:
        with pytest.raises(ProviderTrouble, match="shows no keys"):
            Provider(company.issuer).keys(None)
    finally:
        company.keys = kept


def test_what_it_says_is_kept_for_an_hour(company: CompanyProvider) -> None:
    now = [0.0]
    provider = Provider(company.issuer, clock=lambda: now[0])
    for _ in range(3):
        provider.keys("r")
    assert company.asked == {"/.well-known/openid-configuration": 1, "/keys": 1}
    now[0] = 3_601
    provider.keys("r")
    assert company.asked == {"/.well-known/openid-configuration": 2, "/keys": 2}


def test_a_secret_goes_in_the_body_where_that_is_asked(company: CompanyProvider) -> None:
    company.said = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    with pytest.raises(ProviderTrouble) as caught:
        Provider(company.issuer).redeem("x", client_id=CLIENT, secret=SECRET, verifier="v", back="https://r.se/b")
    assert caught.value.why == "code_refused"
    assert company.forms[-1]["client_secret"] == SECRET
    assert SECRET not in str(caught.value)
    assert "a secret of the provider" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://login.shop.se/x", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.5", True),
        ("http://[::1]:8080/x", True),
        ("http://login.shop.se", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("https://a@login.shop.se", False),
        ("https://", False),
        ("https://login.shop.se:x", False),
        ("https://login.shop.se/#x", False),
        ("https://login.shop.se/a b", False),
        ("ftp://login.shop.se", False),
    ],
)
def test_addresses_that_nobody_can_listen_to(url: str, safe: bool) -> None:
    assert is_safe(url) is safe


def test_a_server_is_no_page_of_it() -> None:
    assert is_origin("https://resa.shop.se")
    assert not is_origin("https://resa.shop.se/")
    assert not is_origin("https://resa.shop.se?x=1")


def test_the_command_says_what_is_well_and_what_is_wrong(
    company: CompanyProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new_shop(tmp_path)
    settings(tmp_path, company)
    command = ["people", "check-provider", "-w", str(tmp_path)]
    monkeypatch.delenv("RESA_OIDC_SECRET", raising=False)
    assert run(command) == 1
    text = _said(capsys)
    assert "wrong: the environment variable RESA_OIDC_SECRET is not set" in text
    assert "keys that can be used: 2" in text
    monkeypatch.setenv("RESA_OIDC_SECRET", SECRET)
    assert run(command) == 0
    text = _said(capsys)
    assert "register this redirect URI there: https://resa.shop.se/sign-in/company/back" in text
    assert "people can sign in by it" in text
    assert SECRET not in text
    company.said = {"code_challenge_methods_supported": ["plain"]}
    providers.provider_of.cache_clear()
    assert run(command) == 1
    assert "wrong: it does not know PKCE by S256" in _said(capsys)
    company.down = True
    providers.provider_of.cache_clear()
    assert run(command) == 1
    assert "wrong: 127.0.0.1 answers with the status 503" in _said(capsys)


def test_without_the_package_it_says_what_to_install(
    company: CompanyProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new_shop(tmp_path)
    settings(tmp_path, company)
    monkeypatch.setitem(__import__("sys").modules, "joserfc", None)
    assert run(["people", "check-provider", "-w", str(tmp_path)]) == 1
    assert "pip install 'resa[oidc]'" in _said(capsys)


def test_an_emergency_needs_an_admin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_shop(tmp_path)
    place = ["-w", str(tmp_path)]
    assert run(["people", "invite", "anna@shop.se", *place]) == 0
    assert run(["people", "emergency", "anna@shop.se", *place]) != 0
    assert "only an admin" in _said(capsys)
    assert run(["people", "role", "anna@shop.se", "admin", *place]) == 0
    assert run(["people", "emergency", "anna@shop.se", *place]) == 0
    assert "resa people invite anna@shop.se" in _said(capsys)
    assert run(["people", "emergency", "anna@shop.se", "--off", *place]) == 0
    assert run(["people", "unbind", "anna@shop.se", *place]) != 0
    assert "never signed in by the company's provider" in _said(capsys)


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join("".join(capsys.readouterr()).split())
