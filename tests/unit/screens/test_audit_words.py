"""Everything that the code writes into the audit log has words on the page that shows it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import resa
from resa.screens.words import ENGLISH

WRITERS = re.compile(r".*audit\.(note|also)|self\.(_told|_by_themselves)")
OTHERS = {
    *(f"consent.{what}" for what in ("asked", "given", "confirmed", "withdrawn")),
    *(f"identity.{what}" for what in ("join", "split")),
    *("segment.save", "segment.remove", "person.new_by_company", "person.bind", "audit.expire"),
}
"""What is put together, or handed on, before it is written."""


def calls() -> Iterator[ast.Call]:
    """What writes into the log, or says what is to be written."""
    source = Path(resa.__file__).parent
    for path in (path for floor in ("workspace", "screens", "cli") for path in (source / floor).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and WRITERS.fullmatch(ast.unparse(node.func)):
                yield node


def written() -> Iterator[str]:
    for call in calls():
        for node in ast.walk(call.args[0]) if call.args else ():
            if isinstance(node, ast.Constant) and re.fullmatch(r"sql|[a-z]+\.[a-z_]+", str(node.value)):
                yield str(node.value)


@pytest.mark.parametrize("what", sorted({*written(), *OTHERS}))
def test_what_was_done_has_words(what: str) -> None:
    assert f"did_{what.replace('.', '_')}" in ENGLISH


def test_details_have_words() -> None:
    named = {one.arg for call in calls() for one in call.keywords if one.arg}
    assert {name for name in named - {"who", "of", "with_role"} if f"of_{name}" not in ENGLISH} == set()
    assert len(named) > 15


def test_no_words_are_left_of_what_nothing_writes() -> None:
    known = {f"did_{what.replace('.', '_')}" for what in {*written(), *OTHERS}}
    assert {key for key in ENGLISH if key.startswith("did_")} - known == set()
