"""Lists of customers do no harm: no formulas, for its owner's eyes, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from resa.base.errors import InputError
from resa.segments import LIST_FILES, write_list

HOSTILE = ["=cmd|' /C calc'!A0", "+SUM(1)", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "%x", "|x"]
HARMLESS = ["anna", "+46 (0)70-123 45 67", "-12.50", "a=b", "", None, "å@b.se"]


def listed(values: list[str | None], path: Path) -> list[str]:
    write_list(pa.table({"value": pa.array(values, pa.string())}), path)
    return path.read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize("value", HOSTILE)
def test_what_begins_like_a_formula_gets_an_apostrophe(value: str, tmp_path: Path) -> None:
    write_list(pa.table({"value": [value]}), tmp_path / "list.csv")
    assert (tmp_path / "list.csv").read_bytes().split(b"\n", 1)[1].startswith(b"\"'")


def test_other_texts_stay_as_they_are(tmp_path: Path) -> None:
    assert listed([*HARMLESS, "end"], tmp_path / "list.csv") == [
        "" if value is None else f'"{value}"' for value in [*HARMLESS, "end"]
    ]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("old")
    path.chmod(0o644)
    (tmp_path / ".list.csv.writing").write_text("left by a crash")
    before = os.umask(0)
    try:
        for ending in LIST_FILES:
            write_list(pa.table({"value": ["anna"]}), path.with_suffix(f".{ending}"))
    finally:
        os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == len(LIST_FILES)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a list is written as arrow, csv, parquet, xlsx"):
        write_list(pa.table({"value": ["anna"]}), tmp_path / "list.doc")
