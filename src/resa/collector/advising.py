"""What to know or decide before a file is collected: sentences for the command line, codes for a screen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pyarrow as pa

from resa.base.language import Sentence, one_of, sentence
from resa.collector.column_names import name_rank
from resa.collector.guessing import ColumnSeen
from resa.collector.guessing_by_values import CURRENCY
from resa.collector.shapes import targets_of

__all__ = [
    "Advice",
    "Reading",
    "advise",
    "advise_of_commas",
    "advise_of_constant",
    "advise_of_guess",
    "missing_of",
    "names_people",
    "readings_of",
]

_SCALES: Final = ((1, 5), (0, 5), (1, 7), (0, 10), (1, 10), (0, 100), (-100, 100))
_TIMES: Final = ("occurred_at", "day", "recorded_at")
_EXAMPLES: Final = 2


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Something that a person should know of a file.

    Attributes:
        code: What it is about, such as `no-zone`; a screen has its own words for it.
        message: The same for the command line, with the option that changes it.
        values: What both put in, by name.
    """

    code: str
    message: Sentence
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A form in which the times of a file may be written.

    Attributes:
        time_format: The form, as `time_format:` takes it.
        examples: Some texts of the file, each with the time that it is by this form.
    """

    time_format: str
    examples: tuple[tuple[str, datetime], ...]


def advise(
    kind: str,
    mapping: Mapping[str, str],
    seen: Sequence[ColumnSeen],
    settings: dict[str, str],
    timezone: str,
) -> list[Advice]:
    """What a person should check; what can be taken for granted until then is entered in the settings."""
    known = {column.name: column for column in seen}
    found: list[Advice] = []
    for target in _TIMES:
        if mapping.get(target) in known:
            found += _of_time(known[mapping[target]], settings, timezone)
    taken = {column for target, column in mapping.items() if not target.startswith("properties.")}
    numbers = [column.name for column in seen if column.number and column.name not in taken]
    if kind == "events" and "value" not in mapping and numbers:
        message = sentence(
            "no column was taken for a value; if one is money, say --as value=COLUMN, such as {number}",
            number=numbers[0],
        )
        found.append(Advice(code="no-value", message=message, values={"number": numbers[0]}))
    if "score" in mapping and "scale" not in settings:
        found += _of_scale(known[mapping["score"]], settings)
    if "value" in mapping:
        found += [one for column in seen for one in _of_currency(column, settings)]
    return found


def advise_of_guess(target: str, column: str) -> Advice:
    """A column whose name did not say what it is was taken by what it holds."""
    message = sentence(
        "'{column}' was taken for {target} by what it holds; --as {target}=COLUMN says otherwise",
        column=column,
        target=target,
    )
    return Advice(code="guessed", message=message, values={"column": column, "target": target})


def advise_of_constant(stem: str) -> Advice:
    """No column says what happened."""
    message = sentence(
        "no column says what happened, so every row is the event '{stem}'; --as event=… says otherwise", stem=stem
    )
    return Advice(code="one-event", message=message, values={"stem": stem})


def advise_of_commas(name: str) -> Advice:
    """The commas of a column may part thousands."""
    named = name if re.fullmatch(r"[A-Za-z_]\w*", name) else f'row."{name}"'
    message = sentence(
        "every comma in '{name}' stands before three digits and was taken for a decimal "
        "comma: 1,234 is less than 2. If they part thousands, say --as decimal=point, and in "
        "the source file {{expression: replace({named}, ',', '')}}",
        name=name,
        named=named,
    )
    return Advice(code="commas", message=message, values={"column": name})


def _of_currency(column: ColumnSeen, settings: dict[str, str]) -> list[Advice]:
    """Take the currency that all rows are in; say where there are several."""
    codes = set(column.values or column.samples)
    if not codes or not all(map(CURRENCY.fullmatch, codes)):
        return []
    if len(codes) == 1 and "currency" not in settings and name_rank("currency", column.name) is not None:
        settings["currency"] = codes.pop()
        return []
    if len(codes) == 1:
        return []
    samples = ", ".join(column.samples)
    message = sentence(
        "'{column}' may name several currencies ({samples}); values are added up as they "
        "stand: collect each currency as a source of its own, or convert before",
        column=column.name,
        samples=samples,
    )
    return [Advice(code="currencies", message=message, values={"column": column.name, "samples": samples})]


def _of_scale(column: ColumnSeen, settings: dict[str, str]) -> list[Advice]:
    """Take the scale that the scores fit on; without one they could not be compared."""
    if column.low is None or column.high is None:
        return []
    low, high = column.low, column.high
    scale = next((ends for ends in _SCALES if ends[0] <= low and high <= ends[1]), None)
    if scale is None:
        message = sentence(
            "'{column}' fits no usual scale; say --as scale=LOWEST-HIGHEST, or scores are left out of means",
            column=column.name,
        )
        return [Advice(code="no-scale", message=message, values={"column": column.name})]
    settings["scale"] = f"{scale[0]}-{scale[1]}"
    message = sentence(
        "scores were taken to be {low} to {high}; --as scale=1-5 says otherwise, and others are refused",
        low=scale[0],
        high=scale[1],
    )
    return [Advice(code="scale", message=message, values={"low": scale[0], "high": scale[1]})]


def _of_time(column: ColumnSeen, settings: dict[str, str], timezone: str) -> list[Advice]:
    """Set the time format where there is no doubt; say where a person must decide on the zone."""
    ways = _ways(column)
    if len(ways) == 1 and ways != ["iso"]:
        settings.setdefault("time_format", ways[0])
    zoned = re.compile(r":.*(Z|[+-]\d\d(:?\d\d)?)$")
    if "timezone" in settings or column.kind != "time" or any(map(zoned.search, column.samples)):
        return []
    message = sentence(
        "'{column}' tells no time zone; UTC was taken, --as timezone={timezone} changes it",
        column=column.name,
        timezone=timezone,
    )
    return [Advice(code="no-zone", message=message, values={"column": column.name, "timezone": timezone})]


def missing_of(
    kind: str, mapping: Mapping[str, str], seen: Sequence[ColumnSeen], settings: Mapping[str, str]
) -> dict[str, Sentence]:
    """Targets that nothing was found for, each with what to do."""
    found = {
        name: sentence("nothing says what {name} is; add --as {name}=COLUMN", name=name)
        for name, target in targets_of(kind).items()
        if target.missing and name not in mapping
    }
    if "number" in found:
        found["number"] = sentence(
            "nothing says what is counted; add --as number=NAME, such as number=footfall, or a column"
        )
    if kind in {"events", "customers"} and not names_people(mapping):
        found["customer"] = (
            sentence("nothing says who the customer is; add --as customer=COLUMN")
            if kind == "customers"
            else sentence(
                "nothing says who the customer is; add --as customer=COLUMN, or --kind daily_numbers if these are "
                "numbers without customers, such as footfall"
            )
        )
    known = {column.name: column for column in seen}
    for target in _TIMES:
        column = known.get(mapping.get(target, ""))
        if column is not None and "time_format" not in settings and len(ways := _ways(column)) > 1:
            choice = one_of(f"--as 'time_format={way}'" for way in ways)
            found["time_format"] = sentence(
                "'{column}' could be day/month or month/day; add {choice}", column=column.name, choice=choice
            )
    return found


def names_people(mapping: Mapping[str, str]) -> bool:
    """Something says who it was."""
    return any(target == "customer" or target.startswith("identifiers.") for target in mapping)


def readings_of(mapping: Mapping[str, str], seen: Sequence[ColumnSeen], table: pa.Table) -> tuple[Reading, ...]:
    """The forms in which the times may be written, where that is not plain; texts that differ by it come first."""
    known = {column.name: column for column in seen}
    columns = [known[mapping[target]] for target in _TIMES if mapping.get(target) in known]
    if not columns or (ways := _ways(columns[0])) == ["iso"]:
        return ()
    texts = dict.fromkeys(" ".join(text.split()) for text in table.column(columns[0].name).to_pylist() if text)
    read = {text: times for text in texts if None not in (times := [_read(text, way) for way in ways])}
    differing = sorted(read, key=lambda text: len(set(read[text])), reverse=True)[:_EXAMPLES]
    return tuple(
        Reading(time_format=way, examples=tuple((text, time) for text in differing if (time := read[text][place])))
        for place, way in enumerate(ways)
    )


def _read(text: str, time_format: str) -> datetime | None:
    try:
        return datetime.strptime(text, time_format)  # noqa: DTZ007 - the zone is asked for beside it
    except ValueError:
        return None


def _ways(column: ColumnSeen) -> list[str]:
    """The best format and, where every value can be read so too, the one with day and month the other way round."""
    best = column.time_formats[0] if column.time_formats else "iso"
    for sign in "/-":
        swapped = best.replace(f"%d{sign}%m", f"%m{sign}%d")
        if swapped != best and swapped in column.time_formats:
            return [best, swapped]
    return [best]
