"""Data are kept as long as the settings say: older rows go, nothing else does, and nothing of them comes back."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

import resa
from resa.base.errors import SettingsError
from resa.cli.app import run
from resa.storage import SegmentChange, SegmentState, keep_segment

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
MAP = "title: T\nstages: {s: [a]}\nsignals: {a: {event: a}}\n"
SOURCE = "path: '*.csv'\ncolumns: {occurred_at: at, event: what, identifiers: {user_id: who, email: mail}}\n"
EVENTS = """at,what,who,mail
2024-10-28T23:59:59Z,a,1,quillwort@shop.se
2024-10-29T00:00:00Z,a,1,wexford@shop.se
2026-05-02T10:00:00Z,a,2,hazel@shop.se
never,a,1,quillwort@shop.se
"""
MEMBERS = """mail,town,recorded
quillwort@shop.se,Uppsala,2020-05-01T00:00:00Z
hazel@shop.se,Lund,2026-05-01T00:00:00Z
"""
SETTINGS = 'keep_events = "25 months"\nkeep_customers = "5 years"\nkeep_segment_changes = "1 year"\n'


def made(folder: Path) -> None:
    (folder / "sources").mkdir(parents=True)
    (folder / "in").mkdir()
    columns = "{identifiers: {email: mail}, recorded_at: recorded, traits: [town]}"
    for name, content in (
        ("journey.yaml", MAP),
        ("resa.toml", SETTINGS),
        ("sources/web.yaml", SOURCE),
        ("web.csv", EVENTS),
        ("sources/members.yaml", f"path: in/members.csv\nkind: customers\ncolumns: {columns}\n"),
        ("in/members.csv", MEMBERS),
    ):
        (folder / name).write_text(content)
    assert run(["collect", "-w", str(folder)]) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made(tmp_path)
    return tmp_path


def opened(folder: Path, now: datetime = NOW) -> resa.Workspace:
    return resa.Workspace(folder, clock=lambda: now)


def test_what_is_older_goes_and_does_not_come_back(folder: Path) -> None:
    with opened(folder) as shop:
        with shop.store.writing() as writer:
            state = SegmentState(segment="journey.f", definition="d", since=NOW, counted_at=NOW, customers=0)
            moments = [datetime(2025, 11, 28, tzinfo=UTC), datetime(2025, 11, 29, tzinfo=UTC)]
            changes = [
                SegmentChange(segment="journey.f", customer=bytes([n]) * 16, change="left", at=at, cause="time")
                for n, at in enumerate(moments)
            ]
            keep_segment(writer, state, gone=[], come=[], changes=changes)
        expected = {"events": 1, "customers": 1, "segment_changes": 1}
        assert {one.kind: one.rows for one in shop.expire(dry=True) if one.rows} == expected
        assert shop.store.index().events == 3
        done = {one.kind: one for one in shop.expire()}
        assert {kind: one.rows for kind, one in done.items() if one.rows} == expected
        assert str(done["events"].before) == "2024-10-29"
        assert done["rejected"].before is None
        assert shop.store.index().events == 2
        assert shop.verify() == []
        assert sum(one.rows for one in shop.expire()) == 0
        times = shop.store.rows("events").column("occurred_at").to_pylist()
        assert min(times) == datetime(2024, 10, 29, tzinfo=UTC)
        shop.collect()
        (folder / "more.csv").write_text(EVENTS)
        shop.collect("web")
        assert shop.store.index().events == 2
        assert shop.verify() == []
        assert shop.customer("2").seen.events == 1
        assert len(shop.audit.entries(("user_id", "2"))) == 1
    (folder / "resa.toml").write_text('keep_events = "1 day"\nkeep_customers = "1 day"\n')
    with opened(folder) as shop:
        shop.expire()
        assert shop.store.index().events == 0
        assert len(shop.audit.entries(("user_id", "2"))) == 1
        shop.expire()  # the next day nobody can tell whose it was
        assert shop.audit.entries(("user_id", "2")) == []
        assert shop.verify() == []
    for path in (folder / ".resa").rglob("*"):
        if path.is_file() and path.suffix in {".parquet", ".arrow"} and path.parent.name != "rejected":
            assert b"Uppsala" not in path.read_bytes()


def test_rejected_rows_are_as_old_as_their_load(folder: Path) -> None:
    (folder / "resa.toml").write_text('keep_rejected = "30 days"\n')
    with resa.open(folder) as shop:
        made_at = shop.clock()
        assert shop.rejected().num_rows == 1
        assert [one.rows for one in shop.expire() if one.kind == "rejected"] == [0]
    with opened(folder, datetime(made_at.year + 1, 1, 1, tzinfo=UTC)) as shop:
        assert [one.rows for one in shop.expire() if one.kind == "rejected"] == [1]
        assert shop.rejected().num_rows == 0
        assert shop.store.index().events == 3
        assert shop.verify() == []


def test_the_command_shows_and_takes_away(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["-w", str(folder)]
    assert run(["expire", "--dry-run", *there]) == 0
    said = capsys.readouterr()
    assert "25 months" in said.out
    assert "for ever" in said.out
    assert "nothing was taken away" in said.err
    assert run(["expire", *there]) == 0
    assert "took" in capsys.readouterr().err
    (folder / "resa.toml").write_text('keep_events = "25 moons"\n')
    with pytest.raises(SettingsError, match="write it as 25 months"):
        resa.open(folder)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from resa.storage import database
left = [int(sys.argv[1])]
def counted(function):
    def calling(*given, **named):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **named)
    return calling
os.fsync, os.replace, os.rename = counted(os.fsync), counted(os.replace), counted(os.rename)
database.Database.changing = counted(database.Database.changing)
import resa
shop = resa.Workspace(Path(sys.argv[2]), clock=lambda: datetime(2026, 11, 29, 10, tzinfo=UTC))
shop.expire()
"""


