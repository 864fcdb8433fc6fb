"""`resa settings`, and keys for metrics."""

from __future__ import annotations

from pathlib import Path

import pytest

from resa.base.settings import Settings
from resa.cli.app import run


def test_settings_show_what_holds_and_where_it_was_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "resa.toml").write_text('ip = "shortened"\nport = 9000\n')
    monkeypatch.setenv("RESA_PORT", "9001")
    monkeypatch.delenv("RESA_LANGUAGE")
    assert run(["settings", "--format", "csv", "-w", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(Settings.table())
    assert '"port","9001","RESA_PORT"' in lines
    assert '"ip","""shortened""","resa.toml"' in lines
    assert '"spare_bytes","268435456",""' in lines
    (tmp_path / "resa.toml").write_text('ip = "some"\n')
    assert run(["settings", "-w", str(tmp_path)]) == 1
    assert "resa.toml:1 ip:" in capsys.readouterr().err


def test_a_key_for_metrics_has_no_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "resa.toml").write_text("")
    assert run(["keys", "make", "watch", "--scope", "metrics", "--source", "web", "-w", str(tmp_path)]) == 2
    assert run(["keys", "make", "watch", "--scope", "all", "-w", str(tmp_path)]) == 2
    assert run(["keys", "make", "watch", "--scope", "metrics", "-w", str(tmp_path)]) == 0
    capsys.readouterr()
    assert run(["keys", "list", "--format", "csv", "-w", str(tmp_path)]) == 0
    assert '"metrics","",' in capsys.readouterr().out
