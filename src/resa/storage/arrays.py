"""Arrays of unknown length, written piece by piece as `.npy` files."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

__all__ = ["ArrayFile", "FileArray", "append_array", "write_array"]


class ArrayFile:
    """A `.npy` file that grows; on the disk when its block ends well.

    Args:
        path: Where to.
        dtype: Type of its numbers.
        width: Numbers a row; 0 for a plain list.
    """

    def __init__(self, path: Path, dtype: str, width: int = 0) -> None:
        self._path = path
        self._dtype = np.dtype(dtype)
        self._width = width
        self._rows = 0

    def __enter__(self) -> Self:
        """Begin the file."""
        self._stream = self._path.open("wb")
        self._write_header()
        return self

    def append(self, part: npt.NDArray[Any]) -> None:
        """Add rows at the end."""
        append_array(self._stream, np.ascontiguousarray(part, self._dtype))
        self._rows += len(part)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Enter the length and flush."""
        with self._stream as stream:
            if kind is None:
                stream.seek(0)
                self._write_header()  # numpy pads the heading so that the length may grow in place
                stream.flush()
                os.fsync(stream.fileno())

    def _write_header(self) -> None:
        shape = (self._rows, self._width) if self._width else (self._rows,)
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._stream, header)


class FileArray:
    """A stretch of a file as an array that is read slice by slice, and not kept: memory stays bounded.

    Args:
        path: The file.
        dtype: Type of its numbers.
        offset: Bytes before the first.
        length: How many rows.
        width: Numbers a row; 1: a plain list.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any], offset: int, length: int, width: int = 1) -> None:
        self._path = path
        self._dtype = dtype
        self._offset = offset
        self._length = length
        self._width = width

    def __len__(self) -> int:
        """How many rows."""
        return self._length

    def __getitem__(self, part: slice) -> npt.NDArray[Any]:
        """Read a part."""
        begin, end, _ = part.indices(self._length)
        place = self._offset + begin * self._width * self._dtype.itemsize
        found = np.fromfile(self._path, self._dtype, max(end - begin, 0) * self._width, offset=place)
        return found if self._width == 1 else found.reshape(-1, self._width)


def append_array(stream: BinaryIO, array: npt.NDArray[Any]) -> None:
    """Write an array's bytes to a stream.

    Not by numpy's `tofile`: what it buffers itself is lost without an error when the disk is full.

    Raises:
        OSError: The bytes could not be written; some may only be refused when the stream is flushed or closed.
    """
    stream.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def write_array(path: Path, dtype: str, array: npt.NDArray[Any]) -> None:
    """Write one array, flushed."""
    with ArrayFile(path, dtype) as file:
        file.append(array)
