"""A small workspace on which the real commands are run, killed and disturbed; and what must be true afterwards."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.storage_script import make
from tests.support.stored_events import arrays_of

import resa
from resa.cli.app import run

__all__ = ["STEPS", "Step", "finish", "outcome", "prepare", "start", "workspace_in"]

MAP = """\
resa: 1
title: Tea
stages:
  consideration: [look]
  conversion: [buy]
signals:
  look: {event: look}
  buy: {event: buy, value: properties.n}
"""
SOURCE = "path: data/*.csv\ncolumns: {occurred_at: at, event: what, customer: who, properties: [n]}\n"
ROWS = 10_000  # of each of two files
CHUNK_ROWS = 2_000


@dataclass(frozen=True)
class Step:
    """A command, and what is changed in the workspace before it."""

    command: tuple[str, ...]
    name: str = ""
    text: str = ""
    done: int = 0  # its exit code when it is run again although all is done


def _rows(number: int) -> str:
    """A file with equal rows, ties in time, and a hundredth whose time the source cannot read at first."""
    chance = random.Random(number)  # noqa: S311 - rows, no secrets
    lines = ["at,what,who,n"]
    for place in range(ROWS):
        moment = f"2026-02-{1 + place * 27 // ROWS:02} {chance.randrange(24):02}:00"
        when = "01.02.2026" if place % 100 == 7 else moment
        lines.append(f"{when},{chance.choice(['look', 'buy', 'other'])},k{chance.randrange(500)},{chance.randrange(3)}")
    return "\n".join(lines) + "\n"


STEPS: Sequence[Step] = (
    Step(("collect",), "data/a.csv", _rows(1)),
    Step(("collect",), "data/b.csv", _rows(2)),  # merged into the generation that there is
    Step(("compact",)),
    Step(
        ("rejected", "replay", "orders"),
        "sources/orders.yaml",
        'time_format: ["%d.%m.%Y", iso]\n' + SOURCE,
        done=1,
    ),
    Step(("rebuild",)),
)


def start(step: Step, folder: Path, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start a step's command in a process of its own, under another program if one is named."""
    command = [*before, sys.executable, "-m", "resa.cli", *step.command, "-w", str(folder)]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"RESA_CHUNK_ROWS": str(CHUNK_ROWS)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(step: Step, folder: Path) -> None:
    """Run a step's command again, in this process; it must end well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESA_CHUNK_ROWS", str(CHUNK_ROWS))
        assert run([*step.command, "-w", str(folder)]) in {0, step.done}


def workspace_in(folder: Path) -> None:
    """A workspace without data, whose hashes are those of any other made here."""
    for name, text in (("journey.yaml", MAP), ("sources/orders.yaml", SOURCE)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "data").mkdir()
    make(folder / ".resa")


def prepare(step: Step, folder: Path) -> None:
    """Make the change that comes before a step."""
    if step.name:
        (folder / step.name).write_text(step.text)


def outcome(folder: Path) -> Mapping[str, object]:
    """What must come out, however often it was disturbed; `verify` must be clean.

    Every byte of the index but row numbers (files may be cut otherwise), ids, rejected rows, and what loads counted.
    """
    with resa.open(folder) as shop:
        assert shop.verify() == []
        index = shop.store.index()
        assert index.offsets[-1] == index.events  # a reader sees a whole generation, or none yet
        found: dict[str, object] = {}
        if index.generation:
            found.update(arrays_of(index, rows=False))
            touchpoints = index.column("journey").touchpoints
            assert len(touchpoints) == index.events
            found["touchpoints"] = touchpoints.tobytes()
        found["ids"] = sorted(shop.store.rows("events", ["message_id"]).column("message_id").to_pylist())
        found["rejected"] = shop.store.rejected().select(["row", "payload"]).to_pylist()
        collected = [load for load in shop.store.loads() if not load.origin.startswith("replay")]
        found["loads"] = [(load.origin, load.state, load.rows_read, load.good, load.rejected) for load in collected]
        assert all(load.rows_in == load.good + load.rejected + load.duplicate for load in shop.store.loads())
        return found
