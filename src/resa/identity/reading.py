"""Columns of identifiers in their one form: the many plain ones at once, the others one by one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.identity.identifiers import NoIdentifier
from resa.identity.kinds import Kind, canonical
from resa.identity.rules import Rules

__all__ = ["Named", "read_identifiers"]

_PLAIN_ID: Final = "^[A-Za-z0-9_:-]{0,200}[A-Za-z0-9][A-Za-z0-9_:-]{0,200}$"
_LIKE_UUID: Final = "(?i)^(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-"  # the one form of these is lower case
_PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "id": _PLAIN_ID,
        "device": _PLAIN_ID,
        "email": "^[a-z0-9][a-z0-9._-]{0,60}@(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?[.]){1,3}"
        "[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$",
    }
)
"""What is in its one form already, by form; whoever is not so plain is read alone."""


class Named(NamedTuple):
    """Which of K identifiers each of N values is.

    Attributes:
        number: int64[N]; -1: it names nobody.
        kinds: K names of kinds.
        values: K values in their one form, each once a kind.
        nobody: By place of a value that names nobody: its kind, and why.
    """

    number: npt.NDArray[np.int64]
    kinds: pa.StringArray
    values: pa.StringArray
    nobody: Mapping[int, tuple[str, NoIdentifier]]


def read_identifiers(kinds: pa.Array, values: pa.Array, rules: Rules) -> Named:
    """Bring values into their one form.

    Args:
        kinds: N kinds as sources write them.
        values: N values as sources write them, each once.
        rules: Of the workspace.
    """
    written = kinds.dictionary_encode()
    codes = written.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    names = [canonical(name) for name in written.dictionary.to_pylist()]
    odd = np.zeros(len(values), np.bool_)
    forms: list[str | None] = []
    nobody: dict[int, tuple[str, NoIdentifier]] = {}
    for code, name in enumerate(names):
        places = np.flatnonzero(codes == code)
        odd[places] = ~_plain(rules.kind(name), values.take(pa.array(places)))
    for place in np.flatnonzero(odd).tolist():
        value, name = values[place].as_py(), names[codes[place]]
        form = NoIdentifier.EMPTY if value is None else rules.normalised(name, value)
        forms.append(form if isinstance(form, str) else None)
        if isinstance(form, NoIdentifier):
            nobody[place] = name, form
    named = pa.array(names, pa.string()).take(written.indices)
    if forms:
        values = pc.replace_with_mask(values.cast(pa.string()), pa.array(odd), pa.array(forms, pa.string()))
    elif len(set(names)) == len(names) and not named.null_count and not values.null_count:
        return Named(np.arange(len(values)), named, values.cast(pa.string()), nobody)
    keys = pc.binary_join_element_wise(named, values, "\0").dictionary_encode()
    number = keys.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    first = np.empty(len(keys.dictionary), np.int64)
    there = np.flatnonzero(number >= 0)[::-1]
    first[number[there]] = there
    return Named(number, named.take(pa.array(first)), values.take(pa.array(first)).cast(pa.string()), nobody)


def _plain(kind: Kind, values: pa.Array) -> npt.NDArray[np.bool_]:
    """Which values of a kind are surely in their one form, and nobody's placeholder."""
    pattern = _PLAIN.get(kind.form)
    if pattern is None or kind.fold or not len(values):
        return np.zeros(len(values), np.bool_)
    plain = pc.match_substring_regex(values, pattern)
    odd = "xn--" if kind.form == "email" else _LIKE_UUID
    plain = pc.and_(plain, pc.invert(pc.match_substring_regex(values, odd))).fill_null(False)
    told: npt.NDArray[np.bool_] = plain.to_numpy(zero_copy_only=False)
    places = np.flatnonzero(told)
    told = told.copy()
    told[places] = ~kind.placeholders.among(values.take(pa.array(places)))
    return told
