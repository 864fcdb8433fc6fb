"""Fields that hold numbers, shares, durations and days, as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from pydantic import PlainValidator, ValidationInfo

from resa.base.language import Sentence, said_by, sentence
from resa.documents import Refusal, Written
from resa.journey_map.texts import reported
from resa.model.quantities import Duration, parse_duration

__all__ = ["Day", "Days", "Feeling", "Money", "Occurrence", "Review", "Scale", "Share", "Within", "YesNo"]

_SPACES = re.compile(r"\s+")
_MINUS = re.compile(r"[−–—‐‑](?=\s*[\d.])")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)")
_COMMA = re.compile(r"[-+]?\d+,\d+")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_AMOUNTS = {
    word: number
    for number, words in enumerate(
        ("a an one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
    )
    for word in words.split()
}
_LONGEST_SECONDS = 100 * 366 * 86_400
_MONTHS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 18, 24, 36, 48, 60}
_DAYS_OF = {"month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}
_TRUE, _FALSE = {"true", "yes", "on"}, {"false", "no", "off"}


def _said(value: object, example: Sentence) -> str:
    """The text of a scalar, spaces of every kind made plain, or a refusal."""
    if not isinstance(value, Written):
        raise Refusal(sentence("write {example} here", example=example), code="type")
    text = _SPACES.sub(" ", value).strip()
    if len(text) > 100:
        raise Refusal(
            sentence("'{text}…' is too long; write {example} here", text=text[:40], example=example), code="type"
        )
    for opening in ("“", "”", "‘", "’", "„"):
        text = text.replace(opening, "")
    if text != _SPACES.sub(" ", value).strip():
        raise Refusal(sentence("curly quotes do not quote; write {text}", text=text), code="curly-quotes", fix=text)
    return text


def _plain_minus(text: str) -> str:
    mended = _MINUS.sub("-", text)
    if mended != text:
        raise Refusal(
            sentence("'{text}' has a minus sign from a text program; write {mended}", text=text, mended=mended),
            code="minus-sign",
            fix=mended,
        )
    return text


def _number(text: str, example: Sentence) -> float:
    text = _plain_minus(text)
    if _THOUSANDS.fullmatch(text):
        plain, point = text.replace(",", ""), text.replace(",", ".", 1)
        message = sentence(
            "'{text}' could mean {plain} or {point}; write the one that is meant", text=text, plain=plain, point=point
        )
        raise Refusal(message, code="decimal-comma")
    if _COMMA.fullmatch(text):
        point = text.replace(",", ".")
        raise Refusal(
            sentence("'{text}' has a decimal comma; write {point}", text=text, point=point),
            code="decimal-comma",
            fix=point,
        )
    if re.fullmatch(r"[-+]?\d{1,3}( \d{3})+", text):
        plain = text.replace(" ", "")
        raise Refusal(
            sentence("write '{text}' without spaces: {plain}", text=text, plain=plain), code="number", fix=plain
        )
    if not _NUMBER.fullmatch(text):
        raise Refusal(sentence("'{text}' is not a number; write {example}", text=text, example=example), code="number")
    return float(text)


def _read_share(value: object) -> float:
    text = _said(value, sentence("a share in percent, such as 45 %"))
    bare = re.sub(r" ?(%|percent|per cent|procent|prosent|pct\.?)$", "", text, flags=re.IGNORECASE)
    try:
        number = _number(bare, sentence("a share in percent, such as 45 %"))
    except Refusal as refusal:
        fix = f"{refusal.fix} %" if refusal.fix and bare != text else None
        message = sentence("{message} %", message=refusal.message) if fix else refusal.message
        raise Refusal(message, code=refusal.code, fix=fix) from None
    if not text.endswith("%"):
        raise _percent_missing(text, bare, number)
    if not 0 <= number <= 100:
        raise Refusal(sentence("'{text}' is not between 0 % and 100 %", text=text), code="range")
    return number / 100


def _percent_missing(text: str, bare: str, number: float) -> Refusal:
    if bare != text and 0 <= number <= 100:
        return Refusal(sentence("write '{bare} %' for '{text}'", bare=bare, text=text), code="percent", fix=f"{bare} %")
    if number == 1:
        return Refusal(sentence("'1' could mean 1 % or 100 %; write the one that is meant"), code="percent")
    meant = f"{number * 100:.10g} %" if 0 < number < 1 else f"{bare} %"
    if not 0 <= number <= 100:
        return Refusal(sentence("'{text}' is not a share; write one between 0 % and 100 %", text=text), code="range")
    return Refusal(sentence("the percent sign is missing; write {meant}", meant=meant), code="percent", fix=meant)


def _read_money(value: object) -> float:
    text = _said(value, sentence("an amount of the map's currency, such as 62"))
    match = re.fullmatch(r"(.*\d)\s*([a-zA-Z]{2,3}|[€$£])|([€$£])\s*(\d.*)", text)
    if match:
        plain = match[1] or match[4]
        raise Refusal(sentence("write {plain} alone; the currency is the map's", plain=plain), code="number", fix=plain)
    number = _number(text, sentence("an amount of the map's currency, such as 62"))
    if number < 0:
        raise Refusal(sentence("'{text}': a cost is not below 0", text=text), code="range")
    return number


def _read_feeling(value: object) -> int:
    example = sentence("a whole number from -2 (awful) to +2 (delightful)")
    number = _number(_said(value, example), example)
    if number not in {-2, -1, 0, 1, 2}:
        raise Refusal(sentence("'{value}' is not {example}", value=value, example=example), code="range")
    return int(number)


def _read_yes_no(value: object) -> bool:
    text = _said(value, sentence("true or false")).casefold()
    if text in _TRUE | _FALSE:
        return text in _TRUE
    meant = {"ja": "true", "y": "true", "1": "true", "nej": "false", "nei": "false", "n": "false", "0": "false"}
    raise Refusal(sentence("'{text}' is neither true nor false", text=text), code="type", fix=meant.get(text))


def _read_within(value: object) -> Duration:
    text = _said(value, sentence("a duration, such as 4 hours or 3 working days"))
    try:
        duration = parse_duration(text)
    except ValueError as error:
        message = said_by(error)
    else:
        if duration.seconds > _LONGEST_SECONDS:
            raise Refusal(sentence("'{text}' is too long; a duration is at most 100 years", text=text), code="duration")
        return duration
    meant = _meant_duration(text)
    if meant is not None:
        raise Refusal(
            sentence("'{text}' is not a duration; write {meant}", text=text, meant=meant), code="duration", fix=meant
        )
    if re.fullmatch(r"\d+", text):
        message = sentence("'{text}' has no unit; write '{text} hours', '{text} days' or what else is meant", text=text)
    elif re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text):
        message = sentence(
            "'{text}' is a time of the day; write a duration, such as '{hours} hours'",
            text=text,
            hours=str(int(text.split(":")[0])),
        )
    raise Refusal(message, code="duration")


def _meant_duration(text: str) -> str | None:
    """What a duration means that is written otherwise but beyond doubt."""
    low = _MINUS.sub("-", text.casefold())
    if match := re.fullmatch(r"(\d+) ?m", low):
        return None if int(match[1]) in _MONTHS else f"{match[1]} minutes"
    if match := re.fullmatch(r"(\d+) ?(business|week|work) ?days?", low):
        return f"{match[1]} working day{'s' if match[1] != '1' else ''}"
    if match := re.fullmatch(r"(\d+) ?(mins|hrs?|hour\(s\)|day\(s\)|secs)\.?", low):
        unit = {"m": "minute", "h": "hour", "d": "day", "s": "second"}[match[2][0]]
        return f"{match[1]} {unit}{'s' if match[1] != '1' else ''}"
    if (match := re.fullmatch(r"([a-z]+) (second|minute|hour|day|week|working day)s?", low)) and match[1] in _AMOUNTS:
        number = _AMOUNTS[match[1]]
        return f"{number} {match[2]}{'s' if number != 1 else ''}"
    if match := re.fullmatch(r"(\d+)[.,]5 ?(day|hour|week|minute)s?", low):
        half = {"week": (84, "hours"), "day": (12, "hours"), "hour": (30, "minutes"), "minute": (30, "seconds")}
        amount, unit = half[match[2]]
        return f"{(2 * int(match[1]) + 1) * amount} {unit}"
    return None


def _read_review(value: object) -> Duration:
    """How often: months, quarters and years are allowed, for a reminder need not be exact."""
    text = _said(value, sentence("how often, such as every 3 months"))
    bare = re.sub(r"^every +", "", text, flags=re.IGNORECASE)
    bare = {"monthly": "1 month", "quarterly": "1 quarter", "yearly": "1 year", "weekly": "1 week"}.get(
        bare.casefold(), bare
    )
    if match := re.fullmatch(r"(?:(\d+) ?)?(month|quarter|year)s?", bare, re.IGNORECASE):
        return Duration(max(1, round(int(match[1] or 1) * _DAYS_OF[match[2].casefold()])), "day")
    if re.fullmatch(r"(second|minute|hour|day|week)", bare, re.IGNORECASE):
        bare = f"1 {bare}"
    if match := re.fullmatch(r"(\d+) ?m", bare):
        raise Refusal(
            sentence("'{text}' could mean minutes or months; write 'every {match} months'", text=text, match=match[1]),
            code="duration",
        )
    try:
        return parse_duration(bare)
    except ValueError:
        raise Refusal(
            sentence("'{text}' does not say how often; write 'every 3 months'", text=text), code="duration"
        ) from None


def _read_day(value: object) -> date:
    text = _plain_dashes(_said(value, sentence("a day, such as 2026-09-14")))
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Refusal(sentence("there is no day {text}; write year-month-day", text=text), code="date") from None
    meant = _meant_day(text)
    if meant:
        raise Refusal(
            sentence("'{text}' is not written as a day; write {meant}", text=text, meant=meant), code="date", fix=meant
        )
    raise Refusal(sentence("'{text}' is not a day; write year-month-day, such as 2026-09-14", text=text), code="date")


def _plain_dashes(text: str) -> str:
    mended = re.sub(r"(?<=\d)[−–—‐‑](?=\d)", "-", text)
    if mended != text:
        raise Refusal(
            sentence("'{text}' has dashes from a text program; write {mended}", text=text, mended=mended),
            code="minus-sign",
            fix=mended,
        )
    return text


def _meant_day(text: str) -> str | None:
    orders: tuple[tuple[str, Callable[[re.Match[str]], tuple[str, str, str]]], ...] = (
        (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", lambda found: (found[1], found[2], found[3])),
        (r"(\d{4})(\d{2})(\d{2})", lambda found: (found[1], found[2], found[3])),
        (r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})", lambda found: (found[3], found[2], found[1])),
        (r"(\d{4}-\d{2}-\d{2})[T ].*", lambda found: (found[1][:4], found[1][5:7], found[1][8:])),
    )
    for pattern, order in orders:
        if match := re.fullmatch(pattern, text):
            year, month, day = (int(part) for part in order(match))
            try:
                return date(year, month, day).isoformat()
            except ValueError:
                return None
    return None


def _read_days(value: object, info: ValidationInfo) -> tuple[date, ...]:
    days: set[date] = set()
    for item in value if isinstance(value, list) else [value]:
        try:
            days.add(_read_day(item))
        except Refusal as refusal:
            if not isinstance(item, Written):
                raise
            reported(info, item, refusal)
    return tuple(sorted(days))


def _read_scale(value: object) -> tuple[float, float]:
    text = _said(value, sentence("the lowest and highest score, such as 1-5"))
    match = re.fullmatch(r"([-−]?\d+(?:\.\d+)?) ?(?:[-–—−]|to|\.\.) ?([-+]?\d+(?:\.\d+)?)", text)
    if match is None:
        raise Refusal(
            sentence("'{text}' is not a scale; write its lowest and highest score, such as 1-5", text=text),
            code="scale",
        )
    low, high = float(match[1].replace("−", "-")), float(match[2])
    if low >= high:
        raise Refusal(
            sentence("'{text}': the lowest score stands first, as in 1-5", text=text),
            code="scale",
            fix=f"{match[2]}-{match[1]}",
        )
    return low, high


def _read_occurrence(value: object) -> tuple[int, int | None]:
    text = _said(value, sentence("which of a customer's events count: 1, 2+ or 1-3"))
    match = re.fullmatch(r"(\d+) ?(?:(\+)|[-–—−] ?(\d+))?", text)
    if match is None or int(match[1]) < 1 or (match[3] and int(match[3]) < int(match[1])):
        meant = {"first": "1", "1st": "1", "once": "1", "repeat": "2+", "second": "2", "2nd": "2"}.get(text.casefold())
        message = sentence(
            "'{text}' does not say which of a customer's events count; write 1 (the first), 2+ or 1-3", text=text
        )
        raise Refusal(message, code="occurrence", fix=meant)
    first = int(match[1])
    if match[2]:
        return first, None
    return first, int(match[3]) if match[3] else first


_Words = Literal["yes", "no", "on", "off"]
Share = Annotated[float, PlainValidator(_read_share, json_schema_input_type=str)]
Money = Annotated[float, PlainValidator(_read_money, json_schema_input_type=float)]
Feeling = Annotated[int, PlainValidator(_read_feeling, json_schema_input_type=int)]
YesNo = Annotated[bool, PlainValidator(_read_yes_no, json_schema_input_type=bool | _Words)]
Within = Annotated[Duration, PlainValidator(_read_within, json_schema_input_type=str)]
Review = Annotated[Duration, PlainValidator(_read_review, json_schema_input_type=str)]
Day = Annotated[date, PlainValidator(_read_day, json_schema_input_type=str)]
Days = Annotated[tuple[date, ...], PlainValidator(_read_days, json_schema_input_type=str | list[str])]
Scale = Annotated[tuple[float, float], PlainValidator(_read_scale, json_schema_input_type=str)]
Occurrence = Annotated[tuple[int, int | None], PlainValidator(_read_occurrence, json_schema_input_type=int | str)]
