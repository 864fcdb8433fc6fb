"""Traits stay their customers' when events of others come between them, without the records being asked again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from tests.support.arriving import Clock, opened

from resa.base.clock import to_microseconds
from resa.runtime import Drainer, refresh, verify
from resa.storage import Arrival, JourneyIndex, traits


def arrival(clock: Clock, calls: list[dict[str, object]]) -> Arrival:
    return Arrival("web", to_microseconds(clock.now), "batch", json.dumps({"batch": calls}).encode())


def test_traits_move_with_their_customers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    asked: list[int] = []

    read = traits._newest  # what is counted is what it is not asked

    def counted(index: JourneyIndex, customers: npt.NDArray[np.int64]) -> pa.Table:
        asked.append(len(customers))
        return read(index, customers)

    monkeypatch.setattr(traits, "_newest", counted)
    with opened(tmp_path, clock) as (store, arrivals), store.writing() as writer:
        drainer = Drainer(writer, arrivals)

        def come(calls: list[dict[str, object]]) -> None:
            arrivals.append(arrival(clock, calls)).result()
            drainer.drain()
            refresh(writer, [])

        come([{"type": "identify", "userId": f"u{n}", "messageId": f"i{n}", "traits": {"n": n}} for n in range(50)])
        assert sum(asked) == 50
        for batch in range(3):
            come(
                [
                    {"type": "track", "event": "seen", "userId": f"v{batch}-{n}", "messageId": f"{batch}-{n}"}
                    for n in range(200)
                ]
            )
        assert sum(asked) == 50
        index = store.index()
        assert index.customers == 650
        known = store.customer_traits(index)
        people = index.identifiers(known.column("customer").to_numpy()).column("value").to_pylist()
        told = [json.loads(text)["n"] for text in known.column("traits").to_pylist()]
        assert people == [f"u{n}" for n in told]
        assert sorted(told) == list(range(50))
        come([{"type": "identify", "userId": "u7", "messageId": "again", "traits": {"n": 70}}])
        assert sum(asked) == 51
    with opened(tmp_path, clock) as (store, _):
        assert verify(store, []) == []
