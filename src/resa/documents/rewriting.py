"""Saying something else in a document: only the characters that say it differently change, comments stay.

What is to be said is given as plain data, the whole of it; the document's own text says where each part of it stands.
Entries of lists and mappings are compared in order as lines of two texts are, so that what was added, taken away or
said anew is found, and the rest is not written again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.documents.comparing import steps_between
from resa.documents.reading import Document, read_document
from resa.documents.scalars import scalar
from resa.documents.source import Edit
from resa.documents.tree import Node, plain

__all__ = ["rewrite"]

_STEP: Final = 2
_MOST_ROUNDS: Final = 20


def rewrite(document: Document, data: Any) -> str:
    """The document's text, changed so that it says `data`; what says the same already stays, byte for byte.

    Args:
        document: As it was read; it may have faults, if what it says can be told all the same.
        data: Plain data as of `Document.data`: mappings in the order that is wanted, lists, texts, numbers. What is
            new is written with the items of a list below each other, and those of a tuple in one line.

    Raises:
        InputError: The document is written so that this cannot be said without writing other parts anew.
    """
    if document.root is None:
        raise InputError(document.problem(sentence("the document cannot be changed here"), code="no-such-key"))
    ordered = _in_order(document, data)
    changed = ordered if ordered.root is None else _apply(ordered, _Rewriting(ordered).changes(ordered.root, data))
    if not _same(changed.data, data):
        raise InputError(
            document.problem(
                sentence("this is written in a way that cannot be changed here; change it in the text"),
                code="unchangeable",
            )
        )
    return changed.text


def _in_order(document: Document, data: Any) -> Document:
    """The document with the keys of each mapping in the order in which the data have them."""
    for _ in range(_MOST_ROUNDS):
        edits = list(_Rewriting(document).moves(document.root, data)) if document.root else []
        moved = _apply(document, edits) if edits else document
        if moved is document or not _same(moved.data, document.data):
            break
        document = moved
    return document


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same, of the same kind: a number is no text, and yes is no number."""
    return _told(one) == _told(other)


