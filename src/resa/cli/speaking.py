"""Which language the command line speaks: that of `--language`, RESA_LANGUAGE, `resa.toml` or the locale.

It is settled before anything is read of the command, since its help and its mistakes are told in it, too.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from resa.base.language import in_language, spoken, terminal_language

__all__ = ["settle_language", "spoken_in_terminal", "told"]

_SETTLED = [""]
"""The language of this run; empty before it is settled."""


def spoken_in_terminal() -> str:
    """The language of the person at the terminal."""
    return _SETTLED[0] or terminal_language()


def told(text: str) -> str:
    """A text in the language of the person at the terminal."""
    return in_language(text, spoken_in_terminal())


def settle_language(arguments: Sequence[str]) -> None:
    """Find the language of a command; what cannot be read here is refused where the command is read."""
    _SETTLED[0] = spoken(_option(arguments) or "") or terminal_language(otherwise=_of_workspace(arguments))


def _option(arguments: Sequence[str]) -> str | None:
    """What `--language` says before the command; commands have options of this name for other things."""
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            return None
        name, equals, value = word.partition("=")
        if name == "--language":
            return value if equals else next(words, None)
    return None


def _of_workspace(arguments: Sequence[str]) -> str | None:
    """What `resa.toml` says in the folder of the command."""
    file = Path(_folder(arguments)) / "resa.toml"
    if os.environ.get("RESA_LANGUAGE") or not file.is_file():
        return None
    import tomllib  # noqa: PLC0415 - only where there is a file

    try:
        said = tomllib.loads(file.read_text(encoding="utf-8")).get("language")
    except (OSError, ValueError):
        return None
    return spoken(said) if isinstance(said, str) else None


def _folder(arguments: Sequence[str]) -> str:
    for word, following in pairwise([*arguments, ""]):
        name, equals, value = word.partition("=")
        if name in {"--workspace", "-w"}:
            return value if equals else following
        if word.startswith("-w"):
            return word.removeprefix("-w")
    return "."
