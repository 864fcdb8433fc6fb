"""Taking rows out of event files: new files first, then what lists them in place of the old, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, insert, text, update

from resa.kernels import ordering
from resa.storage.hashing import Words
from resa.storage.parquet import read_parquet, write_parquet
from resa.storage.publishing import next_number
from resa.storage.records import KINDS, SETTLED, EventFile
from resa.storage.removal import runs_without
from resa.storage.runs import ids_of
from resa.storage.schema import file_loads, files, hash_runs, loads
from resa.storage.unique import HashRun, write_run

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = ["Rewriting"]

Flags = npt.NDArray[np.bool_]


@dataclass
class Rewriting:
    """What is to be listed, and what goes; nothing happens before `put_in_place`.

    Args:
        store: The workspace's.

    Attributes:
        rows: How many rows go, by table.
    """

    store: Store
    first: int = 0  # number of the first new file
    old: list[int] = field(default_factory=list)
    new: list[tuple[int, str, str, pa.Table]] = field(default_factory=list)  # number, kind, name, its loads
    moved: dict[int, tuple[int, Flags]] = field(default_factory=dict)  # rejected: old file, new one, what stays
    hashes: list[Words] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    gone: Counter[tuple[int, bool]] = field(default_factory=Counter)  # load, whether rejected
    replaced: Sequence[tuple[HashRun, tuple[str, int]]] = ()
    erased_run: tuple[str, int] | None = None

    def put(self, file: EventFile, table: pa.Table) -> int:
        """Write the successor of a file; its number, or 0 when no row is left."""
        self.old.append(file.id)
        if not table.num_rows:
            return 0
        number = self.first + len(self.new)
        self.new.append((number, file.kind, write_parquet(file.path.parent, table), table.select(["load_id"])))
        return number

    def __post_init__(self) -> None:
        """Find out how new files are called."""
        self.first = next_number(self.store, "files")

    def take(self, file: EventFile, table: pa.Table, goes: Flags, left: pa.Table) -> None:
        """Take rows out of a file.

        Args:
            file: Of which.
            table: All of its rows.
            goes: Which of them go.
            left: Those that stay, as they shall stand there.
        """
        gone = table.filter(pa.array(goes))
        for load, number in Counter(gone.column("load_id").to_pylist()).items():
            self.gone[load, file.kind == "rejected"] += number
        if file.kind in KINDS and gone.num_rows:
            self.hashes.append(ids_of(self.store.hasher, gone))
        number = self.put(file, left)
        if file.kind == "rejected":
            self.moved[file.id] = number, ~goes

    def prepare(self) -> None:
        """Write what is left to write: where settled rows point to, and the runs of ids."""
        self._move_settled()
        removed = _sorted(self.hashes)
        self.replaced = runs_without(self.store, self.hashes)
        self.erased_run = write_run(self.store.layout.unique, [removed]) if len(removed) else None

    def put_in_place(self, connection: Connection) -> None:
        """Put all of it in place of the old, in a transaction of the writer's."""
        connection.execute(text("PRAGMA secure_delete = ON"))
        self._list_files(connection)
        for run, (name, hashes) in self.replaced:
            connection.execute(update(hash_runs).where(hash_runs.c.id == run.id).values(name=name, hashes=hashes))
        if self.erased_run is not None:
            values = dict(zip(("name", "hashes"), self.erased_run, strict=True))
            connection.execute(insert(hash_runs).values(purpose="erased", load_id=None, **values))

    def _move_settled(self) -> None:
        """Let settled rows point to where their rejected rows stand now; those that are gone are settled no more."""
        for file in self.store.event_files("settled"):
            table = read_parquet(file.path, SETTLED)
            kept: list[dict[str, Any]] = []
            for row in table.to_pylist():
                if row["file"] in self.moved:
                    number, stays = self.moved[row["file"]]
                    if not stays[row["place"]]:
                        continue
                    row = {**row, "file": number, "place": int(stays[: row["place"]].sum())}  # noqa: PLW2901
                kept.append(row)
            changed = pa.Table.from_pylist(kept, schema=SETTLED)
            if not changed.equals(table):
                self.put(file, changed)

    def _list_files(self, connection: Connection) -> None:
        for number, kind, name, owners in self.new:
            size = (self.store.layout.root / kind / name).stat().st_size
            values = {
                "id": number,
                "kind": kind,
                "name": name,
                "rows": owners.num_rows,
                "bytes": size,
                "state": "listed",
            }
            connection.execute(insert(files).values(**values, run=None))
            loads_of = Counter(owners.column("load_id").to_pylist())
            for load, rows in loads_of.items():
                connection.execute(insert(file_loads).values(file_id=number, load_id=load, rows=rows))
        # What compaction replaced holds her, too: all of it goes with the next generation.
        gone = files.c.id.in_(self.old) | (files.c.state == "retired")
        connection.execute(update(files).where(gone).values(state="removed"))
        for (load, rejected), rows in self.gone.items():
            column = loads.c.erased_rejected if rejected else loads.c.erased_good
            connection.execute(update(loads).where(loads.c.id == load).values({column: column + rows}))


def _sorted(parts: Sequence[Words]) -> Words:
    together = np.concatenate([np.empty((0, 2), np.uint64), *parts])
    ordered: Words = ordering.take_rows(together, ordering.order_by_hash(together))
    return ordered
