"""`resa sql`: one SELECT over the documented views."""

from __future__ import annotations

from typing import Annotated

import typer

from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, AsOf, Folder, MapKey, Output, opened

__all__ = ["sql"]


def sql(
    statement: Annotated[
        str, typer.Argument(help="One SELECT over visits, events, customers, outcomes and other views.")
    ],
    *,
    map_key: MapKey = None,
    as_of: AsOf = None,
    count_by: Annotated[
        str, typer.Option(help="account: `customer` is an account, firm or household, in all views.")
    ] = "customer",
    seconds: Annotated[float, typer.Option(min=0.1, max=86_400, help="Stop after so many seconds.")] = 300,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Ask in SQL (DuckDB's). Reading only; see docs/reference/views.md for the views and their columns."""
    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        shop.audit.note("sql")
        table = shop.measure.sql(statement, map=shop.map(map_key).key, as_of=as_of, seconds=seconds, count_by=count_by)
    write_table(table, how, output)
