"""Openings of one expectation as trials: counted by group, stratum and week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.kernels import count_together, design_effect

__all__ = ["Table", "Trials"]

_MOST_CELLS: Final = 4_000_000
"""Cells that are counted at once."""

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """Trials counted by stratum and week: i64[groups, strata, weeks], or without the first axis.

    Attributes:
        openings: How many there are.
        met: How many of them were met.
    """

    openings: Whole
    met: Whole


@dataclass(frozen=True)
class Trials:
    """Openings of one expectation as trials.

    Attributes:
        met: Whether each was met.
        customer: Whose each is; a customer's openings stand together, in the order of time.
        week: Number of the week in which each opened.
        stratum: Number of the stratum of each, weeks left aside.
        weeks: How many weeks there are.
    """

    met: Flags
    customer: npt.NDArray[np.int32]
    week: Whole
    stratum: Whole
    weeks: int

    @cached_property
    def strata(self) -> int:
        """How many strata there are."""
        return int(self.stratum.max()) + 1 if len(self.stratum) else 0

    @cached_property
    def first(self) -> Flags:
        """Which openings count: the first of a customer in a week."""
        other: Flags = np.ones(len(self.met), np.bool_)
        other[1:] = (self.customer[1:] != self.customer[:-1]) | (self.week[1:] != self.week[:-1])
        return other

    @cached_property
    def effect(self) -> float:
        """Design effect of the trials, at least 1."""
        return design_effect(self.customer, self.met, self.first)

    @cached_property
    def _place(self) -> Whole:
        """Where each opening is counted: stratum, week, and whether it was met; behind them those that do not count."""
        place: Whole = np.where(
            self.first, (self.stratum * self.weeks + self.week) * 2 + self.met, self.strata * self.weeks * 2
        )
        return place

    @cached_property
    def table(self) -> Table:
        """All trials, without groups."""
        every = self._counted(None, 0, 1)
        return Table(every.openings[0], every.met[0])

    def tables(self, codes: npt.NDArray[np.uint32], groups: int) -> Iterator[tuple[int, Table, Table]]:
        """The trials by group, some groups at a time: the number of the first, they, and those that are in any group.

        Args:
            codes: The number of each opening's group plus 1; 0: in none.
            groups: How many groups there are.
        """
        step = max(1, _MOST_CELLS // max(1, self.strata * self.weeks * 2))
        known = self.table
        for first in range(0, groups + 1, step):
            counted = self._counted(codes, first, min(step, groups + 1 - first))
            openings, met = counted.openings, counted.met
            if first == 0:
                known = Table(self.table.openings - openings[0], self.table.met - met[0])
                openings, met = openings[1:], met[1:]
            yield max(first - 1, 0), Table(openings, met), known

    def _counted(self, codes: npt.NDArray[np.uint32] | None, first: int, groups: int) -> Table:
        size = self.strata * self.weeks * 2 + 1
        if codes is None:
            codes = np.zeros(len(self._place), np.uint32)
        counts = count_together(self._place, codes, size, first, groups)[:, :-1]
        counts = counts.reshape(groups, self.strata, self.weeks, 2)
        return Table(counts.sum(axis=3), counts[..., 1])
