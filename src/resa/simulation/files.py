"""The simulated systems' files, each in its own format, with a few bad rows where they are asked for."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from resa.base.files import durable_file
from resa.simulation.process import Block
from resa.simulation.randomness import Keys, derive
from resa.simulation.simulated import Simulated
from resa.simulation.specification import Outlet

__all__ = ["Mess", "Written", "write_files"]

_YEAR_3000 = 32_503_680_000
_SENTINEL = "~no~utf8~"
_PURPOSE = 400
"""Purposes of the new ids of bad rows."""
_BROKEN = b"\xff\xfe\xe5"


@dataclass(frozen=True, kw_only=True)
class Mess:
    """Bad rows of each file of events, in addition to the good ones.

    Attributes:
        duplicates: Rows that are written twice, where the file has ids.
        no_time: Rows without a time.
        far_future: Rows of the year 3000.
        no_customer: Rows that name nobody.
        broken_text: Rows whose event is no UTF-8, in text files.
    """

    duplicates: int = 0
    no_time: int = 0
    far_future: int = 0
    no_customer: int = 0
    broken_text: int = 0


@dataclass(frozen=True, kw_only=True)
class Written:
    """One written file.

    Attributes:
        outlet: Its name in the specification.
        path: Where it lies, relative to the folder.
        rows: Good rows.
        bad: Number of bad rows of each kind.
    """

    outlet: str
    path: str
    rows: int
    bad: Mapping[str, int]


class _Csv:
    """Comma-separated values, or with another separator; empty cells for what is not known."""

    def __init__(self, stream: IO[bytes], outlet: Outlet, *, header: bool = True) -> None:
        self._stream = stream
        self._header = header
        self._separator = outlet.separator

    def append(self, content: bytes) -> None:
        """Add bytes that are written already."""
        self._stream.write(content)

    def write(self, batch: pa.RecordBatch) -> None:
        options = pyarrow.csv.WriteOptions(
            include_header=self._header, delimiter=self._separator, quoting_style="needed", quoting_header="none"
        )
        pyarrow.csv.write_csv(batch, self._stream, options)
        self._header = False


class _JsonLines:
    """One object a line; dots in names of columns make nested objects."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def append(self, content: bytes) -> None:
        """Add bytes that are written already."""
        self._stream.write(content)

    def write(self, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        pieces: list[pa.Array | pa.Scalar] = []
        open_path: tuple[str, ...] = ()
        literal = "{"
        for number, name in enumerate(batch.schema.names):
            *parents, leaf = name.split(".")
            path = tuple(parents)
            shared = _shared(open_path, path)
            literal += "}" * (len(open_path) - shared) + ("," if number else "")
            literal += "".join(f'"{parent}":{{' for parent in path[shared:]) + f'"{leaf}":'
            pieces += [pa.scalar(literal), _json(batch.column(number))]
            literal, open_path = "", path
        pieces.append(pa.scalar("}" * (len(open_path) + 1) + "\n"))
        lines = pc.binary_join_element_wise(*pieces, pa.scalar(""))
        # The lines stand one behind the other in Arrow's memory: that is the file.
        ends = np.frombuffer(lines.buffers()[1], dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1]
        self._stream.write(memoryview(lines.buffers()[2])[ends[0] : ends[-1]])


def _shared(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """How many steps two paths have in common."""
    same = [one == other for one, other in zip(first, second, strict=False)]
    return same.index(False) if False in same else len(same)


def _json(column: pa.Array) -> pa.Array:
    """Each value as JSON text."""
    text = column.cast(pa.string())
    if pa.types.is_string(column.type):
        text = pc.replace_substring(pc.replace_substring(text, "\\", "\\\\"), '"', '\\"')
        text = pc.binary_join_element_wise(pa.scalar('"'), text, pa.scalar('"'), pa.scalar(""))
    return pc.fill_null(text, "null")


class _Parquet:
    """One row group for each batch."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = path
        self._stack = stack
        self._writer: pyarrow.parquet.ParquetWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            self._writer = pyarrow.parquet.ParquetWriter(self._path, batch.schema, compression="zstd")
            self._stack.callback(self._writer.close)
        self._writer.write_batch(batch)


_Writer = _Csv | _JsonLines | _Parquet


def write_files(simulated: Simulated, folder: Path, *, mess: Mess | None = None) -> list[Written]:
    """Write what the simulated business's systems would have written.

    Args:
        simulated: Drawn block by block while it is written, so any number of customers fits into memory.
        folder: Made if it is missing; files of the same names are replaced, all at the end or none.
        mess: Bad rows of each kind, for each file of events.

    Returns:
        What was written, in the order of the specification.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outlets = simulated.specification.outlets
    rows = dict.fromkeys(outlets, 0)
    bad: dict[str, dict[str, int]] = {name: {} for name in outlets}
    with ExitStack() as stack:
        writers = {name: _open(folder, outlet, stack) for name, outlet in outlets.items()}
        for name, batch in simulated.batches():
            writers[name].write(batch)
            rows[name] += batch.num_rows
        if mess is not None:
            first = next(simulated.blocks())
            for name, outlet in outlets.items():
                if outlet.rows == "event":
                    bad[name] = _write_mess(simulated, first, name, writers[name], mess)
    return [Written(outlet=name, path=outlet.path, rows=rows[name], bad=bad[name]) for name, outlet in outlets.items()]


def _open(folder: Path, outlet: Outlet, stack: ExitStack) -> _Writer:
    target = folder / outlet.path
    target.parent.mkdir(parents=True, exist_ok=True)
    path = stack.enter_context(durable_file(target))
    if outlet.form == "parquet":
        return _Parquet(path, stack)
    stream = stack.enter_context(path.open("wb"))
    return _Csv(stream, outlet) if outlet.form == "csv" else _JsonLines(stream)


def _write_mess(simulated: Simulated, block: Block, name: str, writer: _Writer, mess: Mess) -> dict[str, int]:
    """Bad rows, each a good row of the first block with a new id and one fault."""
    outlet = simulated.specification.outlets[name]
    variables = [written.partition(" as ")[0].strip() for written in outlet.columns.values()]
    chosen = simulated.rows_of(name, block)
    counts: dict[str, int] = {}
    for number, kind in enumerate(field.name for field in fields(Mess)):
        wanted = getattr(mess, kind)
        if not wanted or not len(chosen):
            continue
        picked = np.resize(np.roll(chosen, -number * wanted), wanted)
        if kind == "duplicates":
            if "message" in variables:
                picked = np.unique(picked)
                writer.write(simulated.written(name, block, picked))
                counts[kind] = len(picked)
            continue
        own = derive(block.event_keys[picked] + np.arange(wanted, dtype=np.uint64), _PURPOSE + number)
        batch = _faulty(simulated, block, name, picked=picked, keys=own, kind=kind, variables=variables)
        if batch is not None:
            _write_faulty(writer, batch, outlet)
            counts[kind] = wanted
    return counts


def _faulty(
    simulated: Simulated,
    block: Block,
    name: str,
    *,
    picked: npt.NDArray[np.intp],
    keys: Keys,
    kind: str,
    variables: list[str],
) -> pa.RecordBatch | None:
    """Rows with one fault; `None` where the file cannot have it."""
    if kind == "far_future":
        late = block.time.copy()
        late[picked] = _YEAR_3000 + np.arange(len(picked))
        return simulated.written(name, block._replace(time=late), picked, keys)
    batch = simulated.written(name, block, picked, keys)
    if kind == "broken_text":
        form = simulated.specification.outlets[name].form
        known = {"time", "customer", "message"}
        texts = [
            number
            for number, variable in enumerate(variables)
            if variable not in known and pa.types.is_string(batch.schema.field(number).type)
        ]
        if form == "parquet" or not texts:
            return None
        return _replaced(batch, texts[:1], _SENTINEL)
    hidden = "time" if kind == "no_time" else "customer"
    return _replaced(batch, [number for number, variable in enumerate(variables) if variable == hidden], None)


def _replaced(batch: pa.RecordBatch, columns: list[int], value: str | None) -> pa.RecordBatch:
    for number in columns:
        field = batch.schema.field(number)
        batch = batch.set_column(number, field, pa.array([value] * batch.num_rows, field.type))
    return batch


def _write_faulty(writer: _Writer, batch: pa.RecordBatch, outlet: Outlet) -> None:
    """Write rows, the sentinel's bytes broken on the way in text files."""
    if isinstance(writer, _Parquet):
        writer.write(batch)
        return
    aside = io.BytesIO()
    other = _Csv(aside, outlet, header=False) if isinstance(writer, _Csv) else _JsonLines(aside)
    other.write(batch)
    writer.append(aside.getvalue().replace(_SENTINEL.encode(), _BROKEN))
