"""Conditions that are put together on a page: rows of field, comparison and value, with the expression beside them.

Both say the same, and either can be changed. An expression that rows cannot say stays the text that it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, cast

from resa.base.errors import ExpressionError, Problem
from resa.base.language import Sentence
from resa.expressions import SIGNS, Group, Row, Rows, Sign, normal_rows, rows_of, text_of
from resa.screens.asking import pairs_of
from resa.screens.visits import Visit

__all__ = ["SIGN_WORDS", "Choice", "Composed", "Headed", "asked_of_query", "composed", "listed", "spot", "values_name"]

SIGN_WORDS: Final[Mapping[Sign, str]] = {
    "=": "sign_is",
    "<>": "sign_is_not",
    ">": "sign_more",
    ">=": "sign_at_least",
    "<": "sign_less",
    "<=": "sign_at_most",
    "in": "sign_among",
    "not in": "sign_not_among",
    "between": "sign_between",
    "contains": "sign_contains",
    "not contains": "sign_not_contains",
    "starts_with": "sign_begins",
    "ends_with": "sign_ends",
    "like": "sign_like",
    "not like": "sign_not_like",
    "is not null": "sign_there",
    "is null": "sign_missing",
    "holds": "sign_true",
    "not": "sign_not_true",
}
"""What people call the ways to compare."""

_BLANK: Final = Row("")
_CELL: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.(field|sign|value|last)")
_JOIN: Final = re.compile(r"([0-9]{1,2})\.join")
_TAKE: Final = re.compile(r"take\.([0-9]{1,2})\.([0-9]{1,2})")

Place = tuple[int, int]


@dataclass(frozen=True)
class Choice:
    """A field that a row may look at.

    Attributes:
        path: As an expression names it.
        label: For people.
        values: What it can be compared with.
    """

    path: str
    label: str
    values: Sequence[str] = ()


Headed = tuple[str, Sequence[Choice]]
"""Fields under a heading."""


@dataclass(frozen=True)
class Composed:
    """A condition as a page shows it.

    Attributes:
        text: The expression.
        rows: The same in rows, with a blank one behind those of each group; `None`: rows cannot say it.
        at_rows: What is wrong with rows, by the numbers of group and row.
        problems: What is wrong with the expression.
        blank: It says nothing yet.
    """

    text: str
    rows: Rows | None
    at_rows: Mapping[Place, Sequence[Sentence]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    @property
    def blank(self) -> bool:
        """Whether it says nothing yet."""
        return not self.text.strip()

    @property
    def good(self) -> bool:
        """Whether it is a condition that can be asked."""
        return not (self.blank or self.problems or self.at_rows)

    @property
    def fields(self) -> list[str]:
        """The fields that rows look at."""
        groups = self.rows.groups if self.rows is not None else ()
        return list(dict.fromkeys(row.field for group in groups for row in group.rows if row.field))


def asked_of_query(visit: Visit) -> dict[str, str]:
    """What the address of a page says, by name.

    Raises:
        QuestionError: It says more than a page can hold.
    """
    return dict(pairs_of(visit.path.partition("?")[2]))


def composed(asked: Mapping[str, str], current: str, check: Callable[[str], object]) -> Composed:
    """A condition as a form says it.

    The form says what it showed: a text that differs from that was changed by hand and counts; else the rows do, if
    they differ from what they were.

    Args:
        asked: What the form says; what it does not, is as it was.
        current: What holds as long as the form says nothing.
        check: Raises ExpressionError for an expression that is wrong.
    """
    if "shown" not in asked:
        return _of_text(asked.get("text", current), asked, check)
    shown, typed = (_lines(asked.get(name, "")) for name in ("shown", "text"))
    if typed != shown or "0.join" not in asked:
        return _of_text(typed, asked, check)
    rows = _said(_rows(asked))
    before = rows_of(shown)
    if before is not None and normal_rows(rows) == before:
        return replace(_of_text(shown, asked, check), rows=_with_blanks(rows, asked))
    written = text_of(rows)
    if written.problems:
        wrong = {row: (message,) for row, message in written.problems.items()}
        return Composed(shown, _with_blanks(rows, asked), wrong)
    found, at_rows, elsewhere = _problems(written.text, check), dict[Place, list[Sentence]](), list[Problem]()
    for problem in found:
        place = written.row_at((problem.column or 1) - 1)
        if place is None:
            elsewhere.append(problem)
        else:
            at_rows.setdefault(place, []).append(problem.message)
    return Composed(written.text, _with_blanks(rows, asked), at_rows, elsewhere)


def _of_text(text: str, asked: Mapping[str, str], check: Callable[[str], object]) -> Composed:
    rows = rows_of(text)
    return Composed(
        text, None if rows is None else _with_blanks(rows, asked), {}, _problems(text, check) if text.strip() else ()
    )


def _lines(text: str) -> str:
    """A text as browsers send it, with plain line ends."""
    return text.replace("\r\n", "\n")


def _problems(text: str, check: Callable[[str], object]) -> Sequence[Problem]:
    if not text.strip():
        return ()
    try:
        check(text)
    except ExpressionError as error:
        return error.problems
    return ()


def _rows(asked: Mapping[str, str]) -> Rows:
    """The rows of a form, with those that say nothing."""
    cells: dict[int, dict[int, dict[str, str]]] = {}
    for name, value in asked.items():
        if found := _CELL.fullmatch(name):
            row = cells.setdefault(int(found[1]), {}).setdefault(int(found[2]), {})
            row[found[3]] = value.strip()
    numbers = {int(found[1]) for name in asked if (found := _JOIN.fullmatch(name))}
    if taken := _TAKE.fullmatch(asked.get("do", "")):
        cells.get(int(taken[1]), {}).pop(int(taken[2]), None)
    groups = []
    for number in sorted(numbers | set(cells)):
        rows = tuple(_row(one) for _, one in sorted(cells.get(number, {}).items()))
        join = asked.get(f"{number}.join", "")
        groups.append(Group(cast("Literal['all', 'any', 'none']", join if join in _JOINS else "all"), rows))
    return Rows("any" if asked.get("join") == "any" else "all", tuple(groups))


_JOINS: Final = frozenset({"all", "any", "none"})


def _row(cells: Mapping[str, str]) -> Row:
    sign: Sign = next((sign for sign in SIGNS if sign == cells.get("sign")), "=")
    return Row(
        cells.get("field", ""),
        sign,
        cells.get("value", ""),
        cells.get("last", ""),
    )


def _said(rows: Rows) -> Rows:
    """Without the rows of a form that were left blank."""
    groups = (
        replace(group, rows=tuple(row for row in group.rows if row != replace(_BLANK, sign=row.sign)))
        for group in rows.groups
    )
    return replace(rows, groups=tuple(group for group in groups if group.rows))


def _with_blanks(rows: Rows, asked: Mapping[str, str]) -> Rows:
    """Rows as a page shows them: behind those of each group a blank one."""
    groups = [replace(group, rows=(*group.rows, _BLANK)) for group in rows.groups]
    if not groups or asked.get("do") == "group":
        groups.append(Group("all" if rows.join == "any" or not groups else "any", (_BLANK,)))
    return replace(rows, groups=tuple(groups))


def values_name(path: str) -> str:
    """By which the values of a field are found on a page."""
    return f"v-{hashlib.blake2b(path.encode(), digest_size=6).hexdigest()}"


def spot(text: str, problem: Problem) -> tuple[str, str, str]:
    """An expression around what is wrong in it: before, the spot itself, after."""
    start = min(max((problem.column or 1) - 1, 0), len(text))
    found = re.compile(r"'[^']*'?|[\w.]+|\S|$").search(text, start)
    end = start if found is None else found.end()
    return text[:start], text[start:end], text[end:]


def listed(choices: Iterable[Headed], wanted: Iterable[str]) -> list[Headed]:
    """Fields under their headings, with those that are wanted and stand nowhere yet."""
    groups = list(choices)
    known = {one.path for _, group in groups for one in group}
    others = [Choice(path, path) for path in wanted if path not in known]
    return [*groups, ("", others)] if others else groups
