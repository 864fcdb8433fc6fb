"""Words that say what to type name the program as a terminal finds it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from resa.base.program import installed_program


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an environment in which the program is installed, which no terminal looks through."""
    place = tmp_path / ".venv" / "bin"
    place.mkdir(parents=True)
    for name in ("python", "resa"):
        (place / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (place / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(place / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    return place


def test_a_program_that_no_terminal_finds_is_called_by_its_path(installed: Path) -> None:
    assert installed_program() == ".venv/bin/resa"
    (installed / "resa").unlink()
    assert installed_program() == "resa"


def test_one_that_a_terminal_finds_is_called_by_its_name(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(installed))
    assert installed_program() == "resa"
