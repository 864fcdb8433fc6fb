"""An erasure killed anywhere has not happened, or goes on with the next command; done again, it is whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import resa
from resa.cli.app import run

MAP = "title: T\nstages: {s: [a]}\nsignals: {a: {event: a}}\n"
SOURCE = "path: '*.csv'\ncolumns: {occurred_at: at, event: what, identifiers: {user_id: who, email: mail}}\n"
EVENTS = """at,what,who,mail
2026-05-01T10:00:00Z,a,1,quillwort@shop.se
2026-05-02T10:00:00Z,a,2,wexford@shop.se
never,a,1,quillwort@shop.se
"""
KILLED = """
import os, signal, sys
from resa.base import files
from resa.storage import database, lease
left = [int(sys.argv[1])]
def counted(function):
    def calling(*given, **named):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **named)
    return calling
os.fsync, os.replace, os.rename = counted(os.fsync), counted(os.replace), counted(os.rename)
database.vacuum = counted(database.vacuum)
database.Database.changing = counted(database.Database.changing)
from resa.cli.app import run
sys.exit(run(["customer", "erase", "quillwort@shop.se", "--yes", "-w", sys.argv[2]]))
"""


@pytest.mark.parametrize(
    "calls", [(3, 9, 14, 20), pytest.param(range(1, 90), marks=pytest.mark.nightly)], ids=["few", "many"]
)
def test_killed_anywhere(calls: tuple[int, ...], tmp_path: Path) -> None:
    for call in calls:
        folder = tmp_path / str(call)
        (folder / "sources").mkdir(parents=True)
        for name, text in (("journey.yaml", MAP), ("sources/web.yaml", SOURCE), ("web.csv", EVENTS)):
            (folder / name).write_text(text)
        run(["collect", "-w", str(folder)])
        command = [sys.executable, "-c", KILLED, str(call), str(folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        with resa.open(folder) as shop:
            shop.refresh()
            assert shop.verify() == []
            there = shop.store.index().events
            assert there in {1, 2}
            if there == 2:
                shop.erase("1", kind="user_id")
            assert shop.store.index().events == 1
            assert shop.store.rejected().num_rows == 0
            assert shop.verify() == []
        for path in (folder / ".resa").rglob("*"):
            assert not path.is_file() or b"quillwort" not in path.read_bytes()
