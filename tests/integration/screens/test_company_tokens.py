"""What the company's provider says of somebody is believed only if all of it is right."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from tests.support.company_provider import CLIENT, CompanyProvider, providing, signed_by_public_key, unsigned
from tests.support.company_visits import sign_in, turned_away
from tests.support.screens import Visitor

from resa.workspace import providers

pytestmark = pytest.mark.usefixtures("anew")


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
    visitor: Visitor, company: CompanyProvider, with_company: Path, claims: dict[str, Any], why: str
) -> None:
    company.claims = claims
    turned_away(visitor, with_company, sign_in(visitor, company), why)
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


def test_nothing_signs_no_token(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
    company.token = unsigned
    turned_away(visitor, with_company, sign_in(visitor, company), "algorithm")


def test_a_public_key_is_no_secret(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
    company.token = lambda claims: signed_by_public_key(company, claims)
    turned_away(visitor, with_company, sign_in(visitor, company), "algorithm")


def test_a_key_of_somebody_else_is_none(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
    with providing() as evil:
        company.keys, kept = {**company.keys}, company.keys
        shown = company.public()
        company.keys = evil.keys
        company.public = lambda: shown  # type: ignore[method-assign]
        try:
            turned_away(visitor, with_company, sign_in(visitor, company), "signature")
            company.header = {"jwk": evil.public()[0], "jku": f"{evil.issuer}/keys"}
            turned_away(visitor, with_company, sign_in(visitor, company), "signature")
            assert evil.asked == {}
        finally:
            company.keys = kept
            del company.public


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", None, 7, "é.b.c", "x" * 100_000])
def test_what_is_no_token_is_none(
    visitor: Visitor, company: CompanyProvider, with_company: Path, token: object
) -> None:
    company.token = lambda _: token
    turned_away(visitor, with_company, sign_in(visitor, company), "form")


def test_unknown_keys_are_looked_for_once_a_minute(
    visitor: Visitor, company: CompanyProvider, with_company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    found = providers.Provider(company.issuer, clock=lambda: now[0])
    monkeypatch.setattr("resa.workspace.company.provider_of", lambda _: found)
    assert sign_in(visitor, company).status_code == 303
    assert company.asked["/keys"] == 1
    visitor.client.cookies.clear()
    company.header = {"kid": "never seen"}
    for _ in range(5):
        turned_away(visitor, with_company, sign_in(visitor, company), "key")
    assert company.asked["/keys"] == 1, "a minute has not passed"
    now[0] += 61
    for _ in range(5):
        turned_away(visitor, with_company, sign_in(visitor, company), "key")
    assert company.asked["/keys"] == 2
    assert company.asked["/.well-known/openid-configuration"] == 1
    now[0] += 61
    company.header = {}
    company.keys = {**company.keys, "RS256": RSAKey.generate_key(2048, {"kid": "next"})}
    assert sign_in(visitor, company).status_code == 303, "a new key of the provider is found"
