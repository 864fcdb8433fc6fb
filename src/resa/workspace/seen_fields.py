"""Fields that data really have, with the values that they say, for who chooses one from a list."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["Counted", "SeenField", "counted_fields", "path_of", "plain_text", "said_in_json", "seen_fields"]

_DEEPEST: Final = 3
_MOST_FIELDS: Final = 200
_MOST_VALUES: Final = 50
_MOST_KEPT: Final = 2_000
_LONGEST_VALUE: Final = 100
_MOST_PERSONS: Final = 5
_NAME: Final = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, kw_only=True)
class SeenField:
    """A field that data have.

    Attributes:
        path: As an expression names it.
        rows: How many have it.
        numbers: All its values are numbers.
        values: What it says, the commonest first, each with how many say it.
    """

    path: str
    rows: int
    numbers: bool = False
    values: tuple[tuple[str, int], ...] = ()


@dataclass
class _Counted:
    """What one field said, how often, and of whom, as far as that matters."""

    rows: int = 0
    numbers: bool = True
    values: Counter[str] = field(default_factory=Counter)
    persons: dict[str, set[str]] = field(default_factory=dict)
    everyone: set[str] = field(default_factory=set)


Counted = Mapping[str, _Counted]
"""What fields said, by their paths."""


def counted_fields(rows: Iterable[tuple[str, Iterable[tuple[str, Any]]]]) -> Counted:
    """Count what rows say.

    Args:
        rows: Of each, whom it is about, and its paths with their values.
    """
    found: dict[str, _Counted] = {}
    for person, said in rows:
        for path, value in said:
            if value is not None and (path in found or len(found) < _MOST_FIELDS):
                _count(found.setdefault(path, _Counted()), value, person)
    return found


def seen_fields(counted: Counted, *, several: int = 1) -> list[SeenField]:
    """The fields, in the order in which they were met.

    Args:
        counted: What they said.
        several: Only fields and values are told that so many persons have, at most 5; and no addresses, which are
            one person's also where she is not known again.
    """
    return [
        SeenField(
            path=path,
            rows=one.rows,
            numbers=one.numbers,
            values=tuple(
                (value, count)
                for value, count in one.values.most_common()
                if several == 1 or (len(one.persons[value]) >= several and "@" not in value)
            )[:_MOST_VALUES],
        )
        for path, one in counted.items()
        if len(one.everyone) >= several  # what a field is called may tell of one person, too
    ]


def _count(one: _Counted, value: Any, person: str) -> None:
    one.rows += 1
    one.numbers &= isinstance(value, int | float) and not isinstance(value, bool)
    if len(one.everyone) < _MOST_PERSONS:
        one.everyone.add(person)
    text = plain_text(value)
    if len(text) > _LONGEST_VALUE or (text not in one.values and len(one.values) >= _MOST_KEPT):
        return
    one.values[text] += 1
    persons = one.persons.setdefault(text, set())
    if len(persons) < _MOST_PERSONS:
        persons.add(person)


def said_in_json(prefix: str, text: str | None) -> Iterator[tuple[str, Any]]:
    """The paths of a JSON object, with their values; of lists nothing."""
    try:
        said = json.loads(text or "{}")
    except ValueError:
        return
    if isinstance(said, dict):
        yield from _flat(prefix, said, 1)


def _flat(path: str, said: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        here = f"{path}.{path_of(name)}"
        if isinstance(value, dict):
            if depth < _DEEPEST:
                yield from _flat(here, value, depth + 1)
        elif isinstance(value, str | int | float) and name:
            yield here, value


def path_of(name: str) -> str:
    """A name as an expression writes it after a dot."""
    return name if _NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def plain_text(value: Any) -> str:
    """A value as a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
