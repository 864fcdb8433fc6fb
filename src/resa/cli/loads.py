"""`resa loads`: what was collected, and undoing it."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import typer

from resa.base.language import sentence
from resa.cli.console import counted, say
from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output, check_source, opened, warn_of_maps

__all__ = ["app"]

app = typer.Typer(
    help="What was collected, file by file; each load can be undone.", no_args_is_help=True, add_completion=False
)


@app.command("list")
def list_loads(
    *,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Show all loads. `rows` are those of the file; good + rejected + duplicate are `given`, what was made of them.

    A SELECT may make several rows, or none, of one row of the file; else the two numbers are the same.
    """
    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        check_source(shop, source)
        rows = [
            {
                "load": load.id,
                "source": load.source_id,
                "file": load.origin,
                "state": load.state,
                "began (UTC)": f"{load.started_at:%Y-%m-%d %H:%M}",
                "rows": load.rows_read,
                "given": load.good + load.rejected + load.duplicate,
                "good": load.good,
                "rejected": load.rejected,
                "duplicate": load.duplicate,
            }
            for load in shop.store.loads(source)
        ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    else:
        say(sentence("nothing was collected yet"))


@app.command("bots")
def list_bots(
    *,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Show what bots did, by day: events that are kept, and left out of every number."""
    from resa.workspace.bots import events_of_bots  # noqa: PLC0415 - heavy; most commands do without it

    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        check_source(shop, source)
        found = events_of_bots(shop.store, source)
    if found.num_rows:
        write_table(found, how, output, ours=True)
    else:
        say(sentence("no event is of a bot"))


@app.command()
def remove(
    numbers: Annotated[
        list[int], typer.Argument(min=1, max=2**31, help="Numbers of loads, as `resa loads list` shows them.")
    ],
    folder: Folder = HERE,
) -> None:
    """Undo loads: their rows go, and the same files can be collected again."""
    with opened(folder) as shop:
        for load in shop.remove_loads(numbers):
            say(
                sentence(
                    "removed load {load}: {rows} of {source}",
                    load=str(load.id),
                    rows=counted(load.good, "row"),
                    source=load.source_id,
                )
            )
        warn_of_maps(shop)
