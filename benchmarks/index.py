"""How much memory building the journey index takes, and how many bytes an event it keeps.

    python -m benchmarks.index [--rows 100000000]

Collects made-up events of a shop in files of ten million rows, then builds the index and the column of a map of
forty touchpoints in a fresh process, whose CPU seconds and peak memory count.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import resa
from benchmarks.collect import peak_mb, write_rows

_FILE_ROWS = 10_000_000
_MAP = "title: Shop\nstages:\n  all: [{touchpoints}]\n"
_COLUMNS = "{occurred_at: ts, event: event, customer: customer, channel: channel, value: total}"
_SOURCE = f"path: rows-*.parquet\ncolumns: {_COLUMNS}\n"


def write_workspace(folder: Path, rows: int) -> None:
    """A map, a source, and files of rows."""
    touchpoints = ", ".join(f"event_{number}" for number in range(40))
    (folder / "journey.yaml").write_text(_MAP.format(touchpoints=touchpoints), encoding="utf-8")
    (folder / "sources").mkdir()
    (folder / "sources" / "shop.yaml").write_text(_SOURCE, encoding="utf-8")
    for number, first in enumerate(range(0, rows, _FILE_ROWS)):
        count = min(_FILE_ROWS, rows - first)
        write_rows(folder, count, strings=False, customers=max(rows // 20, 1), start=first, gap=300_000)
        (folder / "rows.parquet").rename(folder / f"rows-{number}.parquet")
        (folder / "rows.csv").unlink()


def run_task(task: str, folder: Path) -> None:
    """Collect or build the index in this process; prints what it took."""
    with resa.open(folder) as shop:
        if task == "collect" and any(report.rejected for report in shop.collect()):
            raise SystemExit("no row should be rejected")
        index = shop.rebuild() if task == "build" else shop.store.index()
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(
            json.dumps(
                {
                    "cpu": round(used.ru_utime + used.ru_stime, 1),
                    "peak_mb": round(peak_mb(used.ru_maxrss / 1024)),
                    "events": int(index.events),
                    "bytes_an_event": sizes(index.folder, index.events),
                }
            )
        )


def sizes(folder: Path, events: int) -> dict[str, float]:
    """Bytes an event of a generation: the arrays by event and customer, what customers are called, kept labels."""
    found = dict.fromkeys(("arrays", "identifiers and traits", "labels"), 0)
    for file in folder.rglob("*"):
        if file.is_file():
            part = (
                "labels" if "labels" in file.parts else "arrays" if file.suffix == ".npy" else "identifiers and traits"
            )
            found[part] += file.stat().st_size
    return {part: round(size / max(events, 1), 2) for part, size in found.items()}


def main() -> None:
    """Measure, and print a line a task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        run_task(given.task, given.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        write_workspace(Path(name), given.rows)
        for task in ("collect", "build"):
            command = [sys.executable, "-m", "benchmarks.index", "--task", task, "--folder", name]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            print(task, done.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
