"""Pictures of maps, as several commands draw them, and the options that say how."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resa.base.errors import InputError, MapError, did_you_mean
from resa.base.language import sentence
from resa.cli.options import opened
from resa.journey_map import Loaded, load_maps, load_texts
from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    from resa.drawing import MapOptions, Paper, Svg

__all__ = [
    "MapFile",
    "Measured",
    "OfPersona",
    "OnPaper",
    "Preset",
    "drawn_map",
    "known_paper",
    "loaded_alone",
]

MapFile = Annotated[
    Path | None,
    typer.Argument(help="A map's file alone; default: all maps of the workspace.", exists=True, dir_okay=False),
]
OnPaper = Annotated[str | None, typer.Option(help="A1 to A4, or 16:9: lay it out for that (PDF, PPTX).")]
Preset = Annotated[str, typer.Option(help="Which lanes: all, customer, blueprint (a service blueprint) or numbers.")]
OfPersona = Annotated[
    list[str] | None,
    typer.Option(
        "--persona", help="Key of a persona: draw the map through their eyes. Several, up to five: side by side."
    ),
]
Measured = Annotated[bool, typer.Option(help="With the numbers measured so far, if there are any.")]


def known_paper(paper: str | None, output: Path | None) -> Paper | None:
    """The paper that was named.

    Raises:
        InputError: There is no such paper, or nothing is written that has pages.
    """
    if paper is None:
        return None
    from resa.drawing import PAPERS  # noqa: PLC0415 - heavy; checking does without it

    found = next((one for one in PAPERS if one.casefold() == paper.casefold()), None)
    if found is None:
        raise InputError(
            sentence("'{paper}' is no paper we lay out for; use {papers}", paper=paper, papers=", ".join(PAPERS))
        )
    if output is None or output.suffix.lower() not in {".pdf", ".pptx"}:
        raise InputError(
            sentence("--paper {paper} lays out a PDF or slides; add -o FILE.pdf or -o FILE.pptx", paper=paper)
        )
    return found


def drawn_map(
    file: Path | None,
    folder: Path,
    key: str | None,
    *,
    measured: bool = False,
    as_of: str | None = None,
    **what: Any,
) -> tuple[JourneyMap, Svg]:
    """A map and its picture, of a file alone or of the workspace."""
    from resa.drawing import draw_map  # noqa: PLC0415 - heavy; checking does without it

    journey_map = only_map(file) if file is not None else load_maps(folder).map(key)
    beside = file.parent if file is not None else (folder / journey_map.file).parent
    options = _options(journey_map, beside, folder if file is None else None, **what)
    if not measured:
        return journey_map, draw_map(journey_map, options=options)
    with opened(folder) as shop:
        return journey_map, shop.draw(key, measured=True, as_of=as_of, options=options)


def _options(
    journey_map: JourneyMap,
    beside: Path,
    workspace: Path | None,
    *,
    width: float | None = None,
    preset: str = "all",
    personas: Sequence[str] = (),
) -> MapOptions:
    """What to draw, as it was said.

    Raises:
        InputError: There is no such preset, or no such persona on the map, or there are too many.
    """
    from resa.drawing import MOST_PERSONAS, PRESETS, MapOptions, read_pictures  # noqa: PLC0415 - heavy, only here

    if preset not in PRESETS:
        known = did_you_mean(preset, PRESETS) or sentence("; use {known}", known=", ".join(PRESETS))
        raise InputError(sentence("there is no preset '{preset}'{known}", preset=preset, known=known))
    keys = tuple(dict.fromkeys(personas))
    for persona in keys:
        if persona in journey_map.persona:
            continue
        names = ", ".join(journey_map.persona) or sentence("none")
        known = did_you_mean(persona, journey_map.persona) or sentence("; it has {names}", names=names)
        raise InputError(sentence("the map has no persona '{persona}'{known}", persona=persona, known=known))
    if len(keys) > MOST_PERSONAS:
        raise InputError(
            sentence(
                "{count} personas side by side cannot be told apart; name at most {most_personas}",
                count=len(keys),
                most_personas=MOST_PERSONAS,
            )
        )
    if len(keys) > 1 and preset != "all":
        raise InputError(
            sentence("a preset chooses lanes of the map, which personas side by side do not have; leave it out")
        )
    pictures = read_pictures(journey_map, beside, workspace)
    if len(keys) > 1:
        return MapOptions(width=width, personas=keys, pictures=pictures)
    return MapOptions(width=width, lanes=PRESETS[preset], persona=next(iter(keys), None), pictures=pictures)


def loaded_alone(file: Path) -> Loaded:
    """One map's file without the workspace around it.

    Raises:
        InputError: It is a file that belongs to maps, and no map.
    """
    shared = file.name in {"signals.yaml", "segments.yaml", "traits.yaml"}
    if shared or file.resolve().parent.name in {"reactions", "sources"}:
        part = file.stem if shared else file.resolve().parent.name
        raise InputError(
            sentence(
                "'{file}' holds {part} and is no map by itself; leave the file out, or stand in the workspace's "
                "folder, and run: resa collect",
                file=file,
                part=part,
            )
            if part == "sources"
            else sentence(
                "'{file}' holds {part} and is no map by itself; leave the file out, or stand in the workspace's "
                "folder, to check it together with the maps",
                file=file,
                part=part,
            )
        )
    return load_texts({str(file): file.read_bytes()})


def only_map(file: Path) -> JourneyMap:
    loaded = loaded_alone(file)
    if loaded.errors:
        raise MapError(loaded.errors)
    return next(iter(loaded.maps.values()))
