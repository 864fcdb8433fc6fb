"""What was accepted becomes events exactly once, however often it is sent and wherever draining is cut short."""

from __future__ import annotations

import json
import random
from concurrent.futures import wait
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.arriving import NOW, Clock, opened

from resa.base.clock import to_microseconds
from resa.collector.segment import rows
from resa.runtime import Drainer, refresh, verify
from resa.runtime.draining import LATENESS
from resa.storage import Arrival, Store
from resa.storage.writer import Writer


def batch(*ids: str, source: str = "web", bad: int = 0) -> Arrival:
    calls: list[dict[str, Any]] = [
        {"type": "track", "event": "seen", "userId": "u", "messageId": one, "timestamp": "2026-11-28T11:00:00Z"}
        for one in ids
    ]
    calls += [{"type": "identify", "userId": "u", "messageId": f"t{ids[0]}", "traits": {"plan": "gold"}}]
    calls += [{"type": "track", "userId": "u"}] * bad
    return Arrival(source, to_microseconds(NOW), "batch", json.dumps({"batch": calls}).encode())


def counts(store: Store) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for load in store.loads():
        numbers = (load.rows_read, load.good, load.rejected, load.duplicate)
        found[load.source_id] = [sum(pair) for pair in zip(found.get(load.source_id, [0] * 4), numbers, strict=True)]
    return found


def test_rows_are_stored_and_counted_by_source(tmp_path: Path) -> None:
    with opened(tmp_path, Clock()) as (store, arrivals):
        wait([arrivals.append(one) for one in (batch("1", "2", bad=1), batch("1", source="app"), batch("2", "3"))])
        with store.writing() as writer:
            drainer = Drainer(writer, arrivals)
            done = drainer.drain()
            assert (done.arrivals, done.good, done.rejected, done.duplicate) == (3, 7, 1, 1)
            assert done.reasons == {"no-event": 1}
            assert drainer.drain().arrivals == 0
        assert counts(store) == {"web": [7, 5, 1, 1], "app": [2, 2, 0, 0]}
        assert sorted(store.rows("events").column("message_id").to_pylist()) == ["1", "1", "2", "3"]
        assert store.rows("customers").num_rows == 3
        assert store.rejected().column("row").to_pylist() == [4]
        assert store.consumed() == {"web": 3, "app": 2}
        assert verify(store, []) == []


