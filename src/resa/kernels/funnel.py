"""The windowed funnel: how far each customer comes along a list of steps, and by which events.

What is meant, exactly
----------------------
A *chain* is a row of events of one customer, e1 < e2 < … < en in the one order, where ei shows a touchpoint of step i,
e1 lies in the period, and t(en) <= t(e1) + within, exact in microseconds, the edge included. Events of the same moment
may follow each other: the one order decides between them. An event fills at most one step, also when its touchpoint
stands in several. The customer's *level* is the length of the longest chain (ClickHouse's windowFunnel in its default
mode). Of several longest chains the one with the earliest start is chosen, then the earliest second event, and so on.

An *optional* step is no part of this: level and chosen chain are those of the funnel without it, so adding one never
changes the numbers of the others. It is then *seen* if its touchpoint occurs after the chain's event of the required
step before it and before that of the required step after it (where the chain ends: up to the end of the window). Of
several optional steps in a row each is looked for after the one found before it; the earliest event is taken.

How
---
Forwards, `starts[k]` holds the latest possible start of a chain that has come to step k; the latest is best, since it
leaves the most time, so one pass suffices. The chosen chain needs the earliest start instead: backwards, `ends[k]`
holds when the earliest completion from step k ends. Both are linear in the events, times the steps that share a
touchpoint.
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
    WHOLE_TIME,
    Journeys,
    Period,
    code_flags,
    moment,
    plain_customers,
    plain_journeys,
)
from resa.kernels.ranges import over_customers
from resa.kernels.scanning import BLOCK, FOUND, scan, select, share_of

__all__ = ["MAX_STEPS", "FunnelResult", "Steps", "funnel", "funnel_counts", "funnel_levels", "funnel_steps"]

MAX_STEPS: Final = 255
"""As many steps as a level (u8) can count."""

_LANES: Final = 8  # steps that `_levels_by_scan` can follow
_RARE: Final = 1 / 64  # share of first steps below which their customers are looked at one by one
_WORTH: Final = 1_000_000  # events that make a thread worth its start
_WORTH_RARE: Final = 10_000_000  # the same where most are passed over
_LONGEST: Final = 2**60  # microseconds; longer than an index can span
_NEVER: Final = -(2**61)  # further than the longest window before any moment


class Steps(NamedTuple):
    """A funnel's steps as tables by touchpoint code.

    Attributes:
        heads: i32[65,537]; the steps of code c are `steps[heads[c]:heads[c + 1]]`, the last step first.
        steps: u8, the steps' numbers, 0-based.
    """

    heads: npt.NDArray[np.int32]
    steps: npt.NDArray[np.uint8]


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
    for code, _ in pairs:
        if not 1 <= code < CODES:
            raise ValueError(f"{code} is no touchpoint's code; codes are 1 to {CODES - 1}")
    heads = np.zeros(CODES + 1, np.int32)
    for code, _ in pairs:
        heads[code + 1] += 1
    np.cumsum(heads, out=heads)
    return Steps(heads, np.array([-step for _, step in pairs], np.uint8))


@kernel
def _levels_by_customer(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    flags: npt.NDArray[np.uint8],
    first_step: npt.NDArray[np.uint8],
    first_codes: npt.NDArray[np.uint16],
    count: int,
    window: int,
    period: tuple[int, int] | None,
    first: int,
    last: int,
    levels: npt.NDArray[np.uint8],
) -> None:
    """Any number of steps: look for first steps, then at what else those customers did.

    A time is not read before it matters, since events far apart in memory are costly to reach.
    """
    starts = np.empty(count, np.int64)  # positions
    marks = np.empty(BLOCK, np.uint8)
    entries = np.empty(FOUND, np.int64)
    found = np.empty(BLOCK, np.int64)
    customer = first
    end = offsets[first]
    place = offsets[first]
    while place < offsets[last]:
        hits, place = scan(touchpoints, first_step, first_codes, place, offsets[last], marks, entries)
        for hit in range(hits):
            if entries[hit] < end:
                continue  # this customer is done with
            while offsets[customer + 1] <= entries[hit]:
                customer += 1
            end = offsets[customer + 1]
            starts[:] = -1
            level = 0
            for block in range(entries[hit], end, BLOCK):
                for own in range(select(touchpoints, flags, block, min(block + BLOCK, end), found)):
                    position = found[own]
                    code = np.int64(touchpoints[position])
                    for entry in range(heads[code], heads[code + 1]):
                        step = np.int64(steps[entry])
                        start = position if step == 0 else starts[step - 1]
                        if step == 0:
                            fits = period is None or period[0] <= moment(seconds, micros, position) < period[1]
                        else:
                            fits = start >= 0 and _apart(seconds, micros, start, position) <= window
                        if fits:
                            starts[step] = start
                            level = max(level, int(step) + 1)
                if level == count:
                    break
            levels[customer] = level


@kernel
def _apart(seconds: npt.NDArray[np.int32], micros: npt.NDArray[np.int32], start: int, end: int) -> int:
    """The time from one event to another, microseconds."""
    return int(moment(seconds, micros, end) - moment(seconds, micros, start))


@kernel
def _levels_by_scan(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    lanes: npt.NDArray[np.uint8],
    codes: npt.NDArray[np.uint16],
    wide: bool | None,
    window: int,
    period: tuple[int, int] | None,
    first: int,
    last: int,
    levels: npt.NDArray[np.uint8],
) -> None:
    """Up to 4 steps (`wide` is `None`) or 8, without a branch but one a customer: everything stays in registers.

    `lanes` holds each code's steps as bits. Each step takes over the start of the step before it, the last step first,
    so that one event moves a chain by one step. Numba leaves the upper four steps out where `wide` is `None`.
    """
    marks = np.empty(BLOCK, np.uint8)
    found = np.empty(FOUND, np.int64)
    times = np.empty(FOUND, np.int64)
    start1 = start2 = start3 = start4 = start5 = start6 = start7 = start8 = np.int64(_NEVER)
    customer = first
    end = offsets[first + 1]
    place = offsets[first]
    while place < offsets[last]:
        hits, place = scan(touchpoints, lanes, codes, place, offsets[last], marks, found)
        for hit in range(hits):  # apart from the rest, so that the processor waits for many of them at once
            times[hit] = moment(seconds, micros, found[hit])
        for hit in range(hits):
            position = found[hit]
            if position >= end:
                level = (start1 != _NEVER) + (start2 != _NEVER) + (start3 != _NEVER) + (start4 != _NEVER)
                if wide is not None:
                    level += (start5 != _NEVER) + (start6 != _NEVER) + (start7 != _NEVER) + (start8 != _NEVER)
                levels[customer] = level
                while position >= end:
                    customer += 1
                    end = offsets[customer + 1]
                start1 = start2 = start3 = start4 = start5 = start6 = start7 = start8 = np.int64(_NEVER)
            lane = np.int64(lanes[touchpoints[position]])
            time = times[hit]
            if wide is not None:
                start8 = start7 if ((lane >> 7) & (time - start7 <= window)) != 0 else start8
                start7 = start6 if ((lane >> 6) & (time - start6 <= window)) != 0 else start7
                start6 = start5 if ((lane >> 5) & (time - start5 <= window)) != 0 else start6
                start5 = start4 if ((lane >> 4) & (time - start4 <= window)) != 0 else start5
            start4 = start3 if ((lane >> 3) & (time - start3 <= window)) != 0 else start4
            start3 = start2 if ((lane >> 2) & (time - start2 <= window)) != 0 else start3
            start2 = start1 if ((lane >> 1) & (time - start1 <= window)) != 0 else start2
            if period is not None:
                lane &= (time >= period[0]) & (time < period[1])  # the other steps are done with
            start1 = time if (lane & 1) != 0 else start1
    level = (start1 != _NEVER) + (start2 != _NEVER) + (start3 != _NEVER) + (start4 != _NEVER)
    if wide is not None:
        level += (start5 != _NEVER) + (start6 != _NEVER) + (start7 != _NEVER) + (start8 != _NEVER)
    levels[customer] = level


@kernel
def _chosen_start(
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    level: int,
    window: int,
    period: tuple[int, int],
    found: npt.NDArray[np.int64],
    hits: int,
    ends: npt.NDArray[np.int64],
) -> int:
    """Where in `found` the earliest start stands from which a chain of this level is complete within the window."""
    ends[:level] = _NEVER
    chosen = -1
    for hit in range(hits - 1, -1, -1):
        code = np.int64(touchpoints[found[hit]])
        time = moment(seconds, micros, found[hit])
        for entry in range(heads[code + 1] - 1, heads[code] - 1, -1):  # the first step first
            step = np.int64(steps[entry])
            if step >= level:
                break
            end = time if step == level - 1 else ends[step + 1]
            if end == _NEVER:
                continue
            ends[step] = end
            if step == 0 and period[0] <= time < period[1] and end - time <= window:
                chosen = hit
    return chosen


@kernel
def _find(
    touchpoints: npt.NDArray[np.uint16],
    heads: npt.NDArray[np.int32],
    steps: npt.NDArray[np.uint8],
    step: int,
    found: npt.NDArray[np.int64],
    begin: int,
    end: int,
) -> int:
    """The first of `found[begin:end]` that shows a touchpoint of the step; `end` if there is none."""
    for hit in range(begin, end):
        code = np.int64(touchpoints[found[hit]])
        for entry in range(heads[code], heads[code + 1]):
            if steps[entry] == step:
                return hit
    return end


@kernel
def _chains(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    required: tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]],
    every: tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]],
    flags: npt.NDArray[np.uint8],
    optional: npt.NDArray[np.bool_],
    window: int,
    period: tuple[int, int],
    first: int,
    last: int,
    levels: npt.NDArray[np.uint8],
    positions: npt.NDArray[np.int64],
) -> None:
    """Fill in the chosen chain of every customer with a level, from tables of the required steps and of every step."""
    heads, steps = every
    count = len(optional)
    ends = np.empty(count, np.int64)
    longest = 0
    for customer in range(first, last):
        longest = max(longest, offsets[customer + 1] - offsets[customer])
    found = np.empty(longest + 1, np.int64)
    for customer in range(first, last):
        level = np.int64(levels[customer])
        if level == 0:
            continue
        hits = select(touchpoints, flags, offsets[customer], offsets[customer + 1], found)
        cursor = _chosen_start(
            seconds, micros, touchpoints, required[0], required[1], level, window, period, found, hits, ends
        )
        positions[customer, 0] = found[cursor]
        latest = moment(seconds, micros, found[cursor]) + window
        reached = 1
        step = 1
        while step < count:
            following = step  # the next required step
            while following < count and optional[following]:
                following += 1
            limit = hits
            if reached < level:
                limit = _find(touchpoints, heads, steps, following, found, cursor + 1, hits)
                positions[customer, following] = found[limit]
            for between in range(step, following):
                seen = _find(touchpoints, heads, steps, between, found, cursor + 1, limit)
                if seen < limit and moment(seconds, micros, found[seen]) <= latest:
                    positions[customer, between] = found[seen]
                    cursor = seen
            if reached == level:
                break
            reached += 1
            cursor = limit
            step = following + 1


def _window(within_us: int) -> int:
    """The window, cut to what is as good as no limit and still far from overflow."""
    if within_us < 0:
        raise QuestionError(f"a window of {within_us} microseconds is negative")
    return min(within_us, _LONGEST)


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
        ValueError: A code or an array is out of bounds.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    tables, window = funnel_steps(steps), _window(within_us)
    levels = np.zeros(plain.customers, np.uint8)
    lanes, first_step = code_flags(code for codes in steps for code in codes), code_flags(steps[0])
    codes = np.array(sorted({code for own in steps for code in own}), np.uint16)
    first_codes = np.array(sorted(set(steps[0])), np.uint16)
    rare = share_of(plain, first_step) < _RARE
    if rare or len(steps) > _LANES:
        shape = (*tables, lanes, first_step, first_codes, len(steps), window, period)
        over_customers(
            plain,
            lambda first, last: _levels_by_customer(*plain, *shape, first, last, levels),
            threads,
            worth=_WORTH_RARE if rare else _WORTH,
        )
    else:
        lanes[codes] = 0
        for step, own in enumerate(steps):
            lanes[list(set(own))] |= np.uint8(1 << step)
        scanned = (lanes, codes, True if len(steps) > _LANES // 2 else None, window, period)
        over_customers(plain, lambda first, last: _levels_by_scan(*plain, *scanned, first, last, levels), threads)
    if mask.size:
        levels[~mask] = 0
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
    """How many customers reached each step, i64[S]; takes what `funnel_levels` takes."""
    levels = funnel_levels(
        journeys,
        steps,
        within_us=within_us,
        period=period,
        customers=customers,
        threads=threads,
    )
    return np.array([np.count_nonzero(levels > step) for step in range(len(steps))], np.int64)


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
        plain,
        required,
        within_us=within_us,
        period=period,
        customers=customers,
        threads=threads,
    )
    tables, every = tuple(funnel_steps(required)), tuple(funnel_steps(steps))
    flags = code_flags(code for codes in steps for code in codes)
    window, span = _window(within_us), period or WHOLE_TIME
    positions = np.full((plain.customers, len(steps)), -1, np.int64)
    over_customers(
        plain,
        lambda first, last: _chains(
            *plain, tables, every, flags, skippable, window, span, first, last, levels, positions
        ),
        threads,
    )
    return FunnelResult(levels, positions)
