"""A workspace that is served keeps few files, and goes on when the disk was full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.served import new_shop

import resa
from resa.base.clock import to_microseconds
from resa.storage import Arrival
from resa.storage.writer import Writer
from resa.workspace import living
from resa.workspace.living import Live


def call(number: int, shop: resa.Workspace) -> Arrival:
    body = {"event": "product_added", "userId": f"u{number % 3}", "messageId": str(number)}
    return Arrival("web", to_microseconds(shop.clock()), "track", json.dumps(body).encode())


def test_each_batch_writes_a_file_and_many_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(living, "_MANY_FILES", 4)
    monkeypatch.setattr(living, "_BATCH_SECONDS", 0.0)
    monkeypatch.setattr(living, "_REFRESH_SHARE", 1.0)
    new_shop(tmp_path)
    with resa.open(tmp_path) as shop, shop.store.arrivals() as arrivals:
        files: list[int] = []

        def stopped() -> bool:
            files.append(len(shop.store.event_files()))
            if len(files) <= 12:
                arrivals.append(call(len(files), shop)).result()
            return len(files) > 14

        Live(shop, print).run(ready=lambda: None, stopped=stopped)
        assert max(files) == 5
        assert len(shop.store.event_files()) <= 5
        assert shop.store.index().events == 12
        assert shop.verify() == []


def test_what_the_disk_does_not_take_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(living, "_RETRY_SECONDS", 0.0)
    new_shop(tmp_path)
    commit, failures = Writer.commit_chunk, iter([True, True])

    def failing(self: Writer, *arguments: object, **named: object) -> object:
        if next(failures, False):
            raise OSError(28, "No space left on device")
        return commit(self, *arguments, **named)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(Writer, "commit_chunk", failing)
    with resa.open(tmp_path) as shop, shop.store.arrivals() as arrivals:
        troubles: list[object] = []
        said: list[str] = []
        live = Live(shop, said.append)

        def stopped() -> bool:
            troubles.append(live.trouble)
            return live.total.good == 1

        arrivals.append(call(1, shop)).result()
        live.run(ready=lambda: None, stopped=stopped)
        assert [trouble is None for trouble in troubles] == [True, False, False, True]
        assert (live.total.good, live.total.duplicate) == (1, 0)
        assert said == [
            "cannot store what arrived, which waits (No space left on device); trying again",
            "what arrived is stored again",
        ]
        assert shop.verify() == []
