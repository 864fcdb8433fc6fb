"""`resa loads`: what was collected, and undoing it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from resa.cli.console import OUT, say
from resa.cli.options import HERE, Folder, opened

__all__ = ["app"]

app = typer.Typer(help="What was collected, file by file; each load can be undone.", no_args_is_help=True)


@app.command("list")
def list_loads(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    folder: Folder = HERE,
) -> None:
    """Show all loads: rows read = good + rejected + duplicate."""
    table = Table("load", "source", "file", "state", "began (UTC)", "rows", "good", "rejected", "duplicate", box=None)
    for column in table.columns[5:]:
        column.justify = "right"
    with opened(folder) as shop:
        for load in shop.store.loads(source):
            counts = (load.rows_read, load.good, load.rejected, load.duplicate)
            began = f"{load.started_at:%Y-%m-%d %H:%M}"
            row = (str(load.id), load.source_id, load.origin, load.state, began, *(f"{number:,}" for number in counts))
            table.add_row(*row)
    OUT.print(table)


@app.command()
def remove(
    numbers: Annotated[list[int], typer.Argument(help="Numbers of loads, as `resa loads list` shows them.")],
    folder: Folder = HERE,
) -> None:
    """Undo loads: their rows go, and the same files can be collected again."""
    with opened(folder) as shop:
        for load in shop.remove_loads(numbers):
            say(f"removed load {load.id}: {load.good:,} rows of {load.source_id}")
