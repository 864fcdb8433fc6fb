"""From text to nodes: the one place that runs ruamel.yaml's parser, and mends what it stumbles over."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from resa.documents.source import Edit
from resa.documents.tree import Node

__all__ = ["CURLY_QUOTES", "GLUED_PAIR", "MAXIMUM_DEPTH", "Repairs", "Stumble", "Tree", "parse"]


MAXIMUM_DEPTH = 40
"""Lists and mappings inside each other; no file of Resa's needs ten."""

CURLY_QUOTES = "“”„‟‘’‚‛«»"
"""Quotes that text programs write and YAML does not know."""

GLUED_PAIR = re.compile(r"(?P<key>[\w ]+):(?P<value>\S.*)", re.DOTALL)
"""A key and its value without the space between them."""


_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(eq=False)
class Stumble(Exception):
    """Where and why the parser stopped, in offsets of the text that it was given.

    Attributes:
        reason: The parser's words.
        offset: Where it stopped.
        began: Where the construct began that it could not finish.
        context: What it was doing.
    """

    reason: str
    offset: int
    began: int | None = None
    context: str = ""


@dataclass
class Repairs:
    """Edits made to a text so that it can be read, and the way back from the mended text to the original."""

    text: str
    edits: dict[Edit, bool] = field(default_factory=dict)  # True: a repair to offer; False: only to read on

    @property
    def mended(self) -> str:
        """The text after all edits."""
        parts: list[str] = []
        position = 0
        for edit in sorted(self.edits):
            parts += [self.text[position : edit.start], edit.new]
            position = edit.end
        return "".join([*parts, self.text[position:]])

    def tracker(self) -> Tracker:
        """A function from offsets of the mended text to offsets of the original."""
        ordered = sorted(self.edits)
        starts: list[int] = []
        shift = 0
        for edit in ordered:
            starts.append(edit.start + shift)
            shift += len(edit.new) - (edit.end - edit.start)
        return Tracker(starts, ordered)

    def add(self, start: int, end: int, new: str, *, offered: bool = True) -> Edit:
        """Replace a part of the mended text; earlier edits inside that part are taken over."""
        track = self.tracker()
        made = Edit(track(start), track(end, after=True), new)
        for at, edit in zip(track.starts, track.ordered, strict=True):
            if start <= at and at + len(edit.new) <= end:
                del self.edits[edit]
        self.edits[made] = offered
        return made


@dataclass(frozen=True)
class Tracker:
    """Offsets of a mended text, turned into offsets of the original."""

    starts: list[int]
    ordered: list[Edit]

    def __call__(self, offset: int, *, after: bool = False) -> int:
        """The original offset; a place inside mended text is its start, or its end if asked for."""
        index = bisect_right(self.starts, offset) - 1
        if index < 0:
            return offset
        edit = self.ordered[index]
        inside = offset - self.starts[index]
        if inside < len(edit.new):
            return edit.end if after and inside > 0 else edit.start
        return edit.end + inside - len(edit.new)


@dataclass(frozen=True)
class Tree:
    """What was parsed.

    Attributes:
        root: The first document's top node; `None` if there is none.
        second: Offset where a second document begins, if one does.
    """

    root: Node | None
    second: int | None = None


@dataclass
class _Open:
    event: Any
    children: list[Node] = field(default_factory=list)


def parse(repairs: Repairs) -> Tree:
    """Parse the mended text; offsets in the tree are those of the original.

    Raises:
        Stumble: The parser stopped; offsets are those of the mended text.
    """
    track = repairs.tracker()
    stack: list[_Open] = []
    root: Node | None = None
    documents = 0
    try:
        for event in YAML(typ="safe", pure=True).parse(repairs.mended):
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    return Tree(root, track(event.start_mark.index))
                continue
            if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                if len(stack) >= MAXIMUM_DEPTH:
                    raise Stumble("nested too deeply", event.start_mark.index)
                stack.append(_Open(event))
                continue
            node = _finished(event, stack, track, repairs.text)
            if node is None:
                continue
            if stack:
                stack[-1].children.append(node)
            else:
                root = node
    except MarkedYAMLError as error:
        raise Stumble(
            error.problem or "",
            error.problem_mark.index if error.problem_mark else 0,
            error.context_mark.index if error.context_mark else None,
            error.context or "",
        ) from None
    except (YAMLError, ValueError, IndexError, AttributeError) as error:  # the parser's own slips on odd input
        raise Stumble(str(error), 0) from None
    return Tree(root)


def _whole(text: str) -> str:
    """A text without halves of characters, which escapes can name and nothing can write: pairs are joined."""
    if not _HALVES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _finished(event: Any, stack: list[_Open], track: Tracker, text: str) -> Node | None:
    if isinstance(event, AliasEvent):
        start, end = track(event.start_mark.index), track(event.end_mark.index, after=True)
        return Node("scalar", start, end, text=f"*{event.anchor}", special=f"*{event.anchor}")
    if isinstance(event, ScalarEvent):
        start, end = track(event.start_mark.index), track(event.end_mark.index, after=True)
        return Node("scalar", start, end, text=_whole(event.value), style=event.style or "", special=_special(event))
    if not isinstance(event, (MappingEndEvent, SequenceEndEvent)):
        return None
    opened = stack.pop()
    children = opened.children
    flow = bool(opened.event.flow_style)
    start = track(opened.event.start_mark.index)
    end = track(event.end_mark.index, after=True) if flow or not children else children[-1].end
    special = _special(opened.event)
    if isinstance(event, SequenceEndEvent):
        return Node("list", start, end, flow=flow, items=tuple(children), special=special)
    if text.startswith("{{", start):
        return Node("scalar", start, end, text=text[start:end], style="{", special=special)
    pairs = tuple(_meant_pair(key, value, flow=flow) for key, value in zip(children[::2], children[1::2], strict=False))
    return Node("mapping", start, end, flow=flow, pairs=pairs, special=special)


def _meant_pair(key: Node, value: Node, *, flow: bool) -> tuple[Node, Node]:
    """Key and value as they were meant: `{now:-1}` and `“title”: …` are reported, and read on."""
    value = _after_key(key, value)
    if key.kind != "scalar" or key.style:
        return key, value
    if len(key.text) > 2 and key.text[0] in CURLY_QUOTES and key.text[-1] in CURLY_QUOTES:
        return replace(key, text=key.text[1:-1]), value
    glued = GLUED_PAIR.fullmatch(key.text) if flow and value.empty else None
    if glued is None:
        return key, value
    after = key.start + len(glued["key"])
    return (
        Node("scalar", key.start, after, text=glued["key"]),
        Node("scalar", after + 1, key.end, text=glued["value"]),
    )


def _after_key(key: Node, value: Node) -> Node:
    """An empty value stands after its key's colon, not where the next thing happens to stand."""
    if value.kind != "scalar" or value.start != value.end or value.style:
        return value
    return Node("scalar", key.end + 1, key.end + 1, special=value.special)


def _special(event: Any) -> str:
    if event.anchor is not None:
        return f"&{event.anchor}"
    return str(event.tag or "")
