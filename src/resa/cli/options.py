"""Options that several commands share, and how they open a workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import resa
from resa.base.errors import InputError, did_you_mean
from resa.base.language import sentence
from resa.cli.console import print_problems, say

if TYPE_CHECKING:
    from resa.workspace import Workspace

__all__ = ["HERE", "AsOf", "Folder", "MapKey", "Output", "check_source", "opened", "warn_of_maps", "writable"]

Folder = Annotated[Path, typer.Option("--workspace", "-w", help="The workspace's folder; default: where you stand.")]
HERE = Path()
"""Where the person stands."""

AsOf = Annotated[str | None, typer.Option(help="The moment up to which data count as complete.")]

MapKey = Annotated[str | None, typer.Option("--map", "-m", help="Key of the map, where there are several.")]


def writable(path: Path | None) -> Path | None:
    """Refuse a place where no file can be made, before anything that takes long is done."""
    if path is not None and path.is_dir():
        raise typer.BadParameter(sentence("'{path}' is a folder; name a file in it", path=path))
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(sentence("there is no folder '{parent}'", parent=path.parent))
    return path


Output = Annotated[Path | None, typer.Option("--output", "-o", callback=writable, help="Write to this file.")]


def check_source(shop: Workspace, name: str | None) -> None:
    """Refuse a source that has neither a file nor a load.

    Raises:
        InputError: There is none of this name.
    """
    known = {*shop.sources, *(load.source_id for load in shop.store.loads())}
    if name is not None and name not in known:
        listed = ", ".join(sorted(known)) or sentence("none yet")
        raise InputError(
            sentence(
                "there is no source '{name}'; there are: {listed}{suggestion}",
                name=name,
                listed=listed,
                suggestion=did_you_mean(name, known),
            )
        )


def warn_of_maps(shop: Workspace) -> None:
    """Say which maps could not be brought up to date, and why: what was asked for succeeded all the same."""
    if {problem.code for problem in shop.loaded.errors} == {"no-map"}:
        say(sentence("there is no map yet; the events are kept. For a first one: resa map discover -o journey.yaml"))
    elif shop.loaded.errors:
        print_problems(shop.loaded.errors)
        say(
            sentence(
                "warning: these maps cannot be measured before that is mended; the data are kept. See: resa map check"
            )
        )


def _tell_of_compiling() -> None:
    """Say why the first run on a machine is slow; numba keeps what it compiled beside the code."""
    cache = Path(resa.__file__).parent / "kernels" / "__pycache__"
    if os.access(cache, os.W_OK) and not any(cache.glob("*.nbi")):
        say(sentence("compiling the measuring code, once: about half a minute"))


@contextmanager
def opened(folder: Path, *, measures: bool = False) -> Iterator[Workspace]:
    """The workspace, closed when the command is done; `measures`: the command runs the kernels."""
    from resa import workspace  # noqa: PLC0415 - heavy; a map is checked and drawn without it

    shop = workspace.open(folder)
    shop.audit.way = "command"
    if measures:
        _tell_of_compiling()
    try:
        yield shop
        for note in shop.notes:
            say(sentence("warning: {note}", note=note))
    finally:
        shop.close()
