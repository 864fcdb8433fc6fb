"""`resa new`: a workspace from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resa import workspace
from resa.base.language import sentence
from resa.cli.console import say

__all__ = ["new"]


def new(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    template: Annotated[str, typer.Option(help="What to begin with.")] = "retail",
    language: Annotated[str, typer.Option(help="Language of the files: en, sv, nb or hu.")] = "en",
) -> None:
    """Make a workspace: a map, its signals, its sources, and a place for data that git leaves alone."""
    written = workspace.create(folder, template=template, language=language)
    for path in written:
        say(sentence("wrote {path}", path=path))
    command = f"resa map draw -w {folder} -o map.svg"
    say(sentence("next: {command}", command=command))
