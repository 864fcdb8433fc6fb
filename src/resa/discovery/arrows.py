"""Which arrows to propose: of everything that follows something, what a map would expect.

An arrow A → B is a *candidate* if B follows A more often than anyway (`resa.discovery.following`): beyond
chance one and a half times as often, in at least one of twenty visits. Most candidates are echoes of others: who puts
something into the cart gets a parcel. So for each candidate A → C and each touchpoint B beside it, the openings of
A → C (`resa.kernels.openings`, those whose time is over) fall into those where B came first, of which a share `with`
ends in C, and the others, of which a share `without` does:

* C is *led to by B* if B comes before C in at least half of the cases, and `without` is at most a third of `with`: the
  arrow A → C is left out, its parts A → B and B → C say it. Where B hardly ever stays away (less than one in twenty)
  `without` is the upper end of its 95 % interval; if that is above, the stronger of A → C and B → C is believed: that
  with the higher cosine (below), or the quicker one if these are about the same.
* C comes *beside B* if it comes as surely, or in any order: `without` is at least 80 %; or C comes before B in at least
  one of twenty cases of both, and `with` is at most a quarter more than `without`. Then B → C is left out where A → C
  has the higher cosine, takes at most ten times as long (median), and has an A before four fifths of what meets B → C:
  both come of A, as a notice and a parcel both come of an order.

That is conditional independence asked of one third touchpoint at a time, as in the skeleton of a causal graph
(Spirtes, Glymour and Scheines, Causation, prediction, and search, 2000), with the order of time giving the direction.
What process miners call parallel is the second case; the dependency measure of the heuristics miner (Weijters, van der
Aalst and de Medeiros, 2006) asks only which of two comes directly before the other, and would draw a notice → parcel.

Of what is left, a touchpoint keeps what nearly always follows it (80 %) and, of the others, the one that follows most
often beyond what comes anyway: a map says what is expected, not everything that happens. Beside something sure that one
must follow a quarter of all times more often than anyway. What leads forward counts half as much again as what leads
back. An arrow whose median time is below a second joins two records of one moment, and one whose *cosine* is below 0.03
is no pattern of either side; both are left out.

    cosine = sqrt(share of A's openings met by B * share of B's visits that met them)

the measure of association that does not depend on how many visits are neither (Tan, Kumar and Srivastava, KDD 2002).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.discovery.following import LADDER, Following, ladder_step
from resa.discovery.sample import Sample
from resa.kernels import openings, wilson_interval
from resa.model.quantities import Duration

__all__ = ["FEWEST", "SURE", "Arrow", "find_arrows"]

FEWEST: Final = 10
"""Cases below which nothing is proposed."""

SURE: Final = 0.8
"""What follows so often nearly always follows."""

_LEAST_SHARE: Final = 0.05
_LEAST_LIFT: Final = 1.5
_LED: Final = 1 / 3
_HARDLY: Final = 0.05
_MORE: Final = 1.25
_EXPLAINED: Final = 0.8
_SAME_PACE: Final = 10
_AT_ONCE: Final = 1_000_000  # microseconds; what comes sooner was recorded with it
_LEAST_COSINE: Final = 0.03
_ABOUT: Final = 0.05
_BESIDE_SURE: Final = 0.25
_FORWARD: Final = 1.5

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """An arrow to propose; touchpoints are numbered from 0.

    Attributes:
        after: Where it begins.
        next: Where it leads.
        within: A round time, the shortest that nine in ten of those who go on within the window keep.
        share: Of the openings in the sample, met within the window.
        anyway: Share of random moments that it would follow.
        half: Median time to meet it, microseconds.
    """

    after: int
    next: int
    within: Duration
    share: float
    anyway: float
    half: float


class _Openings:
    """The openings of a candidate whose time is over, ordered by position."""

    def __init__(self, sample: Sample, pair: Pair, window: int) -> None:
        found = openings(sample.journeys, [pair[0] + 1], [pair[1] + 1], within=window, threads=1)
        over = found.deadline <= sample.as_of
        self.window = window
        self.clock = found.clock[over].astype(np.int64)
        self.closed = found.closed[over].astype(np.int64)
        self.deadline = found.deadline[over].astype(np.int64)
        self.ends = sample.journeys.offsets[1:][found.customer[over]]
        self.met = self.closed >= 0
        self.waited = found.waited[over][self.met]

    @cached_property
    def half(self) -> float:
        """Median time to meet it, microseconds."""
        return float(np.median(self.waited))

    @property
    def share(self) -> float:
        """Share met."""
        return float(self.met.mean()) if len(self.met) else 0.0


def find_arrows(sample: Sample, found: Following) -> list[Arrow]:
    """The arrows that a map would expect, by touchpoint and share; the module's text says which."""
    candidates = _candidates(sample, found)
    opened = {pair: _Openings(sample, pair, LADDER[int(found.window[pair])].microseconds) for pair in candidates}
    span = {pair: LADDER[int(found.longest[pair])].microseconds for pair in candidates}
    opened = {pair: seen for pair, seen in opened.items() if np.count_nonzero(seen.met) >= FEWEST}
    opened = {pair: seen for pair, seen in opened.items() if seen.half >= _AT_ONCE}
    kinds = range(sample.touchpoints)
    visits = [np.flatnonzero(sample.codes == kind) for kind in kinds]
    # How often something follows at all, and how soon, is read off the longest window.
    full = {pair: _Openings(sample, pair, span[pair]) for pair in opened}
    cosine = {pair: _cosine(seen, len(visits[pair[1]])) for pair, seen in full.items()}
    triples = [(a, b, c) for a, c in opened for b in kinds if b != a and (b, c) in opened]
    split = {(a, b, c): _split(sample, opened[a, c], visits[a], visits[b]) for a, b, c in triples}
    rank = {pair: (cosine[pair], opened[pair]) for pair in opened}
    led = {
        (a, c)
        for a, b, c in triples
        if split[a, b, c].is_led or (split[a, b, c].may_be_led and _is_stronger(rank[b, c], rank[a, c]))
    }
    beside = {
        (b, c)
        for a, b, c in triples
        if (a, c) not in led
        and split[a, b, c].is_beside
        and cosine[a, c] > cosine[b, c]
        and opened[a, c].half <= _SAME_PACE * full[b, c].half
        and _explains(sample, visits[a], span[a, c], opened[b, c])
    }
    gain = {pair: seen.share - float(found.anyway[pair]) for pair, seen in opened.items()}
    arrows: list[Arrow] = []
    for kind in kinds:
        own = [pair for pair in opened if pair[0] == kind and pair not in led | beside]
        own = [pair for pair in own if cosine[pair] >= _LEAST_COSINE]
        arrows += [_arrow(pair, full[pair], found) for pair in _kept(sample, own, gain, full)]
    return arrows


