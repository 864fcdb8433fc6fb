"""How things show themselves in a notebook: a table as HTML, and lists of records as such a table."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, TypeVar

__all__ = ["Listing", "harmless", "notes_html", "table_html"]

Item = TypeVar("Item")


_COMMANDS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """A text of strangers for a terminal: what would move its cursor, begin a line or turn letters round shows as �."""
    return _COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text)


def table_html(headings: Sequence[str], rows: Iterable[Sequence[object]], *, about: Sequence[str] = ()) -> str:
    """A table; every text is escaped.

    Args:
        headings: Of the columns.
        rows: Their cells; `None` is shown as a dash.
        about: What each column says, shown when one points at its heading.
    """
    said = [f' title="{html.escape(text)}"' for text in about] or [""] * len(headings)
    head = "".join(f'<th scope="col"{more}>{html.escape(name)}</th>' for name, more in zip(headings, said, strict=True))
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def notes_html(notes: Iterable[str], *, title: str = "") -> str:
    """A line for each note, under a title where there is one."""
    bold = f"<p><strong>{html.escape(title)}</strong></p>" if title else ""
    return bold + "".join(f"<p>{html.escape(note)}</p>" for note in notes)


def _cell(value: object) -> str:
    match value:
        case None | "":
            return "–"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case int():
            return f"{value:,}"
        case _:
            return html.escape(str(value))


class Listing(list[Item]):
    """A list of records of one kind, which a notebook shows as a table."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        """What a notebook shows; the arguments are part of its protocol."""
        if not self:
            return {"text/plain": "none", "text/html": "<p>none</p>"}
        names = [field.name for field in fields(self[0])]  # type: ignore[arg-type]  # records are dataclasses
        shown = [name for name in names if any(_plain(getattr(item, name)) for item in self)]
        rows: list[list[Any]] = [[getattr(item, name) for name in shown] for item in self]
        return {"text/plain": repr(list(self)), "text/html": table_html([n.replace("_", " ") for n in shown], rows)}


def _plain(value: object) -> bool:
    """Whether a field says anything that fits a cell."""
    return value is not None and value != "" and isinstance(value, (str, int, float, bool, datetime))
