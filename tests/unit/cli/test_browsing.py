"""Opening a browser: only where somebody sits, and by a file that nobody else can read."""

from __future__ import annotations

import stat
import sys
import webbrowser
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest

from resa.cli.browsing import open_in_browser, somebody_looks

LINK = "http://127.0.0.1:8787/demo/secret"


class Browser:
    """A browser that notes what it is told to open."""

    def __init__(self, name: str = "firefox") -> None:
        self.name = name
        self.opened: list[str] = []

    def open(self, url: str) -> bool:
        self.opened.append(url)
        return True


@pytest.fixture
def seat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits at a screen."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.usefixtures("seat")
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({}, False),
        ({"DISPLAY": ":0", "CI": "true"}, False),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.1 22"}, False),
    ],
)
def test_it_is_told_by_the_environment(environment: dict[str, str], expected: bool) -> None:
    assert somebody_looks(environment) is expected


def test_nobody_looks_at_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert not somebody_looks({"DISPLAY": ":0"})


@pytest.mark.usefixtures("seat")
@pytest.mark.parametrize(("name", "opens"), [("firefox", True), ("lynx", False)])
def test_the_link_is_in_a_file_of_this_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, opens: bool
) -> None:
    for variable in ("CI", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    browser = Browser(name)
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    (tmp_path / "open.html").touch(mode=0o644)
    open_in_browser(LINK, tmp_path)
    assert len(browser.opened) == opens
    for address in browser.opened:
        assert "secret" not in address
        file = Path(url2pathname(urlparse(address).path))
        assert f"url={LINK}" in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.usefixtures("seat")
def test_where_there_is_no_browser_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")

    def none() -> Browser:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none)
    open_in_browser(LINK, tmp_path)
    assert list(tmp_path.iterdir()) == []
