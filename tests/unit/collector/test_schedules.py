"""When a source is due, and where a cursor goes back to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.base.errors import SourceError
from resa.collector.cursors import Cursor, earlier, is_cursor, kept, order_of, read_kept
from resa.collector.schedules import Schedule, parse_clock
from resa.collector.typing_rows import column_of, keys_of, united
from resa.model.quantities import parse_duration

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOURLY = Schedule(timedelta(hours=1), None, "UTC")


def at(clock: str, zone: str = "Europe/Stockholm") -> Schedule:
    return Schedule(None, parse_clock(clock), zone)


def test_every() -> None:
    assert HOURLY.next_run(None, 0, NOW) == NOW
    assert HOURLY.next_run(NOW, 0, NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (10_000, 60)])
def test_after_failures_it_is_tried_soon_then_seldom(failures: int, minutes: int) -> None:
    for schedule in (HOURLY, at("03:00"), Schedule(timedelta(seconds=1), None, "UTC")):
        assert schedule.next_run(NOW, failures, NOW) == NOW + timedelta(minutes=minutes)


def test_at_a_time_of_the_zone() -> None:
    assert at("03:00").next_run(NOW, 0, NOW) == datetime(2026, 6, 2, 1, tzinfo=UTC)
    before = datetime(2026, 6, 1, 0, 59, tzinfo=UTC)
    assert at("03:00").next_run(before, 0, before) == datetime(2026, 6, 1, 1, tzinfo=UTC)
    winter = datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert at("03:00").next_run(winter, 0, winter) == datetime(2026, 12, 2, 2, tzinfo=UTC)


def test_at_a_time_that_clocks_skip_or_show_twice() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)  # in the night clocks go from 2:00 to 3:00
    found = at("02:30").next_run(spring, 0, spring)
    assert found == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert at("02:30").next_run(found, 0, found) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)  # and here back from 3:00 to 2:00
    first = at("02:30").next_run(autumn, 0, autumn)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at("02:30").next_run(first, 0, first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "3", "noon", "25:00", "03:60", "3:5", "-1:00", "٣:٠٠"])
def test_what_is_no_time_of_a_day(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what is said stands in the shape
        parse_clock(text)
    assert parse_clock("3:05") == time(3, 5)


HOUR = parse_duration("1 hour")
ZONE = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("cursor", "back"),
    [
        (5_000, 4_000),
        (5_000.5, 4_000.5),
        (Decimal("5000.25"), Decimal("4000.25")),
        (datetime(2026, 3, 1, 10), datetime(2026, 3, 1, 9)),  # noqa: DTZ001 - as a table holds it
        (datetime(2026, 3, 1, 10, tzinfo=ZONE), datetime(2026, 3, 1, 9, tzinfo=ZONE)),
        (date(2026, 3, 1), date(2026, 2, 28)),
        ("2026-03-01 10:00", "2026-03-01 09:00"),
        ("2026-03-01T00:30:00Z", "2026-02-28T23:30:00Z"),
        ("2026-03-01 10:00:00.250", "2026-03-01 09:00:00.250"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T09:00:00"),
        ("2026-03-01", "2026-02-28"),
    ],
)
def test_a_cursor_goes_back(cursor: Cursor, back: Cursor) -> None:
    assert is_cursor(cursor)
    assert earlier(cursor, None) == back
    assert type(earlier(cursor, None)) is type(cursor)
    assert earlier(cursor, 0) == cursor
    held = read_kept(kept(cursor, "t"), "t")
    assert held == cursor
    assert type(held) is type(cursor)
    assert read_kept(kept(cursor, "t"), "another") is None
    if cursor != "2026-03-01T10:00:00+02:00":  # whose end is left out, so that it comes before every zone
        assert order_of([back])[0] < order_of([cursor])[0]


def test_a_cursor_of_another_kind_than_late_says() -> None:
    with pytest.raises(SourceError, match="the cursor holds numbers"):
        earlier(5, HOUR)
    with pytest.raises(SourceError, match="the cursor holds times"):
        earlier("2026-03-01", 5)


NONE = (None, True, "k1", "2026-13-01", "", float("nan"), float("inf"), Decimal("NaN"), b"1")


@pytest.mark.parametrize("value", NONE)
def test_what_is_no_cursor(value: object) -> None:
    assert not is_cursor(value)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.lists(st.integers(), max_size=2),
)


@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=8), st.integers(1, 8))
def test_values_become_columns_however_they_are_cut(rows: list[list[object]], size: int) -> None:
    """No value stops the others, and what tells a row apart does not depend on the rows beside it."""
    parts = [rows[place : place + size] for place in range(0, len(rows), size)]
    columns = [[column_of(values) for values in zip(*part, strict=True)] for part in parts]
    whole = united([pa.table(made, names=["a", "b", "c"]) for made in columns])
    assert whole.num_rows == len(rows)
    for place, name in enumerate(whole.column_names):
        assert whole.column(name).is_valid().to_pylist() == [row[place] is not None for row in rows]
    keys = keys_of(list(zip(*rows, strict=True)))
    assert keys == [key for part in parts for key in keys_of(list(zip(*part, strict=True)))]
    assert [keys[0] == key for key, row in zip(keys, rows, strict=True) if repr(row) == repr(rows[0])] == [
        True for row in rows if repr(row) == repr(rows[0])
    ]
