"""Memory for what kernels write."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["columns"]

_LINE: Final = 64  # bytes; no two columns share a line of the processor's cache


def columns(rows: int, *kinds: npt.DTypeLike) -> tuple[npt.NDArray[Any], ...]:
    """Empty columns of so many rows, cut from one stretch of memory, which lives as long as any of them.

    A long stretch comes from the system in large pages: for columns of some megabytes each that saves more than
    filling them in takes.
    """
    sizes = [rows * np.dtype(kind).itemsize for kind in kinds]
    begins = np.cumsum([0, *(-(-size // _LINE) * _LINE for size in sizes)]).tolist()
    stretch = np.empty(begins[-1], np.uint8)
    cut = zip(begins, sizes, kinds, strict=False)
    return tuple(stretch[begin : begin + size].view(kind) for begin, size, kind in cut)
