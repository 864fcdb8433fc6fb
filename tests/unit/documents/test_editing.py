"""Changes to a document leave every other byte as it was."""

from __future__ import annotations

import pytest

from resa.base.errors import InputError
from resa.documents import Change, edit, read_document

TEXT = """# top
title:   Old name    # stays
empty:
list:
    - one   # first
    - two
flow: {a: 1, b: [x, y]}
block: |
  text
  more
nested:
  # inside
  key: value

  last: end
"""


def change(*changes: Change, text: str = TEXT) -> str:
    return edit(read_document("x.yaml", text), changes)


@pytest.mark.parametrize(
    ("made", "before", "after"),
    [
        (Change.set(("title",), "New: name"), "title:   Old name    #", 'title:   "New: name"    #'),
        (Change.set(("title",), "no"), "Old name", '"no"'),
        (Change.set(("title",), 3), "Old name", "3"),
        (Change.set(("title",), None), "Old name", "null"),
        (Change.set(("title",), True), "Old name", "true"),
        (Change.set(("empty",), "full"), "empty:\n", "empty: full\n"),
        (Change.set(("list", 1), "2"), "- two", '- "2"'),
        (Change.set(("flow", "b"), ["z", "a, b"]), "[x, y]", '[z, "a, b"]'),
        (Change.set(("flow", "c"), "new"), "[x, y]}", "[x, y], c: new}"),
        (Change.set(("nested", "new"), "x"), "  last: end\n", "  last: end\n  new: x\n"),
        (Change.set(("block",), "line"), "|\n  text\n  more\n", "line\n"),
        (Change.append(("list",), "three"), "    - two\n", "    - two\n    - three\n"),
        (Change.append(("flow", "b"), "z"), "[x, y]", "[x, y, z]"),
        (Change.remove(("nested", "key")), "  key: value\n", ""),
        (Change.remove(("list", 0)), "    - one   # first\n", ""),
        (Change.remove(("flow", "a")), "a: 1, ", ""),
        (Change.remove(("flow", "b")), ", b: [x, y]", ""),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_one_change_touches_one_place(made: Change, before: str, after: str, ending: str) -> None:
    text = TEXT.replace("\n", ending)
    before, after = before.replace("\n", ending), after.replace("\n", ending)
    assert text.count(before) == 1
    assert change(made, text=text) == text.replace(before, after)


def test_several_changes_are_made_at_once() -> None:
    text = change(Change.set(("title",), "T"), Change.append(("list",), "three"), Change.remove(("flow",)))
    assert read_document("x", text).data["title"] == "T"
    assert read_document("x", text).data["list"] == ["one", "two", "three"]
    assert "flow" not in read_document("x", text).data


def test_setting_what_stands_there_changes_nothing() -> None:
    assert change(Change.set(("title",), "Old name"), Change.set(("flow", "b"), ["x", "y"])) == TEXT


@pytest.mark.parametrize(
    "made",
    [
        Change.remove(("no",)),
        Change.remove(("list", 9)),
        Change.set(("title", "inside"), 1),
        Change.set(("nope", "inside"), 1),
        Change.set(("nested",), "scalar"),
        Change.append(("title",), "x"),
        Change.set((), 1),
    ],
)
def test_what_cannot_be_changed_is_said(made: Change) -> None:
    with pytest.raises(InputError):
        change(made)


def test_a_text_without_a_last_line_end() -> None:
    assert change(Change.set(("b",), 2), text="a: 1") == "a: 1\nb: 2"


def test_an_item_that_is_a_mapping_can_lose_its_first_key() -> None:
    assert change(Change.remove(("l", 0, "a")), text="l:\n  - a: 1\n    b: 2\n") == "l:\n  - b: 2\n"
