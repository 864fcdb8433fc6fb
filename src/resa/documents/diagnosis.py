"""Why the YAML parser stopped, in plain words, with a repair that lets the reading go on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from resa.base.language import Sentence, sentence
from resa.documents.parsing import Stumble
from resa.documents.source import Source
from resa.documents.tree import quoted

__all__ = ["Diagnosis", "diagnose"]

_VALUE = re.compile(r"[ \t]*(?:-[ \t]+)*(?:[^\s:#'\"\[{][^:#\n]*?:[ \t]+)?")
_COMMENT = re.compile(r"[ \t]+#.*$|[ \t]+$")
_GLUED = re.compile(r"[ \t]*(?:- +)*[\w åäöÅÄÖ]+?(?P<colon>:)(?=[^\s:/\\])")
_ENTRY = re.compile(r"(?P<indent>[ ]*)(?P<dashes>(?:- +)*)(?P<key>[^\s#-][^#\n]*?:(?=\s|$))?")


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, in offsets of the mended text.

    Attributes:
        message: In plain words, with what to do.
        offset: Where.
        code: Stable name of the rule.
        start: Where the repair begins.
        end: Where it ends.
        new: What it writes there; `None`: no repair is known, the part is skipped.
    """

    message: Sentence
    offset: int
    code: str
    start: int
    end: int
    new: str | None


@dataclass(frozen=True)
class _Line:
    """One line of the mended text, and the value on it."""

    source: Source
    start: int
    end: int

    @classmethod
    def at(cls, source: Source, offset: int) -> _Line:
        return cls(source, *source.line_bounds(min(offset, len(source.text))))

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(" \t"))

    @property
    def blank(self) -> bool:
        return not self.text.strip() or self.text.lstrip().startswith(("#", "---", "..."))

    @property
    def value(self) -> tuple[int, int]:
        """Bounds of the value: after dashes and a key, before a comment."""
        match = _VALUE.match(self.text)
        start = self.start + (match.end() if match else 0)
        return start, self.ends(start)

    def ends(self, start: int) -> int:
        """Where a value that begins at `start` ends."""
        rest = self.source.text[start : self.end]
        return start + len(_COMMENT.sub("", rest))

    def before(self) -> Iterator[_Line]:
        """The lines above that say something, nearest first."""
        start = self.start
        while start > 0:
            line = _Line.at(self.source, start - 1 - (self.source.text[start - 2 : start] == "\r\n"))
            start = line.start
            if not line.blank:
                yield line


def _quote(source: Source, start: int, why: str, code: str) -> Diagnosis:
    end = _Line.at(source, start).ends(start)
    new = quoted(source.text[start:end])
    return Diagnosis(
        sentence("{why}; put quotes around the text: {new}", why=why, new=new), start, code, start, end, new
    )


def _reserved(source: Source, stumble: Stumble) -> Diagnosis | None:
    match = re.match(r"found character '(\\t|.)' that cannot start any token", stumble.reason, re.DOTALL)
    if match is None and stumble.context not in {
        "while scanning an alias",
        "while scanning an anchor",
        "while scanning a block scalar",
        "while scanning a tag",
        "while parsing a tag",
    }:
        return None
    start = stumble.offset if match else stumble.began or stumble.offset
    sign = source.text[start : start + 1]
    if sign == "\t":
        end = start + len(source.text[start:]) - len(source.text[start:].lstrip("\t "))
        message = sentence("a tab stands here, YAML wants spaces; write spaces instead")
        return Diagnosis(message, start, "tab", start, end, " ")
    return _quote(
        source, start, sentence("text cannot begin with {sign} without quotes", sign=sign), "reserved-character"
    )


def _unclosed_quote(source: Source, stumble: Stumble) -> Diagnosis | None:
    if stumble.context not in {"while scanning a quoted scalar", "while scanning a double-quoted scalar"}:
        return None
    began = stumble.began or 0
    line = _Line.at(source, began)
    raw = source.text[began : line.ends(began)]
    if "escape" in stumble.reason or "hexadecimal" in stumble.reason:
        line = _Line.at(source, stumble.offset)
        start = began if began >= line.start else line.value[0]
        raw = source.text[start : line.ends(start)]
        new = "'" + raw.strip('"').replace("'", "''") + "'"
        message = sentence(
            "inside double quotes a backslash has a meaning of its own; write single quotes: {new}", new=new
        )
        return Diagnosis(message, stumble.offset, "backslash", start, start + len(raw), new)
    return _close_quote(began, raw)


