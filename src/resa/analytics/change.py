"""Did a share change for a while? A scan over all stretches of weeks, each against the rest of the same history.

Every trial must come from another customer. Under the null hypothesis (the share never changed) the successes inside
a stretch then follow the hypergeometric distribution given all successes, whatever the share is: R. A. Fisher's exact
test (Statistical Methods for Research Workers, 5th ed. 1934, section 21.02). Who looks at many stretches and groups
multiplies the smallest p-value by the number of looks (C. E. Bonferroni, 1936), which never understates it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Change", "hypergeometric_log_p", "strongest_change"]

_CANDIDATES: Final = 8
"""Stretches whose exact p-value is computed: those that stand out most by the normal approximation."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A stretch that differs from the rest.

    Attributes:
        first: Its first bucket.
        last: The bucket after its last.
        inside: Trials in the stretch.
        inside_met: Successes among them.
        outside: Trials in the rest.
        outside_met: Successes among them.
        log_p: Natural logarithm of the two-sided exact p-value of this stretch alone.
    """

    first: int
    last: int
    inside: int
    inside_met: int
    outside: int
    outside_met: int
    log_p: float

    @property
    def share(self) -> float:
        """Of the stretch."""
        return self.inside_met / self.inside

    @property
    def usual(self) -> float:
        """Of the rest."""
        return self.outside_met / self.outside


def strongest_change(
    trials: npt.NDArray[np.int64], met: npt.NDArray[np.int64], *, least: int
) -> tuple[Change | None, int]:
    """The stretch of buckets that differs most from the rest.

    Args:
        trials: By bucket, in the order of time.
        met: Successes among them.
        least: Trials that a stretch and the rest must each have to be looked at.

    Returns:
        The change with the smallest p-value (`None` if nothing could be looked at), and how many stretches were
        looked at.
    """
    n = np.concatenate([[0], np.cumsum(trials)])
    m = np.concatenate([[0], np.cumsum(met)])
    total, successes = int(n[-1]), int(m[-1])
    first, last = np.triu_indices(len(n), k=1)
    inside = n[last] - n[first]
    looked = (inside >= least) & (total - inside >= least)
    looks = int(looked.sum())
    if not looks or successes in (0, total):
        return None, looks
    first, last, inside = first[looked], last[looked], inside[looked]
    inside_met = m[last] - m[first]
    p = successes / total
    spread = np.sqrt(inside * (total - inside) / (total - 1) * p * (1 - p))
    score = np.abs(inside_met - inside * p) / spread
    best: Change | None = None
    for number in np.argsort(-score, kind="stable")[:_CANDIDATES].tolist():
        k, size = int(inside_met[number]), int(inside[number])
        log_p = hypergeometric_log_p(k, size, successes, total)
        if best is None or log_p < best.log_p:
            best = Change(
                first=int(first[number]),
                last=int(last[number]),
                inside=size,
                inside_met=k,
                outside=total - size,
                outside_met=successes - k,
                log_p=log_p,
            )
    return best, looks


def hypergeometric_log_p(k: int, drawn: int, successes: int, total: int) -> float:
    """Logarithm of twice the smaller tail at `k`, at most 0: of `total`, `successes` succeed, and `drawn` are drawn.

    P(X = x) = C(successes, x) C(total - successes, drawn - x) / C(total, drawn).
    """
    low, high = max(0, drawn - (total - successes)), min(drawn, successes)
    upper = k * total > drawn * successes
    values = np.arange(k, high + 1) if upper else np.arange(low, k + 1)
    ways = _log_choose(successes, values) + _log_choose(total - successes, drawn - values)
    logs = ways - _log_choose(total, np.array([drawn]))
    peak = float(logs.max())
    tail = peak + float(np.log(np.exp(logs - peak).sum()))
    return min(0.0, tail + float(np.log(2)))


def _log_choose(n: int, k: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Logarithm of the binomial coefficient."""
    return _log_factorial(np.array([n])) - _log_factorial(k) - _log_factorial(n - k)


def _log_factorial(n: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Logarithm of n!, exact to 1e-12: a table for small n, Stirling's series (four terms) beyond."""
    large = np.maximum(n, _TABLED).astype(np.float64) + 1
    series = (large - 0.5) * np.log(large) - large + 0.5 * np.log(2 * np.pi)
    series += 1 / (12 * large) - 1 / (360 * large**3) + 1 / (1260 * large**5)
    return np.where(n < _TABLED, _TABLE[np.minimum(n, _TABLED - 1)], series)


_TABLED: Final = 256
_TABLE: Final = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, _TABLED)))])
