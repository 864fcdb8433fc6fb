"""When a share is said to have fallen: day by day, with a stated rate of false alarms however long it is watched.

Each share is held against a *floor*: its target, or the level of its own past. While no day's share is below the floor,
an alarm is false. The evidence is that of S. W. Roberts (Technometrics 8 (1966), 411) and A. N. Shiryaev (Theory of
Probability and its Applications 8 (1963), 22): with L the likelihood ratio of a day's trials under a lower share and at
the floor,

    R(today) = (R(yesterday) + 1) L(today),   beginning with 0

and an alarm is raised once R reaches a threshold A. L is 1 in the mean at the floor, and less above it. So R minus the
number of days is a supermartingale: the mean number of days to a false alarm is at least A (M. Pollak, Annals of
Statistics 13 (1985), 206), and the chance of one within d days at most d / A (J. L. Doob). Both hold for every share at
or above the floor, and whenever a change comes (J. Shin, A. Ramdas and A. Rinaldo, E-detectors, New England Journal of
Statistics in Data Science 2 (2024), 229). The lower shares are several, as odds of the floor's, and the mean of their R
is taken: it has the same property.

*Rate.* All k questions of a map (each share against its target and against its past) have A = 365 k: so at most one
false alarm a year is to be expected of a map, whatever it holds.

*Trials.* Of a customer's openings on a day the first counts. Days that vary more than independent trials would (X^2 of
Pearson over its degrees of freedom, in the past) make each trial weigh so much less; by Jensen's inequality this never
raises the rate.

*Past.* The lower limit of the share in eight weeks that end two weeks before the day (E. B. Wilson, 1927, one-sided at
0.5 %), so that what is not known of the past raises no alarm, and a fall is not measured against itself.

*Since.* The day from which on the likelihood of a lower share is largest (E. S. Page, Biometrika 41 (1954), 100).

*Over.* R is held at A. An alarm is over once R is below 1, so that nothing speaks for a lower share any more; or at
most A / 20, so that it hardly comes again by chance, while the last four weeks are at the floor. Until then the past is
that of before the alarm. Half a year is looked at: what has been so for longer is the past.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.analytics.answers.expectations import measured
from resa.analytics.answers.metrics import MeasuredMetric
from resa.analytics.calendar import DAY
from resa.analytics.questions.kinds import ExpectationsQuestion, MetricsQuestion
from resa.analytics.scope.outcomes import as_of_delivering
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Snapshot
from resa.base.clock import from_microseconds
from resa.model.verdicts import FEWEST

if TYPE_CHECKING:
    from resa.analytics.measure import Measure

__all__ = ["FALSE_ALARM_DAYS", "Against", "Daily", "Evidence", "Watched", "evidence_by_day", "judged_days", "watched"]

FALSE_ALARM_DAYS: Final = 365
"""In so many days at most one false alarm is to be expected of all shares of a map together."""

Against = Literal["target", "history"]
"""What a share is held against."""

State = Literal["low", "well", "unsure"]

_ODDS: Final = (0.8, 0.6, 0.4)
"""The lower shares that are looked for: their odds, as parts of the floor's."""

_MIDDLE: Final = 1
_CALM: Final = 20.0
_WATCHED: Final = 182
_PAST: Final = 56
_GAP: Final = 14
_LEAST_PAST: Final = 28
"""So many days with trials make a past."""

