"""Rows of databases: in the order of a cursor, late ones included, each stored once; on SQLite and PostgreSQL alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.databases import SECRET, Postgres, TestDatabase, postgres_server, sqlite_in
from tests.support.sources import NOW, Shop, figures, open_shop, source_of

from resa.base.errors import SourceError
from resa.collector import LoadReport, collect, read_source, replay
from resa.storage import state_of_source

TEXT = """
database:
  url: "{url}"
  table: orders
  cursor: {cursor}
{more}columns:
  occurred_at: placed
  event: status
  customer: who
  value: total
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestDatabase:
    if request.param == "sqlite":
        found = sqlite_in(tmp_path)
    else:
        monkeypatch.setenv("SHOP_PASSWORD", SECRET)
        server: Postgres = request.getfixturevalue("postgres")
        found = server.database("shop")
    found.run("CREATE TABLE orders (id INTEGER, placed TIMESTAMP, status TEXT, who TEXT, total NUMERIC(10, 2))")
    return found


def insert(database: TestDatabase, *rows: tuple[Any, ...]) -> None:
    database.run("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)


def order(number: int, **other: Any) -> tuple[Any, ...]:
    """A row: the orders are a minute apart."""
    placed = datetime(2026, 3, 1, 10, tzinfo=None) + timedelta(minutes=number)  # noqa: DTZ001 - as the table holds it
    said = {"id": number, "placed": placed.isoformat(sep=" "), "status": "paid", "who": f"k{number % 7}", "total": 12.5}
    return tuple({**said, **other}.values())


def run(shop: Shop, database: TestDatabase, *, cursor: str = "id", more: str = "", **options: Any) -> LoadReport:
    return shop.collect(TEXT.format(url=database.url, cursor=cursor, more=more), **options)


def stored(shop: Shop) -> list[tuple[str, str]]:
    """Time and customer of every stored event, sorted."""
    return sorted((f"{row['occurred_at']:%H:%M}", row["identifiers"][0]["value"]) for row in shop.events())


def expected(*numbers: int) -> list[tuple[str, str]]:
    return sorted((order(number)[1][11:16], f"k{number % 7}") for number in numbers)


def test_each_run_goes_on_where_the_last_one_stopped(shop: Shop, database: TestDatabase) -> None:
    insert(database, *map(order, range(5)))
    assert figures(run(shop, database)) == (5, 0, 0)
    first = shop.events()[0]
    assert (first["event"], first["value"]) == ("paid", 12.5)
    assert first["occurred_at"] == datetime(2026, 3, 1, 10, tzinfo=UTC)
    insert(database, *map(order, range(5, 8)))
    report = run(shop, database)
    assert (report.good, report.files[0].late) == (3, 0)
    assert stored(shop) == expected(*range(8))


def test_a_run_that_finds_nothing_new_writes_nothing(shop: Shop, database: TestDatabase) -> None:
    insert(database, *map(order, range(5)), order(5, who=None))
    assert figures(run(shop, database)) == (5, 1, 0)

    def kept() -> list[str]:
        names = ("events", "rejected", "unique", "runs")
        return sorted(str(path) for name in names for path in (shop.store.layout.root / name).glob("*"))

    before, loads = kept(), shop.store.loads()
    again = run(shop, database, now=NOW + timedelta(hours=1))
    assert again.files[0].state == "nothing new"
    assert (again.good, again.rejected) == (0, 0)
    with shop.store.database.reading():
        assert shop.store.loads() == loads
    listed = {file.path.name for kind in ("events", "rejected") for file in shop.store.event_files(kind)}
    assert {Path(path).name for path in kept() if Path(path).parent.name in {"events", "rejected"}} == listed
    assert [path for path in before if path not in kept()] == []
    state = state_of_source(shop.store, "orders")
    assert (state.began_at, state.failures, state.error) == (NOW + timedelta(hours=1), 0, "")


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 1_000])
def test_chunks_across_equal_cursors(shop: Shop, database: TestDatabase, chunk_rows: int) -> None:
    """Twelve rows of three cursors, two of them the same in all that they say: each is stored once."""
    rows = [order(number, id=number % 3) for number in range(10)] + [order(7, id=1), order(7, id=1)]
    insert(database, *rows)
    assert figures(run(shop, database, chunk_rows=chunk_rows)) == (12, 0, 0)
    assert run(shop, database, chunk_rows=chunk_rows).good == 0
    insert(database, order(11, id=2), order(12, id=2))  # of the last cursor, which was read
    assert run(shop, database, chunk_rows=chunk_rows).good == 2
    assert stored(shop) == sorted([*expected(*range(10)), *expected(7, 7, 11, 12)])


