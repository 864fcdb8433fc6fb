"""Groups of what is counted: by persona, channel, device, trait, property of the event that starts it, or calendar period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.analytics.calendar import PERIODS, calendar_edges
from resa.analytics.result import Column
from resa.analytics.selection import Selection
from resa.analytics.snapshot import NOT_KNOWN, Flags, Positions
from resa.analytics.sql_text import Statement, inlined, listed, literal
import pyarrow as pa

__all__ = ["GROUP", "MOST_GROUPS", "OTHER_GROUPS", "Groups", "grouped"]

GROUP: Final = Column("group", pa.string(), "The group; persons of several personas are counted in each.")
"""The column that a group-by adds."""

MOST_GROUPS: Final = 20
"""Groups that are listed at most; the rest is one group more. Calendar periods and personas are all listed."""

OTHER_GROUPS: Final = "(other)"


@dataclass(frozen=True)
class Groups:
    """Groups of n things.

    Attributes:
        labels: Their names, in order; one `None` when nothing was grouped.
        members: For each group, which of the things are in it; `None`: all.
        sql: For the step `items` (customer, position, started_at): a SELECT that adds `"group"`; empty: no groups.
        warnings: What a reader must know.
    """

    labels: tuple[str | None, ...]
    members: tuple[Flags | None, ...]
    sql: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def by(self) -> bool:
        """Whether anything was grouped."""
        return bool(self.sql)

    def split(self) -> Iterator[tuple[str | None, Flags | slice]]:
        """Each label with an index that picks its members from an array of the things."""
        for label, members in zip(self.labels, self.members, strict=True):
            yield label, slice(None) if members is None else members

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the labels, if there are groups."""
        return (GROUP,) if self.by else ()

    @property
    def names(self) -> str:
        """`"group", ` in SQL, if there are groups."""
        return '"group", ' if self.by else ""

    def ordered(self, *more: str) -> str:
        """An ORDER BY clause: groups in the order of `labels`, then `more`."""
        keys = [f'list_position({literal(list(self.labels))}, "group")'] if self.by else []
        return f"ORDER BY {', '.join([*keys, *more])}" if keys or more else ""

    def add(self, statement: Statement) -> Statement:
        """The statement with a step `grouped`: `items` with `"group"`, or as they are."""
        return statement.step("grouped", self.sql or "SELECT * FROM items")


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
        codes = selection.snapshot.channels_at(positions).astype(np.int64)
        labels = (NOT_KNOWN, *selection.snapshot.channel_labels[1:])
        label, source = f"coalesce(v.channel, {literal(NOT_KNOWN)})", "items i JOIN visits v ON v.position = i.position"
        return _by_labels(codes, labels, label, source)
    if by.startswith("traits."):
        numbers, labels = selection.expressions.labels(by)
        source = f"items i JOIN ({selection.expressions.labelling(by)}) t ON t.customer = i.customer"
        return _by_labels(numbers[customers], labels, "t.label", source)
    numbers, labels = selection.snapshot.event_labels(by)
    value = inlined(selection.snapshot.event_expression(by, "scalar"))
    events = f"(SELECT position, coalesce(({value})::VARCHAR, {literal(NOT_KNOWN)}) AS label FROM events)"
    return _by_labels(numbers[positions], labels, "e.label", f"items i JOIN {events} e ON e.position = i.position")


def _by_persona(selection: Selection, customers: npt.NDArray[np.integer]) -> Groups:
    personas = [persona.key for persona in selection.snapshot.journey_map.personas if persona.who is not None]
    flags = [selection.expressions.persona(key)[customers] for key in personas]
    source = "items i JOIN (SELECT customer, unnest(personas) AS label FROM customers) p ON p.customer = i.customer"
    nobody = np.ones(len(customers), np.bool_)
    for members in flags:
        nobody &= ~members
    warnings = []
    if nobody.any():
        warnings.append(f"{len(np.unique(customers[nobody])):,} customers are of no persona and in no group.")
    if len(flags) > 1 and (np.sum(flags, axis=0) > 1).any():
        warnings.append("Some customers are of several personas and counted in each.")
    return Groups(tuple(personas), tuple(flags), _sql("p.label", source), tuple(warnings))


def _by_period(selection: Selection, positions: Positions, by: str) -> Groups:
    snapshot = selection.snapshot
    times = snapshot.times(positions)
    zone = literal(snapshot.journey_map.timezone)
    sql = _sql(
        f"strftime(date_trunc({literal(by)}, timezone({zone}, i.started_at)), '%Y-%m-%d')",
        "items i",
    )
    if not len(times):
        return Groups((), (), sql)
    edges, days = calendar_edges(int(times.min()), int(times.max()), by, snapshot.zone)  # type: ignore[arg-type]  # in PERIODS
    bucket = np.searchsorted(edges, times, side="right") - 1
    used = np.unique(bucket)
    labels = tuple(days[number].isoformat() for number in used)
    return Groups(labels, tuple(bucket == number for number in used), sql)


def _by_labels(codes: npt.NDArray[np.integer], labels: tuple[str, ...], label: str, source: str) -> Groups:
    counts = np.bincount(codes, minlength=len(labels))
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], labels[code]))
    listed_codes, rest = order[:MOST_GROUPS], order[MOST_GROUPS:]
    members: list[Flags] = [codes == code for code in listed_codes]
    names = [labels[code] for code in listed_codes]
    if rest:
        members.append(np.isin(codes, rest))
        label = f"CASE WHEN {label} IN {listed(names)} THEN {label} ELSE {literal(OTHER_GROUPS)} END"
        names.append(OTHER_GROUPS)
    warnings = (f"{len(rest)} smaller groups are added up as {OTHER_GROUPS}.",) if rest else ()
    return Groups(tuple(names), tuple(members), _sql(label, source), warnings)


def _sql(label: str, source: str) -> str:
    return f'SELECT i.*, {label} AS "group" FROM {source}'
