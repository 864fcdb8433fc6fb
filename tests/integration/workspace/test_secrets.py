"""What a URL holds of secrets is neither stored nor said."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from resa.cli.app import run

SOURCE = """
path: memory://secretive/events.csv?token=abc123
format: csv
columns: {occurred_at: time, event: event, customer: customer}
"""


def test_a_signed_url_is_stored_and_shown_without_its_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journey.yaml").write_text("title: A shop\nstages: {conversion: [cart]}\n")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "web.yaml").write_text(SOURCE)
    with fsspec.open("memory://secretive/events.csv?token=abc123", "w") as file:
        file.write("time,event,customer\n2026-05-04T10:00:00Z,cart,anna\n")
    folder = ["-w", str(tmp_path)]
    assert run(["collect", *folder]) == 0
    assert run(["loads", "list", *folder]) == 0
    assert run(["collect", "memory://secretive/gone.csv?token=abc123", "--yes", *folder]) == 1
    said = capsys.readouterr()
    assert "events.csv?token=***" in said.out
    assert "holds a secret" in said.err
    assert "abc123" not in said.out + said.err
    stored = b"".join(path.read_bytes() for path in (tmp_path / ".resa").rglob("*") if path.is_file())
    assert b"abc123" not in stored
