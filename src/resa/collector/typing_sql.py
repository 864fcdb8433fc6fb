"""SQL that reads cells: from what a file holds (text, a number, a moment …) to what a target column must hold.

All of it is built by Resa from names in quotes; what users wrote arrives as parameters or compiled expressions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

import pyarrow as pa

from resa.collector.shapes import Decimal, TargetType

__all__ = [
    "Reading",
    "Style",
    "comparable",
    "fragment",
    "is_nested",
    "literal",
    "name_sql",
    "read_cell",
    "text_of",
    "trimmed",
]

_MINUS = "\N{MINUS SIGN}"
_SPACES = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}'"
_COMMA_NUMBER = rf"[-+{_MINUS}]?([0-9]{{1,3}}([.{_SPACES}][0-9]{{3}})+|[0-9]+)(,[0-9]+)?"
_ZONED = r":[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s*([A-Za-z].*|[+-][0-9]{1,2}(:?[0-9]{2}){0,2})$"
_NAMED = (
    r"(?i)(^|[^A-Za-z_/])([A-Za-z_]+/[A-Za-z0-9_+/-]+|(Z|UT|UTC|GMT)([+-][0-9:]+)?|"
    + "|".join(sorted(map(re.escape, (name for name in available_timezones() if "/" not in name))))
    + ")$"
)
"""A time's end that says its zone. Abbreviations such as BST and IST mean several zones, and are none."""
_DIRECTIVE = re.compile(r"%-?(.)|([^%]+)")
_CALENDAR = ("%Y%m%d%H%M", "%Y%m%d%H%M%S")
_WHITE = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
_SPACED = r"\s+(Z|[+-][0-9:]+)$"
_DOUBLE_DIGITS = 15
_EPOCHS = {"epoch seconds": 1_000_000, "epoch milliseconds": 1_000, "epoch microseconds": 1}


@dataclass(frozen=True)
class Style:
    """How the cells of one column are written.

    Attributes:
        decimal: Point or comma.
        time_formats: Tried in order.
        null_words: Words that mean nothing.
        timezone: Of times that do not say theirs, and of days.
    """

    decimal: Decimal = "point"
    time_formats: Sequence[str] = ("iso",)
    null_words: Sequence[str] = ()
    timezone: str = "UTC"

    @property
    def utc(self) -> bool:
        """Times that do not say their zone are UTC."""
        return self.timezone == "UTC"


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
    if pa.types.is_decimal(kind):
        return _decimal_text(raw, kind)
    text = raw if _is_text(kind) else f"CAST({raw} AS VARCHAR)"
    empty = ", ".join(literal(word) for word in ("", *null_words))
    return f"CASE WHEN {trimmed(text)} NOT IN ({empty}) THEN {text} END" if _is_text(kind) else text


def trimmed(text: str) -> str:
    """A text without white space at its ends."""
    plain = " AND ".join(f"{end}({text}, 1) BETWEEN '!' AND '~'" for end in ("left", "right"))
    return f"CASE WHEN {plain} THEN {text} ELSE trim({text}, {literal(_WHITE)}) END"  # to look for all of it is dear


def _decimal_text(raw: str, kind: pa.DataType) -> str:
    """A decimal without the zeros that say nothing: `17850.00` is `17850`."""
    text = f"CAST({raw} AS VARCHAR)"
    return f"rtrim(rtrim({text}, '0'), '.')" if kind.scale > 0 else text


def comparable(raw: str, kind: pa.DataType) -> str:
    """The cell in a form by which rows can be told apart, also when their file holds it in another type next time."""
    if pa.types.is_decimal(kind):
        # So many digits a double holds without loss, and then the row is that of a column of doubles.
        return f"CAST({raw} AS DOUBLE)" if kind.precision <= _DOUBLE_DIGITS else _decimal_text(raw, kind)
    return f"CAST({raw} AS VARCHAR)" if pa.types.is_time(kind) or pa.types.is_binary(kind) else raw


def identifier_of(raw: str, kind: pa.DataType, null_words: Sequence[str] = ()) -> str:
    """The cell as an identifier: without white space at its ends, each character in its one composed form (NFC)."""
    text = text_of(raw, kind, null_words)
    return f"nfc_normalize({trimmed(text)})" if _is_text(kind) else text


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
        if instant is not None and not style.utc:
            instant = f"timezone({literal(style.timezone)}, timezone('UTC', {instant}))"
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
        value = f"CASE WHEN isfinite({raw}) THEN {text_of(raw, kind)} END"
    elif pa.types.is_decimal(kind):
        value = _decimal_text(raw, kind)
    else:
        value = f"CAST(to_json({_instant(raw, kind) if pa.types.is_timestamp(kind) else raw}) AS VARCHAR)"
    return f"{literal(_json_text(name) + ':')} || {value}"


