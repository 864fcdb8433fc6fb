"""Existing consents, from a CSV of another system: each row checked by itself, the bad ones told with their reasons.

| column | holds |
|---|---|
| `email`, `phone`, `user_id` …, or `kind` and `value` | whose it is |
| `about`, `topic` or `purpose` | what it is about; where it is missing, what the caller says |
| `what` | given, confirmed, withdrawn, asked; yes, no, 1, 0, true, false; where it is missing, given |
| `at` | when she said so, ISO 8601 |
| `wording`, `source`, `page`, `message_id` | the proof, as far as it is known |
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final, NamedTuple

from resa.base.errors import InputError, QuestionError
from resa.base.language import Sentence, said_by, sentence
from resa.consent.saying import Saying, checked_saying
from resa.documents import spelling
from resa.model.consents import ConsentRules

__all__ = ["RefusedRow", "SaidBy", "read_consents"]

_ABOUT: Final = ("about", "topic", "purpose")
_MORE: Final = "\0"  # where the cells stand for which there is no column
_YES: Final = frozenset({"", "yes", "true", "1", "given", "subscribed"})
_NO: Final = frozenset({"no", "false", "0", "withdrawn", "unsubscribed"})


class SaidBy(NamedTuple):
    """What a row says, and of whom.

    Attributes:
        row: Its number, from 1; the heading is not counted.
        kind: Of the identifier, as the file writes it.
        value: Of the identifier, as the file writes it.
        saying: What was said.
    """

    row: int
    kind: str
    value: str
    saying: Saying


@dataclass(frozen=True, kw_only=True)
class RefusedRow:
    """A row that cannot be kept.

    Attributes:
        row: Its number, from 1; the heading is not counted.
        reason: Why, without what it says.
    """

    row: int
    reason: Sentence


def read_consents(
    path: Path,
    rules: ConsentRules,
    *,
    is_kind: Callable[[str], bool],
    now: datetime,
    who: str = "",
    about: str | None = None,
    zone: tzinfo | None = None,
) -> Iterator[SaidBy | RefusedRow]:
    """The rows of a CSV, each as what it says or why it cannot be kept.

    Args:
        path: UTF-8, with a heading; commas, semicolons or tabs.
        rules: What there is to consent to.
        is_kind: Whether something is a kind of identifier: columns that are called so hold some.
        now: The present moment.
        who: Who imports it.
        about: Topic or purpose of rows that name none.
        zone: Of moments that do not name theirs; `None`: those rows are refused.

    Raises:
        InputError: The file is no CSV of consents at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(sentence("{path} is not UTF-8 text; save it as UTF-8", path=path)) from None
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restkey=_MORE, restval="")
    names = [spelling(name) for name in rows.fieldnames or ()]
    rows.fieldnames = names
    named = [name for name in names if is_kind(name)]
    if not named and not {"kind", "value"} <= set(names):
        raise InputError(
            sentence("{path} names nobody; give a column email, phone or user_id, or kind and value", path=path)
        )
    if about is None and not any(name in names for name in _ABOUT):
        raise InputError(sentence("{path} has no column about; add it, or say which with --about", path=path))
    read = _Reading(rules, tuple(named), now, who, about, zone)
    try:
        for number, row in enumerate(rows, start=1):
            yield read.row(number, row)
    except csv.Error as error:
        raise InputError(sentence("{path} is no CSV: {reason}", path=path, reason=str(error))) from None


@dataclass(frozen=True)
class _Reading:
    rules: ConsentRules
    named: tuple[str, ...]
    now: datetime
    who: str
    about: str | None
    zone: tzinfo | None

    def row(self, number: int, row: Mapping[str, str]) -> SaidBy | RefusedRow:
        cells = {name: (cell or "").strip() for name, cell in row.items() if name != _MORE}
        if _MORE in row:
            return RefusedRow(row=number, reason=sentence("the row has more cells than there are columns"))
        people = [(name, cells[name]) for name in self.named if cells.get(name)]
        if cells.get("kind") and cells.get("value"):
            people.append((cells["kind"], cells["value"]))
        if not people:
            return RefusedRow(row=number, reason=sentence("no identifier of a customer is given"))
        try:
            return SaidBy(number, *people[0], self._saying(cells))
        except QuestionError as error:
            return RefusedRow(row=number, reason=error.problems[0].message)
        except ValueError as error:
            return RefusedRow(row=number, reason=said_by(error))

    def _saying(self, cells: Mapping[str, str]) -> Saying:
        about = next((cells[name] for name in _ABOUT if cells.get(name)), self.about)
        if not about:
            raise ValueError(sentence("it does not say what it is about"))
        said = cells.get("what", "").casefold()
        what = "given" if said in _YES else "withdrawn" if said in _NO else said
        return checked_saying(
            self.rules,
            about,
            what,
            at=self._moment(cells.get("at", "")),
            now=self.now,
            wording=cells.get("wording", ""),
            source=cells.get("source") or "import",
            page=cells.get("page"),
            who=self.who,
            message=cells.get("message_id") or _digest(cells),
        )

    def _moment(self, text: str) -> datetime:
        if not text:
            raise ValueError(sentence("it does not say when"))
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(sentence("its time cannot be read; write it as 2026-05-01T10:00:00+02:00")) from None
        if found.tzinfo is None:
            if self.zone is None:
                raise ValueError(sentence("its time names no zone; say which with --timezone"))
            found = found.replace(tzinfo=self.zone)
        return found


def _digest(cells: Mapping[str, str]) -> str:
    """What a row without an id is called: the same row of another file is the same word."""
    told = sorted((name, cell) for name, cell in cells.items() if cell)
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()
