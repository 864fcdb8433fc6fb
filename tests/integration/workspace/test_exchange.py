"""Maps out of a workspace and into it: the same in Python and on the command line."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pptx import Presentation

import resa
from resa.cli.app import run
from resa.exchange import import_file
from resa.journey_map import load_maps
from resa.workspace import create


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    create(tmp_path / "shop", template="retail", language="en")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "shop"


def test_a_map_goes_out_and_comes_in_under_another_name(folder: Path) -> None:
    with resa.open(folder) as shop:
        before = shop.map()
        assert shop.export("wall.xlsx") == Path("wall.xlsx")
        assert import_file(Path("wall.xlsx"), folder / "journeys" / "copy.yaml").problems == ()
    copy = load_maps(folder).map("copy")
    beside: dict[str, Any] = {"hash": "", "file": "", "key": "", "segments": ()}  # whose are those of the other file
    assert replace(copy, **beside) == replace(before, **beside)


def test_slides_are_laid_out_for_a_screen(folder: Path) -> None:
    with resa.open(folder) as shop:
        shop.export("wall.pptx", paper="16:9")
        version = shop.map().hash[:8]
    slides = Presentation("wall.pptx").slides
    assert len(slides) > 1
    assert f"journey.yaml {version}" in slides[0].notes_slide.notes_text_frame.text


def test_what_stands_beside_the_map_counts(folder: Path) -> None:
    """Who a persona is stands in signals.yaml: it goes into no workbook, and is not said twice afterwards."""
    who = load_maps(folder).map().persona["family"].who
    assert who
    assert run(["map", "export", "-w", str(folder), "-o", "wall.xlsx"]) == 0
    book = openpyxl.load_workbook("wall.xlsx")
    assert who not in str(list(book["Personas"].values))
    assert run(["map", "import", "wall.xlsx", "-w", str(folder), "--replace"]) == 0
    loaded = load_maps(folder)
    assert loaded.errors == ()
    assert loaded.map().persona["family"].who == who


def test_nothing_is_written_over_unless_it_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (folder / "journey.yaml").read_bytes()
    assert run(["map", "export", "-w", str(folder), "-o", "wall.csv"]) == 0
    assert run(["map", "import", "wall.csv", "-w", str(folder)]) == 1
    assert "add --replace" in capsys.readouterr().err
    assert (folder / "journey.yaml").read_bytes() == text
    assert run(["map", "import", "wall.csv", "-w", str(folder), "-o", str(folder / "journeys" / "two.yaml")]) == 0
    assert set(load_maps(folder).maps) == {"journey", "two"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "wall.xls"], "did you mean 'xlsx'"),
        (["-o", "wall.xlsx", "--persona", "family"], "--persona is about pictures"),
        (["-o", "wall.csv", "--paper", "A3"], "--paper is about pictures"),
        (["-o", "wall.png", "--paper", "A3"], "a PDF or slides"),
        (["-o", "wall.pptx", "--paper", "B5"], "no paper we lay out for"),
        (["-o", "wall.pptx", "--as-of", "2026-01-01"], "add --measured"),
    ],
)
def test_what_does_not_go_together_is_said(
    options: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["map", "export", "-w", str(folder), *options]) == 1
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list(Path().glob("wall.*"))


def test_every_problem_is_printed_with_its_cell_and_the_rest_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    book = openpyxl.Workbook()
    for row in (["Stage", "Buy", "Use"], ["Touchpoint", "Cart", "App"], ["Emotion", "grim", -1], ["KPI", 3, None]):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    Path("wall.xlsx").write_bytes(target.getvalue())
    assert run(["map", "import", "wall.xlsx"]) == 0
    told = capsys.readouterr().err
    assert "wall.xlsx:Sheet!B3 warning: 'grim'" in told
    assert "wall.xlsx:Sheet!A4 warning: 'KPI'" in told
    assert "2 things to look at" in told
    assert load_maps(tmp_path).map().touchpoint["app"].emotion.now == -1
