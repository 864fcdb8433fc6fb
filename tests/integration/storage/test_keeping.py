"""Looking after a workspace by its commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.crash_commands import STEPS, outcome, prepare, workspace_in

import resa
from resa.cli.app import run
from resa.collector import collect


def test_compacting_brings_the_index_up_to_date_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RESA_CHUNK_ROWS", "2000")
    workspace_in(tmp_path)
    prepare(STEPS[0], tmp_path)
    with resa.open(tmp_path) as shop, shop.store.writing() as writer:
        collect(writer, shop.sources["orders"], chunk_rows=2_000)  # and killed before the index follows
    assert run(["compact", "-w", str(tmp_path)]) == 0
    assert "5 event files became 1" in capsys.readouterr().err
    assert len(outcome(tmp_path)["ids"]) == 9_900  # type: ignore[arg-type]  # a list, by its name
