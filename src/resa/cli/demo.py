"""`resa simulate` and `resa demo`: made-up customers, and the whole product on them."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from resa import workspace
from resa.base.errors import InputError
from resa.base.language import sentence
from resa.cli.collect import show_reports
from resa.cli.console import OUT, counted, say
from resa.cli.options import HERE, Folder, MapKey, opened
from resa.cli.speaking import spoken_in_terminal, told

__all__ = ["demo", "simulate"]


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


def demo(
    folder: Annotated[Path, typer.Argument(help="The folder to make; an earlier demo in it is replaced.")] = Path(
        "demo"
    ),
    customers: Annotated[int, typer.Option(min=100, help="How many customers.")] = 50_000,
    seed: Annotated[int, typer.Option(help="The same one gives the same customers.")] = 1,
) -> None:
    """Make a Nordic shop with stores and a club, draw its customers, collect, measure, and write a report."""
    began = perf_counter()
    if folder.exists():
        if not (folder / "simulation.yaml").exists() and any(folder.iterdir()):
            raise InputError(sentence("{folder} exists and is no demo; name another folder", folder=folder))
        shutil.rmtree(folder)
    workspace.create(folder, template="retail", language=spoken_in_terminal())
    say(sentence("made the workspace {folder}", folder=folder))
    with workspace.open(folder) as shop:
        written = shop.simulate(customers=customers, seed=seed, truths=["broken_checkout"])
        say(
            sentence(
                "drew {customers}: {rows} in {files}",
                customers=counted(customers, "customer"),
                rows=counted(sum(file.rows for file in written), "row"),
                files=counted(len(written), "file"),
            )
        )
        show_reports(shop.collect())
        report = shop.report()
        report.save(folder / "report.html")
        for line in report.summary:
            OUT.print(line, markup=False)
    took = sentence(
        "The report: {path}   (all of it in {seconds:.0f} s)",
        path=folder / "report.html",
        seconds=perf_counter() - began,
    )
    OUT.print(f"\n{told(took)}", markup=False)
