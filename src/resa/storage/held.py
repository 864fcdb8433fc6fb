"""Holding still: all that is truth, as it was at one moment, while others go on writing. What a backup copies.

Databases are copied within one transaction each, arrivals first: what is consumed between the two copies is in the
second one. Files are shared, not copied: nobody changes one that is listed, but compaction deletes it when there is a
newer one. If that happens before all are shared, the database is copied again, and names the newer one.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, update

from resa.base.errors import WorkspaceBusy, WorkspaceError
from resa.base.files import flush_file, make_private_folder
from resa.base.language import as_it_is, sentence
from resa.storage.generating import share_file
from resa.storage.layout import Layout
from resa.storage.schema import files, generations, lease
from resa.storage.turns import locked

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["Held", "forget_what_was_left_behind", "holding"]

_FILES: Final = "SELECT kind, name FROM files WHERE state = 'listed' ORDER BY id"
_REPEATS: Final = "SELECT 'unique', name FROM hash_runs WHERE purpose = 'repeats' ORDER BY id"
_EVENTS: Final = "SELECT coalesce(sum(rows), 0) FROM files WHERE state = 'listed' AND kind = 'events'"
_CONSUMED: Final = "SELECT source_id, arrival FROM consumed"
_WAITING: Final = "SELECT source_id, number FROM arrivals"


@dataclass(frozen=True)
class Held:
    """What is held.

    Attributes:
        folder: Where it is, laid out as a data folder; it is gone when the block ends.
        files: All of it, as paths below the folder.
        events: Events in the event files.
        waiting: Accepted requests that are not yet events.
    """

    folder: Path
    files: tuple[Path, ...]
    events: int
    waiting: int


@contextmanager
def holding(store: Store) -> Iterator[Held]:
    """Hold all that cannot be made again: both databases, every listed file, the secret of links.

    What is derived is not among it: the index, answers to signals, ids of what is stored.

    Raises:
        WorkspaceBusy: Another process holds it.
        WorkspaceError: The disk does not take it.
    """
    layout = store.layout
    with _alone(layout.root / "held.lock"):
        held = Layout(layout.root / "held")
        shutil.rmtree(held.root, ignore_errors=True)  # one that was killed left it
        make_private_folder(held.root)
        try:
            if layout.arrivals.exists():
                _copy_database(layout.arrivals, held.arrivals)
            names = _shared(layout, held)
            with closing(sqlite3.connect(held.database)) as connection:
                events = connection.execute(_EVENTS).fetchone()[0]
                consumed = dict(connection.execute(_CONSUMED))
            waiting = 0
            if held.arrivals.exists():
                with closing(sqlite3.connect(held.arrivals)) as connection:
                    each = connection.execute(_WAITING)
                    waiting = sum(1 for source, number in each if number > consumed.get(source, 0))
            names += [path.relative_to(held.root) for path in held.databases if path.exists()]
            yield Held(held.root, tuple(sorted(names)), events, waiting)
        finally:
            shutil.rmtree(held.root, ignore_errors=True)


def forget_what_was_left_behind(store: Store) -> None:
    """Of data that were restored: forget who wrote them, and what they were without: generations, replaced files.

    After this the index is to be built anew.
    """
    with store.database.changing() as connection:
        connection.execute(update(lease).values(held=0))
        connection.execute(delete(generations))
        connection.execute(delete(files).where(files.c.state != "listed"))
        connection.execute(update(files).values(run=None))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the system frees the place of one that is killed."""
    with locked(path) as mine:
        if not mine:
            raise WorkspaceBusy(sentence("another backup of this workspace is under way; wait for it"))
        yield


def _shared(layout: Layout, held: Layout) -> list[Path]:
    """Copy the operational database and share every file that it lists; their paths below the folder."""
    while True:
        held.database.unlink(missing_ok=True)
        _copy_database(layout.database, held.database)
        with closing(sqlite3.connect(held.database)) as connection:
            listed = [Path(kind, name) for query in (_FILES, _REPEATS) for kind, name in connection.execute(query)]
        try:
            for path in listed:
                if not (held.root / path).exists():
                    (held.root / path).parent.mkdir(mode=0o700, exist_ok=True)
                    share_file(layout.root / path, held.root / path)
        except FileNotFoundError:
            if _lists(layout, path):
                raise WorkspaceError(
                    sentence("{name} is listed but missing; see what `resa verify` says", name=path.as_posix())
                ) from None
            continue  # it was replaced meanwhile
        for secret in (layout.link_secret, layout.factor_secret):
            if secret.exists():
                share_file(secret, held.root / secret.name)
                listed.append(secret.relative_to(layout.root))
        return listed


def _lists(layout: Layout, path: Path) -> bool:
    """Whether a file is listed now."""
    with closing(sqlite3.connect(layout.database)) as connection:
        found = {Path(kind, name) for query in (_FILES, _REPEATS) for kind, name in connection.execute(query)}
    return path in found


def _copy_database(source: Path, target: Path) -> None:
    """A whole database as it is at one moment, without pages that were freed: what was deleted is not in it."""
    try:
        with closing(sqlite3.connect(source, timeout=20.0, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise _not_copied(error) from error
    target.chmod(0o600)
    flush_file(target)


def _not_copied(error: sqlite3.Error) -> WorkspaceError:
    return WorkspaceError(
        sentence(
            "the workspace's databases could not be copied ({reason}): see that the disk is well and has room",
            reason=as_it_is(str(error)),
        )
    )
