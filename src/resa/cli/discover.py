"""`resa map discover`: a first map from events alone."""

from __future__ import annotations

from typing import Annotated

import typer

from resa.base.errors import InputError
from resa.base.files import write_text_durably
from resa.cli.console import counted, say, write_out
from resa.cli.options import HERE, Folder, Output, opened

__all__ = ["discover"]


def discover(
    *,
    output: Output = None,
    title: Annotated[str | None, typer.Option(help="Title of the map; default: as the folder is called.")] = None,
    language: Annotated[str, typer.Option(help="Language of the map's own words; so far en.")] = "en",
    top: Annotated[int, typer.Option(help="Touchpoints at most: those that the most customers were at.")] = 20,
    share: Annotated[str, typer.Option(help="Share of the customers that a touchpoint needs.")] = "1 %",
    goal: Annotated[
        str | None, typer.Option(help="Name of the event that is the goal; default: as the events' values show.")
    ] = None,
    pages: Annotated[
        list[str] | None,
        typer.Option("--page", help="Name of a further event that is a view of a page; repeat it."),
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Propose a first map from the collected events alone, with what supports each proposal as comments."""
    if output is not None and output.exists():
        raise InputError(f"'{output}' exists, and is never overwritten; name another file, or move it away")
    with opened(folder, measures=True) as shop:
        draft = shop.discover(
            title=title, language=language, top=top, share=_share(share), goal=goal, pages=pages or ()
        )
    if output is None:
        write_out(draft.text)
    else:
        write_text_durably(output, draft.text)
        say(f"wrote {output}")
    found = draft.journey_map
    personas = counted(len(found.personas), "persona") if found.personas else "no personas"
    say(
        f"{counted(len(found.touchpoints), 'touchpoint')} in {counted(len(found.stages), 'stage')}, "
        f"{counted(len(found.expectations), 'arrow')}, {personas}"
    )
    say(f"{draft.covered:,} of {counted(draft.events, 'event')} are covered")
    for note in draft.notes:
        say(note)
    if output is not None:
        say(f"next: read it, change it, then: resa map check {output}")


def _share(text: str) -> float:
    """`1 %`, `1%` or `0.01` as 0.01."""
    number = text.strip().removesuffix("%")
    try:
        value = float(number)
    except ValueError:
        raise InputError(f"--share '{text}' is no share; write for example '1 %'") from None
    return value / 100 if number != text.strip() else value
