"""All commands in one tree, and what happens when one of them fails."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from resa.base.errors import InputError, ResaError
from resa.base.version import __version__
from resa.cli import care, collect, journey_map, loads, rejected
from resa.cli.console import print_problems, say
from resa.cli.demo import demo, simulate
from resa.cli.measure import measure
from resa.cli.new import new
from resa.cli.report import report
from resa.cli.sql import sql

__all__ = ["app", "run"]

app = typer.Typer(
    name="resa",
    help="A customer-journey map that runs: draw it, measure it on real events, see where and why customers leave.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(new)
app.add_typer(journey_map.app, name="map")
app.command()(collect.collect)
app.add_typer(loads.app, name="loads")
app.add_typer(rejected.app, name="rejected")
app.command()(measure)
app.command()(sql)
app.command()(report)
app.command()(care.verify)
app.command()(care.rebuild)
app.command()(care.compact)
app.command()(care.warm)
app.command()(simulate)
app.command()(demo)


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
        say(f"error: {error.filename or 'a file'}: {error.strerror or error}")
        return 1
    return 0
