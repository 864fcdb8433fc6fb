"""`resa report`: one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resa.base.language import sentence
from resa.cli.console import say
from resa.cli.options import HERE, AsOf, Folder, MapKey, opened, writable

__all__ = ["report"]


def report(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", callback=writable, help="Where to write the page.")] = Path(
        "report.html"
    ),
    map_key: MapKey = None,
    names: Annotated[
        bool, typer.Option("--names", help="Also name customers; the page then holds personal data.")
    ] = False,
    as_of: AsOf = None,
    folder: Folder = HERE,
) -> None:
    """Write the report: the map with its numbers, where to look first, promises, funnel, paths, what people said."""
    with opened(folder, measures=True) as shop:
        if names:
            shop.audit.note("report.names")
        shop.report(map_key, names=names, as_of=as_of).save(output)
    say(sentence("wrote {output}, {size:.1f} MB", output=output, size=output.stat().st_size / 1e6))
