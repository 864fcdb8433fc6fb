"""What came since lies over a whole generation: whatever comes, it is what building anew gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.support.stored_events import Told, arrays_of, collect, tell, told_map

from resa.runtime import compact, rebuild, refresh, verify
from resa.storage import JourneyIndex, Store, changed_customers, recent
from resa.storage.traits import read_traits

FIRST = [Told("anna", 1, "e0", "web"), Told("bo", 2, "e1", "store"), Told("cecilia", 3, "e2", "web", 0, '{"n": 3}')]

STEPS: dict[str, Sequence[Sequence[Told]]] = {
    "what follows": [[Told("anna", 5, "e1", "web")], [Told("anna", 6, "e2", "web", 0, '{"n": 3}')]],
    "what follows, and then what came late": [[Told("anna", 5, "e1", "web")], [Told("anna", 0, "e0", "web")]],
    "late twice": [[Told("anna", 0, "e0", "web")], [Told("anna", 0.5, "e0", "web")]],
    "at the same moment": [[Told("bo", 2, "e1", "phone", 1)], [Told("bo", 2, "e2", "phone", 0)]],
    "somebody new, and then more": [[Told("aa", 4, "e0")], [Told("aa", 5, "e1"), Told("zz", 0, "e0")]],
    "a channel that comes first": [[Told("bo", 9, "e0", "app")], [Told("anna", 9, "e0", "zoo")]],
}


@pytest.fixture(autouse=True)
def _small_shops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "SMALLEST", 1)
    monkeypatch.setattr(recent, "SHARE", 0.01)


def content(index: JourneyIndex) -> dict[str, object]:
    column = index.column("told")
    return {
        **arrays_of(index, files=False),
        "touchpoints": column.touchpoints.tolist(),
        "values": [part.tolist() for part in (*column.values, *column.scores)],
        "sources": column.sources,
        "traits": read_traits(index).to_pylist(),
    }


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_it_is_what_building_anew_gives(tmp_path: Path, steps: Sequence[Sequence[Told]]) -> None:
    with Store.open(tmp_path) as store:
        with store.writing() as writer:
            collect(writer, FIRST, "first")
            refresh(writer, [told_map()])
            for number, rows in enumerate(steps):
                collect(writer, rows, f"step {number}")
                index = refresh(writer, [told_map()], soon=True)
                assert index.layers is not None
        assert verify(store, [told_map()]) == []
        laid = content(index)
        with store.writing() as writer:
            assert content(rebuild(writer, [told_map()])) == laid


def test_only_who_is_late_beside_the_whole_one_is_taken_out_of_it(tmp_path: Path) -> None:
    """Late beside what came since is put in its place there: her whole history need not be written again."""
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, FIRST, "first")
        refresh(writer, [told_map()])
        taken_out = []
        for number, when in enumerate((9, 5, 5, 0)):
            collect(writer, [Told("anna", when, f"e{number}", "web")], f"step {number}")
            layers = refresh(writer, [told_map()], soon=True).layers
            assert layers is not None
            taken_out.append(len(layers.without))
        assert taken_out == [0, 0, 0, 1]
        laid = content(store.index())
        assert content(rebuild(writer, [told_map()])) == laid


def test_what_sources_say_of_customers_counts_at_once(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with store.writing() as writer:
            collect(writer, FIRST, "first")
            tell(writer, [("anna", 1, '{"city": "Oslo"}'), ("bo", 1, '{"city": "Umeå"}')], "crm 1")
            refresh(writer, [told_map()])
            collect(writer, [Told("anna", 7, "e1")], "second")
            tell(writer, [("anna", 2, '{"city": "Pécs"}'), ("d", 2, '{"city": "Bergen"}')], "crm 2")
            index = refresh(writer, [told_map()], soon=True)
            tell(writer, [("anna", 1, '{"age": 40}')], "crm 3")
            index = refresh(writer, [told_map()], soon=True)
            assert index.layers is not None
        known = [row["traits"] for row in read_traits(index).to_pylist()]
        assert sorted(known) == ['{"age": 40, "city": "Pécs"}', '{"city": "Bergen"}', '{"city": "Umeå"}']
        laid = content(index)
        with store.writing() as writer:
            assert content(rebuild(writer, [told_map()])) == laid


def test_over_another_whole_generation_all_may_have_changed(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, FIRST, "first")
        refresh(writer, [told_map()])
        tell(writer, [("anna", 1, '{"city": "Oslo"}')], "crm 1")
        before = refresh(writer, [told_map()], soon=True)
        tell(writer, [("bo", 1, '{"city": "Umeå"}')], "crm 2")
        same = refresh(writer, [told_map()], soon=True)
        changed = changed_customers(same, before)
        assert changed is not None
        assert len(changed) == 1
        refresh(writer, [told_map()])  # both become one, whose events are those of the whole one before
        tell(writer, [("cecilia", 1, '{"city": "Pécs"}')], "crm 3")
        assert changed_customers(refresh(writer, [told_map()], soon=True), before) is None


def test_files_that_came_since_are_joined_and_nothing_else_changes(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        with store.writing() as writer:
            collect(writer, FIRST, "first")
            refresh(writer, [told_map()])
            for number in range(5):
                collect(writer, [Told("anna", 10 + number, "e1", "web"), Told(f"n{number}", 1, "e0")], str(number))
                before = refresh(writer, [told_map()], soon=True)
            journeys = [before.event_rows(np.arange(before.events), ["message_id"]).to_pylist()]
            assert compact(writer) == 4
            index = store.index()
            assert index.layers is not None
            assert [file.id for file in index.layers.whole.files] == [file.id for file in before.files[:1]]
            journeys.append(index.event_rows(np.arange(index.events), ["message_id"]).to_pylist())
            assert journeys[0] == journeys[1]
        assert verify(store, [told_map()]) == []


def test_both_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the small layer has grown, and when all is brought up to date."""
    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, FIRST, "first")
        refresh(writer, [told_map()])
        collect(writer, [Told("bo", 8, "e0")], "second")
        assert refresh(writer, [told_map()], soon=True).layers is not None
        assert refresh(writer, [told_map()]).layers is None
        monkeypatch.setattr(recent, "SHARE", 2.0)
        collect(writer, [Told("bo", 9, "e0"), Told("bo", 10, "e0")], "third")
        assert refresh(writer, [told_map()], soon=True).layers is not None
        collect(writer, [Told("bo", 11, "e0"), Told("bo", 12, "e0")], "fourth")
        assert refresh(writer, [told_map()], soon=True).layers is None


def test_where_files_cannot_be_shared_it_is_made_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path, __: Path) -> None:
        raise OSError("not on this file system")

    with Store.open(tmp_path) as store, store.writing() as writer:
        collect(writer, FIRST, "first")
        refresh(writer, [told_map()])
        collect(writer, [Told("bo", 8, "e0")], "second")
        monkeypatch.setattr(Path, "hardlink_to", refused)
        index = refresh(writer, [told_map()], soon=True)
        assert (index.layers, index.events) == (None, 4)
