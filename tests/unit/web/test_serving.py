"""Where the server listens, how much it holds, and what it does when the workspace fails it for a moment."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from tests.unit.web.test_collecting import Desk

from resa.base.errors import WorkspaceError
from resa.base.language import sentence
from resa.runtime import Intake
from resa.web import serving


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_free_port_and_names_of_hosts(host: str) -> None:
    address, port = serving._place(host, 0)
    assert port > 0
    assert socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    assert serving._place(host, port) == (address, port)


def test_a_place_that_is_taken_or_is_nowhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="in use"):
        serving._place("127.0.0.1", other.getsockname()[1])
    with pytest.raises(OSError, match=r"\w"):
        serving._place("203.0.113.7", 0)


def test_as_many_connections_as_the_system_allows() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for allowed, most in [(512, 256), (before[1], 4_096)]:
            if before[1] == resource.RLIM_INFINITY or allowed <= before[1]:
                resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, before[1]))
                assert serving._most_connections(4_096) >= min(most, 4_096)
                assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= allowed
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_looking_goes_on_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nothing that is consumed would be forgotten any more."""
    monkeypatch.setattr(serving, "_LOOK_SECONDS", 0.001)

    class Failing:
        looks = 0

        def look(self) -> None:
            self.looks += 1
            raise WorkspaceError(sentence("the workspace is gone"))

    intake = Failing()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(serving._look(cast(Intake, intake)), 0.2))
    assert intake.looks > 1


def test_what_was_refused_is_told_by_reason_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(serving, "_TELL_SECONDS", 0.001)
    said: list[str] = []
    monkeypatch.setattr(serving, "_say", said.append)
    desk = Desk(tmp_path)
    for path in ("/v1/t", "/v1/t", "/nothing", f"/v1/{desk.key}"):
        desk.ask(path, {"event": "seen", "userId": "ann@example.com"})
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(serving._tell(desk.collector.metrics), 0.2))
    desk.close()
    assert said == ['{"unauthorized": 2}']  # once, and nothing of what scanners ask for
    heard: list[Mapping[str, int]] = []
    server = serving.Server(tmp_path, tmp_path, "127.0.0.1", 0, heard.append)
    server._listen(io.StringIO(f"{said[0]}\nnothing of ours\n"))
    assert heard == [{"unauthorized": 2}]
