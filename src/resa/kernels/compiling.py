"""The one door to Numba: how a kernel is compiled.

A kernel is compiled at its first call and kept in Numba's cache beside the source (or in the user's cache folder), so
the next process only loads it. Numba notices a change of the file that holds the kernel, not of a file whose helper it
uses: helpers that kernels of several files share therefore change rarely, and `NUMBA_CACHE_DIR=$(mktemp -d)` proves
them afresh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["inlined", "kernel"]

# Numba checks what a function takes when it compiles it, a type checker does not: within a kernel an integer is
# numpy's, outside it may be Python's.
Compiled = Callable[..., Any]


def kernel(function: Compiled) -> Compiled:
    """Compile a function of arrays and numbers; it releases the interpreter's lock while it runs."""
    compiled: Compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


def inlined(function: Compiled) -> Compiled:
    """A part of a kernel that is written into it: a call that hands over arrays would count references each time."""
    part: Compiled = numba.njit(inline="always", error_model="numpy")(function)
    return part
