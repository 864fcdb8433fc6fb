"""`resa measure`: one question, its answer as a table, JSON, CSV, Excel, Parquet or Arrow; its SQL; its customers."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer

from resa.analytics import KINDS, TABLE_FILES, Question, Result, csv_bytes, question_from, table_text
from resa.base.errors import InputError
from resa.base.language import one_of, sentence
from resa.cli.asking import Asked, with_asked
from resa.cli.console import say, write_out
from resa.cli.options import HERE, Folder, opened, writable
from resa.cli.speaking import spoken_in_terminal
from resa.drawing import PICTURE_FILES
from resa.segments import LIST_FILES
from resa.workspace import Workspace
from resa.workspace.listed_customers import counted_table

__all__ = ["Format", "HowToWrite", "chosen_format", "measure", "write_table", "write_tables", "write_text"]

Kind = StrEnum("Kind", {kind: kind for kind in KINDS})  # type: ignore[misc]  # made from data, which mypy cannot follow

_POSITIONAL = {
    "funnel": "steps",
    "expectations": "names",
    "trend": "of",
    "planned": "plans",
    "conformance": "plans",
    "improvements": "names",
    "metrics": "names",
    "channels": "of",
}

_EXAMPLES = {"funnel": "product_page cart purchase", "trend": "cart.purchase"}
"""What is named, where something must be."""

_LEFT_OUT = {
    "expectations": (
        *("kind", "after", "next", "cancelled", "difference", "young_met", "young_cancelled"),
        *("customers", "customers_met", "p90_seconds"),
    ),
    "process": ("mean_seconds",),
    "friction": ("until", "low", "high", "customers", "p_value"),
    "improvements": ("before_met", "after_met", "days"),
}
"""Columns that only say more of what is shown already, by kind of question."""


class Format(StrEnum):
    """How an answer is written."""

    table = "table"
    json = "json"
    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"
    arrow = "arrow"


_LONGEST_NUMBER = 18

_OF_CUSTOMERS = ["customer", "count", "identifiers", "at", "touchpoint", "events"]
"""What a screen shows of the customers behind a number; files have all columns."""

HowToWrite = Annotated[
    Format | None, typer.Option("--format", help="How to write the rows; default: by the ending of --output.")
]

_ENDINGS = {".txt": Format.table, **{f".{how}": how for how in Format if how is not Format.table}}
_PICTURES = tuple(f".{form}" for form in PICTURE_FILES)


def chosen_format(
    said: Format | None, output: Path | None, *, otherwise: Format = Format.table, pictures: bool = False
) -> Format:
    """How to write: as was said, else by the ending of the file's name, else `otherwise`.

    Args:
        said: By `--format`.
        output: The file; `None`: stdout.
        otherwise: Where neither tells.
        pictures: Whether a picture could have been asked for, too.

    Raises:
        InputError: The ending is none that tells how to write.
    """
    if said is not None or output is None or not output.suffix:
        return said or otherwise
    found = _ENDINGS.get(output.suffix.lower())
    if found is None:
        listed = one_of(_ENDINGS)
        if pictures:
            listed = sentence("{ending} (a picture), {others}", ending=one_of(_PICTURES), others=listed)
        raise InputError(
            sentence(
                "'{output}': the ending says how to write, by {listed}; or say it with --format",
                output=output.name,
                listed=listed,
            )
        )
    return found


@with_asked
def measure(
    kind: Annotated[Kind, typer.Argument(help="What to ask.")],
    what: Annotated[
        list[str] | None,
        typer.Argument(help="funnel: its steps (`a,b`: any of, `a?`: optional); expectations: names; trend: of what."),
    ] = None,
    *,
    asked: Asked,
    show_format: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How to write the answer; default: by the ending of --output. A table on a screen leaves columns out.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            callback=writable,
            help="Write to this file: .txt, .json, .csv, .xlsx, .parquet or .arrow; drawn: .svg, .png, .pdf or .pptx.",
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(help="Another table of the answer. Expectations: `instead`, what came instead, or `curve`."),
    ] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SELECT that gives the same answer.")] = False,
    customers: Annotated[
        list[str] | None,
        typer.Option(help="List the customers behind a number: `column=missed`, `step=2`, …; may be repeated."),
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Ask one question of a map and its events."""
    ending = "" if output is None or show_format or sql or customers else output.suffix.lower().removeprefix(".")
    if ending in PICTURE_FILES:
        how = ending
    else:
        how = Format.table if sql else chosen_format(show_format, output, pictures=not customers)
    document = {"kind": kind.value, **asked.document}
    for name, named in _what(kind.value, what or []).items():
        if name in document:
            raise InputError(
                sentence(
                    "the words behind '{kind}' say the same as {option}; leave {option} out",
                    kind=kind.value,
                    option="--" + name,
                )
            )
        document[name] = named
    if part == "curve":
        document["curve"] = True
    with opened(folder, measures=True) as shop:
        document["map"] = shop.map(asked.map_key).key
        if customers is not None:
            shop.audit.note("measure.customers", question=kind.value)
        question = question_from(document)
        if customers is not None and not sql:
            table = _customers(shop, question, customers, part)
            short = Format(how) is Format.table and output is None
            _write_customers(table.select(_OF_CUSTOMERS) if short else table, Format(how), output)
            if output is not None:
                say(sentence("wrote {path}", path=output))
        else:
            _show(shop.measure.ask(question), how, output, part=part, sql=sql)


