"""The intervals of `resa.kernels.intervals` as SQL, so that an answer's SQL gives them too."""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from math import pi, sqrt, tan
from typing import Final

from resa.analytics.sql.text import Statement
from resa.kernels.intervals import normal_quantile

__all__ = ["clustered_sql", "difference_sql", "effective_sql", "ratio_sql", "wilson_of_share_sql", "wilson_sql"]

_Z: Final = 1.9599639845400536
_TAIL: Final = 1 - 0.95


def wilson_sql(met: str, number: str) -> tuple[str, str]:
    """Lower and upper limit of `wilson_interval` from two columns, whole numbers; NULL where there is nothing."""
    middle, half, scale = _wilson(f"({met} / {number})", number)
    return (
        f"CASE WHEN {number} = 0 THEN NULL WHEN {met} = 0 THEN 0.0 ELSE greatest(0.0, ({middle} - {half}) / {scale}) END",
        f"CASE WHEN {number} = 0 THEN NULL WHEN {met} = {number} THEN 1.0 ELSE least(1.0, ({middle} + {half}) / {scale}) END",
    )


def wilson_of_share_sql(share: str, size: str, confidence: float) -> tuple[str, str]:
    """Lower and upper limit of `wilson_interval` at a confidence, from columns of the share and of how many."""
    middle, half, scale = _wilson(share, size, normal_quantile(confidence))
    return (
        f"CASE WHEN {share} = 0 THEN 0.0 ELSE greatest(0.0, ({middle} - {half}) / {scale}) END",
        f"CASE WHEN {share} = 1 THEN 1.0 ELSE least(1.0, ({middle} + {half}) / {scale}) END",
    )


def effective_sql(share: str) -> str:
    """`effective_size` of columns `low` and `high` about a column of a share."""
    half = "((high - low) / 2)"
    linear = f"({share} * (1 - {share}) - 2 * {half} ** 2)"
    root = f"sqrt({linear} ** 2 + {half} ** 2 * (1 - 4 * {half} ** 2))"
    return f"({_real(_Z**2)} * ({linear} + {root}) / (2 * {half} ** 2))"


def _wilson(share: str, size: str, z: float = _Z) -> tuple[str, str, str]:
    middle = f"({share} + {_real(z**2)} / (2 * {size}))"
    half = f"{_real(z)} * sqrt({share} * (1 - {share}) / {size} + {_real(z**2)} / (4 * {size} * {size}))"
    return middle, half, f"(1e0 + {_real(z**2)} / {size})"


def clustered_sql(statement: Statement, source: str, keys: str, name: str) -> Statement:
    """Add the step `name`: `low`, `high` of `clustered_interval` for each of the keys.

    Args:
        statement: Has the step `source`: a row a trial, with customer and outcome.
        source: Name of that step.
        keys: Columns to group by, each with a comma behind it; may be empty.
        name: Of the step to add; others are named after it.
    """
    by = f" GROUP BY {keys.rstrip(', ')}" if keys else ""
    by_customer = (
        f"SELECT {keys}count(*)::DOUBLE AS n, count(*) FILTER (outcome = 'met')::DOUBLE AS m\n"
        f"FROM {source} WHERE mature GROUP BY {keys}customer"
    )
    low, high = wilson_of_share_sql("share", "size", 1 - _TAIL)
    return (
        statement.step(
            f"{name}_sums",
            f"SELECT {keys}count(*) AS customers, sum(n) AS trials, sum(m) / sum(n) AS share,\n"
            "  greatest(0, sum(m * m) - 2 * sum(m) / sum(n) * sum(m * n) + (sum(m) / sum(n)) ** 2 * sum(n * n)) AS squares\n"
            f"FROM ({by_customer}){by}",
        )
        .step(
            f"{name}_variance",
            "SELECT *, customers / nullif(customers - 1, 0) * squares / (trials * trials) AS variance,\n"
            "  greatest(customers - 1, 3)::DOUBLE AS freedom, 1 / (greatest(customers - 1, 3) - 0.5e0) AS a\n"
            f"FROM {name}_sums",
        )
        .step(f"{name}_student", _student(f"{name}_variance"))
        .step(
            f"{name}_size",
            "SELECT *, CASE WHEN share IN (0, 1) THEN customers WHEN customers = 1 THEN 1\n"
            f"  ELSE CASE WHEN variance > 1e-18 THEN least(share * (1 - share) / variance, trials) ELSE trials END\n"
            f"    * ({_real(_Z)} / t) ** 2 END::DOUBLE AS size FROM {name}_student",
        )
        .step(name, f"SELECT {keys}{low} AS low, {high} AS high FROM {name}_size WHERE trials > 0")
    )


