"""Openings drawn with or without a change, as trials for the tests of `resa.analytics.findings.unusual`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from resa.analytics.findings.trials import Trials
from resa.analytics.findings.unusual import FAMILY_WISE, Places, against_others, against_past, everybody

__all__ = ["WEEKS", "Drawn", "Found", "draw", "most_changed"]

WEEKS = 26
_PERSONA = np.array([-0.85, 0.0, -0.4, 0.4])
"""Log-odds of four personas: shares from 30 to 60 %."""


@dataclass(frozen=True)
class Drawn:
    """Openings of an expectation.

    Attributes:
        trials: As trials; strata are personas and devices.
        codes: Number of each opening's persona, device and region.
    """

    trials: Trials
    codes: dict[str, npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Found:
    """A place that is unusual.

    Attributes:
        p: Its family-wise p-value.
        place: `device 1`.
        first: Its first week.
        last: Its last.
        rise: More were met.
        reference: Share that was to be expected.
    """

    p: float
    place: str
    first: int
    last: int
    rise: bool
    reference: float


def draw(
    seed: int,
    customers: int = 5_000,
    *,
    openings: float = 2.4,
    level: float = 0.0,
    frailty: float = 0.0,
    heavy: float = 0.0,
    season: float = 0.0,
    trend: float = 0.0,
    wobble: float = 0.0,
    broken: tuple[str, int, int, int, float] | None = None,
) -> Drawn:
    """Draw openings.

    Args:
        seed: Of the drawing.
        customers: How many customers.
        openings: Of each, on average.
        level: Log-odds that are added for all.
        frailty: Standard deviation of the customers' log-odds.
        heavy: Share of the customers of region 1 who have ten times as many openings, all within three weeks.
        season: Height of a wave of six weeks in the log-odds of all.
        trend: How much the log-odds of all change from the first week to the last.
        wobble: Standard deviation of the weeks' log-odds.
        broken: Attribute (or `everybody`), group, first and last week, and what the chance is multiplied by there.
    """
    random = np.random.default_rng(seed)
    persona, region = random.integers(0, 4, customers), random.integers(0, 5, customers)
    many = (region == 1) & (random.random(customers) < heavy)
    count = random.poisson(openings, customers) * np.where(many, 10, 1)
    customer = np.repeat(np.arange(customers), count)
    start = random.integers(0, WEEKS - 2, customers)
    week = random.integers(0, WEEKS, len(customer))
    week = np.where(many[customer], start[customer] + week % 3, week)
    order = np.lexsort((week, customer))
    customer, week = customer[order], week[order]
    device = np.where(random.random(len(customer)) < 0.15, random.integers(0, 3, len(customer)), customer % 3)
    by_week = season * np.sin(np.arange(WEEKS) * 2 * np.pi / 6) + trend * np.arange(WEEKS) / (WEEKS - 1)
    by_week = by_week + random.normal(0, wobble, WEEKS)
    own = random.normal(0, 1, customers) * frailty
    odds = level + _PERSONA[persona[customer]] + 0.3 * device + by_week[week] + own[customer]
    chance = 1 / (1 + np.exp(-odds))
    codes = {"persona": persona[customer], "device": device, "region": region[customer]}
    codes["everybody"] = np.zeros(len(customer), np.int64)
    if broken is not None:
        attribute, group, first, last, factor = broken
        chance = np.where((codes[attribute] == group) & (week >= first) & (week <= last), chance * factor, chance)
    met = random.random(len(customer)) < chance
    stratum = (codes["persona"] * 3 + device).astype(np.int32)
    return Drawn(Trials(met, customer.astype(np.int32), week.astype(np.int32), stratum, WEEKS), codes)


def _looked(drawn: Drawn) -> Iterator[tuple[list[str], Places, Any]]:
    trials, codes = drawn.trials, drawn.codes
    table, effect = trials.table, trials.effect
    yield ["everybody"], everybody(table, effect), lambda _: np.ones(len(trials.met), np.bool_)
    strata = np.arange(trials.strata)
    names = [("persona", group) for group in range(4)] + [("device", group) for group in range(3)]
    segments = np.array([(strata // 3 if name == "persona" else strata % 3) == group for name, group in names])
    past = against_past(table, segments, effect)
    yield [f"{name} {group}" for name, group in names], past, lambda row: codes[names[row][0]] == names[row][1]
    region = (codes["region"] + 1).astype(np.uint8)
    for named, groups, known in trials.tables([(region, int(region.max(initial=0)))]):
        others = against_others(groups, known, effect)
        yield [f"region {number}" for _, number in named], others, lambda row: codes["region"] == row


def most_changed(drawn: Drawn, level: float = FAMILY_WISE) -> Found | None:
    """Of the unusual places the one that changed most, as `findings` names it; `None`: nothing is unusual."""
    looked = list(_looked(drawn))
    each = np.log(2 * np.maximum(np.sum([places.tests for _, places, _ in looked], axis=0), 1))
    unusual = [
        (-float(places.change[place]), number, place)
        for number, (_, places, _) in enumerate(looked)
        for place in np.flatnonzero(places.log_p + each[places.lasts.astype(np.int64)] <= np.log(level)).tolist()
    ]
    for _, number, place in sorted(unusual):
        names, places, members = looked[number]
        row = int(places.row[place])
        log_p = places.checked(place, drawn.trials, members(row)) + float(each[int(places.lasts[place])])
        if log_p <= np.log(level):
            first, last = places.weeks(place)
            reference = places.reference(row, int(places.run[place]))
            rise = bool(places.stands.u[place] > 0)
            return Found(float(np.exp(log_p)), names[row], first, last, rise, reference)
    return None
