"""The operational database: its schema is the sum of its migrations, and it tells what is wrong with it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import resa.storage
from resa.base.errors import WorkspaceBusy, WorkspaceDamaged, WorkspaceError
from resa.storage import Store
from resa.storage.database import REVISION, Database, from_micros, to_micros
from resa.storage.schema import metadata

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, UTC)
SCHEMAS = Path(__file__).parents[2] / "support" / "schemas"


@pytest.mark.parametrize("step", sorted(path.stem for path in SCHEMAS.glob("*.sql")))
def test_migrations_lead_to_the_schema(step: str, tmp_path: Path) -> None:
    path = tmp_path / "operations.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((SCHEMAS / f"{step}.sql").read_text(encoding="utf-8"))
    database = Database(path, NOW)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == REVISION
    database.close()


def test_there_is_a_schema_of_every_earlier_step() -> None:
    scripts = ScriptDirectory(str(Path(resa.storage.__file__).parent / "migrations"))
    earlier = sorted(step.revision for step in scripts.walk_revisions() if step.revision != REVISION)
    kept = [path.stem for path in sorted(SCHEMAS.glob("*.sql"))]
    assert kept in (earlier, [*earlier, REVISION])  # that of the newest step may be kept already


def test_the_newest_migration_is_the_one_that_is_named() -> None:
    scripts = ScriptDirectory(str(Path(resa.storage.__file__).parent / "migrations"))
    assert scripts.get_current_head() == REVISION


def test_settings_of_the_connection(tmp_path: Path) -> None:
    database = Database(tmp_path / "operations.db", NOW)
    for use in (database.reading, database.changing):
        with use() as connection:
            found = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def test_a_newer_workspace_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "operations.db"
    database = Database(path, NOW)
    with database.changing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(WorkspaceError, match="a newer Resa"):
        Database(path, NOW)


def test_what_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "operations.db"
    path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(WorkspaceDamaged, match="restore it from a backup"):
        Database(path, NOW)


def test_a_lost_key_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "operations.db"
    database = Database(path, NOW)
    with database.changing() as connection:
        connection.execute(text("DELETE FROM workspace"))
    database.close()
    with pytest.raises(WorkspaceDamaged, match="key"):
        Database(path, NOW)


def test_moments_are_exact() -> None:
    for moment in (NOW, datetime(1931, 12, 14, tzinfo=UTC), datetime(2068, 1, 1, 0, 0, 0, 1, UTC)):
        assert from_micros(to_micros(moment)) == moment


def test_the_folder_is_private(tmp_path: Path) -> None:
    with Store.open(tmp_path / "data") as store:
        assert store.layout.root.stat().st_mode & 0o777 == 0o700
        assert all(path.stat().st_mode & 0o777 == 0o700 for path in store.layout.folders())


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Store.open(tmp_path) as other:
        with (
            store.writing(),
            pytest.raises(WorkspaceBusy, match=r"process \d+ on .* has been writing"),
            other.writing(),
        ):
            pass
        with other.writing():
            pass


def test_a_dead_writer_is_replaced_and_its_token_is_worthless(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Store.open(tmp_path) as other:
        with store.writing() as writer:
            with store.database.changing() as connection:
                connection.execute(text("UPDATE lease SET pid = 2147483646"))
            with other.writing() as newer:
                assert newer.lease.token == writer.lease.token + 1
                with pytest.raises(WorkspaceBusy, match="took over"):
                    writer.begin_load(source_id="shop", origin="file")
        assert store.loads() == []


def test_another_process_of_the_same_number_is_not_the_writer(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing():
        with store.database.changing() as connection:
            connection.execute(text("UPDATE lease SET process_start = '0' || process_start"))
        with Store.open(tmp_path) as other, other.writing() as writer:
            assert writer.lease.token == 2


def test_a_process_that_cannot_be_seen_is_given_time(tmp_path: Path) -> None:
    """Two containers of one host name: the number of the other's process says nothing here."""
    times = [NOW]
    with Store.open(tmp_path, clock=lambda: times[0]) as store, store.writing():
        with store.database.changing() as connection:
            connection.execute(text("UPDATE lease SET process_start = '1 pid:[1]', pid = 2147483646"))
        with pytest.raises(WorkspaceBusy), store.writing():
            pass
        times[0] += timedelta(minutes=16)
        with store.writing() as writer:
            assert writer.lease.token == 2


def test_where_no_start_of_a_process_is_told_a_reused_number_locks_nobody_out_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resa.storage.lease._process_start", lambda _: None)
    times = [NOW]
    with Store.open(tmp_path, clock=lambda: times[0]) as store, store.writing():
        with pytest.raises(WorkspaceBusy), store.writing():
            pass
        times[0] += timedelta(minutes=16)
        with store.writing() as writer:
            assert writer.lease.token == 2


def test_a_long_step_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resa.storage.lease._SIGN_SECONDS", 0.01)
    times = [NOW]
    with Store.open(tmp_path, clock=lambda: times[0]) as store, store.writing():
        times[0] += timedelta(hours=1)  # without a transaction
        until = to_micros(times[0])
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with store.database.reading() as connection:
                if connection.execute(text("SELECT renewed_at FROM lease")).scalar() == until:
                    return
        pytest.fail("no sign of life was given")


def test_a_clock_that_went_back_locks_nobody_out_for_ever(tmp_path: Path) -> None:
    times = [NOW + timedelta(days=400)]
    with Store.open(tmp_path, clock=lambda: times[0]) as store, store.writing():
        with store.database.changing() as connection:
            connection.execute(text("UPDATE lease SET host = 'elsewhere'"))
        times[0] = NOW
        with store.writing() as writer:
            assert writer.lease.token == 2


def test_a_writer_on_another_machine_is_given_time(tmp_path: Path) -> None:
    times = [NOW]
    with Store.open(tmp_path, clock=lambda: times[0]) as store, store.writing():
        with store.database.changing() as connection:
            connection.execute(text("UPDATE lease SET host = 'elsewhere'"))
        with pytest.raises(WorkspaceBusy, match="elsewhere"), store.writing():
            pass
        times[0] += timedelta(minutes=16)
        with store.writing() as writer:
            assert writer.lease.token == 2
