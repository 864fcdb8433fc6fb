"""A reader who goes away before the page is there: it is not worked out any further."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.screens import SECRET

import resa
from resa.analytics import Measure
from resa.base.wanted import check_wanted
from resa.screens.application import application

LONGEST = 30.0
MAP = """\
resa: 1
title: A shop
stages: {buying: [look, buy]}
touchpoints:
  look: {expect: [{next: buy, within: 1 day}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    return tmp_path


def test_a_page_is_worked_out_as_long_as_its_reader_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with resa.open(folder) as shop:
        token = shop.people.accept(shop.people.invite("anna@shop.se", role="analyst"), "nine herons in a row")
    began, stopped = threading.Event(), threading.Event()

    def slowly(*_: object) -> Any:
        began.set()
        until = time.monotonic() + LONGEST
        try:
            while time.monotonic() < until:
                check_wanted()
                time.sleep(0.005)
        finally:
            stopped.set()

    monkeypatch.setattr(Measure, "ask", slowly)
    app = application(folder, SECRET)
    sent: list[Any] = []

    async def look(method: str) -> None:
        came: asyncio.Queue[Any] = asyncio.Queue()
        await came.put({"type": "http.request", "body": b"", "more_body": False})

        async def send(message: Any) -> None:
            sent.append(message)

        headers = {"host": "shop.se", "x-resa-secret": SECRET, "cookie": f"resa-session={token}"}
        scope: Any = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": "/explore/expectations",
            "raw_path": b"/explore/expectations",
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        answering = asyncio.create_task(app(scope, came.get, send))
        assert await asyncio.to_thread(began.wait, LONGEST)
        assert not stopped.is_set()
        await came.put({"type": "http.disconnect"})
        await asyncio.wait_for(answering, LONGEST / 2)

    for method in ("GET", "HEAD"):
        began.clear()
        stopped.clear()
        asyncio.run(look(method))
        assert stopped.is_set()
    assert [one["status"] for one in sent if one["type"] == "http.response.start"] == [499, 499]
