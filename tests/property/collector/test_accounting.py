"""Random files with random faults: every row is stored, refused or a repeat, and what is stored is what was written."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from tests.support.properties import holds
from tests.support.sources import Shop, open_shop

Row = tuple[bytes, dict[str, object] | None]
"""The bytes of one record, and the event that it must become; `None`: it must be refused."""

COLUMNS = "columns: {message_id: id, occurred_at: when, event: what, customer: who, value: total, properties: [note]}\n"
START = datetime(2020, 1, 1, tzinfo=UTC)

FAULTS = ["time", "no event", "nobody", "value", "short", "long", "utf8", "nul", "open"]

words = st.text(
    st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n\"',;\r\t"), min_size=1, max_size=12
).filter(lambda text: text.strip(" ") and not text.isspace())


def written(cells: list[str]) -> bytes:
    """A record as the standard library writes it; a carriage return needs quotes, or it could be a line's end."""
    stream = io.StringIO()
    if any("\r" in cell for cell in cells):
        csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(cells)
    else:
        csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue().encode()


@st.composite
def rows(draw: st.DrawFn, number: int) -> Row:
    moment = START + timedelta(microseconds=draw(st.integers(0, 6 * 365 * 86_400 * 10**6)))
    event, customer, note = draw(words), draw(words), draw(words)
    value = draw(st.none() | st.floats(allow_nan=False, allow_infinity=False))
    cells = [str(number), moment.isoformat(), event, customer, "" if value is None else repr(value), note]
    fault = draw(st.sampled_from(["none"] * 6 + FAULTS))
    match fault:
        case "time":
            cells[1] = draw(st.sampled_from(["", "soon", "3000-01-01", "1969-01-01", "99999999"]))
        case "no event":
            cells[2] = draw(st.sampled_from(["", "  "]))
        case "nobody":
            cells[3] = ""
        case "value":
            cells[4] = draw(st.sampled_from(["x", "inf", "1,5", "1.2.3"]))
        case "short":
            cells.pop()
        case "long":
            cells.append("more")
        case "utf8":
            return written(cells).replace(str(number).encode(), b"\xff", 1), None
        case "nul":
            return written(cells).replace(str(number).encode(), b"\0", 1), None
        case "open":
            return f'{number},"never closed, {number}\n'.encode(), None
    if fault != "none":
        return written(cells), None
    who = unicodedata.normalize("NFC", customer.strip())
    expected: dict[str, object] = {
        "id": str(number), "occurred_at": moment, "event": event.strip(), "who": who, "value": value, "note": note,
    }  # fmt: skip
    return written(cells), expected


@st.composite
def files(draw: st.DrawFn) -> list[Row]:
    return [draw(rows(number)) for number in range(1, draw(st.integers(1, 12)) + 1)]


def check(shop: Shop, table: list[Row], chunk_rows: int) -> None:
    shop.file("a.csv", b"id,when,what,who,total,note\n" + b"".join(record for record, _ in table))
    report = shop.collect("path: a.csv\n" + COLUMNS, chunk_rows=chunk_rows)
    good = [expected for _, expected in table if expected is not None]
    assert report.good + report.rejected + report.duplicate == len(table)
    assert (report.good, report.duplicate) == (len(good), 0)
    assert set(shop.reasons()) == {number for number, (_, expected) in enumerate(table, 1) if expected is None}
    found = [
        {
            "id": event["message_id"],
            "occurred_at": event["occurred_at"],
            "event": event["event"],
            "who": event["identifiers"][0]["value"],
            "value": event["value"],
            "note": json.loads(event["properties"])["note"],
        }
        for event in shop.events()
    ]
    assert found == good


@holds(few=6, many=1_000, table=files(), chunk_rows=st.sampled_from([1, 3, 1_000]))
def test_every_row_is_accounted_for(table: list[Row], chunk_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop:
        check(shop, table, chunk_rows)


@holds(
    few=4,
    many=200,
    days=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    chunk_rows=st.integers(3, 7),
    random=st.randoms(use_true_random=False),
)
def test_equal_rows_are_counted_and_their_order_means_nothing(days: list[int], chunk_rows: int, random: object) -> None:
    lines = [f"2026-01-0{day + 1},buy,k" if day else "x,buy,k" for day in days]
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis's Random
    text = "path: {}.csv\nunordered: true\ncolumns: {{occurred_at: when, event: what, customer: who}}\n"
    with tempfile.TemporaryDirectory() as folder, open_shop(Path(folder)) as shop:
        shop.file("a.csv", "when,what,who\n" + "\n".join(lines))
        shop.file("b.csv", "when,what,who\n" + "\n".join(shuffled))
        first = shop.collect(text.format("a"), chunk_rows=chunk_rows)
        second = shop.collect(text.format("b"), chunk_rows=chunk_rows)
        good = sum(1 for day in days if day)
        assert (first.good, first.rejected, first.duplicate) == (good, len(days) - good, 0)
        assert (second.good, second.rejected, second.duplicate) == (0, len(days) - good, good)
        stored = Counter(event["occurred_at"].day for event in shop.events())
        assert stored == Counter(day + 1 for day in days if day)