def _close_quote(began: int, raw: str) -> Diagnosis:
    new = quoted(raw[1:].strip() or raw)
    message = sentence("the quote {raw} that opens here is never closed; write {new}", raw=raw[:1], new=new)
    return Diagnosis(message, began, "unclosed-quote", began, began + len(raw), new)


def _left_open(source: Source, line: _Line) -> Diagnosis | None:
    """The nearest line up to this one whose quote does not close on its own line."""
    for number, above in enumerate([line, *line.before()]):
        start, end = above.value
        raw = source.text[start:end]
        if raw[:1] in {"'", '"'} and raw.count(raw[0]) % 2 and not raw[1:].rstrip().endswith(raw[0]):
            return _close_quote(start, raw)
        if number > 30:
            break
    return None


def _after_value(source: Source, stumble: Stumble) -> Diagnosis | None:
    if not stumble.reason.endswith("found '<scalar>'"):
        return None
    line = _Line.at(source, stumble.offset)
    start, end = line.value
    raw = source.text[start:end]
    if start >= stumble.offset or raw[:1] not in {"'", '"', "[", "{", "*"}:
        return _left_open(source, line)
    if raw[0] == "*":
        return _quote(source, start, sentence("text cannot begin with * without quotes"), "reserved-character")
    first, last = raw[0], raw[-1]
    new = quoted(raw[1:-1] if first in "'\"" and first == last else raw)
    if new == raw and (found := _left_open(source, line)):
        return found
    what = (
        sentence("the quote closes before the text ends")
        if first in "'\""
        else sentence("'{first}' opens a list or mapping", first=first)
    )
    message = sentence("{what}, and more text follows; put quotes around the whole text: {new}", what=what, new=new)
    return Diagnosis(message, stumble.offset, "text-after-value", start, end, new)


def _brackets(source: Source, stumble: Stumble) -> Diagnosis | None:
    if "in flow context" in stumble.reason or stumble.context.startswith("while parsing a flow"):
        return _open_bracket(source, stumble)
    if match := re.search(r"found '([\]}])'$", stumble.reason):
        offset = stumble.offset
        line = _Line.at(source, offset)
        if source.text[line.value[0] :].startswith(match[1]):
            return _quote(
                source, line.value[0], sentence("text cannot begin with {match}", match=match[1]), "reserved-character"
            )
        message = sentence("this '{match}' closes nothing; take it away", match=match[1])
        return Diagnosis(message, offset, "bracket", offset, offset + 1, "")
    if stumble.reason.endswith("found ','"):
        return _quote(source, stumble.offset, sentence("text cannot begin with a comma"), "reserved-character")
    return None


def _open_bracket(source: Source, stumble: Stumble) -> Diagnosis:
    began = stumble.offset if stumble.began is None else stumble.began
    if began >= len(source.text.rstrip()):  # the end was reached: the last bracket that was never closed
        began = _unclosed(source.text)
    line = _Line.at(source, began)
    start = next((place for place in (line.value[0],) if source.text[place : place + 1] in {"[", "{"}), began)
    end = line.ends(start)
    raw = source.text[start:end]
    closing = {"[": "]", "{": "}"}.get(raw[:1], "]")
    if "," in stumble.reason and re.search(r",\s*,", raw):
        new: str | None = re.sub(r",(\s*,)+", ",", raw)
        message = sentence("two commas follow each other; write {new}", new=new)
    elif closing not in raw and re.fullmatch(r"[\w\s.,:-]+", raw[1:]):
        new = raw.rstrip(", ") + closing
        message = sentence("the bracket '{raw}' that opens here is never closed; write {new}", raw=raw[:1], new=new)
    else:
        new = quoted(raw)
        message = sentence(
            "'{raw}' opens a list or mapping that YAML cannot read; if it is text, put quotes: {new}",
            raw=raw[:1],
            new=new,
        )
    return Diagnosis(message, start, "bracket", start, end, new)


def _unclosed(text: str) -> int:
    stack: list[int] = []
    for match in re.finditer(r"[][{}]", text):
        if match[0] in "[{":
            stack.append(match.start())
        elif stack:
            stack.pop()
    return stack[-1] if stack else 0


def _list_beside_key(source: Source, stumble: Stumble) -> Diagnosis | None:
    if "sequence entries are not allowed" not in stumble.reason:
        return None
    line = _Line.at(source, stumble.offset)
    head = source.text[line.start : stumble.offset].rstrip()
    if not head.endswith(":"):
        return _indentation(source, stumble.offset)
    match = _ENTRY.match(line.text)
    column = len(match["indent"]) + len(match["dashes"]) if match else line.indent
    ending = "\r\n" if source.text[line.end : line.end + 2] == "\r\n" else "\n"
    message = sentence("a list begins on the line below its key; move the '-' down and indent it")
    start = line.start + len(head)
    return Diagnosis(message, stumble.offset, "list-beside-key", start, stumble.offset, ending + " " * (column + 2))


