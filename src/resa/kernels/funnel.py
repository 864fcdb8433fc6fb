"""The windowed funnel: how far each customer comes along a list of steps, and by which events.

What is meant, exactly
----------------------
A *chain* is a row of events of one customer, e1 < e2 < … < en in the one order, where ei shows a touchpoint of step i, e1
lies in the period, and t(en) <= t(e1) + within, exact in microseconds, the edge included. Events of the same moment may
follow each other: the one order decides between them. An event fills at most one step, also when its touchpoint stands in
several. The customer's *level* is the length of the longest chain (ClickHouse's windowFunnel in its default mode). Of several
longest chains the one with the earliest start is chosen, then the earliest second event, and so on.

An *optional* step is no part of this: level and chosen chain are those of the funnel without it, so adding one never changes
the numbers of the others. It is then *seen* if its touchpoint occurs after the chain's event of the required step before it
and before that of the required step after it (where the chain ends: up to the end of the window). Of several optional steps
in a row each is looked for after the one found before it; the earliest event is taken.

How
---
Forwards, `starts[k]` holds the latest possible start of a chain that has come to step k; the latest is best, since it
leaves the most time, so one pass suffices. The chosen chain needs the earliest start instead: backwards, `ends[k]` holds
where the earliest completion from step k ends. Both are linear in the events, times the steps that share a touchpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.base.errors import QuestionError
from resa.kernels.compiling import kernel
from resa.kernels.journeys import (
    CODES,
    MICROS,
    WHOLE_TIME,
    Journeys,
    Period,
    in_period,
    plain_customers,
    plain_journeys,
)
from resa.kernels.ranges import over_customers

__all__ = ["MAX_STEPS", "FunnelResult", "Steps", "funnel", "funnel_counts", "funnel_levels", "funnel_steps"]

MAX_STEPS: Final = 255
"""As many steps as a level (u8) can count."""


class Steps(NamedTuple):
    """A funnel's steps as tables by touchpoint code.

    Attributes:
        heads: i32[65,537]; the steps of code c are `steps[heads[c]:heads[c + 1]]`, the last step first.
        steps: u8, the steps' numbers, 0-based.
        count: How many steps.
    """

    heads: npt.NDArray[np.int32]
    steps: npt.NDArray[np.uint8]
    count: int


class FunnelResult(NamedTuple):
    """How far each customer came.

    Attributes:
        levels: u8[C], required steps reached, 0 (not even the first) to the number of required steps.
        positions: i64[C, S], the chosen chain's event for every step, optional ones too; -1 where there is none.
    """

    levels: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.int64]


def funnel_steps(steps: Sequence[Sequence[int]]) -> Steps:
    """Turn steps, each any of some touchpoint codes, into tables.

    Raises:
        QuestionError: There is no step, or there are more than 255.
        ValueError: A code is 0 or above 65,535.
    """
    if not 1 <= len(steps) <= MAX_STEPS:
        raise QuestionError(f"a funnel has 1 to {MAX_STEPS} steps, not {len(steps)}")
    pairs = sorted({(int(code), -number) for number, codes in enumerate(steps) for code in codes})
    heads = np.zeros(CODES + 1, np.int32)
    for code, _ in pairs:
        if not 1 <= code < CODES:
            raise ValueError(f"{code} is no touchpoint's code; codes are 1 to {CODES - 1}")
        heads[code + 1] += 1
    return Steps(np.cumsum(heads, dtype=np.int32), np.array([-step for _, step in pairs], np.uint8), len(steps))


@kernel
def _within(
    seconds: npt.NDArray[np.int32], micros: npt.NDArray[np.int32], start: int, end: int, whole: int, rest: int
) -> bool:
    """Whether t(end) - t(start) <= whole seconds and rest microseconds; microseconds are read only near the edge."""
    apart = np.int64(seconds[end]) - np.int64(seconds[start])
    if apart < whole:
        return True
    if apart > whole + 1:
        return False
    return (apart - whole) * MICROS + np.int64(micros[end]) - np.int64(micros[start]) <= rest


@kernel
def _levels(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    count: int,
    whole: int,
    rest: int,
    period: tuple[int, int],
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    levels: npt.NDArray[np.uint8],
) -> None:
    starts = np.empty(count, np.int64)
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        starts[:] = -1
        level = 0
        for position in range(offsets[customer], offsets[customer + 1]):
            code = touchpoints[position]
            for entry in range(heads[code], heads[code + 1]):
                step = np.int64(steps[entry])
                if step == 0:
                    if in_period(seconds, micros, position, period[0], period[1]):
                        starts[0] = position
                        level = max(level, 1)
                elif starts[step - 1] >= 0 and _within(
                    seconds, micros, starts[step - 1], position, whole, rest
                ):
                    starts[step] = starts[step - 1]
                    level = max(level, step + 1)
            if level == count:
                break
        levels[customer] = level


@kernel
def _chosen_start(
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    level: int,
    whole: int,
    rest: int,
    period: tuple[int, int],
    begin: int,
    end: int,
    ends: npt.NDArray[np.int64],
) -> int:
    """The earliest start from which a chain of this level is complete within the window."""
    ends[:level] = -1
    chosen = -1
    for position in range(end - 1, begin - 1, -1):
        code = touchpoints[position]
        for entry in range(heads[code + 1] - 1, heads[code] - 1, -1):  # the first step first
            step = np.int64(steps[entry])
            if step >= level:
                break
            reached = np.int64(position) if step == level - 1 else ends[step + 1]
            if reached < 0:
                continue
            ends[step] = reached
            if (
                step == 0
                and in_period(seconds, micros, position, period[0], period[1])
                and _within(seconds, micros, position, reached, whole, rest)
            ):
                chosen = position
    return chosen


@kernel
def _find(
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    step: int,
    begin: int,
    end: int,
) -> int:
    """The first event of [begin, end) that shows a touchpoint of the step; -1 if there is none."""
    for position in range(begin, end):
        code = touchpoints[position]
        for entry in range(heads[code], heads[code + 1]):
            if steps[entry] == step:
                return position
    return -1


@kernel
def _chains(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    all_heads: npt.NDArray[np.int32],
    all_steps: npt.NDArray[np.uint8],
    optional: npt.NDArray[np.bool_],
    whole: int,
    rest: int,
    period: tuple[int, int],
    first: int,
    last: int,
    levels: npt.NDArray[np.uint8],
    positions: npt.NDArray[np.int64],
) -> None:
    """Fill in the chosen chain of every customer with a level: `steps` are the required ones, `all_steps` all."""
    count = len(optional)
    ends = np.empty(count, np.int64)
    for customer in range(first, last):
        level = np.int64(levels[customer])
        if level == 0:
            continue
        end = offsets[customer + 1]
        start = _chosen_start(
            seconds, micros, touchpoints, heads, steps, level, whole, rest, period, offsets[customer], end, ends
        )
        cursor = start
        positions[customer, 0] = start
        reached = 1
        step = 1
        while step < count:
            following = step  # the next required step
            while following < count and optional[following]:
                following += 1
            limit = end
            if reached < level:
                limit = _find(touchpoints, all_heads, all_steps, following, cursor + 1, end)
                positions[customer, following] = limit
            for between in range(step, following):
                seen = _find(touchpoints, all_heads, all_steps, between, cursor + 1, limit)
                if seen >= 0 and _within(seconds, micros, start, seen, whole, rest):
                    positions[customer, between] = seen
                    cursor = seen
            if reached == level:
                break
            reached += 1
            cursor = limit
            step = following + 1


def _split(within_us: int) -> tuple[int, int]:
    """Whole seconds and the rest of a window; anything longer than an index can span is as good as no limit."""
    if within_us < 0:
        raise QuestionError(f"a window of {within_us} microseconds is negative")
    return divmod(min(within_us, 2**60), MICROS)


def _required(steps: Sequence[Sequence[int]], optional: Sequence[bool] | None) -> npt.NDArray[np.bool_]:
    """Which steps are optional, checked."""
    flags = np.zeros(len(steps), np.bool_) if optional is None else np.asarray(optional, np.bool_)
    if len(flags) != len(steps):
        raise ValueError(f"{len(flags)} flags tell which of {len(steps)} steps are optional")
    if len(flags) and flags[0]:
        raise QuestionError("the first step of a funnel cannot be optional: the funnel starts with it")
    return flags


def funnel_levels(
    journeys: Journeys,
    steps: Sequence[Sequence[int]],
    *,
    within_us: int,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> npt.NDArray[np.uint8]:
    """How many steps each customer reached; the module's text says exactly what that means.

    Args:
        journeys: The index.
        steps: Each step's touchpoint codes, any of which fills it; all steps are required.
        within_us: The window from the first step to the last reached, microseconds, the edge included.
        period: When a chain may start; `None`: any time.
        customers: bool[C], who takes part; the others get level 0. `None`: all.
        threads: See `over_customers`.

    Returns:
        u8[C].

    Raises:
        QuestionError: No step, more than 255, or a negative window.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    tables = funnel_steps(steps)
    whole, rest = _split(within_us)
    levels = np.zeros(plain.customers, np.uint8)
    over_customers(
        plain,
        lambda first, last: _levels(
            *plain, *tables, whole, rest, period or WHOLE_TIME, mask, first, last, levels
        ),
        threads,
    )
    return levels


