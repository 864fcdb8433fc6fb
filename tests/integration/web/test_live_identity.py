"""Beside a running server: who signs in has what she did before, and what people decide counts within seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.served import Served, new_shop

import resa
from resa.base.errors import QuestionError
from resa.cli.app import run


def soon(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until it holds; a busy machine is slow."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_sign_in_join_and_split_are_followed(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    with Served(tmp_path) as served, resa.open(tmp_path) as shop:

        def send(event: str, number: int, **who: str) -> None:
            call = {"type": "track", "event": event, "messageId": f"m{number}", **who}
            body = json.dumps({"writeKey": key, "batch": [call]}).encode()
            assert served.post("/v1/batch", body, **{"Content-Type": "application/json"}) == 200

        def has(value: str, events: int) -> bool:
            try:
                return shop.customer(value).seen.events == events
            except QuestionError:
                return False

        send("product_added", 1, anonymousId="visitor-1")
        soon(lambda: has("visitor-1", 1))
        send("order_completed", 2, anonymousId="visitor-1", userId="u1")
        soon(lambda: has("u1", 2))
        assert has("visitor-1", 2)
        send("product_added", 3, anonymousId="visitor-2")
        soon(lambda: has("visitor-2", 1))
        join = ["identity", "join", "anonymous_id=visitor-2", "user_id=u1", "-w", str(tmp_path)]
        assert run(join) == 0
        soon(lambda: has("u1", 3))
        assert run(["identity", "split", *join[2:]]) == 0
        soon(lambda: has("u1", 2))
        assert has("visitor-2", 1)
    with resa.open(tmp_path) as shop:
        assert shop.verify() == []


def test_an_alias_joins_what_she_was_called_before(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    anonymous = "6f1c2d9a-0b7e-4c55-9f3e-1a2b3c4d5e6f"
    calls = [
        {"type": "track", "event": "product_added", "messageId": "1", "anonymousId": anonymous},
        {"type": "alias", "messageId": "2", "previousId": anonymous, "userId": "old"},
        {"type": "track", "event": "order_completed", "messageId": "3", "userId": "new"},
        {"type": "alias", "messageId": "4", "previousId": "old", "userId": "new"},
    ]
    with Served(tmp_path) as served:
        body = json.dumps({"writeKey": key, "batch": calls}).encode()
        assert served.post("/v1/batch", body, **{"Content-Type": "application/json"}) == 200
    with resa.open(tmp_path) as shop:
        profile = shop.customer("new")
        assert profile.seen.visits == 2
        assert {(one.kind, one.value) for one in profile.identifiers} == {
            ("user_id", "new"),
            ("user_id", "old"),
            ("anonymous_id", anonymous),
        }
        assert shop.verify() == []
