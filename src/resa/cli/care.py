"""`resa verify`, `rebuild`, `compact`, `warm`: looking after a workspace."""

from __future__ import annotations

import typer

from resa import workspace
from resa.base.language import sentence, sentences
from resa.cli.console import OUT, counted, say
from resa.cli.options import HERE, Folder, opened, warn_of_maps
from resa.cli.speaking import told

__all__ = ["compact", "rebuild", "verify", "warm"]


def verify(folder: Folder = HERE) -> None:
    """Count everything again and compare it with what is stored; exit 1 if anything differs."""
    with opened(folder) as shop:
        findings = shop.verify()
    for finding in findings:
        OUT.print(f"{finding.code}: {told(finding.message)}", markup=False)
    if findings:
        raise typer.Exit(1)
    say(sentence("everything stored agrees with a recount"))


def rebuild(folder: Folder = HERE) -> None:
    """Delete everything derived and make it anew from the event files."""
    with opened(folder) as shop:
        index = shop.rebuild()
    say(
        sentence(
            "rebuilt the index: {events} of {customers}",
            events=counted(index.events, "event"),
            customers=counted(index.customers, "customer"),
        )
    )
    warn_of_maps(shop)


def compact(folder: Folder = HERE) -> None:
    """Join small event files; no number changes."""
    with opened(folder) as shop:
        before, after = shop.compact()
    say(sentences("{n} event file became {after}", "{n} event files became {after}", before, after=str(after)))


def warm() -> None:
    """Compile the measuring kernels now, so that the first question need not wait for it."""
    workspace.warm()
    say(sentence("compiled the kernels"))
