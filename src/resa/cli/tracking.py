"""`resa map tracking`: what the map needs of the events, and what came."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from resa.base.language import Sentence, sentence
from resa.cli.console import write_out
from resa.cli.options import HERE, AsOf, Folder, MapKey, opened
from resa.cli.speaking import spoken_in_terminal, told

__all__ = ["tracking"]

_HEADINGS: Final[dict[str, Sentence]] = {
    "tracking": sentence("What shows each touchpoint"),
    "properties": sentence("What is read of its events"),
    "unused": sentence("Events that are no touchpoint of this map"),
    "unused_properties": sentence("Properties that this map does not read"),
}


def tracking(
    map_key: MapKey = None,
    as_of: AsOf = None,
    top: Annotated[int, typer.Option(help="How many unused events and properties are listed.")] = 20,
    folder: Folder = HERE,
) -> None:
    """Say what each touchpoint needs, what came, and since when something is missing; then what came that is not used.

    As a file, or for a period: resa measure tracking.
    """
    from resa.analytics import table_text  # noqa: PLC0415 - heavy; what writes a schema or checks a map does without it

    language = spoken_in_terminal()
    with opened(folder, measures=True) as shop:
        result = shop.measure.tracking(map=shop.map(map_key).key, as_of=as_of, top=top)
    write_out(f"{told(_HEADINGS['tracking'])}\n\n{result.text(language=language)}")
    for name, part in result.parts.items():
        if name != "tracking" and part.table.num_rows:
            write_out(f"\n{told(_HEADINGS[name])}\n\n{table_text(part.table, language)}")
