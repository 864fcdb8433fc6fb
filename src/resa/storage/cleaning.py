"""Removing what nothing lists: halves that a crash left, replaced files, generations that nobody reads."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select

from resa.storage.layout import FILE_FOLDERS, Layout
from resa.storage.readers import Lock, is_read
from resa.storage.schema import files, generations, hash_runs, map_columns

if TYPE_CHECKING:
    from resa.storage.lease import Lease
    from resa.storage.store import Store

__all__ = ["KEPT_GENERATIONS", "clean", "set_aside"]

KEPT_GENERATIONS = 2
"""The newest generation and the one before it stay, read or not: some systems cannot tell."""


def clean(store: Store, lease: Lease) -> None:
    """Forget generations that nobody reads and files that only they used; then delete all that is not listed.

    What is to go is set aside in the transaction that checks the token: whoever becomes the writer after it begins
    with what is listed, and nothing of its own is taken away. A former generation that points into a removed load goes
    as soon as there is a newer one, whoever reads it.
    """
    locks: list[Lock] = []
    with lease.writing() as connection:
        numbers = connection.execute(select(generations.c.id).order_by(generations.c.id.desc())).scalars().all()
        removed = set(connection.execute(select(files.c.id).where(files.c.state == "removed")).scalars())
        used: set[int] = set()
        old = []
        for place, number in enumerate(numbers):
            header = store.layout.header(number)
            pointed = set(_files_of(header))
            if place == 0 or (not pointed & removed and (place < KEPT_GENERATIONS or is_read(header, locks))):
                used |= pointed
            else:
                old.append(number)
        connection.execute(delete(generations).where(generations.c.id.in_(old)))
        query = select(files.c.id).where(files.c.state.in_(["retired", "removed"]), files.c.id.not_in(used))
        connection.execute(delete(files).where(files.c.id.in_(connection.execute(query).scalars().all())))
        waste = set_aside(store, _unlisted(store.layout, connection))
    if waste is not None:
        shutil.rmtree(waste, ignore_errors=True)  # what cannot go now, a later writer finds again


def set_aside(store: Store, paths: Sequence[Path]) -> Path | None:
    """Move what is not listed to a new folder in `work/`, whose content is always waste; `None`: there is nothing."""
    if not paths:
        return None
    folder = store.layout.work / f"waste-{secrets.token_hex(8)}"
    folder.mkdir()
    for number, path in enumerate(paths):
        with suppress(PermissionError, FileNotFoundError):  # Windows: a reader holds it; a later writer finds it again
            path.replace(folder / str(number))
    return folder


def _unlisted(layout: Layout, connection: Connection) -> list[Path]:
    """Everything in the data folder that the database does not list."""
    names: dict[Path, set[str]] = {layout.root / kind: set() for kind in FILE_FOLDERS}
    names[layout.runs] = set()
    for row in connection.execute(select(files.c.kind, files.c.name, files.c.run)):
        names[layout.root / row.kind].add(row.name)
        if row.run is not None:
            names[layout.runs] |= {f"{row.run}.run", f"{row.run}.arrow"}
    names[layout.unique] = set(connection.execute(select(hash_runs.c.name)).scalars())
    numbers = connection.execute(select(generations.c.id)).scalars().all()
    names[layout.index] = {str(number) for number in numbers}
    for number in numbers:
        folder = layout.generation(number) / "maps"
        query = select(map_columns.c.folder).where(map_columns.c.generation == number)
        names[folder] = {Path(column).name for column in connection.execute(query).scalars()}
    # An answer outlives its file's number, which may be given again after a compaction that was cut short.
    answers = {f"{number}.npz" for number in connection.execute(select(files.c.id)).scalars()}
    names |= dict.fromkeys(layout.signals.iterdir(), answers)
    names[layout.work] = set()
    found = [
        path
        for folder, listed in names.items()
        if folder.is_dir()
        for path in folder.iterdir()
        if path.name not in listed
    ]
    return sorted(found)


def _files_of(header: Path) -> list[int]:
    """Numbers of the files that a generation points into; none when its header is gone."""
    if not header.exists():
        return []
    said = json.loads(header.read_text(encoding="utf-8"))
    return [file["id"] for file in (*said["files"], *said.get("records", ()))]
