"""Changing a document without touching what is not changed: every other byte stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.documents.reading import Document
from resa.documents.source import Edit, apply_edits
from resa.documents.tree import Node, Path, Scalar, plain, quoted

__all__ = ["Change", "edit", "scalar"]

_SAFE = re.compile(r"[^\W\d_][\w .,/()+–-]*", re.UNICODE)
_PARTS_IN_FLOW = frozenset(",[]{}:#&*")
_SAFE_PROSE = re.compile(r"[^\W_](?:[\w .,/()+?!'’“”„%;&=*–—…€\"-]|:(?=[^\s,])|(?<=\S)#)*", re.UNICODE)
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"}


@dataclass(frozen=True)
class Change:
    """One change to a document.

    Attributes:
        kind: `set` gives a key its value (making the key if it is new), `append` adds an item to a list, `remove` takes
            a key or item away.
        path: What is changed; of `append`, the list.
        value: The new value.
    """

    kind: Literal["set", "append", "remove"]
    path: Path
    value: Scalar | Sequence[Scalar] = None

    @classmethod
    def set(cls, path: Path, value: Scalar | Sequence[Scalar]) -> Change:
        """Give the key or item at `path` a value; a new key goes below its siblings."""
        return cls("set", path, value)

    @classmethod
    def append(cls, path: Path, value: Scalar) -> Change:
        """Add an item to the list at `path`."""
        return cls("append", path, value)

    @classmethod
    def remove(cls, path: Path) -> Change:
        """Take the key or item at `path` away, with what stands in it."""
        return cls("remove", path)


def edit(document: Document, changes: Iterable[Change]) -> str:
    """The document's text after the changes, byte for byte as it was elsewhere.

    Raises:
        InputError: A path leads nowhere, or what stands there cannot be changed in that way.
    """
    return apply_edits(document.text, [_edit(document, change) for change in changes])


def _edit(document: Document, change: Change) -> Edit:
    parent, found = _find(document, change.path)
    if change.kind == "set":
        if found is None:
            return _new_key(document, parent, change)
        value = found[1]
        if plain(value) == change.value:
            return Edit(value.start, value.end, document.text[value.start : value.end])
        return _replace(document, value, change)
    if found is None:
        raise InputError(
            document.problem(
                sentence("there is no '{path}' here", path=change.path[-1]), change.path[:-1], code="no-such-key"
            )
        )
    return _append(document, found[1], change) if change.kind == "append" else _remove(document, parent, found)


def _find(document: Document, path: Path) -> tuple[Node, tuple[Node, Node] | None]:
    if document.root is None or not path:
        raise InputError(document.problem(sentence("the document cannot be changed here"), code="no-such-key"))
    parent = document.root
    for step in path[:-1]:
        pair = parent.child(step)
        if pair is None:
            raise InputError(
                document.problem(sentence("there is no '{step}' here", step=step), path, code="no-such-key")
            )
        parent = pair[1]
    return parent, parent.child(path[-1])


def _replace(document: Document, value: Node, change: Change) -> Edit:
    new = _value(change.value)
    if value.style in {"|", ">"}:
        _, first = document.source.line_bounds(value.start)
        return Edit(value.start, max(first, _content_end(document, value)), new)
    if value.start == value.end:
        spaced = document.text[value.start - 1 : value.start] in {" ", "\t"}
        return Edit(value.start, value.end, new if spaced else f" {new}")
    if value.kind != "scalar" and not value.flow:
        if not isinstance(change.value, (list, tuple)):
            raise InputError(
                document.problem(sentence("more than one value stands here; change them one by one"), change.path)
            )
        return Edit(value.start, value.end, new)
    return Edit(value.start, value.end, new)


def _content_end(document: Document, node: Node) -> int:
    """Where what a node says ends, trailing line ends left out."""
    return node.start + len(document.text[node.start : node.end].rstrip("\r\n \t"))


def _line_end(document: Document) -> str:
    found = re.search(r"\r\n|\n|\r", document.text)
    return found[0] if found else "\n"


def _last(node: Node) -> Node:
    while node.kind != "scalar" and not node.flow and (node.items or node.pairs):
        node = node.items[-1] if node.items else node.pairs[-1][1]
    return node


def _below(document: Document, node: Node, line: str) -> Edit:
    """A new line under a block node."""
    _, end = document.source.line_bounds(max(node.start, _content_end(document, _last(node)) - 1, _last(node).start))
    return Edit(end, end, _line_end(document) + line)


def _column(document: Document, offset: int) -> int:
    start, _ = document.source.line_bounds(offset)
    return offset - start - (start == 0 and document.text.startswith("\ufeff"))


def _new_key(document: Document, parent: Node, change: Change) -> Edit:
    line = f"{_scalar(str(change.path[-1]))}: {_value(change.value)}"
    if parent.kind != "mapping" or isinstance(change.path[-1], int):
        raise InputError(
            document.problem(sentence("there are no keys here to add one to"), change.path, code="no-such-key")
        )
    if parent.flow:
        at = parent.pairs[-1][1].end if parent.pairs else parent.start + 1
        return Edit(at, at, f", {line}" if parent.pairs else line)
    indent = " " * _column(document, parent.pairs[0][0].start)
    return _below(document, parent, indent + line)


def _append(document: Document, node: Node, change: Change) -> Edit:
    if isinstance(change.value, (list, tuple)) or node.kind != "list":
        raise InputError(document.problem(sentence("there is no list here to add to"), change.path, code="no-such-key"))
    new = _value(change.value)
    if node.flow:
        at = node.items[-1].end if node.items else node.start + 1
        return Edit(at, at, f", {new}" if node.items else new)
    start, _ = document.source.line_bounds(node.items[0].start)
    head = document.text[start : node.items[0].start]
    dash = head.rfind("-") if head.strip() else 0
    return _below(document, node, " " * dash + "- " + new)


def _remove(document: Document, parent: Node, found: tuple[Node, Node]) -> Edit:
    key, value = found
    siblings = [item for item, _ in parent.pairs] or list(parent.items)
    if len(siblings) == 1:
        raise InputError(
            document.source.problem(sentence("the last one cannot be taken away; take away what holds it"), key.start)
        )
    if parent.flow:
        number = next(number for number, node in enumerate(siblings) if node is key)
        if number + 1 < len(siblings):
            return Edit(key.start, siblings[number + 1].start, "")
        before = parent.pairs[number - 1][1] if parent.pairs else parent.items[number - 1]
        return Edit(before.end, value.end, "")
    start, _ = document.source.line_bounds(key.start)
    if document.text[start : key.start].strip(" -"):
        raise InputError(
            document.source.problem(sentence("this line holds more than one thing; change it by hand"), key.start)
        )
    if parent.kind == "mapping" and "-" in document.text[start : key.start]:
        following = siblings[1]
        return Edit(key.start, following.start, "")
    last = _last(value)
    _, end = document.source.line_bounds(max(last.start, _content_end(document, last) - 1, key.start))
    ending = re.compile(r"\r\n|\n|\r").match(document.text, end)
    return Edit(start, ending.end() if ending else end, "")


def _value(value: Scalar | Sequence[Scalar]) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_scalar(item) if not _comma(item) else quoted(str(item)) for item in value) + "]"
    return _scalar(value)  # type: ignore[arg-type]  # a str is a sequence too, but never of scalars here


def _comma(value: Scalar) -> bool:
    return isinstance(value, str) and "," in value


def _scalar(value: Scalar) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    text = value
    safe = _SAFE.fullmatch(text) and text == text.strip() and text.casefold() not in _WORDS
    return text if safe else _quoted_exactly(text)


def scalar(text: str, *, flow: bool = False) -> str:
    """A text as a YAML scalar on one line that reads back as exactly that text, quoted only where it must be.

    Args:
        text: Any text.
        flow: It may stand in braces or brackets, where commas part.
    """
    letters = re.search(r"[^\d\s.,:eE_+-]", text)  # else it may be a number to YAML, and would be read as one
    safe = letters and _SAFE_PROSE.fullmatch(text) and text == text.strip() and text.casefold() not in _WORDS
    return text if safe and not (flow and set(text) & _PARTS_IN_FLOW) else _quoted_exactly(text)


def _quoted_exactly(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if not any(character in text for character in "\\\n\r\t") and '"' in text and _shown(text):
        return "'" + text.replace("'", "''") + "'"
    return (
        '"'
        + "".join(
            escapes.get(character) or (character if _shown(character) else f"\\U{ord(character):08x}")
            for character in text
        )
        + '"'
    )


def _shown(text: str) -> bool:
    """Whether people can see what stands there; a no-break space inside quotes is a space to them."""
    return text.replace("\N{NO-BREAK SPACE}", " ").isprintable()
