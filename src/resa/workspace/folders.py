"""What a folder is, and who works in it."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from pathlib import Path

from resa.collector import Source

__all__ = ["currencies_of", "is_text", "is_workspace", "user"]


def user() -> str:
    """Who works here, as the operating system calls them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def currencies_of(sources: Iterable[Source]) -> dict[str, str]:
    """The currencies of the sources that name one, by name of the source."""
    return {source.name: source.currency for source in sources if source.currency is not None}


def is_text(name: str) -> bool:
    """Whether a name can be written as UTF-8, which Arrow asks of paths."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_workspace(folder: Path) -> bool:
    """Whether a folder is a workspace: it has a map or settings."""
    return any((folder / name).exists() for name in ("journey.yaml", "journeys", "resa.toml"))
