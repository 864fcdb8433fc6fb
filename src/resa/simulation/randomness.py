"""Random numbers that depend on nothing but a key: no order, no chunk, no thread, no machine can change them.

A key is a `uint64`. `derive(key, purpose)` is the `purpose`-th number of the SplitMix64 sequence that starts at the
key (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", figure 16), so every draw is a pure
function of (seed, customer, attempt, step, purpose). All arithmetic is on integers; floating point only ever makes
tables, which are rounded before use.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

__all__ = ["CERTAIN", "Keys", "choose", "cumulated", "derive", "draw", "hexadecimal", "threshold"]

Keys = npt.NDArray[np.uint64]

_GOLDEN = 0x9E37_79B9_7F4A_7C15
_WORD = 0xFFFF_FFFF_FFFF_FFFF
_BITS = 53

CERTAIN = 1 << _BITS
"""The threshold of a chance of 1: every draw lies below it."""

_HEXADECIMAL = np.array([f"{byte:02x}".encode() for byte in range(256)], dtype="S2")


def derive(keys: Keys, purpose: int) -> Keys:
    """The number of each key for one purpose; itself a key.

    Args:
        keys: Any shape.
        purpose: A small number, a different one for each use of the same key.

    Returns:
        Evenly distributed over all 64 bits, the same shape.
    """
    mixed = keys + np.uint64((purpose + 1) * _GOLDEN & _WORD)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58_476D_1CE4_E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D0_49BB_1331_11EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def draw(keys: Keys, purpose: int) -> npt.NDArray[np.int64]:
    """Whole numbers in [0, 2^53), evenly distributed; compare them with a `threshold`."""
    return (derive(keys, purpose) >> np.uint64(64 - _BITS)).astype(np.int64)


def threshold(chance: float) -> int:
    """The number that a draw stays below with this chance."""
    return round(chance * CERTAIN)


def cumulated(weights: Sequence[float], *, certain: bool) -> npt.NDArray[np.int64]:
    """Thresholds for a choice among alternatives.

    Args:
        weights: One for each alternative, not negative.
        certain: Scale the weights so that one alternative is always chosen; otherwise they are chances, and what they
            lack to 1 is the chance that none is.

    Returns:
        Rising thresholds, one for each alternative.
    """
    total = sum(weights) if certain else 1.0
    limits = [min(threshold(sum_ / total), CERTAIN) for sum_ in accumulate(weights)]
    if certain:
        limits[-1] = CERTAIN
    return np.array(limits, dtype=np.int64)


def choose(limits: npt.NDArray[np.int64], keys: Keys, purpose: int) -> npt.NDArray[np.int64]:
    """The number of the chosen alternative for each key; `len(limits)` where none is."""
    return np.searchsorted(limits, draw(keys, purpose), side="right")


def hexadecimal(keys: Keys) -> npt.NDArray[np.bytes_]:
    """Each key as 16 hexadecimal digits, ASCII."""
    octets = keys.astype(">u8").view(np.uint8).reshape(-1, 8)
    return np.ascontiguousarray(_HEXADECIMAL[octets]).view("S16").ravel()
