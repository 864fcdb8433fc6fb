"""Runs `storage_script` in forked children that can be killed: everything is imported and compiled once.

Reads lines `folder [call]`; forks a child that works in the folder, and kills it at its n-th call to the disk if one is
given. Answers `pid`, then `done` and the child's exit status when it has ended.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.storage_script import make, run

DISK_CALLS = ("fsync", "replace", "rename", "unlink", "rmdir", "link")


class Countdown:
    """Wraps the calls that reach the disk and acts at the n-th."""

    def __init__(self, calls: int, act: Callable[[str], None]) -> None:
        self.left = calls
        self.act = act

    def wrap(self, name: str) -> Callable[..., Any]:
        """The function of `os`, counted; a call acts before it does anything."""
        original = getattr(os, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.act(name)
            return original(*arguments, **named)

        return counted


def die(_: str) -> None:
    """End at once, without any last word."""
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
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
            run(Path(folder))
            os._exit(0)
        print(child, flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print("done", os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
