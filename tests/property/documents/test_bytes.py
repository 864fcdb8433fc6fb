"""No byte changes that was not asked to, whatever the file looks like, and nothing raises."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.documents import Node, Path, apply_edits, read_document, rewrite, walk

NAMES = st.text("abcdeåäö_", min_size=1, max_size=6)
SCALARS = st.one_of(
    st.integers(-99, 99).map(str),
    NAMES,
    st.sampled_from(["no", "12:30", "007", "~", "two words", "it's", "a-b", "#", "- x", "a: b", "“x”"]),
)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _written(text: str, style: int) -> str:
    unsafe = text in {"#", "- x", "a: b"}
    if style == 0 and not unsafe:
        return text
    return _quoted(text) if style < 3 else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A valid document with odd indentation, comments, blank lines, quotes and either kind of line end."""
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    lines: list[str] = []

    def comment() -> None:
        lines.extend(draw(st.lists(st.sampled_from(["", "# note", "   # deeper note", "  "]), max_size=2)))

    def block(indent: int, depth: int) -> None:
        step = draw(st.integers(1, 5))
        for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
            comment()
            kind = draw(st.integers(0, 3 if depth < 3 else 1))
            head = " " * indent + name + ":"
            scalar = _written(draw(SCALARS), draw(st.integers(0, 4)))
            tail = draw(st.sampled_from(["", "   # end", " "]))
            if kind == 0:
                lines.append(f"{head}{' ' * draw(st.integers(1, 3))}{scalar}{tail}")
            elif kind == 1:
                lines.append(f"{head} [{_quoted('a')}, {_quoted(scalar)}, {{k: v}}]{tail}")
            elif kind == 2:
                lines.append(head + tail)
                block(indent + step, depth + 1)
            else:
                lines.append(head)
                lines.extend(f"{' ' * (indent + step)}- {scalar}" for _ in range(draw(st.integers(1, 3))))

    block(0, 0)
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + ending.join(lines) + draw(st.sampled_from(["", ending, ending + "# last" + ending]))


def _scalars(text: str) -> list[tuple[tuple[str | int, ...], Node]]:
    root = read_document("x.yaml", text).root
    assert root is not None
    return [(path, node) for path, node, key in walk(root) if node.kind == "scalar" and not key and path]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.data())
def test_reading_and_writing_back_changes_no_byte(text: str, data: st.DataObject) -> None:
    document = read_document("x.yaml", text.encode())
    assert not [problem for problem in document.problems if problem.severity == "error"]
    assert document.text == text
    assert rewrite(document, document.data) == text
    path, node = data.draw(st.sampled_from(_scalars(text)))
    new = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
    wanted = copy.deepcopy(document.data)
    _at(wanted, path[:-1])[path[-1]] = new
    changed = rewrite(document, wanted)
    assert changed.startswith(text[: node.start])
    assert changed.endswith(text[node.end :])
    again = read_document("x.yaml", changed)
    found = again.node(path)
    assert found is not None
    assert found.text == new


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with that are the same."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


VALUES = st.recursive(
    st.one_of(st.integers(-9, 9), st.booleans(), st.none(), NAMES, st.sampled_from(["two words", "no", "a: b", "# x"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("examples", [150, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_an_entry_put_in_taken_away_or_replaced_leaves_the_rest(examples: int) -> None:
    settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])(
        given(documents(), st.data())(_leaves_the_rest)
    )()


def _leaves_the_rest(text: str, data: st.DataObject) -> None:
    document = read_document("x.yaml", text)
    assert document.root is not None
    containers = [(path, node) for path, node, key in walk(document.root) if not key and (node.items or node.pairs)]
    path, node = data.draw(st.sampled_from(containers))
    wanted = copy.deepcopy(document.data)
    there = _at(wanted, path)
    steps = list(there) if isinstance(there, dict) else list(range(len(there)))
    way = data.draw(st.sampled_from(["put in", "take away", "replace"] if len(there) > 1 else ["put in", "replace"]))
    if way == "take away":
        del there[data.draw(st.sampled_from(steps))]
    elif way == "replace":
        there[data.draw(st.sampled_from(steps))] = data.draw(VALUES)
    elif isinstance(there, list):
        there.insert(data.draw(st.integers(0, len(there))), data.draw(VALUES))
    else:
        there.setdefault(data.draw(NAMES), data.draw(VALUES))
    changed = rewrite(document, wanted)
    assert read_document("x.yaml", changed).data == wanted
    same_start = _alike(text, changed)
    same_end = _alike(text[same_start:][::-1], changed[same_start:][::-1])
    if way == "take away":
        assert same_start + same_end == len(changed), "nothing new was written"
    elif way == "put in":
        assert same_start + same_end == len(text), "nothing that stood there was taken away"
    else:
        assert changed.startswith(text[: document.source.line_bounds(node.start)[0]])
        assert changed.endswith(text[document.source.line_bounds(node.end)[1] :])


SIGNS = [
    *("key", "'", '"', "[", "]", "{", "}", "#", "|", ">", "&x", "*x"),
    *("!t", "<<", "---", "...", "%", "@", "`", "?", "“", "–", "\\", "å"),
    *(":", "-"),
]
BLANKS = [": ", "- ", ", ", " #", "\n", "\n  ", "\n    ", "\t", "\u00a0", "\r", "\x00", "\u2028", "\ufeff"]
FRAGMENTS = st.sampled_from(SIGNS + BLANKS)


def _never_raises(text: str) -> None:
    document = read_document("x.yaml", text)
    assert document.text == text
    for problem in document.problems:
        assert problem.line is not None
        assert problem.line >= 1
        assert problem.column is not None
        assert problem.column >= 1
        assert problem.message
    apply_edits(text, [one for finding in document.findings for one in finding.edits])
    assert document.data is None or document.root is not None


@pytest.mark.parametrize("examples", [500, pytest.param(100_000, marks=pytest.mark.nightly)])
def test_no_text_raises(examples: int) -> None:
    def run(texts: st.SearchStrategy[str]) -> Callable[[], None]:
        return settings(max_examples=examples, database=None)(given(texts)(_never_raises))

    run(st.lists(FRAGMENTS, max_size=30).map("".join))()
    run(st.text(max_size=60))()


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_no_bytes_raise(data: bytes) -> None:
    read_document("x.yaml", data)
