"""Variants: whole journeys (or sessions) as rows of touchpoints, equal ones counted, whatever their length.

Journeys, sessions and `collapse` are those of `paths`. Each is hashed to 64 bits and equal hashes are grouped; then
every journey is compared, touchpoint by touchpoint, with the first of its group. Should two different ones ever share a
hash, all are hashed anew with another seed, so the answer is exact.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel
from resa.kernels.grouping import Groups, group_rows, mix
from resa.kernels.journeys import WHOLE_TIME, Journeys, Period, moment, plain_customers, plain_journeys
from resa.kernels.ranges import over_customers

__all__ = ["Variants", "variant_codes", "variants"]

_WHOLE: Final = 2**62  # no gap: the whole journey
_ALL_BITS: Final = 2**64 - 1


class Variants(NamedTuple):
    """One row a journey (or session), ordered by customer and time, and the variants they fall into.

    Attributes:
        customer: i32[J].
        start: i64[J], position of its first event.
        stop: i64[J], the position after its last.
        length: i64[J], how many touchpoints it has, repeats collapsed if asked.
        hashes: u64[J]; equal journeys have equal hashes, and here unequal ones unequal.
        groups: `first`: a journey of each variant; `counts`, `customers`: how often and by how many; `group`: each
            journey's variant.
        collapse: Whether repeats were collapsed.
    """

    customer: npt.NDArray[np.int32]
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    groups: Groups
    collapse: bool


@kernel
def _hash_journeys(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    collapse: bool,
    gap: int,
    period: tuple[int, int],
    always: bool,
    mask: npt.NDArray[np.bool_],
    seed: np.uint64,
    kept_bits: np.uint64,
    first: int,
    last: int,
    write: bool,
    customers: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
) -> int:
    """Find, and if asked write, a range's journeys; returns how many."""
    rows = 0
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        position = offsets[customer]
        end = offsets[customer + 1]
        while position < end:
            if touchpoints[position] == 0:
                position += 1
                continue
            start = stop = position
            length = 0
            hashed = seed
            before, time_before = np.int64(-1), np.int64(0)
            while position < end:
                code = np.int64(touchpoints[position])
                if code != 0:
                    if gap != _WHOLE:
                        time = moment(seconds, micros, position)
                        if before >= 0 and time - time_before > gap:
                            break
                        time_before = time
                    if not (collapse and code == before):
                        hashed = mix(hashed + np.uint64(code))
                        length += 1
                    before = code
                    stop = position + 1
                position += 1
            if always or period[0] <= moment(seconds, micros, start) < period[1]:
                if write:
                    customers[rows] = customer
                    starts[rows] = start
                    stops[rows] = stop
                    lengths[rows] = length
                    hashes[rows] = hashed & kept_bits
                rows += 1
    return rows


@kernel
def _next(touchpoints: npt.NDArray[np.uint16], position: int, stop: int, hidden: int) -> int:
    """The first event at or after `position` that shows a touchpoint other than `hidden`; `stop` if there is none."""
    while position < stop and (touchpoints[position] == 0 or touchpoints[position] == hidden):
        position += 1
    return position


@kernel
def _all_equal(
    touchpoints: npt.NDArray[np.uint16],
    collapse: bool,
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    group: npt.NDArray[np.int32],
) -> bool:
    """Whether every journey equals the first of its group."""
    for row in range(len(starts)):
        model = first[group[row]]
        if model == row:
            continue
        here, here_stop = starts[row], stops[row]
        there, there_stop = starts[model], stops[model]
        while here < here_stop and there < there_stop:
            code = np.int64(touchpoints[here])
            if code != touchpoints[there]:
                return False
            hidden = code if collapse else 0
            here = _next(touchpoints, here + 1, here_stop, hidden)
            there = _next(touchpoints, there + 1, there_stop, hidden)
        if here < here_stop or there < there_stop:
            return False
    return True


def variants(
    journeys: Journeys,
    *,
    collapse: bool = False,
    session_gap_us: int | None = None,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Variants:
    """Find the variants; the module's text says exactly what that means.

    Args:
        journeys: The index.
        collapse: A touchpoint repeated at once counts once.
        session_gap_us: Sessions end where nothing happens for longer than this; `None`: whole journeys.
        period: Journeys (sessions) whose first touchpoint lies in it; `None`: all.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.
    """
    return _variants(journeys, collapse, session_gap_us, period, customers, threads, kept_bits=_ALL_BITS)


def _variants(
    journeys: Journeys,
    collapse: bool,
    session_gap_us: int | None,
    period: Period | None,
    customers: npt.NDArray[np.bool_] | None,
    threads: int | None,
    *,
    kept_bits: int,
) -> Variants:
    """As `variants`; the first try keeps only `kept_bits` of the hashes, so that a test can make two journeys share."""
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    gap = _WHOLE if session_gap_us is None else session_gap_us
    seed = 0
    while True:
        settings = (collapse, gap, period or WHOLE_TIME, period is None, mask, np.uint64(seed), np.uint64(kept_bits))

        def run(first: int, last: int, settings: tuple[object, ...] = settings) -> tuple[npt.NDArray[np.generic], ...]:
            most = last - first
            if gap != _WHOLE:
                most = _hash_journeys(*plain, *settings, first, last, False, *_columns(0))
            out = _columns(most)
            rows = _hash_journeys(*plain, *settings, first, last, True, *out)
            return tuple(column[:rows] for column in out)

        parts = over_customers(plain, run, threads) or [run(0, 0)]
        customer, starts, stops, lengths, hashes = map(np.concatenate, zip(*parts, strict=True))
        groups = group_rows(hashes.reshape(-1, 1), customer)
        if _all_equal(plain.touchpoints, collapse, starts, stops, groups.first, groups.group):
            return Variants(customer, starts, stops, lengths, hashes, groups, collapse)
        seed, kept_bits = seed + 1, _ALL_BITS


def _columns(rows: int) -> tuple[npt.NDArray[np.generic], ...]:
    """Empty columns for `_hash_journeys`."""
    return tuple(np.empty(rows, kind) for kind in (np.int32, np.int64, np.int64, np.int64, np.uint64))


def variant_codes(journeys: Journeys, found: Variants, row: int) -> npt.NDArray[np.uint16]:
    """The touchpoint codes of one journey (a row of `found`), repeats collapsed if they were."""
    codes = journeys.touchpoints[found.start[row] : found.stop[row]]
    codes = codes[codes != 0]
    if found.collapse and len(codes):
        codes = codes[np.concatenate([[True], codes[1:] != codes[:-1]])]
    return np.asarray(codes, np.uint16)
