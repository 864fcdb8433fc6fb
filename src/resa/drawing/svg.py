"""The one place where shapes become SVG text, and what can be done with it: text for a page, PNG, PDF, slides.

All text and attribute values are escaped by `markup`, so that nothing a person wrote can become markup.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.drawing import markup
from resa.drawing.fonts import font_css, missing, segments, width
from resa.drawing.printing import Paper, print_pdf, print_png
from resa.drawing.scene import Circle, Group, Image, Item, Path, Rect, Scene, Table, Text, walk
from resa.drawing.tokens import COLOURS, FONT_FAMILY, Colour, Face, Theme, tokens_css

__all__ = ["PICTURE_FILES", "Svg", "serialise"]

PICTURE_FILES: Final = ("svg", "png", "pdf", "pptx")
"""The endings of files that a picture can be written as."""

_SAFE_LINK = re.compile(r"#[\w.:-]+|/(?!/)[\w./:-]*(?:\?[\w.%&=+~-]*)?(?:#[\w.:-]+)?|https?://[^\s\"'<>]+")


@dataclass(frozen=True, kw_only=True)
class Svg:
    """A finished picture.

    Attributes:
        scene: Its shapes, for one long sheet.
        sheets: Lays it out anew for a paper, one scene a page; `None`: the one sheet is scaled to the page.
        about: Where it comes from and of when its data are, in paragraphs for a speaker's notes.
    """

    scene: Scene = field(repr=False)
    sheets: Callable[[Paper], tuple[Scene, ...]] | None = field(default=None, repr=False, compare=False)
    about: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """In CSS pixels."""
        return self.scene.width

    @property
    def height(self) -> float:
        """In CSS pixels."""
        return self.scene.height

    @property
    def tables(self) -> tuple[Table, ...]:
        """What the picture says, as rows."""
        return self.scene.tables

    @property
    def missing(self) -> str:
        """Characters that our font lacks, such as emoji: browsers use another font, PNG and PDF leave them out."""
        return missing(
            "".join(words for item, _, _ in walk(self.scene.items) if isinstance(item, Text) for words in item.lines)
        )

    @cached_property
    def text(self) -> str:
        """The SVG as a file of its own: font and colours inside, light, or dark where the reader's system is."""
        return serialise(self.scene)

    def inline(self, identifier: str = "") -> str:
        """The SVG for the inside of an HTML page that carries `font_css()` and `tokens_css()` itself.

        Args:
            identifier: Prefix of the ids inside, letters, digits and hyphens; give each picture of a page its own.
        """
        return serialise(self.scene, standalone=False, identifier=identifier)

    def png(self, scale: float = 2, theme: Theme = "light") -> bytes:
        """The picture as PNG.

        Args:
            scale: Pixels for a unit.
            theme: Light or dark.
        """
        return print_png(
            serialise(self.scene, theme=theme, fonts=False, foreign=False),
            self.scene,
            scale,
            COLOURS["paper"][theme == "dark"],
        )

    def pdf(self, paper: Paper | None = None) -> bytes:
        """The picture as PDF with real text, always light.

        Args:
            paper: `16:9`, or `A1` to `A4`, landscape, over several pages if it must; `None`: one page of the picture's
                size.
        """
        pages = [(serialise(scene, theme="light", fonts=False, foreign=False), scene) for scene in self._scenes(paper)]
        return print_pdf(pages, paper)

    def pptx(self, paper: Paper | None = None) -> bytes:
        """The picture as slides of native shapes and text that can be edited, always light.

        Args:
            paper: `16:9`, or `A1` to `A4`, landscape, over several slides if it must; `None`: one slide of the
                picture's size.
        """
        from resa.drawing.slides import make_slides  # noqa: PLC0415 - heavy; SVG does without it

        return make_slides(self._scenes(paper), paper, self.about)

    def file(self, form: str, paper: Paper | None = None) -> bytes:
        """The picture as a file: `svg`, `png`, `pdf` or `pptx`.

        Args:
            form: The ending of its name.
            paper: For `pdf` and `pptx`: what it is laid out for.

        Raises:
            InputError: There is no such form.
        """
        if form in {"svg", "png"}:
            return self.text.encode() if form == "svg" else self.png()
        if form in {"pdf", "pptx"}:
            return self.pdf(paper) if form == "pdf" else self.pptx(paper)
        if not form:
            raise InputError(
                sentence("the ending of the file's name says what is drawn: .svg, .png, .pdf or .pptx; it has none")
            )
        raise InputError(sentence("a picture is written as .svg, .png, .pdf or .pptx, not as '.{form}'", form=form))

    def _scenes(self, paper: Paper | None) -> tuple[Scene, ...]:
        return self.sheets(paper) if paper and self.sheets else (self.scene,)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        """What a notebook shows: the picture; the arguments are part of its protocol."""
        return {"text/plain": f"picture, {self.width:.0f} by {self.height:.0f}", "image/svg+xml": self.text}


