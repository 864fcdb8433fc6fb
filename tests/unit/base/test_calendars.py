"""Spans of the calendar, against those of pandas."""

from __future__ import annotations

from datetime import date

import pandas as pd  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resa.base.calendars import Span, read_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("25 months", Span(months=25)),
        (" 1 Month ", Span(months=1)),
        ("2 years", Span(months=24)),
        ("30 days", Span(days=30)),
        ("8weeks", Span(days=56)),
        ("0 days", None),
        ("30", None),
        ("1.5 years", None),
        ("-3 days", None),
        ("3 m", None),
        ("", None),
    ],
)
def test_what_people_write(text: str, span: Span | None) -> None:
    assert read_span(text) == span


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 300), st.integers(0, 4_000))
def test_the_day_so_long_before(day: date, months: int, days: int) -> None:
    expected = pd.Timestamp(day) - pd.DateOffset(months=months) - pd.Timedelta(days=days)
    assert Span(days=days, months=months).before(day) == max(date(1970, 1, 1), expected.date())
