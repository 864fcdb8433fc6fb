"""Sheets as slides: native shapes and text boxes that can be edited, each group with its name in the selection pane.

The only door to python-pptx. Shapes are written in DrawingML (ECMA-376, part 1, chapter 20), a picture's unit being a
CSS pixel. Texts keep their line breaks and never wrap. They are set in Arial, which every office program has or takes a
font of the same widths for, in a size in which they are no wider than they were measured in our own font: so nothing
runs into its neighbour, whoever opens the file.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.drawing import markup
from resa.drawing.arial import arial_width
from resa.drawing.printing import MARGIN, PAPERS, PIXEL, Paper
from resa.drawing.scene import Box, Circle, Group, Image, Item, Path, Rect, Scene, Text
from resa.drawing.tokens import COLOURS, Colour

if TYPE_CHECKING:
    from pptx.slide import Slide

__all__ = ["make_slides"]

FONT: Final = "Arial"
_SMALLER: Final = 0.9
"""Of the size of our own font: where Arial looks as large, and most texts are no wider."""

_SLACK: Final = 1.5
"""How much wider a text may become; neighbours are farther apart."""

_POINT: Final = 12_700
"""English metric units in a point."""

_LONGEST_SIDE: Final = 4_032.0
"""Points; PowerPoint opens no larger slide, and none below an inch."""

_DESCENT: Final = 0.25
"""Of the size: how far the font reaches below its baseline, which is where an exact line height puts it."""

_NAMES: Final = (
    "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' "
    "xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main' "
    "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"
)
_TITLE_ONLY, _BLANK = 5, 6
"""Layouts of python-pptx's own template."""


def make_slides(scenes: Sequence[Scene], paper: Paper | None, notes: Sequence[str]) -> bytes:
    """A slide for each sheet.

    Args:
        scenes: The sheets; the first gives the file its title.
        paper: Fit each sheet into this paper's landscape; `None`: a slide of the first sheet's size.
        notes: Paragraphs for the speaker's notes of every slide, below what the sheet shows.
    """
    from pptx import Presentation  # noqa: PLC0415  # heavy; only here
    from pptx.util import Emu  # noqa: PLC0415  # likewise

    presentation = Presentation()
    first = scenes[0]
    scale = min(PIXEL, _LONGEST_SIDE / max(first.width, first.height))
    wide, high = PAPERS[paper] if paper else (max(72, first.width * scale), max(72, first.height * scale))
    presentation.slide_width, presentation.slide_height = Emu(_emu(wide)), Emu(_emu(high))
    properties = presentation.core_properties
    properties.title, properties.author, properties.language = first.title, "Resa", first.language
    properties.last_modified_by = "Resa"
    for scene in scenes:
        margin = MARGIN if paper else 0.0
        if paper:
            scale = min((wide - 2 * margin) / scene.width, (high - 2 * margin) / scene.height)
        left = (wide - scene.width * scale) / 2
        titled = _has_title(scene.items)
        slide = presentation.slides.add_slide(presentation.slide_layouts[_TITLE_ONLY if titled else _BLANK])
        for placeholder in list(slide.placeholders):
            placeholder.element.getparent().remove(placeholder.element)
        _fill(slide, scene, _Place(scale, left, margin if paper else 0.0))
        slide.notes_slide.notes_text_frame.text = "\n".join([scene.title, scene.description, *notes])
    target = io.BytesIO()
    presentation.save(target)
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class _Place:
    """How units of a sheet become points of a slide."""

    scale: float
    left: float
    top: float


def _has_title(items: Iterable[Item]) -> bool:
    return any(
        (isinstance(item, Text) and item.style == "title") or (isinstance(item, Group) and _has_title(item.items))
        for item in items
    )


def _fill(slide: Slide, scene: Scene, place: _Place) -> None:
    from pptx.oxml import parse_xml  # noqa: PLC0415  # heavy; only here

    writer = _Writer(slide, place, scene.language)
    whole = f"<p:spTree {_NAMES}>{writer.items(scene.items, 0.0, 0.0)}</p:spTree>"
    tree: Any = slide.shapes.element
    for element in list(parse_xml(whole)):
        tree.append(element)


