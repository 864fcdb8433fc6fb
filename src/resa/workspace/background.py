"""Sources that are due while a workspace is served: each is read by a process of its own.

That process connects, reads and judges, and hands over what it read, chunk by chunk; storing a chunk is all that the
one writer does for it, between what arrives. One that is slow or dead keeps nothing else waiting, nor another source,
and is ended in time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Final

from resa.base.errors import InputError, WorkspaceError
from resa.base.language import Sentence, as_it_is, sentence
from resa.base.settings import Settings
from resa.collector import Hooks
from resa.runtime import Call, answer, carry_out, read_call
from resa.storage import Store, Writer, state_of_source
from resa.workspace.collecting import due_sources

__all__ = ["Background"]

_LOOK_SECONDS: Final = 1.0

_MOMENT_SECONDS: Final = 0.1
"""So long one source is listened to before the next one's turn, and what arrives."""

_ANSWER_SECONDS: Final = 0.02
"""Who was answered mostly asks for the next thing within this."""

_END_SECONDS: Final = 5.0

_NICENESS: Final = 19
"""Whoever serves comes first."""

_SILENT_SECONDS: Final = 20.0
"""Who has given nothing for so long takes no other source's place."""

_MOST: Final = 4
"""So many times the places that there are may be taken, by those who give nothing."""


@dataclass
class _Run:
    """A source that is being read.

    Attributes:
        source: Its name.
        began_at: When it began, UTC.
        process: Who reads it.
        calls: What is asked of the writer; `None`: the process has ended.
        call: What was taken from these, and is not done yet.
        heard: When the last of it came.
        noted: It has said itself how the run went.
    """

    source: str
    began_at: datetime
    process: subprocess.Popen[bytes]
    calls: SimpleQueue[Call | None] = field(default_factory=SimpleQueue)
    call: Call | None = None
    heard: float = field(default_factory=time.monotonic)
    noted: bool = False

    @property
    def asks(self) -> bool:
        """Whether it waits for the writer."""
        return self.call is not None or not self.calls.empty()

    def listen(self, stream: IO[bytes]) -> None:
        """Hear what is asked, to its end."""
        try:
            with suppress(OSError, ValueError):  # it was ended, or what it says is cut off
                while (call := read_call(stream)) is not None:
                    self.calls.put(call)
        finally:
            self.calls.put(None)


class Background:
    """Runs sources when they are due.

    Args:
        folder: The workspace.
        store: Its data.
        settings: How many rows are stored at a time, and how long a source may give nothing.
        files: The source files as they are.
        tell: Called with what the one who runs the server should know.
    """

    def __init__(
        self, folder: Path, store: Store, settings: Settings, files: Hooks, tell: Callable[[Sentence], None]
    ) -> None:
        self._folder = folder
        self._store = store
        self._settings = settings
        self._files = files
        self._tell = tell
        self._runs: dict[str, _Run] = {}
        self._looked = -_LOOK_SECONDS
        self._failing: set[str] = set()
        self._changed = False

    def step(self, writer: Writer) -> bool:
        """Begin what is due, and do what is asked, a moment for each; whether any rows were stored or removed.

        Raises:
            WorkspaceError: The disk did not take it; the next step tries it again.
        """
        self._begin_due()
        for run in tuple(self._runs.values()):
            self._listen_to(writer, run)
        changed, self._changed = self._changed, False
        return changed

    def close(self) -> None:
        """End what runs: its next run goes on behind the last chunk that was stored."""
        for run in self._runs.values():
            _end(run.process)
        self._runs.clear()

    def _begin_due(self) -> None:
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        for source in due_sources(self._files.scheduled(), self._store):
            if source.name not in self._runs and self._has_place():
                self._begin(source.name)

    def _has_place(self) -> bool:
        places, now = self._settings.sources_at_once, time.monotonic()
        giving = sum(run.asks or now - run.heard < _SILENT_SECONDS for run in self._runs.values())
        return giving < places and len(self._runs) < _MOST * places

    def _begin(self, name: str) -> None:
        data, rows = self._store.layout.root, min(self._settings.chunk_rows, 50_000)
        command = [sys.executable, "-m", "resa.workspace.reading", str(self._folder), str(data), name, str(rows)]
        process = subprocess.Popen(  # noqa: S603 - Python itself, and names of our own
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=0
        )
        with suppress(AttributeError, OSError):  # not on every system
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        run = self._runs[name] = _Run(name, self._store.clock(), process)
        if process.stdout is not None:
            Thread(target=run.listen, args=(process.stdout,), name=f"source {name}", daemon=True).start()

    def _listen_to(self, writer: Writer, run: _Run) -> None:
        """Do what is asked for a source, a moment long."""
        until, wait = time.monotonic() + _MOMENT_SECONDS, 0.0
        while time.monotonic() < until and (call := self._next_call(writer, run, wait)) is not None:
            self._changed |= self._carry_out(writer, run, call)
            run.call = None
            run.heard = time.monotonic()
            wait = _ANSWER_SECONDS

    def _next_call(self, writer: Writer, run: _Run, wait: float) -> Call | None:
        """What is asked next for a source, within so many seconds; `None`: nothing is, or the run is over."""
        if run.call is None:
            try:
                run.call = run.calls.get(wait > 0, wait)
            except Empty:
                self._end_if_silent(writer, run)
                return None
            run.heard = time.monotonic()
            if run.call is None:
                self._ended(writer, run, sentence("the process that read it ended by itself"))
        return run.call

    def _carry_out(self, writer: Writer, run: _Run, call: Call) -> bool:
        """Do what is asked and answer; a call that cannot be done ends the run, and nothing else."""
        result: object
        try:
            result = carry_out(writer, call)
        except (WorkspaceError, OSError):
            raise  # the disk did not take it
        except InputError as error:
            result = {"refused": str(error)}
        except Exception as error:  # whatever it is, others are served; its text may hold rows
            result = {"refused": type(error).__name__}
        run.noted |= call.name == "note_run"
        if run.process.stdin is not None:
            with suppress(OSError):  # it is gone, which is heard next
                answer(run.process.stdin, result)
        return call.name in {"commit_chunk", "commit_lookup", "remove_load", "note_run"}

    def _end_if_silent(self, writer: Writer, run: _Run) -> None:
        if time.monotonic() - run.heard > self._settings.source_seconds:
            seconds = self._settings.source_seconds
            self._ended(writer, run, sentence("it gave nothing for {seconds} seconds, and was ended", seconds=seconds))

    def _ended(self, writer: Writer, run: _Run, why: Sentence) -> None:
        _end(run.process)
        if not run.noted:
            writer.note_run(run.source, began_at=run.began_at, error=why)
        del self._runs[run.source]
        state = state_of_source(self._store, run.source)
        if state.failures and run.source not in self._failing:
            self._failing.add(run.source)
            self._tell(
                sentence("source {name} failed, and is tried again: {why}", name=run.source, why=as_it_is(state.error))
            )
        elif not state.failures and run.source in self._failing:
            self._failing.discard(run.source)
            self._tell(sentence("source {name} is read again", name=run.source))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process; one that hangs in the system, as on a dead disk of the network, is left to itself."""
    process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
