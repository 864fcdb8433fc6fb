"""A customer is erased beside a server that goes on taking events, of her, too: nothing of before is left."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.served import Served, new_shop

import resa

HER = ("quillwort@shop.se", "quillwort-77")
"""Her user id, and her anonymous one."""


class Shop(threading.Thread):
    """Sends, one after the other: of her, of others who name her, of others; until it is told to stop."""

    def __init__(self, served: Served, key: str, name: str) -> None:
        super().__init__(daemon=True)
        self.served, self.key, self.name = served, key, name
        self.stopping = threading.Event()
        self.said: list[tuple[float, str, str]] = []  # when it was acknowledged, id, whose

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            for whose, call in (
                ("hers", {"userId": HER[0], "anonymousId": HER[1]}),
                ("mention", {"userId": f"u{number % 7}", "properties": {"to": HER[0]}}),
                ("others", {"userId": f"u{number % 7}"}),
            ):
                one = f"{self.name}-{number}-{whose}"
                body = {"event": "seen", "messageId": one, "writeKey": self.key, **call}
                if self.served.post("/v1/t", json.dumps(body).encode()) == 200:
                    self.said.append((time.time(), one, whose))


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[tuple[Served, list[Shop]]]:
    key = new_shop(tmp_path)
    with Served(tmp_path) as served:
        shops = [Shop(served, key, name) for name in ("first", "second")]
        for shop in shops:
            shop.start()
        yield served, shops
        for shop in shops:
            shop.stopping.set()
            shop.join()
    assert "Traceback" not in served.output


def erase(folder: Path, value: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "resa.cli", "customer", "erase", value, "--yes", "-w", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def stored(folder: Path) -> dict[str, list[tuple[float, str]]]:
    """When each event of a sender happened, and its id and all that is stored of it, by whose it is."""
    with resa.open(folder) as shop:
        rows = shop.store.rows("events", ["message_id", "occurred_at", "identifiers", "properties"]).to_pylist()
    found: dict[str, list[tuple[float, str]]] = {"hers": [], "mention": [], "others": []}
    for row in rows:
        whose = row["message_id"].rpartition("-")[2]
        found[whose].append((row["occurred_at"].timestamp(), json.dumps(row, default=str)))
    return found


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.nightly)])
def test_while_she_and_others_are_at_it(times: int, shops: tuple[Served, list[Shop]], tmp_path: Path) -> None:
    served, senders = shops
    for _ in range(times):
        time.sleep(1.5)
        began = time.time()
        done = erase(tmp_path, HER[0])
        ended = time.time()
        assert done.returncode == 0, done.stderr
    time.sleep(1.5)
    for sender in senders:
        sender.stopping.set()
        sender.join()
    served.__exit__()
    assert served.process.returncode == 0, served.output
    said = [one for sender in senders for one in sender.said]
    found = stored(tmp_path)
    of_others = {one for _, one, whose in said if whose != "hers"}
    there = [json.loads(text)["message_id"] for whose in ("mention", "others") for _, text in found[whose]]
    assert sorted(there) == sorted(of_others)
    assert found["hers"]
    assert min(at for at, _ in found["hers"]) > began
    later = {one for at, one, whose in said if whose == "hers" and at > ended + 0.2}
    assert later <= {json.loads(text)["message_id"] for _, text in found["hers"]}
    naming = [at for at, text in found["mention"] if HER[0] in text]
    assert min(naming) > began
    assert len(naming) < len(found["mention"])
    with resa.open(tmp_path) as shop:
        assert shop.verify() == []


def test_what_had_arrived_before_is_drained_and_goes_too(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    body = {"event": "seen", "userId": HER[0], "anonymousId": HER[1], "writeKey": key}
    with Served(tmp_path) as served:
        for number in range(20):
            assert served.post("/v1/t", json.dumps({**body, "messageId": f"her-{number}"}).encode()) == 200
            if number == 10:
                time.sleep(2.0)
        done = erase(tmp_path, HER[1])
        assert done.returncode == 0, done.stderr
        assert "20" in done.stdout
        for path in (tmp_path / ".resa").rglob("*"):
            assert not path.is_file() or b"quillwort" not in path.read_bytes(), path
        again = erase(tmp_path, HER[1])
        assert again.returncode == 0, again.stderr
        assert "no row names her" in again.stderr
    assert "Traceback" not in served.output
