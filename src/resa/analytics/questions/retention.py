"""The question who comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from resa.analytics.calendar import PERIODS
from resa.analytics.questions.question import Question, period_problems
from resa.base.language import Sentence, sentence

__all__ = ["RetentionQuestion"]

MOST_PERIODS = 120
"""Calendar periods after the start that retention lists at most."""


@dataclass(frozen=True, kw_only=True)
class RetentionQuestion(Question):
    """Of the customers who started in one calendar period, how many came back in each later one.

    Attributes:
        start: Touchpoints or stages, the first of which starts a customer; empty: any touchpoint.
        returns: Those that count as coming back; empty: any.
        every: The calendar period.
        periods: How many periods after that of the start are listed; 0 is that of the start itself.
        rolling: Who came back later still counts as having come back in every period before, too.
        brackets: Periods that count as one: `0`, `1-3`, `4+`; instead of `periods`.
    """

    kind = "retention"
    start: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    every: Literal["day", "week", "month", "quarter"] = "week"
    periods: int = 12
    rolling: bool = False
    brackets: tuple[str, ...] = ()

    @property
    def ranges(self) -> tuple[tuple[int, int | None], ...]:
        """First and last period after the start of what is counted as one; `None`: all up to now."""
        if not self.brackets:
            return tuple((period, None if self.rolling else period) for period in range(self.periods + 1))
        pairs = [bracket.removesuffix("+").partition("-") for bracket in self.brackets]
        return tuple(
            (int(first), None if bracket.endswith("+") else int(last or first))
            for bracket, (first, _, last) in zip(self.brackets, pairs, strict=True)
        )

    @property
    def range_names(self) -> tuple[str, ...]:
        """The ranges as they are written: 3, 1-3, 4+."""
        return self.brackets or tuple(f"{period}{'+' if self.rolling else ''}" for period in range(self.periods + 1))

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems() + period_problems(self.every)
        if self.by in PERIODS:
            found.append(("by", sentence("cohorts are calendar periods already; use 'every'")))
        if not 0 <= self.periods <= MOST_PERIODS:
            found.append(
                (
                    "periods",
                    sentence(
                        "0 to {most_periods} periods can be listed, not {periods}",
                        most_periods=MOST_PERIODS,
                        periods=self.periods,
                    ),
                )
            )
        if self.brackets and self.rolling:
            found.append(("rolling", sentence("brackets say themselves what counts as one; leave out 'rolling'")))
        found += [
            ("brackets", sentence("'{bracket}' is no bracket; write 3, 1-3 or 4+", bracket=bracket))
            for bracket in self.brackets
            if re.fullmatch(r"\d{1,3}(-\d{1,3}|\+)?", bracket) is None
        ]
        if not any(field == "brackets" for field, _ in found):
            found += self._bracket_problems()
        return found

    def _bracket_problems(self) -> Iterator[tuple[str, Sentence]]:
        """Ranges that go backwards, overlap or reach too far."""
        end: int | None = -1
        for bracket, (first, last) in zip(self.brackets, self.ranges, strict=False):
            if end is None or first <= end or (last is not None and last < first):
                yield (
                    "brackets",
                    sentence(
                        "'{bracket}' does not lie behind the bracket before it; write them in order: 0, 1-3, 4+",
                        bracket=bracket,
                    ),
                )
                return
            if max(first, last or 0) > MOST_PERIODS:
                yield (
                    "brackets",
                    sentence(
                        "'{bracket}' reaches too far; the last period can be {most_periods}",
                        bracket=bracket,
                        most_periods=MOST_PERIODS,
                    ),
                )
                return
            end = last
