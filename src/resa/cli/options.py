"""Options that several commands share, and how they open a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from resa.workspace import Workspace

__all__ = ["HERE", "Folder", "MapKey", "Output", "opened"]

Folder = Annotated[Path, typer.Option("--workspace", "-w", help="The workspace's folder; default: where you stand.")]
HERE = Path()
"""Where the person stands."""

MapKey = Annotated[str | None, typer.Option("--map", "-m", help="Key of the map, where there are several.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")]


@contextmanager
def opened(folder: Path) -> Iterator[Workspace]:
    """The workspace, closed when the command is done."""
    from resa import workspace  # noqa: PLC0415 - heavy; a map is checked and drawn without it

    shop = workspace.open(folder)
    try:
        yield shop
    finally:
        shop.close()
