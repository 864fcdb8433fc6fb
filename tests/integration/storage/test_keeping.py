"""Looking after a workspace by its commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.crash_commands import STEPS, outcome, prepare, workspace_in

import resa
from resa.base.errors import QuestionError, SourceError
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


def test_what_came_before_an_error_is_measured(tmp_path: Path) -> None:
    workspace_in(tmp_path)
    prepare(STEPS[0], tmp_path)
    (tmp_path / "sources" / "zebra.yaml").write_text(
        "path: missing.csv\ncolumns: {occurred_at: t, event: e, customer: c}\n"
    )
    with resa.open(tmp_path) as shop:
        with pytest.raises(SourceError, match="there is no file"):
            shop.collect()
        collected = shop.store.index().events
        assert collected == sum(file.rows for file in shop.store.event_files()) > 0
        with pytest.raises(QuestionError, match="no load 99"):
            shop.remove_loads([1, 99])
        assert shop.store.index().events < collected


def test_a_removal_that_was_cut_short_ends_when_it_is_asked_for_again(tmp_path: Path) -> None:
    workspace_in(tmp_path)
    prepare(STEPS[0], tmp_path)
    with resa.open(tmp_path) as shop:
        shop.collect()
        with shop.store.writing() as writer:
            writer.remove_load(1)  # and killed before the index follows
        with pytest.raises(QuestionError, match="removed already"):
            shop.remove_loads([1])
        assert shop.store.index().events == sum(file.rows for file in shop.store.event_files())