def funnel_counts(
    journeys: Journeys,
    steps: Sequence[Sequence[int]],
    *,
    within_us: int,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> npt.NDArray[np.int64]:
    """How many customers reached each step: i64[S]; the cheapest question of this module. Arguments as `funnel_levels`."""
    levels = funnel_levels(
        journeys, steps, within_us=within_us, period=period, customers=customers, threads=threads
    )
    exactly = np.bincount(levels, minlength=len(steps) + 1)
    return np.cumsum(exactly[::-1])[::-1][1:].astype(np.int64)


def funnel(
    journeys: Journeys,
    steps: Sequence[Sequence[int]],
    *,
    within_us: int,
    optional: Sequence[bool] | None = None,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> FunnelResult:
    """Each customer's level and the events of the chosen chain; the module's text says exactly what that means.

    Args:
        journeys: The index.
        steps: Each step's touchpoint codes, any of which fills it, optional steps included.
        within_us: The window from the first step to the last reached, microseconds, the edge included.
        optional: One flag a step; the first cannot be optional. `None`: none is.
        period: When a chain may start; `None`: any time.
        customers: bool[C], who takes part; the others get level 0. `None`: all.
        threads: See `over_customers`.

    Raises:
        QuestionError: No step, more than 255, a negative window, or the first step is optional.
    """
    plain = plain_journeys(journeys)
    skippable = _required(steps, optional)
    required = [codes for codes, skip in zip(steps, skippable, strict=True) if not skip]
    levels = funnel_levels(
        plain, required, within_us=within_us, period=period, customers=customers, threads=threads
    )
    tables, all_tables = funnel_steps(required), funnel_steps(steps)
    whole, rest = _split(within_us)
    positions = np.full((plain.customers, len(steps)), -1, np.int64)
    over_customers(
        plain,
        lambda first, last: _chains(
            *plain,
            tables.heads,
            tables.steps,
            all_tables.heads,
            all_tables.steps,
            skippable,
            whole,
            rest,
            period or WHOLE_TIME,
            first,
            last,
            levels,
            positions,
        ),
        threads,
    )
    return FunnelResult(levels, positions)
