"""What was renamed keeps its history, and every version of a map that was taken into use can be read again."""

from __future__ import annotations

from pathlib import Path

import pytest

import resa
from resa.cli.app import run

MAP = """title: A shop
stages: {conversion: [basket, purchase]}
touchpoints:
  basket:
    expect: {next: purchase, within: 1 hour, target: 60 %, owner: Ali}
"""
SIGNALS = "basket: {event: cart}\npurchase: {event: order}\n"
EVENTS = """time,customer,event
2026-05-04T10:00:00Z,anna,cart
2026-05-04T10:20:00Z,anna,order
2026-05-05T09:00:00Z,bo,cart
2026-05-06T09:00:00Z,bo,order
"""
ANSWERS = "time,customer,touchpoint,stars\n2026-05-04T11:00:00Z,anna,Basket,5\n2026-05-05T11:00:00Z,bo,Basket,4\n"


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    for name, text in (("journey.yaml", MAP), ("signals.yaml", SIGNALS)):
        (tmp_path / name).write_text(text)
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "answers.csv").write_text(ANSWERS)
    assert run(["collect", str(tmp_path / "events.csv"), "--yes", "-w", str(tmp_path)]) == 0
    feedback = ["--kind", "feedback", "--as", "scale=1-5", "--as", "score=stars", "--yes"]
    assert run(["collect", str(tmp_path / "answers.csv"), *feedback, "-w", str(tmp_path)]) == 0
    capsys.readouterr()
    return tmp_path


def rename(folder: Path) -> None:
    told = MAP.replace("[basket", "[cart").replace("  basket:\n", "  cart:\n    was: basket\n")
    (folder / "journey.yaml").write_text(told)
    (folder / "signals.yaml").write_text(SIGNALS.replace("basket", "cart"))


def test_questions_and_answers_that_use_the_former_name_are_understood(folder: Path) -> None:
    with resa.open(folder) as shop:
        assert shop.measure.funnel(["Basket", "purchase"]).table.column("customers").to_pylist() == [2, 2]
    rename(folder)
    with resa.open(folder) as shop:
        assert shop.measure.funnel(["basket", "purchase"]).table.column("customers").to_pylist() == [2, 2]
        arrows = shop.measure.expectations("basket.purchase").table
        assert arrows.column("expectation").to_pylist() == ["cart.purchase"]
        trend = shop.measure.trend("basket", every="week")
        assert "<svg" in trend.picture()
        assert trend.table.equals(shop.measure.trend("cart", every="week").table)
        assert "4.5 of 5" in shop.report().html
        assert [problem.code for problem in shop.advice() if "feedback" in problem.code] == []


def test_versions_hold_all_files_of_the_map(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rename(folder)
    with resa.open(folder) as shop:
        _ = shop.measure
        first, second = shop.map_versions()
        assert first.at <= second.at
    assert run(["map", "versions", "-w", str(folder)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["1", "2"]
    assert run(["map", "versions", "1", "-o", str(folder / "old"), "-w", str(folder)]) == 0
    assert (folder / "old" / "journey.yaml").read_text() == MAP
    assert (folder / "old" / "signals.yaml").read_text() == SIGNALS
    assert run(["map", "versions", "2", "-w", str(folder)]) == 0
    assert "was: basket" in capsys.readouterr().out
    assert run(["map", "versions", "1", "-o", str(folder / "old"), "-w", str(folder)]) == 1
    assert run(["map", "versions", "3", "-w", str(folder)]) == 1
    assert "there is no version 3" in capsys.readouterr().err
