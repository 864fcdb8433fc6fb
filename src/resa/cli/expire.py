"""`resa expire`: take away what is older than it is to be kept."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import typer

from resa.base.language import sentences
from resa.cli.console import say
from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output, opened

__all__ = ["expire"]


def expire(
    *,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only show what is too old.")] = False,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Take away data that are older than `keep_events` and the other settings say; `resa serve` does it once a day."""
    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        found = shop.expire(dry=dry)
    rows = [
        {
            "setting": f"keep_{one.kind}",
            "kept": one.keep or "for ever",
            "from (UTC)": "" if one.before is None else f"{one.before:%Y-%m-%d}",
            "older rows": one.rows if one.before is not None else None,
        }
        for one in found
    ]
    write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    total = sum(one.rows for one in found)
    if dry:
        say(
            sentences(
                "{n} row is too old; nothing was taken away", "{n} rows are too old; nothing was taken away", total
            )
        )
    else:
        say(sentences("took {n} row away", "took {n} rows away", total))
