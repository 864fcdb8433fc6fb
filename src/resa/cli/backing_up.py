"""`resa backup` and `resa restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resa.base.language import sentence
from resa.cli.console import OUT, counted, say
from resa.cli.options import HERE, Folder, opened
from resa.cli.speaking import told

__all__ = ["backup", "restore"]


def backup(
    target: Annotated[Path, typer.Argument(help="The folder to make; it must not be there yet.")],
    folder: Folder = HERE,
) -> None:
    """Copy a whole workspace into a new folder, also while it is served; nothing of it stops.

    A folder that has the name TARGET is whole: it gets the name last.
    """
    from resa.workspace.backing_up import back_up  # noqa: PLC0415 - heavy; only here

    with opened(folder) as shop:
        made = back_up(shop, target)
    say(
        sentence(
            "backed up {events} in {files}, {size} MB; {waiting} accepted requests in it wait to become events",
            events=counted(made.events, "event"),
            files=counted(made.files, "file"),
            size=round(made.size / 1e6, 1),
            waiting=made.waiting,
        )
    )
    for name in made.left_out:
        say(sentence("warning: {name} is a link to elsewhere, and is not in the backup", name=name))


def restore(
    backup: Annotated[Path, typer.Argument(help="The folder that `resa backup` made.")],
    folder: Annotated[Path, typer.Argument(help="Of the new workspace; it is made, or is empty.")],
) -> None:
    """Make a workspace of a backup, in a folder that is new or empty, and verify it.

    Every file is compared with its checksum, the index is built, and everything is counted again.
    """
    from resa.workspace.backing_up import restore as restored  # noqa: PLC0415 - heavy; only here

    made = restored(backup, folder)
    say(
        sentence(
            "restored {events} as of {at:%Y-%m-%d %H:%M:%S} UTC; {waiting} accepted requests become events "
            "when it is served",
            events=counted(made.backup.events, "event"),
            at=made.backup.made_at,
            waiting=made.backup.waiting,
        )
    )
    say(sentence("keys that were revoked since then are good again: see `resa keys list`"))
    for finding in made.findings:
        OUT.print(f"{finding.code}: {told(finding.message)}", markup=False)
    if made.unbuilt is not None:
        say(sentence("warning: the index could not be built ({why}); mend that, then: resa rebuild", why=made.unbuilt))
    if made.findings or made.unbuilt is not None:
        raise typer.Exit(1)
    say(sentence("everything stored agrees with a recount"))
