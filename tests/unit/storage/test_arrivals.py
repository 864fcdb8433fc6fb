"""Arrivals: acknowledged after the commit, in the order of their numbers, forgotten once consumed."""

from __future__ import annotations

import sqlite3
from concurrent.futures import wait
from pathlib import Path

import pytest

from resa.base.errors import WorkspaceDamaged, WorkspaceError
from resa.storage import Arrival, Arrivals, Waiting


def request(text: str, source: str = "web", at: int = 5) -> Arrival:
    return Arrival(source, at, "track", text.encode())


def test_what_is_acknowledged_is_there(tmp_path: Path) -> None:
    path = tmp_path / "arrivals.db"
    with Arrivals(path) as arrivals:
        done = [arrivals.append(request(str(number), at=number)) for number in range(3_000)]
        wait(done)
        assert all(one.exception() is None for one in done)
        with Arrivals(path) as other:
            found = other.waiting()
        assert [one.content for one in found] == [str(number).encode() for number in range(3_000)]
        assert [one.number for one in found] == list(range(1, 3_001))
        assert arrivals.count(0) == Waiting(3_000, 0)
        assert arrivals.count(2_990) == Waiting(10, 2_990)


def test_closing_stores_what_was_handed_over(tmp_path: Path) -> None:
    with Arrivals(tmp_path / "arrivals.db") as arrivals:
        done = [arrivals.append(request("x")) for _ in range(100)]
    assert all(one.done() and one.exception() is None for one in done)


def test_consumed_ones_are_forgotten_by_source_and_numbers_are_never_used_again(tmp_path: Path) -> None:
    with Arrivals(tmp_path / "arrivals.db") as arrivals:
        wait([arrivals.append(request(str(n), "web" if n % 2 else "app")) for n in range(6)])  # numbers 1 to 6
        arrivals.forget({"web": 4, "app": 6, "shop": 9}).result()
        assert [(one.number, one.source_id) for one in arrivals.waiting()] == [(6, "web")]
        arrivals.forget({"web": 6}).result()
        arrivals.append(request("later")).result()
        assert [one.number for one in arrivals.waiting()] == [7]
        assert arrivals.count(6).arrivals == 1


def test_so_much_as_fits(tmp_path: Path) -> None:
    with Arrivals(tmp_path / "arrivals.db") as arrivals:
        wait([arrivals.append(request("x" * 100)) for _ in range(10)])
        assert [one.number for one in arrivals.waiting(most_bytes=250)] == [1, 2, 3]
        assert [one.number for one in arrivals.waiting(8)] == [9, 10]


def test_nothing_is_acknowledged_that_the_disk_did_not_take(tmp_path: Path) -> None:
    path = tmp_path / "arrivals.db"
    with Arrivals(path) as arrivals:
        arrivals.append(request("before")).result()
        with sqlite3.connect(path) as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON arrivals BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
            )
        connection.close()
        with pytest.raises(WorkspaceError, match="did not take what arrived"):
            arrivals.append(request("lost")).result()
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TRIGGER full")
        connection.close()
        arrivals.append(request("after")).result()
        assert [one.content for one in arrivals.waiting()] == [b"before", b"after"]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "arrivals.db").write_bytes(b"nonsense" * 1_000)
    with pytest.raises(WorkspaceDamaged, match=r"arrivals\.db"):
        Arrivals(tmp_path / "arrivals.db")


def test_a_sender_who_leaves_stops_nobody(tmp_path: Path) -> None:
    with Arrivals(tmp_path / "arrivals.db") as arrivals:
        assert not arrivals.append(request("left")).cancel()
        arrivals.append(request("stayed")).result(10)
        assert [one.content for one in arrivals.waiting()] == [b"left", b"stayed"]


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_acknowledged_into_a_file_that_was_taken_away(replaced: bool, tmp_path: Path) -> None:
    path = tmp_path / "arrivals.db"
    with Arrivals(path) as arrivals:
        arrivals.append(request("before")).result()
        for file in tmp_path.glob("arrivals.db*"):
            file.rename(tmp_path / f"away-{file.name}")
        if replaced:
            Arrivals(path).close()
        for _ in range(2):
            with pytest.raises(WorkspaceError, match="taken away or replaced"):
                arrivals.append(request("lost")).result()
        assert [one.content for one in arrivals.waiting()] == [b"before"]


def test_a_new_file_does_not_use_numbers_that_are_consumed(tmp_path: Path) -> None:
    """Else what comes next would count as consumed, and be forgotten."""
    path = tmp_path / "arrivals.db"
    with Arrivals(path, after=7) as arrivals:
        arrivals.append(request("x")).result()
        assert [one.number for one in arrivals.waiting()] == [8]
    with Arrivals(path, after=3) as arrivals:
        arrivals.append(request("y")).result()
        assert [one.number for one in arrivals.waiting()] == [8, 9]
