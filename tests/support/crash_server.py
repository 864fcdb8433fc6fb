"""Runs a script in forked children that can be killed: everything is imported and compiled once.

The script is a module, named by the argument, whose `make` prepares a folder and whose `run` works in it. Reads lines
`folder [call]`; forks a child that works in the folder, and kills it at its n-th call to the disk if one is given; with
the argument `sql`, at its n-th call or statement of SQL. Answers `pid`, then `done` and the child's exit status when it
has ended. `Server` is its other end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["Server"]

PROJECT = Path(__file__).resolve().parents[2]
READING = ("SELECT", "ROLLBACK")
"""Statements that change nothing: to be killed before one is to be killed before what follows."""

DISK_CALLS = ("fsync", "replace", "rename", "unlink", "rmdir", "link")


class Countdown:
    """Wraps the calls that reach the disk and acts at the n-th."""

    def __init__(self, calls: int, act: Callable[[str], None]) -> None:
        self.left = calls
        self.act = act

    def count(self, name: str) -> None:
        """Count one call."""
        self.left -= 1
        if self.left == 0:
            self.act(name)

    def wrap(self, name: str) -> Callable[..., Any]:
        """The function of `os`, counted; a call acts before it does anything."""
        original = getattr(os, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            self.count(name)
            return original(*arguments, **named)

        return counted


def die(_: str) -> None:
    """End at once, without any last word."""
    os.kill(os.getpid(), signal.SIGKILL)


def _count_statements(countdown: Countdown) -> None:
    connect = sqlite3.connect

    def connected(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **named)
        connection.set_trace_callback(lambda said: None if said.startswith(READING) else countdown.count(said))
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connected  # type: ignore[assignment]  # a function like it


def main(script: str, *, statements: bool) -> None:
    found = import_module(script)
    make, run = found.make, found.run
    with tempfile.TemporaryDirectory() as folder:  # compile everything
        make(Path(folder) / "warm")
        run(Path(folder) / "warm")
    print("ready", flush=True)  # noqa: T201 - the parent reads it
    for line in sys.stdin:
        folder, _, call = line.strip().partition("\t")
        child = os.fork()
        if child == 0:
            if call:
                countdown = Countdown(int(call), die)
                for name in DISK_CALLS:
                    setattr(os, name, countdown.wrap(name))
                if statements:
                    _count_statements(countdown)
            run(Path(folder))
            os._exit(0)
        print(child, flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print("done", os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


class Server:
    """The process that forks the ones to be killed.

    Args:
        script: Name of a module.
        statements: Kill at statements of SQL, too.
    """

    def __init__(self, script: str, *, statements: bool = False) -> None:
        command = [sys.executable, "-m", "tests.support.crash_server", script, *(["sql"] if statements else [])]
        self.process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def work(self, folder: Path, *, call: int | None = None, seconds: float | None = None) -> int:
        """Let a child work until it ends, dies at its n-th call to the disk, or is killed; its exit status."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{folder}\t{call or ''}\n")
        self.process.stdin.flush()
        child = int(self._read())
        if seconds is not None:
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):  # it may be done by now
                os.kill(child, signal.SIGKILL)
        word, status = self._read().split()
        assert word == "done"
        assert int(status) in {0, -signal.SIGKILL}, "it failed by itself: see its traceback"
        return int(status)


if __name__ == "__main__":
    main(sys.argv[1], statements="sql" in sys.argv[2:])