def _show(result: Result, how: str, output: Path | None, *, part: str | None, sql: bool) -> None:
    """Write an answer, or what stands behind it; `how` is a format, or the ending of a picture."""
    if sql:
        write_text(result.sql(part), output)
    elif how == Format.json:
        write_text(result.json(indent=2), output)
    elif how == Format.table:
        write_text(
            result.text(
                _short(result) if part is None and output is None else None, part=part, language=spoken_in_terminal()
            ),
            output,
        )
    else:
        _write_bytes(result.file(how, part=part), output)
    if output is not None:
        say(sentence("wrote {path}", path=output))


def _short(result: Result) -> list[str] | None:
    """The columns that fit a screen, where they do not all; JSON, CSV and files have them all."""
    left_out = _LEFT_OUT.get(result.kind)
    if left_out is None or result.question.compare:
        return None
    table = result.table
    # Without what was cancelled, met and missed do not add up to mature.
    needed = {"cancelled"} if "cancelled" in left_out and any(table.column("cancelled").to_pylist()) else set()
    return [name for name in table.column_names if name not in left_out or name in needed]


def _what(kind: str, words: list[str]) -> dict[str, Any]:
    """What is named behind the kind of question, as its document calls it."""
    name = _POSITIONAL.get(kind)
    if not words and kind in _EXAMPLES:
        raise InputError(
            sentence("a {kind} is of something: resa measure {kind} {example}", kind=kind, example=_EXAMPLES[kind])
        )
    if not words:
        return {}
    if name is None:
        raise InputError(sentence("'{kind}' takes no names; see the options: resa measure --help", kind=kind))
    if name == "of":
        if len(words) > 1:
            raise InputError(sentence("a question of {kind} is about one thing; ask once for each", kind=kind))
        return {"of": words[0]}
    return {name: [word.split(",") if "," in word else word for word in words]}


def _customers(shop: Workspace, question: Question, conditions: list[str], part: str | None) -> pa.Table:
    column: str | None = None
    row: dict[str, Any] = {}
    for condition in conditions:
        name, equals, value = condition.partition("=")
        if not equals:
            raise InputError(
                sentence(
                    "write --customers column=… or a column's value, such as step=2, not '{condition}'",
                    condition=condition,
                )
            )
        if name == "column":
            column = value
        else:
            row[name] = int(value) if value.isdecimal() and len(value) <= _LONGEST_NUMBER else value
    return counted_table(shop, question, column, part, row)


def _write_customers(table: pa.Table, how: Format, output: Path | None) -> None:
    """Write who is behind a number: no spreadsheet takes a name for a formula, and a new file is its owner's alone."""
    if output is not None:
        os.close(os.open(output, os.O_WRONLY | os.O_CREAT, 0o600))  # one that is there stays as open as it was
    if how.value in LIST_FILES:
        _write_bytes(LIST_FILES[how.value](table), output)
    else:
        write_table(table, how, output)


def write_text(text: str, output: Path | None) -> None:
    """Write a text to stdout or a file."""
    if output is None:
        write_out(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")


def write_table(table: pa.Table, how: Format, output: Path | None, *, ours: bool = False) -> None:
    """Write a table to stdout or a file in one of the formats; `ours`: the headings are, so that they are told."""
    if how is Format.json:
        write_text(json.dumps(table.to_pylist(), ensure_ascii=False, default=str, indent=2), output)
        return
    if how is Format.table:
        write_text(table_text(table, spoken_in_terminal() if ours else "en"), output)
        return
    _write_bytes(TABLE_FILES[how.value](table), output)


def _write_bytes(content: bytes, output: Path | None) -> None:
    if output is None:
        write_out(content)
    else:
        output.write_bytes(content)


def write_tables(empty: pa.Table, parts: Iterable[pa.Table], how: Format, output: Path | None) -> None:
    """Write many tables of one schema as one; CSV goes out as they come, so that their rows need not fit in memory."""
    if how is not Format.csv:
        write_table(pa.concat_tables([empty, *parts]), how, output)
        return
    with contextlib.nullcontext() if output is None else output.open("wb") as file:
        for part in chain([empty], parts):
            content = csv_bytes(part, heading=part is empty)
            if file is None:
                write_out(content)
            else:
                file.write(content)
