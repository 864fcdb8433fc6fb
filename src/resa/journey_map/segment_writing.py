"""Changing `segments.yaml` as people do on a screen: what is not changed stays byte for byte, comments too.

text = edited_segments(text, write_segment("regulars", {"who": "traits.orders >= 2"}))
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Any, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.documents import Document, read_document, rewrite, spelling
from resa.journey_map.editing import Change
from resa.journey_map.names import normalised
from resa.journey_map.saying import Data, shared_entries, write

__all__ = [
    "SEGMENTS_FILE",
    "edited_segments",
    "remove_segment",
    "segment_entries",
    "segment_entry",
    "segment_said",
    "segment_text",
    "write_segment",
]

SEGMENTS_FILE: Final = "segments.yaml"
_SECTION: Final = "segments"
_ORDER: Final = ("name", "about", "owner", "map", "who")


def edited_segments(text: str, *changes: Change) -> str:
    """The text of `segments.yaml` after changes.

    Args:
        text: What stands in it, without errors; empty: there is no such file.
        changes: What is to be changed, one after the other.

    Raises:
        QuestionError: There is no such segment.
        InputError: The file is written so that this cannot be changed in place.
    """
    document = read_document(SEGMENTS_FILE, text)
    data: Data = copy.deepcopy(document.data) or {}
    entries = shared_entries(data, _SECTION)
    for change in changes:
        change(entries)
    if data == (document.data or {}) or shared_entries(copy.deepcopy(document.data) or {}, _SECTION) == entries:
        return text
    if document.root is not None and document.root.pairs:
        return rewrite(document, data)
    return _begun(document, data)


def _begun(document: Document, data: Data) -> str:
    """The first segments of a file in which none stands, below its comments."""
    written = rewrite(read_document(SEGMENTS_FILE, "_: _\n"), data)
    before = document.text
    if document.root is not None:  # an empty pair of braces, which the last segment left
        before = before[: document.root.start] + re.sub(r"\A[ \t]*\n", "", before[document.root.end :])
    ending = "\r\n" if "\r\n" in before else "\n"
    apart = "" if not before or before.endswith("\n") else ending
    return before + apart + written.replace("\n", ending)


def write_segment(key: str, words: Mapping[str, Any]) -> Change:
    """Say something of a segment, new or not, in the words of `segment_said`; nothing takes a key away."""

    def change(data: Data) -> None:
        name = _called(data, key)
        there = data.get(name)
        entry = dict(there) if isinstance(there, Mapping) else {} if there is None else {"who": there}
        write(entry, words)
        if not isinstance(there, Mapping):
            entry = {one: entry[one] for one in sorted(entry, key=_place)}
        alone = set(entry) == {"who"} and not isinstance(there, Mapping)
        data[name] = entry["who"] if alone else entry

    return change


def _place(field: str) -> int:
    said = spelling(field)
    return _ORDER.index(said) if said in _ORDER else len(_ORDER)


def remove_segment(key: str) -> Change:
    """Take a segment away."""

    def change(data: Data) -> None:
        if (name := _called(data, key)) not in data:
            raise QuestionError(sentence("there is no segment '{key}' in the file", key=key))
        del data[name]

    return change


def segment_entry(text: str, key: str) -> Any:
    """What the file says of a segment, as it stands there: a mapping, or a condition alone; `None`: nothing."""
    return segment_entries(text).get(key)


def segment_entries(text: str) -> dict[str, Any]:
    """What the file says of each segment, by key."""
    data = read_document(SEGMENTS_FILE, text).data
    entries = shared_entries(data, _SECTION) if isinstance(data, dict) else {}
    return {normalised(str(name)): entry for name, entry in reversed(list(entries.items()))}


def segment_text(text: str, key: str) -> str:
    """The lines of the file that are about a segment; empty: none are."""
    document = read_document(SEGMENTS_FILE, text)
    root = document.root
    if root is not None and len(root.pairs) == 1 and spelling(root.pairs[0][0].text) == _SECTION:
        root = root.pairs[0][1]
    found = next((one for one, _ in root.pairs if normalised(one.text) == key), None) if root is not None else None
    if root is None or found is None or root.flow:
        return "" if found is None else text
    start, _ = document.source.line_bounds(found.start)
    deep = found.start - start
    first, *others = text[found.start :].splitlines()
    inside = takewhile(lambda line: not line.strip() or not line[: deep + 1].strip(), others)
    return "\n".join([first, *(line[deep:] for line in inside)]).rstrip()


def segment_said(entry: Any) -> dict[str, str]:
    """The same in words: name, about, owner, map and who; what is not said is empty."""
    said = {"who": entry} if not isinstance(entry, Mapping) else {spelling(name): one for name, one in entry.items()}
    return {field: "" if said.get(field) is None else str(said[field]).strip() for field in _ORDER}


def _called(data: Mapping[str, Any], key: str) -> str:
    return next((name for name in data if normalised(str(name)) == key), key)
