"""What Resa writes is opened by LibreOffice, saved by it, and looked at."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.support.drawing_maps import FULL, NUMBERS, words
from tests.support.office import converted
from tests.support.written_maps import documents, text_of

from resa.drawing import PAPERS, Paper, draw_map
from resa.exchange import import_map, workbook
from resa.journey_map import load_texts
from resa.model.journey import JourneyMap

PROJECT = Path(__file__).resolve().parents[3]
RETAIL = (PROJECT / "src/resa/workspace_templates/retail/journey.yaml").read_text(encoding="utf-8")
SKETCH = (PROJECT / "tests/unit/journey_map/design_sketch.yaml").read_text(encoding="utf-8")


def _map(text: str) -> JourneyMap:
    return load_texts({"journey.yaml": text}).maps["journey"]


def _drawn(examples: int) -> list[str]:
    """Files with everything in them."""
    found: list[str] = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(documents())
    def draw(document: dict[str, object]) -> None:
        found.append(text_of(document))

    draw()
    return found


@pytest.mark.parametrize("examples", [6, pytest.param(400, marks=pytest.mark.nightly)])
def test_a_workbook_saved_by_libreoffice_is_the_same_map(examples: int, tmp_path: Path) -> None:
    texts = [RETAIL, SKETCH, *_drawn(examples)]
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"wall{number}.xlsx")
        files[-1].write_bytes(workbook(_map(text), text))
    for text, file, saved in zip(texts, files, converted(files, "xlsx", tmp_path), strict=True):
        imported = import_map(saved.read_bytes(), "wall.xlsx")
        assert imported.problems == ()
        assert replace(imported.map, hash="") == replace(_map(text), hash=""), text
        assert imported.text == import_map(file.read_bytes(), "wall.xlsx").text


def test_what_a_person_changes_in_libreoffice_is_read(tmp_path: Path) -> None:
    """A cell, a note and a column more, as a spreadsheet program writes them."""
    (tmp_path / "wall.xlsx").write_bytes(workbook(_map(SKETCH), SKETCH))
    (saved,) = converted([tmp_path / "wall.xlsx"], "xlsx", tmp_path)
    book = openpyxl.load_workbook(saved)
    sheet = book["Wall"]
    lanes = {sheet.cell(row, 1).value: row for row in range(1, sheet.max_row + 1)}
    sheet.cell(lanes["Actions"], 3).value += "\n- Asks a friend."
    sheet.cell(lanes["Actions"], 3).comment = openpyxl.comments.Comment("2. Seen in the store", "Ann")
    last = sheet.max_column + 1
    sheet.cell(2, last).value = "Writes a review"
    sheet.cell(lanes["Emotion now"], last).value = 2
    book.save(saved)
    imported = import_map(saved.read_bytes(), "wall.xlsx")
    assert imported.problems == ()
    assert imported.map.touchpoint["product_page"].actions == ("Compares blends.", "Asks a friend.")
    assert "      - Asks a friend.  # Seen in the store\n" in imported.text
    assert imported.map.touchpoint["writes_a_review"].emotion.now == 2
    assert imported.map.stages[-1].touchpoints == ("recommends", "writes_a_review")


def test_csv_saved_by_libreoffice_is_a_grid(tmp_path: Path) -> None:
    (tmp_path / "wall.xlsx").write_bytes(workbook(_map(SKETCH), SKETCH))
    (saved,) = converted([tmp_path / "wall.xlsx"], "csv", tmp_path)
    imported = import_map(saved.read_bytes(), "wall.csv")
    assert [stage.touchpoints for stage in imported.map.stages] == [stage.touchpoints for stage in _map(SKETCH).stages]
    assert imported.map.touchpoint["product_page"].emotion == _map(SKETCH).touchpoint["product_page"].emotion


@pytest.mark.parametrize("paper", [None, "A3", "16:9"])
def test_slides_open_and_say_all_that_the_picture_says(paper: Paper | None, tmp_path: Path) -> None:
    picture = draw_map(FULL, NUMBERS)
    (tmp_path / "map.pptx").write_bytes(picture.pptx(paper))
    (pdf,) = converted([tmp_path / "map.pptx"], "pdf", tmp_path)
    scenes = picture.sheets(paper) if paper and picture.sheets else (picture.scene,)
    assert _letters(_run("pdftotext", pdf, "-")) == _letters(" ".join(words(scene) for scene in scenes))
    sizes = re.findall(r"Page +\d+ size: +([\d.]+) x ([\d.]+)", _run("pdfinfo", "-l", "99", pdf))
    wanted = PAPERS[paper] if paper else (picture.width * 0.75, picture.height * 0.75)
    assert len(sizes) == len(scenes)
    assert [round(float(length) - wish) for size in sizes for length, wish in zip(size, wanted, strict=True)] == [
        0 for _ in scenes for _ in wanted
    ]


def _run(*command: str | Path) -> str:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=True).stdout


def _letters(text: str) -> list[str]:
    """All letters, sorted: programs read what stands beside each other in another order, and join f and i."""
    return sorted(re.sub(r"\W+", "", unicodedata.normalize("NFKC", text)))
