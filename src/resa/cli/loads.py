"""`resa loads`: what was collected, and undoing it."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import typer

from resa.cli.console import say
from resa.cli.measure import Format, write_table
from resa.cli.options import HERE, Folder, Output, opened

__all__ = ["app"]

app = typer.Typer(help="What was collected, file by file; each load can be undone.", no_args_is_help=True)


@app.command("list")
def list_loads(
    *,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    show_format: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.table,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Show all loads: rows read = good + rejected + duplicate."""
    with opened(folder) as shop:
        rows = [
            {
                "load": load.id,
                "source": load.source_id,
                "file": load.origin,
                "state": load.state,
                "began (UTC)": f"{load.started_at:%Y-%m-%d %H:%M}",
                "rows": load.rows_read,
                "good": load.good,
                "rejected": load.rejected,
                "duplicate": load.duplicate,
            }
            for load in shop.store.loads(source)
        ]
    if rows:
        write_table(pa.Table.from_pylist(rows), show_format, output)
    else:
        say("nothing was collected yet")


@app.command()
def remove(
    numbers: Annotated[list[int], typer.Argument(help="Numbers of loads, as `resa loads list` shows them.")],
    folder: Folder = HERE,
) -> None:
    """Undo loads: their rows go, and the same files can be collected again."""
    with opened(folder) as shop:
        for load in shop.remove_loads(numbers):
            say(f"removed load {load.id}: {load.good:,} rows of {load.source_id}")
