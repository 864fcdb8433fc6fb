"""Groups of things by persona, channel, device, trait, property of the event that starts each, or calendar period."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import PERIODS, calendar_edges
from resa.analytics.results.names import NOT_KNOWN, OTHER_GROUPS
from resa.analytics.results.result import Column
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.text import Statement, inlined, listed, literal
from resa.base.language import Sentence, sentence, sentences
from resa.kernels import bucket_numbers, renumbered

__all__ = ["GROUP", "MOST_GROUPS", "Groups", "grouped", "label_sql"]

GROUP: Final = Column("group", pa.string(), "The group; persons of several personas are counted in each.")
"""The column that a group-by adds."""

MOST_GROUPS: Final = 20
"""Groups that are listed at most; the rest is one group more. Calendar periods and personas are all listed."""


@dataclass(frozen=True)
class Groups:
    """Groups of n things.

    Attributes:
        labels: Their names, in order; one `None` when nothing was grouped.
        members: For each group, which of the things are in it; `None`: all. Empty where `numbers` or `places` tells.
        label: SQL of the label of a thing `i` (customer, position, started_at); empty: no groups.
        join: SQL that joins what `label` reads.
        warnings: What a reader must know.
        numbers: The place in `labels` of each thing; `None`: a thing may be in several groups or in none, or nothing
            was grouped.
        places: The same where a thing may be in none, -1; `None`: likewise, or `numbers` tells.
    """

    labels: tuple[str | None, ...]
    members: tuple[Flags | None, ...] = ()
    label: str = ""
    join: str = ""
    warnings: tuple[Sentence, ...] = ()
    numbers: npt.NDArray[np.unsignedinteger[Any]] | None = None
    places: npt.NDArray[np.int32] | None = None

    @property
    def by(self) -> bool:
        """Whether anything was grouped."""
        return bool(self.label)

    def split(self) -> Iterator[tuple[str | None, Flags | slice]]:
        """Each label with an index that picks its members from an array of the things."""
        for number, label in enumerate(self.labels):
            yield label, self.chosen(number)

    def chosen(self, number: int) -> Flags | slice:
        """An index that picks the members of one group from an array of the things."""
        told = self.numbers if self.numbers is not None else self.places
        if told is not None:
            chosen: Flags = told == number
            return chosen
        members = self.members[number]
        return slice(None) if members is None else members

    def layers(self, things: int) -> Iterator[tuple[range, npt.NDArray[np.int32]]]:
        """Groups that do not overlap, by their places in `labels`, and each thing's place among these; -1: in none.

        Args:
            things: How many there are.
        """
        if self.numbers is not None:
            yield range(len(self.labels)), self.numbers.astype(np.int32)
            return
        if self.places is not None:
            yield range(len(self.labels)), self.places
            return
        first, inside, taken = 0, np.full(things, -1, np.int32), np.zeros(things, np.bool_)
        for number in range(len(self.labels)):
            chosen = self.chosen(number)
            flags = np.ones(things, np.bool_) if isinstance(chosen, slice) else chosen
            if number > first and (taken & flags).any():
                yield range(first, number), inside
                first, inside, taken = number, np.full(things, -1, np.int32), np.zeros(things, np.bool_)
            np.copyto(inside, number - first, where=flags)
            taken |= flags
        if self.labels:
            yield range(first, len(self.labels)), inside

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the labels, if there are groups."""
        return (GROUP,) if self.by else ()

    @property
    def names(self) -> str:
        """`"group", ` in SQL, if there are groups."""
        return '"group", ' if self.by else ""

    @property
    def clause(self) -> str:
        """A GROUP BY clause, if there are groups."""
        return ' GROUP BY "group", rank' if self.by else ""

    @property
    def rank(self) -> str:
        """The place of a group among the others, in a query with `clause`."""
        return "rank" if self.by else "1 AS rank"

    @property
    def every(self) -> str:
        """A SELECT of each `"group"` and its rank; without groups one row of rank 1."""
        if not self.by:
            return "SELECT 1 AS rank"
        labels = literal(list(self.labels))
        return f'SELECT unnest({labels}::VARCHAR[]) AS "group", unnest(range(1, {len(self.labels) + 1})) AS rank'

    def sizes(self, statement: Statement, condition: str = "TRUE") -> str:
        """A SELECT of each `"group"` of the step `grouped` and its customers; empty without groups."""
        if not self.by:
            return ""
        counted = (
            f'SELECT "group", count(DISTINCT customer) AS customers FROM grouped WHERE {condition} GROUP BY "group"'
        )
        return statement.select(counted)

    def over(self, source: str) -> str:
        """A SELECT of the things in the step `source` with `"group"` and its `rank`; as they are without groups."""
        if not self.by:
            return f"SELECT * FROM {source}"
        labelled = f'SELECT i.*, {self.label} AS "group" FROM {source} i {self.join}'
        return f'SELECT *, list_position({literal(list(self.labels))}, "group") AS rank\nFROM ({labelled})'


