from __future__ import annotations

from pathlib import Path

import pytest

from resa.base.errors import SettingsError
from resa.base.settings import read_settings


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "resa.toml").chunk_rows == 1_000_000


def test_the_environment_overrules_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resa.toml"
    file.write_text("chunk_rows = 2\n")
    monkeypatch.setenv("RESA_CHUNK_ROWS", "3")
    assert read_settings(file).chunk_rows == 3


def test_every_problem_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resa.toml"
    file.write_text("chunk_row = 2\nthreads = 1\n")
    monkeypatch.setenv("RESA_CHUNK_ROWS", "lots")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    text = str(caught.value)
    assert "did you mean 'chunk_rows'" in text
    assert "there is no setting 'threads'" in text
    assert "environment variable RESA_CHUNK_ROWS" in text
    assert len(caught.value.problems) == 3
    assert {problem.place for problem in caught.value.problems if problem.line} == {"resa.toml:1", "resa.toml:2"}


@pytest.mark.parametrize(("content", "says"), [(b"= 3", "no TOML"), (b"a = '\xff'", "not UTF-8")])
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "resa.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=says):
        read_settings(file)
