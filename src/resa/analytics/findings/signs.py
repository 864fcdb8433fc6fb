"""Visits of one touchpoint with all their signs of friction: what they have in common is counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.analytics.findings.beginnings import Beginnings
from resa.analytics.findings.trials import Codes, Flags, Trials
from resa.kernels import Signs, SignsTogether, SignsTrials, Totals, first_together, totals_by_group, trials_together

__all__ = ["Shown", "SignTrials"]

_MOST_CELLS: Final = 2_000_000
"""Cells of all signs together that are counted at once."""

Counts = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Shown:
    """Visits with their signs.

    Attributes:
        beginnings: Where and when each is.
        signs: Which signs each shows.
    """

    beginnings: Beginnings
    signs: Signs
    _waiting: dict[int, dict[int, Counts]] = field(default_factory=dict, repr=False)

    def met(self, sign: int) -> Flags:
        """Which visits do not show a sign."""
        return _has(self.signs.met, sign)

    def among(self, sign: int) -> Flags | None:
        """Which are looked at for it; `None`: all."""
        flags = _has(self.signs.among, sign)
        return None if flags.all() else flags

    def first(self, sign: int) -> Flags:
        """Which are trials of it."""
        return _has(self.trials.first, sign)

    @cached_property
    def trials(self) -> SignsTogether:
        """They as trials of each sign."""
        (week, days), (stratum, groups) = self.beginnings.weeks, self.beginnings.strata
        return trials_together(self.signs, week, stratum, size=(groups.shape[1], len(days)))

    def by_group(self, numbers: npt.NDArray[np.int32], groups: int) -> list[list[Totals]]:
        """The visits of each group and sign; a number below 0 is in no group."""
        return totals_by_group(self.signs, numbers, groups)

    def counted_by(self, sign: int, attribute: int, codes: Codes, groups: int) -> Counts:
        """The trials of a sign by group, i32[groups, strata, weeks, 2]; each sign asks once for an attribute.

        Args:
            sign: The sign.
            attribute: Tells the attribute from others.
            codes: The number of each visit's group plus 1; 0: in none.
            groups: How many groups there are.
        """
        told, found = self._told, self.trials
        if found.of[sign].counts.size * groups * len(told) > _MOST_CELLS:
            alone: Counts = self._counted(codes, groups, range(sign, sign + 1))[0]
            return alone
        if attribute not in self._waiting:
            every = self._counted(codes, groups, range(self.signs.how_many))
            self._waiting[attribute] = {number: every[number] for number in told}
        waiting = self._waiting[attribute]
        own = waiting.pop(sign)
        if not waiting:
            del self._waiting[attribute]
        return own

    @property
    def _told(self) -> Sequence[int]:
        """Signs that some visits show and others do not: the others differ nowhere, and are not asked for."""
        every = enumerate(self.trials.of)
        return [number for number, one in every if one.counts[..., 1].any() and one.counts[..., 0].any()]

    def _counted(self, codes: Codes, groups: int, signs: range) -> Counts:
        return first_together(self.trials, self.signs.met, codes, groups, signs)


def _has(bits: npt.NDArray[np.uint8], sign: int) -> Flags:
    flags: Flags = (bits & np.uint8(1 << sign)) != 0
    return flags


@dataclass(frozen=True, kw_only=True)
class SignTrials(Trials):
    """Visits as trials of one of their signs.

    Attributes:
        shown: The visits.
        sign: The sign.
    """

    shown: Shown
    sign: int

    @cached_property
    def counted(self) -> SignsTrials:
        """What was counted of the sign."""
        return self.shown.trials.of[self.sign]

    @property
    def first(self) -> Flags:
        """Which visits count: the first of a customer in a week."""
        return self.shown.first(self.sign)

    @cached_property
    def whole(self) -> Totals:
        """All of them, whether they are trials or not."""
        return self.counted.whole

    def counted_by(self, number: int, codes: npt.NDArray[np.integer[Any]], groups: int) -> Counts:
        """The trials by group of the attribute of this number, i32[groups, strata, weeks, 2]."""
        return self.shown.counted_by(self.sign, number, codes, groups)
