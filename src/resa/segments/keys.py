"""The keys that name customers beyond one generation of the index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from resa.storage import JourneyIndex, keys_of, lower_bounds

__all__ = ["count_up_to", "key_of", "keys_as_words", "owners_of"]

Words = npt.NDArray[np.uint64]


def key_of(who: Words, customer: int) -> bytes:
    """The 16 bytes that name a customer."""
    return np.ascontiguousarray(who[customer]).astype("<u8").tobytes()


def keys_as_words(keys: Sequence[bytes]) -> Words:
    """Keys as an index has them, uint64[N, 2]."""
    return np.frombuffer(b"".join(keys), "<u8").reshape(-1, 2)


def count_up_to(who: Words, key: bytes) -> int:
    """How many of some customers' sorted keys come before a key, or are it."""
    first, second = keys_as_words([key])[0]
    return int(np.count_nonzero((who[:, 0] < first) | ((who[:, 0] == first) & (who[:, 1] <= second))))


def owners_of(index: JourneyIndex, keys: Words) -> npt.NDArray[np.int64]:
    """The numbers of the customers whose identifiers these keys once were named by; -1 where there is none.

    A customer's key is the hash of the identifier that names her; joined or split, she may be named by another one.

    Args:
        index: A generation.
        keys: uint64[N, 2], keys of this generation or another one.
    """
    now = keys.copy()
    for persons in reversed(index.told_persons):
        if persons.num_rows and len(keys):
            hashes = keys_of(persons)
            names, part = (persons.column(name).to_numpy() for name in ("name", "part"))
            place = np.minimum(lower_bounds(hashes, keys), len(hashes) - 1)
            told = (hashes[place] == keys).all(axis=1) & (part[place] >= 0)
            name = names[place]
            now[told] = np.where(name[told, None] >= 0, hashes[name[told]], keys[told])
    return index.find(now)