def _candidates(sample: Sample, found: Following) -> list[Pair]:
    people = sample.used.sum(axis=0)
    pairs = []
    for a in range(sample.touchpoints):
        for b in range(sample.touchpoints):
            follows, anyway, visits = float(found.follows[a, b]), float(found.anyway[a, b]), int(found.visits[a, b])
            if a == b or follows * visits < FEWEST or follows < max(_LEAST_SHARE, _LEAST_LIFT * anyway):
                continue
            independent = min(visits, int(people[a]))  # visits of one customer are not as many witnesses
            if wilson_interval(round(follows * independent), independent).low > _LEAST_LIFT * anyway:
                pairs.append((a, b))
    return pairs


@dataclass(frozen=True)
class _Split:
    """Openings of A → C by whether B was there before the end.

    Attributes:
        led: Of those with B, shortly before A or since, and of those without: the shares that end in C.
        via: Of those that end in C, the share with B since A.
        away: Share of openings without B.
        without_at_most: What may be the share of these that end in C: the upper end of its 95 % interval.
        since: The same as `led`, of B since A.
        away_since: The same as `away`.
        reverse: Of those with both B and C since A, the share in which C comes before B.
    """

    led: tuple[float, float]
    via: float
    away: float
    without_at_most: float
    since: tuple[float, float]
    away_since: float
    reverse: float

    @property
    def is_led(self) -> bool:
        with_b, without = self.led
        at_most = without if self.away >= _HARDLY else self.without_at_most
        return self.via >= 0.5 and at_most <= _LED * with_b

    @property
    def may_be_led(self) -> bool:
        """B hardly ever stays away: what happens without it cannot be known."""
        return self.via >= 0.5 and self.away < _HARDLY and not self.is_led

    @property
    def is_beside(self) -> bool:
        with_b, without = self.since
        any_order = self.reverse >= _HARDLY and with_b <= _MORE * without
        return self.away_since >= _HARDLY and (without >= SURE or any_order)


