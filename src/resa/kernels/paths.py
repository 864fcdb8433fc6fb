"""Paths: the next steps from a start, or the last steps to an end, counted exactly.

What is meant, exactly
----------------------
A customer's touchpoint events (code 0 is looked past) are one *journey*, or with a session gap several *sessions*: a
new one begins where an event lies more than the gap after the one before it. With `collapse` a touchpoint repeated at
once within it counts once. A path begins at an *anchor* (any of the given touchpoints; without, any touchpoint) and
holds the anchor and what follows in the same journey or session, up to `steps` codes. The *first* anchor of each
journey or session begins a path, or with `each` every anchor does, so that paths may overlap. A period keeps the paths
whose anchor lies in it; what a path is does not depend on the period.

*Backward*, the same is read with time reversed: the path ends at its anchor, the last one of the journey or session
unless `each`, and step 0 is the anchor, step 1 what came before it.

A path's *words* hold its codes in as few bits as the map needs, so equal words are equal paths: nothing is hashed away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.kernels.compiling import inlined, kernel
from resa.kernels.grouping import Groups, group_rows, largest
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
from resa.kernels.memory import columns
from resa.kernels.ranges import over_customers

__all__ = [
    "MAX_PATH_STEPS",
    "OTHERS",
    "Flow",
    "PathCounts",
    "Paths",
    "TopPaths",
    "count_paths",
    "flow",
    "paths",
    "top_paths",
]

MAX_PATH_STEPS: Final = 64
"""Whole journeys of any length are `variants`."""

OTHERS: Final = CODES - 1
"""In a flow: all touchpoints of a step that are not shown by themselves."""

_WHOLE: Final = 2**62  # no gap: the whole journey
_WORTH: Final = 10_000_000  # events that make a further thread worth its start and the copying of what it found

_Columns = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.uint64]]


class Paths(NamedTuple):
    """One row a path, ordered by customer, then by its anchor's place (backward: the latest anchor first).

    Attributes:
        customer: i32[P].
        position: i64[P], the anchor's event.
        words: u64[P, W], the codes; `codes_of` reads them.
        steps: How many codes a path has at most.
        bits: How many bits a code takes.
    """

    customer: npt.NDArray[np.int32]
    position: npt.NDArray[np.int64]
    words: npt.NDArray[np.uint64]
    steps: int
    bits: int

    def codes_of(self, rows: npt.NDArray[np.int64] | slice = slice(None)) -> npt.NDArray[np.uint16]:
        """u16[rows, steps], the anchor first, 0 after the path's end."""
        words = self.words[rows]
        a_word = 64 // self.bits
        codes = np.empty((len(words), self.steps), np.uint16)
        for step in range(self.steps):
            shift = np.uint64(self.bits * (a_word - 1 - step % a_word))
            codes[:, step] = (words[:, step // a_word] >> shift) & np.uint64((1 << self.bits) - 1)
        return codes


class PathCounts(NamedTuple):
    """The different paths, in the order of their words.

    Attributes:
        paths: The paths that were counted.
        groups: `first`: a path of each kind; `counts`, `customers`: how often and by how many; `group`: each path's
            kind.
    """

    paths: Paths
    groups: Groups


class TopPaths(NamedTuple):
    """The most frequent paths, and all the others together, so that totals add up.

    Attributes:
        kinds: i64[k], their numbers in `PathCounts.groups`.
        codes: u16[k, steps], the anchor first, 0 after the end.
        counts: i64[k].
        customers: i64[k].
        others_count: Paths that are none of these.
        others_customers: Customers with such a path.
        others_kinds: How many different ones there are.
    """

    kinds: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint16]
    counts: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    others_count: int
    others_customers: int
    others_kinds: int


class Flow(NamedTuple):
    """Paths unrolled step by step, for a Sankey diagram: what flows out of a node is what flowed in.

    Attributes:
        nodes: i64[n, 3], (step, code, paths); code `OTHERS`: touchpoints not shown by themselves. Ordered by step, then
            count.
        links: i64[m, 4], (step, code, code at the next step, paths); the next code is 0 where the path ends.
    """

    nodes: npt.NDArray[np.int64]
    links: npt.NDArray[np.int64]


@inlined
def _write_path(
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    position: int,
    stop: int,
    way: int,
    collapse: bool,
    gap: int,
    shape: tuple[int, int, int, int],
    words: npt.NDArray[np.uint64],
    row: int,
) -> bool:
    """Write the path that begins at `position` and goes `way` (1, -1) up to, not including, `stop`.

    `shape`: how many steps a path has, how many codes there are, how many bits a code takes, how many codes fit a word.
    Returns `False` if a code is not below the number of codes.
    """
    steps, codes, bits, a_word = shape
    step = 0
    column = 0
    room = a_word  # codes that still fit in the word
    word = np.uint64(0)
    before = np.int64(-1)
    time_before = np.int64(0)
    while position != stop and step < steps:
        code = np.int64(touchpoints[position])
        if code != 0:
            if code >= codes:
                return False
            if gap != _WHOLE:
                time = moment(seconds, micros, position)
                if before >= 0 and abs(time - time_before) > gap:
                    break
                time_before = time
            if not (collapse and code == before):
                if room == 0:
                    words[row, column] = word
                    column += 1
                    word = np.uint64(0)
                    room = a_word
                room -= 1
                word |= np.uint64(code) << np.uint64(bits * room)
                step += 1
            before = code
        position += way
    words[row, column] = word
    for rest in range(column + 1, words.shape[1]):
        words[row, rest] = np.uint64(0)
    return True


@kernel
def _paths(
    offsets: npt.NDArray[np.int64],
    seconds: npt.NDArray[np.int32],
    micros: npt.NDArray[np.int32],
    touchpoints: npt.NDArray[np.uint16],
    anchors: npt.NDArray[np.uint8],
    way: int,
    each: bool,
    collapse: bool,
    gap: int,
    shape: tuple[int, int, int, int],
    period: tuple[int, int],
    always: bool,
    mask: npt.NDArray[np.bool_],
    first: int,
    last: int,
    write: bool,
    customers: npt.NDArray[np.int32],
    positions: npt.NDArray[np.int64],
    words: npt.NDArray[np.uint64],
) -> int:
    """Find, and if asked write, a range's paths; returns how many, or -1 if a code is not below `codes`."""
    rows = 0
    for customer in range(first, last):
        if mask.size > 0 and not mask[customer]:
            continue
        position = offsets[customer] if way > 0 else offsets[customer + 1] - 1
        stop = offsets[customer + 1] if way > 0 else offsets[customer] - 1
        before = np.int64(-1)
        begun = False
        time_before = np.int64(0)
        while position != stop:
            code = np.int64(touchpoints[position])
            if code != 0:
                if gap != _WHOLE:
                    time = moment(seconds, micros, position)
                    if before >= 0 and abs(time - time_before) > gap:
                        before = np.int64(-1)
                        begun = False
                    time_before = time
                if anchors[code] and (each or not begun) and not (collapse and code == before):
                    begun = True
                    if always or period[0] <= moment(seconds, micros, position) < period[1]:
                        if write:
                            customers[rows] = customer
                            positions[rows] = position
                            if not _write_path(
                                seconds, micros, touchpoints, position, stop, way, collapse, gap, shape, words, rows
                            ):
                                return -1
                        rows += 1
                    if not each and gap == _WHOLE:
                        break
                before = code
            position += way
    return rows


def paths(
    journeys: Journeys,
    codes: int,
    *,
    steps: int,
    anchors: Sequence[int] | None = None,
    direction: Literal["forward", "backward"] = "forward",
    each: bool = False,
    collapse: bool = False,
    session_gap_us: int | None = None,
    period: Period | None = None,
    customers: npt.NDArray[np.bool_] | None = None,
    threads: int | None = None,
) -> Paths:
    """Find the paths; the module's text says exactly what that means.

    Args:
        journeys: The index.
        codes: K, one more than the largest touchpoint code.
        steps: How many codes a path has at most, the anchor included, 1 to 64.
        anchors: Codes where a path begins (backward: ends); `None`: any.
        direction: `forward` from the anchor, `backward` to it.
        each: Every anchor begins a path, not only the first of its journey or session.
        collapse: A touchpoint repeated at once counts once.
        session_gap_us: Sessions end where nothing happens for longer than this; `None`: whole journeys.
        period: Paths whose anchor lies in it; `None`: all.
        customers: bool[C], who takes part; `None`: all.
        threads: See `over_customers`.

    Raises:
        QuestionError: Fewer than 1 step or more than 64.
        ValueError: A touchpoint's code is not below `codes`.
    """
    plain = plain_journeys(journeys)
    mask = plain_customers(customers, plain)
    _check(steps, codes)
    bits = max((codes - 1).bit_length(), 1)
    width = -(-steps // (64 // bits))
    gap = _WHOLE if session_gap_us is None else session_gap_us
    flags = np.ones(CODES, np.uint8) if anchors is None else code_flags(anchors)
    way = 1 if direction == "forward" else -1
    shape = (steps, codes, bits, 64 // bits)
    settings = (flags, way, each, collapse, gap, shape, period or WHOLE_TIME, period is None, mask)

    def run(first: int, last: int) -> _Columns:
        most = last - first
        if each or gap != _WHOLE:
            most = _paths(*plain, *settings, first, last, False, *_columns(0, width))
        customer, position, words = _columns(most, width)
        rows = _paths(*plain, *settings, first, last, True, customer, position, words)
        if rows < 0:
            raise ValueError(f"a touchpoint's code is not below {codes}")
        return customer[:rows], position[:rows], words[:rows]

    parts = over_customers(plain, run, threads, worth=_WORTH) or [run(0, 0)]
    customer, position, words = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    return Paths(customer, position, words, steps, bits)


def _check(steps: int, codes: int) -> None:
    if not 1 <= steps <= MAX_PATH_STEPS:
        raise QuestionError(
            sentence(
                "a path has 1 to {max_path_steps} steps, not {steps}; variants count whole journeys",
                max_path_steps=MAX_PATH_STEPS,
                steps=steps,
            )
        )
    if not 1 <= codes < CODES:
        raise ValueError(f"there can be 1 to {CODES - 1} codes, not {codes}")


def _columns(rows: int, width: int) -> _Columns:
    """Room for so many paths."""
    customers, positions, words = columns(rows, np.int32, np.int64, (np.void, 8 * width))
    return customers, positions, words.view(np.uint64).reshape(rows, width)


def count_paths(found: Paths) -> PathCounts:
    """Count equal paths and the customers who took them."""
    return PathCounts(found, group_rows(found.words, found.customer))


@kernel
def _customers_among(
    customer: npt.NDArray[np.int32], group: npt.NDArray[np.int32], wanted: npt.NDArray[np.bool_]
) -> int:
    """How many customers have a row of a wanted group; rows are ordered by customer."""
    found = 0
    before = -1
    for row in range(len(customer)):
        if wanted[group[row]] and customer[row] != before:
            found += 1
            before = customer[row]
    return found


def top_paths(counted: PathCounts, k: int) -> TopPaths:
    """The `k` most frequent paths, of equally frequent ones those with the least codes, and all the others together."""
    found, groups = counted
    kinds = largest(groups.counts, k, found.words, groups.first)
    outside = np.ones(len(groups.counts), np.bool_)
    outside[kinds] = False
    return TopPaths(
        kinds,
        found.codes_of(groups.first[kinds]),
        groups.counts[kinds],
        groups.customers[kinds],
        len(found.customer) - int(groups.counts[kinds].sum()),
        int(_customers_among(found.customer, groups.group, outside)),
        len(outside) - len(kinds),
    )


def flow(counted: PathCounts, shown: int) -> Flow:
    """Unroll counted paths step by step, at each step the `shown` most frequent touchpoints and the others together."""
    found, groups = counted
    codes = found.codes_of(groups.first).astype(np.int64)
    nodes: list[tuple[int, int, int]] = []
    links: list[tuple[int, int, int, int]] = []
    for step in range(found.steps):
        totals = _sums(codes[:, step], groups.counts)
        totals[:1] = 0  # ended before
        ranked = sorted(np.flatnonzero(totals).tolist(), key=lambda code: (-totals[code], code))
        codes[:, step] = np.where(np.isin(codes[:, step], [0, *ranked[:shown]]), codes[:, step], OTHERS)
        nodes += [(step, code, int(totals[code])) for code in ranked[:shown]]
        if ranked[shown:]:
            nodes.append((step, OTHERS, int(totals[ranked[shown:]].sum())))
    for step in range(found.steps - 1):
        goes = codes[:, step] != 0
        pairs, place = np.unique(codes[goes, step] * CODES + codes[goes, step + 1], return_inverse=True)
        sums = _sums(place, groups.counts[goes])
        links += [
            (step, int(pair) // CODES, int(pair) % CODES, int(total)) for pair, total in zip(pairs, sums, strict=True)
        ]
    return Flow(np.array(nodes, np.int64).reshape(-1, 3), np.array(links, np.int64).reshape(-1, 4))


def _sums(places: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The sum of the counts at each place; exact, as counts of events stay below 2^53."""
    return np.bincount(places, weights=counts).astype(np.int64)