def test_the_size_of_chunks_changes_no_row(tmp_path: Path) -> None:
    database = sqlite_in(tmp_path)
    database.run("CREATE TABLE orders (id INTEGER, placed TIMESTAMP, status TEXT, who TEXT, total NUMERIC(10, 2))")
    insert(database, *(order(n, total=None if n % 3 else "x" if n % 5 == 0 else n / 4) for n in range(40)))
    seen = []
    for chunk_rows in (1, 7, 1_000):
        with open_shop(tmp_path / str(chunk_rows)) as shop:
            source = source_of(TEXT.format(url=database.url, cursor="id", more=""), tmp_path)
            collect(shop.writer, source, now=NOW, chunk_rows=chunk_rows)
            wanted = ("occurred_at", "sequence", "value")
            seen.append(sorted(str([row[name] for name in wanted]) for row in shop.events()))
            assert set(shop.reasons().values()) == {"wrong-type"}
    assert seen[0] == seen[1] == seen[2]


def test_late_rows_within_the_window_are_found(shop: Shop, database: TestDatabase) -> None:
    insert(database, *map(order, range(0, 100, 2)))
    run(shop, database, more="  late: 20\n")
    insert(database, order(97), order(81), order(101))
    report = run(shop, database, more="  late: 20\n")
    assert (report.good, report.files[0].late) == (3, 2)
    insert(database, order(79), order(5))  # more than 20 below 101
    assert run(shop, database, more="  late: 20\n").good == 0
    wider = run(shop, database, more="  late: 200\n")  # which is how they are brought in
    assert (wider.good, wider.files[0].late) == (2, 2)
    assert stored(shop) == expected(*range(0, 100, 2), 97, 81, 101, 79, 5)


def test_late_rows_of_a_cursor_of_times(shop: Shop, database: TestDatabase) -> None:
    insert(database, *map(order, range(0, 180, 10)))
    assert run(shop, database, cursor="placed").good == 18
    insert(database, order(111), order(109), order(171))  # the last was 170; an hour is looked back unless said
    report = run(shop, database, cursor="placed")
    assert (report.good, report.files[0].late) == (2, 1)
    assert stored(shop) == expected(*range(0, 180, 10), 111, 171)
    assert run(shop, database, cursor="placed", more="  late: 2 hours\n").files[0].late == 1
    assert run(shop, database, cursor="placed", more="  late: 0\n").good == 0


def test_rows_without_a_cursor_are_counted_and_not_read(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1), order(2, id=None), order(3, id=None))
    report = run(shop, database)
    assert (report.good, report.files[0].without_cursor) == (1, 2)
    database.run("UPDATE orders SET id = 9 WHERE id IS NULL")
    report = run(shop, database)
    assert (report.good, report.files[0].without_cursor) == (2, 0)


def test_times_without_a_zone_are_of_the_zone_of_the_source(shop: Shop, database: TestDatabase) -> None:
    summer = order(1, placed="2026-05-31 12:00:00")
    insert(database, order(0), summer)
    text = TEXT.format(url=database.url, cursor="id", more="") + "timezone: Europe/Stockholm\n"
    shop.collect(text)
    assert [row["occurred_at"] for row in shop.events()] == [
        datetime(2026, 3, 1, 9, tzinfo=UTC),
        datetime(2026, 5, 31, 10, tzinfo=UTC),
    ]


def test_what_was_refused_is_refused_once_and_can_be_replayed(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1), order(2, who=""), order(3, who=""), order(4))
    assert figures(run(shop, database)) == (2, 2, 0)
    insert(database, order(5), order(6, who=""))
    report = run(shop, database)
    assert (report.good, report.rejected) == (1, 1)
    assert shop.reasons() == {2: "no-customer", 3: "no-customer"} | {6: "no-customer"}
    text = TEXT.format(url=database.url, cursor="id", more="").replace("customer: who", "customer: {always: somebody}")
    replayed = replay(shop.writer, source_of(text, shop.folder))
    assert (replayed.good, replayed.still_rejected) == (3, 0)
    assert figures(shop.collect(text))[:2] == (0, 0)  # what was replayed is known, too
    assert len(shop.events()) == 6


