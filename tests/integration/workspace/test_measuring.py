"""What a person is answered while data are half collected, or are being written by somebody else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import resa
from resa.analytics import KINDS
from resa.base.errors import WorkspaceBusy
from resa.base.language import in_language
from resa.cli.app import run
from resa.storage import Writer
from resa.workspace import Workspace

MAP = """
title: A shop
stages: {conversion: [cart, purchase]}
touchpoints:
  cart:
    expect: {next: purchase, within: 1 hour, target: 60 %, owner: Ali}
signals:
  cart: {event: cart}
  purchase: {event: order}
"""
PLANS = """
personas: {fan: {path: [cart, purchase]}}
improvements: {faster: {since: 2026-05-06, should_move: cart.purchase, state: done}}
metrics: {orders: {of: purchase, count: visits}}
"""
EVENTS = """time,customer,event
2026-05-04T10:00:00Z,anna,cart
2026-05-04T10:20:00Z,anna,order
2026-05-05T09:00:00Z,bo,cart
2026-05-06T09:00:00Z,bo,order
"""


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "events.csv").write_text(EVENTS)
    arguments = ["collect", str(tmp_path / "events.csv"), "--as", "occurred_at=time", "--yes", "-w", str(tmp_path)]
    assert run(arguments) == 0
    capsys.readouterr()
    return tmp_path


def add_a_cart(writer: Writer, source: str, day: int) -> None:
    """What a collection that is killed after its first chunk leaves."""
    load = writer.begin_load(source_id=source, origin="next.csv", fingerprint="x")
    table = pa.table(
        {
            "occurred_at": pa.array([datetime(2026, 5, day, 9, tzinfo=UTC)], pa.timestamp("us", "UTC")),
            "received_at": pa.array([datetime(2026, 5, day, 9, tzinfo=UTC)], pa.timestamp("us", "UTC")),
            "sequence": pa.array([1], pa.int64()),
            "identifiers": [[{"kind": "customer", "value": "cecilia"}]],
            "event": ["cart"],
        }
    )
    writer.commit_chunk(load, "events", table, rows_read=1, message_ids=pa.array([f"{source} {day}"]))


def openings(shop: Workspace) -> int:
    return shop.measure.expectations().n["openings"]


def test_what_a_killed_collection_left_is_measured_and_named(folder: Path) -> None:
    with resa.open(folder) as shop:
        assert openings(shop) == 2
        with shop.store.writing() as writer:
            add_a_cart(writer, "events", 30)
        assert openings(shop) == 3
        assert shop.measure.expectations().warnings == (
            "A load of 'events' is not finished: only a part of its file is counted.",
        )


def test_half_a_file_does_not_say_up_to_when_data_are_complete(folder: Path) -> None:
    with resa.open(folder) as shop:
        before = shop.measure.expectations().as_of
        with shop.store.writing() as writer:
            add_a_cart(writer, "events", 30)
        assert shop.measure.expectations().as_of == before == datetime(2026, 5, 6, 9, tzinfo=UTC)


def test_no_miss_is_declared_while_a_source_of_the_next_step_is_only_half_there(folder: Path) -> None:
    with resa.open(folder) as shop:
        (row,) = shop.measure.expectations().table.to_pylist()
        assert row["missed"] == 1
        with shop.store.writing() as writer:
            load = writer.begin_load(source_id="till", origin="till.csv", fingerprint="y")
            order = pa.table(
                {
                    "occurred_at": pa.array([datetime(2026, 5, 30, 10, 30, tzinfo=UTC)], pa.timestamp("us", "UTC")),
                    "received_at": pa.array([datetime(2026, 5, 30, 10, 30, tzinfo=UTC)], pa.timestamp("us", "UTC")),
                    "sequence": pa.array([1], pa.int64()),
                    "identifiers": [[{"kind": "customer", "value": "anna"}]],
                    "event": ["order"],
                }
            )
            writer.commit_chunk(load, "events", order, rows_read=1, message_ids=pa.array(["till 1"]))
        (row,) = shop.measure.expectations().table.to_pylist()
        assert row["missed"] == 0
        with shop.store.writing() as writer:
            writer.finish_load(load, complete_until=datetime(2026, 5, 7, tzinfo=UTC))
        (row,) = shop.measure.expectations().table.to_pylist()
        assert row["missed"] == 1


def test_beside_a_writer_the_published_generation_answers_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with resa.open(folder) as shop, resa.open(folder) as other:
        assert openings(shop) == 2
        with other.store.writing() as writer:
            add_a_cart(writer, "events", 30)
            assert openings(shop) == 2
            (told,) = (text for text in shop.measure.expectations().warnings if "is not counted yet: process" in text)
            assert "skriver i den här arbetsytan" in in_language(told, "sv")
            assert run(["measure", "expectations", "--format", "csv", "-w", str(folder)]) == 0
            assert "warning: What is being written now is not counted yet" in capsys.readouterr().err
        assert openings(shop) == 3


def test_beside_a_writer_another_meaning_of_the_map_has_to_wait(folder: Path) -> None:
    with resa.open(folder) as other, other.store.writing():
        (folder / "journey.yaml").write_text(MAP.replace("A shop", "The shop"))
        with resa.open(folder) as shop:
            assert openings(shop) == 2
            assert not any("is not counted yet" in text for text in shop.measure.expectations().warnings)
        (folder / "journey.yaml").write_text(MAP.replace("{event: order}", "{event: bought}"))
        with resa.open(folder) as shop, pytest.raises(WorkspaceBusy):
            _ = shop.measure


def test_hours_in_a_signal_are_those_of_the_map(folder: Path) -> None:
    wanted = MAP.replace("cart: {event: cart}", "cart: {when: event = 'cart' and hour(occurred_at) = 12}")
    with resa.open(folder) as shop:
        counted = {row["touchpoint"]: row["visits"] for row in shop.measure.touchpoints().table.to_pylist()}
        assert counted == {"cart": 2, "purchase": 2}
    for timezone, visits in (("Europe/Stockholm", 1), ("UTC", 0)):
        (folder / "journey.yaml").write_text(f"timezone: {timezone}\n{wanted}")
        with resa.open(folder) as shop:
            counted = {row["touchpoint"]: row["visits"] for row in shop.measure.touchpoints().table.to_pylist()}
            assert counted == ({"cart": 1, "purchase": 2} if visits else {"purchase": 2})


def test_a_signal_that_matches_nothing_any_more_is_told_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "journey.yaml").write_text(MAP.replace("cart: {event: cart}", "cart: {event: crat}"))
    assert run(["map", "check", "-w", str(folder)]) == 0
    assert "no event ever matched 'cart'" in capsys.readouterr().err
    with resa.open(folder) as shop:
        assert len(shop.map_versions()) == 1  # checking takes nothing into use


def test_a_source_in_another_currency_is_left_out_of_values_and_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "journey.yaml").write_text(f"currency: SEK{MAP}")
    for name, currency in (("till", "SEK"), ("web", "USD")):
        (folder / f"{name}.csv").write_text("time,customer,event,value\n2026-05-07T10:00:00Z,david,order,100\n")
        (folder / "sources" / f"{name}.yaml").write_text(
            f"path: {name}.csv\ncurrency: {currency}\n"
            "columns: {occurred_at: time, customer: customer, event: event, value: value}\n"
        )
    with resa.open(folder) as shop:
        shop.collect(["till", "web"])
        result = shop.measure.touchpoints()
        assert [row["value"] for row in result.table.to_pylist()] == [None, 100]
        told = "Values of 'web' are left out: they are in USD, and the map counts in SEK."
        assert told in result.warnings
        assert shop.report().html.count("Values of &#39;web&#39; are left out") == 1
    assert run(["map", "check", "-w", str(folder)]) == 0
    assert "values of source 'web' are in USD" in capsys.readouterr().err


def test_loads_and_refused_rows_are_there_in_python(folder: Path) -> None:
    (folder / "events.csv").write_text(EVENTS + "never,david,cart\n")
    with resa.open(folder) as shop:
        shop.collect(replace=True)
        assert [load.source_id for load in shop.loads("events") if load.state == "finished"] == ["events"]
        assert shop.loads("till") == []
        assert shop.rejected("events").column("reason").to_pylist() == ["unreadable-time"]
        assert shop.rejected(load=1).num_rows == 0
        with pytest.raises(resa.QuestionError):
            shop.measure.trend("nothing")


QUESTIONS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "funnel": (["cart", "purchase", "--within", "1 hour", "--mature"], {"within": "1 hour", "mature": True}),
    "expectations": (["cart.purchase", "--part", "curve", "--by", "week"], {"curve": True, "by": "week"}),
    "transitions": (["--from", "2026-05-05"], {"since": "2026-05-05"}),
    "process": (
        ["--touchpoints", "50 %", "--arrows", "0 %", "--show", "median"],
        {"touchpoints": 0.5, "arrows": 0, "show": "median"},
    ),
    "paths": (["--start", "cart", "--steps", "2", "--no-collapse"], {"start": "cart", "steps": 2, "collapse": False}),
    "variants": (["--top", "1", "--collapse"], {"top": 1, "collapse": True}),
    "trend": (["cart.purchase", "--every", "day"], {"every": "day"}),
    "retention": (
        ["--start", "cart", "--returns", "purchase", "--every", "day", "--brackets", "0,1-2"],
        {"start": "cart", "returns": "purchase", "every": "day", "brackets": ["0", "1-2"]},
    ),
    "stages": (["--quiet-after", "2 days", "--every", "day"], {"quiet_after": "2 days", "every": "day"}),
    "improvements": (["--days", "1", "--as-of", "2026-05-08T00:00:00Z"], {"days": 1}),
    "channels": (["device", "--within", "1 hour", "--part", "switches"], {"within": "1 hour"}),
    "coverage": (["--from", "2026-05-05"], {"since": "2026-05-05"}),
    "tracking": (["--top", "3", "--from", "2026-05-05"], {"top": 3, "since": "2026-05-05"}),
    "metrics": (["orders", "--by", "channel"], {"by": "channel"}),
    "friction": (["--within", "1 hour", "--limit", "3"], {"within": "1 hour", "limit": 3}),
    "planned": (["fan"], {}),
    "conformance": (["fan", "--no-collapse"], {"collapse": False}),
    "touchpoints": (["--where", "count(cart) > 0", "--as-of", "2026-05-07T00:00:00Z"], {"where": "count(cart) > 0"}),
}
NAMED: dict[str, object] = {
    "funnel": ["cart", "purchase"],
    "expectations": ["cart.purchase"],
    "trend": "cart.purchase",
    "channels": "device",
    "metrics": ["orders"],
    "planned": ["fan"],
    "conformance": ["fan"],
}


@pytest.mark.parametrize(
    ("question", "row", "behind"),
    [
        (["retention", "--every", "day"], ["cohort=2026-05-04", "period=0", "column=returned"], ["anna"]),
        (["trend", "cart", "--every", "day"], ["period=2026-05-05"], ["bo"]),
        (["transitions"], ["from=", "to=cart"], ["anna", "bo"]),
    ],
)
def test_a_row_is_described_by_what_a_person_reads(
    folder: Path, question: list[str], row: list[str], behind: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    described = [word for condition in row for word in ("--customers", condition)]
    assert run(["measure", *question, *described, "--format", "json", "-w", str(folder)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(customer["identifiers"][0]["value"] for customer in found) == behind


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_command_line_and_python_say_the_same(folder: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "journey.yaml").write_text(f"{PLANS}{MAP}")
    written, keywords = QUESTIONS[kind]
    assert run(["measure", kind, *written, "--format", "json", "-w", str(folder)]) == 0
    printed = json.loads(capsys.readouterr().out)
    as_of = {"as_of": written[written.index("--as-of") + 1]} if "--as-of" in written else {}
    with resa.open(folder) as shop:
        ask = getattr(shop.measure, kind)
        answer = ask(*([NAMED[kind]] if kind in NAMED else []), **keywords, **as_of)
    assert printed["rows"] or any(printed["parts"].values())
    assert printed | {"computed_at": None} == json.loads(answer.json()) | {"computed_at": None}


def test_what_one_source_excludes_is_not_hidden_in_another_and_hours_are_those_of_its_zone(folder: Path) -> None:
    columns = "columns: {occurred_at: time, customer: customer, event: event}\n"
    exclude = "timezone: Europe/Stockholm\nexclude: [\"event = 'cart' and hour(occurred_at) = 12\"]\n"
    rows = EVENTS.replace("anna", "dora").replace("bo,", "eva,")
    for name, text in (("web", EVENTS), ("store", rows)):
        (folder / f"{name}.csv").write_text(text)
        (folder / "sources" / f"{name}.yaml").write_text(
            f"path: {name}.csv\n" + (exclude if name == "web" else "") + columns
        )
    (folder / "sources" / "events.yaml").unlink()
    with resa.open(folder) as shop:
        shop.remove_loads([1])
        shop.collect()
        counted = {row["touchpoint"]: row["visits"] for row in shop.measure.touchpoints().table.to_pylist()}
        assert counted == {"cart": 3, "purchase": 4}
        assert shop.verify() == []
