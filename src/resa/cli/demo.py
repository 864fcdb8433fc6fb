"""`resa simulate` and `resa demo`: made-up customers, and the whole product on them."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from resa import workspace
from resa.base.errors import InputError
from resa.base.files import make_private_folder
from resa.base.language import sentence, sentences
from resa.cli.collect import show_reports
from resa.cli.console import OUT, counted, say
from resa.cli.options import HERE, Folder, MapKey, opened
from resa.cli.serve import serve_until
from resa.cli.speaking import spoken_in_terminal, told

if TYPE_CHECKING:
    from resa.workspace import Workspace

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
    live: Annotated[
        bool, typer.Option("--live", help="Then let new customers come over HTTP, at their moments, until Ctrl+C.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen at, with --live.")] = 8787,
    seconds: Annotated[float | None, typer.Option(min=0, help="With --live: stop after so long.")] = None,
) -> None:
    """Make a Nordic shop with stores and a club, draw its customers, collect, measure, and write a report."""
    began = perf_counter()
    ours = folder / workspace.DATA_FOLDER / "demo"
    if folder.exists():
        if not ours.exists() and any(folder.iterdir()):
            raise InputError(sentence("{folder} exists and is no demo; name another folder", folder=folder))
        shutil.rmtree(folder)
    workspace.create(folder, template="retail", language=spoken_in_terminal())
    say(sentence("made the workspace {folder}", folder=folder))
    with workspace.open(folder) as shop:
        make_private_folder(ours.parent)
        ours.touch()  # only what a demo made may be replaced by one
        start = _today(shop) - timedelta(days=_DAYS) if live else None
        written = shop.simulate(customers=customers, seed=seed, start=start, truths=["broken_checkout"])
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
    if live:
        _let_them_come(folder, port, seconds)


_DAYS: Final = 182
"""Of the made-up shop's history: the template's."""

_COMING: Final = 60_000
"""Customers who come today and tomorrow: about an event a second."""


def _today(shop: Workspace) -> date:
    """The day in the shop's zone."""
    return shop.clock().astimezone(ZoneInfo(shop.map().timezone)).date()


def _let_them_come(folder: Path, port: int, seconds: float | None) -> None:
    """Serve the shop, and send what new customers do today, each event at its moment."""
    from resa.web import Sender  # noqa: PLC0415 - heavy; only here
    from resa.workspace.made_up_days import made_up_days  # noqa: PLC0415 - see above

    say(sentence("drawing customers who come today, over HTTP"))
    with workspace.open(folder) as shop:
        calls = made_up_days("retail", _today(shop), days=2, customers=_COMING, seed=2)
        coming = [one for one in calls if one.at > shop.clock()]
        sender = Sender("127.0.0.1", port, shop.keys.make("live"), coming)
        began: list[float] = []

        def started(address: str) -> None:
            began.append(perf_counter())
            sender.start()
            say(
                sentence(
                    "look at it in a browser; set any password of 12 characters: {link}", link=_way_in(shop, address)
                )
            )
            say(sentence("events come over HTTP at their moments; stop with Ctrl+C. In another terminal:"))
            for command in (f"resa tail -w {folder}", f"resa measure touchpoints -w {folder}"):
                OUT.print(f"  {command}", markup=False)

        def ended() -> bool:
            return seconds is not None and perf_counter() - began[0] > seconds

        total = serve_until(shop, "127.0.0.1", port, started=started, ended=ended)
        sender.stop()
    say(sentences("{n} event came", "{n} events came", total.good))


def _way_in(shop: Workspace, address: str) -> str:
    """A link by which who runs the demo signs in to its screens, as the first administrator."""
    return f"{address}/welcome/{shop.people.invite('demo@example.com', 'Demo', 'admin')}"
