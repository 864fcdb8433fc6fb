"""What erasure needs to know of identifiers: their one form in bulk, and how people dial a number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.identity.identifiers import Identifier
from resa.identity.reading import read_identifiers
from resa.identity.rules import Rules
from resa.storage import Hasher

__all__ = ["hashes_in_one_form", "in_one_form", "national_number"]


def in_one_form(kinds: pa.Array, values: pa.Array, rules: Rules) -> list[Identifier | None]:
    """Identifiers as sources write them, in their one form; `None` where a value names nobody."""
    named = read_identifiers(kinds, values, rules)
    told = [Identifier(*pair) for pair in zip(named.kinds.to_pylist(), named.values.to_pylist(), strict=True)]
    return [told[number] if number >= 0 else None for number in named.number.tolist()]


def hashes_in_one_form(kinds: pa.Array, values: pa.Array, rules: Rules, hasher: Hasher) -> npt.NDArray[np.uint64]:
    """The hash of each identifier's one form; of one that names nobody, that of what was written."""
    hashes: npt.NDArray[np.uint64] = hasher.identifiers(kinds, values)
    named = read_identifiers(kinds, values, rules)
    somebody = named.number >= 0
    if len(named.values):
        hashes[somebody] = hasher.identifiers(named.kinds, named.values)[named.number[somebody]]
    return hashes


def national_number(value: str) -> tuple[str, str]:
    """Digits of the country, and those behind them, of a number in its one form; of what is none, all in the second."""
    import phonenumbers  # noqa: PLC0415  # loads the plans of all countries

    plain = value.partition(";ext=")[0]
    try:
        found = phonenumbers.parse(plain, None)
    except phonenumbers.NumberParseException:
        return "", "".join(filter(str.isdecimal, plain))
    return str(found.country_code), phonenumbers.national_significant_number(found)
