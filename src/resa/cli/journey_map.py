"""`resa map`: check, draw, watch, discover, schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from resa.base.errors import InputError, MapError, Problem, did_you_mean
from resa.cli.console import OUT, counted, print_problems, say, write_out
from resa.cli.discover import discover
from resa.cli.options import HERE, AsOf, Folder, MapKey, Output, opened
from resa.journey_map import Loaded, fix, json_schema, load_maps, load_texts
from resa.journey_map import lint as lint_map
from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    from resa.drawing import MapOptions, Svg

__all__ = ["app"]

app = typer.Typer(
    help="Journey maps: check them, draw them, watch them while you write, discover a first one.", no_args_is_help=True
)

MapFile = Annotated[
    Path | None,
    typer.Argument(help="A map's file alone; default: all maps of the workspace.", exists=True, dir_okay=False),
]


SchemaOf = Literal["map", "signals", "reactions", "sources"]


@app.command()
def check(
    file: MapFile = None,
    repair: Annotated[bool, typer.Option("--fix", help="Repair what is mechanical, and show what changes.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only, no advice.")] = False,
    signals: Annotated[
        bool, typer.Option(help="Print what every signal stands for, with its short forms written out.")
    ] = False,
    folder: Folder = HERE,
) -> None:
    """Report every problem of every file in one run; exit 1 if there is an error."""
    if repair:
        if file is not None:
            raise InputError("--fix works on a whole workspace; leave the file out, or stand in its folder")
        _repair(folder)
    loaded = load_maps(folder) if file is None else _loaded_alone(file)
    advice = [] if quiet else _advice(loaded, folder if file is None else None)
    print_problems(loaded.errors)
    print_problems(advice)
    if loaded.errors:
        say(f"{counted(len(loaded.errors), 'error')} in {counted(len(loaded.files), 'file')}")
        raise typer.Exit(1)
    if signals:
        write_out("\n".join(line for one in loaded.maps.values() for line in _written_out(one, len(loaded.maps) > 1)))
    kept = "" if not advice else f", {counted(len(advice), 'piece')} of advice"
    say(f"{counted(len(loaded.maps), 'map')}: no errors{kept}")


@app.command()
def draw(
    file: MapFile = None,
    *,
    output: Output = None,
    map_key: MapKey = None,
    paper: Annotated[str | None, typer.Option(help="A3 or A4: lay it out for paper (PDF).")] = None,
    width: Annotated[float | None, typer.Option(help="Width of the picture in pixels; default: as it needs.")] = None,
    preset: Annotated[
        str, typer.Option(help="Which lanes: all, customer, blueprint (a service blueprint) or numbers.")
    ] = "all",
    persona: Annotated[
        list[str] | None,
        typer.Option(help="Key of a persona: draw the map through their eyes. Several, up to five: side by side."),
    ] = None,
    measured: Annotated[bool, typer.Option(help="With the numbers measured so far, if there are any.")] = False,
    as_of: AsOf = None,
    folder: Folder = HERE,
) -> None:
    """Draw a map: SVG, PNG or PDF, by the ending of --output; without one, SVG goes to stdout."""
    if paper not in {None, "A3", "A4"}:
        raise InputError(f"'{paper}' is no paper we lay out for; use A3 or A4")
    if paper is not None and (output is None or output.suffix.lower() != ".pdf"):
        raise InputError(f"--paper {paper} lays out a PDF; add -o FILE.pdf")
    if as_of is not None and not measured:
        raise InputError("--as-of is about what was measured; add --measured")
    if width is not None and not 200 <= width <= 20_000:
        raise InputError(f"--width {width:g}: a picture is 200 to 20000 pixels wide")
    what = {"width": width, "preset": preset, "personas": persona or []}
    picture = _drawn(file, folder, map_key, measured=measured, as_of=as_of, **what)[1]
    if output is None:
        write_out(picture.text)
        return
    output.write_bytes(_rendered(picture, output, paper))
    say(f"wrote {output}")


app.command()(discover)


@app.command()
def watch(
    file: MapFile = None,
    map_key: MapKey = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port on this machine; 0: any free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    folder: Folder = HERE,
) -> None:
    """Show the map in a browser and draw it anew on every save; end with Ctrl+C."""
    from resa.cli.watch import PageServer, serve_and_watch  # noqa: PLC0415 - only here
    from resa.drawing import font_css, tokens_css  # noqa: PLC0415 - heavy; checking a map does without it

    server = PageServer(port, font_css() + tokens_css())
    drawn = ""

    def show() -> None:
        nonlocal drawn
        try:
            journey_map, picture = _drawn(file, folder, map_key)
        except InputError as error:
            print_problems(error.problems)
            server.show(_problem_list(error) + drawn, title=server.title, language=server.language)
            return
        drawn = (
            f'<div class="map" tabindex="0" role="region" aria-label="{escape(journey_map.title)}" '
            f'style="--wide:{picture.width:.0f}px">{picture.inline("map")}</div>'
        )
        server.show(drawn, title=journey_map.title, language=picture.scene.language)
        say(f"drew {journey_map.title}")

    say(f"showing the map at {server.address}; end with Ctrl+C")
    if browser:
        typer.launch(server.address)
    try:
        serve_and_watch(server, folder if file is None else file.parent, show)
    except KeyboardInterrupt:
        say("ended")


@app.command()
def schema(
    of: Annotated[SchemaOf, typer.Argument(help="Of which files: map, signals, reactions, sources.")] = "map",
    output: Output = None,
) -> None:
    """Write the JSON Schema of files that people write, for editors that complete and check while one writes."""
    if of == "sources":
        from resa.collector import source_file_schema  # noqa: PLC0415 - heavy; the others do without it

        found = source_file_schema()
    else:
        found = json_schema(of)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    if output is None:
        write_out(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
        OUT.print(f"put this line on top of the file:  # yaml-language-server: $schema={output}", markup=False)


@app.command()
def versions(
    number: Annotated[int | None, typer.Argument(min=1, help="Show the files of this version.")] = None,
    map_key: MapKey = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write them into this new folder.")] = None,
    folder: Folder = HERE,
) -> None:
    """List the versions of a map that were taken into use for measuring, or show the files of one."""
    with opened(folder) as shop:
        kept = shop.map_versions(map_key)
    if number is None:
        for place, version in enumerate(kept, start=1):
            write_out(f"{place:>4}  {version.at:%Y-%m-%d %H:%M} UTC  {version.hash[:8]}  {version.who}".rstrip())
        if not kept:
            say("no version was taken into use yet: nothing was measured by this map")
        return
    if number > len(kept):
        raise InputError(f"there is no version {number}; there are {len(kept)}")
    texts = json.loads(kept[number - 1].text)
    if output is not None and output.exists():
        raise InputError(f"{output} is there already; name a folder that is not")
    for name, text in texts.items():
        if output is None:
            write_out(f"# {name}\n{text}")
        else:
            (output / name).parent.mkdir(parents=True, exist_ok=True)
            (output / name).write_text(text, encoding="utf-8")


def _repair(folder: Path) -> None:
    fixes = fix(folder)
    if fixes.repaired:
        write_out(fixes.diff)
        fixes.write(folder)
        say(f"made {counted(fixes.repaired, 'repair')}")


def _advice(loaded: Loaded, folder: Path | None) -> list[Problem]:
    """Warnings of the reader and of the craft; with data, also what no event ever matched."""
    found = [problem for problem in loaded.problems if problem.severity == "warning"]
    if folder is not None and loaded.maps and (folder / ".resa").is_dir():
        with opened(folder) as shop:
            return found + shop.advice()
    for journey_map in loaded.maps.values():
        found += lint_map(journey_map, loaded, today=date.today())  # noqa: DTZ011 - a person's day
    return found


def _drawn(
    file: Path | None,
    folder: Path,
    key: str | None,
    *,
    measured: bool = False,
    as_of: str | None = None,
    **what: Any,
) -> tuple[JourneyMap, Svg]:
    from resa.drawing import draw_map  # noqa: PLC0415 - heavy; checking does without it

    journey_map = _only_map(file) if file is not None else load_maps(folder).map(key)
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
    from resa.drawing import MOST_PERSONAS, PRESETS, MapOptions, read_pictures  # noqa: PLC0415 - heavy; checking does without it

    if preset not in PRESETS:
        known = did_you_mean(preset, PRESETS) or f"; use {', '.join(PRESETS)}"
        raise InputError(f"there is no preset '{preset}'{known}")
    keys = tuple(dict.fromkeys(personas))
    for persona in keys:
        if persona in journey_map.persona:
            continue
        known = did_you_mean(persona, journey_map.persona) or f"; it has {', '.join(journey_map.persona) or 'none'}"
        raise InputError(f"the map has no persona '{persona}'{known}")
    if len(keys) > MOST_PERSONAS:
        raise InputError(f"{len(keys)} personas side by side cannot be told apart; name at most {MOST_PERSONAS}")
    if len(keys) > 1 and preset != "all":
        raise InputError("a preset chooses lanes of the map, which personas side by side do not have; leave it out")
    pictures = read_pictures(journey_map, beside, workspace)
    if len(keys) > 1:
        return MapOptions(width=width, personas=keys, pictures=pictures)
    return MapOptions(width=width, lanes=PRESETS[preset], persona=next(iter(keys), None), pictures=pictures)


def _written_out(journey_map: JourneyMap, several: bool) -> Iterator[str]:
    """Every signal in the order in which they are tried, as the expression that it stands for."""
    for signal in journey_map.signals:
        name = f"{journey_map.key}.{signal.touchpoint}" if several else signal.touchpoint
        said = signal.when or f"not seen: {signal.not_seen}"
        if signal.kind == "daily_number":
            said = f"the daily number '{signal.daily_number}'"
        yield f"{name}: {said}"
        if signal.occurrence is not None:
            first, last = signal.occurrence
            yield f"    occurrence {first}" if first == last else f"    occurrence {first} to {last or 'the last'}"
        yield from (f"    {word}: {text}" for word, text in (("value", signal.value), ("score", signal.score)) if text)


def _loaded_alone(file: Path) -> Loaded:
    """One map's file without the workspace around it.

    Raises:
        InputError: It is a file that belongs to maps, and no map.
    """
    if file.name == "signals.yaml" or file.resolve().parent.name in {"reactions", "sources"}:
        part = "signals" if file.name == "signals.yaml" else file.resolve().parent.name
        raise InputError(
            f"'{file}' holds {part} and is no map by itself; leave the file out, or stand in the workspace's folder, "
            + ("and run: resa collect" if part == "sources" else "to check it together with the maps")
        )
    return load_texts({str(file): file.read_bytes()})


def _only_map(file: Path) -> JourneyMap:
    loaded = _loaded_alone(file)
    if loaded.errors:
        raise MapError(loaded.errors)
    return next(iter(loaded.maps.values()))


def _rendered(picture: Svg, output: Path, paper: str | None) -> bytes:
    ending = output.suffix.lower()
    if ending == ".svg":
        return picture.text.encode()
    if ending == ".png":
        return picture.png()
    if ending == ".pdf":
        return picture.pdf("A3" if paper == "A3" else "A4" if paper == "A4" else None)
    raise InputError(f"'{output.name}': write .svg, .png or .pdf")


def _problem_list(error: InputError) -> str:
    lines = "".join(f"<li>{escape(str(problem))}</li>" for problem in error.problems)
    return (
        f'<div class="problems" role="alert"><p>Not drawn yet: put this right and save again.</p><ul>{lines}</ul></div>'
    )
