"""Intervals for shares: of independent customers, and of openings, of which one customer may have many.

`wilson_interval` is the score interval (Wilson 1927; Newcombe 1998, "Two-sided confidence intervals for the single
proportion", method 3): with z the normal quantile, p = x / n,

    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n)

`clustered` is for openings (`resa.kernels.tallies` counts them). The share is the ratio p = Σy / Σm over customers with
m openings of which y were met; its variance is linearised with whole customers as the units (Cochran 1977, eq. 2.39 and
6.13),

    v = C/(C - 1) · Σ(y - p m)² / (Σm)²

and the Wilson interval is taken at the effective number of openings p(1 - p)/v (Korn and Graubard 1998; Dean and Pagano
2015 found it to cover well), never more than there are, and scaled by (z/t)² with Student's t at C - 1 degrees of
freedom, since v is itself estimated. Where all or none were met, v says nothing: then each customer counts once.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from resa.base.errors import QuestionError
from resa.base.language import sentence

__all__ = [
    "Interval",
    "clustered",
    "difference_interval",
    "effective_size",
    "normal_quantile",
    "student_quantile",
    "wilson_interval",
]


class Interval(NamedTuple):
    """A share and the limits between which it lies with the stated confidence; all NaN where there is nothing to share.

    Attributes:
        share: The estimate.
        low: Lower limit, at least 0.
        high: Upper limit, at most 1.
    """

    share: float
    low: float
    high: float


def difference_interval(before: Interval, after: Interval) -> Interval:
    """The difference of two shares with its interval, from theirs.

    Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10: with limits l, u
    of each share p,

        d - sqrt((p2 - l2)² + (u1 - p1)²)   to   d + sqrt((u2 - p2)² + (p1 - l1)²)

    Where the same customers are in both, their shares tend to go together, and the interval is wider than it need be.
    """
    difference = after.share - before.share
    down = np.hypot(after.share - after.low, before.high - before.share)
    up = np.hypot(after.high - after.share, before.share - before.low)
    return Interval(difference, float(difference - down), float(difference + up))


def effective_size(interval: Interval, confidence: float = 0.95) -> float:
    """Of how many independent things `wilson_interval` would give this share and these limits; NaN of nothing.

    With h half of what lies between the limits and u = z²/n, Wilson's formula says h (1 + u) = sqrt(p(1 - p) u + u²/4),
    a quadratic equation in u with one positive root.

    Args:
        interval: A share and limits that are Wilson's, at whatever effective number.
        confidence: Of the limits.

    Raises:
        QuestionError: The confidence is not between 0 and 1.
    """
    half = (interval.high - interval.low) / 2
    linear = interval.share * (1 - interval.share) - 2 * half**2
    root = np.sqrt(linear**2 + half**2 * (1 - 4 * half**2))
    return float(normal_quantile(confidence) ** 2 * (linear + root) / (2 * half**2))


def normal_quantile(confidence: float) -> float:
    """The normal distribution's two-sided quantile: 1.96 for 0.95.

    Raises:
        QuestionError: The confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise QuestionError(
            sentence("a confidence of {confidence} is not between 0 and 1; write 0.95 for 95 %", confidence=confidence)
        )
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def student_quantile(confidence: float, freedom: int) -> float:
    """Student's t, two-sided (Hill 1970, algorithm 396); exact for 1 and 2 degrees of freedom, else to 5 digits."""
    tail = 1 - confidence
    normal = normal_quantile(confidence)
    if freedom == 1:
        return float(1 / np.tan(tail * np.pi / 2))
    if freedom == 2:
        return float(np.sqrt(2 / (tail * (2 - tail)) - 2))
    a = 1 / (freedom - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * np.sqrt(a * np.pi / 2) * freedom
    y = float((d * tail) ** (2 / freedom))
    if y > 0.05 + a:
        x = -normal  # Hill's x is the lower quantile
        y = x * x
        if freedom < 5:
            c += 0.3 * (freedom - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = float(np.expm1(a * y * y))
    else:
        y = float(
            (
                (1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4))
                * y
                - 1
            )
            * (freedom + 1)
            / (freedom + 2)
            + 1 / y
        )
    return float(np.sqrt(freedom * y))


def wilson_interval(met: float, total: float, confidence: float = 0.95) -> Interval:
    """Wilson's interval for a share of independent things.

    Args:
        met: How many have it; may be fractional, as may `total`, where they are effective numbers.
        total: Of how many.
        confidence: Such as 0.95.

    Raises:
        QuestionError: The confidence is not between 0 and 1.
    """
    z = normal_quantile(confidence)
    if total <= 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    share = met / total
    middle = share + z * z / (2 * total)
    half = z * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # At the ends the formula is exactly 0 or 1; rounding must not say otherwise.
    low = 0.0 if met == 0 else float((middle - half) / scale)
    high = 1.0 if met == total else float((middle + half) / scale)
    return Interval(share, max(low, 0.0), min(high, 1.0))


def clustered(share: float, total: int, customers: int, squares: float, confidence: float) -> Interval:
    """The interval for a share of openings, from the sum over customers of (y - p m)².

    Args:
        share: p.
        total: How many openings there are.
        customers: Of how many customers.
        squares: The sum.
        confidence: Such as 0.95.

    Raises:
        QuestionError: The confidence is not between 0 and 1.
    """
    if not total:
        return wilson_interval(0, 0, confidence)
    if share in {0.0, 1.0}:
        effective = float(customers)
    elif customers == 1:
        effective = 1.0  # one customer says next to nothing of the others
    else:
        variance = customers / (customers - 1) * squares / total**2
        effective = min(share * (1 - share) / variance, total) if variance > 0 else float(total)
        effective *= (normal_quantile(confidence) / student_quantile(confidence, customers - 1)) ** 2
    limits = wilson_interval(share * effective, effective, confidence)
    return Interval(share, limits.low if share else 0.0, limits.high if share < 1 else 1.0)
