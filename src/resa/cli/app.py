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
from typer.main import get_command

from resa.base.errors import InputError, ResaError
from resa.base.masking import masked
from resa.base.version import __version__
from resa.cli.console import print_problems, say

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
        "loads": _Place("loads", "app", "What was collected, file by file; each load can be undone."),
        "rejected": _Place("rejected", "app", "Rows that were refused, kept with their reasons."),
        "measure": _Place("measure", "measure", "Ask one question of a map and its events."),
        "sql": _Place("sql", "sql", "Ask in SQL (DuckDB's)."),
        "views": _Place("views", "app", "The views of `resa sql` as files, for DuckDB, dbt and other readers."),
        "report": _Place(
            "report",
            "report",
            "Write the report: the map with its numbers, where to look first, promises, funnel, paths, "
            "what people said.",
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
            "demo",
            "simulate",
            "Draw made-up customers from simulation.yaml, or from the map alone, "
            "and write what their systems would write.",
        ),
        "demo": _Place(
            "demo",
            "demo",
            "Make a Nordic shop with stores and a club, draw its customers, collect, measure, and write a report.",
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
            self.commands = dict.fromkeys(PLACES, self)  # the names from which the nearest is suggested
            return None
        if cmd_name not in self.commands:
            place = PLACES[cmd_name]
            found = getattr(import_module(f"resa.cli.{place.module}"), place.name)
            if not isinstance(found, typer.Typer):
                single = typer.Typer(add_completion=False)
                single.command(cmd_name)(found)
                found = single
            self.commands[cmd_name] = get_command(found)
        return self.commands[cmd_name]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; it names every command, and loads none."""
        self.commands = {name: TyperCommand(name, help=place.about) for name, place in PLACES.items()}
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
) -> None:
    del version


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text that can be written
    try:
        app(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except InputError as error:
        print_problems(error.problems)
        return 1
    except ResaError as error:
        say(f"error: {error}")
        return 1
    except OSError as error:
        say(masked(f"error: {error.filename or 'a file could not be read or written'}: {error.strerror or error}"))
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
            say("see that the disk is well and has room, then run the command again: it goes on where it stopped")
        return 1
    return 0