_Z: Final = NormalDist().inv_cdf(0.995)  # one-sided 0.5 %
_LATELY: Final = 28
_TINY: Final = 1e-6

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Daily:
    """A share by day, in the map's zone, up to the last day whose trials have all had their time.

    Attributes:
        name: Of the arrow, or key of the metric.
        kind: What it is.
        target: 0 to 1; `None`: none.
        last: The last day.
        tried: Trials of each day, oldest first.
        met: Of these, met.
    """

    name: str
    kind: Literal["expectation", "promise", "metric"]
    target: float | None
    last: date
    tried: Counts
    met: Counts


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is to be said of a share today.

    Attributes:
        name: Of the arrow, or key of the metric.
        kind: expectation, promise or metric.
        against: What it is held against.
        state: `low`: an alarm; `well`: nothing speaks for a lower share; `unsure`: in between, so that what was said
            before stands.
        floor: The target, or the share of its past.
        low: The target, or the lower limit of its past.
        since: First day of the time in which something speaks for a lower share; where nothing does, of the last four
            weeks.
        last: Last day that was looked at.
        share: The share since then; NaN: there were no trials.
        trials: How many it is a share of.
        lately: The share of the last four weeks; NaN: there were no trials.
        lately_trials: How many that is a share of.
    """

    name: str
    kind: Literal["expectation", "promise", "metric"]
    against: Against
    state: State
    floor: float
    low: float
    since: date
    last: date
    share: float
    trials: int
    lately: float
    lately_trials: int


def watched(measure: Measure, map_key: str) -> tuple[Watched, ...]:
    """Judge every share of a map against its target and its own past, as far as it has either.

    Args:
        measure: Answers questions about the map.
        map_key: Of the map.

    Raises:
        QuestionError: The events were not yet matched with the map.
    """
    snapshot = measure.snapshot(map_key)
    return judged_days([*_arrows(snapshot, map_key), *_metrics(snapshot, map_key)])


def judged_days(shares: Sequence[Daily]) -> tuple[Watched, ...]:
    """Judge shares by day, all that are watched together."""
    questions = [(share, against) for share in shares for against in _against(share)]
    threshold = float(FALSE_ALARM_DAYS * len(questions))
    return tuple(found for one, against in questions if (found := _judged(one, against, threshold)) is not None)


def _against(share: Daily) -> tuple[Against, ...]:
    return ("history",) if share.target is None else ("target", "history")


class Evidence(NamedTuple):
    """What speaks for a lower share by the end of a day.

    Attributes:
        day: Its number.
        r: R.
        since: Number of the day from which on a lower share is likeliest.
        low: What the share is held against: the target, or the lower limit of the past.
        floor: The target, or the share of the past.
    """

    day: int
    r: float
    since: int
    low: float
    floor: float


def evidence_by_day(share: Daily, against: Against, threshold: float, begin: int = 0) -> Iterator[Evidence]:
    """What speaks for a lower share, by each day that can be judged.

    Args:
        share: By day.
        against: Its target, or its past.
        threshold: R is held at it.
        begin: Number of the day at which R begins with 0.
    """
    parts, page, since = np.zeros(len(_ODDS)), 0.0, begin
    held: _Past | None = None
    for day in range(begin, len(share.tried)):
        tried, met = int(share.tried[day]), int(share.met[day])
        past = held or _past(share.tried[:day], share.met[:day])
        low, floor = (share.target, share.target) if against == "target" else (past.low, past.share)
        if low is None or floor is None or not tried:
            continue
        ratios = _log_ratios(tried, met, low) / past.spread
        parts = (parts + 1) * np.exp(ratios)
        r = float(parts.mean())
        if r > threshold:
            parts, r = parts * (threshold / r), threshold
        if page <= 0:
            page, since = 0.0, day
        page += float(ratios[_MIDDLE])
        if r >= threshold:
            held = past
        elif held is not None and _is_over(share, day + 1, r, low, threshold):
            held = None
        yield Evidence(day, r, since, low, floor)


def _judged(share: Daily, against: Against, threshold: float) -> Watched | None:
    """What is to be said of one share; `None`: it has no past yet, or nothing was tried."""
    tried, met, days = share.tried, share.met, len(share.tried)
    begin, first = max(0, days - _WATCHED), max(0, days - _LATELY)
    found = list(evidence_by_day(share, against, threshold, begin))
    if not found:
        return None
    last, lately, trials = found[-1], _ratio(met[first:], tried[first:]), int(tried[first:].sum())
    over = _is_over(share, days, last.r, last.low, threshold)
    state: State = "low" if last.r >= threshold else "well" if over else "unsure"
    since = last.since if state == "low" else first
    return Watched(
        name=share.name,
        kind=share.kind,
        against=against,
        state=state,
        floor=last.floor,
        low=last.low,
        since=share.last - timedelta(days=days - 1 - since),
        last=share.last,
        share=_ratio(met[since:], tried[since:]),
        trials=int(tried[since:].sum()),
        lately=lately,
        lately_trials=trials,
    )


def _is_over(share: Daily, days: int, r: float, low: float, threshold: float) -> bool:
    """Whether an alarm is over after so many days."""
    met, tried = (counts[max(0, days - _LATELY) : days] for counts in (share.met, share.tried))
    calm = r <= threshold / _CALM and int(tried.sum()) >= FEWEST and _ratio(met, tried) >= low
    return r < 1 or calm


def _ratio(met: Counts, tried: Counts) -> float:
    whole = int(tried.sum())
    return int(met.sum()) / whole if whole else float("nan")


def _log_ratios(tried: int, met: int, floor: float) -> Numbers:
    """Of a day's trials under each lower share and at the floor; 1 in the mean, or less above the floor."""
    low = min(max(floor, _TINY), 1 - _TINY)
    odds = np.array(_ODDS) * low / (1 - low)
    lower = odds / (1 + odds)
    found: Numbers = met * np.log(lower / low) + (tried - met) * np.log((1 - lower) / (1 - low))
    return found


