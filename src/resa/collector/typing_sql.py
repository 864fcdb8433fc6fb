"""SQL that reads cells: from what a file holds (text, a number, a moment …) to what a target column must hold.

All of it is built by Resa from names in quotes; what users wrote arrives as parameters or compiled expressions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from resa.collector.shapes import Decimal, TargetType

__all__ = ["Reading", "Style", "fragment", "is_nested", "literal", "name_sql", "read_cell", "text_of"]

_MINUS = "\N{MINUS SIGN}"
_SPACES = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}'"
_COMMA_NUMBER = rf"[-+{_MINUS}]?([0-9]{{1,3}}([.{_SPACES}][0-9]{{3}})+|[0-9]+)(,[0-9]+)?"
_ZONED = r":[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s*([A-Za-z].*|[+-][0-9]{1,2}(:?[0-9]{2}){0,2})$"
_SPACED = r"\s+(Z|[+-][0-9:]+)$"
_EPOCHS = {"epoch seconds": 1_000_000, "epoch milliseconds": 1_000, "epoch microseconds": 1}


@dataclass(frozen=True)
class Style:
    """How the cells of one column are written.

    Attributes:
        decimal: Point or comma.
        time_formats: Tried in order.
        null_words: Words that mean nothing.
        utc: Times that do not say their zone are UTC.
    """

    decimal: Decimal = "point"
    time_formats: Sequence[str] = ("iso",)
    null_words: Sequence[str] = ()
    utc: bool = True


@dataclass(frozen=True)
class Reading:
    """SQL of one target column.

    Attributes:
        value: What it holds, NULL where nothing can be read. Of a moment: the instant, as TIMESTAMP in UTC.
        missing: Condition: the cell is empty.
        local: Of a moment: wall-clock time of the source's zone, where that is what the cell holds; `None`: never.
    """

    value: str
    missing: str
    local: str | None = None


def name_sql(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in quotes."""
    return "'" + text.replace("'", "''") + "'"


def is_nested(kind: pa.DataType) -> bool:
    """It holds lists or structures, which are no single value."""
    return bool(pa.types.is_nested(kind))


def text_of(raw: str, kind: pa.DataType, null_words: Sequence[str] = ()) -> str:
    """The cell as text, NULL where it is empty or a null word; `17850.0` is `17850`."""
    if pa.types.is_floating(kind):
        whole = f"CAST(CAST({raw} AS BIGINT) AS VARCHAR)"
        is_whole = f"{raw} = trunc({raw}) AND abs({raw}) < 9e15"
        return f"CASE WHEN isnan({raw}) THEN NULL WHEN {is_whole} THEN {whole} ELSE CAST({raw} AS VARCHAR) END"
    text = raw if _is_text(kind) else f"CAST({raw} AS VARCHAR)"
    empty = ", ".join(literal(word) for word in ("", *null_words))
    return f"CASE WHEN trim({text}) NOT IN ({empty}) THEN {text} END" if _is_text(kind) else text


def identifier_of(raw: str, kind: pa.DataType, null_words: Sequence[str] = ()) -> str:
    """The cell as an identifier: text without spaces at its ends, each character in its one composed form (NFC)."""
    text = text_of(raw, kind, null_words)
    return f"nfc_normalize(trim({text}))" if _is_text(kind) else text


def has_floats(kind: pa.DataType) -> bool:
    """Whether the type is, or holds, a floating-point number."""
    inside = [kind.field(place).type for place in range(kind.num_fields)]
    return bool(pa.types.is_floating(kind)) or any(map(has_floats, inside))


def not_finite(raw: str) -> str:
    """SQL: whether a value, nested or not, holds NaN or infinity, which JSON cannot say."""
    without_texts = f"""regexp_replace(CAST(to_json({raw}) AS VARCHAR), '"(?:[^"\\\\]|\\\\.)*"', '', 'g')"""
    return f"COALESCE(regexp_matches({without_texts}, 'NaN|Infinity'), FALSE)"


def read_cell(raw: str, kind: pa.DataType, target: TargetType, style: Style) -> Reading:
    """SQL that reads a cell as what a target column must hold."""
    if _is_text(kind):
        text = text_of(raw, kind, style.null_words)
        missing = f"({text}) IS NULL"
    else:
        text = f"CAST({raw} AS VARCHAR)"
        missing = f"({raw} IS NULL OR isnan({raw}))" if pa.types.is_floating(kind) else f"{raw} IS NULL"
    if target == "text":
        return Reading(text_of(raw, kind, style.null_words), missing)
    if target == "number":
        return Reading(_number(raw, text, kind, style.decimal), missing)
    if target == "whole number":
        return Reading(_whole_number(raw, text, kind), missing)
    instant, local = _moment(raw, text, kind, style)
    if target == "day":
        return Reading(f"CAST(COALESCE({', '.join(filter(None, (instant, local)))}) AS DATE)", missing)
    return Reading(instant or "CAST(NULL AS TIMESTAMP)", missing, local)


