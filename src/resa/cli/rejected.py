"""`resa rejected`: rows that were refused, why, and trying them again."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import typer

from resa.base.language import sentence
from resa.cli.console import counted, say
from resa.cli.measure import Format, HowToWrite, chosen_format, write_table, write_tables
from resa.cli.options import HERE, Folder, Output, check_source, opened, warn_of_maps
from resa.cli.speaking import told
from resa.collector import said_again
from resa.model.tables import REJECTED

__all__ = ["app"]

_SHOWN = pa.schema([field for field in REJECTED if field.name not in {"types", "position"}])
"""What tells a person about a row; the rest is for reading it again."""

app = typer.Typer(help="Rows that were refused, kept with their reasons.", no_args_is_help=True, add_completion=False)

Source = Annotated[str | None, typer.Option(help="Only this source.")]
LoadNumber = Annotated[int | None, typer.Option("--load", min=1, max=2**31, help="Only this load.")]


@app.command("list")
def list_rejected(
    *,
    source: Source = None,
    load: LoadNumber = None,
    rows: Annotated[
        bool, typer.Option(help="Every row with its payload, not only counts. Payloads are personal.")
    ] = False,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Count refused rows by source and reason; with --rows, give each with its row number and payload."""
    how = chosen_format(show_format, output, otherwise=Format.csv if rows else Format.table)
    with opened(folder) as shop:
        check_source(shop, source)
        if rows:
            parts = (part.select(_SHOWN.names) for part in shop.store.rejected_parts(load, source_id=source))
            write_tables(_SHOWN.empty_table(), parts, how, output)
            return
        keys = ["source_id", "load_id", "reason"]
        refused = shop.store.rejected(load, source_id=source, columns=["row", "detail", *keys])
    if refused.num_rows == 0:
        say(sentence("no row was refused"))
        return
    counts = refused.group_by(keys, use_threads=False).aggregate([([], "count_all"), ("detail", "first")])
    names = {"source_id": "source", "load_id": "load", "count_all": "rows", "detail_first": "for instance"}
    if how is Format.table:
        details = [told(said_again(detail)) for detail in counts.column("detail_first").to_pylist()]
        counts = counts.set_column(counts.column_names.index("detail_first"), "detail_first", pa.array(details))
    counts = counts.sort_by([(key, "ascending") for key in keys]).rename_columns(names)
    write_table(counts.select(["source", "load", "reason", "rows", "for instance"]), how, output, ours=True)


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
            sentence(
                "{source}: {rows} went in, {duplicate} were there already, {refused} stay refused",
                source=source,
                rows=counted(outcome.good, "row"),
                duplicate=outcome.duplicate,
                refused=outcome.still_rejected,
            )
        )
        warn_of_maps(shop)
