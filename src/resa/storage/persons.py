"""Who is who, as the index asks for it: storage knows rows and keys, whoever knows persons stands above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.files import flush_file
from resa.kernels import ordering
from resa.storage.building import FileRun
from resa.storage.gather import gather_rows
from resa.storage.hashing import Hasher, Words
from resa.storage.records import EventFile
from resa.storage.runs import RUN_COLUMNS, Owners, Run, ids_of, make_run, placed

if TYPE_CHECKING:
    from resa.storage.index import JourneyIndex

__all__ = ["Unified", "Unifier", "taken_again", "write_told"]


@dataclass(frozen=True)
class Unified:
    """Who is who by all that is known.

    Attributes:
        persons: As `PERSONS`.
        pairs: As `PAIRS`.
        gone: uint64[G, 2], sorted: keys of customers of the former generation whose rows may be others' by now.
        owners: Whose rows are, by lists of the identifiers that they name.
    """

    persons: pa.Table
    pairs: pa.Table
    gone: Words
    owners: Callable[[pa.Array], Owners]


class Unifier(Protocol):
    """Works out who is who.

    Attributes:
        rules: What tells one set of rules from another.
        decisions: How many decisions of people it knows.
    """

    rules: str
    decisions: int

    def until(self, decisions: int) -> Unifier:
        """The same that knows the first decisions alone."""

    def unify(self, base: JourneyIndex, seen: Sequence[pa.Table], *, apart: bool = False) -> Unified:
        """Add what new files say to what a former generation knows.

        Args:
            base: The former generation; an empty one.
            seen: For each new file, `SEEN`.
            apart: Tell only of what the recent layer of the next generation has to know: parts that are as they were in
                the whole one stay there.
        """


def taken_again(base: JourneyIndex, unified: Unified, hasher: Hasher) -> tuple[FileRun, FileRun]:
    """Runs of the events and of the records of customers who are gone, in the order of whose they are now."""
    customers = base.find(unified.gone)
    customers = customers[customers >= 0]
    found = []
    for kind, files, offsets, numbers in (
        ("events", base.files, base.offsets, base.rows),
        ("customers", base.records, base.record_offsets, base.record_rows),
    ):
        rows = numbers[ordering.expand_groups(customers, np.ascontiguousarray(offsets))]
        found.append(FileRun(_run_of(files, rows, kind, unified, hasher), 0))
    events, records = found
    return events, records


def _run_of(
    files: Sequence[EventFile], rows: npt.NDArray[np.uint32], kind: str, unified: Unified, hasher: Hasher
) -> Run:
    table = gather_rows(files, rows, RUN_COLUMNS[kind], kind)
    run = make_run(hasher, table, ids_of(hasher, table))
    run = placed(run, unified.owners(run.identifiers.slice(0, len(run.who)).column("identifiers")))
    run.rows[:] = rows[run.rows]
    return run


def write_told(folder: Path, unified: Unified) -> None:
    """Keep who is who, and why, with a generation."""
    for name, table in (("persons", unified.persons), ("pairs", unified.pairs)):
        path = folder / f"{name}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table.combine_chunks(), max_chunksize=1 << 20)
        flush_file(path)
