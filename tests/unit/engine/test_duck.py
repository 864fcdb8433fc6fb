from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resa.base.errors import EngineError, InputError, TimeExceeded
from resa.engine import Engine, check_is_select


def test_parameters_are_bound_and_unused_ones_are_dropped() -> None:
    with Engine() as engine:
        table = engine.query("SELECT $a + 1 AS x", {"a": 41, "unused": "y"})
    assert table.to_pydict() == {"x": [42]}


def test_registered_table_is_read_and_streamed() -> None:
    with Engine() as engine:
        engine.register("t", pa.table({"n": list(range(10_000))}))
        batches = list(engine.stream("SELECT n FROM t WHERE n >= $low", {"low": 5_000}, batch_rows=2_048))
    assert sum(batch.num_rows for batch in batches) == 5_000
    assert len(batches) > 1


def test_only_named_files_can_be_read(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    for folder in (allowed, other):
        folder.mkdir()
        pq.write_table(pa.table({"n": [1]}), folder / "t.parquet")
    with Engine(readable=[allowed]) as engine:
        assert engine.query(f"SELECT n FROM read_parquet('{allowed}/t.parquet')").num_rows == 1
        with pytest.raises(EngineError):
            engine.query(f"SELECT n FROM read_parquet('{other}/t.parquet')")
        with pytest.raises(EngineError):
            engine.query("SELECT content FROM read_text('/etc/hostname')")


@pytest.mark.parametrize("sql", ["SET enable_external_access = true", "INSTALL httpfs", "LOAD httpfs"])
def test_the_lock_cannot_be_opened(sql: str) -> None:
    with Engine() as engine, pytest.raises(EngineError):
        engine.execute(sql)


def test_spills_to_its_folder_although_files_are_shut(tmp_path: Path) -> None:
    with Engine(spill=tmp_path, memory_limit="60MB", threads=1) as engine:
        table = engine.query(
            "SELECT max(n) AS m FROM (SELECT n, md5(n::VARCHAR) AS h FROM range(1000000) t(n) ORDER BY h)"
        )
    assert table.to_pydict() == {"m": [999_999]}


def test_a_long_statement_is_stopped() -> None:
    with Engine() as engine, pytest.raises(TimeExceeded):
        engine.query("SELECT count(*) FROM range(10000000000) a, range(1000) b", seconds=0.2)


def test_a_statement_that_is_through_before_it_notices_was_stopped_all_the_same() -> None:
    """DuckDB looks whether it is to stop between blocks of rows, and this is one row."""
    slow = "SELECT regexp_matches(repeat('xw', 20000), '(x|w)*x.{500}[yz]') AS seen"
    with Engine() as engine:
        for _ in range(3):
            with pytest.raises(TimeExceeded):
                engine.query(slow, seconds=0.001)
        assert engine.query("SELECT 1 AS one").to_pydict() == {"one": [1]}, "and is not stopped itself"


def test_messages_about_data_hold_no_data() -> None:
    with Engine() as engine:
        engine.register("t", pa.table({"mail": ["anna@example.org"]}))
        with pytest.raises(EngineError) as caught:
            engine.query("SELECT mail::INTEGER FROM t")
    assert "anna" not in str(caught.value)
    assert caught.value.sql == "SELECT mail::INTEGER FROM t"


@pytest.mark.parametrize(
    "sql",
    [
        "COPY t TO 'x'",
        "SELECT 1; SELECT 2",
        "",
        "CREATE TABLE t(a INT)",
        "SELEC 1",
        "ATTACH 'x.db'",
        "SELECT pg_sleep(1)",
        "SELECT list_transform([1], lambda x: Sleep_MS(x)) FROM t",
        "FROM duckdb_settings()",
        "FROM duckdb_settings",
        "SELECT current_setting('threads')",
        "SELECT system.main.pg_sleep(1)",
        "FROM information_schema.tables",
        "FROM query('SELECT 1')",
        "WITH a AS (FROM read_text('/etc/hostname')) FROM a",
        "SELECT " + "+".join("1" * 600),
    ],
)
def test_users_may_only_select(sql: str) -> None:
    with pytest.raises(InputError):
        check_is_select(sql)


def test_a_select_passes() -> None:
    check_is_select("WITH a AS (SELECT 1 AS x) SELECT x FROM a, range(3), main.t, unnest([1])")


def test_a_relation_is_never_a_variable_of_this_program() -> None:
    with Engine() as engine, pytest.raises(EngineError):
        engine.query("SELECT * FROM parameters", {"x": 1})
