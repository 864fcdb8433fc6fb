"""What outside readers build upon: the columns of each view, by the version that promises them."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from tests.support.by_hand import happened, measure_of

from resa.analytics import ABOUT, VIEWS, VIEWS_VERSION
from resa.base.errors import InputError

PROMISED: dict[str, dict[str, dict[str, str]]] = json.loads(
    (Path(__file__).parent / "views_versions.json").read_text(encoding="utf-8")
)


def columns_now() -> dict[str, dict[str, str]]:
    return {name: {column.name: str(column.type) for column in view.columns} for name, view in VIEWS.items()}


def test_the_views_are_what_their_version_promises() -> None:
    assert columns_now() == PROMISED[VIEWS_VERSION], (
        "the views changed: raise VIEWS_VERSION (its first number if anything is gone or of another type, else the "
        "second), add its columns to views_versions.json, and say so in the changelog"
    )


def test_a_second_number_only_adds() -> None:
    versions = sorted(PROMISED, key=lambda version: [int(number) for number in version.split(".")])
    assert versions[-1] == VIEWS_VERSION
    for older, newer in pairwise(versions):
        if older.split(".")[0] == newer.split(".")[0]:
            for view, columns in PROMISED[older].items():
                assert columns.items() <= PROMISED[newer][view].items()


def test_other_readers_find_the_rows_of_the_views(tmp_path: Path) -> None:
    measure = measure_of([*happened(0, (0, "a"), (5, "b")), *happened(1, (0, "a"), value=2.5), *happened(2, (60, "x"))])
    folder = tmp_path / "views"
    for _ in range(2):  # an export replaces an earlier one
        done = measure.export(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stem for path in folder.iterdir()} == {*VIEWS, ABOUT}
    for name in VIEWS:
        expected = measure.sql(f"SELECT * FROM {name}")
        path = folder / f"{name}.parquet"
        assert duckdb.read_parquet(str(path)).to_arrow_table().to_pylist() == expected.to_pylist()
        assert pl.read_parquet(path).columns == list(PROMISED[VIEWS_VERSION][name])
        types = {field.name: str(field.type).replace("element:", "item:") for field in pq.read_schema(path)}
        assert types == PROMISED[VIEWS_VERSION][name]  # Parquet calls what a list holds its element
        assert done.rows[name] == expected.num_rows
    about = pq.read_table(folder / "about.parquet")
    assert about.column("view").to_pylist() == list(VIEWS)
    assert about.column("rows").to_pylist() == list(done.rows.values())
    assert set(about.column("views_version").to_pylist()) == {VIEWS_VERSION}
    assert about.schema.metadata[b"resa.map"] == b"shop"


def test_an_as_of_is_used_and_told(tmp_path: Path) -> None:
    measure = measure_of([*happened(0, (0, "a")), *happened(1, (60, "a"))])
    measure.export(tmp_path / "views", as_of="2026-03-02T00:00:05+00:00")
    outcomes = pq.read_table(tmp_path / "views" / "outcomes.parquet")
    assert outcomes.column("mature").to_pylist() == [False, False]
    about = pq.read_table(tmp_path / "views" / "about.parquet")
    assert {moment.isoformat() for moment in about.column("as_of").to_pylist()} == {"2026-03-02T00:00:05+00:00"}


@pytest.mark.parametrize("taken", ["notes.txt", "file"])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, taken: str) -> None:
    measure = measure_of(happened(0, (0, "a")))
    (tmp_path / taken).write_text("mine")
    with pytest.raises(InputError, match="name a folder"):
        measure.export(tmp_path / "file" if taken == "file" else tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [taken]
