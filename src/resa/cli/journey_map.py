"""`resa map`: check, draw, watch, discover, schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from resa.base.errors import InputError, Problem
from resa.cli.console import OUT, counted, print_problems, say, write_out
from resa.cli.discover import discover
from resa.cli.map_exchange import export, import_
from resa.cli.map_pictures import MapFile, Measured, OfPersona, OnPaper, Preset, drawn_map, known_paper, loaded_alone
from resa.cli.options import HERE, AsOf, Folder, MapKey, Output, opened
from resa.journey_map import Loaded, fix, json_schema, load_maps
from resa.journey_map import lint as lint_map
from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    pass

__all__ = ["app"]

app = typer.Typer(
    help="Journey maps: check them, draw them, watch them while you write, discover a first one.", no_args_is_help=True
)

app.command("export")(export)
app.command("import")(import_)

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
    loaded = load_maps(folder) if file is None else loaded_alone(file)
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
    paper: OnPaper = None,
    width: Annotated[float | None, typer.Option(help="Width of the picture in pixels; default: as it needs.")] = None,
    preset: Preset = "all",
    persona: OfPersona = None,
    measured: Measured = False,
    as_of: AsOf = None,
    folder: Folder = HERE,
) -> None:
    """Draw a map: SVG, PNG, PDF or PPTX, by the ending of --output; without one, SVG goes to stdout."""
    laid_out_for = known_paper(paper, output)
    if as_of is not None and not measured:
        raise InputError("--as-of is about what was measured; add --measured")
    if width is not None and not 200 <= width <= 20_000:
        raise InputError(f"--width {width:g}: a picture is 200 to 20000 pixels wide")
    what = {"width": width, "preset": preset, "personas": persona or []}
    picture = drawn_map(file, folder, map_key, measured=measured, as_of=as_of, **what)[1]
    if output is None:
        write_out(picture.text)
        return
    output.write_bytes(picture.file(output.suffix.lower().removeprefix("."), laid_out_for))
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
            journey_map, picture = drawn_map(file, folder, map_key)
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


def _problem_list(error: InputError) -> str:
    lines = "".join(f"<li>{escape(str(problem))}</li>" for problem in error.problems)
    return (
        f'<div class="problems" role="alert"><p>Not drawn yet: put this right and save again.</p><ul>{lines}</ul></div>'
    )
