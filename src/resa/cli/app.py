"""All commands in one tree, and what happens when one of them fails."""

from __future__ import annotations

import errno
import sys
from collections.abc import Mapping
from importlib import import_module
from io import TextIOWrapper
from types import MappingProxyType
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from resa.base.errors import InputError, ResaError
from resa.base.language import as_it_is, pattern, sentence, spoken
from resa.base.masking import masked
from resa.base.version import __version__
from resa.cli.console import print_problems, say
from resa.cli.helping import in_own_words, show_mistake
from resa.cli.speaking import settle_language, told

__all__ = ["EXIT_CODES", "PLACES", "app", "run"]


class _Place(NamedTuple):
    """Where a command is written, and what the help of `resa` says of it without loading it."""

    module: str
    name: str
    about: str


PLACES: Final[Mapping[str, _Place]] = MappingProxyType(
    {
        "new": _Place(
            "new",
            "new",
            "Make a workspace: a map, its signals, its sources, and a place for data that git leaves alone.",
        ),
        "map": _Place(
            "journey_map",
            "app",
            "Journey maps: check them, draw them, watch them while you write, discover a first one.",
        ),
        "collect": _Place("collect", "collect", "Read files into the workspace."),
        "sources": _Place(
            "sources",
            "sources",
            "Show all sources: when each ran, what it brought, how far behind it is, when it runs next, "
            "and its last error.",
        ),
        "serve": _Place(
            "serve",
            "serve",
            "Take events over HTTP, from Segment's clients and webhooks; keep the map's numbers current, until Ctrl+C.",
        ),
        "tail": _Place("tail", "tail", "Show what comes in as it comes in, and what is refused and why, until Ctrl+C."),
        "keys": _Place("keys", "app", "Keys of those who send events over HTTP, or ask its API."),
        "people": _Place("people", "app", "People who may sign in, each in a role."),
        "links": _Place(
            "links", "app", "Links and pixels for mails and posts: signed, so that nobody else can make one."
        ),
        "loads": _Place("loads", "app", "What was collected, file by file; each load can be undone."),
        "rejected": _Place("rejected", "app", "Rows that were refused, kept with their reasons."),
        "measure": _Place("measure", "measure", "Ask one question of a map and its events."),
        "identity": _Place("identity", "app", "Who is who: which identifiers are one customer, and why."),
        "customer": _Place("customer", "app", "One customer: what she is called, what is known, what she did."),
        "consent": _Place("consent", "app", "What customers agreed to, with proof: given, withdrawn, imported, shown."),
        "segments": _Place(
            "segments",
            "app",
            "Segments: customers that an expression selects, kept current: how many, who, who entered and left.",
        ),
        "sql": _Place("sql", "sql", "Ask in SQL (DuckDB's)."),
        "views": _Place("views", "app", "The views of `resa sql` as files, for DuckDB, dbt and other readers."),
        "report": _Place(
            "report",
            "report",
            "Write the report: the map with its numbers, where to look first, promises, funnel, paths, "
            "what people said.",
        ),
        "tell": _Place(
            "tell",
            "tell",
            "Tell owners what concerns them, by mail and webhook: what happened and was not told yet; on Mondays, "
            "how it went.",
        ),
        "settings": _Place(
            "settings",
            "settings",
            "Show all settings with their values, and where each was said: "
            "in resa.toml, by the environment, or nowhere.",
        ),
        "audit": _Place("audit", "audit", "List who saw and changed what, the newest first."),
        "expire": _Place(
            "expire",
            "expire",
            "Take away data that are older than `keep_events` and the other settings say; "
            "`resa serve` does it once a day.",
        ),
        "backup": _Place(
            "backing_up",
            "backup",
            "Copy a whole workspace into a new folder, also while it is served; nothing of it stops.",
        ),
        "restore": _Place(
            "backing_up", "restore", "Make a workspace of a backup, in a folder that is new or empty, and verify it."
        ),
        "verify": _Place(
            "care", "verify", "Count everything again and compare it with what is stored; exit 1 if anything differs."
        ),
        "rebuild": _Place("care", "rebuild", "Delete everything derived and make it anew from the event files."),
        "compact": _Place("care", "compact", "Join small event files; no number changes."),
        "warm": _Place(
            "care", "warm", "Compile the measuring kernels now, so that the first question need not wait for it."
        ),
        "simulate": _Place(
            "simulate",
            "simulate",
            "Draw made-up customers from simulation.yaml, or from the map alone, "
            "and write what their systems would write.",
        ),
        "demo": _Place(
            "demo",
            "demo",
            "Make a Nordic shop with stores and a club, a year old: collect, measure, report, show it in a browser.",
        ),
    }
)
"""Each command: module of `resa.cli`, name in it, and the first sentence of its help."""


