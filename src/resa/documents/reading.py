"""Reading a document: everything that is wrong with it as YAML, and what it says all the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

from resa.base.errors import Problem
from resa.base.language import Sentence, sentence
from resa.documents.betrayals import lines_betrayed, mend_characters, tree_betrayed
from resa.documents.diagnosis import diagnose
from resa.documents.parsing import Repairs, Stumble, Tree, parse
from resa.documents.source import Edit, Finding, Source, decode
from resa.documents.tree import Block, Items, Node, Path, Written, plain, written

__all__ = ["MAXIMUM_CHARACTERS", "Document", "read_document"]

MAXIMUM_CHARACTERS = 2_000_000
"""A longer text is refused: no file that a person writes comes near."""

_ROUNDS = 60
_TRIES = 3  # repairs of one line before it is skipped
_PARSED_CHARACTERS = 4_000_000  # over all rounds, so that a hostile file costs seconds, not minutes


@dataclass(frozen=True, eq=False)
class Document:
    """A YAML file as read.

    Attributes:
        source: Its text and name.
        root: Its top node; `None` if nothing could be read.
        findings: What is wrong with it as YAML, with repairs, in the order of the text.
        damaged: A part could not be read at all and was skipped, so that what seems to be missing may stand there.
    """

    source: Source
    root: Node | None
    findings: tuple[Finding, ...] = ()
    damaged: bool = False

    @property
    def file(self) -> str:
        """The file as the user would name it."""
        return self.source.file

    @property
    def text(self) -> str:
        """Exactly what the file holds."""
        return self.source.text

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the document as YAML; empty if nothing is."""
        return tuple(finding.problem for finding in self.findings)

    @cached_property
    def data(self) -> Any:
        """Plain Python data, typed by YAML 1.2's core alone: `no`, `12:30`, `007` and dates are text."""
        return None if self.root is None else plain(self.root)

    @cached_property
    def written(self) -> Written | Block | Items | None:
        """The same with every scalar as the text that was written and its place, for a model to type."""
        return None if self.root is None else written(self.root, self.source)

    def node(self, path: Path, *, key: bool = False) -> Node | None:
        """The node at a path, or its key; the nearest one above if the path does not exist."""
        found = self.root
        value = self.root
        for step in path:
            pair = value.child(step) if value is not None else None
            if pair is None:
                return found
            found, value = pair if key else (pair[1], pair[1])
        return found

    def position(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at a path (`key=True`: of its key); of what is nearest above it."""
        node = self.node(path, key=key)
        return self.source.position(node.start if node is not None else 0)

    def path_at(self, line: int, column: int) -> Path:
        """The way to what stands at a line and column, from 1: the innermost value, or whose key it is."""
        offset, path, node = self.source.offset(line, column), [], self.root
        while node is not None:
            steps = (
                [(key.text, key.start, max(key.end, value.end), value) for key, value in node.pairs]
                if node.kind == "mapping"
                else [(number, item.start, item.end, item) for number, item in enumerate(node.items)]
            )
            found = next(
                ((step, value) for step, start, end, value in steps if start <= offset < max(end, start + 1)), None
            )
            if found is None:
                break
            path.append(found[0])
            node = found[1]
        return tuple(path)

    def problem(self, message: Sentence, path: Path = (), *, key: bool = False, code: str = "invalid") -> Problem:
        """A problem that stands at a path."""
        node = self.node(path, key=key)
        field = ".".join(map(str, path)) or None
        return self.source.problem(message, node.start if node is not None else 0, code=code, field=field)


def read_document(path: FilePath | str, text: str | bytes | None = None) -> Document:
    """Read a YAML file, or a text that is named after one. Never raises for what stands in it.

    Args:
        path: The file; with `text`, only its name for messages.
        text: What it holds, when it was read already.

    Raises:
        OSError: The file cannot be opened.
    """
    name = str(path)
    content = FilePath(path).read_bytes() if text is None else text
    if isinstance(content, bytes):
        source, findings = decode(content, name)
    else:
        source, findings = Source(name, content), []
    if len(source.text) > MAXIMUM_CHARACTERS:
        problem = source.problem(sentence("the file is too large to be written by a person"), 0, code="too-large")
        return Document(source, None, (Finding(problem),), damaged=True)
    repairs = Repairs(source.text)
    findings += mend_characters(source, repairs)
    tree, stumbles, damaged = _parse_all(source, repairs)
    findings += stumbles
    findings += lines_betrayed(source, repairs, tree.root)
    if tree.second is not None:
        message = sentence("a second document begins here; a file holds one: take the line --- (or ...) away")
        findings.append(Finding(source.problem(message, tree.second, code="second-document")))
        damaged = True
    if tree.root is not None:
        findings += tree_betrayed(source, tree.root)
    ordered = sorted(findings, key=lambda finding: (finding.problem.line or 0, finding.problem.column or 0))
    return Document(source, tree.root, tuple(ordered), damaged)


def _parse_all(source: Source, repairs: Repairs) -> tuple[Tree, list[Finding], bool]:
    """Parse, mending whatever stops the parser, until it reaches the end."""
    findings: list[Finding] = []
    damaged = False
    budget = _PARSED_CHARACTERS
    tries: Counter[int] = Counter()
    for _ in range(_ROUNDS):
        try:
            return parse(repairs), _standing(findings, repairs), damaged
        except Stumble as stumble:
            mended = repairs.mended
            budget -= len(mended)
            found = diagnose(mended, stumble)
        offset = repairs.tracker()(min(found.offset, len(mended)))
        line, _ = source.position(offset)
        tries[line] += 1
        if tries[line] > _TRIES or budget < 0 or found.code == "depth":
            found = replace(found, new=None)
        edits: tuple[Edit, ...] = ()
        if found.new is not None:
            edits = (repairs.add(found.start, found.end, found.new),)
        fix = found.new if edits and found.new else None
        findings.append(Finding(source.problem(found.message, offset, code=found.code, fix=fix), edits))
        if not edits:
            damaged = True
            if budget < 0 or not _skip(repairs, found.start, found.end, mended):
                break
    return Tree(None), _standing(findings, repairs), True


def _standing(findings: list[Finding], repairs: Repairs) -> list[Finding]:
    """The findings whose repair was not taken over by a later and better one."""
    return [finding for finding in findings if all(edit in repairs.edits for edit in finding.edits)]


def _skip(repairs: Repairs, start: int, end: int, mended: str) -> bool:
    """Blank a part of the text so that the rest can be read; `False` if there is nothing to blank."""
    if not mended[start:end].strip() or end - start == len(mended):
        return False
    repairs.add(start, end, "", offered=False)
    return True
