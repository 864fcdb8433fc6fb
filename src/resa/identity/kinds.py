"""Kinds of identifiers as data: how each is read, whom it names, and what it may join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from resa.identity.placeholders import BY_FORM, COMMON, Placeholders

__all__ = ["ALSO_CALLED", "KINDS", "OTHER", "Fold", "Form", "Kind", "canonical"]

Form = Literal["id", "card", "device", "email", "phone"]
"""How values are brought into one form: see `resa.identity.identifiers`."""

Fold = Literal["plus_tags", "gmail_dots"]
"""What an e-mail address may lose: `anna+news@` is `anna@`; `an.na@gmail.com` is `anna@gmail.com`."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of identifier, with its rules.

    Attributes:
        name: Such as `email`.
        form: How its values are brought into one form.
        names: Whether it is known to belong to a person, or to a device that several people may use.
        unique: A customer has at most one; so two of them are two customers.
        limit: The most that one customer may have.
        aliases: The most that one customer may have by aliases, if it is unique.
        shared_beyond: One that was seen with more customers who have a unique identifier is shared; `None`: never.
        shared_beyond_named: The same of all customers who are named, by an e-mail address for instance.
        joins: Whether it joins at all.
        country: Of phone numbers that do not say it, two letters; `None`: such numbers are not used.
        fold: What e-mail addresses lose.
        placeholders: Values that are nobody's.
    """

    name: str
    form: Form = "id"
    names: Literal["person", "device"] = "person"
    unique: bool = False
    limit: int = 20
    aliases: int = 10
    shared_beyond: int | None = None
    shared_beyond_named: int | None = None
    joins: bool = True
    country: str | None = None
    fold: frozenset[Fold] = frozenset()
    placeholders: Placeholders = COMMON


def _device(name: str, limit: int) -> Kind:
    return Kind(
        name=name,
        form="device",
        names="device",
        limit=limit,
        shared_beyond=1,
        shared_beyond_named=3,
        placeholders=BY_FORM["device"],
    )


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(name="user_id", unique=True, limit=1),
            Kind(name="crm_id", unique=True, limit=1),
            Kind(name="loyalty_card", form="card", shared_beyond=2, placeholders=BY_FORM["card"]),
            Kind(name="email", form="email", shared_beyond=2, placeholders=BY_FORM["email"]),
            Kind(name="phone", form="phone", shared_beyond=2, placeholders=BY_FORM["phone"]),
            _device("device_id", 100),
            _device("anonymous_id", 1000),
            _device("cookie", 1000),
        )
    }
)
"""The kinds that are known without a rules file, the best first: a customer is known by the best that is there."""

OTHER: Final = Kind(name="", shared_beyond=2)
"""What holds for kinds that no rules name; they rank behind all others, by name."""

ALSO_CALLED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "customer": "user_id",
        "customer_id": "user_id",
        "userid": "user_id",
        "crm": "crm_id",
        "contact_id": "crm_id",
        "card": "loyalty_card",
        "member_card": "loyalty_card",
        "e_mail": "email",
        "mail": "email",
        "email_address": "email",
        "phone_number": "phone",
        "mobile": "phone",
        "telephone": "phone",
        "msisdn": "phone",
        "device": "device_id",
        "idfa": "device_id",
        "gaid": "device_id",
        "anonymousid": "anonymous_id",
        "cookie_id": "cookie",
    }
)
"""Other names that sources give to these kinds."""


def canonical(name: str) -> str:
    """The one name of a kind: `E-mail`, `e_mail` and `email` are `email`."""
    spelt = "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
    return ALSO_CALLED.get(spelt, spelt)
