"""Numbers, shares, dates and durations as the readers of a language write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from resa.base.language import LANGUAGES, said_in
from resa.drawing.words import say_count
from resa.model.quantities import Duration

__all__ = [
    "any_of",
    "count",
    "day",
    "days",
    "decimal",
    "duration",
    "money",
    "percent",
    "period",
    "seconds",
    "short_count",
    "short_day",
    "signed",
    "within",
]

# CLDR's short English units are 'hr' and 'mins'; the SI symbols are shorter and read everywhere.
_SYMBOLS = {("en", "hour"): "{0} h", ("en", "minute"): "{0} min", ("hu", "second"): "{0} mp"}
_WHOLE = {"hu"}  # its short units are single letters, '4 ó 12 p', which read like a code


@lru_cache(maxsize=16)
def _locale(language: str) -> Locale:
    return Locale.parse(LANGUAGES[said_in(language)])


def percent(share: float, language: str) -> str:
    """`62 %` or `62%`, as the language has it; one decimal below 10 % and above 90 %."""
    shown = round(share * 100)
    near_an_end = 0.0 < abs(share) < 0.0995 or 0.9005 < abs(share) < 1.0
    decimals = near_an_end and round(share * 100, 1) != shown
    locale = _locale(language)
    pattern = locale.percent_formats[None].pattern
    return str(format_percent(share, format=pattern.replace("0", "0.0", 1) if decimals else pattern, locale=locale))


def count(number: float, language: str) -> str:
    """A whole number with the language's thousands separators."""
    return str(format_decimal(round(number), locale=_locale(language)))


def short_count(number: float, language: str) -> str:
    """A number with at most three digits that count: `412`, `1.2k`, `23k`, `4.1M`."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= limit * 0.9995:
            scaled = number / limit
            return f"{format_decimal(round(scaled, 1 if abs(scaled) < 9.95 else 0), locale=_locale(language))}{unit}"
    return count(number, language)


def signed(number: float, language: str) -> str:
    """A small number with its sign and at most one decimal; zero has none."""
    rounded = round(number, 1)
    if rounded == 0:
        return "0"
    text = str(format_decimal(abs(rounded), format="0.#", locale=_locale(language)))
    return f"{'+' if rounded > 0 else '−'}{text}"


def decimal(number: float, language: str) -> str:
    """A number with at most one decimal: `4.1`, `4`."""
    return str(format_decimal(round(number, 1), format="#,##0.#", locale=_locale(language)))


def money(amount: float, currency: str | None, language: str) -> str:
    """An amount in whole units, three digits that count: `SEK 114,000`; without a currency the bare number."""
    digits = 3 - len(str(int(abs(amount))))
    rounded = round(amount, min(0, digits))
    if currency is None:
        return count(rounded, language)
    pattern = _locale(language).currency_formats["standard"].pattern.replace(".00", "")
    text = str(format_currency(rounded, currency, format=pattern, locale=_locale(language), currency_digits=False))
    # CLDR wants a space between a currency's letters and its number; babel leaves it out.
    return re.sub(r"(?<=[A-Za-z])(?=\d)", "\N{NO-BREAK SPACE}", text)


def day(moment: date, language: str) -> str:
    """`14 Sep 2026`."""
    return str(format_date(moment, format="medium", locale=_locale(language)))


def days(first: date, last: date, language: str) -> str:
    """A day, or some: `14 Sep 2026`, `14–16 Sep 2026`."""
    if first == last:
        return day(first, language)
    # CLDR sets thin spaces around the dash, which our font lacks.
    return str(format_interval(first, last, "yMMMd", locale=_locale(language))).replace("\u2009", " ")


def short_day(moment: date, language: str) -> str:
    """Day and month: `14 Sep`."""
    skeletons = {"hu": "MMM d.", "sv": "d MMM", "nb": "d. MMM"}
    return str(format_date(moment, format=skeletons.get(language, "d MMM"), locale=_locale(language)))


def period(first_day: date, every: str, language: str) -> str:
    """A calendar period by its first day: `14 Sep 2026`, `Sep 2026`, `Q3 2026`."""
    skeleton = {"month": "yMMM", "quarter": "yQQQ"}.get(every)
    return (
        day(first_day, language)
        if skeleton is None
        else str(format_skeleton(skeleton, first_day, locale=_locale(language)))
    )


def duration(span: Duration, language: str) -> str:
    """`4 h`, `1 day`, `3 working days`."""
    if span.working:
        return say_count("working_days", language, span.amount, count(span.amount, language))
    return _unit(span.amount, span.unit, language)


def within(span: Duration, language: str) -> str:
    """`within 4 h`: words of their own, since in some languages the unit is inflected."""
    unit = "working_day" if span.working else span.unit
    return say_count(f"within.{unit}", language, span.amount, count(span.amount, language))


def any_of(names: Sequence[str], language: str) -> str:
    """`Cart`, or `First order, Purchase in a store or Cart`."""
    return str(format_list(list(names), style="or", locale=_locale(language)))


def seconds(length: float, language: str) -> str:
    """A measured time in two units at most: `45 s`, `4 h 12 min`, `12 days`, `3 months 9 days` (a month: 30 days)."""
    for least, step in ((10, 1), (3_600, 60), (86_400, 3_600), (864_000, 86_400)):
        if length >= least:
            length = round(length / step) * step  # no more is said, so that no unit is full: 59 min 60 s
    for (size, unit), (smaller, below) in pairwise(_UNITS):
        if length >= (2 * size if unit == "month" else size):
            parts = ((length // size, unit), (length % size // smaller, below))
            return " ".join(_unit(amount, name, language) for amount, name in parts if amount)
    return _unit(length, "second", language)


_UNITS = ((2_592_000, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def _unit(amount: float, unit: str, language: str) -> str:
    rounded = round(amount) if amount >= 9.95 else round(amount, 1)
    symbol = _SYMBOLS.get((language, unit))
    if symbol:
        return symbol.format(format_decimal(rounded, locale=_locale(language)))
    if unit == "second":
        return f"{format_decimal(rounded, locale=_locale(language))} s"
    # CLDR shortens days to a letter in some languages ('2 d'), which reads like a code.
    whole = unit in {"day", "week", "month"} or language in _WHOLE
    length: Literal["long", "short"] = "long" if whole else "short"
    return str(format_unit(rounded, unit, length=length, locale=_locale(language)))