def _json_text(name: str) -> str:

    return json.dumps(name, ensure_ascii=False)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _number(raw: str, text: str, kind: pa.DataType, decimal: Decimal) -> str:
    if not _is_text(kind):
        number = f"TRY_CAST({raw} AS DOUBLE)"
    elif decimal == "point":
        number = f"CASE WHEN NOT contains({text}, '_') THEN TRY_CAST({text} AS DOUBLE) END"  # SQL reads 1_000
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
        moment = f"TRY_CAST({raw} AS TIMESTAMP)" if pa.types.is_date(kind) else _instant(raw, kind)
        return (moment, None) if zoned or style.utc else (None, moment)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        if not any("%" in time_format for time_format in style.time_formats):
            return _epoch(f"TRY_CAST({raw} AS DECIMAL(38, 9))", style.time_formats), None
        text = text_of(raw, kind)
    elif not _is_text(kind):
        return None, None
    return _moment_of_text(trimmed(text), style)


def _moment_of_text(trimmed: str, style: Style) -> tuple[str | None, str | None]:
    instants: list[str] = []
    locals_: list[str] = []
    for time_format in style.time_formats:
        if time_format == "iso":
            closed = f"regexp_replace({trimmed}, {literal(_SPACED)}, '\\1')"  # 10:00:00 +0200
            read = f"COALESCE(TRY_CAST({trimmed} AS TIMESTAMPTZ), TRY_CAST({closed} AS TIMESTAMPTZ))"
            # Signs before A are digits, which are quicker to tell.
            plain = f"right({trimmed}, 1) < 'A' OR regexp_matches({trimmed}, {literal(_NAMED)})"
            instant = f"CASE WHEN {plain} THEN CAST({read} AS TIMESTAMP) END"
            zoned = f"regexp_matches({trimmed}, {literal(_ZONED)})"
            instants.append(instant if style.utc else f"CASE WHEN {zoned} THEN {instant} END")
            if not style.utc:
                locals_.append(f"CASE WHEN NOT {zoned} THEN TRY_CAST({trimmed} AS TIMESTAMP) END")
        elif time_format not in _EPOCHS:
            parsed = f"CAST(try_strptime({trimmed}, {literal(time_format)}) AS TIMESTAMP)"
            if "%Z" in time_format:
                zone = f"regexp_extract({trimmed}, {literal(_zone_pattern(time_format))}, 1)"
                parsed = f"CASE WHEN regexp_matches({zone}, {literal(_NAMED)}) THEN {parsed} END"
            knows_zone = "%z" in time_format or "%Z" in time_format
            (instants if knows_zone or style.utc else locals_).append(parsed)
    number = f"TRY_CAST({trimmed} AS DECIMAL(38, 9))"
    digits = f"regexp_full_match({trimmed}, '[0-9]{{1,18}}(\\.[0-9]{{1,9}})?')"
    if epoch := _epoch(number, style.time_formats):
        instants.append(f"CASE WHEN {digits} THEN {epoch} END")
    return _first_of(instants), _first_of(locals_)


def _instant(raw: str, kind: pa.DataType) -> str:
    """A timestamp of any unit in microseconds. The session's zone is UTC."""
    if kind.unit == "ns":  # a cast would round up into the next microsecond
        return f"make_timestamp(epoch_ns({raw}) // 1000)"
    return f"TRY_CAST({raw} AS TIMESTAMP)"


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
    # 202609141030 is a day and an hour, not a moment of 1976.
    digits = f"CAST(TRY_CAST({number} AS BIGINT) AS VARCHAR)"
    formats_tried = ", ".join(map(literal, _CALENDAR))
    calendar = f"{number} BETWEEN 19e10 AND 21e10 OR {number} BETWEEN 19e12 AND 21e12"
    written = f"(({calendar}) AND try_strptime({digits}, [{formats_tried}]) IS NOT NULL)"
    return f"CASE WHEN NOT {written} THEN TRY(make_timestamp(CAST({micros} AS BIGINT))) END"


def _zone_pattern(time_format: str) -> str:
    """A regular expression for texts of a format, whose one group is the zone's name."""
    parts = _DIRECTIVE.findall(time_format)
    return "".join(re.escape(text) if text else "([A-Za-z0-9_+/-]+)" if sign == "Z" else ".+?" for sign, text in parts)


def _first_of(parts: Sequence[str]) -> str | None:
    if len(parts) > 1:
        return f"COALESCE({', '.join(parts)})"
    return parts[0] if parts else None