def _box(items: Iterable[Item], x: float, y: float) -> Box | None:
    """What shapes take together."""
    boxes = []
    for item in items:
        box = _box(item.items, x + item.x, y + item.y) if isinstance(item, Group) else item.box.moved(x, y)
        if box is not None:
            boxes.append(box)
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*((b.left, b.top, b.right, b.bottom) for b in boxes), strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


@dataclass
class _Writer:
    """Shapes of one slide as DrawingML."""

    slide: Slide
    place: _Place
    language: str
    number: int = 1
    has_title: bool = field(default=False)

    def items(self, items: Iterable[Item], x: float, y: float) -> str:
        return "".join(self.item(item, x, y) for item in items)

    def item(self, item: Item, x: float, y: float) -> str:
        match item:
            case Text():
                return self._text(item, x, y)
            case Rect():
                radius = min(0.5, item.radius / max(0.01, min(item.width, item.height)))
                form = _preset("roundRect", f"<a:gd name='adj' fmla='val {round(radius * 100_000)}'/>")
                return self._shape("Rectangle", item, x, y, form if item.radius else _preset("rect"))
            case Circle():
                return self._shape("Circle", item, x, y, _preset("ellipse"))
            case Path():
                return self._path(item, x, y)
            case Image():
                return self._image(item, x, y)
            case Group():
                return self._group(item, x + item.x, y + item.y)

    def _identity(self, name: str, description: str = "") -> str:
        self.number += 1
        more = f" descr='{markup.attribute(description)}'" if description else ""
        return f"<p:cNvPr id='{self.number}' name='{markup.attribute(name[:80])}'{more}/>"

    def _frame(self, box: Box, *, more: str = "") -> str:
        scale, left, top = self.place.scale, self.place.left, self.place.top
        x, y = _emu(left + box.left * scale), _emu(top + box.top * scale)
        wide = max(0, _emu(left + box.right * scale) - x)
        high = max(0, _emu(top + box.bottom * scale) - y)
        return f"<a:off x='{x}' y='{y}'/><a:ext cx='{wide}' cy='{high}'/>{more}"

    def _group(self, item: Group, x: float, y: float) -> str:
        """A group that means something; others are only shifts, which the shapes have taken in."""
        box = _box(item.items, x, y)
        if box is None or not (item.title or item.kind):
            return self.items(item.items, x, y)
        name = f"{item.kind.capitalize()}: {item.key.replace('_', ' ')}" if item.kind else item.title
        identity = self._identity(name, item.title)
        frame = self._frame(box)
        child = frame.replace("a:off", "a:chOff").replace("a:ext", "a:chExt")
        return (
            f"<p:grpSp><p:nvGrpSpPr>{identity}<p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>"
            f"<p:grpSpPr><a:xfrm>{frame}{child}</a:xfrm></p:grpSpPr>{self.items(item.items, x, y)}</p:grpSp>"
        )

    def _shape(self, name: str, item: Rect | Circle, x: float, y: float, form: str) -> str:
        opacity = item.opacity if isinstance(item, Rect) else 1.0
        dash = item.dash if isinstance(item, Rect) else ()
        look = _paint(item.fill, opacity) + self._stroke(item.stroke, item.stroke_width, opacity, dash)
        return (
            f"<p:sp><p:nvSpPr>{self._identity(name)}<p:cNvSpPr/><p:nvPr/></p:nvSpPr>"
            f"<p:spPr><a:xfrm>{self._frame(item.box.moved(x, y))}</a:xfrm>{form}{look}</p:spPr></p:sp>"
        )

    def _stroke(
        self, colour: Colour | None, width: float, opacity: float, dash: Sequence[float], *, rounded: bool = False
    ) -> str:
        if colour is None:
            return "<a:ln><a:noFill/></a:ln>"
        gaps = "".join(
            f"<a:ds d='{round(on / width * 100_000)}' sp='{round(off / width * 100_000)}'/>"
            for on, off in zip(dash[::2], dash[1::2] or dash[:1], strict=False)
        )
        pattern = f"<a:custDash>{gaps}</a:custDash>" if gaps else ""
        cap = " cap='rnd'" if rounded else ""
        join = "<a:round/>" if rounded else "<a:miter lim='800000'/>"
        return f"<a:ln w='{_emu(width * self.place.scale)}'{cap}>{_paint(colour, opacity)}{pattern}{join}</a:ln>"

    def _path(self, item: Path, x: float, y: float) -> str:
        """A straight line as a line, all else as a freeform."""
        xs, ys = zip(*(item.points or ((0.0, 0.0),)), strict=True)
        box = Box(min(xs), min(ys), max(xs), max(ys)).moved(x, y)
        stroke = self._stroke(item.stroke, item.stroke_width, item.opacity, item.dash, rounded=item.round_ends)
        straight = [command[0] for command in item.commands] == ["M", "L"] and item.fill is None
        if straight:
            flipped = " flipV='1'" if (xs[1] - xs[0]) * (ys[1] - ys[0]) < 0 else ""
            return (
                f"<p:cxnSp><p:nvCxnSpPr>{self._identity('Line')}<p:cNvCxnSpPr/><p:nvPr/></p:nvCxnSpPr>"
                f"<p:spPr><a:xfrm{flipped}>{self._frame(box)}</a:xfrm>{_preset('line')}{stroke}</p:spPr></p:cxnSp>"
            )
        curved = any(command[0] == "C" for command in item.commands) and item.fill is None
        return (
            f"<p:sp><p:nvSpPr>{self._identity('Curve' if curved else 'Shape')}<p:cNvSpPr/><p:nvPr/></p:nvSpPr>"
            f"<p:spPr><a:xfrm>{self._frame(box)}</a:xfrm>{self._freeform(item, min(xs), min(ys), box)}"
            f"{_paint(item.fill, item.opacity)}{stroke}</p:spPr></p:sp>"
        )

    def _freeform(self, item: Path, left: float, top: float, box: Box) -> str:
        scale = self.place.scale
        wide, high = _emu((box.right - box.left) * scale), _emu((box.bottom - box.top) * scale)

        def point(px: float, py: float) -> str:
            return f"<a:pt x='{_emu((px - left) * scale)}' y='{_emu((py - top) * scale)}'/>"

        parts = []
        for command in item.commands:
            numbers = [float(number) for number in command[1:]]
            points = "".join(point(px, py) for px, py in zip(numbers[::2], numbers[1::2], strict=True))
            tag = {"M": "moveTo", "L": "lnTo", "C": "cubicBezTo", "Z": "close"}[str(command[0])]
            parts.append(f"<a:{tag}>{points}</a:{tag}>" if points else f"<a:{tag}/>")
        return (
            "<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/><a:rect l='0' t='0' r='r' b='b'/>"
            f"<a:pathLst><a:path w='{wide}' h='{high}'>{''.join(parts)}</a:path></a:pathLst></a:custGeom>"
        )

    def _text(self, item: Text, x: float, y: float) -> str:
        if not item.lines:
            return ""
        setting, scale = item.setting, self.place.scale
        points = _size(item) * scale * 100
        first = item.y + y - setting.leading + setting.size * _DESCENT
        box = item.box.moved(x, y)
        place, box_mark = "", " txBox='1'"
        if item.style == "title" and not self.has_title:
            self.has_title, place, box_mark = True, "<p:ph type='title'/>", ""
            if item.cell is not None:  # programs wrap a title whatever it says of itself, so it gets all its room
                box = Box(box.left, box.top, max(box.right, item.cell.right + x), box.bottom)
        frame = self._frame(Box(box.left, first, box.right, first + setting.leading * len(item.lines)))
        more = {"semibold": " b='1' i='0'", "italic": " b='0' i='1'", "regular": " b='0' i='0'"}[setting.face]
        language = {"en": "en-GB", "sv": "sv-SE", "nb": "nb-NO", "hu": "hu-HU"}.get(self.language, "en-GB")
        size = f"lang='{language}' sz='{max(100, math.floor(points))}'{more}"
        face = f"<a:latin typeface='{FONT}'/><a:cs typeface='{FONT}'/>"
        run = f"<a:rPr {size} dirty='0'>{_paint(item.fill, 1.0)}{face}</a:rPr>"
        lines = f"<a:br>{run}</a:br>".join(f"<a:r>{run}<a:t>{markup.text(line)}</a:t></a:r>" for line in item.lines)
        align = {"start": "l", "middle": "ctr", "end": "r"}[item.anchor]
        spacing = f"<a:lnSpc><a:spcPts val='{round(setting.leading * scale * 100)}'/></a:lnSpc>"
        before = "<a:spcBef><a:spcPts val='0'/></a:spcBef><a:spcAft><a:spcPts val='0'/></a:spcAft><a:buNone/>"
        return (
            f"<p:sp><p:nvSpPr>{self._identity(' '.join(item.lines))}<p:cNvSpPr{box_mark}/>"
            f"<p:nvPr>{place}</p:nvPr></p:nvSpPr>"
            f"<p:spPr><a:xfrm>{frame}</a:xfrm>{_preset('rect')}<a:noFill/><a:ln><a:noFill/></a:ln></p:spPr>"
            "<p:txBody><a:bodyPr wrap='none' lIns='0' tIns='0' rIns='0' bIns='0' anchor='t' rtlCol='0'><a:noAutofit/>"
            f"</a:bodyPr><a:lstStyle/><a:p><a:pPr marL='0' indent='0' algn='{align}'>{spacing}{before}</a:pPr>{lines}"
            "</a:p></p:txBody></p:sp>"
        )

    def _image(self, item: Image, x: float, y: float) -> str:
        """A picture cut to its place, from its middle."""
        data, (wide, high) = _readable(item)
        _, relation = self.slide.part.get_or_add_image_part(io.BytesIO(data))
        over = (wide / high) / (item.width / item.height)
        sides = round((1 - 1 / over) / 2 * 100_000) if over > 1 else 0
        ends = round((1 - over) / 2 * 100_000) if over < 1 else 0
        crop = f"<a:srcRect l='{sides}' r='{sides}' t='{ends}' b='{ends}'/>"
        return (
            f"<p:pic><p:nvPicPr>{self._identity(item.title or 'Picture', item.title)}<p:cNvPicPr/><p:nvPr/></p:nvPicPr>"
            f"<p:blipFill><a:blip r:embed='{relation}'/>{crop}<a:stretch><a:fillRect/></a:stretch></p:blipFill>"
            f"<p:spPr><a:xfrm>{self._frame(item.box.moved(x, y))}</a:xfrm>{_preset('rect')}</p:spPr></p:pic>"
        )