class _Past(NamedTuple):
    """The share of some weeks, its lower limit, and how far days spread; without such weeks `None`, and 1."""

    share: float | None
    low: float | None
    spread: float


def _past(tried: Counts, met: Counts) -> _Past:
    end = max(0, len(tried) - _GAP)
    tried, met = tried[max(0, end - _PAST) : end], met[max(0, end - _PAST) : end]
    some, n = tried > 0, int(tried.sum())
    days = int(some.sum())
    if days < _LEAST_PAST:
        return _Past(None, None, 1.0)
    share = int(met.sum()) / n
    variance, spread = share * (1 - share), 1.0
    if variance > 0:
        squares = (met - share * tried)[some] ** 2 / (tried[some] * variance)
        spread = max(1.0, float(squares.sum()) / (days - 1))
    size = n / spread
    half = _Z * math.sqrt(variance / size + (_Z / (2 * size)) ** 2)
    return _Past(share, (share + _Z**2 / (2 * size) - half) / (1 + _Z**2 / size), spread)


def _arrows(snapshot: Snapshot, map_key: str) -> Iterator[Daily]:
    selection = Selection(snapshot, ExpectationsQuestion.from_document({"map": map_key}))
    for arrow in snapshot.journey_map.expectations:
        found = measured(selection, arrow).outcomes
        mature = found.mature
        daily = _by_day(snapshot, found.customer[mature], found.opened_at[mature], found.named("met")[mature])
        if daily is None or found.as_of is None:
            continue
        share = Daily(
            name=arrow.name, kind=arrow.kind, target=arrow.target, last=daily[0], tried=daily[1], met=daily[2]
        )
        yield _until(share, snapshot, found.last_start)


def _metrics(snapshot: Snapshot, map_key: str) -> Iterator[Daily]:
    for metric in snapshot.journey_map.metrics:
        if metric.kind != "share":
            continue
        question = MetricsQuestion.from_document({"map": map_key, "names": [metric.key]})
        item = MeasuredMetric(metric, Selection(snapshot, question))
        codes = [snapshot.journey_map.code[key] for key in metric.of or snapshot.journey_map.code]
        as_of = as_of_delivering(snapshot, codes)
        daily = _by_day(snapshot, item.customers, snapshot.times(item.positions), item.numbers > 0)
        if daily is None or as_of is None:
            continue
        last, tried, met = daily
        share = Daily(name=metric.key, kind="metric", target=None, last=last, tried=tried, met=met)
        yield _until(share, snapshot, as_of)


def _by_day(
    snapshot: Snapshot, customer: npt.NDArray[np.integer], at: Counts, met: npt.NDArray[np.bool_]
) -> tuple[date, Counts, Counts] | None:
    """The last day, and by day trials and those met: of a customer's on a day the first."""
    if not len(at):
        return None
    day = snapshot.zone.local(at) // DAY
    first = np.concatenate([[True], (np.diff(customer.astype(np.int64)) != 0) | (np.diff(day) != 0)])
    low = int(day.min())
    tried = np.bincount(day[first] - low).astype(np.int64)
    good = np.bincount(day[first & met] - low, minlength=len(tried)).astype(np.int64)
    return _date(low + len(tried) - 1), tried, good


def _date(day: int) -> date:
    return from_microseconds(day * DAY).date()


def _until(share: Daily, snapshot: Snapshot, moment: int) -> Daily:
    """The same up to the last whole day before a moment, in the map's zone; days at the end without trials count."""
    end = _date(int(snapshot.zone.local(np.array([moment], dtype=np.int64))[0]) // DAY) - timedelta(days=1)
    more = (end - share.last).days
    if more >= 0:
        return replace(share, last=end, tried=np.pad(share.tried, (0, more)), met=np.pad(share.met, (0, more)))
    keep = max(0, len(share.tried) + more)
    return replace(share, last=end, tried=share.tried[:keep], met=share.met[:keep])
