"""The keys that name customers beyond one generation of the index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from resa.storage import JourneyIndex

__all__ = ["key_of", "numbers_of", "places_of"]


def key_of(who: npt.NDArray[np.uint64], customer: int) -> bytes:
    """The 16 bytes that name a customer."""
    return np.ascontiguousarray(who[customer]).astype("<u8").tobytes()


def places_of(who: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """For each wanted key the number of the customer, -1 if there is none.

    Args:
        who: uint64[C, 2], sorted, as an index has it.
        wanted: uint64[W, 2].
    """
    if not len(who) or not len(wanted):
        return np.full(len(wanted), -1, np.int64)
    places = np.searchsorted(np.ascontiguousarray(who[:, 0]), wanted[:, 0])
    for _ in range(2):  # two customers with one first word are as good as impossible, yet not quite
        here = np.minimum(places, len(who) - 1)
        places = places + ((who[here, 0] == wanted[:, 0]) & (who[here, 1] < wanted[:, 1]) & (places < len(who)))
    here = np.minimum(places, len(who) - 1)
    return np.where((who[here] == wanted).all(axis=1), here, -1)


def numbers_of(index: JourneyIndex, keys: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """The numbers of customers in a generation, by the 16 bytes that name each; -1: there is none."""
    return places_of(index.who, np.frombuffer(b"".join(keys), "<u8").reshape(-1, 2))
