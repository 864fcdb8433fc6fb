"""What people do who have never used Resa: each mistake has an answer that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from resa.cli.app import run

MAP = """
title: Butiken
stages:
  sale: [page, cart]
"""
EXPORT = "Kund nr;Datum;Händelse;Belopp (kr)\n1001;2026-09-01 09:00;page;\n1001;2026-09-01 09:30;cart;289,50\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "web export.csv").write_text(EXPORT, encoding="utf-8-sig")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("check", 2, "Did you mean 'map check'"),
        ("measure funel cart", 2, "did you mean 'funnel'"),
        ("measure funnel page cart", 0, "Nothing is collected yet"),
        ("map draw -o map", 1, "it has none"),
        ("collect web export.csv", 1, 'resa collect "web export.csv"'),
        ("collect journey.yaml other.csv", 1, "'journey.yaml' is new: collect new files one at a time"),
    ],
)
def test_a_natural_mistake_is_answered(capfd: pytest.CaptureFixture[str], words: str, code: int, said: str) -> None:
    assert run(words.split()) == code
    out, err = capfd.readouterr()
    shown = " ".join((out + err).replace("│", " ").split())
    assert said in shown
    assert "Value error" not in shown


def test_a_first_export_of_ones_own_is_understood_and_may_be_collected_again_by_its_name(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["collect", "web export.csv", "--yes"]) == 0
    written = (folder / "sources" / "web_export.yaml").read_text(encoding="utf-8")
    assert "customer: Kund nr" in written
    assert "value: Belopp (kr)" in written.replace("{column: ", "")
    capfd.readouterr()
    assert run(["collect", "web export.csv"]) == 0
    assert "unchanged, left alone" in capfd.readouterr().err
    assert run(["measure", "funnel", "page", "cart", "-o", "answer.xlsx"]) == 0
    assert "wrote answer.xlsx" in capfd.readouterr().err
    assert run(["map", "check"]) == 0
    assert "no signal says which of them show 'page'" in capfd.readouterr().err
    assert run(["measure", "funnel", "page", "cart"]) == 0
    assert "No signal says which events show which touchpoint" in "".join(capfd.readouterr())


@pytest.mark.usefixtures("folder")
def test_a_picture_is_not_poured_over_the_screen(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(["map", "draw"]) == 1
    assert "-o map.svg" in capfd.readouterr().err
