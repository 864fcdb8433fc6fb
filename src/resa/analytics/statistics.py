"""Numbers about numbers: intervals of shares and quantiles, in numpy and in SQL, the same to the last digits that matter."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Z95", "cumulative_incidence", "design_effect", "design_effect_sql", "quantile", "quantile_sql", "share", "wilson", "wilson_sql"]

Z95: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution: half-width of a 95 % interval in standard errors."""

Numbers = npt.NDArray[np.float64]


def share(part: float, whole: float) -> float:
    """A share, 0 to 1; NaN of nothing."""
    return part / whole if whole else float("nan")


def wilson(met: float, number: float, effect: float = 1.0) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, JASA 22 (1927), 209-212, eq. 7), NaN where there is nothing.

    Args:
        met: How many succeeded.
        number: Of how many.
        effect: Design effect: how many times larger the variance is than that of independent trials (Kish). The number is
            divided by it, so that several openings of one customer do not count as so many witnesses.
    """
    if number <= 0:
        return float("nan"), float("nan")
    size = number / effect
    p = met / number
    middle = (p + Z95**2 / (2 * size)) / (1 + Z95**2 / size)
    half = Z95 / (1 + Z95**2 / size) * np.sqrt(p * (1 - p) / size + Z95**2 / (4 * size**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def wilson_sql(met: str, number: str, effect: str = "1.0") -> tuple[str, str]:
    """The same as two SQL expressions over columns."""
    p, size = f"({met} / {number})", f"({number} / {effect})"
    middle = f"({p} + {Z95**2!r} / (2 * {size}))"
    half = f"{Z95!r} * sqrt({p} * (1 - {p}) / {size} + {Z95**2!r} / (4 * {size} * {size}))"
    scale = f"(1 + {Z95**2!r} / {size})"
    valid = f"CASE WHEN {number} > 0 THEN"
    return (
        f"{valid} greatest(0.0, ({middle} - {half}) / {scale}) END",
        f"{valid} least(1.0, ({middle} + {half}) / {scale}) END",
    )


def quantile(values: npt.NDArray[np.int64], q: float) -> float:
    """The smallest value that is not below a share `q` of the values; NaN of none (DuckDB's quantile_disc)."""
    n = len(values)
    if not n:
        return float("nan")
    rank = max(1, n - int(np.floor(n - q * n))) - 1
    return float(np.partition(values, rank)[rank])


def quantile_sql(column: str, q: float) -> str:
    """The same over a column."""
    return f"quantile_disc({column}, {q})"


def design_effect(met: npt.NDArray[np.bool_], customer: npt.NDArray[np.integer]) -> float:
    """How much less several trials of one customer say than as many trials of different customers; at least 1.

    The variance of the share as a ratio of totals by customer (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, eq. 6.13
    with the finite-population correction left out), over that of independent trials (L. Kish, Survey Sampling, 1965, 8.2).

    Args:
        met: Whether each trial succeeded.
        customer: Whose it is.
    """
    trials = len(met)
    successes = int(met.sum())
    if trials == 0 or successes in (0, trials):
        return 1.0
    _, which, sizes = np.unique(customer, return_inverse=True, return_counts=True)
    clusters = len(sizes)
    if clusters == trials or clusters == 1:
        return 1.0 if clusters == trials else float(trials)
    p = successes / trials
    residuals = np.bincount(which, weights=met, minlength=clusters) - p * sizes
    variance = clusters / (clusters - 1) * float(residuals @ residuals) / trials**2
    return max(1.0, variance / (p * (1 - p) / trials))


def design_effect_sql(trials: str, successes: str, clusters: str, squares: str) -> str:
    """The same from four sums: trials, successes, customers, and sum of (successes - p * trials)^2 by customer."""
    p = f"({successes} / {trials})"
    variance = f"({clusters} / ({clusters} - 1.0) * {squares} / ({trials} * {trials}))"
    return (
        f"CASE WHEN {successes} = 0 OR {successes} = {trials} OR {clusters} = {trials} THEN 1.0\n"
        f"    WHEN {clusters} = 1 THEN {trials}::DOUBLE\n"
        f"    ELSE greatest(1.0, {variance} / ({p} * (1 - {p}) / {trials})) END"
    )


def cumulative_incidence(
    waited: npt.NDArray[np.int64], causes: npt.NDArray[np.integer], at: npt.NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    """Shares that have ended by cause 1, and by cause 2, after each span of time (Aalen and Johansen 1978, as a sum).

    With n(t) under watch at t, d1 and d2 ended then, and S the share that has not ended before:
    F1(t) = sum over u <= t of S(u-) d1(u) / n(u), S(u) = prod over v <= u of 1 - (d1(v) + d2(v)) / n(v). Who is lost from
    sight at t is still under watch at t.

    Args:
        waited: How long each was under watch.
        causes: Why that ended: 1, 2, or 0 (lost from sight).
        at: Spans of time, ascending.
    """
    times, which = np.unique(waited, return_inverse=True)
    if not len(times):
        return np.zeros(len(at)), np.zeros(len(at))
    ended = [np.bincount(which, weights=causes == cause, minlength=len(times)) for cause in (1, 2)]
    gone = np.bincount(which, minlength=len(times))
    watched = len(waited) - np.concatenate([[0], np.cumsum(gone)[:-1]])
    left = np.cumprod(1 - (ended[0] + ended[1]) / watched)
    before = np.concatenate([[1.0], left[:-1]])
    index = np.searchsorted(times, at, side="right")
    first, second = (np.concatenate([[0.0], np.cumsum(before * each / watched)])[index] for each in ended)
    return first, second
