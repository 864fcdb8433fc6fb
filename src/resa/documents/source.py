"""Text with its places: where a character stands, and edits that leave every other byte alone."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from resa.base.errors import Problem
from resa.base.language import Sentence, sentence

__all__ = ["Edit", "Finding", "Source", "apply_edits", "decode", "merge_edits"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the characters from `start` up to `end` of a text by `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, with the edits that mend it; no edits: only its writer can decide."""

    problem: Problem
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, eq=False)
class Source:
    """A text and the name of its file.

    Attributes:
        file: As the user would name it.
        text: Exactly what the file holds, a byte order mark and its line ends included.
    """

    file: str
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both from 1; a byte order mark takes no column."""
        line = bisect_right(self._starts, offset)
        column = offset - self._starts[line - 1] + 1
        if line == 1 and self.text.startswith(_BYTE_ORDER_MARK) and offset > 0:
            column -= 1
        return line, column

    def offset(self, line: int, column: int) -> int:
        """The character at a line and column, both from 1: the other way round than `position`."""
        marked = line == 1 and column > 1 and self.text.startswith(_BYTE_ORDER_MARK)
        return self._starts[min(line, len(self._starts)) - 1] + column - 1 + marked

    def line_bounds(self, offset: int) -> tuple[int, int]:
        """First offset of the line that holds a character, and the offset where its line end begins."""
        start = self._starts[bisect_right(self._starts, offset) - 1]
        match = _LINE_END.search(self.text, start)
        return start, match.start() if match else len(self.text)

    def problem(
        self,
        message: Sentence,
        offset: int,
        *,
        code: str = "invalid",
        severity: Literal["error", "warning"] = "error",
        fix: str | None = None,
        field: str | None = None,
    ) -> Problem:
        """A problem that stands at a character of this text."""
        line, column = self.position(offset)
        return Problem(
            message=message,
            file=self.file,
            line=line,
            column=column,
            field=field,
            severity=severity,
            code=code,
            fix=fix,
        )


def decode(data: bytes, file: str) -> tuple[Source, list[Finding]]:
    """Read the bytes of a file as text; anything but UTF-8 is read as what it probably is, and reported.

    The finding's repair is to write the same text as UTF-8, so it has an edit that changes nothing.
    """
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            source = Source(file, data.decode(encoding, errors="replace"))
            return source, [_wrong_encoding(source, 0, "UTF-16")]
    try:
        return Source(file, data.decode("utf-8")), []
    except UnicodeDecodeError as error:
        source = Source(file, data.decode("cp1252", errors="replace"))
        return source, [_wrong_encoding(source, error.start, "Windows-1252 (Latin-1)")]  # one byte, one character


def _wrong_encoding(source: Source, offset: int, name: str) -> Finding:
    message = sentence(
        "the file is not UTF-8, it looks like {name}; save it as UTF-8 (å, ä and ö depend on it)", name=name
    )
    return Finding(source.problem(message, offset, code="encoding", fix="UTF-8"), (Edit(0, 0, ""),))


def merge_edits(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in the order of the text, without repeats; of two that overlap, the first stands."""
    kept: list[Edit] = []
    for edit in sorted(set(edits)):
        if kept and (edit.start < kept[-1].end or (edit.start == kept[-1].start == kept[-1].end == edit.end)):
            continue
        kept.append(edit)
    return kept


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits; overlapping ones are dropped as `merge_edits` says."""
    parts: list[str] = []
    position = 0
    for edit in merge_edits(edits):
        parts += [text[position : edit.start], edit.new]
        position = edit.end
    return "".join([*parts, text[position:]])
