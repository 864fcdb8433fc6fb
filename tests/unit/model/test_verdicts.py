"""The interval is judged, never the share."""

from __future__ import annotations

import pytest

from resa.model.verdicts import Verdict, judged


@pytest.mark.parametrize(
    ("openings", "low", "high", "target", "verdict"),
    [
        (4000, 0.50, 0.54, 0.50, "met"),
        (4000, 0.46, 0.499, 0.50, "below"),
        (4000, 0.48, 0.52, 0.50, "near"),
        (10, 0.43, 0.96, 0.60, "few"),  # its share of 0.8 looks fine and proves nothing
        (30, 0.30, 0.52, 0.50, "few"),  # its share of 0.4 looks bad and proves nothing
        (10, 0.72, 1.00, 0.60, "met"),
        (9, 0.70, 1.00, 0.60, "few"),
        (4000, 0.48, 0.52, None, "none"),
        (4000, None, None, 0.50, "few"),
        (0, float("nan"), float("nan"), 0.50, "few"),
    ],
)
def test_judged(openings: int, low: float | None, high: float | None, target: float | None, verdict: Verdict) -> None:
    assert judged(openings, low, high, target) == verdict
