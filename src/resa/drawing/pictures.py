"""Raster pictures on a map, or a quiet place for one that is not there."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from resa.drawing.parts import paragraph
from resa.drawing.scene import Group, Image, Item, Path, Rect

if TYPE_CHECKING:
    from resa.drawing.map_frame import Context

__all__ = ["media_type", "picture"]

_SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def media_type(data: bytes) -> str | None:
    """What kind of raster picture the bytes are; `None` for anything else (an SVG could carry scripts)."""
    for start, name in _SIGNATURES:
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def picture(context: Context, path: str, width: float, height: float, title: str) -> tuple[Item, ...]:
    """The picture in its place, or a frame that names the file."""
    data = context.options.pictures.get(path, b"")
    kind = media_type(data)
    if kind:
        return (Image(x=0, y=0, width=width, height=height, media_type=kind, data=data, title=title),)
    name = PurePosixPath(path.replace("\\", "/")).name
    caption = paragraph(name, width - 16, "note", "muted", lines=1)
    left = (width - caption.width) / 2
    scale = 1.0
    middle = height / 2 - 9
    hill = Path(
        commands=(
            ("M", width / 2 - 17 * scale, middle + 9),
            ("L", width / 2 - 6, middle - 5),
            ("L", width / 2 + 1, middle + 3),
            ("L", width / 2 + 6, middle - 2),
            ("L", width / 2 + 17, middle + 9),
            ("Z",),
        ),
        fill="hairline",
    )
    return (
        Rect(x=0, y=0, width=width, height=height, radius=3, fill="ground"),
        hill,
        Group(x=left, y=height / 2 + 8, items=caption.items, title=context.say("picture_of", name=name)),
    )
