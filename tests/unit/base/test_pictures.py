"""Pictures are known by their content, stay small, and stay inside the workspace."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.hostile_shop import PIXEL

from resa.base.errors import InputError
from resa.base.pictures import LARGEST_PICTURE, media_type, read_picture


def test_a_picture_is_known_by_its_content() -> None:
    assert media_type(PIXEL) == "image/png"
    assert media_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert media_type(b"RIFF\x00\x00\x00\x00WEBP") == "image/webp"
    assert media_type(b"<svg xmlns='http://www.w3.org/2000/svg'/>") is None


def test_what_is_read_and_what_is_refused(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "face.png").write_bytes(PIXEL)
    (shop / "page.png").write_bytes(b"<svg><script>alert(1)</script></svg>")
    (shop / "huge.png").write_bytes(PIXEL + bytes(LARGEST_PICTURE))
    (tmp_path / "secret.png").write_bytes(PIXEL)
    (shop / "link.png").symlink_to(tmp_path / "secret.png")
    assert read_picture(shop / "face.png", shop) == PIXEL
    refused = {
        "page.png": "is no PNG, JPEG, GIF or WebP",
        "huge.png": "is larger than 500 KB",
        "link.png": "leads out of the workspace",
        "../secret.png": "leads out of the workspace",
        "lost.png": "there is no picture lost.png",
        ".": "there is no picture",
    }
    for name, message in refused.items():
        with pytest.raises(InputError, match=message):
            read_picture(shop / name, shop)
