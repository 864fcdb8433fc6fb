"""The files of rows that a source names: where they are, what they hold, whether they changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import fsspec
from fsspec.compression import compr
from fsspec.implementations.local import LocalFileSystem
from fsspec.utils import infer_compression

from resa.base.errors import SourceError

__all__ = ["RowFile", "find_files"]

_EDGE_BYTES = 64 << 10


@dataclass(frozen=True, kw_only=True)
class RowFile:
    """One file of rows, on this machine or behind an fsspec URL.

    Attributes:
        name: As the user would name it: relative to the workspace where it lies inside, else the whole path or URL.
        path: As its file system names it.
        size: Bytes.
        modified: When it was last written, UTC; `None` where the file system does not know.
        fingerprint: Hex digest over size, time of writing, first and last bytes: differs when the file was changed.
    """

    name: str
    path: str
    size: int
    modified: datetime | None
    fingerprint: str
    filesystem: Any = field(repr=False, compare=False)

    def open(self) -> IO[bytes]:
        """Open it for reading, unpacked if its name says that it is packed (`.gz`, `.bz2`, `.xz`, `.zst`)."""
        packing = infer_compression(self.path)
        try:
            raw = self.filesystem.open(self.path, "rb")
        except OSError as error:
            raise SourceError(f"{self.name} cannot be opened: {error.strerror or error}") from error
        stream: IO[bytes] = compr[packing](raw, mode="rb") if packing else raw
        return stream

    @property
    def local(self) -> str | None:
        """Its path, if it is an ordinary file of this machine."""
        return self.path if isinstance(self.filesystem, LocalFileSystem) else None

    @property
    def packed(self) -> bool:
        """Its bytes are compressed as a whole, so sizes say nothing of rows."""
        return infer_compression(self.path) is not None


def find_files(path: str, folder: Path) -> list[RowFile]:
    """The files that a source's `path` names, sorted by name.

    Args:
        path: A path relative to `folder`, an absolute one, a glob with `*`, or an fsspec URL.
        folder: The workspace.

    Raises:
        SourceError: There is none, or its file system is not known here.
    """
    local = "://" not in path
    place = str(folder / path) if local else path
    try:
        filesystem, pattern = fsspec.core.url_to_fs(place)
        globbed = any(character in pattern for character in "*?[")
        found = sorted(filesystem.glob(pattern)) if globbed else [pattern]
        infos = [info for info in map(filesystem.info, found) if info["type"] == "file"]
    except (ImportError, ValueError) as error:
        raise SourceError(f"'{path}' cannot be reached: {error}") from error
    except FileNotFoundError:
        infos = []
    if not infos:
        raise SourceError(f"there is no file '{path}'; paths count from the folder of the workspace")
    return [_row_file(filesystem, info, folder if local else None, path) for info in infos]


def _row_file(filesystem: Any, info: dict[str, Any], folder: Path | None, asked: str) -> RowFile:
    path = str(info["name"])
    name = path
    if folder is None:
        name = filesystem.unstrip_protocol(path)
    elif Path(path).is_relative_to(folder.resolve()):
        name = Path(path).relative_to(folder.resolve()).as_posix()
    elif not any(character in asked for character in "*?["):
        name = asked
    modified = _modified(filesystem, info)
    digest = hashlib.blake2b(f"{info['size']} {modified}".encode(), digest_size=16)
    with filesystem.open(path, "rb") as stream:
        digest.update(stream.read(_EDGE_BYTES))
        if info["size"] > _EDGE_BYTES:
            stream.seek(max(_EDGE_BYTES, info["size"] - _EDGE_BYTES))
            digest.update(stream.read(_EDGE_BYTES))
    return RowFile(
        name=name,
        path=path,
        size=int(info["size"]),
        modified=modified,
        fingerprint=digest.hexdigest(),
        filesystem=filesystem,
    )


def _modified(filesystem: Any, info: dict[str, Any]) -> datetime | None:
    try:
        moment: datetime = filesystem.modified(info["name"])
    except NotImplementedError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
