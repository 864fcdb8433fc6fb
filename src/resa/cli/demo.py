"""`resa demo`: the whole product on made-up customers, open in a browser, with new ones coming in."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import ExitStack, suppress
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from resa import workspace
from resa.base.errors import InputError, ResaError
from resa.base.files import make_private_folder
from resa.base.language import sentence
from resa.cli.collect import show_reports
from resa.cli.console import OUT, counted, say
from resa.cli.speaking import spoken_in_terminal, told
from resa.storage import is_lent
from resa.workspace.simulating import write_simulated

if TYPE_CHECKING:
    from resa.workspace import Workspace

__all__ = ["demo"]

_DAYS: Final = 365
"""Of the made-up shop's history, which ends last night."""

_BROKEN_DAYS: Final = 35
"""So long has something been wrong with it, to be found."""


def demo(
    folder: Annotated[
        Path,
        typer.Argument(help="The folder to make; an earlier demo in it is replaced, or put aside if it was changed."),
    ] = Path("demo"),
    customers: Annotated[int, typer.Option(min=100, help="How many customers.")] = 50_000,
    seed: Annotated[int, typer.Option(help="The same one gives the same customers.")] = 1,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Show it in a browser until Ctrl+C, and let new customers come.")
    ] = True,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the browser, where there is one; the link is printed, too.")
    ] = True,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen at. Default: 8787, or one that is free.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="Stop after so long, instead of at Ctrl+C.")] = None,
) -> None:
    """Make a Nordic shop with stores and a club, a year old: collect, measure, report, show it in a browser."""
    began = perf_counter()
    _make_room(folder)
    workspace.create(folder, template="retail", language=spoken_in_terminal())
    make_private_folder(_mark(folder).parent)
    _mark(folder).touch()  # only what a demo made may be replaced by one
    say(sentence("made the workspace {folder}", folder=folder))
    with ExitStack() as stack:
        with workspace.open(folder) as shop:
            today = _today(shop)
            coming = None
            if serve:
                from resa.cli.demo_served import Coming  # noqa: PLC0415 - heavy; only here

                coming = stack.enter_context(Coming(today))
            _fill(shop, today, customers, seed)
            _mark(folder).write_text(_words(folder))
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
        if coming is not None:
            from resa.cli.demo_served import serve_demo  # noqa: PLC0415 - see above

            serve_demo(folder, coming, port=port, browser=browser, seconds=seconds)


def _make_room(folder: Path) -> None:
    """Remove an earlier demo; one whose files somebody changed is put aside.

    Raises:
        InputError: The folder holds something else, or is being shown.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not _mark(folder).is_file():
        raise InputError(sentence("{folder} exists and is no demo; name another folder", folder=folder))
    served = False
    with (
        suppress(ResaError),
        workspace.open(folder) as shop,
    ):  # one of an older version, or half of one, is in nobody's way
        served = is_lent(shop.store)
    if served:
        raise InputError(
            sentence("the demo in {folder} is being shown; stop it with Ctrl+C, or name another folder", folder=folder)
        )
    if _mark(folder).read_text() in {"", _words(folder)}:
        shutil.rmtree(folder)
        return
    whole = folder.resolve()
    aside = next(one for number in count(1) if not (one := whole.with_name(f"{whole.name}-{number}")).exists())
    folder.rename(aside)
    say(sentence("the demo that was there was changed, and is kept in {folder}", folder=aside))


def _words(folder: Path) -> str:
    """What the files of a demo say that people write, as one number."""
    files = [path for path in sorted(folder.rglob("*.yaml")) if workspace.DATA_FOLDER not in path.parts]
    said = hashlib.sha256()
    for path in files:
        said.update(hashlib.sha256(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes()).digest())
    return said.hexdigest()


def _mark(folder: Path) -> Path:
    return folder / workspace.DATA_FOLDER / "demo"


def _today(shop: Workspace) -> date:
    """The day in the shop's zone."""
    return shop.clock().astimezone(ZoneInfo(shop.map().timezone)).date()


def _fill(shop: Workspace, today: date, customers: int, seed: int) -> None:
    """Draw a year of customers until last night, and collect what their systems wrote."""
    written = write_simulated(
        shop.folder,
        shop.map(),
        customers=customers,
        seed=seed,
        start=today - timedelta(days=_DAYS),
        days=_DAYS,
        truths=["broken_checkout"],
        since=today - timedelta(days=_BROKEN_DAYS),
    )
    say(
        sentence(
            "drew {customers}: {rows} in {files}",
            customers=counted(customers, "customer"),
            rows=counted(sum(file.rows for file in written), "row"),
            files=counted(len(written), "file"),
        )
    )
    show_reports(shop.collect())
