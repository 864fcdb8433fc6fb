"""How moments are said on pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from resa.screens.moments import When, clock_in, when_in

ENDS = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # summer time in Sweden ends at 01:00 UTC


@pytest.mark.parametrize("said", [when_in, clock_in])
def test_the_hour_that_a_clock_shows_twice_says_which_it_is(said: Callable[[str, str], When]) -> None:
    words = [str(said("Europe/Stockholm", "en")(ENDS + timedelta(hours=hour))) for hour in range(-1, 3)]
    assert [word.partition(" (")[2] for word in words] == ["", "GMT+02:00)", "GMT+01:00)", ""]
    assert [word.partition(" (")[0][-11:] for word in words][1:3] == [words[1].partition(" (")[0][-11:]] * 2


@pytest.mark.parametrize("said", [when_in, clock_in])
def test_what_nobody_knows_is_a_dash(said: Callable[[str, str], When]) -> None:
    assert str(said("UTC", "sv")(None)) == "–"