def test_a_row_that_changes_is_another_row_unless_it_has_an_id(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1), order(2))
    run(shop, database)
    database.run("UPDATE orders SET status = 'returned', id = 3 WHERE id = 1")
    assert run(shop, database).good == 1
    assert sorted(row["event"] for row in shop.events()) == ["paid", "paid", "returned"]
    with_ids = TEXT.format(url=database.url, cursor="id", more="") + "  message_id: placed\n"
    assert shop.collect(with_ids, name="known").good == 2
    database.run("UPDATE orders SET status = 'lost', id = 4 WHERE id = 3")
    assert figures(shop.collect(with_ids, name="known"))[0] == 0


def test_the_order_among_events_of_one_moment_is_that_of_the_cursor(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(0, id=7), order(0, id=5, status="seen"))
    run(shop, database)
    insert(database, order(0, id=6, status="held"))
    run(shop, database, more="  late: 0\n")
    insert(database, order(0, id=8, status="sent"))
    run(shop, database, more="  late: 5\n")
    by_sequence = sorted(shop.events(), key=lambda row: row["sequence"])
    assert [row["event"] for row in by_sequence] == ["seen", "held", "paid", "sent"]


def test_a_query_in_the_database_s_own_sql_and_a_select_over_it(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1), order(2), order(3, status="lost:it"))
    report = shop.collect(
        f"""
        database:
          url: "{database.url}"
          query: |
            SELECT id, placed, status, who, total * 2 AS twice, '50%' AS share FROM orders WHERE status <> 'lost:it';
          cursor: id
        select: |
          select row.placed as occurred_at, kind as event, row.who as customer, row.share as share
          from row, unnest(['a', 'b']) as kind
        """
    )
    assert figures(report) == (4, 0, 0)
    assert [row["event"] for row in sorted(shop.events(), key=lambda row: row["sequence"])] == ["a", "b", "a", "b"]
    assert {row["properties"] for row in shop.events()} == {'{"share":"50%"}'}


def test_a_query_may_end_with_a_comment(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1), order(2))
    text = f"""
        database:
          url: "{database.url}"
          query: |
            SELECT id, placed, status, who FROM orders -- all of them
          cursor: id
        columns: {{occurred_at: placed, event: status, customer: who}}
        """
    assert shop.collect(text).good == 2


def test_a_table_without_a_cursor_is_read_as_a_whole(shop: Shop, database: TestDatabase) -> None:
    text = TEXT.format(url=database.url, cursor="id", more="").replace("  cursor: id\n", "")
    insert(database, order(1), order(1), order(2))
    assert shop.collect(text).good == 3
    insert(database, order(1), order(0))
    assert shop.collect(text).good == 2
    assert stored(shop) == expected(0, 1, 1, 1, 2)


def test_a_lookup_table_is_what_the_database_says_now(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1, status="tea"), order(2, status="cup"), order(3, status="cup"))
    text = f"""
    kind: lookup
    database: {{url: "{database.url}", table: orders}}
    columns: {{key: status, name: who, properties: [total]}}
    """
    report = shop.collect(text, name="products")
    assert (report.good, report.duplicate) == (2, 1)
    assert shop.collect(text, name="products").files[0].state == "nothing new"
    database.run("DELETE FROM orders WHERE status = 'tea'")
    assert shop.collect(text, name="products").good == 1
    assert shop.store.lookups().column("key").to_pylist() == ["cup"]


def test_removed_loads_come_back_and_replace_reads_anew(shop: Shop, database: TestDatabase) -> None:
    insert(database, *map(order, range(5)))
    first = run(shop, database, more="  late: 0\n")
    insert(database, *map(order, range(5, 8)))
    run(shop, database, more="  late: 0\n")
    shop.writer.remove_load(first.files[0].load_id)
    assert len(shop.events()) == 3
    assert run(shop, database, more="  late: 0\n").good == 5
    assert run(shop, database, replace=True).good == 8
    assert stored(shop) == expected(*range(8))