@pytest.mark.parametrize("calls", [(13,), pytest.param(range(1, 80), marks=pytest.mark.nightly)], ids=["few", "many"])
def test_killed_anywhere(calls: tuple[int, ...], tmp_path: Path) -> None:
    for call in calls:
        folder = tmp_path / str(call)
        made(folder)
        command = [sys.executable, "-c", KILLED, str(call), str(folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        with opened(folder) as shop:
            shop.refresh()
            assert shop.verify() == []
            assert shop.store.index().events in {2, 3}
            shop.expire()
            assert shop.store.index().events == 2
            assert shop.store.rows("customers").num_rows == 1
            assert shop.verify() == []


def logged(folder: Path, *years: int) -> None:
    for year in years:
        with opened(folder, datetime(year, 3, 1, tzinfo=UTC)) as shop:
            shop.audit.note("customer.show", of=("user_id", "1"))
            shop.audit.note("report.names")


def test_the_audit_log_is_kept_for_three_years_and_stays_a_chain(tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    logged(tmp_path, 2022, 2023, 2024)
    with opened(tmp_path) as shop:
        before = shop.audit.entries()
        assert [one.rows for one in shop.expire(dry=True) if one.kind == "audit"] == [4]
        assert shop.audit.entries() == before
        assert [one.rows for one in shop.expire() if one.kind == "audit"] == [4]
        left = shop.audit.entries()
        assert min(one.at for one in left if one.at is not None).year == 2024
        assert left[0].what == "audit.expire"
        assert left[0].detail["last"] == 4
        assert [one for one in left if one.number != left[0].number and one.what != "data.expire"] == before[:-4]
        assert shop.verify() == []
        assert [one.rows for one in shop.expire() if one.kind == "audit"] == [0]
        assert shop.audit.entries()[0].number == left[0].number  # nothing went, so nothing is written
    with opened(tmp_path, NOW.replace(year=2028)) as shop:
        shop.expire()  # again, behind the first time
        assert shop.verify() == []
    (tmp_path / "resa.toml").write_text("")
    with opened(tmp_path, NOW.replace(year=2050)) as shop:
        assert sum(one.rows for one in shop.expire()) > 0
        assert [one.what for one in shop.audit.entries()] == ["audit.expire"]
        assert shop.verify() == []
        shop.audit.note("report.names")
        assert shop.verify() == []
    (tmp_path / "resa.toml").write_text('keep_audit = ""\n')
    with opened(tmp_path, NOW.replace(year=2090)) as shop:
        assert sum(one.rows for one in shop.expire()) == 0


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM audit WHERE id = 5",
        "DELETE FROM audit WHERE id <= 6",
        "DELETE FROM audit WHERE what = 'audit.expire'",
        "UPDATE audit SET detail = '{}' WHERE what = 'audit.expire'",
        "UPDATE audit SET detail = replace(detail, '\"last\": 4', '\"last\": 5') WHERE what = 'audit.expire'",
        "UPDATE audit SET who = 'nobody' WHERE id = 5",
    ],
)
def test_who_takes_out_more_of_the_log_than_that_is_found(change: str, tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    logged(tmp_path, 2022, 2023, 2024)
    with opened(tmp_path) as shop:
        shop.expire()
        assert shop.verify() == []
        with shop.store.database.changing() as connection:
            connection.execute(text(change))
        assert [one.code for one in shop.verify()] == ["audit"]


def test_an_entry_with_a_wrong_clock_keeps_what_stands_behind_it(tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text(MAP)
    logged(tmp_path, 2022, 2026, 2023)
    with opened(tmp_path) as shop:
        assert [one.rows for one in shop.expire() if one.kind == "audit"] == [2]
        assert len(shop.audit.entries()) == 5
        assert shop.verify() == []
