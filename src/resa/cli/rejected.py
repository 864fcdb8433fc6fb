"""`resa rejected`: rows that were refused, why, and trying them again."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from resa.cli.console import OUT, say
from resa.cli.measure import Format, write_table
from resa.cli.options import HERE, Folder, Output, opened

__all__ = ["app"]

app = typer.Typer(help="Rows that were refused, kept with their reasons.", no_args_is_help=True)

Source = Annotated[str | None, typer.Option(help="Only this source.")]
LoadNumber = Annotated[int | None, typer.Option("--load", help="Only this load.")]


@app.command("list")
def list_rejected(
    *,
    source: Source = None,
    load: LoadNumber = None,
    rows: Annotated[
        bool, typer.Option(help="Every row with its payload, not only counts. Payloads are personal.")
    ] = False,
    show_format: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.csv,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Count refused rows by source and reason; with --rows, give each with its row number and payload."""
    with opened(folder) as shop:
        refused = shop.store.rejected(load, source_id=source)
    if rows:
        write_table(refused, show_format, output)
        return
    counts = refused.group_by(["source_id", "load_id", "reason"]).aggregate([([], "count_all"), ("detail", "first")])
    table = Table("source", "load", "reason", "rows", "for instance", box=None)
    table.columns[3].justify = "right"
    for row in counts.sort_by(
        [("source_id", "ascending"), ("load_id", "ascending"), ("reason", "ascending")]
    ).to_pylist():
        table.add_row(
            row["source_id"], str(row["load_id"]), row["reason"], f"{row['count_all']:,}", row["detail_first"] or ""
        )
    OUT.print(table)


@app.command()
def replay(
    source: Annotated[
        str, typer.Argument(help="The source whose refused rows are read again, by its file as it is now.")
    ],
    load: LoadNumber = None,
    reason: Annotated[str | None, typer.Option(help="Only rows refused for this reason.")] = None,
    folder: Folder = HERE,
) -> None:
    """Read refused rows again by the source file as it is now: what is good now goes in, the rest stays."""
    with opened(folder) as shop:
        outcome = shop.replay(source, load=load, reason=reason)
    say(
        f"{source}: {outcome.good:,} rows went in, {outcome.duplicate:,} were there already, "
        f"{outcome.still_rejected:,} stay refused"
    )