def test_a_changed_table_is_said_with_what_to_do(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1))
    run(shop, database)
    database.run("ALTER TABLE orders RENAME COLUMN total TO totals")
    with pytest.raises(SourceError, match=r"no column 'total'; did you mean 'totals'"):
        run(shop, database)
    state = state_of_source(shop.store, "orders")
    assert (state.failures, state.error) == (1, "there is no column 'total'; did you mean 'totals'?")
    text = TEXT.format(url=database.url, cursor="id", more="").replace("value: total", "value: totals")
    with pytest.raises(SourceError, match="no column 'total' any more, by which its rows are told apart"):
        shop.collect(text)
    assert shop.collect(text, replace=True).good == 1
    with pytest.raises(SourceError, match="known by other ids"):
        shop.collect(text + "  message_id: placed\n")
    with pytest.raises(SourceError, match="no column 'nr'"):
        shop.collect(text.replace("cursor: id", "cursor: nr"))
    database.run("DROP TABLE orders")
    with pytest.raises(SourceError, match="refuses to read table orders"):
        shop.collect(text)
    assert len(shop.events()) == 1


def test_completeness_is_as_the_source_says(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1))
    run(shop, database)
    assert state_of_source(shop.store, "orders").complete_until is None
    text = TEXT.format(url=database.url, cursor="id", more="") + "lateness: 1 hour\n"
    later = NOW + timedelta(days=1)
    shop.collect(text, now=later)
    assert state_of_source(shop.store, "orders").complete_until == later - timedelta(hours=1)


def test_passwords_are_nowhere(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Postgres) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    database = postgres.database("secret")
    database.run("CREATE TABLE orders (id INTEGER, placed TIMESTAMP, status TEXT, who TEXT, total NUMERIC(10, 2))")
    insert(database, order(1))
    run(shop, database)
    dead = TestDatabase(
        "postgresql+psycopg://resa:${SHOP_PASSWORD}@127.0.0.1:1/shop?application_name=${SHOP_PASSWORD}", database.run
    )
    said = []
    for broken in (dead, TestDatabase(database.url.replace("/secret?", "/${SHOP_PASSWORD}?"), database.run)):
        with pytest.raises(SourceError) as raised:
            run(shop, broken)
        said.append(str(raised.value))
    shop.store.close()
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for text in (SECRET, "s3cret"):
        assert text.encode() not in written
        assert not any(text in message for message in said), said


def test_an_error_on_the_way_tells_no_row(shop: Shop, monkeypatch: pytest.MonkeyPatch, postgres: Postgres) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    database = postgres.database("on_the_way")
    database.run("CREATE TABLE orders (id INTEGER, placed TIMESTAMP, status TEXT, who TEXT, total NUMERIC(10, 2))")
    insert(database, *(order(number, who="12") for number in range(5)), order(9, who="karin@example.com"))
    text = TEXT.format(url=database.url, cursor="id", more="")
    query = "query: SELECT id, placed, status, CAST(who AS INTEGER) AS who, total FROM orders"
    with pytest.raises(SourceError, match="the rows could not be read to their end: 22P02"):
        shop.collect(text.replace("table: orders", query))
    assert "karin" not in state_of_source(shop.store, "orders").error
    database.run("UPDATE orders SET who = '13' WHERE id = 9")
    assert shop.collect(text.replace("table: orders", query)).good == 6


def test_wrong_urls_are_refused_without_being_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHOLE", "nonsense s3cret")
    wrong = {
        "postgresql://resa:s3cret@db/shop": "a password must not stand in a source file",
        "mysql+pymysql://db/shop?password=s3cret": "a password must not stand in a source file",
        "s3cret": "this is no URL of a database",
    }
    for url, message in wrong.items():
        _, problems = read_source("sources/a.yaml", TEXT.format(url=url, cursor="id", more=""), tmp_path)
        assert [problem for problem in problems if message in problem.message], url
        assert not any("s3cret" in str(problem) for problem in problems)
    unusable = {
        "sqlite:///none.db": "there is no file 'none.db'",
        "nosuch://db/shop": "knows no database 'nosuch'",
        "mysql+pymysql://db/shop": "pip install 'pymysql'",
        "postgresql+asyncpg://db/shop": "asynchronous|needs its driver",
        "${NONE}": "NONE, which the URL of the database names, is not set",
        "${WHOLE}": "WHOLE holds no URL",
    }
    with open_shop(tmp_path) as shop:
        for url, message in unusable.items():
            with pytest.raises(SourceError, match=message) as raised:
                shop.collect(TEXT.format(url=url, cursor="id", more=""))
            assert "s3cret" not in str(raised.value)
        assert not (tmp_path / "none.db").exists()
        assert state_of_source(shop.store, "orders").failures == len(unusable)


