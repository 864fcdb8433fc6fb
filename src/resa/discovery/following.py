"""What follows what: for every two touchpoints A and B, how often B follows A in time, and how often it would anyway.

For a window w on a ladder of round durations,

    follows(w) = share of the visits of A after which B comes within w
    anyway(w)  = share of as many random moments, of the same customers, after which B comes within w

Each visit of A has one random moment, even over the time from that customer's first event to her last. So customers are
compared with themselves (the case-crossover design of Maclure, Am. J. Epidemiol. 133 (1991), 144-153), and who is busy
at all does not look driven by everything. Both are counted over visits and moments at least w before the data end; a
window that is not over for half of the visits is not looked at.

Where B comes once or twice in a customer's life (at most two visits a customer), nearly every moment before it would do
as well as A. Then anyway(w) is the least of three: that share, the share of only those moments that lie in no window
after an A (if there are 30), and the share of the visits of other touchpoints that B follows.

The window is the shortest in which A brings at least nine tenths of what it ever brings,

    gain(w) = follows(w) - anyway(w),      w* = min {w : gain(w) >= 0.9 max gain}

(max gain is Youden's J of "A was w ago" as a sign that B comes), and not where most of all B's come, which for a rare A
and a frequent B is as long as there are data. How long people may take is read off the longest such window.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.discovery.sample import Sample
from resa.model.quantities import Duration

__all__ = ["LADDER", "Following", "following", "ladder_step"]

LADDER: Final[tuple[Duration, ...]] = (
    *(Duration(amount, "second") for amount in (10, 30)),
    *(Duration(amount, "minute") for amount in (1, 2, 5, 10, 15, 30)),
    *(Duration(amount, "hour") for amount in (1, 2, 4, 8, 12)),
    *(Duration(amount, "day") for amount in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 730)),
)
"""Durations that people say, ascending."""

_WINDOWS: Final = np.array([step.microseconds for step in LADDER], np.int64)
_NEVER: Final = 2**62
_GOLDEN: Final = 0.618_033_988_749_894_9
"""Its multiples, without the whole part, are spread evenly however many there are (Weyl): a lot without chance."""
_ENOUGH: Final = 0.9
_RARE: Final = 2.0
_CONTROLS: Final = 30

Shares = npt.NDArray[np.float64]


class Following(NamedTuple):
    """For every two touchpoints at their window w*.

    Attributes:
        window: i64[K, K], place of w* on the ladder.
        longest: i64[K, K], place of the longest window with nine tenths of the gain.
        follows: f64[K, K], share of visits of the row that the column follows within the window.
        anyway: f64[K, K], share of random moments.
        visits: i64[K, K], visits of the row that the share is of.
    """

    window: npt.NDArray[np.int64]
    longest: npt.NDArray[np.int64]
    follows: Shares
    anyway: Shares
    visits: npt.NDArray[np.int64]


def ladder_step(microseconds: float) -> Duration:
    """The shortest duration on the ladder that is not below this one; the longest if all are."""
    return LADDER[min(int(np.searchsorted(_WINDOWS, microseconds)), len(LADDER) - 1)]


def following(sample: Sample) -> Following:
    """Compare what follows visits with what follows random moments; the module's text says how."""
    places = np.arange(len(sample.codes))
    moments, stands = _random_moments(sample)
    follows, visits = _shares(sample, sample.times, places + 1, sample.as_of - sample.times)
    to_end = sample.as_of - moments
    anyway, _ = _shares(sample, moments, stands, to_end)
    apart, controls = _shares(sample, moments, stands, np.minimum(to_end, _since(sample, moments, stands)))
    apart = np.where(controls[:, None, :] >= _CONTROLS, apart, 1.0)
    least = np.minimum(np.minimum(anyway, apart), _after_others(follows, visits))
    anyway = np.where(_is_rare(sample)[None, :, None], least, anyway)
    known = visits * 2 >= np.maximum(visits[:, :1], 1)  # long windows are over for the oldest visits only
    gain = np.where(known[:, None, :], follows - anyway, -1.0)
    most = gain.max(axis=2, keepdims=True)
    enough = gain >= np.where(most > 0, _ENOUGH * most, most)
    window = np.argmax(enough, axis=2)
    longest = len(LADDER) - 1 - np.argmax(enough[:, :, ::-1], axis=2)
    chosen = window[:, :, None]
    rows = np.arange(sample.touchpoints)[:, None]
    return Following(
        window,
        longest,
        np.take_along_axis(follows, chosen, axis=2)[:, :, 0],
        np.take_along_axis(anyway, chosen, axis=2)[:, :, 0],
        visits[rows, window],
    )


