"""The one door to Numba: how a kernel is compiled.

A kernel is compiled at its first call and kept in Numba's cache beside the source (or in the user's cache folder), so the
next process only loads it. Numba notices a change of the file that holds the kernel, not of a file whose helper it uses:
helpers that kernels of several files share therefore change rarely, and `NUMBA_CACHE_DIR=$(mktemp -d)` proves them afresh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers; it releases the interpreter's lock while it runs."""
    return cast("Function", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
