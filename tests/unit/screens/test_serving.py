"""The process of the screens: its port is nobody else's, and where it could not listen it says so and ends."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
from pathlib import Path

import pytest
from tests.support.served import new_shop

from resa.screens import serving
from resa.screens.application import application


def test_the_port_is_held_until_the_server_has_it() -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere the server binds the port anew")
    with serving._held_port() as port, socket.socket() as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.socket() as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            own.bind(("127.0.0.1", port))
            own.listen()
            socket.create_connection(("127.0.0.1", port), 5).close()


def test_whoever_answers_at_its_port_is_not_taken_for_it(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new_shop(tmp_path)
    reading, writing = os.pipe()
    with os.fdopen(reading) as said, os.fdopen(writing, "w"), socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        monkeypatch.setattr(sys, "stdin", said)
        with pytest.raises(SystemExit, match="could not listen"):
            asyncio.run(serving._serve_at(application(tmp_path, "secret"), stranger.getsockname()[1]))
    gc.collect()  # an error that nobody took is told then
    assert "listening" not in capsys.readouterr().out
    assert caplog.records == []