def _is_rare(sample: Sample) -> npt.NDArray[np.bool_]:
    """bool[K], touchpoints that few customers visit more than twice."""
    visits, customers = np.bincount(sample.codes, minlength=sample.touchpoints), sample.used.sum(axis=0)
    rare: npt.NDArray[np.bool_] = visits <= _RARE * customers
    return rare


def _after_others(follows: Shares, visits: npt.NDArray[np.int64]) -> Shares:
    """f64[K, K, W], of the visits of all touchpoints but the row's the share that the column follows."""
    met = follows * visits[:, None, :]
    others = visits.sum(axis=0)[None, None, :] - visits[:, None, :]
    found: Shares = (met.sum(axis=0)[None, :, :] - met) / np.maximum(others, 1)
    return found


def _random_moments(sample: Sample) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each event a moment between its customer's first and last, and the position of the first event after it."""
    offsets, times, whose = sample.journeys.offsets, sample.times, sample.whose
    first, last = times[offsets[:-1][whose]], times[offsets[1:][whose] - 1]
    spread = (times // 1_000_000 + np.arange(len(times)) - offsets[:-1][whose]) * _GOLDEN % 1.0  # of the event alone
    moments = first + ((last - first) * spread).astype(np.int64)
    # A moment's place among its customer's events is found by bisection of all customers at once.
    low, high = offsets[:-1][whose], offsets[1:][whose]
    while (low < high).any():
        middle = (low + high) >> 1
        later = times[np.minimum(middle, len(times) - 1)] <= moments
        inside = low < high
        low, high = np.where(inside & later, middle + 1, low), np.where(inside & ~later, middle, high)
    return moments, low


def _since(sample: Sample, moments: npt.NDArray[np.int64], stands: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How long before each moment its customer was last at the touchpoint of its event; very long if never before."""
    since = np.full(len(moments), _NEVER, np.int64)
    begins = sample.journeys.offsets[:-1][sample.whose]
    for code in range(sample.touchpoints):
        own = np.flatnonzero(sample.codes == code)
        last = np.maximum.accumulate(np.where(sample.codes == code, np.arange(len(sample.codes)), -1))
        before = last[np.maximum(stands[own] - 1, 0)]
        there = before >= begins[own]
        since[own[there]] = moments[own[there]] - sample.times[before[there]]
    return since


def _shares(
    sample: Sample,
    moments: npt.NDArray[np.int64],
    stands: npt.NDArray[np.int64],
    watched_for: npt.NDArray[np.int64],
) -> tuple[Shares, npt.NDArray[np.int64]]:
    """f64[K, K, W] shares of moments (each of the kind of its event) that each touchpoint follows, and i64[K, W] of."""
    kinds, steps, events = sample.touchpoints, len(LADDER), len(sample.codes)
    ends = sample.journeys.offsets[1:][sample.whose]
    watched = np.searchsorted(_WINDOWS, watched_for, side="right")  # windows for which the moment counts
    base = sample.codes * (steps + 1) ** 2 + watched
    total = np.bincount(sample.codes * (steps + 1) + watched, minlength=kinds * (steps + 1)).reshape(kinds, steps + 1)
    visits = _at_least(total)[:, 1:]
    shares = np.zeros((kinds, kinds, steps))
    for code in range(kinds):
        here = np.where(sample.codes == code, np.arange(events), events)
        following = np.append(np.minimum.accumulate(here[::-1])[::-1], events)[stands]
        wait = np.where(following < ends, np.append(sample.times, 0)[following] - moments, _NEVER)
        cells = base + np.searchsorted(_WINDOWS, wait) * (steps + 1)
        counts = np.bincount(cells, minlength=kinds * (steps + 1) ** 2).reshape(kinds, steps + 1, steps + 1)
        met = _at_least(np.cumsum(counts, axis=1))[:, np.arange(steps), np.arange(steps) + 1]
        shares[:, code] = met / np.maximum(visits, 1)
    return shares, visits


def _at_least(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sums from each place of the last axis to its end."""
    return np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1]
