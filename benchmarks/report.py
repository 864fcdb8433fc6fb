"""How long every number of the report takes, in a fresh process and hot.

    resa new shop --template retail && cd shop
    resa simulate --customers 1200000 && resa collect        # about ten million events
    python -m benchmarks.report shop

Fresh: from the start of Python, everything imported, opened and answered. Hot: once more in the same process with all
answers forgotten, what was kept of the events still there. Seconds of the clock and of the processor; the page itself
is not drawn. Friction, which asks as much as all the rest, is left out of one half of the runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from resa.analytics import Measure


def forget_answers(measure: Measure) -> None:
    """Forget every answer, what openings came to and where friction is; what was read of the events stays."""
    for answers in (measure._answers, measure._whole):  # noqa: SLF001 - only who measures measuring has to forget
        answers.forget()
    for snapshot in measure._snapshots.values():  # noqa: SLF001
        kept = snapshot._kept  # noqa: SLF001
        made = {"friction", "friction of some", "outcomes", "measured"}
        for key in [key for key in kept if (key[0] if isinstance(key, tuple) else key) in made]:
            del kept[key]


def run_task(folder: Path, rounds: int, *, friction: bool) -> None:
    """Measure in this process; prints one JSON document."""
    import resa  # noqa: PLC0415 - importing counts
    from resa.reporting.gathering import gather  # noqa: PLC0415

    with resa.open(folder) as shop:
        journey_map = shop.map()
        if not friction:
            setattr(shop.measure, "friction", lambda **_: None)  # noqa: B010 - a method is not assigned to
        gather(shop.measure, journey_map)
        fresh = (time.perf_counter() - _STARTED, time.process_time())
        hot = []
        for _ in range(rounds):
            forget_answers(shop.measure)
            began = (time.perf_counter(), time.process_time())
            gather(shop.measure, journey_map)
            hot.append((time.perf_counter() - began[0], time.process_time() - began[1]))
        print(json.dumps({"events": int(shop.store.index().events), "fresh": fresh, "hot": hot}))


def main() -> None:
    """Measure, and print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--task", choices=_TASKS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        run_task(given.workspace, given.rounds, friction=given.task == "whole")
        return
    command = [sys.executable, "-m", "benchmarks.report", str(given.workspace), "--rounds", "2", "--task"]
    runs: dict[str, list[dict[str, Any]]] = {task: [] for task in _TASKS}
    for _ in range(given.rounds):
        for task, found in runs.items():  # in turn: a machine is not as quick at all times
            output = subprocess.run([*command, task], check=True, stdout=subprocess.PIPE, text=True).stdout
            found.append(json.loads(output))
    print(f"{runs['whole'][0]['events']:,} events, medians of {given.rounds} processes\n")
    print("| | wall s | CPU s |\n|---|---:|---:|")
    for task, found in runs.items():
        rows = {"fresh process": [run["fresh"] for run in found], "hot": [pair for run in found for pair in run["hot"]]}
        for name, pairs in rows.items():
            wall, cpu = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"| {task}, {name} | {wall:.2f} | {cpu:.2f} |")


_TASKS: Final = ("whole", "without friction")
_STARTED = time.perf_counter()

if __name__ == "__main__":
    main()
