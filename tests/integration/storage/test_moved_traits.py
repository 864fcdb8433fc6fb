"""Traits stay their customers' when events of others come between them, without the records being asked again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.arriving import Clock, opened

from resa.base.clock import to_microseconds
from resa.runtime import Drainer, refresh, verify
from resa.storage import Arrival, EventFile, JourneyIndex, publishing
from resa.storage.traits import newest_traits


def arrival(clock: Clock, calls: list[dict[str, object]]) -> Arrival:
    return Arrival("web", to_microseconds(clock.now), "batch", json.dumps({"batch": calls}).encode())


def test_traits_move_with_their_customers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    asked: list[int] = []

    def counted(index: JourneyIndex, files: Sequence[EventFile]) -> pa.Table:
        asked.append(len(files))
        return newest_traits(index, files)

    monkeypatch.setattr(publishing, "newest_traits", counted)
    with opened(tmp_path, clock) as (store, arrivals), store.writing() as writer:
        drainer = Drainer(writer, arrivals)

        def come(calls: list[dict[str, object]]) -> None:
            arrivals.append(arrival(clock, calls)).result()
            drainer.drain()
            refresh(writer, [])

        come([{"type": "identify", "userId": f"u{n}", "messageId": f"i{n}", "traits": {"n": n}} for n in range(50)])
        assert len(asked) == 1
        for batch in range(3):
            come(
                [
                    {"type": "track", "event": "seen", "userId": f"v{batch}-{n}", "messageId": f"{batch}-{n}"}
                    for n in range(200)
                ]
            )
        assert len(asked) == 1
        index = store.index()
        assert index.customers == 650
        traits = store.customer_traits(index)
        people = index.identifiers(traits.column("customer").to_numpy()).column("value").to_pylist()
        told = [json.loads(text)["n"] for text in traits.column("traits").to_pylist()]
        assert people == [f"u{n}" for n in told]
        assert sorted(told) == list(range(50))
        come([{"type": "identify", "userId": "u7", "messageId": "again", "traits": {"n": 70}}])
        assert len(asked) == 2
    with opened(tmp_path, clock) as (store, _):
        assert verify(store, []) == []