def ratio_sql(statement: Statement, source: str, keys: str, name: str, *, below: str) -> Statement:
    """Add the step `name`: `low`, `high` of `ratio_interval` for each of the keys.

    Args:
        statement: Has the step `source`: a row a thing, with customer and `number`.
        source: Name of that step.
        keys: Columns to group by, each with a comma behind it.
        name: Of the step to add; others are named after it.
        below: What a customer adds to the denominator, as an aggregate or a constant.
    """
    by = keys.rstrip(", ")
    return (
        statement.step(
            f"{name}_customers",
            f"SELECT {keys}customer, coalesce(sum(number), 0)::DOUBLE AS y, ({below})::DOUBLE AS x\n"
            f"FROM {source} GROUP BY {keys}customer",
        )
        .step(
            f"{name}_ratio",
            f"SELECT *, sum(y) OVER w / sum(x) OVER w AS ratio FROM {name}_customers WINDOW w AS (PARTITION BY {by})",
        )
        .step(
            f"{name}_variance",
            f"SELECT {keys}any_value(ratio) AS ratio, count(*) AS customers,\n"
            "  sqrt(count(*) / nullif(count(*) - 1, 0) * sum((y - ratio * x) ** 2)) / sum(x) AS spread,\n"
            "  greatest(count(*) - 1, 3)::DOUBLE AS freedom, 1 / (greatest(count(*) - 1, 3) - 0.5e0) AS a\n"
            f"FROM {name}_ratio GROUP BY {by}",
        )
        .step(f"{name}_student", _student(f"{name}_variance"))
        .step(name, f"SELECT {keys}ratio - t * spread AS low, ratio + t * spread AS high FROM {name}_student")
    )


def difference_sql(before: str, after: str) -> tuple[str, str]:
    """Lower and upper limit of `difference_interval` from two relations with share, low and high."""
    difference = f"({after}.share - {before}.share)"
    down = f"sqrt(({after}.share - {after}.low) ** 2 + ({before}.high - {before}.share) ** 2)"
    up = f"sqrt(({after}.high - {after}.share) ** 2 + ({before}.share - {before}.low) ** 2)"
    return f"{difference} - {down}", f"{difference} + {up}"


def _student(source: str) -> str:
    """Student's t as `student_quantile` computes it (Hill 1970): x is the lower normal quantile."""
    x, y = -_Z, _Z**2
    c = "((20700e0 * a / b - 98e0) * a - 16e0) * a + 96.36e0"
    d = "((94.5e0 / (b + c) - 3e0) / b + 1e0) * sqrt(a * pi() / 2e0) * freedom"
    few = f"CASE WHEN freedom < 5 THEN 0.3e0 * (freedom - 4.5e0) * {_real(x + 0.6)} ELSE 0e0 END"
    far_c = f"{_real(0.05 * x**4)} * d + {_real(-5 * x**3 - 7 * x**2 - 2 * x)} + b + c + {few}"
    far = f"(({_real(((0.4 * y + 6.3) * y + 36) * y + 94.5)} / far_c - {_real(y + 3)}) / b + 1e0) * {_real(x)}"
    near = (
        "((1e0 / (((freedom + 6e0) / (freedom * y) - 0.089e0 * d - 0.822e0) * (freedom + 2e0) * 3e0)"
        " + 0.5e0 / (freedom + 4e0)) * y - 1e0) * (freedom + 1e0) / (freedom + 2e0) + 1e0 / y"
    )
    one, two = 1 / tan(_TAIL * pi / 2), sqrt(2 / (_TAIL * (2 - _TAIL)) - 2)
    return (
        f"SELECT *, CASE WHEN customers = 2 THEN {_real(one)} WHEN customers = 3 THEN {_real(two)}\n"
        f"  ELSE sqrt(freedom * CASE WHEN y > 0.05e0 + a THEN exp(a * far * far) - 1e0 ELSE {near} END) END AS t\n"
        f"FROM (SELECT *, {far} AS far\n  FROM (SELECT *, {far_c} AS far_c, (d * {_real(_TAIL)}) ** (2e0 / freedom) AS y\n"
        f"    FROM (SELECT *, {d} AS d\n      FROM (SELECT *, {c} AS c\n"
        f"        FROM (SELECT *, 48e0 / (a * a) AS b FROM {source})))))"
    )


def _real(number: float) -> str:
    """A number as SQL that is a DOUBLE, not a DECIMAL."""
    return f"{number:.17e}"
