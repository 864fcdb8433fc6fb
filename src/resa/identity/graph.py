"""Evidence and decisions as arrays, in an order that their content alone decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.identity.decisions import Decision, in_force
from resa.identity.identifiers import Identifier
from resa.identity.kinds import Kind
from resa.identity.rules import Rules
from resa.kernels import joining, ordering
from resa.model.tables import EVIDENCE
from resa.storage import Hasher

__all__ = ["NEVER_SEEN", "Graph", "assemble", "parts_of", "touched"]

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NEVER_SEEN: Final = np.iinfo(np.int64).max
"""The first moment of an identifier that only decisions name."""

MOST_KINDS: Final = 250

_CONTENT: Final = Hasher(b"order of content")  # no secret: nothing of it is kept, and every workspace orders alike
_SEPARATOR: Final = pa.scalar("\0", pa.large_string())  # no kind holds it


@dataclass(frozen=True, eq=False)
class Graph:
    """N identifiers, M pairs of them that were seen together, and D decisions on them.

    Identifiers are numbered by a hash of their content, pairs by their identifiers, the lower number first.

    Attributes:
        rules: Of the workspace.
        kinds: The kinds there are, the best first.
        kind: u8[N], place in `kinds`.
        values: N texts.
        first_seen: i64[N], microseconds since the epoch, UTC; `NEVER_SEEN` if only a decision names it.
        one: i32[M].
        other: i32[M].
        alias: bool[M], whether an alias says that they are the same.
        first_at: i64[M], microseconds since the epoch, UTC.
        last_at: i64[M].
        count: i64[M], rows that say so.
        details: The same pairs by reason and source: `pair`, `alias`, `source`, `first_at`, `last_at`, `count`.
        sources: Names of sources.
        decisions: The last on each pair, the newest first.
        decided_one: i32[D].
        decided_other: i32[D].
    """

    rules: Rules
    kinds: tuple[Kind, ...]
    kind: npt.NDArray[np.uint8]
    values: pa.Array
    first_seen: Longs
    one: Ints
    other: Ints
    alias: Flags
    first_at: Longs
    last_at: Longs
    count: Longs
    details: pa.Table
    sources: tuple[str, ...]
    decisions: tuple[Decision, ...]
    decided_one: Ints
    decided_other: Ints

    @cached_property
    def nobody(self) -> Flags:
        """Which identifiers are placeholders by the rules of now, which may be newer than evidence; bool[N]."""
        found = np.zeros(len(self.kind), np.bool_)
        for place, kind in enumerate(self.kinds):
            numbers = np.flatnonzero(self.kind == place)
            found[numbers] = kind.placeholders.among(self.values.take(pa.array(numbers)))
        return found

    def identifier(self, number: int) -> Identifier:
        """The identifier of a number."""
        return Identifier(self.kinds[self.kind[number]].name, self.values[number].as_py())

    def find(self, identifiers: Sequence[Identifier]) -> Ints:
        """The numbers of identifiers; -1 for one that is not there."""
        wanted = pa.array(["\0".join(identifier) for identifier in identifiers], pa.large_string())
        names = pa.array([kind.name for kind in self.kinds], pa.large_string()).take(pa.array(self.kind))
        found = pc.index_in(wanted, pc.binary_join_element_wise(names, self.values, _SEPARATOR))
        return np.asarray(found.fill_null(-1), np.int32)

    def part(self, chosen: Flags) -> Graph:
        """What is told of some identifiers and no others.

        Args:
            chosen: bool[N], as `touched` gives it.
        """
        number = (np.cumsum(chosen) - 1).astype(np.int32)
        pairs = chosen[self.one] & chosen[self.other]
        decided = np.flatnonzero(chosen[self.decided_one] & chosen[self.decided_other])
        pair = np.asarray(self.details.column("pair"))
        kept = pairs[pair]
        place = np.cumsum(pairs) - 1
        return replace(
            self,
            kind=self.kind[chosen],
            values=self.values.filter(pa.array(chosen)),
            first_seen=self.first_seen[chosen],
            one=number[self.one[pairs]],
            other=number[self.other[pairs]],
            alias=self.alias[pairs],
            first_at=self.first_at[pairs],
            last_at=self.last_at[pairs],
            count=self.count[pairs],
            details=self.details.filter(pa.array(kept)).set_column(0, "pair", pa.array(place[pair[kept]])),
            decisions=tuple(self.decisions[place] for place in decided.tolist()),
            decided_one=number[self.decided_one[decided]],
            decided_other=number[self.decided_other[decided]],
        )


def assemble(evidence: Iterable[pa.Table], decisions: Iterable[Decision], rules: Rules) -> Graph:
    """Bring evidence and decisions into one graph. Their order, and what is given twice, is no matter.

    Args:
        evidence: Tables in the schema `EVIDENCE`, as `gather` makes them.
        decisions: All that were ever made.
        rules: Of the workspace.

    Raises:
        InputError: There are more than `MOST_KINDS` kinds.
    """
    table = pa.concat_tables([*evidence, EVIDENCE.empty_table()])
    deciding = in_force(decisions)
    said = [identifier for decision in deciding for identifier in (decision.one, decision.other)]
    kind_names, values, numbers = _numbered(table, said)
    ranked = rules.ranked(kind_names.unique().to_pylist())
    if len(ranked) > MOST_KINDS:
        raise InputError(
            sentence(
                "the sources name {n} kinds of identifiers, and {most} can be told apart; "
                "name fewer under `identifiers:`",
                n=len(ranked),
                most=MOST_KINDS,
            )
        )
    place = pa.array([kind.name for kind in ranked], kind_names.type)
    kind = np.asarray(pc.index_in(kind_names, place), np.uint8)
    rows, one, other = len(table), numbers[: len(table)], numbers[len(table) : 2 * len(table)]
    decided = numbers[2 * rows :].reshape(-1, 2)
    sources = sorted(pc.unique(table.column("source_id")).to_pylist())
    first_seen = np.full(len(kind), NEVER_SEEN, np.int64)
    first_at = _whole(table.column("first_at"))
    for ends in (one, other):
        np.minimum.at(first_seen, ends[ends >= 0], first_at[ends >= 0])
    details, columns = _pairs(table, one, other, sources)
    return Graph(
        rules=rules,
        kinds=ranked,
        kind=kind,
        values=values,
        first_seen=first_seen,
        details=details,
        sources=tuple(sources),
        decisions=tuple(deciding),
        decided_one=decided[:, 0],
        decided_other=decided[:, 1],
        **columns,
    )


def _numbered(table: pa.Table, said: Sequence[Identifier]) -> tuple[pa.Array, pa.Array, Ints]:
    """Kinds and values of all identifiers in the order of their content, and the numbers of all ends (-1: none).

    Ends are those of the rows, first the ones, then the others, and then those of decisions.
    """
    large = pa.large_string()
    kinds = pa.chunked_array(
        [
            *table.column("kind").cast(large).chunks,
            *table.column("other_kind").cast(large).chunks,
            pa.array([identifier.kind for identifier in said], large),
        ],
        large,
    ).combine_chunks()
    values = pa.chunked_array(
        [
            *table.column("value").cast(large).chunks,
            *table.column("other_value").cast(large).chunks,
            pa.array([identifier.value for identifier in said], large),
        ],
        large,
    ).combine_chunks()
    encoded = pc.binary_join_element_wise(kinds, values, _SEPARATOR).dictionary_encode()
    codes = np.asarray(encoded.indices.fill_null(-1), np.int32)
    places = np.zeros(len(encoded.dictionary), np.int64)
    there = np.flatnonzero(codes >= 0)
    places[codes[there]] = there
    kinds, values = kinds.take(pa.array(places)), values.take(pa.array(places))
    order = ordering.order_by_hash(_CONTENT.identifiers(kinds, values))
    number = np.empty(len(order) + 1, np.int32)
    number[order], number[-1] = np.arange(len(order)), -1
    return kinds.take(pa.array(order)), values.take(pa.array(order)), number[codes]


class _Told(NamedTuple):
    """What rows say: when first, when last, how often."""

    first_at: Longs
    last_at: Longs
    times: Longs

    def over(self, starts: Longs, counting: np.ufunc) -> _Told:
        """The same of groups of rows that stand together."""
        if not len(starts):
            return self
        return _Told(
            np.minimum.reduceat(self.first_at, starts),
            np.maximum.reduceat(self.last_at, starts),
            counting.reduceat(self.times, starts),
        )

    def columns(self) -> dict[str, Longs]:
        """As a `Graph` names them."""
        return {"first_at": self.first_at, "last_at": self.last_at, "count": self.times}


def _pairs(table: pa.Table, one: Ints, other: Ints, sources: Sequence[str]) -> tuple[pa.Table, dict[str, Any]]:
    """The pairs in their order: by reason and source, and together as columns of a `Graph`.

    What a batch says twice counts once; batches add up.
    """
    rows = np.flatnonzero((other >= 0) & (one != other))
    low, high = np.minimum(one[rows], other[rows]), np.maximum(one[rows], other[rows])
    pair = low.astype(np.int64) << 32 | high
    alias = np.asarray(pc.equal(table.column("reason"), "alias").combine_chunks().cast(pa.int64()))[rows]
    by = alias * len(sources) + _whole(pc.index_in(table.column("source_id"), pa.array(sources, pa.string())))[rows]
    batches = table.column("batch").combine_chunks().dictionary_encode()
    batch = np.asarray(batches.indices, np.int64)[rows]
    order = np.argsort(by * len(batches.dictionary) + batch, kind="stable")
    order = order[np.argsort(pair[order], kind="stable")]
    pair, by, batch = pair[order], by[order], batch[order]
    told = _Told(*(_whole(table.column(name))[rows][order] for name in ("first_at", "last_at", "count")))
    starts = _changes(pair, by, batch)
    pair, by, told = pair[starts], by[starts], told.over(starts, np.maximum)
    starts = _changes(pair, by)
    pair, by, told = pair[starts], by[starts], told.over(starts, np.add)
    starts = _changes(pair)
    aliases, place = by >= len(sources), np.repeat(np.arange(len(starts)), np.diff(starts, append=len(pair)))
    source = by % max(len(sources), 1)
    details = pa.table({"pair": place, "alias": pa.array(aliases), "source": source, **told.columns()})
    alias_of = np.maximum.reduceat(aliases, starts) if len(starts) else aliases
    ends = {"one": (pair[starts] >> 32).astype(np.int32), "other": (pair[starts] & 0xFFFFFFFF).astype(np.int32)}
    return details, {**ends, "alias": alias_of, **told.over(starts, np.add).columns()}


def _changes(*columns: Longs) -> Longs:
    """The rows in which a column is another than in the row before, and the first."""
    fresh = np.zeros(len(columns[0]), np.bool_)
    fresh[:1] = True
    for column in columns:
        fresh[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(fresh)


def _whole(column: pa.ChunkedArray) -> Longs:
    """Whole numbers, or moments in microseconds."""
    return np.asarray(column.cast(pa.int64()).combine_chunks(), np.int64)


def touched(graph: Graph, identifiers: Sequence[Identifier]) -> Flags:
    """Which identifiers may belong to another customer when something new is told of some; bool[N].

    Args:
        graph: With what is new.
        identifiers: What new evidence or a new decision names.
    """
    part = parts_of(graph)
    chosen = np.zeros(len(graph.kind), np.bool_)
    there = graph.find(identifiers)
    chosen[part[there[there >= 0]]] = True
    return chosen[part]


def parts_of(graph: Graph) -> Ints:
    """What hangs together, by an identifier of each part; i32[N]. What is told of one part decides nothing in another.

    Identifiers hang together by decisions and any evidence, also by what was refused and through what is shared; but
    not through placeholders and kinds that never join.
    """
    mute = graph.nobody | ~np.array([kind.joins for kind in graph.kinds], np.bool_)[graph.kind]
    pairs = ~(mute[graph.one] | mute[graph.other])
    decided = ~(graph.nobody[graph.decided_one] | graph.nobody[graph.decided_other])
    one = np.concatenate([graph.one[pairs], graph.decided_one[decided]])
    other = np.concatenate([graph.other[pairs], graph.decided_other[decided]])
    return joining.components(len(graph.kind), one, other)