def serialise(
    scene: Scene,
    *,
    standalone: bool = True,
    theme: Theme | None = None,
    fonts: bool = True,
    identifier: str = "",
    foreign: bool = True,
) -> str:
    """Write a sheet as SVG.

    Args:
        scene: What to write.
        standalone: Carry font and colours inside; a page that carries them itself says `False`.
        theme: Write the colours of this theme out; `None` leaves CSS variables that follow the reader's system.
        fonts: Embed the font, if standalone.
        identifier: Prefix of ids; empty: made from the content, the same for the same content.
        foreign: Write characters that our font lacks, for a reader who has other fonts; else their room stays empty.
    """
    writer = _Writer(theme, foreign=foreign)
    body = "".join(writer.item(item) for item in scene.items)
    prefix = (
        re.sub(r"[^A-Za-z0-9-]", "-", identifier)
        or "r" + hashlib.sha256((scene.title + body).encode()).hexdigest()[:10]
    )
    wide, high = _number(scene.width), _number(scene.height)
    # What an image holds is hidden from assistive technology; a picture with links must be open to it.
    links = any(isinstance(item, Group) and _SAFE_LINK.fullmatch(item.link) for item, _, _ in walk(scene.items))
    role = "group" if links else "img"
    style = _style(scene, theme=theme, fonts=fonts) if standalone else ""
    background = f'<rect width="{wide}" height="{high}" {writer.paint("fill", "paper")}/>' if standalone else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="resa-picture" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}" '
        f'role="{role}" lang="{markup.attribute(scene.language)}" '
        f'aria-labelledby="{prefix}-title {prefix}-description" '
        f'font-family="\'{FONT_FAMILY}\', sans-serif" text-rendering="geometricPrecision" font-kerning="normal">'
        f'<title id="{prefix}-title">{markup.text(scene.title)}</title>'
        f'<desc id="{prefix}-description">{markup.text(scene.description)}</desc>{style}{background}{body}</svg>'
    )


def _style(scene: Scene, *, theme: Theme | None, fonts: bool) -> str:
    rules = tokens_css("svg.resa-picture") if theme is None else ""
    if fonts:
        texts: dict[Face, list[str]] = {}
        for item, _, _ in walk(scene.items):
            if isinstance(item, Text):
                for words in item.lines:
                    for piece, drawn_by in segments(words, item.setting.face):
                        texts.setdefault(drawn_by or item.setting.face, []).append(piece)
        rules += "".join(font_css(texts[face], faces=[face]) for face in sorted(texts))
    rules += "svg.resa-picture text{font-variant-ligatures:none;white-space:pre}"
    return f"<style>{rules}</style>"


