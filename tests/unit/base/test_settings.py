from __future__ import annotations

from pathlib import Path

import pytest

from resa.base.errors import SettingsError
from resa.base.settings import read_settings


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "resa.toml").language == "en"


def test_the_environment_overrules_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resa.toml"
    file.write_text('language = "sv"\nthreads = 2\n')
    monkeypatch.setenv("RESA_THREADS", "3")
    settings = read_settings(file)
    assert (settings.language, settings.threads) == ("sv", 3)


def test_every_problem_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resa.toml"
    file.write_text('langage = "sv"\nthreads = -1\n')
    monkeypatch.setenv("RESA_MEMORY", "lots")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    text = str(caught.value)
    assert "did you mean 'language'" in text
    assert "threads" in text
    assert "environment variable RESA_MEMORY" in text
    assert len(caught.value.problems) == 3
    assert {problem.place for problem in caught.value.problems if problem.line} == {"resa.toml:1", "resa.toml:2"}


@pytest.mark.parametrize(("content", "says"), [(b"= 3", "no TOML"), (b"a = '\xff'", "not UTF-8")])
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "resa.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=says):
        read_settings(file)