def test_what_is_sent_again_shuffled_changes_nothing(tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311 - an order, no secret
    sent = [batch(*(str(number) for number in range(first, first + 20))) for first in range(0, 2_000, 20)]
    with opened(tmp_path, Clock()) as (store, arrivals), store.writing() as writer:
        drainer = Drainer(writer, arrivals)
        for _ in range(3):
            chance.shuffle(sent)
            for first in range(0, len(sent), 7):
                wait([arrivals.append(one) for one in sent[first : first + 7]])
                drainer.drain()
        assert store.rows("events").num_rows == 2_000
        assert counts(store) == {"web": [6_300, 2_100, 0, 4_200]}


def test_draining_is_done_again_where_it_was_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two sources; and after the commit, before anything was forgotten."""
    clock = Clock()
    with opened(tmp_path, clock) as (store, arrivals):
        wait([arrivals.append(one) for one in (batch("1", bad=1), batch("1", source="app", bad=1), batch("2"))])
        commit = Writer.commit_chunk
        calls = []

        def failing(self: Writer, *arguments: Any, **named: Any) -> Any:
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return commit(self, *arguments, **named)

        monkeypatch.setattr(Writer, "commit_chunk", failing)
        with pytest.raises(KeyboardInterrupt), store.writing() as writer:
            Drainer(writer, arrivals).drain()
        assert store.consumed() == {"web": 3}
        for _ in range(2):
            with store.writing() as writer:
                Drainer(writer, arrivals).drain()
        assert counts(store) == {"web": [5, 4, 1, 0], "app": [3, 2, 1, 0]}
        assert store.rejected().num_rows == 2


def test_a_day_is_a_load_and_each_can_be_undone(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as (store, arrivals), store.writing() as writer:
        drainer = Drainer(writer, arrivals)
        for number in range(3):
            arrivals.append(batch(str(number))).result()
            drainer.drain()
            drainer.state_complete()
            clock.now += timedelta(hours=12)
        first, second = store.loads()
        assert [load.state for load in (first, second)] == ["finished", "running"]
        assert second.complete_until == NOW + timedelta(hours=24, minutes=-5)
        drainer.close()
        assert [load.state for load in store.loads()] == ["finished", "finished"]
        writer.remove_load(first.id)
        assert store.rows("events").column("message_id").to_pylist() == ["1", "2"]


def test_another_writer_goes_on_with_the_load_of_the_day(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as (store, arrivals):
        for number in range(2):
            arrivals.append(batch(str(number))).result()
            with store.writing() as writer:
                Drainer(writer, arrivals).drain()  # killed before it could close
        (load,) = store.loads()
        assert (load.state, load.good) == ("running", 4)


def test_a_lost_file_of_arrivals_costs_nothing_that_comes_later(tmp_path: Path) -> None:
    with opened(tmp_path, Clock()) as (store, arrivals), store.writing() as writer:
        wait([arrivals.append(batch(str(number))) for number in range(3)])
        Drainer(writer, arrivals).drain()
    for path in tmp_path.glob("arrivals.db*"):
        path.unlink()
    with opened(tmp_path, Clock()) as (store, arrivals), store.writing() as writer:
        arrivals.append(batch("later")).result()
        assert Drainer(writer, arrivals).drain().good == 2
        assert "later" in store.rows("events").column("message_id").to_pylist()


def test_requests_of_many_small_calls_are_drained_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of two bytes becomes a rejected row of hundreds: what fits in memory is counted in calls."""
    monkeypatch.setattr(rows, "_AT_ONCE", 5)
    commit = Writer.commit_chunk
    sizes: list[int] = []

    def watched(self: Writer, *arguments: Any, **named: Any) -> Any:
        sizes.append(named["rows_read"])
        return commit(self, *arguments, **named)

    monkeypatch.setattr(Writer, "commit_chunk", watched)
    many = Arrival("web", to_microseconds(NOW), "batch", json.dumps({"batch": [0] * 4}).encode())
    with opened(tmp_path, Clock()) as (store, arrivals), store.writing() as writer:
        wait([arrivals.append(one) for one in [many] * 5])
        wait([arrivals.append(batch("1", source="app"))])
        assert Drainer(writer, arrivals).drain().arrivals == 6
        assert sizes == [8, 8, 4, 2]
        assert counts(store) == {"web": [20, 0, 20, 0], "app": [2, 2, 0, 0]}
        assert store.consumed() == {"web": 5, "app": 6}
        assert sorted(store.rejected().column("row").to_pylist()) == list(range(1, 21))


def test_a_source_is_not_complete_while_its_arrivals_wait(tmp_path: Path) -> None:
    """Else customers whose events wait, on a disk that takes nothing for a while, would count as gone."""
    clock = Clock()
    with opened(tmp_path, clock) as (store, arrivals), store.writing() as writer:
        drainer = Drainer(writer, arrivals)
        arrivals.append(batch("1")).result()
        drainer.drain()
        arrivals.append(batch("2")).result()  # at NOW, by the test's own account
        clock.now += timedelta(hours=1)
        drainer.state_complete()
        assert store.loads()[0].complete_until == NOW - LATENESS
        drainer.drain()
        drainer.state_complete()
        assert store.loads()[0].complete_until == NOW + timedelta(hours=1) - LATENESS
        clock.now += timedelta(hours=1)
        drainer.close()
        refresh(writer, [])
        assert store.index().as_of.sources == {"web": NOW + timedelta(hours=2) - LATENESS}  # no less than was said
