"""Gaps in delivery: a silent week of a busy source is one, quiet Sundays and rare sources are none."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from resa.reporting.provenance import Silence, _silences

MONDAY = date(2026, 3, 2)


def found(counts: np.ndarray) -> list[tuple[date, date]]:
    silences: list[Silence] = list(_silences("web", MONDAY, counts.astype(np.int64)))
    return [(silence.first, silence.last) for silence in silences]


def test_a_silent_stretch_of_a_steady_source_is_a_gap() -> None:
    counts = np.random.default_rng(1).poisson(60, 120)
    counts[40:44] = 0
    assert found(counts) == [(MONDAY + timedelta(days=40), MONDAY + timedelta(days=43))]


def test_weekdays_without_delivery_are_no_gaps() -> None:
    counts = np.random.default_rng(2).poisson(60, 140)
    counts[np.arange(140) % 7 >= 5] = 0
    assert found(counts) == []
    counts[70:77] = 0
    assert found(counts) == [(MONDAY + timedelta(days=68), MONDAY + timedelta(days=76))]


@pytest.mark.parametrize("rate", [0.3, 1, 3])
def test_what_chance_explains_is_no_gap(rate: float) -> None:
    draws = np.random.default_rng(3)
    assert sum(len(found(draws.poisson(rate, 180))) for _ in range(300)) <= 2


def test_a_source_without_rows_has_no_gaps() -> None:
    assert found(np.zeros(30)) == []
