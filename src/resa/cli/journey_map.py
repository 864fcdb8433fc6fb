"""`resa map`: check, draw, watch, discover, import, export, tracking, versions, schema: in the help as one works."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from resa.base.errors import InputError, Problem
from resa.base.language import sentence, sentences
from resa.cli.console import OUT, counted, print_problems, say, write_out
from resa.cli.discover import discover
from resa.cli.map_exchange import export, import_
from resa.cli.map_pictures import MapFile, Measured, OfPersona, OnPaper, Preset, drawn_map, known_paper, loaded_alone
from resa.cli.options import HERE, AsOf, Folder, MapKey, Output, opened
from resa.cli.speaking import told
from resa.cli.tracking import tracking
from resa.journey_map import Loaded, fix, json_schema, load_maps
from resa.journey_map import lint as lint_map
from resa.model.journey import JourneyMap

__all__ = ["app"]

app = typer.Typer(
    help="Journey maps: check them, draw them, watch them while you write, discover a first one.",
    no_args_is_help=True,
    add_completion=False,
)

SchemaOf = Literal["map", "signals", "segments", "traits", "reactions", "sources", "identity", "consent"]


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
            raise InputError(sentence("--fix works on a whole workspace; leave the file out, or stand in its folder"))
        _repair(folder)
    loaded = load_maps(folder) if file is None else loaded_alone(file)
    rules = [read for name, read in _RULES.items() if file is None and (folder / name).exists()]
    errors = [*loaded.errors, *(problem for read in rules for problem in read(folder))]
    advice = [] if quiet else _advice(loaded, folder if file is None and len(errors) == len(loaded.errors) else None)
    print_problems(errors)
    print_problems(advice)
    if errors:
        if not loaded.files:
            raise typer.Exit(1)
        files = counted(len(loaded.files) + len(rules), "file")
        say(sentence("{errors} in {files}", errors=counted(len(errors), "error"), files=files))
        raise typer.Exit(1)
    if signals:
        write_out("\n".join(line for one in loaded.maps.values() for line in _written_out(one, len(loaded.maps) > 1)))
    maps = counted(len(loaded.maps), "map")
    if advice:
        kept = sentences("{n} piece of advice", "{n} pieces of advice", len(advice))
        say(sentence("{maps}: no errors, {advice}", maps=maps, advice=kept))
    else:
        say(sentence("{maps}: no errors", maps=maps))


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
        raise InputError(sentence("--as-of is about what was measured; add --measured"))
    if width is not None and not 200 <= width <= 20_000:
        raise InputError(sentence("--width {width:g}: a picture is 200 to 20000 pixels wide", width=width))
    what = {"width": width, "preset": preset, "personas": persona or []}
    picture = drawn_map(file, folder, map_key, measured=measured, as_of=as_of, **what)[1]
    if output is None:
        if sys.stdout.isatty():
            raise InputError(
                sentence("a picture cannot be shown here; say where to write it: -o map.svg or -o map.pdf")
            )
        write_out(picture.text)
        return
    output.write_bytes(picture.file(output.suffix.lower().removeprefix("."), laid_out_for))
    say(sentence("wrote {path}", path=output))


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
        say(sentence("drew {title}", title=journey_map.title))

    say(sentence("showing the map at {address}; end with Ctrl+C", address=server.address))
    if browser:
        typer.launch(server.address)
    try:
        serve_and_watch(server, folder if file is None else file.parent, show)
    except KeyboardInterrupt:
        say(sentence("ended"))


app.command()(discover)
app.command("import")(import_)
app.command("export")(export)
app.command()(tracking)


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
            say(sentence("no version was taken into use yet: nothing was measured by this map"))
        return
    if number > len(kept):
        raise InputError(sentence("there is no version {number}; there are {count}", number=number, count=len(kept)))
    texts = json.loads(kept[number - 1].text)
    if output is not None and output.exists():
        raise InputError(sentence("{output} is there already; name a folder that is not", output=output))
    for name, text in texts.items():
        if output is None:
            write_out(f"# {name}\n{text}")
        else:
            (output / name).parent.mkdir(parents=True, exist_ok=True)
            (output / name).write_text(text, encoding="utf-8")


@app.command()
def schema(
    of: Annotated[
        SchemaOf,
        typer.Argument(help="Of which files: map, signals, segments, traits, reactions, sources, identity, consent."),
    ] = "map",
    output: Output = None,
) -> None:
    """Write the JSON Schema of files that people write, for editors that complete and check while one writes."""
    if of == "sources":
        from resa.collector import source_file_schema  # noqa: PLC0415 - heavy; the others do without it

        found = source_file_schema()
    elif of == "identity":
        from resa.identity import rules_schema  # noqa: PLC0415 - heavy; the others do without it

        found = rules_schema()
    elif of == "consent":
        from resa.consent import consent_schema  # noqa: PLC0415 - heavy; the others do without it

        found = consent_schema()
    else:
        found = json_schema(of)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    if output is None:
        write_out(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
        line = f"# yaml-language-server: $schema={output}"
        OUT.print(told(sentence("put this line on top of the file:  {line}", line=line)), markup=False)


def _repair(folder: Path) -> None:
    fixes = fix(folder)
    if fixes.repaired:
        write_out(fixes.diff)
        fixes.write(folder)
        say(sentences("made {n} repair", "made {n} repairs", fixes.repaired))


def _problems_of_rules(folder: Path) -> Sequence[Problem]:
    """What is wrong with `identity.yaml`."""
    from resa.identity import read_rules  # noqa: PLC0415 - heavy; most workspaces have no such file

    return _problems_of(read_rules, folder)


def _problems_of_consent(folder: Path) -> Sequence[Problem]:
    """What is wrong with `consent.yaml`."""
    from resa.consent import read_consent_rules  # noqa: PLC0415 - see above

    return _problems_of(read_consent_rules, folder)


def _problems_of(read: Callable[[Path], object], folder: Path) -> Sequence[Problem]:
    try:
        read(folder)
    except InputError as error:
        return error.problems
    return ()


_RULES: Final = {"identity.yaml": _problems_of_rules, "consent.yaml": _problems_of_consent}
"""Files beside the maps that are checked with them."""


def _advice(loaded: Loaded, folder: Path | None) -> list[Problem]:
    """Warnings of the reader and of the craft; with data, also what no event ever matched."""
    found = [problem for problem in loaded.problems if problem.severity == "warning"]
    beside = folder is not None and any((folder / name).exists() for name in (".resa", "consent.yaml"))
    if folder is not None and loaded.maps and beside:
        with opened(folder) as shop:
            return found + shop.advice()
    for journey_map in loaded.maps.values():
        found += lint_map(journey_map, loaded, today=date.today())  # noqa: DTZ011 - a person's day
    return found


def _written_out(journey_map: JourneyMap, several: bool) -> Iterator[str]:
    """Every signal in the order in which they are tried, as the expression that it stands for."""
    for signal in journey_map.signals:
        name = f"{journey_map.key}.{signal.touchpoint}" if several else signal.touchpoint
        said = signal.when or told(sentence("not seen: {why}", why=signal.not_seen))
        if signal.kind == "daily_number":
            said = told(sentence("the daily number '{name}'", name=signal.daily_number))
        yield f"{name}: {said}"
        if signal.occurrence is not None:
            first, last = signal.occurrence
            occurrence = (
                sentence("occurrence {first}", first=first)
                if first == last
                else sentence("occurrence {first} to {last}", first=first, last=last or sentence("the last"))
            )
            yield f"    {told(occurrence)}"
        yield from (f"    {word}: {text}" for word, text in (("value", signal.value), ("score", signal.score)) if text)


def _problem_list(error: InputError) -> str:
    lines = "".join(f"<li>{escape(f'{one.place} {told(one.message)}'.strip())}</li>" for one in error.problems)
    said = escape(told(sentence("Not drawn yet: put this right and save again.")))
    return f'<div class="problems" role="alert"><p>{said}</p><ul>{lines}</ul></div>'
