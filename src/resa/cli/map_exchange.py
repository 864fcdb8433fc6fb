"""`resa map export` and `resa map import`: maps out of the workspace and into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from resa.base.errors import InputError
from resa.base.language import NOTHING, Sentence, sentence, sentences
from resa.cli.console import counted, print_problems, say
from resa.cli.map_pictures import (
    MapFile,
    Measured,
    OfPersona,
    OnPaper,
    Preset,
    drawn_map,
    known_paper,
    loaded_alone,
)
from resa.cli.options import HERE, AsOf, Folder, MapKey, writable
from resa.journey_map import load_maps

__all__ = ["export", "import_"]

Target = Annotated[
    Path, typer.Option("--output", "-o", callback=writable, help="The file: .xlsx, .csv, .pptx, .svg, .png or .pdf.")
]
Grid = Annotated[Path, typer.Argument(help="An Excel workbook (.xlsx) or a CSV file.", exists=True, dir_okay=False)]
NewFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="The new map's file; default: journey.yaml."),
]
Language = Annotated[
    Literal["en", "sv", "nb", "hu"] | None,
    typer.Option(help="Language of the map's texts; default: as the file says, or as its headings are."),
]
Replace = Annotated[bool, typer.Option("--replace", help="Write over a map that is there already.")]


def export(
    file: MapFile = None,
    *,
    output: Target,
    map_key: MapKey = None,
    paper: OnPaper = None,
    preset: Preset = "all",
    persona: OfPersona = None,
    measured: Measured = False,
    as_of: AsOf = None,
    folder: Folder = HERE,
) -> None:
    """Write a map for other programs, by the ending of --output: Excel, CSV, slides or a picture."""
    from resa.exchange import GRIDS, export_map  # noqa: PLC0415 - heavy; checking does without it

    form = output.suffix.lower().removeprefix(".")
    if form in GRIDS:
        said = {"--preset": preset != "all", "--persona": persona, "--measured": measured, "--as-of": as_of}
        given = [name for name, value in {**said, "--paper": paper}.items() if value]
        if given:
            raise InputError(
                sentence(
                    "{given} is about pictures; a .{form} file holds all of the map, and no numbers",
                    given=given[0],
                    form=form,
                )
            )
    if as_of is not None and not measured:
        raise InputError(sentence("--as-of is about what was measured; add --measured"))
    loaded = loaded_alone(file) if file is not None else load_maps(folder)
    journey_map = loaded.map(None if file is not None else map_key)
    what = {"preset": preset, "personas": persona or []}
    made = export_map(
        form,
        journey_map,
        loaded.text(journey_map),
        lambda: drawn_map(file, folder, map_key, measured=measured, as_of=as_of, **what)[1],
        paper=known_paper(paper, output),
    )
    output.write_bytes(made)
    say(sentence("wrote {path}", path=output))


def import_(
    file: Grid,
    *,
    output: NewFile = None,
    language: Language = None,
    replace: Replace = False,
    folder: Folder = HERE,
) -> None:
    """Make a journey file from an Excel or CSV grid: stages across, lanes down, in any of four languages."""
    from resa.exchange import import_file  # noqa: PLC0415 - heavy; checking does without it

    target = output or folder / "journey.yaml"
    imported = import_file(file, target, language=language, replace=replace)
    print_problems(imported.problems)
    told = imported.map
    say(
        sentence(
            "wrote {path}: {stages}, {touchpoints}{left}",
            path=target,
            stages=counted(len(told.stages), "stage"),
            touchpoints=counted(len(told.touchpoints), "touchpoint"),
            left=_left(len(imported.problems)),
        )
    )


def _left(number: int) -> Sentence:
    """How many of the lines above want a look."""
    if number == 0:
        return NOTHING
    return sentences("; {n} thing to look at, see above", "; {n} things to look at, see above", number)
