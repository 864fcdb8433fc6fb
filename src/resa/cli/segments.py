"""`resa segments`: who is in which segment, who entered and left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
import typer

from resa.base.language import sentence
from resa.base.showing import harmless
from resa.cli.console import counted, say, write_out
from resa.cli.measure import Format, HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, MapKey, Output, opened, writable
from resa.cli.speaking import spoken_in_terminal, told
from resa.drawing import format_percent

__all__ = ["app"]

app = typer.Typer(
    help="Segments: customers that an expression selects, kept current: how many, who, who entered and left.",
    no_args_is_help=True,
    add_completion=False,
)

_BLOCKS: Final = "▁▂▃▄▅▆▇█"

Key = Annotated[str, typer.Argument(help="Key of the segment.")]


@app.command("list")
def list_segments(
    *,
    map_key: MapKey = None,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Show every segment: how many are in it, of how many, as of when, and how that was in the last eight weeks.

    The weeks are counted now, with the events as they are known now, and with what sources say of customers now.
    """
    how = chosen_format(show_format, output)
    with opened(folder, measures=True) as shop:
        figures = shop.segments.all(map_key)
    if not figures:
        say(sentence("there are no segments; write one in segments.yaml, such as  loyal: traits.orders >= 2"))
        return
    rows = [
        {
            "segment": figure.segment,
            "customers": figure.customers,
            "share": figure.share,
            "as of (UTC)": _moment(figure.counted_at),
            "4 weeks ago": figure.trend[-5] if len(figure.trend) > 4 else None,
            "trend": _drawn(figure.trend),
        }
        for figure in figures
    ]
    write_table(pa.Table.from_pylist(rows), how, output, ours=True)


@app.command()
def show(
    key: Key,
    *,
    newest: Annotated[int, typer.Option(min=0, help="So many changes at most.")] = 10,
    folder: Folder = HERE,
) -> None:
    """Show one segment: what it is, how many are in it, and who entered and left last. This is personal data."""
    with opened(folder, measures=True) as shop:
        figure = shop.segments.show(key)
        changes = shop.segments.changes(key, newest=newest)
    write_out(f"{figure.segment}: {harmless(figure.name)}")
    for text in (figure.about, figure.owner and told(sentence("owner: {owner}", owner=figure.owner)), figure.who):
        if text:
            write_out(harmless(text))
    share = format_percent(figure.share or 0.0, spoken_in_terminal())
    size = sentence(
        "{customers}, {share} of all, as of {moment}",
        customers=counted(figure.customers, "customer"),
        share=share,
        moment=_moment(figure.counted_at) or "–",
    )
    write_out(told(size))
    write_out(
        told(sentence("at the end of each week before, and now: {sizes}", sizes=", ".join(map(str, figure.trend))))
    )
    if changes:
        rows = [
            {
                "when (UTC)": f"{change.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
                "change": change.change,
                "cause": change.cause,
                "kind": change.kind,
                "value": change.value,
            }
            for change in changes
        ]
        write_out("")
        write_table(pa.Table.from_pylist(rows), Format.table, None, ours=True)
    else:
        say(sentence("nobody entered or left yet while the workspace was served: resa serve"))


@app.command()
def changes(
    key: Annotated[str | None, typer.Argument(help="Key of the segment; without: of all.")] = None,
    *,
    newest: Annotated[int, typer.Option(min=1, help="So many at most.")] = 50,
    show_format: Annotated[Literal["table", "json"], typer.Option("--format", help="json: for programs.")] = "table",
    folder: Folder = HERE,
) -> None:
    """Show who entered and who left while the workspace was served, when and why, newest first. Personal data."""
    with opened(folder) as shop:
        found = shop.segments.changes(key, newest=newest)
    rows = [
        {
            "when (UTC)": f"{change.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            "segment": change.segment,
            "change": change.change,
            "cause": change.cause,
            "happened (UTC)": None if change.happened_at is None else f"{change.happened_at:%Y-%m-%d %H:%M:%S}",
            "kind": change.kind,
            "value": change.value,
        }
        for change in found
    ]
    if rows:
        write_table(pa.Table.from_pylist(rows), Format(show_format), None, ours=True)
    else:
        say(sentence("nobody entered or left yet while the workspace was served: resa serve"))


@app.command()
def export(
    key: Key,
    output: Annotated[
        Path, typer.Option("--output", "-o", callback=writable, help="Write here: .csv, .xlsx, .parquet or .arrow.")
    ],
    folder: Folder = HERE,
) -> None:
    """Write who is in a segment, for another program. It is personal data: only its owner can read the file."""
    with opened(folder, measures=True) as shop:
        count = shop.segments.export(key, output)
    say(sentence("wrote {output}: {customers}", output=str(output), customers=counted(count, "customer")))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _drawn(sizes: Sequence[int]) -> str:
    """Sizes as a row of blocks, the largest the highest."""
    most = max(sizes, default=0)
    return "".join(_BLOCKS[round(size / most * (len(_BLOCKS) - 1)) if most else 0] for size in sizes)