def _told(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _apply(document: Document, edits: Sequence[Edit]) -> Document:
    """The document after the edits; of those at one place, in the order in which they were made."""
    text, parts = document.text, list[str]()
    position = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += [text[position : max(edit.start, position)], edit.new]
        position = max(edit.end, position)
    return read_document(document.file, "".join([*parts, text[position:]]))


class _Rewriting:
    """What must be written where, in one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.text
        found = re.search(r"\r\n|\n|\r", document.text)
        self._line_end = found[0] if found else "\n"

    # What differs

    def changes(self, node: Node, value: Any, *, key: Node | None = None, flow: bool = False) -> list[Edit]:
        """The edits after which a node says a value."""
        if _same(plain(node), value):
            return []
        if node.kind == "mapping" and isinstance(value, Mapping) and value and node.pairs:
            return self._of_mapping(node, value)
        if node.kind == "list" and isinstance(value, (list, tuple)) and value and node.items:
            return self._of_list(node, value)
        return [self._replaced(node, value, key, flow=flow)]

    def _of_mapping(self, node: Node, value: Mapping[str, Any]) -> list[Edit]:
        pairs: dict[str, tuple[Node, Node]] = {}
        for key, content in node.pairs:
            pairs.setdefault(key.text, (key, content))
        entries, edits = list(pairs.values()), list[Edit]()
        names = list(value)
        for kind, first, last, start, end in steps_between(list(pairs), names):
            if kind == "equal":
                for key, content in entries[first:last]:
                    edits += self.changes(content, value[key.text], key=key, flow=node.flow)
                continue
            new = [self._pair(name, value[name], node) for name in names[start:end]]
            edits += self._spliced(node, entries, first, last, new)
        return edits

    def _of_list(self, node: Node, value: Sequence[Any]) -> list[Edit]:
        entries, edits = [(item, item) for item in node.items], list[Edit]()
        said, wanted = [_told(plain(item)) for item in node.items], [_told(item) for item in value]
        for kind, first, last, start, end in steps_between(said, wanted):
            if kind == "equal":
                continue
            both = min(last - first, end - start)
            for step in range(both):
                edits += self.changes(node.items[first + step], value[start + step], flow=node.flow)
            new = [self._item(item, node) for item in value[start + both : end]]
            edits += self._spliced(node, entries, first + both, last, new)
        return edits

    # Entries taken away and put in

    def _spliced(
        self, node: Node, entries: Sequence[tuple[Node, Node]], first: int, last: int, new: Sequence[str]
    ) -> list[Edit]:
        """Put new entries in the place of those from `first` up to `last`."""
        if first == last and not new:
            return []
        return self._in_brackets(entries, first, last, new) if node.flow else self._in_lines(entries, first, last, new)

    def _in_brackets(
        self, entries: Sequence[tuple[Node, Node]], first: int, last: int, new: Sequence[str]
    ) -> list[Edit]:
        text = ", ".join(new)
        if first == last:
            if first:
                return [self._at(self._end(entries[first - 1][1]), f", {text}")]
            return [self._at(entries[0][0].start, f"{text}, ")]
        if new:
            return [Edit(entries[first][0].start, self._end(entries[last - 1][1]), text)]
        if last < len(entries):
            return [Edit(entries[first][0].start, entries[last][0].start, "")]
        return [Edit(self._end(entries[first - 1][1]), self._end(entries[last - 1][1]), "")]

    def _in_lines(self, entries: Sequence[tuple[Node, Node]], first: int, last: int, new: Sequence[str]) -> list[Edit]:
        text = self._line_end.join(new)
        if first == last:
            if not first and not self._begins_line(*entries[0]):
                first = 1  # behind the first entry, which a dash stands before
            if first:
                return [self._at(self._below(entries[first - 1][1], entries[first - 1][0]), self._line_end + text)]
            return [self._at(self._line_start(entries[0][0]), text + self._line_end)]
        if not self._begins_line(*entries[first]):
            return self._behind_a_dash(entries, first, last, new)
        edits = [
            Edit(self._line_start(key), self._after_line(self._below(content, key)), "")
            for key, content in entries[first + bool(new) : last]
        ]
        if new:
            key, content = entries[first]
            edits.append(Edit(self._line_start(key), self._below(content, key), text))
        return edits

    def _behind_a_dash(
        self, entries: Sequence[tuple[Node, Node]], first: int, last: int, new: Sequence[str]
    ) -> list[Edit]:
        """The same where the first of them stands in one line with the dash of its item."""
        start = entries[first][0].start
        if new:
            return [Edit(start, self._below(entries[last - 1][1], entries[last - 1][0]), self._joined(new))]
        return [Edit(start, entries[last][0].start, "")]

    def _joined(self, new: Sequence[str]) -> str:
        return self._line_end.join(new).lstrip(" ")

    def _begins_line(self, key: Node, content: Node) -> bool:
        """Whether nothing but space, and of an item its own dash, stands before an entry in its line."""
        before = self._text[self._line_start(key) : key.start]
        return not (before.replace("-", "", 1) if key is content else before).strip()

    # Places

    def _at(self, offset: int, new: str) -> Edit:
        return Edit(offset, offset, new)

    def _line_start(self, node: Node) -> int:
        start, _ = self._document.source.line_bounds(node.start)
        return start + (start == 0 and self._text.startswith("\ufeff"))

    def _end(self, node: Node) -> int:
        """Where what a node says ends, trailing line ends left out."""
        return node.start + len(self._text[node.start : node.end].rstrip("\r\n \t"))

    def _below(self, content: Node, key: Node) -> int:
        """Where the last line ends that an entry takes, its line end left out."""
        last = content
        while last.kind != "scalar" and not last.flow and (last.items or last.pairs):
            last = last.items[-1] if last.items else last.pairs[-1][1]
        offset = max(last.start, self._end(last) - 1, key.start)
        if last.style in {"|", ">"}:
            offset = max(offset, self._document.source.line_bounds(last.start)[1])
        return self._document.source.line_bounds(offset)[1]

    def _after_line(self, offset: int) -> int:
        ending = re.compile(r"\r\n|\n|\r").match(self._text, offset)
        return ending.end() if ending else offset

    def _column(self, node: Node) -> int:
        return node.start - self._line_start(node)

    # Order

    def moves(self, node: Node, data: Any) -> Iterator[Edit]:
        """The edits that put the entries of the outermost mappings whose order differs into order."""
        if node.kind == "list" and isinstance(data, (list, tuple)) and len(node.items) == len(data):
            for item, value in zip(node.items, data, strict=True):
                yield from self.moves(item, value)
        if node.kind != "mapping" or not isinstance(data, Mapping):
            return
        pairs = {key.text: (key, value) for key, value in reversed(node.pairs)}
        here = [key.text for key, _ in node.pairs if key.text in data]
        wanted = [name for name in data if name in pairs]
        if here == wanted or len(set(here)) != len(here):
            for name in wanted:
                yield from self.moves(pairs[name][1], data[name])
            return
        spans = {name: self._span(*pairs[name], flow=node.flow) for name in here}
        for place, name in zip(here, wanted, strict=True):
            start, end = spans[name]
            yield Edit(*spans[place], self._text[start:end])

    def _span(self, key: Node, value: Node, *, flow: bool) -> tuple[int, int]:
        """What belongs to an entry: in brackets itself, in lines its lines."""
        return key.start, max(key.end, self._end(value)) if flow else self._below(value, key)

    # New words

    def _pair(self, name: str, value: Any, node: Node) -> str:
        if node.flow:
            return f"{_inline(name, flow=True)}: {_inline(value, flow=True)}"
        column = self._column(node.pairs[0][0])
        return " " * column + f"{_inline(name)}:" + self._after_key(value, column)

    def _item(self, value: Any, node: Node) -> str:
        if node.flow:
            return _inline(value, flow=True)
        start = self._line_start(node.items[0])
        column = self._text[start : node.items[0].start].rfind("-")
        return " " * max(column, 0) + "- " + self._after_dash(value, max(column, 0))

    def _after_key(self, value: Any, column: int) -> str:
        if _is_short(value):
            return f" {_inline(value)}"
        return self._line_end + self._line_end.join(self._lines(value, column + _STEP))

    def _after_dash(self, value: Any, column: int) -> str:
        if not isinstance(value, Mapping) or not value:
            return _inline(value)
        return self._joined(list(self._lines(value, column + _STEP)))

    def _lines(self, value: Any, column: int) -> Iterator[str]:
        """A list or mapping in lines, which begin at a column."""
        if isinstance(value, Mapping):
            for name, content in value.items():
                yield " " * column + f"{_inline(name)}:" + self._after_key(content, column)
        else:
            for item in value:
                yield " " * column + "- " + self._after_dash(item, column)

    def _replaced(self, node: Node, value: Any, key: Node | None, *, flow: bool) -> Edit:
        """Another value in the place of one, written as its place asks for."""
        is_block = node.kind != "scalar" and not node.flow
        if flow or (_is_short(value) and not is_block):
            return self._rewritten_in_line(node, _like(node, value, flow=flow))
        if key is None:
            start = self._line_start(node)
            column = self._text[start : node.start].rfind("-")
            return Edit(node.start, self._below(node, node), self._after_dash(value, max(column, 0)))
        column = self._column(key)
        if is_block and not _is_short(value) and self._line_start(node) > key.start:
            lines = self._lines(value, column + _STEP)
            return Edit(self._line_start(node), self._below(node, key), self._line_end.join(lines))
        colon = self._text.index(":", key.end) + 1
        end = self._end(node) if not is_block and node.style not in {"|", ">"} else self._below(node, key)
        return Edit(colon, max(end, colon), self._after_key(value, column))

    def _rewritten_in_line(self, node: Node, new: str) -> Edit:
        if node.style in {"|", ">"}:
            return Edit(node.start, self._below(node, node), new)
        if node.start == node.end:
            spaced = self._text[node.start - 1 : node.start] in {" ", "\t"}
            return Edit(node.start, node.end, new if spaced else f" {new}")
        return Edit(node.start, self._end(node), new)


def _like(node: Node, value: Any, *, flow: bool) -> str:
    """A value as its writer wrote the one before it: in quotes, or with a sign."""
    if isinstance(value, str) and node.style in {'"', "'"}:
        return scalar(value, quotes=True)
    signed = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return f"+{value}" if signed and not node.style and node.text[:1] in {"+", "-"} else _inline(value, flow=flow)


def _is_short(value: Any) -> bool:
    """Whether a value stands in the line of its key: one thing, a row (a tuple), or a few numbers by name."""
    if isinstance(value, Mapping):
        return all(item is None or isinstance(item, (int, float)) for item in value.values())
    return not value or not isinstance(value, list)


def _inline(value: Any, *, flow: bool = False) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{_inline(key, flow=True)}: {_inline(item, flow=True)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_inline(item, flow=True) for item in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return scalar(value, flow=flow) if isinstance(value, str) else repr(value)
