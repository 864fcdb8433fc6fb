"""What collecting costs beside DuckDB's sorted CREATE TABLE of the same Parquet file.

    python -m benchmarks.collect [--rows 10000000] [--repeats 5] [--json results.json]

Each figure is CPU seconds (user and system, all threads) of a fresh process; medians. Collecting reads, validates,
makes unique, writes durably and indexes; DuckDB's statement only reads and sorts. Also: collecting the same rows once
more from another file, when every row is a duplicate; peak memory; the same with long strings; a CSV file of a tenth.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from resa.collector import collect, read_source
from resa.runtime import refresh
from resa.storage import Store

_COLUMNS = "columns: {occurred_at: ts, event: event, customer: customer, channel: channel, value: total}"
_TASKS = ("duckdb", "collect", "again", "index")


def write_rows(
    folder: Path, rows: int, *, strings: bool, customers: int | None = None, start: int = 0, gap: int = 3_000_000
) -> None:
    """Events of a shop by time, as Parquet and (a tenth of them) CSV; `strings` adds a path of about 40 characters.

    `start` is the number of the first row: later rows have later times, `gap` microseconds apart on average.
    """
    random = np.random.default_rng(7 + start)
    customers = customers or max(rows // 20, 1)
    events = pa.array([f"event_{number}" for number in range(40)])
    channels = pa.array(["web", "email", "store", "phone", "app"])
    schema = None
    writer = None
    for first in range(0, rows, 1_000_000):
        count = min(1_000_000, rows - first)
        earliest = 1_700_000_000_000_000 + (start + first) * gap
        times = np.sort(random.integers(earliest, earliest + gap * count, count))
        columns = {
            "ts": pa.array(times, pa.timestamp("us", "UTC")),
            "customer": pa.array(np.char.add("customer-", random.integers(0, customers, count).astype(str))),
            "event": events.take(pa.array((random.random(count) ** 2 * 40).astype(np.int64))),
            "channel": channels.take(pa.array(random.integers(0, 5, count))),
            "total": pa.array(random.integers(0, 100_000, count) / 100),
        }
        if strings:
            pages = np.char.add("/products/tea/green/organic/", random.integers(0, 50_000, count).astype(str))
            columns["path"] = pa.array(np.char.add(pages, ".html?from=list"))
        table = pa.table(columns)
        if writer is None:
            schema = table.schema
            writer = pq.ParquetWriter(folder / "rows.parquet", schema, compression="zstd")
            arrow_csv.write_csv(table.slice(0, max(rows // 10, 1)), folder / "rows.csv")
        writer.write_table(table, row_group_size=1_000_000)
    if writer is not None:
        writer.close()


def run_task(task: str, folder: Path, *, strings: bool) -> None:
    """One task in this process; prints CPU seconds and peak memory."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    if task == "duckdb":
        connection = duckdb.connect(str(folder / "sorted.db"))
        connection.execute(f"CREATE TABLE events AS SELECT * FROM '{folder}/rows.parquet' ORDER BY customer, ts")
        connection.close()
        (folder / "sorted.db").unlink()
    else:
        _collect(task, folder, strings=strings)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu": cpu, "peak_mb": peak_mb(after.ru_maxrss / 1024)}))


def peak_mb(otherwise: float) -> float:
    """Peak memory of this program; on Linux `getrusage` would also count the parent's, from before the exec."""
    status = Path("/proc/self/status")
    if not status.exists():
        return otherwise
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024


def _collect(task: str, folder: Path, *, strings: bool) -> None:
    file = {"collect": "rows.parquet", "again": "copy.parquet", "csv": "rows.csv", "index": ""}[task]
    store_folder = folder / (".resa-csv" if task == "csv" else ".resa")
    columns = _COLUMNS.replace("}", ", properties: [path]}") if strings else _COLUMNS
    with Store.open(store_folder) as store, store.writing() as writer:
        if task == "index":
            refresh(writer, [])
            return
        source, problems = read_source("sources/shop.yaml", f"path: {file}\n{columns}\n", folder)
        if source is None or problems:
            raise SystemExit("\n".join(map(str, problems)))
        report = collect(writer, source)
        if report.rejected or (report.good > 0) == (task == "again"):
            raise SystemExit(f"unexpected: {report}")


def measure(folder: Path, task: str, *, strings: bool) -> dict[str, float]:
    """A task in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.collect", "--task", task, "--folder", str(folder)]
    done = subprocess.run(
        [*command, *(["--strings"] if strings else [])], check=True, capture_output=True, text=True, env=os.environ
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--strings", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        run_task(given.task, given.folder, strings=given.strings)
        return
    results: dict[str, dict[str, float]] = {}
    for strings in (False, True):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_rows(folder, given.rows, strings=strings)
            (folder / "copy.parquet").hardlink_to(folder / "rows.parquet")
            found: dict[str, list[dict[str, float]]] = {}
            for _ in range(given.repeats):
                for task in (*_TASKS, *(() if strings else ("csv",))):
                    found.setdefault(task, []).append(measure(folder, task, strings=strings))
                for made in folder.glob(".resa*"):
                    shutil.rmtree(made)  # the next repeat starts from nothing
        results["with a path" if strings else "plain"] = _table(found, given.rows, strings=strings)
    kind = platform.processor() or platform.machine()
    machine = {"machine": kind, "cores": os.cpu_count(), "python": platform.python_version()}
    print(f"\n{machine}, {given.rows:,} rows, medians of {given.repeats}")
    if given.json:
        given.json.write_text(json.dumps({"machine": machine, "rows": given.rows, "results": results}, indent=1))


def _table(found: dict[str, list[dict[str, float]]], rows: int, *, strings: bool) -> dict[str, float]:
    print(f"\n{'with a path of 40 characters' if strings else 'plain'}: CPU s, peak MB")
    figures: dict[str, float] = {}
    for task, runs in found.items():
        cpu = statistics.median(run["cpu"] for run in runs)
        peak = statistics.median(run["peak_mb"] for run in runs)
        figures[task] = cpu
        print(f"  {task:8} {cpu:8.2f} {peak:8.0f}")
    figures["ratio"] = (figures["collect"] + figures["index"]) / figures["duckdb"]
    print(f"  collect + index: {figures['ratio']:.2f} times DuckDB, {rows / figures['collect']:,.0f} rows a CPU second")
    return figures


if __name__ == "__main__":
    main()
