"""All commands in one tree, and what happens when one of them fails."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from resa.base.errors import InputError, ResaError
from resa.base.version import __version__
from resa.cli.console import print_problems, say

__all__ = ["app", "run"]

_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "new": "new:new",
        "map": "journey_map:app",
        "collect": "collect:collect",
        "loads": "loads:app",
        "rejected": "rejected:app",
        "measure": "measure:measure",
        "sql": "sql:sql",
        "report": "report:report",
        "verify": "care:verify",
        "rebuild": "care:rebuild",
        "compact": "care:compact",
        "warm": "care:warm",
        "simulate": "demo:simulate",
        "demo": "demo:demo",
    }
)
"""Where each command is written: module of `resa.cli`, and name in it."""


class _Commands(TyperGroup):
    """The commands, each loaded when it is asked for: drawing a map need not load what measures one."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the help."""
        del ctx
        return list(_PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command, loaded now; `None` if there is none of this name."""
        del ctx
        if cmd_name not in _PLACES:
            self.commands = dict.fromkeys(_PLACES, self)  # the names from which the nearest is suggested
            return None
        if cmd_name not in self.commands:
            module, _, name = _PLACES[cmd_name].partition(":")
            found = getattr(import_module(f"resa.cli.{module}"), name)
            if not isinstance(found, typer.Typer):
                single = typer.Typer(add_completion=False)
                single.command(cmd_name)(found)
                found = single
            self.commands[cmd_name] = get_command(found)
        return self.commands[cmd_name]


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
