"""A map as a file of any kind, by the ending of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from resa.base.errors import InputError, did_you_mean
from resa.base.language import sentence
from resa.drawing import Paper, Svg
from resa.exchange.saying import say_map
from resa.exchange.tables import long_form
from resa.exchange.terms import LANGUAGES
from resa.exchange.walls import as_sheets
from resa.exchange.workbooks import write_workbook
from resa.model.journey import JourneyMap

__all__ = ["GRIDS", "PICTURES", "export_map", "long_csv", "workbook"]

GRIDS: Final = ("xlsx", "csv")
"""Endings of files that hold all of a map, and can be read again."""

PICTURES: Final = ("svg", "png", "pdf", "pptx")
"""Endings of files that show it."""


def export_map(
    form: str, journey_map: JourneyMap, text: str, draw: Callable[[], Svg], *, paper: Paper | None = None
) -> bytes:
    """A map as a file.

    Args:
        form: The ending of its name, one of `GRIDS` or `PICTURES`.
        journey_map: The map.
        text: Its file.
        draw: Draws it, where a picture is wanted.
        paper: What `pdf` and `pptx` are laid out for; `None`: one page or slide of the picture's size.

    Raises:
        InputError: There is no such form, or a text is longer than a cell of Excel can hold.
    """
    if form == "xlsx":
        return workbook(journey_map, text)
    if form == "csv":
        return long_csv(journey_map, text)
    if form not in PICTURES:
        known = [*GRIDS, *PICTURES]
        raise InputError(
            sentence(
                "'.{form}' is no form of a map; use .{known}{suggestion}",
                form=form,
                known=", .".join(known),
                suggestion=did_you_mean(form, known),
            )
        )
    return draw().file(form, paper)


def workbook(journey_map: JourneyMap, text: str = "") -> bytes:
    """A map as an Excel workbook, headings in the map's language, which `import_map` reads back unchanged.

    Args:
        journey_map: The map.
        text: Its file: comments become notes, signals and reactions are kept word for word. Without it there are none.

    Raises:
        InputError: A text is longer than a cell can hold.
    """
    language = journey_map.language if journey_map.language in LANGUAGES else "en"
    return write_workbook(as_sheets(say_map(journey_map, text), language), title=journey_map.title)


def long_csv(journey_map: JourneyMap, text: str = "") -> bytes:
    """A map as CSV, one line a thought, with the keys of the journey file; `import_map` reads it back unchanged.

    Args:
        journey_map: The map.
        text: Its file, for comments, signals and reactions.
    """
    return long_form(say_map(journey_map, text), journey_map.key)
