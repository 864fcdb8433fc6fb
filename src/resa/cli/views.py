"""`resa views`: the views as Parquet files that others read while Resa does not run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resa.base.language import sentence
from resa.cli.console import counted, say
from resa.cli.options import HERE, AsOf, Folder, MapKey, opened

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _views() -> None:
    """The views of `resa sql` as files, for DuckDB, dbt and other readers."""


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="A folder of its own; an earlier export in it is replaced.")],
    *,
    map_key: MapKey = None,
    as_of: AsOf = None,
    folder: Folder = HERE,
) -> None:
    """Write each view as one Parquet file, and about.parquet, which says what they are. The rows are personal data."""
    with opened(folder) as shop:
        done = shop.measure.export(target, map=shop.map(map_key).key, as_of=as_of)
    for name, rows in done.rows.items():
        path = target / f"{name}.parquet"
        say(sentence("wrote {path}: {rows}", path=path, rows=counted(rows, "row")))
