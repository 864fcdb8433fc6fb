"""One customer, from the files to the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import resa
from resa.base.errors import QuestionError
from resa.cli.app import run

MAP = """
title: A shop
stages: {conversion: [cart, purchase]}
personas: {fan: {about: Buys much.}}
touchpoints:
  cart: {expect: {next: purchase, within: 3 days}}
signals:
  cart: {event: cart}
  purchase: {event: order, value: properties.total}
  fan: {who: traits.orders >= 2}
"""
EVENTS = """time,user_id,event,total,source
2026-05-04T10:00:00Z,anna,cart,,web
2026-05-04T10:20:00Z,anna,order,12.5,web
2026-05-06T09:00:00Z,anna,cart,,app
2026-05-05T09:00:00Z,bo,\u001bcart,,web
"""
MEMBERS = """user_id,orders,town,recorded
anna,1,Uppsala,2026-05-01T00:00:00Z
anna,2,,2026-05-05T00:00:00Z
bo,0,Lund,2026-05-01T00:00:00Z
"""
SOURCES = {
    "events": """
path: events.csv
columns: {occurred_at: time, identifiers: {user_id: user_id}, event: event, channel: source}
""",
    "members": """
path: members.csv
kind: customers
columns:
  recorded_at: recorded
  identifiers: {user_id: user_id}
  traits: {orders: {column: orders, type: number}, town: town}
""",
}


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "members.csv").write_text(MEMBERS)
    (tmp_path / "sources").mkdir()
    for name, source in SOURCES.items():
        (tmp_path / "sources" / f"{name}.yaml").write_text(source)
    assert run(["collect", "-w", str(tmp_path)]) == 0
    capsys.readouterr()
    return tmp_path


def shown(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["customer", "show", *arguments, "-w", str(folder)]) == 0
    return capsys.readouterr().out


def test_a_customer_is_shown_with_what_who_said_when(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(folder, capsys, "anna")
    assert said.splitlines()[:4] == ["user_id anna", "3 events, 3 visits", "last visit: cart", "persona: fan"]
    rows = [line.split() for line in said.splitlines()]
    assert ["orders", "2", "members", "2026-05-05", "00:00:00", "1"] in rows
    assert ["town", "Uppsala", "members", "2026-05-01", "00:00:00"] in rows
    assert ["cart.purchase", "2026-05-06", "09:00:00", "2026-05-09", "09:00:00"] in rows
    assert "newest first (3 of 3)" in said
    assert "newest first (1 of 3)" in shown(folder, capsys, "anna", "--newest", "1")


def test_in_python_and_as_json_everything_is_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(shown(folder, capsys, "anna", "--format", "json"))
    assert [event["at"] for event in document["timeline"]] == [
        "2026-05-06T09:00:00Z",
        "2026-05-04T10:20:00Z",
        "2026-05-04T10:00:00Z",
    ]
    assert [opening["outcome"] for opening in document["openings"]] == ["open", "met"]
    with resa.open(folder) as shop:
        profile = shop.customer("anna")
        assert {trait.name: trait.value for trait in profile.traits} == {"orders": 2, "town": "Uppsala"}
        assert [trait.value for trait in profile.traits[0].before] == [1]
        assert shop.customer("bo", kind="user_id").seen.personas == ()
        for value, kind in (("cecilia", None), ("anna", "email")):
            with pytest.raises(QuestionError, match="no customer is called so"):
                shop.customer(value, kind=kind)


def test_what_strangers_wrote_commands_no_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(folder, capsys, "bo")
    assert "\u001b" not in said
    assert "\N{REPLACEMENT CHARACTER}cart" in said


def test_two_who_are_called_alike_are_told_apart_by_kind(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "cards.csv").write_text("time,card,event\n2026-05-04T10:00:00Z,anna,cart\n")
    (folder / "sources" / "cards.yaml").write_text(
        "path: cards.csv\ncolumns: {occurred_at: time, identifiers: {loyalty_card: card}, event: event}\n"
    )
    assert run(["collect", "-w", str(folder)]) == 0
    assert run(["customer", "show", "anna", "-w", str(folder)]) == 1
    assert "say which with --kind: loyalty_card, user_id" in capsys.readouterr().err
    assert shown(folder, capsys, "anna", "--kind", "loyalty_card").startswith("loyalty_card ANNA\n1 event, 1 visit\n")
