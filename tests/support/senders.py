"""Clients that send what was not acknowledged again, in another order, and some of it twice; and what must be true."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.served import Served

import resa

__all__ = ["Sender", "all_is_well", "sending"]


class _Batch(NamedTuple):
    ids: tuple[str, ...]
    wrong: int  # calls that are rejected

    @property
    def calls(self) -> int:
        return len(self.ids) + self.wrong


class Sender(threading.Thread):
    """Sends batches until it is told to stop, and remembers what became of each.

    Half of what is not acknowledged it sends again later, in other batches; a fourth of what is, too. The other half is
    given up, as a client does that is closed.

    Attributes:
        acknowledged: Ids of events that were answered with 200.
        tried: Ids of all events of any request.
        accepted: Calls and rejected calls of requests that were answered with 200.
        sent: The same of all requests.
        answers: How many answers of each status; 0: none came.
        unsaid: Answers of 429 and 503 that did not say when to come again.
    """

    def __init__(self, key: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.chance = random.Random(seed)  # noqa: S311 - sizes of batches, no secret
        self.key, self.seed = key, seed
        self.served: Served | None = None
        self.number = 0
        self.again: list[str] = []
        self.acknowledged: set[str] = set()
        self.tried: set[str] = set()
        self.accepted: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.unsaid = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            served = self.served
            if served is None:
                time.sleep(0.02)
            else:
                self.send(served, self._batch())

    def finish(self, served: Served) -> None:
        """Send until all that is to be sent again is acknowledged."""
        self.stopping.set()
        self.join()
        began = time.monotonic()
        while self.again:
            ids = tuple(self.again[:100])
            self.send(served, _Batch(ids, 0), keep=False)
            if self.acknowledged.issuperset(ids):
                del self.again[:100]
            else:
                time.sleep(0.2)
            assert time.monotonic() - began < 60, self.answers

    def _batch(self) -> _Batch:
        ids = [f"s{self.seed}-{self.number + place}" for place in range(self.chance.randint(1, 40))]
        self.number += len(ids)
        self.chance.shuffle(self.again)
        ids += [self.again.pop() for _ in range(min(len(self.again), self.chance.randint(0, 40)))]
        self.chance.shuffle(ids)
        return _Batch(tuple(ids), self.chance.randint(0, 2))

    def send(self, served: Served, batch: _Batch, *, keep: bool = True) -> None:
        calls = [{"type": "track", "event": "seen", "userId": one, "messageId": one} for one in batch.ids]
        wrong = [{"type": "track", "userId": "x"}] * batch.wrong
        body = json.dumps({"batch": calls + wrong, "writeKey": self.key}).encode()
        self.tried.update(batch.ids)
        status, head = served.answer("/v1/b", body)
        self.answers[status] += 1
        self.sent += Counter(calls=batch.calls, wrong=batch.wrong)
        good = status == 200
        if good:
            self.acknowledged.update(batch.ids)
            self.accepted += Counter(calls=batch.calls, wrong=batch.wrong)
        elif status in {429, 503}:
            self.unsaid += not head.get("retry-after", "").isdigit()
        if status == 0:
            time.sleep(0.02)
        if keep and self.chance.random() < (0.25 if good else 0.5):
            self.again += batch.ids


def sending(key: str, number: int = 2) -> list[Sender]:
    """Senders that have begun; they wait until they have a server."""
    senders = [Sender(key, seed) for seed in range(number)]
    for sender in senders:
        sender.start()
    return senders


def all_is_well(folder: Path, senders: Sequence[Sender]) -> int:
    """End the senders on an undisturbed server, and look at what is stored; how many events that is.

    Every acknowledged event is there once. One that was not acknowledged is there once at most, and counted like any
    other: its sender could not know. Nothing is there that was not sent. Every accepted request was read once: in =
    good + rejected + duplicate, of all loads together, lies between what was acknowledged and what was sent.
    """
    with Served(folder) as served:
        for sender in senders:
            sender.finish(served)
    with resa.open(folder) as shop:
        assert shop.verify() == []
        stored = shop.store.rows("events", ["message_id"]).column("message_id").to_pylist()
        assert shop.store.index().events == len(stored)
        loads = shop.loads()
        rejected = shop.rejected().num_rows
    assert len(stored) == len(set(stored))
    assert set.union(*(sender.acknowledged for sender in senders)) <= set(stored)
    assert set(stored) <= set.union(*(sender.tried for sender in senders))
    accepted, sent = (sum((getattr(one, name) for one in senders), Counter[str]()) for name in ("accepted", "sent"))
    for load in loads:
        assert load.rows_read == load.rows_in == load.good + load.rejected + load.duplicate
    assert accepted["calls"] <= sum(load.rows_in for load in loads) <= sent["calls"]
    assert accepted["wrong"] <= sum(load.rejected for load in loads) <= sent["wrong"]
    assert sum(load.rejected for load in loads) == rejected
    assert sum(load.good for load in loads) == len(stored)
    assert not any(sender.unsaid for sender in senders)
    return len(stored)
