"""What is written can be read by ordinary tools, says what happened, and is wrong exactly where it is meant to be."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
import time
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet
import pytest

from resa.simulation import Mess, Simulated, Written, read_specification, simulate, write_files

TEMPLATE = Path(__file__).parents[3] / "src/resa/workspace_templates/retail"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MESS = Mess(duplicates=4, no_time=3, far_future=5, no_customer=2, broken_text=6)


def retail(customers: int = 800, **more: Any) -> Simulated:
    return simulate(read_specification(TEMPLATE / "simulation.yaml"), customers=customers, seed=3, **more)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("incoming")
    write_files(retail(), folder)
    return folder


def rows(path: Path, separator: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=separator))


@cache
def all_events() -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = pa.Table.from_batches(retail().events()).to_pylist()
    return events


def known(touchpoints: set[str]) -> list[dict[str, Any]]:
    return sorted(
        (event for event in all_events() if event["touchpoint"] in touchpoints),
        key=lambda event: (event["occurred_at"], event["customer"]),
    )


def test_the_same_seed_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_files(retail(), tmp_path)
    for path in folder.iterdir():
        again = (tmp_path / path.name).read_bytes()
        assert hashlib.sha256(again).digest() == hashlib.sha256(path.read_bytes()).digest(), path.name


def test_orders_have_local_times_and_decimal_commas(folder: Path) -> None:
    found = rows(folder / "shop_orders.csv", ";")
    expected = known({"purchase", "reorder"})
    assert len(found) == len(expected) > 50
    for row, event in zip(sorted(found, key=lambda row: (row["Order time"], row["Customer"])), expected, strict=True):
        local = datetime.fromisoformat(row["Order time"]).replace(tzinfo=STOCKHOLM)
        assert local.astimezone(UTC) == event["occurred_at"]
        assert row["Customer"] == event["customer"]
        assert row["Total"].endswith(",00")
        assert float(row["Total"].replace(",", ".")) == event["value"]


def test_json_lines_are_nested_and_complete(folder: Path) -> None:
    lines = (folder / "web.jsonl").read_text(encoding="utf-8").splitlines()
    pages = [json.loads(line) for line in lines]
    paths = [str(page["context"]["page"]["path"]) for page in pages if page["type"] == "page"]
    products = [page for page in pages if page["type"] == "page" and page["context"]["page"]["path"].startswith("/p/")]
    assert set(paths) >= {"/", "/checkout", "/guides/size"}
    ids = {page["id"] for page in pages}
    assert len(ids) == len(pages)
    expected = {event["message_id"] for event in known({"product_page"}) if event["channel"] == "web"}
    assert {page["id"] for page in products} == expected
    assert all(page["context"]["device"]["type"] in {"mobile", "desktop", "tablet"} for page in pages)
    added = next(page for page in pages if page["type"] == "product_added")
    assert isinstance(added["item"]["price"], int)


def test_parquet_epochs_and_split_times(folder: Path) -> None:
    receipts = pyarrow.parquet.read_table(folder / "store_receipts.parquet").to_pylist()
    expected = {event["message_id"]: event for event in known({"store_purchase"})}
    assert {row["receipt_id"] for row in receipts} == set(expected)
    for row in receipts:
        event = expected[row["receipt_id"]]
        assert row["sold_at"] == event["occurred_at"]
        assert row["amount_ore"] == event["value"] * 100
        assert 10 <= row["sold_at"].astimezone(STOCKHOLM).hour < 19
    notices = {event["message_id"]: event for event in known({"parcel_notice"})}
    for row in rows(folder / "sms_log.csv"):
        assert datetime.fromtimestamp(int(row["sent_at"]) / 1_000, UTC) == notices[row["id"]]["occurred_at"]
    calls = {event["message_id"]: event for event in known({"phone_call"})}
    for row in rows(folder / "call_centre.csv", ";"):
        local = datetime.fromisoformat(f"{row['Day']} {row['Time']}").replace(tzinfo=STOCKHOLM)
        assert local.astimezone(UTC) == calls[row["Call"]]["occurred_at"]


def test_orders_and_parcels_share_their_number(folder: Path) -> None:
    orders = {row["Order number"]: row["Customer"] for row in rows(folder / "shop_orders.csv", ";")}
    parcels = rows(folder / "parcel_partner.csv", "|")
    assert sum(orders.get(row["order"]) == row["receiver"] for row in parcels) > 0.9 * len(parcels)


def test_people_numbers_and_lists(folder: Path) -> None:
    members = rows(folder / "members.csv")
    assert len({row["number"] for row in members}) == len(members) == 800
    assert {row["region"] for row in members} == {"north", "middle", "stockholm", "west", "south"}
    days = rows(folder / "footfall.csv")
    assert len(days) == 182 * 6
    assert days[0]["day"] == "2026-03-02"
    assert all(int(row["visitors"]) > 0 for row in days)
    assert len(rows(folder / "products.csv")) == 16
    answers = rows(folder / "surveys.csv")
    assert {row["about"] for row in answers} == {"delivery", "chat"}
    assert {row["score"] for row in answers} <= {"1", "2", "3", "4", "5"}
    assert any(row["comment"] for row in answers)


def faults(written: Written, folder: Path) -> dict[str, int]:
    """Count what is wrong in a text file, without knowing what was asked for."""
    path = folder / written.path
    separator = {"orders": ";", "calls": ";", "parcels": "|"}.get(written.outlet, ",")
    found = dict.fromkeys(["duplicates", "no_time", "far_future", "no_customer", "broken_text"], 0)
    content = path.read_bytes()
    lines = content.splitlines()[1:]
    found["duplicates"] = len(lines) - len(set(lines))
    found["broken_text"] = sum(b"\xff" in line for line in lines)
    header = content.splitlines()[0].decode().split(separator)
    time = {"calls": "Day", "orders": "Order time", "sms": "sent_at"}.get(written.outlet) or next(
        name for name in header if name in {"time", "clicked_at", "scanned", "answered"}
    )
    who = next(name for name in header if name.casefold() in {"customer", "person", "recipient", "receiver"})
    for line in set(lines):
        row = next(csv.DictReader([",".join(header), line.decode("latin-1").replace(separator, ",")]))
        found["no_time"] += not row[time]
        found["far_future"] += row[time].startswith(("3000", "32503"))
        found["no_customer"] += not row[who]
    return found


def test_bad_rows_are_as_many_as_is_stated(tmp_path: Path) -> None:
    clean = {file.outlet: file for file in write_files(retail(), tmp_path / "clean")}
    for file in write_files(retail(), tmp_path / "messy", mess=MESS):
        assert file.rows == clean[file.outlet].rows
        if file.path.endswith(".csv") and file.bad:
            stated = dict.fromkeys(["duplicates", "no_time", "far_future", "no_customer", "broken_text"], 0)
            assert faults(file, tmp_path / "messy") == stated | dict(file.bad), file.outlet
        if file.path.endswith(".parquet"):
            assert "broken_text" not in file.bad
            table = pyarrow.parquet.read_table(tmp_path / "messy" / file.path)
            assert table.num_rows == file.rows + sum(file.bad.values())
            assert table.column(1).null_count == MESS.no_time
            assert table.column(2).null_count == MESS.no_customer
        if file.path.endswith(".jsonl"):
            lines = (tmp_path / "messy" / file.path).read_bytes().splitlines()
            assert len(lines) == file.rows + sum(file.bad.values())
            assert sum(b"\xff" in line for line in lines) == MESS.broken_text


def test_good_rows_are_the_same_with_and_without_mess(tmp_path: Path) -> None:
    write_files(retail(), tmp_path / "clean")
    write_files(retail(), tmp_path / "messy", mess=MESS)
    for path in (tmp_path / "clean").glob("*.csv"):
        clean, messy = path.read_bytes(), (tmp_path / "messy" / path.name).read_bytes()
        assert messy.startswith(clean), path.name


def test_other_days(tmp_path: Path) -> None:
    write_files(retail(50, start=date(2025, 11, 3), days=14), tmp_path)
    times = [row["time"] for row in rows(tmp_path / "email_sends.csv")]
    assert all("2025-11-02T23" <= time < "2025-11-16T23" for time in times)


@pytest.mark.parametrize("events", [50_000, pytest.param(5_000_000, marks=pytest.mark.nightly)])
def test_a_million_events_take_seconds(events: int, capsys: pytest.CaptureFixture[str]) -> None:
    simulated = retail(events // 8)
    begun = time.perf_counter()
    total = sum(len(block.time) for block in simulated.blocks())
    seconds = time.perf_counter() - begun
    with capsys.disabled():
        sys.stdout.write(f"\n{total:,} events drawn in {seconds:.2f} s: {total / seconds:,.0f} a second\n")
    assert total > events / 2
