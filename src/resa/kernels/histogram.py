"""Durations in buckets of about equal relative width, so that medians can be added up over threads and machines.

Durations of 0 to 63 microseconds have a bucket each; from there every power of two is cut into 32 buckets of equal
width (as in HdrHistogram). A bucket's value is its middle, so a quantile read here is off by at most `RELATIVE_ERROR`
of the true one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel

__all__ = ["BUCKETS", "RELATIVE_ERROR", "bucket_of", "middles", "quantiles"]

_BITS: Final = 5  # 2^5 buckets a power of two
_LARGEST: Final = 52  # durations of an index (seconds in i32) are below 2^53 microseconds

BUCKETS: Final = ((_LARGEST - _BITS) << _BITS) + (2 << _BITS)
"""How many buckets hold every duration of an index."""

RELATIVE_ERROR: Final = 1 / (4 << (_BITS - 1))
"""1/64: half a bucket's width, 2^-5 of the power of two, over the least value in it."""

_SHIFT: Final = 52 - _BITS
_ZERO: Final = ((1023 + _BITS) << _BITS) - (1 << _BITS)


@kernel
def bucket_of(duration: np.int64) -> np.int64:
    """The bucket of a duration in microseconds, 0 to 2^53 - 1.

    A double's bits, exponent first, then the mantissa, are such a scale already: its first bits are the bucket.
    """
    if duration < (1 << _BITS):
        return duration
    return (np.float64(duration).view(np.int64) >> _SHIFT) - _ZERO


def middles() -> npt.NDArray[np.float64]:
    """The value of each bucket, microseconds."""
    bucket = np.arange(BUCKETS, dtype=np.int64)
    shift = np.maximum((bucket >> _BITS) - 1, 0)
    lowest = np.where(bucket < (2 << _BITS), bucket, (bucket - (shift << _BITS)) << shift)
    widest = (np.int64(1) << shift) - 1
    return np.asarray(lowest + widest / 2, np.float64)


def quantiles(histograms: npt.NDArray[np.integer], shares: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The least duration that at least a share of the durations does not exceed, in microseconds.

    Args:
        histograms: [..., BUCKETS] counts.
        shares: q values, 0 < share <= 1 (0.5: the median; of an even number the lower one).

    Returns:
        [..., q], NaN where a histogram is empty; off by at most `RELATIVE_ERROR`.
    """
    flat = histograms.reshape(-1, BUCKETS).astype(np.int64).cumsum(axis=1)
    wanted = np.atleast_1d(np.asarray(shares, np.float64))
    values = middles()
    answer = np.full((len(flat), len(wanted)), np.nan)
    for row, running in enumerate(flat):
        if running[-1] > 0:
            # The product may lie a hair above a whole number; a rank is not moved by that.
            ranks = np.maximum(np.ceil(wanted * running[-1] - 1e-9), 1)
            answer[row] = values[np.searchsorted(running, ranks)]
    return answer.reshape(*histograms.shape[:-1], len(wanted))
