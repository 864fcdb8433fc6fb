"""Commands as a person runs them, in one process: what they print, and where."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from resa.cli.app import run

MAP = """
title: A shop
stages:
  conversion: [cart, purchase, refund]
touchpoints:
  cart:
    expect: {next: purchase, within: 1 hour, target: 60 %, owner: Ali}
signals:
  cart: {event: cart}
  purchase: {event: order}
  refund: {event: refund}
"""
EVENTS = """time,customer,event
2026-05-04T10:00:00Z,anna,cart
2026-05-04T10:20:00Z,anna,order
2026-05-05T09:00:00Z,bo,cart
2026-05-06T09:00:00Z,,cart
never,cecilia,cart
2026-05-07T09:00:00Z,david,order
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "events.csv").write_text(EVENTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    assert run(["collect", "events.csv", "--as", "occurred_at=time", "--yes"]) == 0
    capsys.readouterr()
    return tmp_path


def test_a_command_loads_only_what_it_needs() -> None:
    code = (
        "import sys; from resa.cli.app import run; run(['map', 'schema']); "
        "print(sorted({'numba', 'sqlalchemy', 'fontTools'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"
    assert json.loads(result.stdout)["title"] == "Resa journey map"


def test_a_wrong_command_suggests_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mesure"]) == 2
    assert "'measure'" in capsys.readouterr().err


def test_everything_that_is_missing_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "odd.csv").write_text("a,b\nx,y\nz,w\n")
    monkeypatch.chdir(tmp_path)
    assert run(["collect", "odd.csv", "--yes"]) == 1
    told = capsys.readouterr().err
    assert "--as occurred_at=COLUMN" in told
    assert "--as customer=COLUMN" in told
    assert not (tmp_path / "sources").exists()


def test_refused_rows_are_counted_by_reason(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rejected", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["source", "load", "reason", "rows", "for", "instance"]
    assert [line.split()[:4] for line in lines[1:]] == [
        ["events", "1", "no-customer", "1"],
        ["events", "1", "unreadable-time", "1"],
    ]
    assert run(["rejected", "list", "--source", "other"]) == 0
    assert capsys.readouterr().err == "no row was refused\n"
    assert "cecilia" not in (shop / ".resa" / "operations.db").read_bytes().decode("latin-1")


def test_loads_are_data_in_any_format(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["loads", "list", "--format", "csv", "-w", str(shop)]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert {key: row[key] for key in ("rows", "good", "rejected", "duplicate")} == {
        "rows": "6",
        "good": "4",
        "rejected": "2",
        "duplicate": "0",
    }


@pytest.mark.usefixtures("shop")
def test_a_screen_shows_fewer_columns_than_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "expectations"]) == 0
    shown = capsys.readouterr().out.splitlines()[0].split()
    assert run(["measure", "expectations", "--format", "csv"]) == 0
    written = next(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert set(shown) < set(written)
    assert {"expectation", "mature", "met", "missed", "share", "low", "high", "target"} <= set(shown)


@pytest.mark.usefixtures("shop")
def test_the_customers_behind_a_number_have_a_heading(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "expectations", "cart.purchase", "--customers", "column=missed"]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["customer", "count", "identifiers"]
    assert row.split()[1:] == ["1", "user_id", "bo"]
    assert run(["measure", "expectations", "cart.purchase", "--customers", "part=insted"]) == 1
    assert "did you mean 'instead'" in capsys.readouterr().err


@pytest.mark.usefixtures("shop")
def test_with_data_the_check_names_what_no_event_ever_matched(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["measure", "touchpoints"]) == 0
    capsys.readouterr()
    assert run(["map", "check"]) == 0
    assert "no event" in capsys.readouterr().err


def test_without_sources_collecting_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    monkeypatch.chdir(tmp_path)
    assert run(["collect"]) == 0
    assert "resa collect FILE" in capsys.readouterr().err
    assert run(["loads", "list"]) == 0
    assert capsys.readouterr().err == "nothing was collected yet\n"


@pytest.mark.usefixtures("shop")
def test_sql_shows_a_heading_and_reads_daily_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    source = Path("sources/events.yaml")
    source.write_text(source.read_text() + "without_customer: count\n")
    assert run(["rejected", "replay", "events", "--reason", "no-customer"]) == 0
    capsys.readouterr()
    assert run(["sql", "select day, number, value from daily_numbers"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["day", "number", "value"],
        ["2026-05-06", "cart", "1.000"],
    ]
