"""Opening a page in the browser of who sits at this machine, where there is one."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Final

__all__ = ["open_in_browser", "somebody_looks"]

_IN_A_TERMINAL: Final = frozenset({"elinks", "links", "lynx", "w3m", "www-browser"})
"""Browsers that would take the terminal for themselves."""

_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")
_ELSEWHERE: Final = ("CI", "SSH_CONNECTION", "SSH_TTY")
"""Variables of machines before which nobody sits."""


def somebody_looks(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether somebody sits at a screen of this machine, as far as can be told."""
    if any(environment.get(name) for name in _ELSEWHERE) or not (sys.stdout.isatty() and sys.stderr.isatty()):
        return False
    return sys.platform in {"darwin", "win32"} or any(environment.get(name) for name in _SCREENS)


def open_in_browser(link: str, folder: Path) -> None:
    """Open a link that signs in; where nobody looks, or no browser is there, nothing happens.

    The browser is told of a file that only this user can read, and that leads to the link: what a program is called
    with can be seen by everybody on a machine.

    Args:
        link: To be opened.
        folder: Where the file may stand; it stays until the next demo, when its link holds no more.
    """
    if not somebody_looks():
        return
    with suppress(OSError, webbrowser.Error):
        browser = webbrowser.get()
        if getattr(browser, "name", "") in _IN_A_TERMINAL:
            return
        browser.open(_leading_to(link, folder).resolve().as_uri())


def _leading_to(link: str, folder: Path) -> Path:
    place = folder / "open.html"
    place.unlink(missing_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={escape(link)}">')
    return place