class _Writer:
    def __init__(self, theme: Theme | None, *, foreign: bool) -> None:
        self._column = None if theme is None else int(theme == "dark")
        self._foreign = foreign

    def item(self, item: Item) -> str:
        match item:
            case Text():
                return self._paragraph(item)
            case Rect():
                radius = f' rx="{_number(item.radius)}"' if item.radius else ""
                return f"<rect {_place(item)}{radius} {self._shape(item)}/>"
            case Circle():
                place = f'cx="{_number(item.x)}" cy="{_number(item.y)}" r="{_number(item.radius)}"'
                return f"<circle {place} {self._shape(item)}/>"
            case Path():
                ends = ' stroke-linecap="round" stroke-linejoin="round"' if item.round_ends else ""
                return f'<path d="{_outline(item)}" {self._shape(item)}{ends}/>'
            case Image():
                return self._image(item)
            case Group():
                return self._group(item)

    def paint(self, attribute: Literal["fill", "stroke"], colour: Colour | None) -> str:
        if colour is None:
            return f'{attribute}="none"'
        if self._column is not None:
            return f'{attribute}="{COLOURS[colour][self._column]}"'
        # In a style, not an attribute: only there does every browser resolve var().
        return f'style="{attribute}:var(--resa-{colour.replace("_", "-")},{COLOURS[colour][0]})"'

    def _shape(self, item: Rect | Circle | Path) -> str:
        parts = []
        if item.fill is not None and item.stroke is not None and self._column is None:
            fill, stroke = self.paint("fill", item.fill), self.paint("stroke", item.stroke)
            parts.append(f"{fill[:-1]};{stroke[7:]}")
        else:
            parts.append(self.paint("fill", item.fill))
            if item.stroke is not None:
                parts.append(self.paint("stroke", item.stroke))
        if item.stroke is not None and item.stroke_width != 1:
            parts.append(f'stroke-width="{_number(item.stroke_width)}"')
        if isinstance(item, Rect | Path):
            if item.dash and item.stroke is not None:
                parts.append(f'stroke-dasharray="{" ".join(map(_number, item.dash))}"')
            if item.opacity != 1:
                parts.append(f'opacity="{_number(item.opacity)}"')
        return " ".join(parts)

    def _paragraph(self, item: Text) -> str:
        if not item.lines:
            return ""
        setting = item.setting
        shared = [f'font-size="{_number(setting.size)}"', self.paint("fill", item.fill), _face(setting.face)]
        foreign = any(by != setting.face for piece in item.lines for _, by in segments(piece, setting.face))
        if not foreign and item.anchor != "start":
            shared.append(f'text-anchor="{item.anchor}"')
        attributes = " ".join(part for part in shared if part)
        if len(item.lines) == 1 and not foreign:
            return f'<text x="{_number(item.x)}" y="{_number(item.y)}" {attributes}>{markup.text(item.lines[0])}</text>'
        spans = [
            span
            for number, piece in enumerate(item.lines)
            for span in (
                self._pieces(item, number) if foreign else (_span(item.x, item.y + setting.leading * number, piece),)
            )
        ]
        return f"<text {attributes}>{''.join(spans)}</text>"

    def _pieces(self, item: Text, number: int) -> Iterator[str]:
        """A line of several fonts: each piece stands where it was measured, another font's is held to its room."""
        setting, line = item.setting, item.lines[number]
        whole = width(line, setting.size, setting.face)
        x = {"start": item.x, "middle": item.x - whole / 2, "end": item.x - whole}[item.anchor]
        y = item.y + setting.leading * number
        for piece, drawn_by in segments(line, setting.face):
            wide = width(piece, setting.size, setting.face)
            if drawn_by is not None:
                yield _span(x, y, piece, "" if drawn_by == setting.face else ' font-style="normal"')
            elif not self._foreign:
                # An emoji is left out; a letter that cannot be shown is said to be there.
                yield _span(x, y, "".join("?" for letter in piece if letter.isalpha()))
            else:
                yield _span(x, y, piece, f' textLength="{_number(wide)}" lengthAdjust="spacingAndGlyphs"')
            x += wide

    def _image(self, item: Image) -> str:
        data = base64.b64encode(item.data).decode("ascii")
        return (
            f'<image {_place(item)} preserveAspectRatio="xMidYMid slice" '
            f'href="data:{markup.attribute(item.media_type)};base64,{data}">'
            f"<title>{markup.text(item.title)}</title></image>"
        )

    def _group(self, item: Group) -> str:
        parts = ["<g"]
        if item.x or item.y:
            parts.append(f' transform="translate({_number(item.x)} {_number(item.y)})"')
        if item.kind:
            parts.append(f' data-kind="{markup.attribute(item.kind)}"')
        if item.key:
            parts.append(f' data-key="{markup.attribute(item.key)}"')
        if item.language:
            parts.append(f' lang="{markup.attribute(item.language)}"')
        parts.append(">")
        if item.title:
            parts.append(f"<title>{markup.text(item.title)}</title>")
        parts.extend(self.item(child) for child in item.items)
        parts.append("</g>")
        whole = "".join(parts)
        if item.link and _SAFE_LINK.fullmatch(item.link):
            name = f' aria-label="{markup.attribute(item.title)}"' if item.title else ""
            return f'<a href="{markup.attribute(item.link)}"{name}>{whole}</a>'
        return whole


def _face(face: Face) -> str:
    if face == "italic":
        return 'font-style="italic"'
    return 'font-weight="600"' if face == "semibold" else ""


def _span(x: float, y: float, words: str, more: str = "") -> str:
    return f'<tspan x="{_number(x)}" y="{_number(y)}"{more}>{markup.text(words)}</tspan>'


def _place(item: Rect | Image) -> str:
    x, y, wide, high = map(_number, (item.x, item.y, item.width, item.height))
    return f'x="{x}" y="{y}" width="{wide}" height="{high}"'


def _outline(item: Path) -> str:
    return "".join(_command(command) for command in item.commands)


def _command(command: tuple[str | float, ...]) -> str:
    return str(command[0]) + " ".join(_number(float(number)) for number in command[1:])


def _number(number: float) -> str:
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
