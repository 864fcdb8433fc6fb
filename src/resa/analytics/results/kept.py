"""Answers as they are kept: without the customers behind their numbers.

Who was counted is told by arrays of all events, of which many answers together would fill the memory. An answer that is
kept says only which numbers have customers; whoever asks for them has it worked out again, unless it is one of the few
answers that were kept whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pyarrow as pa

from resa.analytics.results.result import Counted, Identify, People, Result

__all__ = ["bare", "clothed"]


def bare(result: Result) -> Result:
    """An answer that holds nothing of what it was counted from."""
    return _with(result, lambda _, column: partial(_forgotten, column), _unidentified)


def clothed(result: Result, whole: Callable[[], Result], identify: Identify) -> Result:
    """A bare answer with the customers behind its numbers.

    Args:
        result: The answer.
        whole: Gives the same answer with these customers.
        identify: Gives the identifiers of customers.
    """

    def people(part: str, column: str) -> People:
        def counted(row: int) -> Counted:
            return whole().parts[part].people[column](row)

        return counted

    return _with(result, people, identify)


def _with(result: Result, people: Callable[[str, str], People], identify: Identify) -> Result:
    def of_part(name: str) -> Mapping[str, People]:
        return {column: people(name, column) for column in result.parts[name].people}

    parts = {name: replace(part, people=of_part(name)) for name, part in result.parts.items()}
    return replace(result, parts=parts, identify=identify)


def _forgotten(column: str, row: int) -> Counted:
    raise LookupError(f"the customers behind {column} of row {row} are not kept")


def _unidentified(customers: Counted) -> pa.Table:
    raise LookupError(f"the identifiers of {len(customers)} customers are not kept")