EXIT_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "Done. Rows that were refused are no failure: `resa rejected list` shows them.",
        1: "Something given or found is wrong, and was said; or nobody read what was written to a closed pipe.",
        2: "The command line itself is wrong: nothing was done.",
        130: "Stopped by Ctrl+C. What was stored before stays, and is whole.",
    }
)
"""What the exit codes of all commands mean."""


class _Commands(TyperGroup):
    """The commands, each loaded when it is asked for: drawing a map need not load what measures one."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the help."""
        del ctx
        return list(PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command, loaded now; `None` if there is none of this name."""
        del ctx
        if cmd_name not in PLACES:
            below = (f"map {name}" for name in self.get_command(None, "map").commands)
            self.commands = dict.fromkeys([*PLACES, *below], self)  # the names from which the nearest is suggested
            return None
        if cmd_name not in self.commands:
            place = PLACES[cmd_name]
            found = getattr(import_module(f"resa.cli.{place.module}"), place.name)
            if not isinstance(found, typer.Typer):
                single = typer.Typer(add_completion=False)
                single.command(cmd_name)(found)
                found = single
            self.commands[cmd_name] = in_own_words(get_command(found))
        return self.commands[cmd_name]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; it names every command, and loads none."""
        self.commands = {name: TyperCommand(name, help=told(as_it_is(place.about))) for name, place in PLACES.items()}
        super().format_help(ctx, formatter)


app = typer.Typer(
    name="resa",
    cls=_Commands,
    help="A customer-journey map that runs: draw it, measure it on real events, see where and why customers leave.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"resa {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    language: Annotated[
        str | None,
        typer.Option(help="Speak en, sv, nb or hu; default: RESA_LANGUAGE, resa.toml, the system's locale."),
    ] = None,
) -> None:
    del version
    if language is not None and spoken(language) is None:
        raise typer.BadParameter(
            sentence("'{value}' is not a language that Resa speaks; write en, sv, nb or hu", value=language),
            param_hint="'--language'",
        )


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text that can be written
    settle_language(arguments)
    try:
        code = in_own_words(get_command(app))(arguments, standalone_mode=False)
    except SystemExit as stop:
        code = stop.code
    except (typer.Abort, TyperException, ResaError, OSError) as error:
        return _told(error)
    return code if isinstance(code, int) else 0


def _told(error: Exception) -> int:
    """Say what went wrong, and give the exit code."""
    match error:
        case TyperException():
            return show_mistake(error)
        case InputError():
            print_problems(error.problems)
        case ResaError():
            say(sentence("error: {message}", message=error.message))
        case OSError():
            place = masked(str(error.filename)) if error.filename else sentence("a file could not be read or written")
            said = as_it_is(masked(str(error.strerror or error)))
            say(sentence("error: {place}: {message}", place=place, message=said))
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
                say(_GO_ON)
        case _:
            say(sentence("Aborted."))
    return 1


_GO_ON: Final = sentence(
    "see that the disk is well and has room, then run the command again: it goes on where it stopped"
)
_SYSTEM: Final = (
    pattern("No such file or directory"),
    pattern("Permission denied"),
    pattern("Is a directory"),
    pattern("Not a directory"),
    pattern("File exists"),
    pattern("No space left on device"),
    pattern("Read-only file system"),
    pattern("Input/output error"),
)
"""What the system says of files, so that the catalogues have it."""
