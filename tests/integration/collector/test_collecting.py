"""From files to committed events: good rows beside bad ones, exactly once, whatever their kind."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.sources import COLUMNS, NOW, Shop, figures, open_shop

from resa.base.errors import SourceError
from resa.collector import Progress


def test_a_csv_file_with_a_mapping(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who,total\n2026-01-02T10:00:00Z,buy,k1,12.5\n2026-01-02 11:00,buy,k2,\n")
    report = shop.collect("path: a.csv" + COLUMNS + "  value: total\n")
    assert figures(report) == (2, 0, 0)
    first, second = shop.events()
    assert first["occurred_at"] == datetime(2026, 1, 2, 10, tzinfo=UTC)
    assert first["identifiers"] == [{"kind": "user_id", "value": "k1"}]
    assert (first["value"], second["value"]) == (12.5, None)
    assert (first["sequence"], second["sequence"]) == (1, 2)
    assert first["received_at"] == NOW
    assert first["properties"] is None


def test_every_fault_is_rejected_with_its_reason_and_the_rest_goes_in(shop: Shop) -> None:
    rows: list[tuple[bytes, str | None]] = [
        (b"2026-01-02,buy,k1,1,x", None),
        (b",buy,k1,1,x", "no-time"),
        (b"  ,buy,k1,1,x", "no-time"),
        (b"yesterday,buy,k1,1,x", "unreadable-time"),
        (b"infinity,buy,k1,1,x", "unreadable-time"),
        (b"3000-01-01,buy,k1,1,x", "future"),
        (b"2026-06-02T12:00:01Z,buy,k1,1,x", "future"),
        (b"2026-06-02T12:00:00Z,buy,k1,1,x", None),
        (b"1970-01-01,buy,k1,1,x", "too-old"),
        (b"0001-01-01,buy,k1,1,x", "too-old"),
        (b"1970-01-02,buy,k1,1,x", None),
        (b"20260102,buy,k1,1,x", "unreadable-time"),
        (b"1767348000,buy,k1,1,x", None),
        (b"2026-01-02,,k1,1,x", "no-event"),
        (b"2026-01-02,buy,,1,x", "no-customer"),
        (b"2026-01-02,buy, ,1,x", "no-customer"),
        (b"2026-01-02,buy,k1,twelve,x", "wrong-type"),
        (b"2026-01-02,buy,k1,inf,x", "wrong-type"),
        (b'2026-01-02,buy,k1,"1,5",x', "wrong-type"),
        (b"2026-01-02,buy,k1,1e3,x", None),
        (b"2026-01-02," + b"b" * 201 + b",k1,1,x", "overlong"),
        (b"2026-01-02," + b"b" * 200 + b",k1,1,x", None),
        (b"2026-01-02,buy," + b"k" * 501 + b",1,x", "overlong"),
        (b"2026-01-02,buy,k1,1," + b"x" * 32_769, "overlong"),
        (b"2026-01-02,buy,k\xe5,1,x", "broken-utf8"),
        (b"2026-01-02,buy,k\x001,1,x", "nul-byte"),
        (b"2026-01-02,buy,k1,1", "too-few-cells"),
        (b"2026-01-02,buy,k1,1,x,y", "too-many-cells"),
        (b'2026-01-02,buy,k1,1,"x" y', "broken-quotes"),
        (b'2026-01-02,buy,k1,1,"x', "broken-quotes"),
        (b'2026-01-02,"buy ""it""",k1,1,"two\nlines"', None),
        ("2026-01-02,köp,å1,1,ö".encode(), None),
    ]
    shop.file("a.csv", b"when,what,who,total,note\n" + b"\n".join(row for row, _ in rows) + b"\n")
    report = shop.collect("path: a.csv" + COLUMNS + "  value: total\n  properties: [note]\n")
    expected = {number: reason for number, (_, reason) in enumerate(rows, start=1) if reason}
    assert shop.reasons() == expected
    assert figures(report) == (len(rows) - len(expected), len(expected), 0)
    assert sorted(event["sequence"] for event in shop.events()) == [
        number for number, (_, reason) in enumerate(rows, start=1) if reason is None
    ]
    quoted = next(event for event in shop.events() if event["event"].startswith("buy "))
    assert (quoted["event"], json.loads(quoted["properties"])) == ('buy "it"', {"note": "two\nlines"})
    for rejected in shop.store.rejected().to_pylist():
        assert not any(secret in rejected["detail"] for secret in ("k1", "yesterday", "twelve"))


