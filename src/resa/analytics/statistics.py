"""Numbers about numbers: intervals of shares and quantiles, in numpy and in SQL, the same to the last digits that matter."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Z95", "quantile", "quantile_sql", "share", "wilson", "wilson_sql"]

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
