"""`resa.js`, what measures a page, as it is given to browsers: kept by them for an hour, packed once."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["HEADERS", "Snippet", "snippet"]

HEADERS: Final = [
    (b"content-type", b"text/javascript; charset=utf-8"),
    (b"cache-control", b"public, max-age=3600"),
    (b"vary", b"accept-encoding"),
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
"""Of every answer with it: any page may load it, also one that is isolated from other origins."""


@dataclass(frozen=True)
class Snippet:
    """The script.

    Attributes:
        plain: Its text, UTF-8.
        packed: The same with gzip; the same bytes at every start.
        tag: What tells this text from others, for `ETag`; weak, since it holds for both forms.
    """

    plain: bytes
    packed: bytes
    tag: bytes

    def known(self, headers: Mapping[str, str]) -> bool:
        """Whether who asks has it already."""
        tags = {tag.strip() for tag in headers.get("if-none-match", "").split(",")}
        return "*" in tags or self.tag.decode() in tags

    def form(self, headers: Mapping[str, str]) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Its bytes for who asks, and the headers that tell of their form."""
        takes = {part.partition(";")[0].strip().lower() for part in headers.get("accept-encoding", "").split(",")}
        return (self.packed, [(b"content-encoding", b"gzip")]) if "gzip" in takes else (self.plain, [])


@cache
def snippet() -> Snippet:
    """The script, read and packed at the first call."""
    plain = (files("resa.web") / "resa.js").read_bytes()
    tag = f'W/"{hashlib.sha256(plain).hexdigest()[:16]}"'.encode()
    return Snippet(plain, gzip.compress(plain, 9, mtime=0), tag)
