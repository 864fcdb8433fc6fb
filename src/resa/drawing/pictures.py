"""Raster pictures on a map, or a quiet place for one that is not there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from resa.base.errors import InputError
from resa.base.pictures import media_type, read_picture
from resa.drawing.parts import paragraph
from resa.drawing.scene import Group, Image, Item, Rect
from resa.drawing.scene import Path as Outline
from resa.model.journey import JourneyMap

if TYPE_CHECKING:
    from resa.drawing.map_frame import Context

__all__ = ["picture", "read_pictures"]


def read_pictures(journey_map: JourneyMap, beside: Path, within: Path | None = None) -> dict[str, bytes]:
    """The pictures that a map names, by the path it gives, for `MapOptions.pictures`.

    One that is missing, too large, of another kind, or outside the folder is left out; `resa map check` says so, and
    the drawing names it in its place.

    Args:
        journey_map: The map.
        beside: The folder of its file.
        within: The folder that no picture may lead out of; default: `beside`.
    """
    named = [touchpoint.picture for touchpoint in journey_map.touchpoints]
    named += [persona.picture for persona in journey_map.personas]
    found: dict[str, bytes] = {}
    for name in filter(None, named):
        with suppress(InputError, OSError):
            found[name] = read_picture(beside / name, within or beside)
    return found


def picture(context: Context, path: str, width: float, height: float, title: str) -> tuple[Item, ...]:
    """The picture in its place, or a frame that names the file."""
    data = context.options.pictures.get(path, b"")
    kind = media_type(data)
    if kind:
        return (Image(x=0, y=0, width=width, height=height, media_type=kind, data=data, title=title),)
    name = PurePosixPath(path.replace("\\", "/")).name
    caption = paragraph(name, width - 16, "note", "muted", lines=1)
    left = (width - caption.width) / 2
    middle = height / 2 - 9
    hill = Outline(
        commands=(
            ("M", width / 2 - 17, middle + 9),
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
