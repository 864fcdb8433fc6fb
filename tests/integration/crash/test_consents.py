"""Consents while they are recorded, killed at any statement: what was acknowledged is there, and nothing by half."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import resa

CONSENT = "topics: {letter: {}}\n"
ROWS = 1_200  # three transactions
KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
import resa
left = [int(sys.argv[1])]
shop = resa.open(Path(sys.argv[2]))
shop.consents.give(("email", "first@shop.se"), "letter")
print("kept", flush=True)
@event.listens_for(Engine, "before_cursor_execute")
@event.listens_for(Engine, "commit")
def counted(*_):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
print(shop.consents.import_file(Path(sys.argv[2]) / "old.csv").stored, flush=True)
"""


@pytest.mark.parametrize(
    "calls",
    [(5, 14, 21), pytest.param(range(1, 45), marks=pytest.mark.nightly)],
    ids=["few", "many"],
)
def test_killed_anywhere(calls: tuple[int, ...], tmp_path: Path) -> None:
    rows = [f"p{number}@shop.se,letter,2026-05-01T10:00:00Z" for number in range(ROWS)]
    for call in calls:
        folder = tmp_path / str(call)
        folder.mkdir()
        (folder / "resa.toml").write_text("")
        (folder / "consent.yaml").write_text(CONSENT)
        (folder / "old.csv").write_text("email,about,at\n" + "\n".join(rows) + "\n")
        command = [sys.executable, "-c", KILLED, str(call), str(folder)]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        assert done.stdout.startswith("kept")
        with resa.open(folder) as shop:
            assert shop.verify() == []
            before = shop.consents.seal()[0]
            assert before % 500 == 1 or before == ROWS + 1  # whole transactions
            again = shop.consents.import_file(folder / "old.csv")
            assert (again.stored, again.duplicate) == (ROWS + 1 - before, before - 1)
            assert shop.consents.allows(("email", "first@shop.se"), "letter")
            assert shop.verify() == []