def _split(sample: Sample, seen: _Openings, starts: Whole, visits: Whole) -> _Split:
    following = _next_after(sample, seen, visits, seen.clock)
    since = (following >= 0) & (~seen.met | (following < seen.closed))
    there = since | _recent(sample, visits, seen.clock, seen.window)
    end = np.where(seen.met, seen.closed, seen.clock)
    later = _next_after(sample, seen, visits, end)
    restart = _next_after(sample, seen, starts, end)
    reverse = seen.met & ~since & (later >= 0) & ((restart < 0) | (later < restart))
    backwards = int(np.count_nonzero(reverse))
    both = int(np.count_nonzero(since & seen.met)) + backwards
    return _Split(
        led=(_share(seen.met, there), _share(seen.met, ~there)),
        via=_share(since, seen.met),
        away=1 - float(there.mean()),
        without_at_most=wilson_interval(int(np.count_nonzero(seen.met & ~there)), int(np.count_nonzero(~there))).high,
        since=(_share(seen.met, since), _share(seen.met, ~since)),
        away_since=1 - float(since.mean()),
        reverse=backwards / max(both, 1),
    )


def _share(holds: Flags, among: Flags) -> float:
    """Share of these for which it holds; 0 of none."""
    return int(np.count_nonzero(holds & among)) / max(int(np.count_nonzero(among)), 1)


def _recent(sample: Sample, visits: Whole, positions: Whole, window: int) -> Flags:
    """Whether the same customer had one of these visits before each position, no longer ago than the window."""
    place = np.searchsorted(visits, positions, side="left") - 1
    before = np.maximum(np.append(visits, -1)[place], 0)
    recent = sample.times[before] >= sample.times[positions] - window
    found: Flags = (place >= 0) & recent & (sample.whose[before] == sample.whose[positions])
    return found


def _next_after(sample: Sample, seen: _Openings, visits: Whole, positions: Whole) -> Whole:
    """The next of these visits after each position, of the same customer and before the opening's deadline; else -1."""
    events = len(sample.times)
    following = np.append(visits, events)[np.searchsorted(visits, positions, side="right")]
    in_time = np.append(sample.times, 2**62)[following] <= seen.deadline
    return np.where((following < seen.ends) & in_time, following, -1)


def _explains(sample: Sample, causes: Whole, window: int, other: _Openings) -> bool:
    """Whether what meets an arrow has one of these visits before it, by the same customer and within the window."""
    ends = other.closed[other.met]
    return float(_recent(sample, causes, ends, window).mean()) >= _EXPLAINED


def _is_stronger(one: tuple[float, _Openings], other: tuple[float, _Openings]) -> bool:
    """Whether an arrow has the higher cosine; if both are about the same, whether it is the quicker one."""
    if abs(one[0] - other[0]) <= _ABOUT * max(one[0], other[0]):
        return one[1].half < other[1].half
    return one[0] > other[0]


def _cosine(seen: _Openings, visits: int) -> float:
    return float(np.sqrt(seen.share * len(np.unique(seen.closed[seen.met])) / max(visits, 1)))


def _kept(sample: Sample, own: list[Pair], gain: dict[Pair, float], full: dict[Pair, _Openings]) -> list[Pair]:
    """What nearly always follows, and of the rest that which is gained most often, forward rather than back."""
    sure = [pair for pair in own if full[pair].share >= SURE]
    others = {pair: gain[pair] * (_FORWARD if sample.before[pair] >= 0.5 else 1) for pair in own if pair not in sure}
    first = sorted(others, key=lambda pair: (-others[pair], pair))[:1]
    return sure + [pair for pair in first if not sure or gain[pair] >= _BESIDE_SURE]


def _arrow(pair: Pair, seen: _Openings, found: Following) -> Arrow:
    return Arrow(
        after=pair[0],
        next=pair[1],
        within=ladder_step(float(np.quantile(seen.waited, 0.9, method="inverted_cdf"))),
        share=seen.share,
        anyway=float(found.anyway[pair]),
        half=seen.half,
    )
