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
        values: N values as sources write them; best each once.
        rules: Of the workspace.
    """
    written = kinds.dictionary_encode()
    codes = written.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    found = np.empty(len(values), object)
    names = np.full(len(values), "", object)
    nobody: dict[int, tuple[str, NoIdentifier]] = {}
    for code, name in enumerate(written.dictionary.to_pylist()):
        places = np.flatnonzero(codes == code)
        own = values.take(pa.array(places))
        kind = rules.kind(canonical(name))
        found[places], names[places] = own.to_numpy(zero_copy_only=False), kind.name
        for place in places[~_plain(kind, own)].tolist():
            value = values[place].as_py()
            form = NoIdentifier.EMPTY if value is None else rules.normalised(kind.name, value)
            if isinstance(form, NoIdentifier):
                found[place] = None
                nobody[place] = kind.name, form
            else:
                found[place] = form
    forms = pa.array(found, pa.string())
    keys = pc.binary_join_element_wise(pa.array(names, pa.string()), forms, "\0").dictionary_encode()
    number = keys.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    first = np.empty(len(keys.dictionary), np.int64)
    there = np.flatnonzero(number >= 0)[::-1]
    first[number[there]] = there
    return Named(number, pa.array(names[first], pa.string()), forms.take(pa.array(first)), nobody)


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
