from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from resa.cli.watch import PageServer, serve_and_watch


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[PageServer]:
    server = PageServer(0)
    stop = threading.Event()
    file = tmp_path / "journey.yaml"
    file.write_text("first")

    def draw() -> None:
        server.show(f"<p>{file.read_text()}</p>", title="A map", language="sv")

    thread = threading.Thread(target=serve_and_watch, args=(server, tmp_path, draw), kwargs={"stop": stop})
    thread.start()
    wait_until(lambda: server.version > 0)
    yield server
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def wait_until(condition: object) -> None:
    deadline = time.monotonic() + 10
    while not condition():  # type: ignore[operator]  # any callable
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ask(server: PageServer, path: str, host: str = "127.0.0.1") -> tuple[int, str, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers.get("X-Version")


def test_a_save_reaches_a_waiting_browser(watched: PageServer, tmp_path: Path) -> None:
    status, page, version = ask(watched, "/")
    assert status == 200
    assert '<html lang="sv">' in page
    assert "<p>first</p>" in page
    time.sleep(0.3)  # the watcher must have begun
    (tmp_path / "journey.yaml").write_text("second")
    status, fragment, _ = ask(watched, f"/next?after={version}")
    assert (status, fragment) == (200, "<h1>A map</h1><p>second</p>")


def test_only_this_machine_s_own_name_is_answered(watched: PageServer) -> None:
    assert ask(watched, "/", host="evil.example")[0] == 403
    assert ask(watched, "/etc/passwd")[0] == 404
    assert ask(watched, "/next?after=../x")[0] == 204
