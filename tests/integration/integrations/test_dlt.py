"""dlt's sources flow into a workspace; dlt reports nothing to its makers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import resa
from resa.base.errors import WorkspaceMissing

SCRIPT = """
import socket, sys
asked = []
def recorded(host, *others, **more):
    asked.append(host)
    raise OSError("there is no network")
socket.getaddrinfo = recorded

from resa.integrations.dlt import resa_destination
import dlt

@dlt.resource(name="orders")
def orders(first=dlt.sources.incremental("nr", initial_value=0, range_start="open")):
    for nr in range(1, int(sys.argv[2])):
        yield {"nr": nr, "placed": f"2026-03-{nr:02}T10:00:00Z", "who": f"k{nr % 3}", "total": 12.5}

pipeline = dlt.pipeline("shop", pipelines_dir=sys.argv[1] + "/pipelines", destination=resa_destination(sys.argv[1]))
pipeline.run(orders())
print(asked)
"""

SOURCE = """
path: incoming/dlt/orders/*.parquet
every: 1 minute
columns:
  message_id: _dlt_id
  occurred_at: placed
  event: {always: paid}
  customer: who
  value: total
"""


def load(folder: Path, upto: int, **environment: str) -> str:
    """Run a pipeline in a process of its own; whom it asked for on the network."""
    command = [sys.executable, "-c", SCRIPT, str(folder), str(upto)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("RUNTIME__")}
    done = subprocess.run(
        command, env=variables | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(
        "title: A shop\nstages: {conversion: [paid]}\nsignals: {paid: {event: paid}}\n"
    )
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "orders.yaml").write_text(SOURCE)
    return tmp_path


def test_what_dlt_brings_is_collected_once(folder: Path) -> None:
    load(folder, 6)
    with resa.open(folder) as shop:
        assert [report.good for report in shop.collect()] == [5]
        assert [report.good for report in shop.collect()] == [0]
    load(folder, 9)
    with resa.open(folder) as shop:
        assert [report.good for report in shop.collect()] == [3]
        names = [row["identifiers"][0]["value"] for row in shop.store.rows("events").to_pylist()]
        assert Counter(names) == {"k0": 2, "k1": 3, "k2": 3}
    assert {path.name for path in (folder / "incoming" / "dlt").iterdir()} == {"orders"}  # nothing of dlt's own


def test_dlt_reports_nothing_unless_it_is_told_to(folder: Path) -> None:
    assert load(folder, 3) == "[]"
    assert "telemetry." in load(folder, 4, RUNTIME__DLTHUB_TELEMETRY="true")  # which shows that it would be seen


def test_a_destination_that_is_no_workspace(tmp_path: Path) -> None:
    from resa.integrations.dlt import resa_destination

    with pytest.raises(WorkspaceMissing):
        resa_destination(tmp_path)
