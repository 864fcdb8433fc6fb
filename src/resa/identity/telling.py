"""What people know a customer by: her name, if anybody said it; else the identifier that says most to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from resa.identity.identifiers import Identifier
from resa.identity.likeness import FIELDS
from resa.identity.rules import Rules

__all__ = ["most_telling", "name_among"]

_WHOLE: Final = ("name", "full_name", "display_name", "customer_name", "namn", "navn", "név")
"""What traits call a whole name."""

_SAYING: Final = ("email", "phone")
"""Forms of identifiers that people read, the best first; of numbers that systems give none says more than another."""


def name_among(traits: Mapping[str, Any]) -> str:
    """A customer's name, as what is known of her says it; empty: nobody said it.

    Args:
        traits: What is known of her, by name of the trait, however a source spells that.
    """
    said = {_plain(name): value.strip() for name, value in traits.items() if isinstance(value, str) and value.strip()}
    for name in _WHOLE:
        if found := said.get(_plain(name)):
            return found
    parts = (_first(said, ("given_name", *FIELDS["given_name"])), _first(said, ("surname", *FIELDS["surname"])))
    return " ".join(part for part in parts if part)


def most_telling(identifiers: Sequence[Identifier], rules: Rules) -> Identifier:
    """The identifier by which people know a customer best.

    Args:
        identifiers: All that she is called, the one that names her first.
        rules: Which kinds are addresses, and which are numbers.
    """
    for form in _SAYING:
        for one in identifiers:
            if rules.kind(one.kind).form == form:
                return one
    return identifiers[0]


def _first(said: Mapping[str, str], names: Sequence[str]) -> str:
    return next((said[plain] for plain in map(_plain, names) if plain in said), "")


@lru_cache(4_096)
def _plain(name: str) -> str:
    """A trait's name as all ways of writing it have it: `firstName` is `first_name`."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
