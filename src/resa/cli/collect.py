"""`resa collect`: files of rows become events; a new file first gets a source file, after it was understood."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.progress import Progress as Bars

from resa.analytics import table_text
from resa.base.errors import InputError, Problem, SourceError
from resa.base.language import NOTHING, as_it_is, pattern, sentence, sentences
from resa.cli.console import agreed, counted, print_problems, progress_bar, say
from resa.cli.options import HERE, Folder, opened, warn_of_maps
from resa.cli.speaking import spoken_in_terminal, told
from resa.collector import WORDS, LoadReport, Progress, Understanding, said_again
from resa.workspace import Workspace
from resa.workspace.folders import chosen

__all__ = ["collect", "show_reports"]


def collect(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Sources, by name, or one new file. Default: all sources."),
    ] = None,
    *,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            help="For a new file: `occurred_at=time`, `event=purchase`, `customer=user`, `timezone=…`; repeat it.",
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="For a new file: events, customers, feedback, daily_numbers, lookup.")
    ] = "events",
    name: Annotated[
        str | None, typer.Option(help="For a new file: what the source is called. Default: as the file.")
    ] = None,
    replace: Annotated[
        bool, typer.Option(help="Undo earlier loads of the same files, once the files were read to their ends.")
    ] = False,
    due: Annotated[
        bool, typer.Option("--due", help="Only sources whose schedule (`every:`, `at:`) says that it is time.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write the source file without asking.")] = False,
    folder: Folder = HERE,
) -> None:
    """Read files into the workspace. Good rows go in; bad ones are kept with their reason; nothing counts twice."""
    from resa.workspace.collecting import collect_sources, due_sources  # noqa: PLC0415 - heavy; only here

    names = what or []
    if due and (replace or given is not None or name is not None):
        raise typer.BadParameter(sentence("--due goes on with what there is; leave --replace, --as and --name out"))
    with opened(folder, measures=True) as shop:
        if given is None and name is None:
            names = [_known_file(shop, one) or one for one in names]
            _one_new_file(shop, names)
        if given is not None or name is not None or (len(names) == 1 and _is_new_file(shop, names[0])):
            if len(names) != 1:
                raise InputError(
                    sentence(
                        "name the one file that --as or --name describes: resa collect FILE --as occurred_at=… event=…"
                    )
                )
            names = [_new_source(shop, names[0], _pairs(given or []), kind, name, yes=yes)]
        sources = chosen(shop.sources, names)
        if due and not (sources := due_sources(sources, shop.store)):
            say(sentence("no source is due"))
            return
        try:
            with _progress() as tell:
                reports, problems = collect_sources(shop, sources, replace=replace, progress=tell)
        except KeyboardInterrupt:
            say(sentence("what is in stays in; for the rest run the same command again"))
            raise
        show_reports(reports)
        _tell_of_nobody(shop)
        warn_of_maps(shop)
    if problems:
        raise SourceError(problems)


def _tell_of_nobody(shop: Workspace) -> None:
    """Say how many events are kept that are nobody's."""
    if nobody := shop.store.index().nobody:
        say(
            sentences(
                "{n} event names nobody (placeholders, or what cannot be read): kept, but no customer's",
                "{n} events name nobody (placeholders, or what cannot be read): kept, but no customer's",
                nobody,
            )
        )


def show_reports(reports: list[LoadReport]) -> None:
    """Say what became of every file."""
    rows = []
    for report in reports:
        for file in report.files:
            notes = [sentence(_STATES[file.state])] if file.state in _STATES else []
            notes += [
                sentence("{n} {reason}", n=count, reason=WORDS.get(reason, reason))
                for reason, count in file.reasons.most_common()
            ]
            if file.without_customer:
                notes.append(sentence("{n} without a customer, counted by day", n=file.without_customer))
            if file.late:
                notes.append(sentence("{n} came late", n=file.late))
            if file.without_cursor:
                notes.append(sentence("{n} without a cursor, not read", n=file.without_cursor))
            notes += [file.note] if file.note else []
            rows.append(
                {
                    "source": report.source,
                    "file": file.file,
                    "rows": file.rows_read,
                    "good": file.good,
                    "rejected": file.rejected,
                    "duplicate": file.duplicate,
                    "": "; ".join(map(told, notes)),
                }
            )
    if rows:
        _say_table(pa.Table.from_pylist(rows))
    else:
        say(sentence("there is no source yet; name a file: resa collect FILE"))


