"""From the values that a database gives to columns of Arrow, and to one text a row by which it is told apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import singledispatch
from types import MappingProxyType, NoneType
from typing import Any, Final

import pyarrow as pa

__all__ = ["column_of", "keys_of", "text_of", "united"]

_WHOLE: Final = 2**53  # up to which a floating-point number tells every whole number from the next
_DIGITS: Final = 38

_TYPES: Final[Mapping[type, pa.DataType]] = MappingProxyType(
    {NoneType: pa.null(), bool: pa.bool_(), int: pa.int64(), float: pa.float64(), date: pa.date32(), str: pa.string()}
)


def column_of(values: Sequence[Any]) -> pa.Array:
    """Values of one column, in the narrowest type that holds them all as they are; else as text."""
    kinds = {type(value) for value in values if value is not None}
    with suppress(pa.ArrowException, OverflowError, ValueError):
        wanted = _type_of(values, kinds)
        if wanted is not None:
            return pa.array(values, wanted)
    return pa.array([text_of(value) for value in values], pa.string())


def _type_of(values: Sequence[Any], kinds: Collection[type]) -> pa.DataType | None:
    """The type that holds values of these classes; `None`: none but text does."""
    if len(kinds) <= 1:
        plain = _TYPES.get(next(iter(kinds), type(None)))
        if plain is not None:
            return plain
    if kinds == {Decimal}:
        return pa.decimal128(
            _DIGITS, max(0, *(-int(value.as_tuple().exponent) for value in values if value is not None))
        )
    if kinds == {int, float}:
        return pa.float64() if all(abs(value) <= _WHOLE for value in values if isinstance(value, int)) else None
    zoned = {value.tzinfo is not None for value in values if value is not None} if kinds == {datetime} else ()
    return pa.timestamp("us", "UTC" if True in zoned else None) if len(zoned) == 1 else None


def united(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of the same columns as one, each column in a type that holds what all have."""
    if len(tables) == 1:
        return tables[0]
    columns = [_united([table.column(place) for table in tables]) for place in range(tables[0].num_columns)]
    return pa.table(columns, names=tables[0].column_names)


def keys_of(columns: Iterable[Sequence[Any]]) -> list[str]:
    """For each row one text of all its values: the same for the same values, however they are typed beside others."""
    rows = zip(*([text_of(value) for value in values] for values in columns), strict=True)
    return [hashlib.blake2b(repr(row).encode(), digest_size=16).hexdigest() for row in rows]


def _united(parts: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    kinds = {part.type for part in parts if not pa.types.is_null(part.type)}
    wanted: pa.DataType = pa.string()
    if len(kinds) <= 1:
        wanted = next(iter(kinds), pa.null())
    elif all(pa.types.is_decimal(kind) for kind in kinds):
        wanted = pa.decimal128(_DIGITS, max(kind.scale for kind in kinds))
    elif kinds == {pa.int64(), pa.float64()}:
        wanted = pa.float64()
    try:
        cast = [part.cast(wanted) for part in parts]
    except pa.ArrowException:  # more digits than the type holds
        cast = [part.cast(pa.string()) for part in parts]
    return pa.chunked_array([chunk for part in cast for chunk in part.chunks], cast[0].type)


@singledispatch
def text_of(value: Any) -> str | None:
    """A value as text; the same text for the same value."""
    return str(value)


@text_of.register(str)
@text_of.register(NoneType)
def _as_it_is(value: str | None) -> str | None:
    return value


@text_of.register
def _of_truth(value: bool) -> str:
    return str(value).lower()


@text_of.register
def _of_float(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) <= _WHOLE else repr(value)


@text_of.register
def _of_decimal(value: Decimal) -> str:
    text = format(value, "f") if value.is_finite() else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


@text_of.register
def _of_moment(value: datetime) -> str:
    return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat(sep=" ")


@text_of.register
def _of_span(value: timedelta) -> str:
    return f"{value.total_seconds():g}"


@text_of.register(bytes)
@text_of.register(bytearray)
@text_of.register(memoryview)
def _of_bytes(value: bytes | bytearray | memoryview) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        return bytes(value).hex()


@text_of.register(dict)
@text_of.register(list)
@text_of.register(tuple)
def _of_nested(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=text_of)
