"""`resa sources`: how every source is doing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from resa.base.language import as_it_is, sentence
from resa.cli.console import print_problems, say
from resa.cli.measure import Format, HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output, opened
from resa.cli.speaking import spoken_in_terminal, told
from resa.drawing import format_seconds

if TYPE_CHECKING:
    from resa.workspace.collecting import SourceStatus

__all__ = ["sources"]


def sources(show_format: HowToWrite = None, output: Output = None, folder: Folder = HERE) -> None:
    """Show all sources: when each ran, what it brought, how far behind it is, when it runs next, and its last error."""
    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        found = shop.source_status()
    print_problems(problem for status in found for problem in status.problems)
    if found:
        table = pa.Table.from_pylist([_row(status) for status in found], schema=_SCHEMA)
        write_table(_in_words(table) if how is Format.table else table, how, output, ours=True)
    else:
        say(sentence("there is no source yet; name a file: resa collect FILE"))


def _row(status: SourceStatus) -> dict[str, object]:
    state, gone = status.state, sentence("its file is gone")
    return {
        "source": status.name,
        "reads": status.reads or told(sentence("its file is wrong") if status.problems else gone),
        "good": status.good,
        "rejected": status.rejected,
        "last run (UTC)": _moment(state.began_at),
        "last success (UTC)": _moment(state.succeeded_at),
        "since_run_seconds": None if status.since_run is None else status.since_run.total_seconds(),
        "lag_seconds": None if status.lag is None else status.lag.total_seconds(),
        "next run (UTC)": _moment(status.next_run),
        "failures": state.failures,
        "last error": told(as_it_is(state.error)),
    }


def _in_words(table: pa.Table) -> pa.Table:
    """The table with times as people say them instead of seconds."""
    for name, said in _TIMES.items():
        words = [None if n is None else format_seconds(n, spoken_in_terminal()) for n in table.column(name).to_pylist()]
        table = table.set_column(table.schema.get_field_index(name), said, pa.array(words, pa.string()))
    return table


_TIMES = {"since_run_seconds": "since run", "lag_seconds": "lag"}

_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("source", "reads")),
        *((name, pa.int64()) for name in ("good", "rejected")),
        *((name, pa.string()) for name in ("last run (UTC)", "last success (UTC)")),
        *((name, pa.float64()) for name in ("since_run_seconds", "lag_seconds")),
        ("next run (UTC)", pa.string()),
        ("failures", pa.int64()),
        ("last error", pa.string()),
    ]
)


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
