"""Segments and reasons of a workspace of files: asked in Python and on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import resa
from resa.analytics import Reason
from resa.base.errors import MapError, QuestionError
from resa.cli.app import run
from resa.workspace.segments import following

MAP = """title: A shop
stages: {conversion: [cart, purchase]}
personas: {fan: {who: traits.orders >= 2}}
touchpoints:
  cart: {expect: [{next: purchase, within: 4 hours}]}
signals:
  cart: {event: product_added}
  purchase: {event: order_completed}
"""
SEGMENTS = """
regulars: {owner: Karin, about: Buys often., who: traits.orders >= 2 and traits.spent > 100}
waiting: has_open(cart.purchase)
either: persona(fan) or segment(waiting) and traits.city in ('Lund', 'Malmö')
"""
KEYS = ("regulars", "waiting", "either")
TRAITS = "orders: {of: purchase, count: events}\nspent: {of: purchase, sum: value}\n"
EVENTS = """time,person,event,value
2026-05-04T09:00:00Z,anna,product_added,
2026-05-04T09:30:00Z,anna,order_completed,80
2026-05-20T10:00:00Z,anna,order_completed,40
2026-05-21T12:00:00Z,=bo(),product_added,
2026-05-21T12:00:01Z,cecilia,order_completed,500
"""
PEOPLE = "person,city\n=bo(),Lund\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop")
    for name, text in {
        "journey.yaml": MAP,
        "segments.yaml": SEGMENTS,
        "traits.yaml": TRAITS,
        "events.csv": EVENTS,
        "people.csv": PEOPLE,
    }.items():
        (path / name).write_text(text, encoding="utf-8")
    common = ["--as", "customer=person", "--yes", "-w", str(path)]
    events = ["--as", "occurred_at=time", "--as", "event=event", "--as", "value=value"]
    assert run(["collect", str(path / "events.csv"), *events, *common]) == 0
    people = ["--kind", "customers", "--as", "traits.city=city"]
    assert run(["collect", str(path / "people.csv"), *people, *common]) == 0
    return path


def test_who_is_in_each(folder: Path) -> None:
    with resa.open(folder) as shop:
        figures = {figure.segment: figure for figure in shop.segments.all()}
        assert {key: figure.customers for key, figure in figures.items()} == {"regulars": 1, "waiting": 1, "either": 2}
        assert figures["regulars"].trend[-2:] == (0, 1)
        assert (figures["regulars"].owner, figures["regulars"].share) == ("Karin", 1 / 3)
        assert set(shop.segments.members("either").column("value").to_pylist()) == {"anna", "=bo()"}
        asked = shop.measure.touchpoints(where="segment(either)").table.to_pylist()
        assert {row["touchpoint"]: row["customers"] for row in asked} == {"cart": 2, "purchase": 1}
        with pytest.raises(QuestionError, match="did you mean 'waiting'"):
            shop.segments.members("waitin")


def test_the_view_has_who_is_in_each(folder: Path, tmp_path: Path) -> None:
    with resa.open(shutil.copytree(folder, tmp_path / "copy")) as shop:
        index = shop.store.index()
        named = {row["customer"]: row["value"] for row in index.identifiers().to_pylist()}
        rows = shop.measure.sql("SELECT * FROM segments").to_pylist()
        told = {key: {named[row["customer"]] for row in rows if row["segment"] == key} for key in KEYS}
        assert told == {key: set(shop.segments.members(key).column("value").to_pylist()) for key in KEYS}
        assert told["either"] == {"anna", "=bo()"}
        assert {row["since"] for row in rows} == {None}
        early = shop.measure.sql("SELECT segment FROM segments", as_of="2026-05-20T11:00:00Z")
        assert sorted(early.column("segment").to_pylist()) == ["either", "regulars"]  # =bo() comes the day after
        with shop.store.writing() as writer:
            following(shop, writer)()
        kept = {(key, row["value"]): row["since"] for key in KEYS for row in shop.segments.members(key).to_pylist()}
        now = shop.measure.sql("SELECT * FROM segments").to_pylist()
        assert {(row["segment"], named[row["customer"]]): row["since"] for row in now} == kept
        assert None not in kept.values()
        early = shop.measure.sql("SELECT since FROM segments", as_of="2026-05-21T12:30:00Z")
        assert set(early.column("since").to_pylist()) == {None}  # it was followed later than that


def leaves(reason: Reason) -> list[tuple[str, bool | None, object]]:
    if not reason.parts:
        return [(reason.condition, reason.holds, reason.value)]
    return [leaf for part in reason.parts for leaf in leaves(part)]


def test_why(folder: Path) -> None:
    with resa.open(folder) as shop:
        anna = shop.segments.why("either", "anna")
        assert anna.inside
        assert leaves(anna.reason) == [
            ("traits.orders >= 2", True, 2.0),
            ("has_open(cart.purchase)", False, 0.0),
            ("traits.city in ('Lund', 'Malmö')", None, None),
        ]
        bo = shop.segments.why("either", "=bo()")
        assert bo.inside
        assert [one[1] for one in leaves(bo.reason)] == [False, True, True]
        assert leaves(shop.segments.why("fan", "cecilia").reason) == [("traits.orders >= 2", False, 1.0)]
        assert not shop.segments.why("fan", "cecilia").inside
        with pytest.raises(QuestionError, match="no customer is called so"):
            shop.segments.why("either", "nobody")


def test_on_the_command_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "list.csv"
    assert run(["segments", "export", "either", "-o", str(target), "-w", str(folder)]) == 0
    assert '"\'=bo()"' in target.read_text(encoding="utf-8")
    assert run(["customer", "why", "=bo()", "either", "--format", "json", "-w", str(folder)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["inside"], said["reason"]["kind"]) == (True, "any")
    assert run(["--language", "sv", "segments", "show", "regulars", "-w", str(folder)]) == 0
    assert "1 kund, 33 % av alla, per 2026-05-21 12:00" in capsys.readouterr().out.replace("\xa0", " ")
    assert run(["segments", "list", "--format", "json", "-w", str(folder)]) == 0
    assert [row["customers"] for row in json.loads(capsys.readouterr().out)] == [1, 1, 2]
    assert run(["segments", "changes", "regulars", "-w", str(folder)]) == 0
    assert "nobody entered or left yet" in capsys.readouterr().err


def test_an_edit_of_the_files_counts_at_once(folder: Path) -> None:
    segments = folder / "segments.yaml"
    segments.write_text(SEGMENTS.replace(">= 2 and", ">= 1 and"), encoding="utf-8")
    try:
        with resa.open(folder) as shop:
            assert shop.segments.show("regulars").customers == 2
        segments.write_text("regulars: traits.orders >=", encoding="utf-8")
        with resa.open(folder) as shop, pytest.raises(MapError):
            shop.segments.all()
    finally:
        segments.write_text(SEGMENTS, encoding="utf-8")


def test_without_data_nobody_is_in(tmp_path: Path) -> None:
    for name, text in {"journey.yaml": MAP, "segments.yaml": SEGMENTS, "traits.yaml": TRAITS}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with resa.open(tmp_path) as shop:
        assert [(figure.customers, figure.share, figure.counted_at) for figure in shop.segments.all()] == [
            (0, None, None)
        ] * 3
        assert shop.segments.members("waiting").num_rows == 0
