"""The fields in which one says what the columns of one's own file mean, each with what is to be known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from zoneinfo import available_timezones

from resa.base.errors import Problem
from resa.base.language import Sentence, in_language
from resa.collector import Understanding, said_again
from resa.drawing import format_day
from resa.screens.visits import Visit

__all__ = ["ASKED", "OPTIONAL", "SETTINGS", "FileField", "fields_of", "meanings_of", "refused_of"]

ASKED: Final = (
    "occurred_at",
    "event",
    "customer",
    "channel",
    "value",
    "identifiers.email",
    "identifiers.phone",
)
"""Who did what and when, and what is good to know of it: of these a person says in which column they stand."""

OPTIONAL: Final = ("channel", "value", "identifiers.email", "identifiers.phone")
"""Those of them that may be nothing."""

SETTINGS: Final = ("time_format", "timezone", "decimal", "currency")

_FIELDS: Final = {
    "one-event": "event",
    "no-value": "value",
    "no-zone": "timezone",
    "commas": "decimal",
    "currencies": "currency",
}
"""At which field it stands what a person should know; what was guessed stands at what it was taken for."""

_IN_OTHER_WORDS: Final = frozenset({"unreadable-time", "doubtful-time", "broken-utf8"})
"""Reasons whose sentences are about the source file; the page has fields for what they say."""


@dataclass(kw_only=True)
class FileField:
    """One field of the form.

    Attributes:
        name: In the form.
        label: What it asks for.
        value: What it says now.
        options: What may be chosen, with what each is called; none: it is typed.
        words: What typing suggests.
        example: What it might say.
        wrong: What is to be changed in it.
        hints: What is good to know of it.
    """

    name: str
    label: str
    value: str = ""
    options: Sequence[tuple[str, str]] = ()
    words: Sequence[str] = ()
    example: str = ""
    wrong: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)


def fields_of(visit: Visit, found: Understanding) -> tuple[list[FileField], list[str]]:
    """The fields, with what is wrong and what is to be known at its own field; and what is wrong with none of them."""
    fields = {target: _column_field(visit, found, target) for target in ASKED}
    fields |= {one.name: one for one in _setting_fields(visit, found)}
    readings = found.readings
    for target in found.missing:
        example = readings[0].examples[0][0] if target == "time_format" and readings and readings[0].examples else ""
        if target in fields:
            fields[target].wrong.append(
                visit.say(f"start_missing_{target}", column=found.mapping.get("occurred_at", ""), example=example)
            )
    for one in found.advice:
        name = str(one.values["target"]) if one.code == "guessed" else _FIELDS.get(one.code, "")
        if name in fields:
            fields[name].hints.append(visit.say(f"start_advice_{one.code.replace('-', '_')}", **one.values))
    beside = _place(visit, found.problems, fields)
    return list(fields.values()), beside


def _place(visit: Visit, problems: Sequence[Problem], fields: Mapping[str, FileField]) -> list[str]:
    """Put what is wrong with the proposal at its field; what has none is given back."""
    beside: list[str] = []
    for problem in problems:
        name = (problem.field or "").partition(".")[0]
        told = fields[name].wrong if name in fields else beside
        told.append(in_language(problem.message, visit.language))
    return beside


def _word(target: str) -> str:
    return f"start_{target.rpartition('.')[2]}"


def _column_field(visit: Visit, found: Understanding, target: str) -> FileField:
    chosen = found.mapping.get(target, "")
    names = [(column.name, column.name) for column in found.columns]
    nothing = [("", visit.say("start_none" if target not in OPTIONAL else "start_nothing"))]
    options = names if chosen and target not in OPTIONAL else [*nothing, *names]
    if chosen.startswith("= "):
        options = [*options, (chosen, visit.say("start_constant", text=chosen[2:]))]
    return FileField(name=target, label=visit.say(_word(target)), value=chosen, options=options)


def _setting_fields(visit: Visit, found: Understanding) -> list[FileField]:
    """How times and numbers are written, as far as it is a question."""
    said = found.settings
    fields = [
        FileField(
            name="timezone",
            label=visit.say("start_timezone"),
            value=said.get("timezone", ""),
            words=_zones(),
            example="Europe/Stockholm",
        )
    ]
    if found.readings:
        forms = [(one.time_format, _reading(visit, one.examples)) for one in found.readings]
        chosen = said.get("time_format", "")
        if chosen and chosen not in dict(forms):
            forms.append((chosen, chosen))
        forms = forms if chosen else [("", visit.say("start_choose")), *forms]
        fields.insert(
            0, FileField(name="time_format", label=visit.say("start_time_format"), value=chosen, options=forms)
        )
    if any(column.number and ("," in "".join(column.samples)) for column in found.columns) or "decimal" in said:
        signs = [(sign, visit.say(f"start_decimal_{sign}")) for sign in ("comma", "point")]
        label = visit.say("start_decimal")
        fields.append(FileField(name="decimal", label=label, value=said.get("decimal", "point"), options=signs))
    if "value" in found.mapping:
        label = visit.say("start_currency")
        fields.append(FileField(name="currency", label=label, value=said.get("currency", ""), example="SEK"))
    return fields


def _reading(visit: Visit, examples: Sequence[tuple[str, Any]]) -> str:
    """`03/04/2026 is 3 Apr 2026; 05/06/2026 is 5 Jun 2026`."""
    return "; ".join(
        visit.say("start_reading", text=text, day=format_day(moment, visit.language)) for text, moment in examples
    )


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    return tuple(
        sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc", "posix")))
    )


def meanings_of(visit: Visit, found: Understanding) -> dict[str, str]:
    """What each column is taken for, in words."""
    return {column.name: visit.say(_word(found.meaning_of(column))) for column in found.columns}


def refused_of(visit: Visit, found: Understanding) -> list[tuple[str, int]]:
    """Why rows would be refused, and how many: in words of the page where the others speak of the source file."""
    if found.trial is None:
        return []
    told = []
    for detail, count in found.trial.rejected.most_common():
        reason, says = found.trial.reasons[detail], said_again(detail)
        told_of = str(says.values.get("column", ""))
        column = found.mapping.get(told_of, told_of).removeprefix("= ")
        says = Sentence(
            says.pattern, says.n, {**says.values, "column": column} if told_of in found.mapping else says.values
        )
        if reason in _IN_OTHER_WORDS:
            told.append((visit.say(f"start_refused_{reason.replace('-', '_')}", column=column), count))
        else:
            told.append((in_language(says, visit.language), count))
    return told
