"""Compile the kernels that measure, and those that join identifiers, ahead of their first use."""

from __future__ import annotations

from itertools import product

import numpy as np

from resa.kernels.alignments import align
from resa.kernels.cells import (
    bucket_numbers,
    count_customers,
    count_together,
    in_cells,
    renumbered,
    used_together,
    weigh,
)
from resa.kernels.continuations import VisitRules, continuations, friction_signs, running_sums, values_following
from resa.kernels.funnel import funnel
from resa.kernels.funnel_options import funnel_directly
from resa.kernels.joining import Kinds, components, founders, join
from resa.kernels.journeys import Journeys
from resa.kernels.moves import moves
from resa.kernels.of_each import events_of_each
from resa.kernels.openings import openings, what_instead
from resa.kernels.paths import count_paths, paths, top_paths
from resa.kernels.retention import retention
from resa.kernels.signs import Signs, first_met, first_together, totals_by_group, trials_together
from resa.kernels.stays import stays
from resa.kernels.tallies import tally, weekly_trials
from resa.kernels.tracked import Cells, Clock, came_after, tracked
from resa.kernels.transitions import transitions
from resa.kernels.variants import variants
from resa.kernels.visits import visits
from resa.kernels.walks import walks

__all__ = ["warm"]


def warm() -> None:
    """Compile, or load from the cache, all these kernels: seconds the first time, then tenths of a second."""
    tiny = Journeys(
        np.array([0, 3], np.int64),
        np.array([0, 1, 2], np.int32),
        np.zeros(3, np.int32),
        np.array([1, 2, 1], np.uint16),
    )
    funnel(tiny, [[1], [2]], within_us=10)
    funnel_directly(tiny, [[1], [2]], within_us=10)
    found = openings(tiny, [1], [2], within=10)
    what_instead(tiny, found)
    tally(found.customer, found.outcome, found.reached)
    bucket_numbers(found.opened_at, np.array([0, 10], np.int64))
    zeros = np.zeros(1, np.int32)
    renumbered(zeros, 1)
    trials = weekly_trials(zeros, zeros, zeros, np.ones(1, np.bool_), size=(1, 1))
    count_together(trials.places, np.zeros(1, np.uint8), 2, 0, 1)
    counts, _ = count_customers(zeros, zeros, 1)
    in_cells(np.zeros(1, np.int64), zeros, counts)
    used_together(zeros, np.zeros(1, np.uint8), zeros, (1, 1))
    weigh(zeros, zeros, np.ones((1, 1), np.int64), 1)
    for groups, period, gap in product((None, np.zeros(1, np.uint16)), (None, (0, 10)), (None, 10)):
        transitions(tiny, 3, groups=groups, period=period, session_gap_us=gap)
    events_of_each(tiny, [1])
    visits(tiny, 3, np.array([0, 10], np.int64))
    top_paths(count_paths(paths(tiny, 3, steps=2, each=True)), 1)
    align(tiny, variants(tiny), [1])
    followed = continuations(tiny, within_us=10)
    sums = running_sums(np.ones(3))
    values_following(tiny, followed.customers, followed.visits, followed.visits, sums, within_us=10)
    rules = VisitRules(1.0, 0, np.zeros(3, np.bool_), np.zeros((3, 1), np.bool_))
    met, among = friction_signs(followed, followed.of(1), tiny.touchpoints, np.zeros(3, np.uint8), rules)
    signs, pair = Signs(followed.customers[followed.of(1)], met, among, 5), np.zeros(2, np.int32)
    first_together(trials_together(signs, pair, pair, size=(1, 1)), met, np.ones(2, np.uint8), 1, range(1))
    totals_by_group(signs, pair, 1)
    first_met(signs, 0)
    stays(tiny, np.array([0, 1, 2], np.uint16))
    retention(tiny, None, [1], np.array([0, 1_000_000], np.int64))
    for period in (None, (0, 10)):
        walks(tiny, [1, 2], 3, period=period)
        moves(tiny, period=period)
    cells = Cells(np.zeros(3, np.int32), zeros, zeros)
    clock = Clock(np.zeros(1, np.int64), np.zeros(1, np.int64), 0, 1)
    tracked(tiny, cells, clock, period=(0, 10), size=(1, 1))
    came_after(tiny, np.array([0, 0, 1], np.int64), np.zeros(1, np.int64), until=10)
    _warm_joining()


def _warm_joining() -> None:
    kinds, edges = np.array([0, 1, 1], np.uint8), np.arange(2, dtype=np.int32)
    yes, most, never = np.ones(2, np.bool_), np.ones(2, np.uint16), np.full(2, -1, np.int32)
    first, second, stage = np.zeros(2, np.int32), np.array([1, 2], np.int32), np.array([0, 3], np.uint16)
    parts, nobody = np.array([True, False]), np.zeros(3, np.uint8)
    rules = Kinds(yes, yes, yes, most, most, never + 2, never)
    found = join(rules, kinds, first, second, stage, edges, parts=parts, apart=nobody)
    founders(found.group, kinds, np.zeros(3, np.int64))
    components(3, first, second)
