"""A shop whose people sign in by their company's provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.company_provider import SECRET, CompanyProvider, providing
from tests.support.company_visits import settings
from tests.support.screens import Visitor, nobody_tried, visiting
from tests.support.served import new_shop

import resa
from resa.workspace import providers


@pytest.fixture(scope="module")
def company() -> Iterator[CompanyProvider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def with_company(tmp_path_factory: pytest.TempPathFactory, company: CompanyProvider) -> Path:
    place = tmp_path_factory.mktemp("shop")
    new_shop(place)
    settings(place, company)
    with resa.open(place) as shop:
        for name in ("anna", "bo", "cecilia"):
            shop.people.invite(f"{name}@shop.se", role="analyst")
    return place


@pytest.fixture
def anew(company: CompanyProvider, with_company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESA_OIDC_SECRET", SECRET)
    company.as_new()
    settings(with_company, company)
    nobody_tried(with_company)  # all tests come from one address
    providers.provider_of.cache_clear()


@pytest.fixture(scope="module")
def company_screens(with_company: Path) -> Iterator[Visitor]:
    with visiting(with_company) as found:
        yield found


@pytest.fixture
def visitor(company_screens: Visitor) -> Visitor:
    """Somebody whose browser keeps nothing yet."""
    company_screens.client.cookies.clear()
    return Visitor(company_screens.client)
