"""Kinds of customers by what they do: whoever was at a touchpoint, and whoever was not.

Customers are split by one touchpoint at a time, the one that tells most about the others (association analysis of
Williams and Lambert, J. Ecology 47 (1959), 83-101): with phi(A, B) the correlation of "was at A" and "was at B",

    told(A) = mean over B of phi(A, B)^2

A split counts only if it is honest: both halves of the customers, taken apart by lot, must choose the same touchpoint,
it must tell at least 0.05, and each side must hold at least a tenth of all customers. At most four kinds of customers
come of it, and often none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.discovery.sample import Sample
from resa.kernels import variant_codes, variants

__all__ = ["Group", "find_groups"]

Flags = npt.NDArray[np.bool_]

_MOST_GROUPS: Final = 4
_LEAST_PART: Final = 0.1
_LEAST_TOLD: Final = 0.05
_FEWEST: Final = 50
_LONGEST_PATH: Final = 12
_MOST_LOOKED: Final = 200  # variants, the commonest first, that are looked at for a path


@dataclass(frozen=True, kw_only=True)
class Group:
    """Customers who did some things and left others.

    Attributes:
        did: Numbers of touchpoints that they were at.
        did_not: Numbers of touchpoints that they were not at.
        share: Of all customers in the sample.
        path: The commonest journey of theirs that visits what they did, repeats told once; numbers of touchpoints.
        walked: Share of them who walked exactly this.
    """

    did: tuple[int, ...]
    did_not: tuple[int, ...]
    share: float
    path: tuple[int, ...]
    walked: float


def find_groups(sample: Sample) -> list[Group]:
    """The kinds of customers, the largest first; none if no split is honest."""
    parts: list[tuple[tuple[int, ...], tuple[int, ...], Flags]] = [((), (), np.ones(sample.customers, np.bool_))]
    waiting = True
    while waiting and len(parts) < _MOST_GROUPS:
        waiting = False
        for place, (did, did_not, members) in sorted(enumerate(parts), key=lambda item: -item[1][2].sum()):
            chosen = _split(sample, members)
            if chosen is not None:
                used = sample.used[:, chosen]
                parts[place] = ((*did, chosen), did_not, members & used)
                parts.append((did, (*did_not, chosen), members & ~used))
                waiting = True
                break
    if len(parts) == 1:
        return []
    groups = [_group(sample, did, did_not, members) for did, did_not, members in parts]
    return sorted(groups, key=lambda group: (-group.share, group.did))


def _split(sample: Sample, members: Flags) -> int | None:
    """The touchpoint that tells most, if both halves of the members say the same one."""
    numbers = np.flatnonzero(members)
    if len(numbers) < 2 * _FEWEST:
        return None
    halves = (numbers, numbers[::2], numbers[1::2])
    chosen = {_best(sample, half, sample.customers * len(half) / len(numbers)) for half in halves}
    return chosen.pop() if len(chosen) == 1 else None


def _best(sample: Sample, members: npt.NDArray[np.int64], whole: float) -> int | None:
    used = sample.used[members].astype(np.float64)
    mean = used.mean(axis=0)
    spread = np.sqrt(mean * (1 - mean))
    known = spread > 0
    phi = np.zeros((sample.touchpoints, sample.touchpoints))
    normal = (used[:, known] - mean[known]) / spread[known]
    phi[np.ix_(known, known)] = normal.T @ normal / len(members)
    np.fill_diagonal(phi, 0.0)
    told = (phi**2).sum(axis=1) / max(1, int(np.count_nonzero(known)) - 1)
    sides = np.minimum(mean, 1 - mean) * len(members)
    told[sides < _LEAST_PART * whole] = 0.0
    best = int(np.argmax(np.round(told, 9)))
    return best if told[best] >= _LEAST_TOLD else None


def _group(sample: Sample, did: tuple[int, ...], did_not: tuple[int, ...], members: Flags) -> Group:
    found = variants(sample.journeys, collapse=True, customers=members, threads=1)
    path: tuple[int, ...] = ()
    walked = 0.0
    for variant in np.argsort(-found.groups.counts, kind="stable")[:_MOST_LOOKED]:
        codes = tuple(int(code) - 1 for code in variant_codes(sample.journeys, found, int(found.groups.first[variant])))
        if 2 <= len(codes) <= _LONGEST_PATH and set(did) <= set(codes):
            path, walked = codes, float(found.groups.counts[variant] / max(1, members.sum()))
            break
    return Group(did=did, did_not=did_not, share=float(members.mean()), path=path, walked=walked)
