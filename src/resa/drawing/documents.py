"""Documents of several pages, words and pictures, printed by Typst on A4 with no font but ours.

All words go to Typst as data, never as its markup: what people write is set as they wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from resa.drawing.fonts import missing
from resa.drawing.printing import MARGIN, PAPERS, PIXEL, print_typst
from resa.drawing.svg import Svg, serialise

__all__ = ["DocumentPart", "document_pdf"]

_WIDE: Final = 595.28 - 2 * 56.7
_HIGH: Final = 841.89 - 2 * 62.4 - 40.0
"""The room for a picture on a page, in points."""

_SHEET: Final = "A3"
_LEGIBLE: Final = 0.55
"""A picture that would have to become smaller than this part of its size gets sheets of its own."""

_SOURCE: Final = """
#let data = json("data.json")
#set document(title: data.title, date: none)
#set page(width: 595.28pt, height: 841.89pt, margin: (x: 56.7pt, y: 62.4pt), numbering: "1")
#set text(font: "Source Sans Pro", size: 10.5pt, lang: data.language, fallback: false)
#set par(leading: 0.6em, spacing: 0.8em)
#show heading: it => block(above: 1.6em, below: 0.7em, sticky: true, text(size: 14pt, weight: 600, it.body))
#let muted = rgb("#5a626c")
#let hair = rgb("#dedcd5")
#for part in data.parts {
  if part.kind == "title" {
    block(below: 0.5em, text(size: 22pt, weight: 600, part.text))
  } else if part.kind == "heading" {
    heading(level: 1, text(part.text))
  } else if part.kind == "text" {
    par(text(part.text))
  } else if part.kind == "note" {
    par(text(size: 9pt, fill: muted, part.text))
  } else if part.kind == "picture" {
    block(above: 1em, below: 1em, breakable: false, image(part.file, width: part.width * 1pt, alt: part.text))
  } else if part.kind == "sheet" {
    page(width: part.paper.at(0) * 1pt, height: part.paper.at(1) * 1pt, margin: part.margin * 1pt, numbering: none,
      align(center + horizon, image(part.file, width: part.width * 1pt, alt: part.text)))
  } else if part.kind == "table" {
    set text(size: if part.columns > 6 { 7.5pt } else { 9pt })
    table(
      columns: part.columns,
      stroke: (x, y) => (bottom: 0.5pt + hair),
      inset: (x: 3pt, y: 3.5pt),
      align: (x, y) => if part.numeric.at(x) { right } else { left },
      table.header(..part.head.map(cell => text(fill: muted, weight: 600, cell))),
      ..part.cells.map(cell => text(cell)),
    )
  }
}
"""


@dataclass(frozen=True, kw_only=True)
class DocumentPart:
    """Something on the pages.

    Attributes:
        kind: What it is.
        text: Its words, of all but tables and pictures.
        picture: Of a picture.
        rows: Of a table, the headings first.
        numeric: Which of its columns hold numbers.
    """

    kind: Literal["title", "heading", "text", "note", "picture", "table"]
    text: str = ""
    picture: Svg | None = None
    rows: Sequence[Sequence[str]] = ()
    numeric: Sequence[bool] = ()


def document_pdf(parts: Sequence[DocumentPart], *, title: str, language: str) -> bytes:
    """The document as PDF. Characters that our font lacks, such as emoji, are left out.

    Args:
        parts: In order.
        title: Of the document.
        language: Of its words.
    """
    pictures: list[str] = []
    said = [one for part in parts for one in _said(part, pictures)]
    data = json.dumps({"title": _shown(title), "language": language, "parts": said}, ensure_ascii=False)
    return print_typst(_SOURCE, pictures, data)


def _said(part: DocumentPart, pictures: list[str]) -> list[dict[str, Any]]:
    """A part as Typst reads it; its pictures are added to the list."""
    if part.kind == "picture":
        return [] if part.picture is None else _pictures(part.picture, pictures)
    if part.kind == "table":
        head, *rows = part.rows
        cells = [_shown(cell) for row in rows for cell in row]
        numeric, columns = list(part.numeric), len(head)
        return [{"kind": "table", "columns": columns, "numeric": numeric, "head": [*map(_shown, head)], "cells": cells}]
    return [{"kind": part.kind, "text": _shown(part.text)}]


def _pictures(picture: Svg, pictures: list[str]) -> list[dict[str, Any]]:
    """A picture as large as the page lets it be, or laid out anew for larger sheets."""
    wide, high = picture.width * PIXEL, picture.height * PIXEL
    scale = min(1.0, _WIDE / wide, _HIGH / high)
    sheets = picture.sheets(_SHEET) if picture.sheets is not None and scale < _LEGIBLE else ()
    if not sheets:
        return [{"kind": "picture", "width": wide * scale, **_file(picture, pictures)}]
    paper = PAPERS[_SHEET]
    found = []
    for scene in sheets:
        fits = min(
            (side - 2 * MARGIN) / (size * PIXEL) for side, size in zip(paper, (scene.width, scene.height), strict=True)
        )
        place = {"kind": "sheet", "paper": paper, "margin": MARGIN, "width": scene.width * PIXEL * fits}
        found.append({**place, **_file(Svg(scene=scene), pictures)})
    return found


def _file(picture: Svg, pictures: list[str]) -> dict[str, str]:
    pictures.append(serialise(picture.scene, theme="light", fonts=False, foreign=False))
    return {"file": f"{len(pictures) - 1}.svg", "text": _shown(picture.scene.description)}


def _shown(text: str) -> str:
    """A text without what our font has no shape for."""
    lacking = set(missing(text))
    return "".join(one for one in text if one not in lacking).replace("\n", " ")
