"""Chances far out in the tails, as natural logarithms, whole arrays at a time."""

from __future__ import annotations

from math import lgamma, log, pi

import numpy as np
import numpy.typing as npt

__all__ = ["log_student_tail", "log_table_tail"]

Numbers = npt.NDArray[np.float64]

_TINY = 1e-12


def log_table_tail(deviation: Numbers, trials: Numbers, shares: Numbers, effect: float = 1.0) -> Numbers:
    """How likely a table of counts, its margins given, lies so far from what is expected, or farther; at most 0.

    The cells of the table are binomial with n_k trials and shares p_k; given the margins all that is free is one number
    u, by which the first cell lies above what is expected, and the others in turn below and above it. Two cells are two
    groups of which it is known how many were met altogether: then u is hypergeometric. Four are two groups before and
    after. The tail is the double saddlepoint approximation (I. M. Skovgaard, J. Appl. Prob. 24 (1987), 875, eq. 3.3;
    R. L. Strawderman and M. T. Wells, JASA 93 (1998), 1294, for such tables) with the second continuity correction of
    H. E. Daniels (Int. Statist. Rev. 55 (1987), 37), in the form of O. E. Barndorff-Nielsen (Biometrika 73 (1986),
    307), and never above Chernoff's bound exp(-w^2 / 2):

        a_k = p_k +- (u - 1/2) / n_k,   w^2 / 2 = sum n_k KL(a_k, p_k),   t = sum +- (logit a_k - logit p_k)
        v = 2 sinh(t / 2) sqrt(prod a_k(1 - a_k) / p_k(1 - p_k) / sum 1 / n_k p_k(1 - p_k))
        r = w + ln(v / w) / w,   P = Q(r),   KL(a, p) = a ln(a / p) + (1 - a) ln((1 - a) / (1 - p))

    The normal tail Q is taken at its upper bound (M. R. Sampford, Ann. Math. Statist. 24 (1953), 130)

        Q(r) <= 4 exp(-r^2 / 2) / sqrt(2 pi) / (3 r + sqrt(r^2 + 8))

    Args:
        deviation: u, in trials; what is not above, or hardly, is as likely as not: 0.
        trials: n_k, by cell along the first axis.
        shares: p_k likewise.
        effect: Design effect: of so many trials one tells something new.
    """
    signs = np.where(np.arange(len(trials)) % 3 == 0, 1.0, -1.0).reshape(-1, *[1] * deviation.ndim)
    p = np.clip(shares, _TINY, 1 - _TINY)
    number = np.maximum(trials / effect, _TINY)
    above = np.maximum(deviation - 0.5, 0) / effect
    a = np.clip(p + signs * above / number, _TINY, 1 - _TINY)
    log_odds = np.log(a / (1 - a)) - np.log(p / (1 - p))
    chernoff = (number * (a * log_odds + np.log((1 - a) / (1 - p)))).sum(axis=0)
    odds = (signs * log_odds).sum(axis=0)
    spread = (a * (1 - a) / (p * (1 - p))).prod(axis=0) / (1 / (number * p * (1 - p))).sum(axis=0)
    w = np.sqrt(2 * np.maximum(chernoff, _TINY))
    v = 2 * effect * np.sinh(np.minimum(odds / effect, 600) / 2) * np.sqrt(spread)
    r = np.maximum(w + np.log(np.maximum(v, _TINY) / w) / w, 0)
    normal = np.log(4 / (3 * r + np.sqrt(r * r + 8))) - (r * r + log(2 * pi)) / 2
    return np.where((above > 0) & (w > 1), np.minimum(np.minimum(normal, -chernoff), 0), 0)


def log_student_tail(t: Numbers, freedom: int) -> Numbers:
    """An upper bound of the chance that Student's t is above t > 0; at least 2 degrees of freedom.

    With n degrees of freedom, c the density's constant, and x/t >= 1 beyond t,

        P = integral of c (1 + x^2/n)^(-(n + 1)/2) <= c/t n/(n - 1) (1 + t^2/n)^(-(n - 1)/2)
    """
    n = freedom
    constant = lgamma((n + 1) / 2) - lgamma(n / 2) - log(n * pi) / 2
    far = np.maximum(t, _TINY)
    return np.minimum(constant - np.log(far) + log(n / (n - 1)) - (n - 1) / 2 * np.log1p(far * far / n), 0)