@pytest.mark.parametrize("chunk_rows", [1, 2, 7, 1_000_000])
def test_the_size_of_chunks_changes_nothing(shop: Shop, chunk_rows: int) -> None:
    lines = [f"2026-01-{day:02},buy,k{day % 3},{'x' if day % 5 == 0 else day}" for day in range(1, 29)]
    shop.file("a.csv", "when,what,who,total\n" + "\n".join([*lines, *lines[:3]]))
    report = shop.collect("path: a.csv" + COLUMNS + "  value: total\n", chunk_rows=chunk_rows)
    assert figures(report) == (26, 5, 0)
    assert shop.reasons() == dict.fromkeys((5, 10, 15, 20, 25), "wrong-type")
    assert sorted(event["sequence"] for event in shop.events()) == [n for n in range(1, 32) if n % 5 or n > 28]


def test_a_file_is_collected_once(shop: Shop) -> None:
    text = "path: a.csv" + COLUMNS
    shop.file("a.csv", "when,what,who\n2026-01-02,buy,k1\n2026-01-02,buy,k1\nx,buy,k1\n")
    assert figures(shop.collect(text)) == (2, 1, 0)
    again = shop.collect(text)
    assert again.files[0].state == "unchanged"
    assert figures(again) == (0, 0, 0)
    shop.file("a.csv", "when,what,who\n2026-01-02,buy,k1\n2026-01-02,buy,k1\nx,buy,k1\n2026-01-03,buy,k1\n")
    assert figures(shop.collect(text)) == (1, 1, 3 - 1)
    assert len(shop.events()) == 3


