"""From SVG to paper and pixels, by Typst, with no font but ours."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import typst

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.drawing.fonts import FONT_FOLDER
from resa.drawing.scene import Scene

__all__ = ["MARGIN", "PAPERS", "PIXEL", "Paper", "print_pdf", "print_png", "print_typst"]

Paper = Literal["A1", "A2", "A3", "A4", "16:9"]
PAPERS: dict[Paper, tuple[float, float]] = {
    "A1": (2383.94, 1683.78),
    "A2": (1683.78, 1190.55),
    "A3": (1190.55, 841.89),
    "A4": (841.89, 595.28),
    "16:9": (960.0, 540.0),
}
"""Landscape, in points; the last is a screen's, as presentations have it."""
MARGIN = 28.35
"""A centimetre, in points."""
PIXEL = 0.75
"""Points in a CSS pixel."""


def print_png(markup: str, scene: Scene, scale: float, background: str) -> bytes:
    """One sheet as PNG, `scale` pixels a unit.

    Args:
        markup: SVG with its colours written out.
        scene: The same sheet, for its size.
        scale: Pixels a unit.
        background: `#rrggbb`.
    """
    page = _page(0, scene.width * PIXEL, scene.height * PIXEL, 0, background)
    return _compile([markup], page, "png", ppi=72 / PIXEL * scale)


def print_pdf(pages: Sequence[tuple[str, Scene]], paper: Paper | None) -> bytes:
    """Sheets as the pages of one PDF.

    Args:
        pages: SVG with its colours written out, and the same sheet for its size.
        paper: Fit each sheet into this paper's landscape; `None`: a page of the sheet's own size.
    """
    parts = []
    for number, (_, scene) in enumerate(pages):
        if paper is None:
            parts.append(_page(number, scene.width * PIXEL, scene.height * PIXEL, 0, "#ffffff"))
        else:
            wide, high = PAPERS[paper]
            parts.append(_fitted(number, scene, wide, high))
    title = _literal(pages[0][1].title)
    language = _literal(pages[0][1].language)
    head = f"#set document(title: {title}, date: none)\n#set text(lang: {language})\n"
    return _compile([markup for markup, _ in pages], head + "\n#pagebreak()\n".join(parts), "pdf")


def print_typst(source: str, pictures: Sequence[str], data: str) -> bytes:
    """A document of Typst's as PDF.

    Args:
        source: The document, which reads `data.json`, and pictures by their numbers: `0.svg` and so on.
        pictures: SVG with its colours written out.
        data: JSON, all that is not ours to write.
    """
    return _compile(pictures, source, "pdf", data=data)


def _fitted(number: int, scene: Scene, wide: float, high: float) -> str:
    scale = min((wide - 2 * MARGIN) / scene.width, (high - 2 * MARGIN) / scene.height)
    return _page(number, scene.width * scale, scene.height * scale, MARGIN, "#ffffff", sheet=(wide, high))


def _page(
    number: int, wide: float, high: float, margin: float, background: str, *, sheet: tuple[float, float] | None = None
) -> str:
    page_wide, page_high = sheet or (wide, high)
    return (
        f"#set page(width: {page_wide:.3f}pt, height: {page_high:.3f}pt, margin: {margin}pt, "
        f'fill: rgb("{background}"))\n'
        f'#align(center, image("{number}.svg", width: {wide:.3f}pt, height: {high:.3f}pt))'
    )


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def _compile(
    markups: Sequence[str], source: str, form: Literal["pdf", "png"], ppi: float | None = None, data: str = ""
) -> bytes:
    # Typst reads pictures from files below its root only: they are laid into a private folder that goes away again.
    with tempfile.TemporaryDirectory(prefix="resa-") as name:
        folder = Path(name)
        for number, markup in enumerate(markups):
            (folder / f"{number}.svg").write_text(markup, encoding="utf-8")
        (folder / "data.json").write_text(data, encoding="utf-8")
        main = folder / "main.typ"
        main.write_text(source, encoding="utf-8")
        compiler = typst.Compiler(str(main), root=str(folder), font_paths=[str(FONT_FOLDER)], ignore_system_fonts=True)
        try:
            made = compiler.compile(format=form, ppi=ppi) if ppi else compiler.compile(format=form)
        except typst.TypstError as error:
            message = sentence(
                "a picture on the map cannot be printed ({error}); save it anew, as PNG or JPEG", error=error
            )
            raise InputError(message) from error
    if not isinstance(made, bytes):
        raise TypeError("Typst gave several files where one was asked for")
    return made
