"""Event logs of process mining: XES files (IEEE 1849), read as JSON lines, an object for each event.

An event's attributes keep their keys (`concept:name`, `time:timestamp`); those of its trace are written before it with
`case:` in front. Attributes of attributes are left out, lists are kept.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import IO, Any, Final
from xml.parsers import expat

from resa.base.errors import SourceError
from resa.base.language import sentence
from resa.collector.files import RowFile

__all__ = ["XesStream"]

_PIECE: Final = 1 << 20

_KINDS: Final = {"string", "date", "int", "float", "boolean", "id", "list", "container"}


class XesStream:
    """The events of a XES file as the bytes of JSON lines.

    Args:
        file: The file.
    """

    def __init__(self, file: RowFile) -> None:
        self._file = file
        self._raw: IO[bytes] = file.open()
        self._log = _Log()
        self._problem: SourceError | None = None
        self._ended = False

    def read(self, size: int) -> bytes:
        """Whole lines, about so many bytes; none at the end.

        Raises:
            SourceError: The file is no well-formed XML, or no event log; what came before was given.
        """
        while not self._ended and self._log.ready < size:
            with self._file.reading():
                data = self._raw.read(_PIECE)
            try:
                self._log.feed(data)
            except (expat.ExpatError, _NoLogError) as error:
                self._problem = SourceError(
                    sentence("{file} cannot be read as XES: {error}", file=self._file.name, error=error)
                )
            self._ended = not data or self._problem is not None
        given = self._log.taken()
        if not given and self._problem is not None:
            raise self._problem
        return given

    def close(self) -> None:
        """Close the file."""
        self._raw.close()


class _NoLogError(Exception):
    """What is wrong with well-formed XML that is no event log."""


class _Log:
    """What a parser has seen of a log."""

    def __init__(self) -> None:
        self.ready = 0
        self._lines: list[bytes] = []
        self._open: list[str] = []  # names of the elements around
        self._trace: dict[str, object] = {}
        self._event: dict[str, object] = {}
        self._list: list[object] | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = _refuse_types

    def feed(self, data: bytes) -> None:
        """Parse more; nothing: the file has ended."""
        self._parser.Parse(data, not data)

    def taken(self) -> bytes:
        """The lines that are ready, once."""
        given = b"".join(self._lines)
        self._lines, self.ready = [], 0
        return given

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if not self._open and kind != "log":
            raise _NoLogError(f"it begins with <{name}>, not with <log>")
        around = self._open[-1] if self._open else ""
        if kind == "trace":
            self._trace = {}
        elif kind == "event":
            self._event = dict(self._trace) if "trace" in self._open else {}
        elif kind in _KINDS and around in {"event", "trace"}:
            self._keep(kind, around, attributes)
        elif kind in _KINDS and around == "values" and self._list is not None:
            self._list.append({"key": attributes.get("key"), "value": _value(kind, attributes)})
        self._open.append(kind)

    def _keep(self, kind: str, around: str, attributes: Mapping[str, str]) -> None:
        """An attribute of an event or a trace."""
        key = attributes.get("key")
        if key is None:
            return
        value = _value(kind, attributes)
        self._list = value if isinstance(value, list) else None
        if around == "event":
            self._event[key] = value
        else:
            self._trace[f"case:{key}"] = value

    def _end(self, name: str) -> None:
        del name
        if self._open.pop() == "event":
            line = json.dumps(self._event, ensure_ascii=False).encode() + b"\n"
            self._lines.append(line)
            self.ready += len(line)


def _refuse_types(*declared: Any) -> None:
    """A document type could define entities that blow up a small file; XES has none."""
    raise _NoLogError(f"it declares a document type ({declared[0]}), which no event log does")


def _value(kind: str, attributes: Mapping[str, str]) -> object:
    """An attribute's value; what is not of its kind stays text."""
    if kind in {"list", "container"}:
        return []
    text = attributes.get("value")
    if text is None:
        return None
    try:
        return _READERS[kind](text) if kind in _READERS else text
    except (ValueError, KeyError):
        return text


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _truth(text: str) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[text.strip().casefold()]


_READERS: Final[Mapping[str, Callable[[str], object]]] = {"int": int, "float": _number, "boolean": _truth}
