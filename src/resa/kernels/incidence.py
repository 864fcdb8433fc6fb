"""Cumulative incidence: the share of openings met by a given time, with cancellation as a competing event.

The estimator is Aalen and Johansen's (1978). At the times s at which anything happens, with Y openings still waiting
just before s, d_j of them ending there for cause j and d for any cause, h_j = d_j / Y and h = d / Y:

    S(s-) = Π_{u < s} (1 - h(u))            F_j(t) = Σ_{s <= t} S(s-) h_j(s)

An opening that is still open at its last known moment, or ended unanswered at its deadline, is *censored* there; at the
same moment events come before censoring. Without cancellation 1 - F is Kaplan and Meier's curve, without censoring F is
the plain share.

The standard error is the infinitesimal jackknife: the derivative of F_j(t) by each opening's weight, summed by customer
and then squared, so that a customer's openings need not be independent (as R's `survfit` does with `cluster`).
Differentiating the formulas above, with x the moment at which an opening ends and m = min(x, t):

    ∂F_j(t) = [ends for j at x <= t] S(x-)/Y(x) - Σ_{s <= m} S(s-) h_j(s)/Y(s)
              - [ends at all at x <= t] R_t(x)/Y(x) + Σ_{s <= m} R_t(s) h(s)/Y(s),     R_t(s) = (F_j(t) - F_j(s)) / (1 -
              h(s))

The interval is symmetric for log(-log(1 - F)), so it stays within 0 and 1.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.intervals import normal_quantile

__all__ = ["CENSORED", "ROUNDING", "Incidence", "cumulative_incidence", "time_by_which"]

CENSORED: Final = 0
"""The cause of an opening that was not seen to end."""

ROUNDING: Final = 1e-9
"""By how much a curve may fall short of a share and still be there."""

_CAUSE_BITS: Final = 8

_Floats = npt.NDArray[np.float64]


class Incidence(NamedTuple):
    """The cumulative incidence of one cause at given times.

    Attributes:
        times: i64[T], microseconds since the clock started.
        share: f64[T], F(t).
        error: f64[T], its standard error, by customer.
        low: f64[T], lower limit.
        high: f64[T], upper limit.
        waiting: i64[T], openings that had neither ended nor been censored before the time.
    """

    times: npt.NDArray[np.int64]
    share: _Floats
    error: _Floats
    low: _Floats
    high: _Floats
    waiting: npt.NDArray[np.int64]


def cumulative_incidence(
    durations: npt.NDArray[np.int64],
    causes: npt.NDArray[np.uint8],
    cause: int,
    times: npt.NDArray[np.int64],
    *,
    customer: npt.NDArray[np.integer] | None = None,
    confidence: float = 0.95,
) -> Incidence:
    """Estimate the share that ended for one cause by each of the times.

    Args:
        durations: i64[n], microseconds from the clock's start to the end or the last known moment, at least 0.
        causes: u8[n], why it ended; `CENSORED` (0): it had not. The openings' outcomes serve as they are.
        cause: The cause asked about, such as `MET`.
        times: i64[T], where the curve is wanted.
        customer: Whose opening each is; `None`: each is its own.
        confidence: Such as 0.95.

    Raises:
        QuestionError: The confidence is not between 0 and 1.
        ValueError: The arrays differ in length.
    """
    if not len(durations) == len(causes) == (len(durations) if customer is None else len(customer)):
        raise ValueError("durations, causes and customers must be of one length")
    z = normal_quantile(confidence)
    moments, place, steps = _estimated(durations, causes, cause)
    waiting, curve, kinds = steps.waiting, steps.curve, len(moments)
    at = np.searchsorted(moments, times, side="right") - 1  # the last moment not after each time
    share = np.where(at >= 0, curve[at], 0.0) if kinds else np.zeros(len(times))
    error = np.zeros(len(times))
    clusters = np.arange(len(durations)) if customer is None else np.unique(customer, return_inverse=True)[1]
    for row in np.flatnonzero(at >= 0):
        influence = _influence(steps, place, causes, cause, int(at[row]))
        summed = np.bincount(clusters, weights=influence)
        error[row] = np.sqrt(summed @ summed)
    low, high = _limits(share, error, z)
    before = np.searchsorted(moments, times, side="left")
    still = np.concatenate([waiting, [0]])[before] if kinds else np.zeros(len(times), np.int64)
    return Incidence(np.asarray(times, np.int64), share, error, low, high, still.astype(np.int64))


def time_by_which(durations: npt.NDArray[np.int64], causes: npt.NDArray[np.uint8], cause: int, share: float) -> float:
    """The first time by which so large a share ended for one cause, microseconds; NaN if it never was so large.

    Args:
        durations: As of `cumulative_incidence`.
        causes: As there.
        cause: As there.
        share: Such as 0.5; the curve may fall short of it by a rounding error.
    """
    # Sorted together with its cause, a duration needs no place to be looked up, which would take ten times as long.
    keys = np.sort(durations << _CAUSE_BITS | causes)
    if not len(keys):
        return float("nan")
    moments, why = keys >> _CAUSE_BITS, keys & (2**_CAUSE_BITS - 1)
    starts = np.flatnonzero(np.append(True, moments[1:] != moments[:-1]))
    ended_for, ended = (np.add.reduceat(flags.astype(np.int64), starts) for flags in (why == cause, why != CENSORED))
    curve = _steps(ended_for, ended, len(keys) - starts).curve
    reached = np.flatnonzero(curve >= share - ROUNDING)
    return float(moments[starts[reached[0]]]) if len(reached) else float("nan")


class _Steps(NamedTuple):
    """Y, h_j, h, S(s-) and F_j at every moment."""

    waiting: npt.NDArray[np.int64]
    hazard_for: _Floats
    hazard: _Floats
    survival: _Floats
    curve: _Floats


def _estimated(
    durations: npt.NDArray[np.int64], causes: npt.NDArray[np.uint8], cause: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp], _Steps]:
    """The moments at which anything happens, the number of each duration's, and the estimate at each."""
    moments, place = np.unique(durations, return_inverse=True)
    kinds = len(moments)
    ended_for = np.bincount(place[causes == cause], minlength=kinds)
    ended = np.bincount(place[causes != CENSORED], minlength=kinds)
    gone = np.bincount(place, minlength=kinds)
    waiting = len(durations) - np.concatenate([[0], np.cumsum(gone)[:-1]]) if kinds else np.zeros(0, np.int64)
    return moments, place, _steps(ended_for, ended, waiting)


