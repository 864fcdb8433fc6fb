"""Hashes of rows, ids and identifiers: Arrow columns on one side, the kernels' plain arrays on the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.kernels import hashing as kernels

__all__ = ["Hasher", "Words", "escaped"]

Words = npt.NDArray[np.uint64]

_BLOCK = 4096  # rows whose states stay in the processor's cache
_WHOLE = 2**53  # up to which a floating-point number tells every whole number from the next
_ALL = np.empty(0, np.bool_)
_EACH = np.empty(0, np.int32)


class _Texts(NamedTuple):
    offsets: npt.NDArray[Any]
    data: npt.NDArray[np.uint8]
    valid: npt.NDArray[np.bool_]
    picks: npt.NDArray[np.int32]


class _Numbers(NamedTuple):
    words: Words
    valid: npt.NDArray[np.bool_]


class Hasher:
    """Hashes under one workspace's key.

    Args:
        key: 16 secret bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = np.frombuffer(key, "<u8").astype(np.uint64)

    def rows(self, source_id: str, cells: Sequence[pa.Array | pa.ChunkedArray]) -> Words:
        """One hash a row of a file without ids, of the source and the cells; equal rows have equal hashes."""
        return self._hash(_words("row", source_id), cells)

    def repeats(self, hashes: Words, ordinals: npt.NDArray[np.int64]) -> Words:
        """The id of the n-th equal row: its own hash for n = 0, else a hash of it and n."""
        out = hashes.copy()
        again = np.flatnonzero(ordinals)
        if len(again):
            message = np.column_stack([hashes[again], ordinals[again].astype(np.uint64)])
            out[again] = kernels.hash_words(np.ascontiguousarray(message), self._key)
        return out

    def generated_ids(self, hashes: Words) -> pa.StringArray:
        """Texts that carry the hashes, to be stored as message ids."""
        return _strings(kernels.write_generated_ids(hashes))

    def ids(self, source_id: str, stored: pa.StringArray) -> Words:
        """The hash of (source, message id) for ids as they are stored: what must be unique for ever."""
        hashes = self._hash(_words("id", source_id), [stored])
        column = _texts(stored)
        kernels.read_generated_ids(column.offsets, column.data, hashes)
        return hashes

    def identifiers(self, kinds: pa.Array, values: pa.Array) -> Words:
        """The hash of each identifier, by which customers are told apart and ordered."""
        return self._hash(_words("identifier"), [kinds, values])

    def words(self, rows: Words) -> Words:
        """The hash of each row of a matrix of words."""
        hashes: Words = kernels.hash_words(np.ascontiguousarray(rows), self._key)
        return hashes

    def _hash(self, prefix: Words, columns: Sequence[pa.Array | pa.ChunkedArray]) -> Words:
        prepared = [_column(column) for column in columns]
        rows = len(columns[0])
        out = np.empty((rows, 2), np.uint64)
        states = np.empty((min(_BLOCK, rows), 5), np.uint64)
        for begin in range(0, rows, _BLOCK):
            end = min(begin + _BLOCK, rows)
            state = states[: end - begin]
            kernels.start(state, self._key)
            kernels.absorb_words(state, prefix)
            for column in prepared:
                _absorb(state, column, begin, end)
            kernels.finish(state, out[begin:end])
        return out


def escaped(ids: pa.StringArray) -> pa.StringArray:
    """Message ids as stored: one that begins with `~` gets another, so none is taken for a generated one."""
    tilde = pc.starts_with(ids, "~")
    if not pc.any(tilde).as_py():
        return ids
    return pc.if_else(tilde, pc.binary_join_element_wise("~", ids, ""), ids)


def _absorb(state: Words, column: _Texts | _Numbers, begin: int, end: int) -> None:
    valid = column.valid[begin:end] if len(column.valid) else _ALL
    if isinstance(column, _Numbers):
        kernels.absorb_numbers(state, column.words[begin:end], valid)
    elif len(column.picks):
        kernels.absorb_texts(state, column.offsets, column.data, valid, column.picks[begin:end])
    else:
        kernels.absorb_texts(state, column.offsets[begin : end + 1], column.data, valid, _EACH)


def _words(*parts: str) -> Words:
    """Texts as the kernels' words: length, then the bytes padded with zeros."""
    message = b"".join(
        len(data).to_bytes(8, "little") + data + bytes(-len(data) % 8) for data in (part.encode() for part in parts)
    )
    return np.frombuffer(message, "<u8").astype(np.uint64)


def _column(column: pa.Array | pa.ChunkedArray) -> _Texts | _Numbers:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # no chunk at all, or more text than one array holds
            column = (
                pa.concat_arrays(column.cast(_large(column.type)).chunks)
                if column.num_chunks
                else pa.array([], column.type)
            )
    if pa.types.is_dictionary(column.type):
        if column.dictionary.null_count:
            column = column.dictionary_decode()
        elif _is_text(column.dictionary.type):
            texts = _texts(column.dictionary)
            return texts._replace(picks=_plain(column.indices, pa.int32(), np.int32), valid=_valid(column))
        else:
            column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.string())
    if _is_text(column.type):
        return _texts(column)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)  # what a file of numbers writes where there is none
    return _Numbers(_number_words(column), _valid(column))


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _large(kind: pa.DataType) -> pa.DataType:
    return pa.large_string() if pa.types.is_string(kind) else pa.large_binary() if pa.types.is_binary(kind) else kind


def _valid(column: pa.Array) -> npt.NDArray[np.bool_]:
    return _ALL if column.null_count == 0 else column.is_valid().to_numpy(zero_copy_only=False)


def _plain(column: pa.Array, kind: pa.DataType, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Whole numbers as a numpy array, 0 where there is none."""
    numbers = column.cast(kind)
    filled = numbers.fill_null(0) if numbers.null_count else numbers
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype)


def _texts(column: pa.Array) -> _Texts:
    _, offsets, data = column.buffers()
    wide = pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type)
    places = np.frombuffer(offsets, np.int64 if wide else np.int32) if offsets else np.zeros(1, np.int32)
    places = places[column.offset : column.offset + len(column) + 1]
    return _Texts(places, np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8), _valid(column), _EACH)


def _number_words(column: pa.Array) -> Words:
    """Numbers and moments in one form, whatever a file's column held them in: 5 and 5.0, milli- and microseconds."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), np.uint64)
    if pa.types.is_floating(kind):
        numbers = _plain(column, pa.float64(), np.float64)
        whole = (numbers == np.trunc(numbers)) & (np.abs(numbers) <= _WHOLE)
        words = numbers.view(np.int64).copy()
        words[whole] = numbers[whole].astype(np.int64)
        return words.view(np.uint64)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        moments = column.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False)
        return _plain(moments, pa.int64(), np.int64).view(np.uint64)
    if pa.types.is_temporal(kind):
        width = pa.int32() if kind.bit_width == 32 else pa.int64()
        return _plain(column.view(width), pa.int64(), np.int64).view(np.uint64)
    if pa.types.is_boolean(kind) or (pa.types.is_integer(kind) and kind != pa.uint64()):
        return _plain(column, pa.int64(), np.int64).view(np.uint64)
    if kind == pa.uint64():
        return _plain(column, pa.uint64(), np.uint64)
    raise TypeError(f"a column of type {kind} cannot be hashed; give it as text")


def _strings(matrix: npt.NDArray[np.uint8]) -> pa.StringArray:
    """Rows of ASCII characters of one width as Arrow strings."""
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix)))
