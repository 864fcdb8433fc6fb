"""What a server writes to stderr while it runs: lines for people, or JSON for machines. Nothing of what was sent."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Literal

from resa.base.language import Sentence
from resa.cli.console import say

__all__ = ["Form", "Level", "Tell", "teller"]

Form = Literal["text", "json"]
Level = Literal["info", "warning", "error"]
Tell = Callable[[str, Level, Sentence], None]
"""Tells of something that happened: its stable name, how bad it is, and in words."""


def teller(form: Form) -> Tell:
    """What writes lines of a form."""
    return _as_json if form == "json" else _as_text


def _as_text(_name: str, _level: Level, text: Sentence) -> None:
    say(text)


_PLAIN: Final = (str, int, float, bool)


def _as_json(name: str, level: Level, text: Sentence) -> None:
    values = {key: value for key, value in text.values.items() if isinstance(value, _PLAIN)}
    line = {
        "time": datetime.now(UTC).isoformat(),
        "level": level,
        "event": name,
        "message": str(text).strip(),
        **values,
    }
    with suppress(OSError):  # where nobody reads it, it is served all the same
        sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stderr.flush()
