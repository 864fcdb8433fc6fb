"""Small numbers about numbers that no kernel has."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from resa.model.verdicts import CLOSE, FEWEST, VERDICTS

__all__ = ["count_distinct", "distinct", "quantile", "quantile_sql", "share", "verdict_sql"]


Customers = TypeVar("Customers", bound=np.integer)


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


def verdict_sql(target: str) -> str:
    """`resa.model.verdicts.judged` over columns `mature`, `low` and `high`, in words, for a target as a literal."""
    few = VERDICTS["few"]
    return (
        f"CASE WHEN {target} IS NULL THEN NULL WHEN mature < {FEWEST} THEN '{few}'"
        f" WHEN low >= {target} THEN '{VERDICTS['met']}' WHEN high < {target} THEN '{VERDICTS['below']}'"
        f" WHEN {target} - low <= {CLOSE} AND high - {target} <= {CLOSE} THEN '{VERDICTS['near']}' ELSE '{few}' END"
    )
