"""Cursors of databases: values that grow, as they are kept, ordered and gone back from.

A cursor is a number, a moment, a day, or text that says a moment as ISO 8601 does (databases without a type for moments
hold such). Other text is refused: nothing says how far to go back in it, and it may be of a person.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from resa.base.clock import to_microseconds
from resa.base.errors import SourceError
from resa.base.language import sentence
from resa.model.quantities import Duration

__all__ = ["Cursor", "earlier", "is_cursor", "kept", "lies_ahead", "order_of", "read_kept"]

Cursor = int | float | Decimal | datetime | date | str

_LATE: Final = timedelta(hours=1)
_AHEAD: Final = timedelta(days=2)
_LATE_NUMBER: Final = 1000
_TEXT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<sep>[T ])?(?:\d{2}:\d{2}(?::\d{2})?(?P<part>[.,]\d{1,9})?)?(?P<zone>Z)?.*"
)
_MOST: Final = 2**63 - 1


def is_cursor(value: object) -> bool:
    """Whether rows can be ordered by a value: it is a number or a moment, and is finite."""
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return _moment(value) is not None
    return isinstance(value, int | date) or (isinstance(value, float | Decimal) and math.isfinite(value))


def lies_ahead(value: Cursor, now: datetime) -> bool:
    """Whether a cursor is a moment that has not come yet anywhere: a mistake, behind which no row would ever be new."""
    return not isinstance(value, int | float | Decimal) and _order(value) > to_microseconds(now + _AHEAD)


def order_of(values: Sequence[Any]) -> list[int]:
    """Whole numbers in the order of cursors, for the order among events of one moment."""
    return [_order(value) for value in values]


def earlier(value: Cursor, late: Duration | float | None) -> Cursor:
    """So far below a cursor rows are looked for that came late.

    Args:
        value: The last cursor.
        late: What the source says; `None`: an hour, or 1000.

    Raises:
        SourceError: A duration is said of numbers, or a number of moments.
    """
    if late == 0:
        return value
    if isinstance(value, int | float | Decimal):
        if isinstance(late, Duration):
            raise SourceError(sentence("the cursor holds numbers; write `late:` as a number, such as `late: 1000`"))
        return _less(value, _LATE_NUMBER if late is None else late)
    if isinstance(late, int | float):
        raise SourceError(sentence("the cursor holds times; write `late:` as a duration, such as `late: 1 hour`"))
    span = _LATE if late is None else timedelta(seconds=late.seconds)
    if isinstance(value, str):
        return _text_before(value, span)
    if isinstance(value, datetime):
        return _before(value, span)
    return _before(datetime.combine(value, time(0)), span).date()


def kept(value: Cursor, of: str) -> str:
    """A cursor as JSON, for `read_kept`.

    Args:
        value: The cursor.
        of: What it is a cursor of.
    """
    said = value.isoformat() if isinstance(value, date) else str(value)
    return json.dumps({"of": of, "type": type(value).__name__, "value": said})


def read_kept(text: str | None, of: str) -> Cursor | None:
    """The cursor of a text that `kept` wrote, in the type in which the database gave it; `None`: it is of another."""
    held = {} if text is None else json.loads(text)
    if held.get("of") != of:
        return None
    kind, said = held["type"], held["value"]
    if kind == "int":
        return int(said)
    if kind == "float":
        return float(said)
    if kind == "Decimal":
        return Decimal(said)
    if kind == "datetime":
        return datetime.fromisoformat(said)
    return date.fromisoformat(said) if kind == "date" else str(said)


def _less(value: float | Decimal, back: float) -> Cursor:
    """A smaller number, in the type of the first."""
    if isinstance(value, Decimal):
        return value - Decimal(str(back))
    return value - math.ceil(back) if isinstance(value, int) else value - back


def _order(value: object) -> int:
    if isinstance(value, str):
        value = _moment(value)
    if isinstance(value, datetime):
        return to_microseconds(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return to_microseconds(datetime.combine(value, time(0), UTC))
    if isinstance(value, int | float | Decimal):
        return max(-_MOST, min(int(value), _MOST))
    return 0


def _moment(text: str) -> datetime | None:
    if _TEXT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _before(moment: datetime, span: timedelta) -> datetime:
    try:
        return moment - span
    except OverflowError:
        return datetime.min.replace(tzinfo=moment.tzinfo)


def _text_before(text: str, span: timedelta) -> str:
    """An earlier moment, written as the text is: only so texts are in the order of their moments."""
    written, moment = _TEXT.fullmatch(text), _moment(text)
    if written is None or moment is None:
        raise ValueError(f"{text!r} is no cursor")
    moment = _before(moment, span)
    if written["sep"] is None:
        return moment.date().isoformat()
    before = moment.replace(tzinfo=None).isoformat(sep=written["sep"], timespec="microseconds")
    digits = len(written["part"] or "")
    seconds = 19 if text[16:17] == ":" else 16
    shown = before[:seconds] + (f"{before[19:]}000"[:digits] if digits else "")
    return shown + ("Z" if written["zone"] else "")
