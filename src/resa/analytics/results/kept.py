"""Answers as they are kept: without the customers behind their numbers.

Who was counted is told by arrays of all events, of which many answers together would fill the memory. An answer that is
kept says only which numbers have customers; whoever asks for them has it worked out again, unless it is one of the few
answers that were kept whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pyarrow as pa

from resa.analytics.results.result import Counted, Identify, Result

__all__ = ["bare", "clothed"]


def bare(result: Result) -> Result:
    """An answer that holds nothing of what it was counted from."""
    return _with(result, _forgotten, _unidentified)


def clothed(result: Result, whole: Callable[[], Result], identify: Identify) -> Result:
    """A bare answer with the customers behind its numbers.

    Args:
        result: The answer.
        whole: Gives the same answer with these customers.
        identify: Gives the identifiers of customers.
    """

    def behind(part: str, what: _What, column: str) -> Callable[[int], Any]:
        def counted(row: int) -> Any:
            return getattr(whole().parts[part], what)[column](row)

        return counted

    return _with(result, behind, identify)


_What = Literal["people", "moments"]


def _with(result: Result, behind: Callable[[str, _What, str], Callable[[int], Any]], identify: Identify) -> Result:
    parts = {
        name: replace(
            part,
            people={column: behind(name, "people", column) for column in part.people},
            moments={column: behind(name, "moments", column) for column in part.moments},
        )
        for name, part in result.parts.items()
    }
    return replace(result, parts=parts, identify=identify)


def _forgotten(part: str, what: _What, column: str) -> Callable[[int], Any]:
    def gone(row: int) -> Any:
        raise LookupError(f"the {what} of {column} of row {row} of {part} are not kept")

    return gone


def _unidentified(customers: Counted) -> pa.Table:
    raise LookupError(f"the identifiers of {len(customers)} customers are not kept")
