"""Whatever a person may read can be said in other languages: no error, problem or line is a text glued together.

mypy holds errors, problems and `say` to sentences; here are the ways around it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from resa.base import errors

PROJECT = Path(__file__).resolve().parents[3]
SOURCES = sorted((PROJECT / "src/resa").rglob("*.py"))
TAKES = {
    *(name for name in errors.__all__ if name.endswith("Error") or name.startswith("Workspace")),
    *("Problem", "Refusal", "BadParameter", "TimeExceeded", "say"),
}
"""What takes a sentence."""
PROSE = re.compile(r"(^|[;,:.] )[a-z]+ [a-z]+|^[;,] [a-z]")
"""Text that is more than a name, a list of names, or a command."""
SPOKEN_ELSEWHERE = {
    "base/language.py",  # where sentences are made
    "discovery/words.py",  # a first map, in its own language
    "discovery/drafting.py",
}


def _literal(node: ast.AST) -> str | None:
    """The fixed words of a text, if it is one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def _choices(node: ast.AST) -> Iterator[ast.AST]:
    """What an expression may turn out to be: `a or b`, `a if c else b`, `a + b`."""
    match node:
        case ast.BoolOp():
            for value in node.values:
                yield from _choices(value)
        case ast.IfExp():
            yield from _choices(node.body)
            yield from _choices(node.orelse)
        case ast.BinOp():
            yield from _choices(node.left)
            yield from _choices(node.right)
        case _:
            yield node


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _glued(tree: ast.Module) -> Iterator[str]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        values = [one for call in calls if _name(call) in {"sentence", "sentences"} for one in call.keywords]
        used = {one.value.id for one in values if isinstance(one.value, ast.Name)}
        given: list[tuple[int, ast.expr]] = [(one.value.lineno, one.value) for one in values]
        for call in calls:
            if _name(call) in TAKES:
                given += [(call.lineno, one) for one in call.args[:1]]
                given += [(call.lineno, one.value) for one in call.keywords if one.arg == "message"]
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in used:
                given.append((node.lineno, node.value))
        for line, value in given:
            for choice in _choices(value):
                text = _literal(choice)
                if text is not None and PROSE.search(text) and not text.startswith(("resa ", "--")):
                    yield f"{line}: {text}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_what_people_read_is_a_sentence(path: Path) -> None:
    if path.relative_to(PROJECT / "src/resa").as_posix() in SPOKEN_ELSEWHERE:
        return
    assert [*_glued(ast.parse(path.read_text(encoding="utf-8")))] == []


def test_a_text_that_is_glued_together_is_found() -> None:
    wrong = """
def check(name, known):
    hint = guess(name) or f"; there are: {known}"
    if name:
        raise InputError(f"there is no map '{name}'")
    if known:
        raise InputError(sentence("there is no map '{name}'{hint}", name=name, hint=hint))
    raise InputError(sentence("it is {what}", what="no map at all" if name else "nothing"))
"""
    assert len([*_glued(ast.parse(wrong))]) == 3
