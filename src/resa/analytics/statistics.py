"""Small numbers about numbers that no kernel has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from resa.kernels import Interval, student_quantile
from resa.model.verdicts import CLOSE, FEWEST, VERDICTS

__all__ = [
    "count_distinct",
    "distinct",
    "quantile",
    "quantile_sql",
    "quantiles_of",
    "ratio_interval",
    "share",
    "verdict_sql",
]


Customers = TypeVar("Customers", bound=np.integer)
Number = TypeVar("Number", np.int64, np.float64)


def distinct(customers: npt.NDArray[Customers]) -> npt.NDArray[Customers]:
    """Each customer once, of customers in order: then neither a sort nor a hash is needed, which take far longer."""
    first: npt.NDArray[Customers] = customers[1:][customers[1:] != customers[:-1]]
    return np.concatenate([customers[:1], first])


def count_distinct(customers: npt.NDArray[np.integer]) -> int:
    """How many different ones there are, likewise."""
    return int(np.count_nonzero(customers[1:] != customers[:-1])) + (len(customers) > 0)


def share(part: float, whole: float) -> float:
    """A share, 0 to 1; NaN of nothing."""
    return part / whole if whole else float("nan")


def ratio_interval(
    customers: npt.NDArray[np.integer], above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]
) -> Interval:
    """A ratio of totals, such as a mean of visits, with its 95 % interval by customer.

    The variance of R = Σy / Σx over C customers is linearised with whole customers as the units (W. G. Cochran,
    Sampling Techniques, 3rd ed. 1977, eq. 6.13 with the finite-population correction left out), C/(C - 1) ·
    Σ(y - R x)² / (Σx)²; the limits are Student's, at C - 1 degrees of freedom. One customer has no interval.

    Args:
        customers: Whose each thing is, in order.
        above: What each adds to the numerator.
        below: And to the denominator.
    """
    starts = np.flatnonzero(np.diff(customers.astype(np.int64), prepend=-1))
    if not len(starts):
        return Interval(float("nan"), float("nan"), float("nan"))
    y, x = np.add.reduceat(above, starts), np.add.reduceat(below, starts)
    ratio = float(y.sum() / x.sum())
    many = len(starts)
    if many == 1:
        return Interval(ratio, float("nan"), float("nan"))
    spread = float(np.sqrt(many / (many - 1) * ((y - ratio * x) ** 2).sum()) / x.sum())
    half = student_quantile(0.95, many - 1) * spread
    return Interval(ratio, ratio - half, ratio + half)


def quantile(values: npt.NDArray[Number], q: float) -> float:
    """The smallest value that is not below a share `q` of the values; NaN of none (DuckDB's quantile_disc)."""
    return quantiles_of(values, (q,))[0]


def quantiles_of(values: npt.NDArray[Number], shares: Sequence[float]) -> list[float]:
    """The same for several shares."""
    n = len(values)
    if not n:
        return [float("nan")] * len(shares)
    ranks = [max(1, n - int(np.floor(n - q * n))) - 1 for q in shares]
    return [float(value) for value in np.partition(values, ranks)[ranks]]


def quantile_sql(column: str, q: float) -> str:
    """The same over a column."""
    return f"quantile_disc({column}, {q})"


def verdict_sql(target: str) -> str:
    """`resa.model.verdicts.judged` over columns `mature`, `low` and `high`, in words, for a target as a literal."""
    few = VERDICTS["few"]
    return (
        f"CASE WHEN {target} IS NULL THEN NULL WHEN mature < {FEWEST} THEN '{few}'"
        f" WHEN low >= {target} THEN '{VERDICTS['met']}' WHEN high < {target} THEN '{VERDICTS['below']}'"
        f" WHEN {target} - low <= {CLOSE} AND high - {target} <= {CLOSE} THEN '{VERDICTS['near']}' ELSE '{few}' END"
    )
