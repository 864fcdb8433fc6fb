"""`resa serve` with webhooks of a shop, a payment service and a code host; killed between its promise and its work."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from tests.support.served import Served
from tests.support.webhooks import ENVIRONMENT, github, github_issue, hook_shop, order, payment, standard, stripe

import resa


@pytest.fixture
def shop_of_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "key").write_text(hook_shop(tmp_path), encoding="ascii")
    return tmp_path


def send(served: Served, number: int, *, again: int = 0) -> list[int]:
    """Send one webhook of each kind; the statuses. What is sent again is signed anew, as senders do."""
    body, paid, issue = order(number), payment(number), github_issue(number)
    key = (served.folder / "key").read_text(encoding="ascii")
    ticket = json.dumps({"status": "new", "requester": f"u{number}"}).encode()
    return [
        served.post("/hooks/shop_orders", body, **standard(body, f"m{number}", at=time.time() - again)),
        served.post("/hooks/payments", paid, **stripe(paid, at=time.time() - again)),
        served.post("/hooks/issues", issue, **github(issue, f"d{number}")),
        served.post(f"/hooks/tickets?key={key}", ticket),
    ]


def test_webhooks_end_in_the_numbers_each_once(shop_of_hooks: Path) -> None:
    numbers = list(range(25))
    with Served(shop_of_hooks) as served:
        for number in numbers:
            assert send(served, number) == [200] * 4
        for number in random.Random(1).sample(numbers, len(numbers)):  # noqa: S311 - an order, no secret
            assert send(served, number, again=2) == [200] * 4
        assert served.post("/hooks/shop_orders", order(1), **standard(order(2), "m1")) == 401
        with resa.open(shop_of_hooks) as shop:
            until = time.monotonic() + 60
            while sum(load.rows_read for load in shop.loads()) < 200 and time.monotonic() < until:
                time.sleep(0.1)
        (shop_of_hooks / "sources" / "issues.yaml").unlink()
        time.sleep(1.5)
        assert send(served, 100) == [200, 200, 404, 200]
    assert "103 rows good, 0 rejected, 100 there already" in served.output
    with resa.open(shop_of_hooks) as shop:
        assert shop.verify() == []
        (visits,) = shop.measure.touchpoints().table.to_pylist()
        assert (visits["touchpoint"], visits["visits"]) == ("purchase", 26)
        for load in shop.loads():
            assert load.rows_read == load.good + load.rejected + load.duplicate


@pytest.mark.parametrize("kills", [1, pytest.param(60, marks=pytest.mark.nightly)])
def test_killed_between_promise_and_work_nothing_is_lost(kills: int, shop_of_hooks: Path) -> None:
    chance = random.Random(kills)  # noqa: S311 - moments to kill at, no secret
    promised: set[str] = set()
    number = 0
    for _ in range(kills):
        with Served(shop_of_hooks) as served:
            until = time.monotonic() + chance.uniform(0.1, 1.5)
            while time.monotonic() < until:
                for name, status in zip(("m", "evt_", "d"), send(served, number), strict=False):
                    assert status == 200
                    promised.add(f"{name}{number}")
                number += 1
            served.kill()
    with Served(shop_of_hooks):
        pass
    with resa.open(shop_of_hooks) as shop:
        assert shop.verify() == []
        found = shop.store.rows("events").column("message_id").to_pylist()
        assert len(found) == len(set(found)) == 4 * number
        assert promised <= set(found)
        assert shop.rejected().num_rows == 0
