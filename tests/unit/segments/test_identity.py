"""Customers who are joined, split or gone: who stays in effect the same person neither leaves nor enters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from tests.support.arriving import NOW, Clock
from tests.support.stored_events import told_map

from resa.analytics import Measure
from resa.model.customers import Segment
from resa.model.journey import JourneyMap
from resa.segments import Follower, following
from resa.storage import JourneyIndex, Store, Writer, kept_members, segment_history

MAP = JourneyMap(
    **{**vars(told_map()), "segments": (Segment(key="s", name="S", who="traits.x > 1"),)},
)


class Index:
    """A generation of customers who may have several identifiers: each a number, the first one names the customer."""

    def __init__(self, generation: int, called: Mapping[int, Sequence[int]]) -> None:
        self.generation, self.called = generation, dict(sorted(called.items()))
        self.who = np.array([[key, 7] for key in self.called], np.uint64).reshape(-1, 2)
        self.customers = len(called)
        self.offsets = np.arange(self.customers + 1, dtype=np.int64)
        self.record_offsets = np.zeros(self.customers + 1, np.int64)
        self.seconds = self.micros = np.zeros(self.customers, np.int32)
        self.epoch = 0
        self.layers = None
        owner = {one: key for key, ones in self.called.items() for one in ones}
        hashes = sorted(owner)
        self.persons = pa.table(
            {
                "high": pa.array(hashes, pa.uint64()),
                "low": pa.array([7] * len(hashes), pa.uint64()),
                "name": pa.array([hashes.index(owner[one]) for one in hashes], pa.int32()),
                "part": pa.array([0] * len(hashes), pa.int32()),
            }
        )
        self.told_persons = (self.persons,)

    def find(self, keys: Any) -> Any:
        numbers = {key: number for number, key in enumerate(self.called)}
        return np.array([numbers.get(int(key[0]), -1) for key in keys], np.int64)


@dataclass
class Followed:
    """One segment, followed over stand-ins of generations."""

    store: Store
    clock: Clock
    follower: Follower
    measure: SimpleNamespace
    inside: set[int]

    def look(self, index: Index, inside: set[int]) -> list[tuple[int, str, str]]:
        """Who entered and left, and why; then what is kept is who is inside."""
        self.clock.now += timedelta(seconds=1)
        self.measure.index, self.inside = index, inside
        told = self.follower.follow()
        keys, _ = kept_members(self.store, "told.s")
        assert {int(key[0]) for key in keys} == inside
        return [(int(np.frombuffer(one.customer, "<u8")[0]), one.change, one.cause) for one in told]


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Followed]:
    clock = Clock()
    measure = SimpleNamespace(index=Index(1, {}))
    measure.snapshot = lambda _: SimpleNamespace(index=measure.index)
    with Store.open(tmp_path, clock=clock) as store, store.writing() as writer:
        found = Followed(store, clock, _follower(writer, measure), measure, set())

        def flags(snapshot: Any, *, now: int) -> dict[str, Any]:  # noqa: ARG001
            return {"s": np.array([key in found.inside for key in snapshot.index.called], np.bool_)}

        monkeypatch.setattr(following, "segment_flags", flags)
        found.follower.begin(cast("JourneyIndex", measure.index))
        assert found.look(measure.index, set()) == []
        yield found


def _follower(writer: Writer, measure: SimpleNamespace) -> Follower:
    return Follower(writer, {"told": MAP}, cast("Measure", measure))


def test_two_who_are_joined_stay_in(followed: Followed) -> None:
    before = Index(2, {1: [1], 5: [5]})
    assert followed.look(before, {5}) == [(5, "entered", "event")]
    since = kept_members(followed.store, "told.s")[1].tolist()
    assert followed.look(Index(3, {1: [1, 5, 9]}), {1}) == []
    assert kept_members(followed.store, "told.s")[1].tolist() == since


def test_two_who_are_joined_may_leave_by_it(followed: Followed) -> None:
    followed.look(Index(2, {1: [1], 5: [5]}), {5})
    assert followed.look(Index(3, {1: [1, 5, 9]}), set()) == [(1, "left", "identity")]


def test_of_two_who_are_split_both_may_be_in(followed: Followed) -> None:
    assert followed.look(Index(2, {1: [1, 5, 9]}), {1}) == [(1, "entered", "event")]
    assert followed.look(Index(3, {1: [1, 5], 9: [9]}), {1, 9}) == []
    assert followed.look(Index(4, {1: [1, 5], 9: [9]}), {1}) == [(9, "left", "time")]


def test_of_two_who_are_split_one_may_leave(followed: Followed) -> None:
    followed.look(Index(2, {1: [1, 5, 9]}), {1})
    assert followed.look(Index(3, {1: [1, 5], 9: [9]}), {9}) == [(1, "left", "identity")]


def test_who_is_gone_has_left(followed: Followed) -> None:
    followed.look(Index(2, {1: [1], 5: [5]}), {1, 5})
    assert followed.look(Index(3, {5: [5]}), {5}) == [(1, "left", "gone")]


def test_an_edit_is_told_as_one(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index(2, {1: [1], 5: [5]})
    followed.look(index, {1})
    monkeypatch.setattr(following, "membership_hash", lambda *_: "other")
    assert followed.look(index, {5}) == [(5, "entered", "definition"), (1, "left", "definition")]
    assert followed.look(index, {1, 5}) == [(1, "entered", "time")]


def test_who_went_while_nobody_looked_is_told_at_the_start(followed: Followed) -> None:
    index = Index(2, {1: [1], 5: [5]})
    followed.look(index, {1})
    followed.follower.begin(cast("JourneyIndex", Index(3, {5: [5]})))
    assert followed.look(Index(4, {5: [5]}), {5}) == [(5, "entered", "start"), (1, "left", "gone")]
    assert sorted(one.change for one in segment_history(followed.store)) == ["entered", "entered", "left"]


def test_who_is_found_at_first_has_not_entered(tmp_path: Path, followed: Followed) -> None:
    del tmp_path
    followed.measure.index, followed.inside = Index(2, {1: [1]}), {1}
    with followed.store.database.changing() as connection:
        connection.exec_driver_sql("DELETE FROM segment_states")
    followed.follower.begin(cast("JourneyIndex", followed.measure.index))
    assert followed.look(followed.measure.index, {1}) == []
    assert kept_members(followed.store, "told.s")[1].tolist() == [
        int((NOW + timedelta(seconds=2)).timestamp() * 1_000_000)
    ]


def test_who_was_joined_while_nobody_looked_stays_in(followed: Followed) -> None:
    followed.look(Index(2, {1: [1], 5: [5]}), {5})
    since = kept_members(followed.store, "told.s")[1].tolist()
    followed.follower.begin(cast("JourneyIndex", Index(3, {1: [1, 5]})))
    assert followed.look(Index(4, {1: [1, 5]}), {1}) == []
    assert kept_members(followed.store, "told.s")[1].tolist() == since


@pytest.mark.parametrize("steps", range(1, 8))
def test_cut_short_at_any_transaction_it_is_found_out_again(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    index = Index(2, {key: [key] for key in range(1, 7)})
    followed.look(index, {1, 2, 3})
    monkeypatch.setattr("resa.storage.memberships._AT_ONCE", 1)
    lease = followed.follower._writer.lease
    writing, left = lease.writing, iter(range(steps))

    def cut_short() -> Any:
        if next(left, None) is None:
            raise OSError("no space")
        return writing()

    monkeypatch.setattr(lease, "writing", cut_short)
    with contextlib.suppress(OSError):
        followed.look(index, {3, 4, 5, 6})
    monkeypatch.setattr(lease, "writing", writing)
    followed.look(index, {3, 4, 5, 6})  # the same process tries again
    followed.follower.begin(cast("JourneyIndex", index))
    assert followed.look(index, {3, 4, 5, 6}) == []
    inside: set[bytes] = set()
    for change in reversed(segment_history(followed.store)):
        assert (change.customer in inside) is (change.change == "left")
        (inside.add if change.change == "entered" else inside.remove)(change.customer)
    assert {int(np.frombuffer(key, "<u8")[0]) for key in inside} == {3, 4, 5, 6}
