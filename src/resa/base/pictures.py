"""Raster pictures from people's files: known by their content, and small enough to travel inside a page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from resa.base.errors import InputError
from resa.base.language import sentence

__all__ = ["LARGEST_PICTURE", "media_type", "read_picture"]

LARGEST_PICTURE: Final = 500_000
"""Bytes; a report carries its pictures inside and should still fit an e-mail."""

_SIGNATURES: Final = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def media_type(data: bytes) -> str | None:
    """What kind of raster picture the bytes are; `None` for anything else (an SVG could carry scripts)."""
    for start, name in _SIGNATURES:
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def read_picture(path: Path, within: Path) -> bytes:
    """The picture's bytes.

    Args:
        path: Its file.
        within: The folder that it may not lead out of, also not through links.

    Raises:
        InputError: It is not there, leads out of the folder, is too large, or is no raster picture.
    """
    place = path.resolve()
    if not place.is_relative_to(within.resolve()):
        raise InputError(sentence("{path} leads out of the workspace; copy the picture beside the map", path=path.name))
    if not place.is_file():
        raise InputError(sentence("there is no picture {path} beside the map", path=path.name))
    with place.open("rb") as file:
        data = file.read(LARGEST_PICTURE + 1)
    if len(data) > LARGEST_PICTURE:
        raise InputError(
            sentence(
                "{path} is larger than {largest_picture} KB; save it smaller",
                path=path.name,
                largest_picture=LARGEST_PICTURE // 1000,
            )
        )
    if media_type(data) is None:
        raise InputError(sentence("{path} is no PNG, JPEG, GIF or WebP; save it as one of these", path=path.name))
    return data