def test_replace_undoes_the_earlier_loads_of_the_file(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who,note\n2026-01-02,buy,k1,a\nx,buy,k1,b\n")
    shop.collect("path: a.csv" + COLUMNS)
    changed = "path: a.csv" + COLUMNS + "  properties: [note]\n"
    assert "--replace" in shop.collect(changed).files[0].note
    assert figures(shop.collect(changed, replace=True)) == (1, 1, 0)
    assert [event["properties"] for event in shop.events()] == ['{"note":"a"}']
    assert len(shop.store.rejected()) == 1


def test_rows_with_ids_are_stored_once_for_ever(shop: Shop) -> None:
    columns = COLUMNS + "  message_id: id\n"
    shop.file("a.csv", "id,when,what,who\n1,2026-01-02,buy,k1\n1,2026-01-02,buy,k1\n,2026-01-02,buy,k1\n")
    assert figures(shop.collect("path: a.csv" + columns)) == (1, 1, 1)
    assert shop.reasons() == {3: "no-id"}
    shop.file("b.csv", "id,when,what,who\n1,2026-01-05,sell,k9\n2,2026-01-02,buy,k1\n")
    assert figures(shop.collect("path: b.csv" + columns)) == (1, 0, 1)


def test_an_unordered_source_gives_the_same_in_any_order(tmp_path: Path) -> None:
    lines = [f"2026-01-{day:02},buy,k{day % 3}" for day in range(1, 20)] + ["x,buy,k1", "2026-01-01,buy,k1"]
    found = []
    for name, order in (("one", lines), ("two", lines[::-1]), ("three", sorted(lines, key=hash))):
        (tmp_path / name).mkdir()
        with open_shop(tmp_path / name) as shop:
            shop.file("a.csv", "when,what,who\n" + "\n".join(order))
            shop.collect("path: a.csv\nunordered: true" + COLUMNS, chunk_rows=4)
            found.append(
                sorted((e["occurred_at"], e["event"], str(e["identifiers"]), e["sequence"]) for e in shop.events())
            )
    assert found[0] == found[1] == found[2]
    assert {sequence for *_, sequence in found[0]} == {0}


def test_a_killed_collection_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who\n" + "".join(f"2026-01-02,buy,k{n}\n" for n in range(10)) + "x,y,z\n")

    class Killed(Exception):
        pass

    def kill(progress: Progress) -> None:
        if progress.rows >= 6:
            raise Killed

    text = "path: a.csv" + COLUMNS
    with pytest.raises(Killed):
        shop.collect(text, chunk_rows=3, progress=kill)
    assert len(shop.events()) == 6
    seen: list[Progress] = []
    report = shop.collect(text, chunk_rows=2, progress=seen.append)
    assert seen[0].rows == 8
    assert figures(report) == (10, 1, 0)
    assert sorted(event["sequence"] for event in shop.events()) == list(range(1, 11))


def test_a_file_that_changed_after_the_kill_is_collected_from_its_start(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who\n2026-01-02,buy,k1\n2026-01-02,buy,k2\n")
    text = "path: a.csv" + COLUMNS
    with pytest.raises(ZeroDivisionError):
        shop.collect(text, chunk_rows=1, progress=lambda _: 1 // 0)  # dies after the first chunk
    shop.file("a.csv", "when,what,who\n2026-01-05,sell,k1\n")
    assert figures(shop.collect(text)) == (1, 0, 0)
    assert [event["event"] for event in shop.events()] == ["sell"]


def test_expressions_constants_and_several_identifiers(shop: Shop) -> None:
    shop.file("a.csv", "when,qty,price,mail,card\n2026-01-02,3,1.5,a@b.se,\n2026-01-02,x,1,,c7\n2026-01-02,1,1,,\n")
    report = shop.collect(
        """\
        path: a.csv
        columns:
          occurred_at: when
          event: {always: purchase}
          channel: {always: store}
          value: {expression: qty * price}
          identifiers: {email: mail, card: card}
          properties: {double: {expression: 2 * price, type: number}, qty: qty}
        """
    )
    assert figures(report) == (2, 1, 0)
    first, second = shop.events()
    assert (first["event"], first["channel"], first["value"]) == ("purchase", "store", 4.5)
    assert first["identifiers"] == [{"kind": "email", "value": "a@b.se"}]
    assert second["identifiers"] == [{"kind": "card", "value": "c7"}]
    assert second["value"] is None
    assert json.loads(first["properties"]) == {"double": 3.0, "qty": "3"}


def test_a_select_unrolls_nested_rows_in_order(shop: Shop) -> None:
    rows = [
        {"who": "k1", "start": 1767348000, "hits": [{"t": 5, "name": "b"}, {"t": 0, "name": "a"}, {"t": 1}]},
        {"who": None, "start": 1767348000, "hits": [{"t": 5, "name": "b"}]},
        {"who": "k2", "start": 1767348000, "hits": []},
    ]
    text = """
select: |
  select row.who as customer, to_timestamp(row.start + hit.t) as occurred_at, hit.name as event, hit.t as place
  from row, unnest(row.hits) as hit
"""
    pq.write_table(pa.Table.from_pylist(rows), shop.folder / "a.parquet")
    report = shop.collect("path: a.parquet" + text)
    assert figures(report) == (2, 2, 0)
    places = [(event["event"], event["sequence"] >> 20, event["sequence"] & 0xFFFFF) for event in shop.events()]
    assert places == [("b", 1, 0), ("a", 1, 1)]
    rejected = shop.store.rejected().to_pylist()
    assert [(row["row"], row["reason"]) for row in rejected] == [(1, "no-event"), (2, "no-customer")]
    assert json.loads(rejected[1]["payload"])["event"] == "b"
    shop.file("a.jsonl", "\n".join(json.dumps(row) for row in rows))
    assert figures(shop.collect("path: a.jsonl" + text, name="lines")) == (2, 2, 0)


def test_rows_without_a_customer_are_counted_by_day(shop: Shop) -> None:
    shop.file(
        "a.csv",
        "when,what,who,total\n2026-01-01 23:30,buy,,5\n2026-01-02 10:00,buy,k1,7\n2026-01-01 23:30,buy,,5\nx,buy,,1\n",
    )
    text = "path: a.csv\ntimezone: Europe/Stockholm\nwithout_customer: count" + COLUMNS
    text += "  value: total\n  channel: {always: web}\n"
    report = shop.collect(text, chunk_rows=2)
    assert figures(report) == (3, 1, 0)
    assert report.files[0].without_customer == 2
    assert len(shop.events()) == 1
    numbers = shop.store.rows("daily_numbers").to_pylist()
    assert [(row["day"], row["number"], row["value"]) for row in numbers] == [(date(2026, 1, 1), "buy", 1.0)] * 2
    assert json.loads(numbers[0]["properties"]) == {"value": 5.0, "channel": "web"}
    shop.file("a.csv", (shop.folder / "a.csv").read_text() + "2026-01-03,buy,k1,7\n")
    assert figures(shop.collect(text)) == (1, 1, 3)


def test_rows_without_a_customer_are_known_again_in_another_file(shop: Shop) -> None:
    text = "\nwithout_customer: count" + COLUMNS
    rows = [f"2026-01-0{day},buy,{who}\n" for day in (1, 2, 3) for who in ("", "", "k1")]
    shop.file("january.csv", "when,what,who\n" + "".join(rows))
    shop.file("again.csv", "when,what,who\n" + "".join(rows[4:]))
    assert figures(shop.collect('path: "*.csv"' + text)) == (9, 0, 5)
    assert (len(shop.store.rows("daily_numbers")), len(shop.events())) == (6, 3)
    assert all(load.rows_in == load.rows_read for load in shop.store.loads())


def test_customers_and_their_traits(shop: Shop) -> None:
    path = shop.file("c.csv", "id,mail,since,orders,town\n1,a@b.se,2026-01-01,3,Lund\n2,,,x,\n,,,1,\n3,,,,\n")
    report = shop.collect(
        """\
        path: c.csv
        kind: customers
        columns:
          identifiers: {user_id: id, email: mail}
          recorded_at: since
          traits: {orders: {column: orders, type: number}, town: town}
        """
    )
    assert figures(report) == (2, 2, 0)
    assert shop.reasons() == {2: "wrong-type", 3: "no-customer"}
    first, second = shop.store.rows("customers").to_pylist()
    assert json.loads(first["traits"]) == {"orders": 3.0, "town": "Lund"}
    assert len(first["identifiers"]) == 2
    assert first["recorded_at"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert second["traits"] == "{}"
    assert second["recorded_at"] <= max(NOW, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def test_daily_numbers(shop: Shop) -> None:
    rows = ("2026-01-01,Lund,120", "2026-01-02,Lund,", "2026-13-01,Lund,3", "2030-01-01,Lund,1")
    shop.file("f.csv", "\n".join(("day,store,visitors", *rows)))
    report = shop.collect(
        "path: f.csv\nkind: daily_numbers\n"
        "columns: {day: day, number: {always: footfall}, value: visitors, properties: [store]}\n"
    )
    assert figures(report) == (1, 3, 0)
    assert shop.reasons() == {2: "no-value", 3: "unreadable-time", 4: "future"}
    row = shop.store.rows("daily_numbers").to_pylist()[0]
    assert (row["day"], row["number"], row["value"]) == (date(2026, 1, 1), "footfall", 120.0)


def test_feedback(shop: Shop) -> None:
    rows = ("5,Snabbt!,k1", "7,,", ",,", ",Late,")
    shop.file("s.csv", "at,where,stars,words,who\n" + "\n".join(f"2026-01-01,delivery,{row}" for row in rows))
    report = shop.collect(
        "path: s.csv\nkind: feedback\nscale: 1-5\n"
        "columns: {occurred_at: at, touchpoint: where, score: stars, text: words, customer: who}\n"
    )
    assert figures(report) == (2, 2, 0)
    assert shop.reasons() == {2: "outside-scale", 3: "no-feedback"}
    first, second = shop.store.rows("feedback").to_pylist()
    assert (first["score"], first["scale_low"], first["scale_high"], first["text"]) == (5.0, 1.0, 5.0, "Snabbt!")
    assert second["identifiers"] in (None, [])


def looked_up(shop: Shop) -> list[tuple[str, str, str | None]]:
    """Key, name and properties of every row that counts."""
    return [(row["key"], row["name"], row["properties"]) for row in shop.store.lookups().to_pylist()]


def test_lookups(shop: Shop) -> None:
    shop.file("p.csv", "sku,title,cost\n1,Tea,10\n2,Coffee,20\n,Water,0\n1,Tea again,11\n")
    text = "path: p.csv\nkind: lookup\ncolumns: {key: sku, name: title, properties: [cost]}\n"
    report = shop.collect(text, name="products", chunk_rows=2)
    assert report.good == 2
    assert report.reasons == {"no-key": 1, "repeated-key": 1}
    first = [("1", "Tea", '{"cost":"10"}'), ("2", "Coffee", '{"cost":"20"}')]
    assert looked_up(shop) == first
    load = shop.store.load(1)
    assert (load.rows_in, load.good, load.rejected, load.duplicate) == (4, 2, 1, 1)
    shop.file("p.csv", "sku,title,cost\n3,Cup,5\n")
    assert shop.collect(text, name="products").good == 1
    assert looked_up(shop) == [("3", "Cup", '{"cost":"5"}')]
    shop.file("p.csv", "sku,title,cost\n1,Tea,10\n2,Coffee,20\n,Water,0\n1,Tea again,11\n")
    shop.collect(text, name="products")  # as it was before: that is news
    assert looked_up(shop) == first


def test_a_lookup_of_several_files(shop: Shop) -> None:
    shop.file("a.csv", "sku,title\n1,Tea\n2,Cup\n")
    shop.file("b.csv", "sku,title\n2,Mug\n3,Pot\n")
    shop.collect('path: "?.csv"\nkind: lookup\ncolumns: {key: sku, name: title}\n', name="products")
    assert sorted(looked_up(shop)) == [("1", "Tea", None), ("2", "Mug", None), ("3", "Pot", None)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path: a.csv\ncolumns: {occurred_at: whn, event: what, customer: who}\n", "did you mean 'when'"),
        ("path: a.csv\ncolumns: {occurred_at: when, event: purchase, customer: who}\n", "{always: purchase}"),
        ("path: a.csv\ncolumns: {occurred_at: when, event: {expression: wat}, customer: who}\n", "did you mean 'what'"),
        ("path: nope.csv" + COLUMNS, "there is no file"),
        ("path: a.xyz" + COLUMNS, "does not tell its format"),
        ("path: empty.csv" + COLUMNS, "empty"),
        ("path: a.csv\nformat: parquet" + COLUMNS, "no Parquet file"),
        ("path: a.csv\nformat: arrow" + COLUMNS, "no Arrow file"),
    ],
)
def test_a_definition_that_does_not_fit_is_refused_in_its_place(shop: Shop, text: str, words: str) -> None:
    shop.file("a.csv", "when,what,who\n2026-01-02,buy,k1\n")
    shop.file("a.xyz", "x")
    shop.file("empty.csv", "")
    with pytest.raises(SourceError) as caught:
        shop.collect(text)
    problem = caught.value.problems[0]
    assert words in problem.message
    assert problem.file == "sources/orders.yaml"
    assert problem.line is not None


def test_a_stated_end_of_the_data(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who\n2026-01-02T10:00:00Z,buy,k1\n")
    shop.collect("path: a.csv\nlateness: 2 hours" + COLUMNS)
    assert shop.store.loads()[0].complete_until == datetime(2026, 1, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ("2026-08-31", datetime(2026, 8, 31, 22, tzinfo=UTC)),
        ('"2026-08-31 18:00"', datetime(2026, 8, 31, 16, tzinfo=UTC)),
        ('"2026-08-31T18:00:00Z"', datetime(2026, 8, 31, 18, tzinfo=UTC)),
    ],
)
def test_an_end_of_the_data_that_a_person_knows(shop: Shop, said: str, end: datetime) -> None:
    shop.file("a.csv", "when,what,who\n2026-01-02T10:00:00Z,buy,k1\n")
    shop.collect(f"path: a.csv\ntimezone: Europe/Stockholm\nlateness: 2 hours\ncomplete_until: {said}" + COLUMNS)
    assert shop.store.loads()[0].complete_until == end


def test_a_source_without_any_customer_is_only_counted(shop: Shop) -> None:
    shop.file("a.csv", "when,what\n2026-01-02,visit\n2026-01-02,visit\nx,visit\n")
    report = shop.collect("path: a.csv\nwithout_customer: count\ncolumns: {occurred_at: when, event: what}\n")
    assert figures(report) == (2, 1, 0)
    assert (len(shop.events()), len(shop.store.rows("daily_numbers"))) == (0, 2)