def fragment(name: str, raw: str, kind: pa.DataType, *, as_json: bool, style: Style, number: bool | None) -> str:
    """SQL of one member of a JSON object, `"name":value`; NULL where there is none."""
    if as_json and number is None:
        value = f"CASE WHEN {raw} NOT IN ('null', '\"\"') THEN {raw} END"
    elif number:
        reading = read_cell(raw, kind, "number", style)
        value = f"CAST(to_json({reading.value}) AS VARCHAR)"
    elif number is False or _is_text(kind):
        value = f"CAST(to_json({text_of(raw, kind, style.null_words)}) AS VARCHAR)"
    elif pa.types.is_floating(kind):
        value = f"CAST(to_json(CASE WHEN isfinite({raw}) THEN {raw} END) AS VARCHAR)"
    else:
        value = f"CAST(to_json({raw}) AS VARCHAR)"
    return f"{literal(_json_text(name) + ':')} || {value}"


def _json_text(name: str) -> str:

    return json.dumps(name, ensure_ascii=False)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _number(raw: str, text: str, kind: pa.DataType, decimal: Decimal) -> str:
    if not _is_text(kind):
        number = f"TRY_CAST({raw} AS DOUBLE)"
    elif decimal == "point":
        number = f"TRY_CAST({text} AS DOUBLE)"
    else:
        plain = f"replace(translate(trim({text}), {literal(_MINUS + '.' + _SPACES)}, '-'), ',', '.')"
        number = (
            f"CASE WHEN regexp_full_match(trim({text}), {literal(_COMMA_NUMBER)}) THEN TRY_CAST({plain} AS DOUBLE) END"
        )
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _whole_number(raw: str, text: str, kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return f"TRY_CAST({raw} AS BIGINT)"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return f"CASE WHEN {raw} = trunc({raw}) THEN TRY_CAST({raw} AS BIGINT) END"
    return f"CASE WHEN regexp_full_match(trim({text}), '[-+]?[0-9]+') THEN TRY_CAST({text} AS BIGINT) END"


def _moment(raw: str, text: str, kind: pa.DataType, style: Style) -> tuple[str | None, str | None]:
    """SQL of the instant, and of the wall-clock time; each `None` where the column cannot hold such a thing."""
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        zoned = pa.types.is_timestamp(kind) and kind.tz is not None
        nanoseconds = pa.types.is_timestamp(kind) and kind.unit == "ns"
        # The session's zone is UTC. A cast would round nanoseconds up into the next microsecond.
        moment = f"make_timestamp(epoch_ns({raw}) // 1000)" if nanoseconds else f"TRY_CAST({raw} AS TIMESTAMP)"
        return (moment, None) if zoned or style.utc else (None, moment)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _epoch(f"TRY_CAST({raw} AS DECIMAL(38, 9))", style.time_formats), None
    if not _is_text(kind):
        return None, None
    trimmed = f"trim({text})"
    instants: list[str] = []
    locals_: list[str] = []
    for time_format in style.time_formats:
        if time_format == "iso":
            closed = f"regexp_replace({trimmed}, {literal(_SPACED)}, '\\1')"  # 10:00:00 +0200
            read = f"COALESCE(TRY_CAST({trimmed} AS TIMESTAMPTZ), TRY_CAST({closed} AS TIMESTAMPTZ))"
            instant = f"CAST({read} AS TIMESTAMP)"
            zoned = f"regexp_matches({trimmed}, {literal(_ZONED)})"
            instants.append(instant if style.utc else f"CASE WHEN {zoned} THEN {instant} END")
            if not style.utc:
                locals_.append(f"CASE WHEN NOT {zoned} THEN TRY_CAST({trimmed} AS TIMESTAMP) END")
        elif time_format not in _EPOCHS:
            parsed = f"CAST(try_strptime({trimmed}, {literal(time_format)}) AS TIMESTAMP)"
            knows_zone = "%z" in time_format or "%Z" in time_format
            (instants if knows_zone or style.utc else locals_).append(parsed)
    number = f"TRY_CAST({trimmed} AS DECIMAL(38, 9))"
    digits = f"regexp_full_match({trimmed}, '[0-9]{{1,18}}(\\.[0-9]{{1,9}})?')"
    if epoch := _epoch(number, style.time_formats):
        instants.append(f"CASE WHEN {digits} THEN {epoch} END")
    return _first_of(instants), _first_of(locals_)


def _epoch(number: str, formats: Sequence[str]) -> str | None:
    """A count since 1970: of the unit that is stated, else, from 9 digits on, of the unit that its size tells."""
    stated = next((_EPOCHS[name] for name in formats if name in _EPOCHS), None)
    if stated is not None:
        return f"TRY(make_timestamp(CAST({number} * {stated} AS BIGINT)))"
    if "iso" not in formats:
        return None
    micros = (
        f"CASE WHEN {number} < 1e8 THEN NULL WHEN {number} < 1e11 THEN {number} * 1000000 "
        f"WHEN {number} < 1e14 THEN {number} * 1000 WHEN {number} < 1e17 THEN {number} END"
    )
    return f"TRY(make_timestamp(CAST({micros} AS BIGINT)))"


def _first_of(parts: Sequence[str]) -> str | None:
    if len(parts) > 1:
        return f"COALESCE({', '.join(parts)})"
    return parts[0] if parts else None
