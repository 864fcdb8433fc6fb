"""Openings of one expectation, or visits of one touchpoint, as trials: counted by group, stratum and week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.kernels import SignsTrials, Totals, WeeklyTrials, count_together, weekly_trials

__all__ = ["Codes", "Flags", "Table", "Trials"]

_MOST_CELLS: Final = 4_000_000
"""Cells that are counted at once."""

Codes = npt.NDArray[np.integer[Any]]
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
    """Openings of one expectation, or visits of one touchpoint, as trials.

    Attributes:
        met: Whether each was met.
        customer: Whose each is; a customer's openings stand together, in the order of time.
        week: Number of the week in which each opened.
        stratum: Number of the stratum of each, weeks left aside.
        weeks: How many weeks there are.
        among: Which of them are looked at, at least one; `None`: all.
    """

    met: Flags
    customer: npt.NDArray[np.int32]
    week: npt.NDArray[np.int32]
    stratum: npt.NDArray[np.int32]
    weeks: int
    among: Flags | None = None

    @cached_property
    def strata(self) -> int:
        """How many strata there are."""
        return int(self.stratum.max()) + 1 if len(self.stratum) else 0

    @cached_property
    def counted(self) -> WeeklyTrials | SignsTrials:
        """What was counted of them."""
        return self._alone

    @cached_property
    def _alone(self) -> WeeklyTrials:
        size = (self.strata, self.weeks)
        return weekly_trials(self.customer, self.week, self.stratum, self.met, self.among, size=size)

    @property
    def first(self) -> Flags:
        """Which openings count: the first of a customer in a week."""
        first: Flags = self._alone.places < self._alone.counts.size
        return first

    @property
    def effect(self) -> float:
        """Design effect of the trials, at least 1."""
        return self.counted.effect

    @cached_property
    def whole(self) -> Totals:
        """All of them, whether they are trials or not."""
        if self.among is None or "_alone" in vars(self):
            return self.counted.whole
        rows = np.flatnonzero(self.among)  # often few, and the others need not be passed by
        none = np.zeros(len(rows), np.int32)  # weeks and strata do not matter to it
        return weekly_trials(self.customer[rows], none, none, self.met[rows], size=(1, 1)).whole

    @cached_property
    def period(self) -> tuple[int, int]:
        """First and last week with a trial."""
        filled = np.flatnonzero(self.counted.counts.any(axis=(0, 2)))
        return int(filled[0]), int(filled[-1])

    @property
    def origin(self) -> int:
        """The week that is the first of tables."""
        return self.period[0]

    @cached_property
    def table(self) -> Table:
        """All trials, without groups."""
        return self._table(self.counted.counts)

    def tables(self, attributes: Sequence[tuple[Codes, int]]) -> Iterator[tuple[list[tuple[int, int]], Table, Table]]:
        """The trials by group of each of several attributes, some groups at a time.

        Args:
            attributes: The number of each opening's group plus 1 (0: in none), and how many groups there are.

        Yields:
            Of each group its attribute and its number; its trials; and those that are in any group of its attribute.
        """
        most = max(1, _MOST_CELLS // (self.strata * self.weeks * 2))
        named: list[tuple[int, int]] = []
        counts: list[npt.NDArray[np.int32]] = []
        for number, (codes, groups) in enumerate(attributes):
            if counts and len(named) + groups > most:
                yield named, *self._held_apart(counts)
                named, counts = [], []
            named += [(number, group) for group in range(groups)]
            counts.append(self.counted_by(number, codes, groups))
        if counts:
            yield named, *self._held_apart(counts)

    def counted_by(self, number: int, codes: Codes, groups: int) -> npt.NDArray[np.int32]:  # noqa: ARG002 - told apart elsewhere
        """The trials by group of the attribute of this number, i32[groups, strata, weeks, 2]."""
        size = self.strata * self.weeks * 2
        counts = count_together(self._alone.places, codes, size + 1, 1, groups)
        return counts[:, :size].reshape(groups, self.strata, self.weeks, 2)

    def _held_apart(self, counts: Sequence[npt.NDArray[np.int32]]) -> tuple[Table, Table]:
        known = [np.broadcast_to(each.sum(axis=0), each.shape) for each in counts]
        return self._table(np.concatenate(counts)), self._table(np.concatenate(known))

    def _table(self, counts: npt.NDArray[np.integer[Any]]) -> Table:
        """A table of what was counted, without the empty weeks at both ends."""
        low, high = self.period
        whole: Whole = counts[..., low : high + 1, :].astype(np.int64)
        return Table(whole.sum(axis=-1), whole[..., 1])