def _glued(line: _Line) -> Diagnosis | None:
    match = _GLUED.match(line.text)
    if match is None:
        return None
    offset = line.start + match.start("colon") + 1
    fixed = line.text.strip().replace(":", ": ", 1)
    return Diagnosis(
        sentence("a space is missing after ':'; write {fixed}", fixed=fixed), offset, "no-space", offset, offset, " "
    )


def _colon(source: Source, stumble: Stumble) -> Diagnosis | None:
    if "mapping values are not allowed" not in stumble.reason:
        return None
    line = _Line.at(source, stumble.offset)
    start, _ = line.value
    if source.text[line.start : start].rstrip().endswith(":") and start < stumble.offset:
        why = sentence("a colon with a space after it makes a key, and here one stands inside a text")
        return _quote(source, start, why, "colon-in-text")
    for above in line.before():
        if found := _glued(above):
            return found
        if not re.search(r":(\s|$)|^\s*- ", above.text):
            return _no_colon(above)
        break
    return _indentation(source, stumble.offset)


def _no_colon(line: _Line) -> Diagnosis:
    text = line.text.strip()
    message = sentence(
        "'{text}' is neither 'key: value' nor '- item'; write a ':' or put '- ' before it", text=text[:40]
    )
    start = line.start + line.indent
    return Diagnosis(message, start, "no-colon", start, line.end, None)


def _expected_colon(source: Source, stumble: Stumble) -> Diagnosis | None:
    if "could not find expected ':'" not in stumble.reason:
        return None
    line = _Line.at(source, stumble.began if stumble.began is not None else stumble.offset)
    return _glued(line) or _left_open(source, line) or _no_colon(line)


def _columns(line: _Line) -> Iterator[int]:
    match = _ENTRY.match(line.text)
    if match is None:
        return
    yield len(match["indent"])
    if match["dashes"]:
        yield len(match["indent"]) + len(match["dashes"])


def _indentation(source: Source, offset: int) -> Diagnosis:
    line = _Line.at(source, offset)
    dashed = line.text.lstrip().startswith("- ")
    candidates: set[int] = set()
    for number, above in enumerate(line.before()):
        found = _ENTRY.match(above.text)
        if found is None or number > 200:
            break
        has_dash = bool(found["dashes"])
        columns = list(_columns(above))
        if dashed:
            candidates |= {columns[0]} if has_dash else set()
        elif found["key"]:
            candidates.add(columns[-1])
        if columns[0] == 0:
            break
    candidates -= {line.indent}
    message = sentence("this line does not begin under the line that it belongs to")
    if not candidates:
        return Diagnosis(
            sentence("{message}; check the spaces before it", message=message),
            offset,
            "indentation",
            line.start,
            line.end,
            None,
        )
    column = min(candidates, key=lambda place: (abs(place - line.indent), -place))
    start = line.start + line.indent
    return Diagnosis(
        sentence("{message}; begin it in column {column}", message=message, column=column + 1),
        start,
        "indentation",
        line.start,
        start,
        " " * column,
    )


def _misplaced(source: Source, stumble: Stumble) -> Diagnosis | None:
    if "<block end>" not in stumble.reason:
        return None
    return _indentation(source, stumble.offset)


_RULES: tuple[Callable[[Source, Stumble], Diagnosis | None], ...] = (
    _reserved,
    _unclosed_quote,
    _after_value,
    _brackets,
    _list_beside_key,
    _colon,
    _expected_colon,
    _misplaced,
)


def diagnose(text: str, stumble: Stumble) -> Diagnosis:
    """Say what stopped the parser in `text`, and what to write instead."""
    source = Source("", text)
    for rule in _RULES:
        if found := rule(source, stumble):
            return found
    line = _Line.at(source, stumble.offset)
    if stumble.reason == "nested too deeply":
        message = sentence("lists and mappings are nested more than 40 deep here; no map needs that")
        return Diagnosis(message, stumble.offset, "depth", line.start, line.end, None)
    if "<document start>" in stumble.reason:
        above = next(line.before(), line)
        if not above.text.startswith("%"):
            return _no_colon(above)
        return Diagnosis(
            sentence("a line cannot begin with %"), above.start, "reserved-character", above.start, above.end, None
        )
    message = sentence(
        "YAML cannot read this line; look for a stray quote, bracket or colon, or put quotes around the text"
    )
    return Diagnosis(message, stumble.offset, "unreadable", line.start, line.end, None)
