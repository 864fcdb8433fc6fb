"""The files of rows that a source names: where they are, what they hold, whether they changed."""

from __future__ import annotations

import glob
import hashlib
import lzma
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
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
from resa.collector.object_storage import failures, know_object_storage

__all__ = ["RowFile", "find_files", "settled"]

_EDGE_BYTES = 64 << 10
_ZSTANDARD = ".zst"  # which fsspec unpacks only with a further package
_MAGIC = "*?["
_LATELY = timedelta(minutes=1)
_MOMENT_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class RowFile:
    """One file of rows, on this machine or behind an fsspec URL.

    Attributes:
        name: As the user would name it: relative to the workspace where it lies inside, else the whole path or URL,
            without the secrets in it.
        path: As its file system names it.
        size: Bytes.
        modified: When it was last written, UTC; `None` where the file system does not know.
        state: Hex digest over size, time of writing and what the storage calls its content, by which a file is known
            to be the same without reading it; empty where the file system does not say when it was written.
    """

    name: str
    path: str
    size: int
    modified: datetime | None
    state: str
    filesystem: Any = field(repr=False, compare=False)

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest over size, time of writing, first and last bytes: differs when the file was changed.

        Raises:
            SourceError: It cannot be read.
        """
        digest = hashlib.blake2b(f"{self.size} {self.modified}".encode(), digest_size=16)
        with self.reading(), self.filesystem.open(self.path, "rb") as stream:
            digest.update(stream.read(_EDGE_BYTES))
            if self.size > _EDGE_BYTES:
                stream.seek(max(_EDGE_BYTES, self.size - _EDGE_BYTES))
                digest.update(stream.read(_EDGE_BYTES))
        return digest.hexdigest()

    def open(self) -> IO[bytes]:
        """Open it for reading, unpacked if its name says that it is packed (`.gz`, `.bz2`, `.xz`, `.zst`)."""
        packing = infer_compression(self.path)
        try:
            raw = self.filesystem.open(self.path, "rb")
        except failures() as error:
            said = getattr(error, "strerror", None) or _first_line(error)
            raise SourceError(
                sentence("{name} cannot be opened: {strerror}", name=self.name, strerror=masked(said))
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
        except failures(EOFError, zlib.error, lzma.LZMAError, pa.ArrowException) as error:
            raise SourceError(
                sentence(
                    "{name} is damaged, and cannot be read to its end: {error}",
                    name=self.name,
                    error=masked(_first_line(error)),
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


def find_files(path: str, folder: Path, *, may_be_none: bool = False) -> list[RowFile]:
    """The files that a source's `path` names, sorted by name.

    Args:
        path: A path relative to `folder`, an absolute one, a glob with `*`, or an fsspec URL.
        folder: The workspace.
        may_be_none: A pattern that no file fits is no error: one may come.

    Raises:
        SourceError: There is none, or its file system is not known here.
    """
    local = "://" not in path
    try:
        # In a name on this machine nothing means a URL; it is a pattern only where no file has the name.
        if not local:
            know_object_storage()
        filesystem, place = (LocalFileSystem(), str(folder / path)) if local else fsspec.core.url_to_fs(path)
        globbed = any(character in path for character in _MAGIC) and not (local and filesystem.isfile(place))
        pattern = str(Path(glob.escape(str(folder))) / path) if local else place
        found = filesystem.glob(pattern, detail=True) if globbed else {place: filesystem.info(place)}
    except FileNotFoundError:
        found = {}
    except failures(ImportError, ValueError) as error:
        raise SourceError(
            sentence("'{path}' cannot be reached: {error}", path=masked(path), error=masked(_first_line(error)))
        ) from error
    infos = {place: info for place, info in sorted(found.items()) if info["type"] == "file"}
    if not infos and local and not globbed and filesystem.isdir(place):
        raise SourceError(
            sentence(
                "'{path}' is a folder; name a file in it, or all of a kind: {folder}/*.csv",
                path=path,
                folder=path.rstrip("/"),
            )
        )
    if not infos and not (globbed and may_be_none):
        raise SourceError(
            sentence("there is no file '{path}'; paths count from the folder of the workspace", path=masked(path))
        )
    return [_row_file(filesystem, place, info, folder if local else None, path) for place, info in infos.items()]


def settled(files: Sequence[RowFile]) -> list[RowFile]:
    """Those of the files that nobody is writing just now: of what was written lately, what stays as it is."""
    lately = datetime.now(UTC) - _LATELY
    fresh = [file for file in files if file.local is not None and file.modified is not None and file.modified > lately]
    if not fresh:
        return list(files)
    time.sleep(_MOMENT_SECONDS)
    changing = {file.path for file in fresh if _size_and_time(file.path) != (file.size, file.modified)}
    return [file for file in files if file.path not in changing]


def _size_and_time(path: str) -> tuple[int, datetime] | None:
    try:
        now = Path(path).stat()
    except OSError:
        return None
    return now.st_size, datetime.fromtimestamp(now.st_mtime, UTC)


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line), type(error).__name__)


def _row_file(filesystem: Any, path: str, info: dict[str, Any], folder: Path | None, asked: str) -> RowFile:
    name = path
    if folder is None:
        name = masked(filesystem.unstrip_protocol(path))
    elif Path(path).is_relative_to(folder.resolve()):
        name = Path(path).relative_to(folder.resolve()).as_posix()
    elif not any(character in asked for character in _MAGIC):
        name = asked
    modified = _modified(filesystem, path, info)
    size = int(info["size"])
    state = hashlib.blake2b(f"{size} {modified} {info.get('e_tag', '')}".encode(), digest_size=8).hexdigest()
    return RowFile(
        name=name,
        path=path,
        size=size,
        modified=modified,
        state="" if modified is None else state,
        filesystem=filesystem,
    )


def _modified(filesystem: Any, path: str, info: dict[str, Any]) -> datetime | None:
    moment: datetime | None = info.get("last_modified")
    if moment is None:
        try:
            moment = filesystem.modified(path)
        except NotImplementedError:
            return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
