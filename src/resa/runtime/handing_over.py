"""Handing over: a process that reads a source gives what it read to the one writer of the workspace.

The two share pipes. Each call is a frame: a line of JSON that says what is asked and how long each table is, then the
tables as Arrow's streams. The reader waits for the answer, so no more than one chunk is ever on its way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import IO, Any, NamedTuple

import pyarrow as pa
from pyarrow import ipc

from resa.base.errors import SourceError, WorkspaceError
from resa.base.language import as_it_is, sentence
from resa.storage import ChunkResult, Kind, Load, Reached, Store, Writer

__all__ = ["Call", "HandingWriter", "answer", "carry_out", "read_call"]


class Call(NamedTuple):
    """Something that the writer is asked to do.

    Attributes:
        name: Method of the writer.
        said: Its plain arguments.
        tables: Its tables, by name.
    """

    name: str
    said: Mapping[str, Any]
    tables: Mapping[str, pa.Table]


class HandingWriter:
    """Stands in for the writer in a process that reads a source.

    Args:
        store: The workspace's, for reading.
        calls: Where calls are written.
        answers: Where they are answered.
    """

    def __init__(self, store: Store, calls: IO[bytes], answers: IO[bytes]) -> None:
        self.store = store
        self._calls = calls
        self._answers = answers
        self._read: dict[int, int] = {}  # rows of each load that were read, as this process knows

    def begin_load(self, *, source_id: str, origin: str, fingerprint: str = "", replaces: int | None = None) -> Load:
        """See `Writer.begin_load`."""
        said = {"source_id": source_id, "origin": origin, "fingerprint": fingerprint, "replaces": replaces}
        load = self.store.load(self._ask("begin_load", said))
        self._read[load.id] = load.rows_read
        return load

    def commit_chunk(
        self,
        load: Load,
        kind: Kind,
        table: pa.Table,
        *,
        rows_read: int,
        rejected: pa.Table | None = None,
        message_ids: pa.Array | pa.ChunkedArray | None = None,
        cells: Sequence[pa.Array | pa.ChunkedArray] = (),
        also: Sequence[tuple[Kind, pa.Table]] = (),
        again: int = 0,
        reached: Reached | None = None,
    ) -> ChunkResult:
        """See `Writer.commit_chunk`."""
        tables = {"table": table, **{f"also {number}": part for number, (_, part) in enumerate(also)}}
        if rejected is not None:
            tables["rejected"] = rejected
        if message_ids is not None:
            tables["ids"] = pa.table({"id": message_ids})
        if cells:
            tables["cells"] = pa.table(list(cells), names=[str(number) for number in range(len(cells))])
        said = {
            "load": load.id,
            "kind": kind,
            "rows_read": rows_read,
            "after": self._read[load.id],
            "also": [name for name, _ in also],
            "again": again,
            "reached": None if reached is None else asdict(reached),
        }
        result = ChunkResult(**self._ask("commit_chunk", said, tables))
        self._read[load.id] += rows_read
        return result

    def commit_lookup(
        self, load: Load, table: pa.Table, *, rows_read: int, rejected: pa.Table, repeated: int
    ) -> ChunkResult:
        """See `Writer.commit_lookup`."""
        said = {"load": load.id, "rows_read": rows_read, "repeated": repeated}
        return ChunkResult(**self._ask("commit_lookup", said, {"table": table, "rejected": rejected}))

    def finish_load(self, load: Load, *, complete_until: datetime | None = None) -> Load:
        """See `Writer.finish_load`."""
        self._ask("finish_load", {"load": load.id, "complete_until": _written(complete_until)})
        return self.store.load(load.id)

    def drop_load(self, load: Load) -> None:
        """See `Writer.drop_load`."""
        self._ask("drop_load", {"load": load.id})

    def remove_load(self, load_id: int) -> Load:
        """See `Writer.remove_load`."""
        self._ask("remove_load", {"load_id": load_id})
        return self.store.load(load_id)

    def note_run(
        self, source_id: str, *, began_at: datetime, error: str = "", complete_until: datetime | None = None
    ) -> None:
        """See `Writer.note_run`."""
        said = {"source_id": source_id, "began_at": _written(began_at), "error": str(error)}
        self._ask("note_run", {**said, "complete_until": _written(complete_until)})

    def _ask(self, name: str, said: Mapping[str, Any], tables: Mapping[str, pa.Table] | None = None) -> Any:
        streams = {key: _stream(table) for key, table in (tables or {}).items()}
        sizes = {key: len(stream) for key, stream in streams.items()}
        self._calls.write(json.dumps({"call": name, "said": said, "tables": sizes}).encode() + b"\n")
        for stream in streams.values():
            self._calls.write(stream)
        self._calls.flush()
        line = self._answers.readline()
        if not line:
            raise WorkspaceError(sentence("the process that writes has ended"))
        answered = json.loads(line)
        if isinstance(answered, dict) and "refused" in answered:
            raise SourceError(as_it_is(answered["refused"]))
        return answered


def read_call(stream: IO[bytes]) -> Call | None:
    """The next call; `None`: there is none any more."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    frame = json.loads(line)
    tables: dict[str, pa.Table] = {}
    for name, size in frame["tables"].items():
        content = stream.read(size)
        if len(content) < size:
            return None
        tables[name] = ipc.open_stream(pa.py_buffer(content)).read_all()
    return Call(frame["call"], frame["said"], tables)


def answer(stream: IO[bytes], result: object) -> None:
    """Answer a call."""
    stream.write(json.dumps(result).encode() + b"\n")
    stream.flush()


def carry_out(writer: Writer, call: Call) -> object:
    """Do what a call asks, with the real writer; its answer.

    Raises:
        SourceError: Another process, which was given a turn, has read on in the load: what this one read is there.
    """
    said = dict(call.said)
    for name in ("complete_until", "began_at"):
        if said.get(name) is not None:
            said[name] = datetime.fromisoformat(said[name])
    if "load" in said:
        said["load"] = writer.store.load(said["load"])
    if call.name == "commit_chunk":
        return asdict(_commit(writer, said, call.tables))
    if call.name == "commit_lookup":
        return asdict(writer.commit_lookup(**said, **call.tables))
    done = getattr(writer, _PLAIN[call.name])(**said)
    return done.id if isinstance(done, Load) else None


_PLAIN: Mapping[str, str] = {
    name: name for name in ("begin_load", "finish_load", "drop_load", "remove_load", "note_run")
}


def _commit(writer: Writer, said: dict[str, Any], tables: Mapping[str, pa.Table]) -> ChunkResult:
    if said.pop("after") != said["load"].rows_read:
        raise SourceError(as_it_is("another process read on meanwhile"))
    reached = said.pop("reached")
    also = [(kind, tables[f"also {number}"]) for number, kind in enumerate(said.pop("also"))]
    return writer.commit_chunk(
        said.pop("load"),
        said.pop("kind"),
        tables["table"],
        rejected=tables.get("rejected"),
        message_ids=tables["ids"].column(0) if "ids" in tables else None,
        cells=tables["cells"].columns if "cells" in tables else (),
        also=also,
        reached=None if reached is None else Reached(**reached),
        **said,
    )


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
