"""Saying something else leaves every other byte as it was."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from resa.base.errors import InputError
from resa.documents import read_document, rewrite

TEXT = """# top
title:   Old name    # stays
feeling: +1
quoted: 'a text'
empty:
list:
    - one   # first
    # between
    - two
flow: {a: 1, b: [x, y]}
block: |
  text
  more
nested:
  # inside
  key: value

  # before the last
  last: end
items:
  - name: first
    more: 1
  - name: second   # its note
    deep:
      - a
      - b
"""


def said(path: str, value: Any, text: str = TEXT) -> str:
    """The text with another value at a path; `...` takes it away."""
    document = read_document("x.yaml", text)
    data = copy.deepcopy(document.data)
    parent, steps = data, [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps[:-1]:
        parent = parent[step]
    if value is ...:
        del parent[steps[-1]]
    elif isinstance(parent, list) and steps[-1] == len(parent):
        parent.append(value)
    else:
        parent[steps[-1]] = value
    changed = rewrite(document, data)
    assert read_document("x.yaml", changed).data == json.loads(json.dumps(data))
    return changed


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        ("title", "New: name", "title:   Old name    #", 'title:   "New: name"    #'),
        ("title", "no", "Old name", '"no"'),
        ("title", 3, "Old name", "3"),
        ("title", None, "Old name", "null"),
        ("title", True, "Old name", "true"),
        ("title", ("a", "b"), "Old name", "[a, b]"),
        ("title", ["a", "b"], "title:   Old name    # stays", "title:\n  - a\n  - b    # stays"),
        ("feeling", 2, "+1", "+2"),
        ("feeling", -2, "+1", "-2"),
        ("quoted", "other", "'a text'", '"other"'),
        ("empty", "full", "empty:\n", "empty: full\n"),
        ("empty", ["Long thoughts.", "Two."], "empty:\n", "empty:\n  - Long thoughts.\n  - Two.\n"),
        ("list.1", "2", "- two", '- "2"'),
        ("list.2", "three", "    - two\n", "    - two\n    - three\n"),
        ("list.0", ..., "    - one   # first\n", ""),
        ("list.1", ..., "    - two\n", ""),
        ("list", ["new", "one", "two"], "    - one   #", "    - new\n    - one   #"),
        ("list", ["one", "new", "two"], "# first\n", "# first\n    - new\n"),
        ("list", [], "list:\n    - one   # first\n    # between\n    - two\n", "list: []\n"),
        ("flow.b", ["z", "a, b"], "[x, y]", '[z, "a, b"]'),
        ("flow.b", ["x", "y", "z"], "[x, y]", "[x, y, z]"),
        ("flow.b", ["w", "x", "y"], "[x, y]", "[w, x, y]"),
        ("flow.c", "new", "[x, y]}", "[x, y], c: new}"),
        ("flow.a", ..., "a: 1, ", ""),
        ("flow.b", ..., ", b: [x, y]", ""),
        ("flow.b.0", ..., "x, ", ""),
        ("nested.new", "x", "  last: end\n", "  last: end\n  new: x\n"),
        ("nested.new", {"deep": ["Some words.", {"a": "b c"}]}, "  last: end\n",
         "  last: end\n  new:\n    deep:\n      - Some words.\n      - a: b c\n"),
        ("nested.key", ..., "  key: value\n", ""),
        ("nested", "flat", "nested:\n  # inside\n  key: value\n\n  # before the last\n  last: end\n", "nested: flat\n"),
        ("block", "line", "|\n  text\n  more\n", "line\n"),
        ("items.0.name", ..., "- name: first\n    more: 1", "- more: 1"),
        ("items.1.deep.2", "c", "      - b\n", "      - b\n      - c\n"),
        ("items.1.deep", ..., "    deep:\n      - a\n      - b\n", ""),
        ("items.2", {"name": "third", "less": 1}, "      - b\n", "      - b\n  - name: third\n    less: 1\n"),
        ("items.0", ..., "  - name: first\n    more: 1\n", ""),
        ("items.0.more", {"x": {"why": "z z"}}, "more: 1\n", "more:\n      x:\n        why: z z\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_one_change_touches_one_place(path: str, value: Any, before: str, after: str, ending: str) -> None:
    text = TEXT.replace("\n", ending)
    before, after = before.replace("\n", ending), after.replace("\n", ending)
    assert text.count(before) == 1
    assert said(path, value, text) == text.replace(before, after)


def test_what_says_the_same_stays_as_it_is() -> None:
    document = read_document("x.yaml", TEXT)
    assert rewrite(document, copy.deepcopy(document.data)) == TEXT


def test_keys_are_put_into_the_order_of_the_data() -> None:
    text = "stages:\n  b: {name: B}  # of b\n  # above a\n  a:\n    name: A\n    x: 1\n\n  c: [1]\nend: 1\n"
    data = {"stages": {"a": {"name": "A", "x": 1}, "c": [1], "b": {"name": "New"}}, "end": 1}
    assert rewrite(read_document("x.yaml", text), data) == (
        "stages:\n  a:\n    name: A\n    x: 1\n  # above a\n  c: [1]\n\n  b: {name: New}  # of b\nend: 1\n"
    )
    flow = read_document("x.yaml", "{b: 1, a: {d: 1, c: 2}}")
    assert rewrite(flow, {"a": {"c": 2, "d": 1}, "b": 1}) == "{a: {c: 2, d: 1}, b: 1}"


def test_a_text_without_a_last_line_end() -> None:
    assert rewrite(read_document("x.yaml", "a: 1"), {"a": 1, "b": 2}) == "a: 1\nb: 2"


@pytest.mark.parametrize(("text", "data"), [("", {"a": 1}), ("- - 1\n  - 2\n", [[0, 1, 2]])])
def test_what_cannot_be_changed_in_place_is_said(text: str, data: Any) -> None:
    with pytest.raises(InputError):
        rewrite(read_document("x.yaml", text), data)