def _size(item: Text) -> float:
    """The size in which Arial sets a text no wider than our own font does."""
    setting = item.setting
    wide = max(arial_width(line, 1.0, bold=setting.face == "semibold") for line in item.lines)
    return min(_SMALLER * setting.size, (item.width + _SLACK) / wide if wide else math.inf)


def _readable(item: Image) -> tuple[bytes, tuple[int, int]]:
    """A picture that PowerPoint can show, and its size in pixels; WebP becomes PNG.

    Raises:
        InputError: It is broken.
    """
    from PIL import Image as Raster  # noqa: PLC0415  # comes with python-pptx

    try:
        with Raster.open(io.BytesIO(item.data)) as raster:
            size = raster.size
            if item.media_type in {"image/png", "image/jpeg", "image/gif"}:
                raster.load()
                return item.data, size
            target = io.BytesIO()
            raster.convert("RGBA").save(target, "PNG")
            return target.getvalue(), size
    except (OSError, ValueError, Raster.DecompressionBombError) as error:
        message = sentence(
            "a picture on the map cannot be put on a slide ({error}); save it anew, as PNG or JPEG", error=error
        )
        raise InputError(message) from error


def _emu(points: float) -> int:
    return round(points * _POINT)


def _preset(name: str, guides: str = "") -> str:
    return f"<a:prstGeom prst='{name}'><a:avLst>{guides}</a:avLst></a:prstGeom>"


def _paint(colour: Colour | None, opacity: float) -> str:
    if colour is None:
        return "<a:noFill/>"
    alpha = f"<a:alpha val='{round(opacity * 100_000)}'/>" if opacity < 1 else ""
    return f"<a:solidFill><a:srgbClr val='{COLOURS[colour][0][1:].upper()}'>{alpha}</a:srgbClr></a:solidFill>"
