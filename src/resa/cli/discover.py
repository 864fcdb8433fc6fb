"""`resa map discover`: a first map from events alone."""

from __future__ import annotations

from typing import Annotated

import typer

from resa.base.errors import InputError
from resa.base.files import write_text_durably
from resa.base.language import sentence
from resa.cli.console import counted, say, write_out
from resa.cli.options import HERE, Folder, Output, opened
from resa.cli.speaking import spoken_in_terminal

__all__ = ["discover"]


def discover(
    *,
    output: Output = None,
    title: Annotated[str | None, typer.Option(help="Title of the map; default: as the folder is called.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the map's own words: en, sv, nb or hu; default: yours.")
    ] = None,
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
        raise InputError(
            sentence("'{output}' exists, and is never overwritten; name another file, or move it away", output=output)
        )
    with opened(folder, measures=True) as shop:
        draft = shop.discover(
            title=title,
            language=language or spoken_in_terminal(),
            top=top,
            share=_share(share),
            goal=goal,
            pages=pages or (),
        )
    if output is None:
        write_out(draft.text)
    else:
        write_text_durably(output, draft.text)
        say(sentence("wrote {path}", path=output))
    found = draft.journey_map
    say(
        sentence(
            "{touchpoints} in {stages}, {arrows}, {personas}",
            touchpoints=counted(len(found.touchpoints), "touchpoint"),
            stages=counted(len(found.stages), "stage"),
            arrows=counted(len(found.expectations), "arrow"),
            personas=counted(len(found.personas), "persona") if found.personas else sentence("no personas"),
        )
    )
    say(sentence("{covered} of {events} are covered", covered=draft.covered, events=counted(draft.events, "event")))
    for note in draft.notes:
        say(note)
    if output is not None:
        command = f"resa map check {output}"
        say(sentence("next: read it, change it, then: {command}", command=command))


def _share(text: str) -> float:
    """`1 %`, `1%` or `0.01` as 0.01."""
    number = text.strip().removesuffix("%")
    try:
        value = float(number)
    except ValueError:
        raise InputError(sentence("--share '{text}' is no share; write for example '1 %'", text=text)) from None
    return value / 100 if number != text.strip() else value
