"""SIGKILL at any moment: `verify` is clean, and running the command again loses no row and doubles none."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.crash_server import Server
from tests.support.storage_script import FILES, MAP, make, run
from tests.support.stored_events import arrays_of

from resa.runtime import verify
from resa.storage import Store


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = Server("tests.support.storage_script")
    yield found
    found.process.communicate()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the work gives when nothing disturbs it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    make(folder)
    run(folder)
    return outcome(folder)


def outcome(folder: Path) -> dict[str, bytes]:
    """Every byte of the index but row numbers (files may be cut otherwise), ids, touchpoints, rejected rows, counts."""
    with Store.open(folder) as store:
        index = store.index()
        found = arrays_of(index, rows=False)
        found["touchpoints"] = index.column("told").touchpoints.tobytes()
        found["ids"] = "|".join(sorted(store.rows("events").column("message_id").to_pylist())).encode()
        found["rejected"] = str(store.rejected().select(["row", "payload"]).to_pylist()).encode()
        loads = [(load.origin, load.state, load.rows_read, load.good, load.duplicate) for load in store.loads()]
        found["loads"] = repr(loads).encode()
    return found


def check(folder: Path) -> None:
    with Store.open(folder) as store:
        assert verify(store, [MAP]) == []
        index = store.index()  # a reader sees a whole generation, or none yet
        assert index.offsets[-1] == index.events
        if index.events:
            index.event_rows([0, index.events - 1])  # type: ignore[arg-type]  # numpy takes a list of places
            assert len(index.column("told").touchpoints) == index.events


@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=pytest.mark.nightly)])
def test_killed_at_random_moments(kills: int, server: Server, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    chance = random.Random(kills)  # noqa: S311 - moments to kill at, no secret
    killed, folder, number = 0, tmp_path / "0", 0
    make(folder)
    while killed < kills:
        if server.work(folder, seconds=chance.uniform(0.0, 0.7)) == 0:  # it was done before the kill: begin anew
            assert outcome(folder) == undisturbed
            number += 1
            folder = tmp_path / str(number)
            make(folder)
            continue
        killed += 1
        check(folder)
    assert server.work(folder) == 0
    check(folder)
    assert outcome(folder) == undisturbed


@pytest.mark.parametrize("step", [900, pytest.param(1, marks=pytest.mark.nightly)])
def test_killed_before_each_call_to_the_disk(
    step: int, server: Server, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """Each fsync, rename, link and removal is the last thing that did not happen; nightly every one of them."""
    call = 1 + step // 2
    while True:
        folder = tmp_path / str(call)
        make(folder)
        if server.work(folder, call=call) == 0:
            break
        check(folder)
        assert server.work(folder) == 0
        check(folder)
        assert outcome(folder) == undisturbed
        call += step
    assert call > 250  # the work is not trivial


def test_the_work_is_what_it_should_be(undisturbed: dict[str, bytes]) -> None:
    assert undisturbed["ids"].count(b"|") + 1 == sum(map(len, FILES.values())) - 3  # the refused ones
    assert b"('file2 again', 'finished', 90, 0, 90)" in undisturbed["loads"]
