"""Coming in by the company's provider, step by step."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from httpx import Response
from tests.support.company_provider import CLIENT, CompanyProvider
from tests.support.screens import Visitor

import resa

__all__ = ["begin", "come_back", "is_in", "reason", "settings", "sign_in", "turned_away"]


def settings(place: Path, company: CompanyProvider, more: str = "", *, address: str = "https://resa.shop.se") -> None:
    """Name the provider in a workspace's settings."""
    (place / "resa.toml").write_text(
        f'oidc_issuer = "{company.issuer}"\noidc_client_id = "{CLIENT}"\noidc_name = "Shop Login"\n'
        f'public_address = "{address}"\n{more}'
    )


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
