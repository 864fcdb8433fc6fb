"""`resa serve` with Segment's own Python library, and with those who send nothing."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import segment.analytics
from tests.support.served import Served, new_shop

import resa


def test_segments_own_library_sends_unchanged(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    failed: list[object] = []
    with Served(tmp_path) as served:
        client = segment.analytics.Client(
            key, host=served.address, gzip=True, on_error=lambda error, _: failed.append(error)
        )
        client.page(anonymous_id="a1", name="Tea", properties={"path": "/p/tea"})
        client.identify("u1", {"email": "Ann@example.com", "plan": "gold"}, anonymous_id="a1")
        for number in range(250):
            client.track("u1", "product_added", {"total": number})
        client.track("u1", "order_completed", {"total": 12.5})
        client.group("u1", "g1", {"name": "Acme"})
        client.alias("a1", "u1")
        client.shutdown()
        assert failed == []
    assert "255 rows good, 0 rejected, 0 there already" in served.output
    with resa.open(tmp_path) as shop:
        assert shop.verify() == []
        visits = {row["touchpoint"]: row["visits"] for row in shop.measure.touchpoints().table.to_pylist()}
        assert visits == {"product_page": 1, "cart": 250, "purchase": 1}
        (traits,) = [json.loads(text) for text in shop.store.rows("customers").column("traits").to_pylist()]
        assert traits == {"email": "Ann@example.com", "plan": "gold"}


def test_the_numbers_follow_within_seconds(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    call = {"type": "track", "event": "product_added", "userId": "u1", "writeKey": key}
    with Served(tmp_path) as served, resa.open(tmp_path) as shop:
        for expected in (1, 2, 3):
            assert served.post("/v1/t", json.dumps({**call, "messageId": str(expected)}).encode()) == 200
            began = time.monotonic()
            while shop.store.index().events != expected:
                assert time.monotonic() - began < 60
                time.sleep(0.05)


def test_those_who_send_nothing_keep_nobody_out(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    body = json.dumps({"event": "seen", "userId": "u1", "writeKey": key}).encode()
    half = b"POST /v1/t HTTP/1.1\r\nHo"
    slow = b"POST /v1/t HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
    idle = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    with Served(tmp_path) as served, ExitStack() as open_ones:
        for beginning in [half, slow, idle] * 150:
            one = open_ones.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=5))
            one.sendall(beginning)
        assert served.post("/v1/t", body) == 200
        assert served.post("/v1/t", body, **{"X-Long": "x" * 2_000_000}) in {0, 431}
        began = time.monotonic()
    assert time.monotonic() - began < 30
    assert "1 rows good" in served.output


def test_another_command_is_told_who_writes(tmp_path: Path) -> None:
    new_shop(tmp_path)
    with Served(tmp_path) as served, resa.open(tmp_path) as shop:
        with pytest.raises(resa.WorkspaceBusy, match="has been writing"):
            shop.rebuild()
        command, taker = served.members()
        assert os.getpgid(taker) != os.getpgid(command)  # Ctrl+C in a terminal reaches the command alone


def test_a_place_that_is_taken(tmp_path: Path) -> None:
    new_shop(tmp_path)
    (tmp_path / "other").mkdir()
    new_shop(tmp_path / "other")
    with Served(tmp_path) as served:
        other = Served(tmp_path / "other")
        other.port = served.port
        with pytest.raises(AssertionError, match="cannot listen at"), other:
            pass
        other.process.communicate(timeout=60)
        assert other.process.returncode == 1
