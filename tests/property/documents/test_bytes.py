"""No byte changes that was not asked to, whatever the file looks like, and nothing raises."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.documents import Change, Node, apply_edits, edit, read_document, walk

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
    assert edit(document, []) == text
    path, node = data.draw(st.sampled_from(_scalars(text)))
    new = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
    changed = edit(document, [Change.set(path, new)])
    assert changed.startswith(text[: node.start])
    assert changed.endswith(text[node.end :])
    again = read_document("x.yaml", changed)
    found = again.node(path)
    assert found is not None
    assert found.text == new


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
