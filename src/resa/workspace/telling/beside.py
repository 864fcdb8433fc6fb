"""Telling while a workspace is served: a process of its own, now and then, so that nobody waits for a mail server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from resa.base.language import Sentence, sentence
from resa.workspace.telling.telling import can_tell

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["TellingBeside"]

_MEASURED_SECONDS: Final = 3_600.0
_LONGEST_SECONDS: Final = 1_800.0
_NICENESS: Final = 19
"""Whoever serves comes first."""


class TellingBeside:
    """Starts the process that tells, where there is a way to tell anything.

    Args:
        shop: The workspace.
        tell: Called with what the one who runs the server should know.
    """

    def __init__(self, shop: Workspace, tell: Callable[[Sentence], None]) -> None:
        self._shop = shop
        self._tell = tell
        self._process: subprocess.Popen[bytes] | None = None
        self._began = time.monotonic()
        self._measured: float | None = None
        self._failing = False

    def step(self) -> None:
        """Begin what is due, and see to what has ended."""
        now = time.monotonic()
        if self._process is not None:
            self._look(self._process, now)
        elif now - self._began >= self._shop.settings.tell_seconds and can_tell(self._shop):
            self._begin(now)

    def close(self) -> None:
        """End what runs: what it has not noted as sent is sent again at the next start."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            self._process = None

    def _begin(self, now: float) -> None:
        measuring = self._measured is None or now - self._measured >= _MEASURED_SECONDS
        words = "measuring" if measuring else "quick"
        command = [sys.executable, "-m", "resa.workspace.telling_process", str(self._shop.folder), words]
        self._began = now
        with suppress(OSError):  # too many processes, for instance; that passes
            self._process = subprocess.Popen(  # noqa: S603 - Python itself, and names of our own
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
            self._measured = now if measuring else self._measured
            with suppress(AttributeError, OSError):  # not on every system
                os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)

    def _look(self, process: subprocess.Popen[bytes], now: float) -> None:
        ended = process.poll()
        if ended is None:
            if now - self._began > _LONGEST_SECONDS:
                self.close()
            return
        self._process = None
        if ended and not self._failing:
            self._tell(sentence("owners could not all be told; why, says the page of owners in the settings"))
        elif not ended and self._failing:
            self._tell(sentence("owners are told again"))
        self._failing = bool(ended)
