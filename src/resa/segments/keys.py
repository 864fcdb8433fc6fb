"""The keys that name customers beyond one generation of the index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from resa.storage import JourneyIndex

__all__ = ["key_of", "keys_as_words", "owners_of"]

Words = npt.NDArray[np.uint64]


def key_of(who: Words, customer: int) -> bytes:
    """The 16 bytes that name a customer."""
    return np.ascontiguousarray(who[customer]).astype("<u8").tobytes()


def keys_as_words(keys: Sequence[bytes]) -> Words:
    """Keys as an index has them, uint64[N, 2]."""
    return np.frombuffer(b"".join(keys), "<u8").reshape(-1, 2)


def owners_of(index: JourneyIndex, keys: Words) -> npt.NDArray[np.int64]:
    """The numbers of the customers whose identifiers these keys once were named by; -1 where there is none.

    A customer's key is the hash of the identifier that names her; joined or split, she may be named by another one.

    Args:
        index: A generation.
        keys: uint64[N, 2], keys of this generation or another one.
    """
    persons = index.persons
    if not persons.num_rows or not len(keys):
        return index.find(keys)
    hashes = np.stack([persons.column(name).to_numpy() for name in ("high", "low")], axis=1)
    names = persons.column("name").to_numpy()
    places = np.searchsorted(np.ascontiguousarray(hashes[:, 0]), keys[:, 0])
    for _ in range(2):  # two with one first word are as good as impossible, yet not quite
        here = np.minimum(places, len(hashes) - 1)
        places = places + ((hashes[here, 0] == keys[:, 0]) & (hashes[here, 1] < keys[:, 1]) & (places < len(hashes)))
    here = np.minimum(places, len(hashes) - 1)
    joined = (hashes[here] == keys).all(axis=1) & (names[here] >= 0)
    now = keys.copy()
    now[joined] = hashes[names[here[joined]]]
    return index.find(now)
