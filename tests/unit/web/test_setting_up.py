"""The link of the first start: how long it holds."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from resa.web.setting_up import SetupDesk, new_setup
from tests.support.served import MAP

import resa
from resa.base.settings import Settings
from resa.runtime import Intake


def test_it_ends_after_an_hour(tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    secret, hashed = new_setup()
    assert secret not in hashed
    with resa.open(tmp_path) as shop, shop.store.arrivals() as arrivals, ThreadPoolExecutor(1) as thread:
        real = shop.store.clock
        desk = SetupDesk(shop, Intake(shop.store, arrivals, Settings()), thread, hashed)
        shop.store.clock = lambda: real() + timedelta(minutes=59)
        assert asyncio.run(desk.show(secret, "GET")).status == 200
        shop.store.clock = lambda: real() + timedelta(minutes=61)
        assert asyncio.run(desk.show(secret, "GET")).status == 410
        assert asyncio.run(desk.use(secret, {}, "http")).status == 410
        assert list(shop.keys.all()) == []


def test_without_a_link_nothing_opens_it(tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    with resa.open(tmp_path) as shop, shop.store.arrivals() as arrivals, ThreadPoolExecutor(1) as thread:
        desk = SetupDesk(shop, Intake(shop.store, arrivals, Settings()), thread, "")
        for secret in ("", "x"):
            assert asyncio.run(desk.use(secret, {}, "http")).status == 404


def test_a_full_disk_leaves_the_link_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    secret, hashed = new_setup()
    with resa.open(tmp_path) as shop, shop.store.arrivals() as arrivals, ThreadPoolExecutor(1) as thread:
        full = Intake(shop.store, arrivals, Settings(spare_bytes=1 << 60))
        desk = SetupDesk(shop, full, thread, hashed)
        answer = asyncio.run(desk.use(secret, {}, "http"))
        assert answer.status == 503
        assert dict(answer.headers)[b"retry-after"]
        desk = SetupDesk(shop, Intake(shop.store, arrivals, Settings(spare_bytes=0)), thread, hashed)
        assert asyncio.run(desk.use(secret, {}, "http")).status == 200
