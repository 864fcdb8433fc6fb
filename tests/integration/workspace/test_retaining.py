"""Data are kept as long as the settings say: older rows go, nothing else does, and nothing of them comes back."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
    for name, text in (
        ("journey.yaml", MAP),
        ("resa.toml", SETTINGS),
        ("sources/web.yaml", SOURCE),
        ("web.csv", EVENTS),
        ("sources/members.yaml", f"path: in/members.csv\nkind: customers\ncolumns: {columns}\n"),
        ("in/members.csv", MEMBERS),
    ):
        (folder / name).write_text(text)
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
        assert {one.kind: one.rows for one in shop.retain(dry=True) if one.rows} == expected
        assert shop.store.index().events == 3
        done = {one.kind: one for one in shop.retain()}
        assert {kind: one.rows for kind, one in done.items() if one.rows} == expected
        assert str(done["events"].before) == "2024-10-29"
        assert done["rejected"].before is None
        assert shop.store.index().events == 2
        assert shop.verify() == []
        assert sum(one.rows for one in shop.retain()) == 0
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
        shop.retain()
        assert shop.store.index().events == 0
        assert len(shop.audit.entries(("user_id", "2"))) == 1
        shop.retain()  # the next day nobody can tell whose it was
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
        assert [one.rows for one in shop.retain() if one.kind == "rejected"] == [0]
    with opened(folder, datetime(made_at.year + 1, 1, 1, tzinfo=UTC)) as shop:
        assert [one.rows for one in shop.retain() if one.kind == "rejected"] == [1]
        assert shop.rejected().num_rows == 0
        assert shop.store.index().events == 3
        assert shop.verify() == []


def test_the_command_shows_and_takes_away(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["-w", str(folder)]
    assert run(["retention", "--dry-run", *there]) == 0
    said = capsys.readouterr()
    assert "25 months" in said.out
    assert "for ever" in said.out
    assert "nothing was taken away" in said.err
    assert run(["retention", *there]) == 0
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
shop.retain()
"""


@pytest.mark.parametrize(
    "calls", [(3, 8, 13, 19), pytest.param(range(1, 80), marks=pytest.mark.nightly)], ids=["few", "many"]
)
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
            shop.retain()
            assert shop.store.index().events == 2
            assert shop.store.rows("customers").num_rows == 1
            assert shop.verify() == []
