"""What single settings may say; `resa.base.settings` asks."""

from __future__ import annotations

import re
from typing import Literal, get_args

from pydantic import ValidationInfo

from resa.base.addresses import is_origin, is_safe, networks
from resa.base.calendars import read_span
from resa.base.language import one_of, sentence, spoken

__all__ = [
    "WEBHOOK",
    "Given",
    "addressed",
    "domains",
    "issuer",
    "language",
    "public_address",
    "required",
    "roles",
    "sender",
    "span",
    "webhooks",
]

WEBHOOK = re.compile(
    r"(?P<name>[\w-]{1,60}) +(?P<shape>teams|slack|json) +(?P<variable>[A-Z][A-Z0-9_]{0,99})", re.ASCII
)
"""A webhook as the settings name it."""

Given = Literal["viewer", "analyst", "marketer", "service", "privacy_officer", "admin"]
"""The roles that a company's provider can give."""


def webhooks(given: tuple[str, ...]) -> tuple[str, ...]:
    """Webhooks, each of a name and a shape of its own.

    Raises:
        ValueError: One of them is none; what would be right.
    """
    names = set()
    for text in given:
        found = WEBHOOK.fullmatch(text)
        if found is None or found["name"] in names:
            raise ValueError(
                sentence(
                    "'{value}' is no webhook of a name of its own; write a name, teams, slack or json, and an "
                    "environment variable: shop-team slack SHOP_TEAM_HOOK",
                    value=text,
                )
            )
        names.add(found["name"])
    return given


def public_address(given: str) -> str:
    """Where people reach a server.

    Raises:
        ValueError: One of them is none; what would be right.
    """
    if given and not re.fullmatch(r"https?://[A-Za-z0-9._~:\[\]-]+(/[A-Za-z0-9._~/-]*)?", given):
        raise ValueError(sentence("'{value}' is no address such as https://resa.shop.se", value=given))
    return given.rstrip("/")


def issuer(given: str, info: ValidationInfo) -> str:
    """The issuer of an OpenID provider, which needs what else is said of it.

    Raises:
        ValueError: One of them is none; what would be right.
    """
    if given and not is_safe(given):
        raise ValueError(
            sentence("'{value}' is no issuer; write its https address, as the provider names itself", value=given)
        )
    if given and not info.data.get("oidc_client_id", "wrong, which is told by itself"):
        raise ValueError(sentence("say {name}, too", name="oidc_client_id"))
    if given and not is_origin(info.data.get("public_address", "")):
        raise ValueError(sentence("say in public_address, too, where this server is: https://resa.shop.se"))
    return given


def domains(given: tuple[str, ...]) -> tuple[str, ...]:
    """Domains of addresses.

    Raises:
        ValueError: One of them is none; what would be right.
    """
    for text in given:
        if not re.fullmatch(r"[^\s@*/:]+\.[^\s@*/:]+", text):
            raise ValueError(sentence("'{value}' is no domain; write one such as shop.se", value=text))
    return tuple(text.lower() for text in given)


def required(given: tuple[str, ...]) -> tuple[str, ...]:
    """Claims and what they must be.

    Raises:
        ValueError: One of them is none; what would be right.
    """
    for text in given:
        name, _, value = text.partition("=")
        if not name.strip() or not value.strip():
            raise ValueError(sentence("'{value}' requires nothing; write a claim, = and what it must be", value=text))
    return given


def roles(given: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Groups and the role of each.

    Raises:
        ValueError: One of them is none; what would be right.
    """
    for text in given:
        group, _, role = text.rpartition("=")
        if not group.strip() or role.strip() not in get_args(Given):
            raise ValueError(
                sentence(
                    "'{value}' gives no role; write a group, = and one of {roles}",
                    value=text,
                    roles=one_of(get_args(Given)),
                )
            )
    if given and not info.data.get("oidc_claim", "-"):
        raise ValueError(sentence("say in oidc_claim, too, which claim holds the groups"))
    return given


def sender(given: str) -> str:
    """The address that mails come from.

    Raises:
        ValueError: It is none; what would be right.
    """
    if given and not re.fullmatch(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[\w.-]+", given, re.ASCII):
        raise ValueError(sentence("'{value}' is no address alone such as resa@shop.se", value=given))
    return given


def span(given: str) -> str:
    """How long data are kept; empty: for ever.

    Raises:
        ValueError: It is no such time; what would be right.
    """
    if given.strip() and read_span(given) is None:
        raise ValueError(
            sentence("'{value}' is no time to keep data; write it as 25 months, 90 days or 2 years", value=given)
        )
    return given.strip()


def addressed(given: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses and networks.

    Raises:
        ValueError: One of them is none; what would be right.
    """
    for text in given:
        try:
            networks([text])
        except ValueError:
            raise ValueError(
                sentence("'{value}' is neither an address nor a network such as 10.0.0.0/8", value=text)
            ) from None
    return given


def language(given: str | None) -> str | None:
    """A language that Resa speaks, however its locale is written.

    Raises:
        ValueError: It speaks no such one; which it does.
    """
    if not given:
        return None
    if (known := spoken(given)) is None:
        raise ValueError(sentence("'{value}' is not a language that Resa speaks; write en, sv, nb or hu", value=given))
    return known