def grouped(selection: Selection, customers: npt.NDArray[np.integer], positions: Positions) -> Groups:
    """Group things by what the question says.

    Args:
        selection: The question and its events.
        customers: Whose each thing is.
        positions: The event at which each thing starts.
    """
    by = selection.question.by
    if by is None:
        return Groups((None,), (None,))
    if by == "persona":
        return _by_persona(selection, customers)
    if by in PERIODS:
        return _by_period(selection, positions, by)
    if by == "channel":
        codes = selection.snapshot.channels_at(positions)
        labels = (NOT_KNOWN, *selection.snapshot.channel_labels[1:])
        return _by_labels(codes, labels, *label_sql(selection, by))
    if by.startswith("traits."):
        numbers, labels = selection.expressions.labels(by)
        return _by_labels(numbers[customers], labels, *label_sql(selection, by))
    numbers, labels = selection.snapshot.event_labels(by)
    return _by_labels(numbers[positions], labels, *label_sql(selection, by))


def label_sql(selection: Selection, by: str) -> tuple[str, str]:
    """SQL of the label of a thing `i` (customer, position), and what it joins, for anything but a calendar period."""
    if by == "persona":
        return "p.persona", f"JOIN ({selection.expressions.personas()}) p ON p.customer = i.customer"
    if by == "channel":
        return f"coalesce(v.channel, {literal(NOT_KNOWN)})", "JOIN visits v ON v.position = i.position"
    if by.startswith("traits."):
        return "t.label", f"JOIN ({selection.expressions.labelling(by)}) t ON t.customer = i.customer"
    value = inlined(selection.snapshot.event_expression(by, "scalar"))
    events = f"(SELECT position, coalesce(({value})::VARCHAR, {literal(NOT_KNOWN)}) AS label FROM events)"
    return "e.label", f"JOIN {events} e ON e.position = i.position"


def _by_persona(selection: Selection, customers: npt.NDArray[np.integer]) -> Groups:
    defined = [persona.key for persona in selection.snapshot.journey_map.personas if persona.who is not None]
    there = np.zeros(len(selection.snapshot.index.offsets) - 1, np.bool_)
    there[customers] = True
    of_each = {key: selection.expressions.persona(key) for key in defined}
    personas = [key for key in defined if (of_each[key] & there).any()]
    several = np.zeros(len(there), np.uint8)
    for key in personas:
        several += of_each[key]
    nobody = int(np.count_nonzero(there & (several == 0)))
    warnings = []
    if nobody:
        warnings.append(
            sentences(
                "{n} customer is of no persona and in no group.",
                "{n} customers are of no persona and in no group.",
                nobody,
            )
        )
    labels, told = tuple(personas), label_sql(selection, "persona")
    if (there & (several > 1)).any():
        warnings.append(sentence("Some customers are of several personas and counted in each."))
        flags = tuple(of_each[key][customers] for key in personas)
        return Groups(labels, flags, *told, tuple(warnings))
    places = np.full(len(there), -1, np.int32)
    for place, key in enumerate(personas):
        places[of_each[key]] = place
    return Groups(labels, (), *told, tuple(warnings), places=places[customers])


def _by_period(selection: Selection, positions: Positions, by: str) -> Groups:
    snapshot = selection.snapshot
    times = snapshot.times(positions)
    zone = literal(snapshot.journey_map.timezone)
    label = f"strftime(date_trunc({literal(by)}, timezone({zone}, i.started_at)), '%Y-%m-%d')"
    if not len(times):
        return Groups((), label=label, numbers=np.zeros(0, np.uint8))
    edges, days = calendar_edges(int(times.min()), int(times.max()), by, snapshot.zone)  # type: ignore[arg-type]  # in PERIODS
    bucket, used = renumbered(bucket_numbers(times, edges), len(days))
    labels = tuple(days[number].isoformat() for number in used.tolist())
    return Groups(labels, label=label, numbers=bucket.astype(np.min_scalar_type(len(labels))))


def _by_labels(codes: npt.NDArray[np.integer], labels: tuple[str, ...], label: str, join: str) -> Groups:
    counts = np.bincount(codes, minlength=len(labels))
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], labels[code]))
    listed_codes, rest = order[:MOST_GROUPS], order[MOST_GROUPS:]
    names = [labels[code] for code in listed_codes]
    numbers = np.zeros(len(labels), np.uint8)
    numbers[listed_codes], numbers[rest] = np.arange(len(listed_codes)), len(listed_codes)
    if rest:
        label = f"CASE WHEN {label} IN {listed(names)} THEN {label} ELSE {literal(OTHER_GROUPS)} END"
        names.append(OTHER_GROUPS)
    added = sentences(
        "{n} smaller group is listed as {others}.",
        "{n} smaller groups are added up as {others}.",
        len(rest),
        others=OTHER_GROUPS,
    )
    return Groups(tuple(names), (), label, join, (added,) if rest else (), numbers[codes])
