"""The files of rows that a source names: where they are, what they hold, whether they changed."""

from __future__ import annotations

import glob
import hashlib
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import fsspec
import pyarrow as pa
from fsspec.compression import compr
from fsspec.implementations.local import LocalFileSystem
from fsspec.utils import infer_compression

from resa.base.errors import SourceError
from resa.base.language import sentence
from resa.base.masking import masked

__all__ = ["RowFile", "find_files"]

_EDGE_BYTES = 64 << 10
_ZSTANDARD = ".zst"  # which fsspec unpacks only with a further package
_MAGIC = "*?["


@dataclass(frozen=True, kw_only=True)
class RowFile:
    """One file of rows, on this machine or behind an fsspec URL.

    Attributes:
        name: As the user would name it: relative to the workspace where it lies inside, else the whole path or URL,
            without the secrets in it.
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
            raise SourceError(
                sentence(
                    "{name} cannot be opened: {strerror}", name=self.name, strerror=masked(str(error.strerror or error))
                )
            ) from None
        if self.path.endswith(_ZSTANDARD):
            return cast("IO[bytes]", pa.CompressedInputStream(raw, "zstd"))
        stream: IO[bytes] = compr[packing](raw, mode="rb") if packing else raw
        return stream

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Say in plain words that the file's bytes cannot be read to their end.

        Raises:
            SourceError: The disk failed, or what was packed is damaged.
        """
        try:
            yield
        except (OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException) as error:
            raise SourceError(
                sentence(
                    "{name} is damaged, and cannot be read to its end: {error}",
                    name=self.name,
                    error=masked(str(error)),
                )
            ) from error

    @property
    def local(self) -> str | None:
        """Its path, if it is an ordinary file of this machine."""
        return self.path if isinstance(self.filesystem, LocalFileSystem) else None

    @property
    def packed(self) -> bool:
        """Its bytes are compressed as a whole, so sizes say nothing of rows."""
        return self.path.endswith(_ZSTANDARD) or infer_compression(self.path) is not None


def find_files(path: str, folder: Path) -> list[RowFile]:
    """The files that a source's `path` names, sorted by name.

    Args:
        path: A path relative to `folder`, an absolute one, a glob with `*`, or an fsspec URL.
        folder: The workspace.

    Raises:
        SourceError: There is none, or its file system is not known here.
    """
    local = "://" not in path
    try:
        # In a name on this machine nothing means a URL; it is a pattern only where no file has the name.
        filesystem, place = (LocalFileSystem(), str(folder / path)) if local else fsspec.core.url_to_fs(path)
        globbed = any(character in path for character in _MAGIC) and not (local and filesystem.isfile(place))
        pattern = str(Path(glob.escape(str(folder))) / path) if local else place
        found = sorted(filesystem.glob(pattern)) if globbed else [place]
        infos = [info for info in map(filesystem.info, found) if info["type"] == "file"]
    except (ImportError, ValueError) as error:
        raise SourceError(
            sentence("'{path}' cannot be reached: {error}", path=masked(path), error=masked(str(error)))
        ) from error
    except FileNotFoundError:
        infos = []
    if not infos and local and not globbed and filesystem.isdir(place):
        raise SourceError(
            sentence(
                "'{path}' is a folder; name a file in it, or all of a kind: {folder}/*.csv",
                path=path,
                folder=path.rstrip("/"),
            )
        )
    if not infos:
        raise SourceError(
            sentence("there is no file '{path}'; paths count from the folder of the workspace", path=masked(path))
        )
    return [_row_file(filesystem, info, folder if local else None, path) for info in infos]


def _row_file(filesystem: Any, info: dict[str, Any], folder: Path | None, asked: str) -> RowFile:
    path = str(info["name"])
    name = path
    if folder is None:
        name = masked(filesystem.unstrip_protocol(path))
    elif Path(path).is_relative_to(folder.resolve()):
        name = Path(path).relative_to(folder.resolve()).as_posix()
    elif not any(character in asked for character in _MAGIC):
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
