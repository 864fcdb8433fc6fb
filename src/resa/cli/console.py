"""What a person sees in the terminal: data on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import typer
from rich.console import Console
from rich.markup import escape

from resa.base.errors import Problem
from resa.base.language import Sentence, sentence, sentences
from resa.base.program import program_at
from resa.cli.speaking import told

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["ERRORS", "OUT", "agreed", "counted", "print_problems", "program", "progress_bar", "say", "write_out"]

OUT = Console(soft_wrap=True, highlight=False)
"""For data. Plain when it is not a terminal, or NO_COLOR is set."""

ERRORS = Console(stderr=True, soft_wrap=True, highlight=False)
"""For messages, problems and progress."""


def say(text: Sentence) -> None:
    """Tell the person something, in her language; it is no data, so it goes to stderr."""
    _tell(escape(told(text)))


def program() -> str:
    """How this program is called where one stands: by its name where a terminal finds that, else by its path."""
    return program_at(Path(sys.argv[0]))


def _tell(markup: str) -> None:
    """Write a line to stderr. Where that fails nobody can be told, and what was done counts all the same."""
    with suppress(OSError):
        ERRORS.print(markup)


_COUNTED: Final[Mapping[str, Callable[[int], Sentence]]] = MappingProxyType(
    {
        "arrow": lambda n: sentences("{n} arrow", "{n} arrows", n),
        "customer": lambda n: sentences("{n} customer", "{n} customers", n),
        "error": lambda n: sentences("{n} error", "{n} errors", n),
        "event": lambda n: sentences("{n} event", "{n} events", n),
        "file": lambda n: sentences("{n} file", "{n} files", n),
        "map": lambda n: sentences("{n} map", "{n} maps", n),
        "persona": lambda n: sentences("{n} persona", "{n} personas", n),
        "row": lambda n: sentences("{n} row", "{n} rows", n),
        "stage": lambda n: sentences("{n} stage", "{n} stages", n),
        "touchpoint": lambda n: sentences("{n} touchpoint", "{n} touchpoints", n),
    }
)


def counted(number: int, word: str) -> Sentence:
    """`1 row`, `2,000 rows`."""
    return _COUNTED[word](number)


def write_out(content: str | bytes) -> None:
    """Write data to stdout exactly as they are."""
    if isinstance(content, bytes):
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(content if content.endswith("\n") else content + "\n")
        sys.stdout.flush()


_WARNING = sentence("warning: ")
_ERROR = sentence("error: ")
_YES = sentence("y")
_NO = sentence("n")


def agreed(question: Sentence) -> bool:
    """Ask whether something is right; Enter says yes, and so does its first letter in English or her language."""
    yes, no = told(_YES), told(_NO)
    choices = f"{told(question)} [{yes.upper()}/{no}]"
    while True:
        answer = typer.prompt(choices, default="", show_default=False, err=True)
        letter = answer.strip().casefold()[:1]
        if letter in {"", yes, "y"}:
            return True
        if letter in {no, "n"}:
            return False
        say(sentence("answer {yes} or {no}", yes=yes, no=no))


def print_problems(problems: Iterable[Problem]) -> None:
    """Print each problem on a line: its place first, so that editors can jump there, then what to do."""
    for problem in problems:
        colour = "yellow" if problem.severity == "warning" else "red"
        place = f"[bold]{escape(told(problem.place))}[/bold] " if problem.place else ""
        word = _WARNING if problem.severity == "warning" else _ERROR if not problem.place else ""
        _tell(f"{place}[{colour}]{told(word)}[/{colour}]{escape(told(problem.message))}")


@contextmanager
def progress_bar(title: Sentence) -> Iterator[Progress]:
    """A progress bar on stderr that vanishes when the work is done; silent when stderr is no terminal."""
    from rich.progress import (  # noqa: PLC0415 - only where something takes long
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=ERRORS,
        transient=True,
        disable=not ERRORS.is_terminal or os.environ.get("TERM") == "dumb",
    ) as progress:
        progress.add_task(told(title), total=None)
        yield progress
