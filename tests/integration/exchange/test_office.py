"""What Resa writes is opened by LibreOffice, saved by it, and looked at."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from dataclasses import replace
from itertools import product
from pathlib import Path

import openpyxl
import pytest
from fontTools.ttLib import TTFont
from hypothesis import HealthCheck, Phase, given, settings
from tests.support.drawing_maps import FULL, NUMBERS, words
from tests.support.office import converted
from tests.support.written_maps import documents, text_of

from resa.base.language import LANGUAGES
from resa.drawing import PAPERS, Paper, draw_map
from resa.drawing.arial import arial_width
from resa.drawing.fonts import LATIN
from resa.drawing.scene import Box
from resa.exchange import import_map, workbook
from resa.journey_map import load_texts
from resa.model.journey import JourneyMap
from resa.workspace import create, templates
from resa.workspace import open as opened

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


@pytest.mark.parametrize("examples", [3, pytest.param(400, marks=pytest.mark.nightly)])
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


@pytest.mark.parametrize(
    ("template", "language"),
    [
        ("retail", "hu"),
        *(
            pytest.param(*each, marks=pytest.mark.nightly)
            for each in product(templates(), LANGUAGES)
            if each != ("retail", "hu")
        ),
    ],
)
def test_no_text_of_a_slide_lies_on_another(template: str, language: str, tmp_path: Path) -> None:
    """With the fonts that are here, not the one that was measured."""
    create(tmp_path / "shop", template=template, language=language)
    with opened(tmp_path / "shop") as shop:
        (tmp_path / "map.pptx").write_bytes(shop.draw().pptx("16:9"))
    (pdf,) = converted([tmp_path / "map.pptx"], "pdf", tmp_path)
    pages = re.findall(r"<page.*?</page>", _run("pdftotext", "-bbox", pdf, "-"), re.DOTALL)
    assert len(pages) > 3
    for page in pages:
        size = [float(length) for length in re.findall(r'(?:width|height)="([\d.]+)"', page)[:2]]
        boxes = [
            (Box(*map(float, place)), word)
            for *place, word in re.findall(r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)<', page)
        ]
        # A word's box is as high as the font allows, and reaches into the lines above and below.
        inner = [(replace(box, top=box.top + 2, bottom=box.bottom - 2), word) for box, word in boxes]
        assert [word for box, word in inner if not Box(0, 0, *size).holds(box)] == []
        assert [
            (word, other)
            for number, (box, word) in enumerate(inner)
            for place, other in inner[number + 1 :]
            if box.overlaps(place, slack=0.5)
        ] == []


@pytest.mark.parametrize(("style", "bold"), [("Regular", False), ("Bold", True), ("Italic", False)])
def test_arial_is_as_wide_as_the_font_that_stands_for_it(style: str, bold: bool) -> None:
    file = _run("fc-match", "-f", "%{file}", f"Arial:style={style}")
    if "Liberation" not in file and "Arial" not in file:
        pytest.skip("no font of Arial's widths is installed")
    font = TTFont(file)
    glyphs, metrics, units = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    wider = {
        letter: arial_width(letter, 1, bold=bold) - metrics[glyphs[ord(letter)]][0] / units
        for letter in LATIN + "·•→←−×“”„ő"
        if ord(letter) in glyphs
        and letter not in "ďľťĺŀ\u00ad"  # whose accent stands beside them, or no letter at all
        and arial_width(letter, 1, bold=bold) < 0.99  # of rare ones, only that they are no wider is known
    }
    assert len(wider) > 200
    assert {letter for letter, by in wider.items() if by < -0.001} == set()
    # Versions of these fonts differ in some, and the widest counts.
    assert {letter for letter, by in wider.items() if by > 0.001} <= set("·\u202f\u2009ĩīĭ")


def _run(*command: str | Path) -> str:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=True).stdout


def _letters(text: str) -> list[str]:
    """All letters, sorted: programs read what stands beside each other in another order, and join f and i."""
    return sorted(re.sub(r"\W+", "", unicodedata.normalize("NFKC", text)))
