"""The process that reads a source: `python -m resa.workspace.reading WORKSPACE DATA SOURCE ROWS`; see `background`."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from resa.base.errors import EngineError, InputError, WorkspaceError
from resa.base.language import as_it_is
from resa.collector import collect, read_sources
from resa.runtime import HandingWriter
from resa.storage import Store

__all__ = ["read_source_of"]


def read_source_of(folder: Path, data: Path, name: str, chunk_rows: int) -> None:
    """Read one source, and hand over what it gives."""
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    calls, sys.stdout = sys.stdout.buffer, sys.stderr
    with Store.open(data) as store, suppress(WorkspaceError):  # the one who writes has ended, and so does this one
        writer = HandingWriter(store, calls, sys.stdin.buffer)
        began_at = store.clock()
        sources, problems = read_sources(folder)
        source = next((source for source in sources if source.name == name), None)
        if source is None:
            mine = [problem for problem in problems if Path(problem.file or "").stem == name]
            writer.note_run(name, began_at=began_at, error=as_it_is("; ".join(map(str, mine)) or "its file is gone"))
            return
        try:
            collect(writer, source, chunk_rows=chunk_rows)
        except (InputError, EngineError):
            pass  # it is noted how the run went
        except Exception as error:
            if isinstance(error, WorkspaceError):
                raise
            writer.note_run(name, began_at=began_at, error=as_it_is(type(error).__name__))  # its text may hold rows
            raise


def _end_with(parent: int) -> None:
    """End when the process that stores is gone, whatever is being waited for."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


if __name__ == "__main__":
    read_source_of(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