def test_what_does_not_belong_together_is_said(tmp_path: Path) -> None:
    url = "sqlite:///shop.db"
    wrong = {
        f"database: {{url: '{url}'}}": "write `table:` or `query:`",
        f"database: {{url: '{url}', table: t, query: q}}": "write `table:` or `query:`",
        f"database: {{url: '{url}', table: t, late: 5}}": "write `cursor:` too",
        f"database: {{url: '{url}', table: t, cursor: c, late: soon}}": "is not a duration",
        f"database: {{url: '{url}', table: t}}\npath: a.csv": "'path' is of files; rows of `database:`",
        f"database: {{url: '{url}', table: t}}\nhook: {{signature: none}}": "write `hook:` or `database:`",
        f"database: {{url: '{url}', table: t, password: x}}": "a password must not stand",
        f"database: {{url: '{url}', table: t}}\nevery: often": "is not a duration",
        f"database: {{url: '{url}', table: t}}\nat: noon": "'noon' is no time of a day",
        f"database: {{url: '{url}', table: t}}\nat: '03:00'\nevery: 1 hour": "write `every:` or `at:`",
        "hook: {signature: none}\nevery: 1 hour": "rows of a `hook:` come when they are sent",
        f"kind: lookup\ndatabase: {{url: '{url}', table: t, cursor: c}}": "leave `cursor:` out",
    }
    for text, message in wrong.items():
        _, problems = read_source(
            "sources/a.yaml", text + "\ncolumns: {occurred_at: a, event: b, customer: c}\n", tmp_path
        )
        assert [problem for problem in problems if message in problem.message], (text, problems)


def test_a_cursor_that_is_neither_number_nor_time(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1), order(2))
    report = run(shop, database, cursor="who")
    assert (report.good, report.files[0].without_cursor) == (0, 2)
    insert(database, order(3))
    run(shop, database)
    with pytest.raises(SourceError, match="the cursor holds numbers; write `late:` as a number"):
        run(shop, database, more="  late: 1 hour\n")


def test_another_cursor_or_table_is_read_from_its_beginning(shop: Shop, database: TestDatabase) -> None:
    insert(database, *map(order, range(5)))
    assert run(shop, database).good == 5
    assert figures(run(shop, database, cursor="placed")) == (0, 0, 0)  # known, though the position was of another
    database.run("CREATE TABLE older (id INTEGER, placed TIMESTAMP, status TEXT, who TEXT, total NUMERIC(10, 2))")
    database.run("INSERT INTO older VALUES (?, ?, ?, ?, ?)", [order(-5)])
    text = TEXT.format(url=database.url, cursor="placed", more="  late: 0\n").replace("table: orders", "table: older")
    assert shop.collect(text).good == 1


def test_a_time_that_lies_ahead_hides_no_later_row(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(1), order(2, placed="2999-01-01 00:00:00"))
    assert figures(run(shop, database, cursor="placed")) == (1, 1, 0)
    insert(database, order(3))
    assert figures(run(shop, database, cursor="placed"))[:2] == (1, 0)
    assert run(shop, database, cursor="placed").files[0].state == "nothing new"
    assert len(shop.store.rejected()) == 1


def test_what_is_refused_in_a_table_without_a_cursor_is_refused_once(shop: Shop, database: TestDatabase) -> None:
    text = TEXT.format(url=database.url, cursor="id", more="").replace("  cursor: id\n", "")
    insert(database, order(1), order(2, who=""))
    assert figures(shop.collect(text)) == (1, 1, 0)
    assert shop.collect(text).files[0].state == "nothing new"
    assert len(shop.store.rejected()) == 1


def test_state_is_no_secret_and_no_person(shop: Shop, database: TestDatabase) -> None:
    insert(database, order(41))
    run(shop, database)
    state = state_of_source(shop.store, "orders")
    assert {**json.loads(state.position or ""), "of": ""} == {"of": "", "type": "int", "value": "41"}
    assert set(state.told_apart or ()) == {"id", "placed", "status", "who", "total"}
