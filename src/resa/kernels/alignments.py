"""Alignments: a planned path held against journeys, with the fewest moves that lead from the one to the other.

What is meant, exactly
----------------------
An alignment matches steps of the plan with visits of the same touchpoint, both in their order. A step without a visit
is *skipped*, a visit without a step is *added*; either is one move. The optimal alignment has the fewest moves, which
is to say the most matches. Of several, the one is taken that matches each step, from the first on, at the earliest
visit that still leads to the most matches; a step is skipped only if no visit does.

A skipped step whose touchpoint is added elsewhere is *out of order*: where a touchpoint is skipped s times and added a
times, its first min(s, a) skipped steps and added visits are, and count as neither skipped nor added.

The *fitness* is 1 - moves / (steps + visits): 1 if nothing has to be moved, 0 if nothing matches (van der Aalst,
Adriansyah and van Dongen 2012, "Replaying history on process models for conformance checking", with moves of cost 1).
A step out of order is two moves there: skipped in its place, and added in another.

How: L[i, k] is how many of the steps from i on can be matched with the visits from k on, found from the end backwards;
visits of touchpoints that are not planned match nothing and have no column in it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.kernels.compiling import kernel
from resa.kernels.journeys import Journeys, code_flags, plain_journeys
from resa.kernels.ranges import in_threads
from resa.kernels.variants import Variants

__all__ = ["IN_PLACE", "MOST_PLANNED", "OUT_OF_ORDER", "SKIPPED", "Alignments", "align"]

SKIPPED: Final = 0
OUT_OF_ORDER: Final = 1
IN_PLACE: Final = 2

_WORTH_A_THREAD: Final = 50_000  # variants

MOST_PLANNED: Final = 255
"""Steps of a plan, as many as a byte counts."""


class Alignments(NamedTuple):
    """The optimal alignment of each variant with the plan.

    Attributes:
        steps: u8[V, P], for each step `SKIPPED`, `OUT_OF_ORDER` or `IN_PLACE`.
        visits: i64[V], how many visits a variant has.
        added: i64[V], how many of them are added, and not out of order.
        added_by: i32[A], the variant of each added visit, in order,
        added_code: u16[A], its touchpoint,
        added_after: u8[A], and the last step before it that is in place, from 1; 0: none is.
    """

    steps: npt.NDArray[np.uint8]
    visits: npt.NDArray[np.int64]
    added: npt.NDArray[np.int64]
    added_by: npt.NDArray[np.int32]
    added_code: npt.NDArray[np.uint16]
    added_after: npt.NDArray[np.uint8]

    @property
    def fitness(self) -> npt.NDArray[np.float64]:
        """f64[V]."""
        fitness: npt.NDArray[np.float64] = 2 * self.times(IN_PLACE) / (self.steps.shape[1] + self.visits)
        return fitness

    def times(self, word: int) -> npt.NDArray[np.int64]:
        """i64[V], how many steps of each are `SKIPPED`, `OUT_OF_ORDER` or `IN_PLACE`."""
        total = np.zeros(len(self.steps), np.int64)
        for step in range(self.steps.shape[1]):  # a sum over short rows takes far longer
            total += self.steps[:, step] == word
        return total


@kernel
def _visits(
    touchpoints: npt.NDArray[np.uint16], start: int, stop: int, collapse: bool, codes: npt.NDArray[np.uint16]
) -> int:
    """Write the touchpoints of a journey; gives how many."""
    count = 0
    for position in range(start, stop):
        code = touchpoints[position]
        if code != 0 and not (collapse and count > 0 and codes[count - 1] == code):
            codes[count] = code
            count += 1
    return count


@kernel
def _match(
    codes: npt.NDArray[np.uint16],
    plan: npt.NDArray[np.uint16],
    table: npt.NDArray[np.uint8],
    matched: npt.NDArray[np.int64],
) -> None:
    """Write for each step which of `codes`, all planned, it is matched with; -1: none. `table` has room for L."""
    count, steps = len(codes), len(plan)
    table[steps, : count + 1] = 0
    for step in range(steps - 1, -1, -1):
        table[step, count] = 0
        for place in range(count - 1, -1, -1):
            most = max(table[step, place + 1], table[step + 1, place])
            if codes[place] == plan[step]:
                most = max(most, table[step + 1, place + 1] + np.uint8(1))
            table[step, place] = most
    place = 0
    for step in range(steps):
        matched[step] = -1
        for later in range(place, count):
            if codes[later] == plan[step] and table[step + 1, later + 1] + 1 == table[step, place]:
                matched[step] = later
                place = later + 1
                break


@kernel
def _name(
    codes: npt.NDArray[np.uint16],
    matched: npt.NDArray[np.int64],
    plan: npt.NDArray[np.uint16],
    skipped: npt.NDArray[np.int64],
    steps: npt.NDArray[np.uint8],
    added_code: npt.NDArray[np.uint16],
    added_after: npt.NDArray[np.uint8],
) -> int:
    """Write what becomes of each step, and the visits that are added; gives how many these are.

    Args:
        codes: The visits.
        matched: For each step the visit that it is matched with; -1: none.
        plan: The steps.
        skipped: Room for a number for each code, all 0, and left so.
        steps: Written.
        added_code: Written.
        added_after: Written.
    """
    for step in range(len(plan)):
        steps[step] = SKIPPED if matched[step] < 0 else IN_PLACE
        skipped[plan[step]] += matched[step] < 0
    step = last = added = 0
    for place in range(len(codes)):
        while step < len(plan) and matched[step] < place:
            step += 1
        if step < len(plan) and matched[step] == place:
            last = step + 1
        elif skipped[codes[place]] > 0:
            skipped[codes[place]] -= 1
            missing = 0
            while plan[missing] != codes[place] or steps[missing] != SKIPPED:
                missing += 1
            steps[missing] = OUT_OF_ORDER
        else:
            added_code[added], added_after[added] = codes[place], last
            added += 1
    for code in plan:
        skipped[code] = 0
    return added


@kernel
def _align(
    touchpoints: npt.NDArray[np.uint16],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    collapse: bool,
    plan: npt.NDArray[np.uint16],
    planned: npt.NDArray[np.uint8],
    steps: npt.NDArray[np.uint8],
    visits: npt.NDArray[np.int64],
    added: npt.NDArray[np.int64],
    added_code: npt.NDArray[np.uint16],
    added_after: npt.NDArray[np.uint8],
) -> None:
    """Align every variant; what is added is written one variant after the other."""
    longest = 1
    for variant in range(len(starts)):
        longest = max(longest, stops[variant] - starts[variant])
    codes, known = np.empty(longest, np.uint16), np.empty(longest, np.uint16)
    places, matched = np.empty(longest, np.int64), np.empty(len(plan), np.int64)
    table = np.empty((len(plan) + 1, 1), np.uint8)
    skipped = np.zeros(len(planned), np.int64)
    row = 0
    for variant in range(len(starts)):
        count = _visits(touchpoints, starts[variant], stops[variant], collapse, codes)
        visits[variant] = count
        familiar = 0
        for place in range(count):
            known[familiar], places[familiar] = codes[place], place
            familiar += planned[codes[place]]
        if table.shape[1] <= familiar:
            table = np.empty((len(plan) + 1, 2 * familiar + 1), np.uint8)
        _match(known[:familiar], plan, table, matched)
        for step in range(len(plan)):
            matched[step] = -1 if matched[step] < 0 else places[matched[step]]
        more = _name(codes[:count], matched, plan, skipped, steps[variant], added_code[row:], added_after[row:])
        added[variant] = more
        row += more


def align(journeys: Journeys, found: Variants, plan: Sequence[int], *, threads: int | None = None) -> Alignments:
    """Align each variant with a plan; the module's text says exactly what that means.

    Args:
        journeys: The index.
        found: Its variants.
        plan: Codes of the planned touchpoints, 1 to 255 of them.
        threads: How many threads; `None`: as many as there are processors, fewer when there are few variants.

    Raises:
        QuestionError: The plan is too long.
        ValueError: It is empty, or holds what is no touchpoint's code.
    """
    plain = plain_journeys(journeys)
    if len(plan) > MOST_PLANNED:
        raise QuestionError(
            sentence(
                "a planned path has at most {most_planned} steps, not {count}",
                most_planned=MOST_PLANNED,
                count=len(plan),
            )
        )
    if not plan:
        raise ValueError("a plan has at least one step")
    planned = code_flags(plan)
    first = found.groups.first
    starts, stops = found.start[first], found.stop[first]
    kinds = len(first)
    room = np.concatenate([[0], np.cumsum(found.length[first])])
    steps = np.zeros((kinds, len(plan)), np.uint8)
    visits, added = np.zeros(kinds, np.int64), np.zeros(kinds, np.int64)
    added_code, added_after = np.empty(int(room[-1]), np.uint16), np.empty(int(room[-1]), np.uint8)
    plain_plan = np.array(plan, np.uint16)

    def run(begin: int, end: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
        part, own = slice(begin, end), slice(room[begin], room[end])
        _align(
            *(plain.touchpoints, starts[part], stops[part], found.collapse, plain_plan, planned),
            *(steps[part], visits[part], added[part], added_code[own], added_after[own]),
        )
        rows = int(added[part].sum())
        return added_code[own][:rows], added_after[own][:rows]

    if threads is None:
        threads = max(1, min(os.cpu_count() or 1, kinds // _WORTH_A_THREAD))
    cuts = np.linspace(0, kinds, threads + 1).astype(np.int64).tolist()
    parts = in_threads(run, list(pairwise(cuts)))
    codes, afters = (np.concatenate(column) for column in zip(*parts, strict=True))
    added_by = np.repeat(np.arange(kinds, dtype=np.int32), added)
    return Alignments(steps, visits, added, added_by, codes, afters)