def _steps(ended_for: npt.NDArray[np.int64], ended: npt.NDArray[np.int64], waiting: npt.NDArray[np.int64]) -> _Steps:
    """The estimate from d_j, d and Y at every moment."""
    hazard_for, hazard = ended_for / waiting, ended / waiting
    survival = np.concatenate([[1.0], np.cumprod(1 - hazard)])[: len(hazard)]
    return _Steps(waiting, hazard_for, hazard, survival, np.cumsum(survival * hazard_for))


def _influence(
    steps: _Steps, place: npt.NDArray[np.intp], causes: npt.NDArray[np.uint8], cause: int, at: int
) -> _Floats:
    """The derivative of F_j at moment `at` by each opening's weight."""
    left = 1 - steps.hazard
    # Where all that wait end at once nothing is left to come: F(t) = F(s).
    rest = np.divide(steps.curve[at] - steps.curve, left, out=np.zeros(len(left)), where=left > 0)
    down = np.cumsum(steps.survival * steps.hazard_for / steps.waiting)
    up = np.cumsum(rest * steps.hazard / steps.waiting)
    upto = np.minimum(place, at)
    influence: _Floats = up[upto] - down[upto]
    inside = place <= at
    own = inside & (causes == cause)
    influence[own] += (steps.survival / steps.waiting)[place[own]]
    any_cause = inside & (causes != CENSORED)
    influence[any_cause] -= (rest / steps.waiting)[place[any_cause]]
    return influence


def _limits(share: _Floats, error: _Floats, z: float) -> tuple[_Floats, _Floats]:
    """Limits symmetric for log(-log(1 - F)); where the curve is still 0 or already 1 they are the curve itself."""
    low, high = share.copy(), share.copy()
    inner = (share > 0) & (share < 1)
    logs = np.log1p(-share[inner])
    spread = np.exp(z * error[inner] / ((1 - share[inner]) * -logs))
    low[inner] = -np.expm1(logs / spread)
    high[inner] = -np.expm1(logs * spread)
    return low, high
