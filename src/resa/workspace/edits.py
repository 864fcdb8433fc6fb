"""Files of a workspace that somebody edits while it is open: seen, and taken up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resa.base.errors import InputError, Problem, SettingsError
from resa.base.language import Sentence, sentence
from resa.base.settings import Settings, read_settings
from resa.collector import read_sources
from resa.consent import read_consent_rules
from resa.identity import read_rules
from resa.journey_map import load_maps

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["AT_ONCE", "Edits", "SettingsEdits", "settings_problems", "told_of"]

SETTINGS_FILE: Final = "resa.toml"

AT_ONCE: Final = tuple(name for name in Settings.names() if name.startswith("oidc_") or name == "second_factor_for")
"""Settings that hold as soon as the file says them, beside a running server too: who may come in, and how."""

_MADE_OF_FILES: Final = ("loaded", "sources", "identity", "_measuring")
"""What a workspace keeps of its files once it has read them."""


class Edits:
    """Looks whether somebody edited the files of a workspace.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop
        self._seen = tuple(_written(shop.folder))

    def seen(self) -> bool:
        """Whether files were edited since this was asked last."""
        seen = tuple(_written(self._shop.folder))
        edited, self._seen = seen != self._seen, seen
        return edited

    def wrong(self) -> Sentence | None:
        """Why the files cannot be used as they are now; `None`: they can."""
        folder = self._shop.folder
        rules = chain.from_iterable(_problems_of(read, folder) for read in (read_rules, read_consent_rules))
        problems = chain(load_maps(folder).problems, read_sources(folder)[1], rules)
        first = next((one for one in problems if one.severity == "error"), None)
        return None if first is None else told_of(first)

    def take_up(self) -> None:
        """Have the workspace read its files anew when it needs them."""
        for name in _MADE_OF_FILES:
            self._shop.__dict__.pop(name, None)


class SettingsEdits:
    """Looks whether somebody edited `resa.toml`, and takes up what it says of who may come in.

    All else that it says holds from the next start. A file that is wrong or empty changes nothing.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop
        self._file = shop.folder / SETTINGS_FILE
        self._seen = self._written()

    def take_up(self) -> None:
        """Have what the file says of who may come in hold from now on."""
        seen = self._written()
        if seen == self._seen:
            return
        self._seen = seen
        with suppress(SettingsError):
            now = self._shop.settings
            found = read_settings(self._file, now)
            elsewhere = found.public_address != now.public_address  # which holds later, and providers are told it
            names = ("second_factor_for",) if elsewhere else AT_ONCE
            self._shop.settings = now.model_copy(update={name: getattr(found, name) for name in names})

    def wrong(self) -> Sentence | None:
        """Why the file cannot be used, told once for each time that it was written; `None`: it can, or it was told."""
        seen = self._written()
        if seen == self._seen:
            return None
        self._seen = seen
        problems = settings_problems(self._shop)
        return told_of(problems[0]) if problems else None

    def _written(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def settings_problems(shop: Workspace) -> Sequence[Problem]:
    """What is wrong with `resa.toml` as it is now; until it is mended, what it said before holds."""
    try:
        read_settings(shop.folder / SETTINGS_FILE, shop.settings)
    except SettingsError as error:
        return error.problems
    return ()


def told_of(problem: Problem) -> Sentence:
    """A problem with its place."""
    return sentence("{place}: {message}", place=problem.place, message=problem.message)


def _problems_of(read: Callable[[Path], object], folder: Path) -> Sequence[Problem]:
    """What is wrong with a file that is read as a whole or not at all."""
    try:
        read(folder)
    except InputError as error:
        return error.problems
    return ()


def _written(folder: Path) -> Iterator[tuple[str, int, int]]:
    """What people wrote, as far as it can tell that something was edited: path, time, size."""
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*/*.yaml")]):
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        yield str(path), found.st_mtime_ns, found.st_size
