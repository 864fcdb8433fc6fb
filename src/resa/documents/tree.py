"""What stands in a document: nodes with their places, and Python values that remember them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from resa.base.errors import Problem
from resa.base.language import Sentence
from resa.documents.source import Edit, Finding, Source

__all__ = ["Block", "Items", "Node", "Path", "Scalar", "Written", "inner_offset", "plain", "quoted", "walk", "written"]

Path = tuple[str | int, ...]
"""The way from the top of a document to one of its nodes: keys and, in lists, numbers from 0."""

Scalar = str | int | float | bool | None

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+)")
_CONSTANTS: Mapping[str, Scalar] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One value or key of a document.

    Attributes:
        kind: What it is.
        start: Offset of its first character in the text.
        end: Offset after its last character; of an empty value, its start.
        text: The text of a scalar, quotes and line folds taken away.
        style: How a scalar is written: `'`, `"`, `|`, `>` or, unquoted, the empty string.
        flow: A list or mapping in brackets.
        pairs: Keys and values of a mapping, in order, repeated ones too.
        items: Values of a list.
        special: An anchor, alias or tag that was written, such as `*name`.
    """

    kind: Literal["mapping", "list", "scalar"]
    start: int
    end: int
    text: str = ""
    style: str = ""
    flow: bool = False
    pairs: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()
    special: str = ""

    @property
    def empty(self) -> bool:
        """Nothing was written, or YAML's word for nothing."""
        return self.kind == "scalar" and not self.style and self.text in {"", "~", "null"}

    def child(self, step: str | int) -> tuple[Node, Node] | None:
        """Key (of a list: the item itself) and value under a step of a path; `None` if there is none."""
        if self.kind == "mapping":
            return next(((key, value) for key, value in self.pairs if key.text == str(step)), None)
        if self.kind == "list" and isinstance(step, int) and 0 <= step < len(self.items):
            return self.items[step], self.items[step]
        return None


def inner_offset(source: Source, node: Node, inside: int) -> int:
    """Where the character number `inside` of a scalar's text stands in the source.

    Quotes, escapes and folded lines lie between the two, so the characters that are no spaces are counted.
    """
    wanted = len("".join(node.text[:inside].split()))
    offset = node.start
    if node.style in {"|", ">"}:
        _, offset = source.line_bounds(node.start)
    elif node.style in {"'", '"'}:
        offset += 1
    counted = 0
    while offset < node.end - 1:
        if not source.text[offset].isspace():
            if counted == wanted:
                break
            counted += 1
        offset += _width(source.text, offset, node.style)
    return max(node.start, min(offset, node.end - 1))


def _width(text: str, offset: int, style: str) -> int:
    """How many characters of the source make the one at `offset`."""
    pair = text[offset : offset + 2]
    if style == "'" and pair == "''":
        return 2
    if style == '"' and pair[:1] == "\\":
        return {"x": 4, "u": 6, "U": 10}.get(pair[1:], 2)
    return 1


class _Placed:
    """What values that remember their place have in common."""

    source: Source
    node: Node

    def problem(
        self,
        message: Sentence,
        *,
        code: str = "invalid",
        severity: Literal["error", "warning"] = "error",
        fix: str | None = None,
        inside: int | None = None,
    ) -> Problem:
        """A problem with this value; `inside` is the number of characters into a scalar's own text."""
        offset = self.node.start if inside is None else inner_offset(self.source, self.node, inside)
        return self.source.problem(message, offset, code=code, severity=severity, fix=fix)

    def finding(self, message: Sentence, *, code: str, fix: str, edits: tuple[Edit, ...] = ()) -> Finding:
        """A problem and its repair: the edits, or else the whole value replaced by `fix`."""
        edits = edits or (Edit(self.node.start, self.node.end, fix),)
        return Finding(self.problem(message, code=code, fix=fix), edits)


class Written(str, _Placed):
    """The text of a scalar or key as it was written, before any type is seen in it."""

    __slots__ = ("node", "source")

    def __new__(cls, text: str, source: Source, node: Node) -> Self:
        """Text that stands in a source at a node."""
        self = super().__new__(cls, text)
        self.source = source
        self.node = node
        return self

    def renamed(self, text: str) -> Written:
        """Other text at the same place."""
        return Written(text, self.source, self.node)


class Block(dict[Written, Any], _Placed):
    """A mapping, with its place."""


class Items(list[Any], _Placed):
    """A list, with its place."""


def written(node: Node, source: Source) -> Written | Block | Items | None:
    """The node with every scalar as `Written` text (`None` where nothing stands), so that a model decides the types.

    Of keys that are repeated the first counts, as in `plain`.
    """
    if node.kind == "scalar":
        return None if node.empty else Written(node.text, source, node)
    if node.kind == "list":
        items = Items(written(item, source) for item in node.items)
        items.source, items.node = source, node
        return items
    block = Block()
    for key, value in node.pairs:
        if key.kind != "scalar" or (key.text == "<<" and not key.style):
            continue  # reported already, and no model knows what to make of it
        block.setdefault(Written(key.text, source, key), written(value, source))
    block.source, block.node = source, node
    return block


def plain(node: Node) -> Any:
    """The node as plain Python data with the types of YAML 1.2's core: `no`, `12:30` and `007` are text."""
    if node.kind == "list":
        return [plain(item) for item in node.items]
    if node.kind == "mapping":
        data: dict[str, Any] = {}
        for key, value in node.pairs:
            data.setdefault(key.text, plain(value))
        return data
    if node.style:
        return node.text
    if node.text in _CONSTANTS:
        return _CONSTANTS[node.text]
    if _INTEGER.fullmatch(node.text) and len(node.text) < 19:
        return int(node.text)
    return float(node.text) if _DECIMAL.fullmatch(node.text) else node.text


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node, bool]]:
    """Every node with its path, keys (marked `True`) before their values."""
    yield path, node, False
    for number, item in enumerate(node.items):
        yield from walk(item, (*path, number))
    for key, value in node.pairs:
        yield (*path, key.text), key, True
        yield from walk(value, (*path, key.text))


def quoted(text: str) -> str:
    """The text as a quoted scalar on one line."""
    text = " ".join(text.split("\n"))
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
