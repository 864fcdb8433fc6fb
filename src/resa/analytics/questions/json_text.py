"""The fields of a question to JSON and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from resa.base.language import sentence
from resa.model.quantities import Duration, parse_duration

__all__ = ["READERS", "Step", "read_text", "to_json"]

_SHARE: Final = re.compile(r"\s*(?P<number>\d+(\.\d+)?)\s*%\s*")

Step = str | tuple[str, ...]
"""A step as written: a touchpoint or a stage, `cart?` for one that may be left out, or several of which any will do."""


def to_json(value: object) -> Any:
    """A field's value as JSON has it."""
    match value:
        case Duration():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case tuple():
            return [to_json(part) for part in value]
        case _:
            return value


def read_text(value: object) -> str | None:
    """Text, or nothing."""
    if value is not None and not isinstance(value, str):
        raise TypeError(sentence("write text, not {kind}", kind=type(value).__name__))
    return value


def _read_number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(sentence("write a whole number, not '{value}'", value=str(value)))
    return value


def _read_share(value: object) -> float:
    """Text such as `80 %`, or the number 0.8."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(sentence("write a share, such as 80 %, not '{value}'", value=str(value)))
    if not isinstance(value, str):
        return float(value)
    found = _SHARE.fullmatch(value)
    if found is None:
        raise ValueError(sentence("'{value}' is no share; write 80 %", value=str(value)))
    return float(found["number"]) / 100


def _read_switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(sentence("write true or false, not '{value}'", value=str(value)))
    return value


def read_duration(value: object) -> Duration | None:
    """A duration given as one, as text, or not at all."""
    if value is None or isinstance(value, Duration):
        return value
    return parse_duration(str(value))


def read_moment(value: object) -> date | datetime | None:
    """A day or a moment given as one, as ISO 8601 text, or not at all."""
    if value is None or isinstance(value, date):
        return value
    text = str(value)
    try:
        return date.fromisoformat(text) if len(text) <= len("2026-12-31") else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            sentence("'{text}' is no day and no moment; write 2026-12-31 or 2026-12-31T08:00:00Z", text=text)
        ) from None


def read_instant(value: object) -> datetime | None:
    """A moment; a day alone is refused."""
    moment = read_moment(value)
    if moment is not None and not isinstance(moment, datetime):
        raise ValueError(
            sentence("'{moment}' is a day; write a moment, such as {moment}T00:00:00Z", moment=str(moment))
        )
    return moment


def read_words(value: object) -> tuple[str, ...]:
    """One word, several, or none."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError(sentence("write a word or a list of words"))


def read_steps(value: object) -> tuple[Step, ...]:
    """Steps as written: words, and lists of words for any-of."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(sentence("write a list of steps"))
    return tuple(step if isinstance(step, str) else read_words(step) for step in value)


def _read_steps_or_number(value: object) -> object:
    return _read_number(value) if isinstance(value, int) else read_steps(value)


READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "within": read_duration,
    "sessions": read_duration,
    "quiet_after": read_duration,
    "since": read_moment,
    "until": read_moment,
    "as_of": read_instant,
    "channel": read_words,
    "device": read_words,
    "persona": read_words,
    "compare": read_words,
    "names": read_words,
    "kinds": read_words,
    "optional": read_words,
    "start": read_words,
    "returns": read_words,
    "unless": read_words,
    "directly": _read_switch,
    "brackets": read_words,
    "touchpoints": _read_share,
    "arrows": _read_share,
    "periods": _read_number,
    "days": _read_number,
    "rolling": _read_switch,
    "end": read_words,
    "steps": _read_steps_or_number,
    "plans": read_words,
    "top": _read_number,
    "limit": _read_number,
    "mature": _read_switch,
    "curve": _read_switch,
    "collapse": _read_switch,
}
"""How each field is read; a field that is not named here is text."""
