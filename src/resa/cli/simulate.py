"""`resa simulate`: made-up customers, written as their systems would write them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from resa.base.language import sentence
from resa.cli.console import counted, say
from resa.cli.options import HERE, Folder, MapKey, opened

__all__ = ["simulate"]


def simulate(
    *,
    customers: Annotated[int, typer.Option(min=1, help="How many.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same one gives the same customers.")] = 1,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="How many days.")] = None,
    truth: Annotated[list[str] | None, typer.Option(help="Plant this truth of simulation.yaml; repeat it.")] = None,
    map_key: MapKey = None,
    folder: Folder = HERE,
) -> None:
    """Draw made-up customers from simulation.yaml, or from the map alone, and write what their systems would write."""
    with opened(folder) as shop:
        written = shop.simulate(
            map_key,
            customers=customers,
            seed=seed,
            start=None if start is None else start.date(),
            days=days,
            truths=truth or [],
        )
    for file in written:
        say(sentence("wrote {path}: {rows}", path=file.path, rows=counted(file.rows, "row")))
    say(sentence("next: {command}", command="resa collect"))
