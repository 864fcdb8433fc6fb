"""What stands in the sheets: nothing that a spreadsheet runs, everything where a reader looks for it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from resa.base.errors import InputError
from resa.documents import Path as Place
from resa.exchange import export_map, import_map, long_csv, workbook
from resa.exchange.cells import join_thoughts, pain_point, split_thoughts, tagged
from resa.exchange.comments import note_lines, notes, read_comments
from resa.journey_map import load_texts
from resa.model.journey import JourneyMap

SKETCH = (Path(__file__).parents[1] / "journey_map" / "design_sketch.yaml").read_text(encoding="utf-8")
HOSTILE = """\
title: '=HYPERLINK("http://a.b", "x")'
stages: {buy: [cart]}
touchpoints:
  cart:
    owner: "@SUM(A1)"
    actions:
      - =1+1
      - +46 70 123
    backstage:
      - https://example.org/a
"""


def _map(text: str) -> JourneyMap:
    loaded = load_texts({"journey.yaml": text})
    assert not loaded.errors
    return loaded.maps["journey"]


def _opened(text: str) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(_map(text), text)))


def test_no_text_is_ever_a_formula_or_a_link() -> None:
    data = workbook(_map(HOSTILE), HOSTILE)
    for sheet in openpyxl.load_workbook(io.BytesIO(data)):
        for row in sheet.iter_rows():
            assert {cell.data_type for cell in row} <= {"s", "n"}
            assert not [cell for cell in row if cell.hyperlink]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert not [name for name in packed.namelist() if b"<f>" in packed.read(name) or "external" in name]


def test_a_text_that_a_spreadsheet_would_run_is_guarded_in_csv_and_comes_back_as_it_was() -> None:
    data = long_csv(_map(HOSTILE), HOSTILE)
    assert data.startswith(b"\xef\xbb\xbf")
    values = [row["value"] for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))]
    assert not [value for value in values if value[:1] in {"=", "+", "@", "-"}]
    assert import_map(data, "wall.csv").map.touchpoint["cart"].actions == ("=1+1", "+46 70 123")


def test_the_wall_is_a_grid_that_can_be_read_and_printed() -> None:
    sheet = _opened(SKETCH)["Wall"]
    assert [sheet.cell(1, column).value for column in range(1, 6)] == [
        *("Stage", "Awareness", "Consideration", None, "Conversion")
    ]
    assert sheet["A2"].value == "Touchpoint"
    assert "C1:D1" in {str(area) for area in sheet.merged_cells.ranges}
    assert sheet.freeze_panes == "B3"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 8)
    assert sheet["C5"].alignment.wrap_text
    lanes = {sheet.cell(row, 1).value: [cell.value for cell in sheet[row]][1:] for row in range(3, sheet.max_row + 1)}
    assert lanes["Emotion now (Gift buyer)"][1] == -2
    assert lanes["Moment of truth"][4] == "yes"
    assert lanes["Pain points"][1] == (
        "The delivery date is shown late. [source: 14 interviews, May 2026] [shown by: product_page.cart] "
        "[improvement: early_date]"
    )
    assert lanes["Name in the file"][1] == "product_page"


def test_headings_are_in_the_language_of_the_map() -> None:
    book = _opened(SKETCH.replace("language: en", "language: sv"))
    assert book.sheetnames[:3] == ["Vägg", "Förväntningar", "Personor"]
    assert "Smärtpunkter" in [row[0].value for row in book["Vägg"].iter_rows()]
    assert "källa: 14 interviews" in str(list(book["Vägg"].values))


def test_comments_are_notes() -> None:
    text = SKETCH.replace(
        "      - Compares blends.", "      # seen twice\n      - Compares blends.  # by Ann\n      - Asks.  # x"
    )
    sheet = _opened(text)["Wall"]
    cell = next(row[2] for row in sheet.iter_rows() if row[0].value == "Actions")
    assert cell.comment.text == "1. seen twice\n1. by Ann\n2. x"


def test_signals_and_reactions_are_kept_word_for_word() -> None:
    imported = import_map(workbook(_map(SKETCH), SKETCH), "wall.xlsx")
    assert imported.text.endswith(SKETCH[SKETCH.index("# 3 HOW WE SEE IT") :].rstrip() + "\n")
    assert imported.map.reactions == _map(SKETCH).reactions


def test_a_signal_of_a_column_that_was_taken_away_becomes_a_comment() -> None:
    book = _opened("stages: {a: [cart, paid]}\nsignals:\n  cart: {event: c}\n  paid: {event: p}\n")
    book["Wall"].delete_cols(3)
    target = io.BytesIO()
    book.save(target)
    imported = import_map(target.getvalue(), "wall.xlsx")
    assert imported.text.endswith("signals:\n  cart: {event: c}\n#   paid: {event: p}\n")
    assert [one.code for one in imported.problems] == ["unknown-touchpoint"]


def test_a_text_that_no_cell_can_hold_is_refused_with_its_cell() -> None:
    text = f"stages: {{a: [cart]}}\ntouchpoints: {{cart: {{owner: {'x' * 40_000}}}}}\n"
    with pytest.raises(InputError, match=r"Wall!B\d+ a cell of Excel holds 32,767 letters"):
        workbook(_map(text), text)
    assert import_map(long_csv(_map(text), text), "w.csv").map.touchpoint["cart"].owner == "x" * 40_000


def test_an_unknown_ending_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"did you mean 'xlsx'"):
        export_map("xls", _map(HOSTILE), HOSTILE, lambda: pytest.fail("nothing is drawn"))


@pytest.mark.parametrize(
    "thoughts",
    [["one"], ["one", "two"], ["- dash", "• dot"], ["two\nlines", "three"], ["a\n- b"], ["a\n\nb"], ["•"]],
)
def test_thoughts_in_a_cell_come_out_as_they_went_in(thoughts: list[str]) -> None:
    assert split_thoughts(join_thoughts(thoughts)) == thoughts


def test_bullets_of_every_kind_are_taken_away() -> None:
    assert split_thoughts("• one\r\n- two\n–three\n\n  * four  \n1 five") == ["one", "two", "three", "four", "1 five"]


@pytest.mark.parametrize(
    "said",
    [
        {"text": "Late."},
        {"text": "Late.", "source": "9 [nine] interviews\\", "improvement": "early"},
        {"text": "Ends [source: x]"},
        {"text": "Ends \\]", "source": "s"},
        {"text": "[källa: x]", "shown_by": "a.b"},
    ],
)
def test_what_is_known_of_a_pain_point_comes_out_as_it_went_in(said: dict[str, str]) -> None:
    for language in ("en", "sv", "nb", "hu"):
        assert tagged(pain_point(said, language)) == said


def test_a_comment_belongs_to_what_it_stands_beside() -> None:
    text = (
        "# of the file\n\n# of the title\ntitle: A  # too\nstages:  # wall\n  a: [b]\n\ntouchpoints:\n  # of b\n  b:\n"
        "    actions:\n      - One  # first\n      # above\n      - Two\n      - |\n        # no comment\n"
    )
    assert read_comments(text) == {
        ("title",): ("of the title", "too"),
        ("stages",): ("wall",),
        ("touchpoints", "b"): ("of b",),
        ("touchpoints", "b", "actions", 0): ("first",),
        ("touchpoints", "b", "actions", 1): ("above",),
    }


@pytest.mark.parametrize("items", [0, 1, 3])
def test_notes_are_the_comments_again(items: int) -> None:
    cell = ("touchpoints", "b", "actions")
    comments: dict[Place, tuple[str, ...]] = {
        cell: ("whole", "2. numbered"),
        **{(*cell, n): (f"item {n}", "1. x") for n in range(items)},
    }
    (note,) = notes(comments, {cell: items}).values()
    assert note_lines(note, cell, items) == {path: list(lines) for path, lines in comments.items()}


def test_a_persona_whose_name_is_a_sign_keeps_what_differs_for_her() -> None:
    text = """\
stages: {buy: [cart]}
personas: {anna: {name: ´}}
touchpoints:
  cart:
    actions: [Pays.]
    for: {anna: {actions: [Waits.]}}
"""
    imported = import_map(workbook(_map(text), text), "wall.xlsx")
    assert imported.problems == ()
    assert imported.map.touchpoints == _map(text).touchpoints
