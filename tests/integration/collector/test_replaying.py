"""Rejected rows, read once more: what is good goes in and waits no longer; a kill between changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.sources import COLUMNS, NOW, Shop, figures, source_of

from resa.base.errors import QuestionError
from resa.collector import Source, replay
from resa.model.tables import DAILY_NUMBERS
from resa.runtime import verify
from resa.storage import Writer


def test_rejected_rows_are_replayed_by_the_source_as_it_is_now(shop: Shop) -> None:
    rows = (b"02.01.2026;buy;k1", b"02.01.2026;buy;k1", b"2026-01-02;buy;", b"x;y", b"2026-01-02;k\xf6p;k2")
    shop.file("a.csv", b"\n".join((b"when;what;who", *rows)))
    old = "path: a.csv" + COLUMNS
    assert figures(shop.collect(old)) == (0, 5, 0)
    assert [shop.reasons()[row] for row in (1, 2)] == ["unreadable-time"] * 2
    new = source_of('path: a.csv\ntime_format: ["%d.%m.%Y", iso]\ncsv: {encoding: cp1252}' + COLUMNS, shop.folder)
    report = replay(shop.writer, new, now=NOW)
    assert (report.tried, report.good, report.duplicate, report.still_rejected) == (5, 3, 0, 2)
    assert sorted((e["event"], e["sequence"]) for e in shop.events()) == [("buy", 1), ("buy", 2), ("köp", 5)]
    again = replay(shop.writer, new, now=NOW + timedelta(hours=1))
    assert (again.tried, again.good, again.duplicate) == (2, 0, 0)


def test_rejected_rows_of_a_select_and_of_typed_files_are_replayed(shop: Shop) -> None:
    when = pa.array([date(2026, 6, 5), date(2026, 1, 1)])
    pq.write_table(pa.table({"when": when, "who": [1.0, None], "n": [[1], [2, 3]]}), shop.folder / "a.parquet")
    text = (
        "path: a.parquet\nselect: select row.when as occurred_at, 'a' as event, row.who as customer, x as x "
        "from row, unnest(row.n) as x\n"
    )
    assert figures(shop.collect(text)) == (0, 3, 0)
    report = replay(shop.writer, source_of(text, shop.folder), reason="future", now=datetime(2026, 6, 6, tzinfo=UTC))
    assert (report.tried, report.good) == (1, 1)
    event = shop.events()[0]
    assert event["identifiers"][0]["value"] == "1"
    assert event["properties"] == '{"x":1}'


def refuse(shop: Shop) -> Source:
    """Collect a file whose times cannot be read yet; the source that can read all but one of them."""
    shop.file("a.csv", "when,what,who\n" + "".join(f"0{day}.01.2026,buy,k{day}\n" for day in range(1, 7)) + "x,y,z\n")
    assert figures(shop.collect("path: a.csv" + COLUMNS)) == (0, 7, 0)
    return source_of('path: a.csv\ntime_format: "%d.%m.%Y"' + COLUMNS, shop.folder)


def test_a_replayed_row_waits_no_longer_and_the_load_keeps_its_numbers(shop: Shop) -> None:
    new = refuse(shop)
    assert replay(shop.writer, new, now=NOW).still_rejected == 1
    assert shop.reasons() == {7: "unreadable-time"}
    numbers = [(load.rows_in, load.good, load.rejected, load.duplicate) for load in shop.store.loads()]
    assert numbers == [(7, 0, 7, 0), (6, 6, 0, 0)]
    assert replay(shop.writer, new, now=NOW).load_id is None
    shop.writer.lease.release()
    assert verify(shop.store, []) == []


def test_an_undone_replay_lets_its_rows_wait_again(shop: Shop) -> None:
    new = refuse(shop)
    number = replay(shop.writer, new, now=NOW).load_id
    assert number is not None
    shop.writer.remove_load(number)
    assert len(shop.reasons()) == 7
    assert replay(shop.writer, new, now=NOW).good == 6
    shop.writer.remove_load(1)  # what was replayed is a load of its own and stays
    assert (len(shop.events()), shop.reasons()) == (6, {})
    shop.writer.lease.release()
    assert verify(shop.store, []) == []


def test_a_row_that_was_settled_by_another_load_waits_again_when_that_is_undone(shop: Shop) -> None:
    columns = COLUMNS + "  message_id: when\n"
    shop.file("a.csv", "when,what,who\n02.01.2026,buy,k1\n")
    assert figures(shop.collect("path: a.csv" + columns)) == (0, 1, 0)
    new = source_of('path: "*.csv"\ntime_format: "%d.%m.%Y"' + columns, shop.folder)
    shop.file("b.csv", "when,what,who\n02.01.2026,buy,k1\n")
    (shop.folder / "a.csv").unlink()
    assert figures(shop.collect('path: "*.csv"\ntime_format: "%d.%m.%Y"' + columns)) == (1, 0, 0)
    report = replay(shop.writer, new, now=NOW)
    assert (report.good, report.duplicate, report.still_rejected) == (0, 1, 0)
    shop.writer.remove_load(2)
    assert shop.reasons() == {1: "unreadable-time"}
    assert replay(shop.writer, new, now=NOW).good == 1
    assert len(shop.events()) == 1
    shop.writer.lease.release()
    assert verify(shop.store, []) == []


def test_replacing_a_load_replaces_what_was_replayed_of_it(shop: Shop) -> None:
    new = refuse(shop)
    replay(shop.writer, new, now=NOW)
    other = 'path: a.csv\ntime_format: "%d.%m.%Y"' + COLUMNS + "  channel: {always: web}\n"
    assert figures(shop.collect(other, replace=True)) == (6, 1, 0)
    assert [event["channel"] for event in shop.events()] == ["web"] * 6


@pytest.mark.parametrize("step", ["_list", "finish_load"])
def test_a_killed_replay_goes_on_where_it_stopped(shop: Shop, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    new = refuse(shop)
    shop.file("b.csv", "when,what,who\n09.01.2026,buy,k9\n")
    shop.collect("path: b.csv" + COLUMNS)
    original = getattr(Writer, step)
    calls = 0

    def die_at_the_second(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return original(*arguments, **named)

    monkeypatch.setattr(Writer, step, die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        replay(shop.writer, new, now=NOW)
    monkeypatch.undo()
    if step == "_list":
        assert set(shop.reasons()) == {1, 7}, "what was committed is settled, what was not waits"
    else:
        with pytest.raises(QuestionError, match="no rejected rows"):
            replay(shop.writer, new, reason="future", now=NOW)
    replay(shop.writer, new, now=NOW)
    assert shop.reasons() == {7: "unreadable-time"}
    assert sorted(event["identifiers"][0]["value"] for event in shop.events()) == [
        f"k{n}" for n in (1, 2, 3, 4, 5, 6, 9)
    ]
    assert {load.state for load in shop.store.loads()} == {"finished"}
    shop.writer.lease.release()
    assert verify(shop.store, []) == []


def test_rows_of_a_select_wait_each_for_itself(shop: Shop) -> None:
    hits = [{"t": "2026-06-05", "e": "b"}, {"t": "2030-01-01", "e": "c"}, {"t": "2026-06-04", "e": "a"}]
    shop.file("a.jsonl", json.dumps({"who": 1, "hits": hits}))
    text = (
        "path: a.jsonl\nselect: select row.who as customer, hit.t as occurred_at, hit.e as event "
        "from row, unnest(row.hits) as hit\n"
    )
    assert figures(shop.collect(text)) == (0, 3, 0)
    report = replay(shop.writer, source_of(text, shop.folder), now=datetime(2026, 6, 6, tzinfo=UTC))
    assert (report.tried, report.good, report.still_rejected) == (3, 2, 1)
    assert json.loads(shop.store.rejected().to_pylist()[0]["payload"])["event"] == "c"


def test_verify_notices_a_row_that_is_settled_twice(shop: Shop) -> None:
    new = refuse(shop)
    places = pa.concat_tables(shop.store.rejected_parts())
    replay(shop.writer, new, now=NOW)
    load = shop.writer.begin_load(source_id="orders", origin="replay of load 1")
    nothing = DAILY_NUMBERS.empty_table()
    shop.writer.commit_chunk(load, "daily_numbers", nothing, rows_read=0, settles=places.slice(0, 1))
    shop.writer.lease.release()
    assert [finding.code for finding in verify(shop.store, [])] == ["settled"]