_STATES = {"unchanged": pattern("unchanged, left alone"), "nothing new": pattern("nothing new")}


def _say_table(table: pa.Table) -> None:
    say(as_it_is(table_text(table, spoken_in_terminal())))


def _pairs(given: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name or not value:
            raise InputError(
                sentence("write --as target=column, such as --as occurred_at=time; not '{word}'", word=word)
            )
        pairs[name] = value
    return pairs


def _is_new_file(shop: Workspace, name: str) -> bool:
    return name not in shop.sources and ("://" in name or Path(name).suffix != "" or Path(name).exists())


def _known_file(shop: Workspace, name: str) -> str | None:
    """The one source that reads just this file, so that a file may be collected again by its own name."""
    if name in shop.sources or "://" in name:
        return None
    file = Path(name).resolve()
    paths = {key: source.shape.path for key, source in shop.sources.items() if source.shape.path}
    found = [key for key, path in paths.items() if (shop.folder / path).resolve() == file]
    return found[0] if len(found) == 1 else None


def _one_new_file(shop: Workspace, names: list[str]) -> None:
    """Refuse several new files at once, and a name with spaces that the shell has taken apart."""
    if len(names) < 2:
        return
    whole = " ".join(names)
    if Path(whole).is_file():
        raise InputError(sentence('a name with spaces needs quotation marks: resa collect "{name}"', name=whole))
    for name in names:
        if _is_new_file(shop, name):
            raise InputError(sentence("'{name}' is new: collect new files one at a time", name=name))


def _new_source(shop: Workspace, path: str, given: dict[str, str], kind: str, name: str | None, *, yes: bool) -> str:
    """Show what is understood of a file, write its source file, and give the source's name."""
    found = shop.understand(path, given, kind=kind, name=name)
    _show(found)
    print_problems(found.problems)
    if found.missing:
        raise InputError(Problem(message=message) for message in found.missing.values())
    if found.trial is None:
        raise InputError(sentence("the file does not fit; see above"))
    if not yes and sys.stdin.isatty() and not agreed(sentence("Is this right?")):
        raise typer.Exit(1)
    target = shop.write_source(found)
    written, command = target.relative_to(shop.folder), f"resa collect {found.name} --replace"
    say(sentence("wrote {path}; if you change it, run: {command}", path=written, command=command))
    return found.name


def _show(found: Understanding) -> None:
    shown = found.samples()
    columns = [
        {
            "column": column.name,
            "kind": told(as_it_is(column.kind)),
            "filled": f"{column.filled:.0%}",
            "for instance": ", ".join(shown[column.name])[:60],
        }
        for column in found.columns
    ]
    _say_table(pa.Table.from_pylist(columns))
    say(NOTHING)
    if found.mapping:
        _say_table(pa.table({"becomes": list(found.mapping), "from": list(found.mapping.values())}))
        say(NOTHING)
    for name, value in found.settings.items():
        say(as_it_is(f"{name}: {value}"))
    for note in found.notes:
        say(note)
    if found.left_out:
        say(
            sentence(
                "left out, because journeys do not need what looks personal: {names}", names=", ".join(found.left_out)
            )
        )
    if found.trial is not None:
        say(
            sentence(
                "of the first {rows} {good} would go in",
                rows=counted(found.trial.rows, "row"),
                good=found.trial.good,
            )
        )
        for reason, count in found.trial.rejected.most_common():
            say(sentence("  {n} would be refused: {reason}", n=count, reason=said_again(reason)))


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    with progress_bar(sentence("collecting")) as bars:
        yield _teller(bars)


def _teller(bars: Bars) -> Callable[[Progress], None]:
    task = bars.task_ids[0]

    def tell(progress: Progress) -> None:
        bars.update(
            task, description=progress.file, completed=progress.position, total=progress.length or None, refresh=True
        )

    return tell
