"""Who is who, kept current: what new rows say is added to what a generation of the index knows.

Only what hangs together with something new is worked out again. The result is what working out everything gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.identity.decisions import Decision
from resa.identity.gathering import gather, named_in
from resa.identity.graph import assemble, parts_of
from resa.identity.identifiers import Identifier
from resa.identity.reading import Named
from resa.identity.resolving import NOBODY, Persons, resolve_graph
from resa.identity.rules import Rules
from resa.kernels import joining, ordering
from resa.model.tables import DECISIONS, EVIDENCE, INSTANT, PAIRS, PERSONS
from resa.storage import Hasher, JourneyIndex, Owners, Unified, keys_of, some_parts, with_parts

__all__ = ["Known", "Unifier", "decisions_of", "found_places", "resolved_again"]

Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_BELOW: Final = -1  # the place of what another layer tells of, or none
_OLD: Final = -1  # the batch of what was known before
_ZERO: Final = np.zeros((1, 2), np.uint64)


def decisions_of(table: pa.Table) -> tuple[Decision, ...]:
    """Decisions as they are kept (`DECISIONS`)."""
    if not table.schema.equals(DECISIONS):
        raise ValueError("decisions are kept in the schema DECISIONS")
    return tuple(
        Decision(
            what=row["what"],
            one=Identifier(row["one_kind"], row["one_value"]),
            other=Identifier(row["other_kind"], row["other_value"]),
            at=row["at"],
            who=row["who"],
            why=row["why"],
        )
        for row in table.to_pylist()
    )


@dataclass(frozen=True)
class Known:
    """Whose identifiers are, as a generation keeps it.

    Attributes:
        rules: Of the workspace.
        hasher: The workspace's.
        persons: As `PERSONS`.
        whole: `PERSONS` of a layer below, where what the other does not tell of is looked up.
    """

    rules: Rules
    hasher: Hasher
    persons: pa.Table
    whole: pa.Table = field(default_factory=PERSONS.empty_table)

    @classmethod
    def of(cls, rules: Rules, index: JourneyIndex) -> Known:
        """What a generation keeps, layer by layer."""
        return cls(rules, index.hasher, *index.told_persons)

    @cached_property
    def keys(self) -> Words:
        """The hash of each identifier, by which they stand; uint64[K, 2]. Those of the layer below follow."""
        return np.concatenate([keys_of(self.persons), keys_of(self.whole)])

    def places(self, hashes: Words) -> Longs:
        """The place of each hash in `keys`; -1: it is not known."""
        own = self.persons.num_rows
        found = found_places(hashes, self.keys[:own])
        beside = self.persons.column("part").to_numpy() < 0
        found[np.append(beside, False)[found]] = _BELOW
        if self.whole.num_rows and (found < 0).any():
            below = found_places(hashes[found < 0], self.keys[own:])
            found[found < 0] = np.where(below < 0, below, below + own)
        return found

    @cached_property
    def _name(self) -> Longs:
        """The place of the identifier that names each one's customer."""
        own, below = (layer.column("name").to_numpy().astype(np.int64) for layer in (self.persons, self.whole))
        return np.concatenate([own, np.where(below < 0, below, below + len(own))])

    @cached_property
    def _apart(self) -> npt.NDArray[np.uint8]:
        return np.concatenate([layer.column("apart").to_numpy() for layer in (self.persons, self.whole)])

    def owners(self, identifiers: pa.Array | pa.ChunkedArray) -> Owners:
        """Whose rows are that name these identifiers; see `Persons.whose`.

        Args:
            identifiers: Lists of identifiers as sources write them.
        """
        row, named, pick = named_in(identifiers, self.rules)
        own = self.hasher.identifiers(named.kinds, named.values)
        place = self.places(own)
        known = place >= 0
        name, apart = self._name, self._apart
        whose = np.where(known, name[place], NOBODY) if len(name) else np.full(len(own), NOBODY)
        somebody = ~known | (whose >= 0)
        shared = known & (apart[place] >= joining.SHARED) if len(apart) else known
        rank = _ranks(named.kinds, self.rules)
        number = named.number[pick]
        counts = np.flatnonzero((number >= 0) & np.append(somebody, False)[number])
        row, number = row[counts], number[counts]
        best = np.lexsort((counts, rank[number], shared[number], row))
        heads = best[np.flatnonzero(np.diff(row[best], prepend=-1))]
        chosen, there = number[heads], row[heads]
        by_name = known[chosen]
        place_of = np.where(by_name, whose[chosen], 0)
        who = np.zeros((len(identifiers), 2), np.uint64)
        who[there] = np.where(by_name[:, None], self.keys[place_of], own[chosen]) if len(self.keys) else own[chosen]
        text = np.zeros(len(who), np.int64)
        text[there] = np.where(by_name, len(own) + place_of, chosen)
        anybody = np.zeros(len(who), np.bool_)
        anybody[there] = True
        index = pa.array(text, mask=~anybody)
        kinds, values = (self._texts(column, named).take(index) for column in ("kind", "value"))
        return Owners(who, anybody, pa.concat_arrays(kinds.chunks), pa.concat_arrays(values.chunks))

    def _texts(self, column: str, named: Named) -> pa.ChunkedArray:
        """Kinds or values of what rows name, and behind them those that are known."""
        own = named.kinds if column == "kind" else named.values
        return pa.chunked_array([own, *self.persons.column(column).chunks, *self.whole.column(column).chunks])


def _ranks(kinds: pa.StringArray, rules: Rules) -> Longs:
    """The place of each one's kind, the best first."""
    encoded = kinds.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    place = {kind.name: number for number, kind in enumerate(rules.ranked(names))}
    ranks: Longs = np.array([place[name] for name in names], np.int64)[encoded.indices.to_numpy()]
    return ranks


def found_places(wanted: Words, keys: Words) -> Longs:
    """The place of each hash among sorted ones that differ; -1 where it is not."""
    order = ordering.order_by_hash(wanted)
    ordered = ordering.take_rows(wanted, order)
    starts = ordering.group_starts(ordered)
    number = np.full(len(starts) - 1, -1, np.int64)
    distinct = ordered[starts[:-1]]
    number[ordering.find_hashes(distinct, keys) > 0] = np.flatnonzero(ordering.find_hashes(keys, distinct))
    place = np.empty(len(wanted), np.int64)
    place[order] = np.repeat(number, np.diff(starts))
    return place


class Unifier:
    """Works out who is who of what the index is made of.

    Args:
        rules: Of the workspace.
        decisions: All that people ever made, in the order in which they were kept.
    """

    def __init__(self, rules: Rules, decisions: Sequence[Decision] = ()) -> None:
        self._rules = rules
        self._decisions = tuple(decisions)
        self.rules = rules.digest
        self.decisions = len(self._decisions)

    def until(self, decisions: int) -> Unifier:
        """The same that knows the first decisions alone."""
        return Unifier(self._rules, self._decisions[:decisions])

    def unify(self, base: JourneyIndex, seen: Sequence[pa.Table], *, apart: bool = False) -> Unified:
        """Add what new files say, and new decisions, to what a former generation knows; see the protocol."""
        evidence = [gather(table, self._rules, batch=batch).evidence for batch, table in enumerate(seen) if len(table)]
        told = pa.concat_tables([EVIDENCE.empty_table(), *evidence])
        told = told.filter(pc.is_valid(told.column("other_kind")))
        if apart:
            persons, pairs, whole = self._apart(base, told)
        else:
            persons, pairs, whole = base.persons, base.pairs, PERSONS.empty_table()
        before = Known(self._rules, base.hasher, persons)
        gone = np.zeros((0, 2), np.uint64)
        if len(told) or self.decisions != base.decisions:
            part = _Part.of(before, pairs, told, self._decisions, base.decisions)
            persons, pairs = part.merged(pairs)
            gone = part.gone()
        known = Known(self._rules, base.hasher, persons, whole)
        return Unified(persons, pairs, gone, known.owners)

    def _apart(self, base: JourneyIndex, told: pa.Table) -> tuple[pa.Table, pa.Table, pa.Table]:
        """What a recent layer has to know before something is added to it, and the persons of the whole one."""
        layers = base.layers
        whole = base if layers is None else layers.whole
        below = Known(self._rules, base.hasher, whole.persons)
        touched = _touched(below, _named(base.hasher, told, self._decisions[base.decisions :]))
        persons, pairs = some_parts(whole.persons, whole.pairs, touched)
        if layers is not None:
            persons, pairs = with_parts(persons, pairs, layers.recent.persons, layers.recent.pairs)
        return persons, pairs, whole.persons


@dataclass(frozen=True)
class _Part:
    """What hangs together with something new, worked out again.

    Attributes:
        before: What was known.
        touched: Which of the identifiers that were known hang together with something new.
        persons: Of the touched ones and the new ones.
    """

    before: Known
    touched: Flags
    persons: Persons

    @classmethod
    def of(
        cls,
        before: Known,
        pairs: pa.Table,
        told: pa.Table,
        decisions: Sequence[Decision],
        decided: int,
    ) -> _Part:
        """Work out what new evidence touches, and the decisions from number `decided` on."""
        touched = _touched(before, _named(before.hasher, told, decisions[decided:]))
        return cls(before, touched, _resolved(before, pairs, touched, told, decisions, decided))

    @cached_property
    def _own(self) -> Words:
        """The hash of each identifier that was worked out again."""
        graph = self.persons.graph
        kinds = pa.array([kind.name for kind in graph.kinds], pa.string()).take(pa.array(graph.kind))
        return self.before.hasher.identifiers(kinds, graph.values)

    @cached_property
    def _place(self) -> Longs:
        """The row of each in what was known; -1: it is new."""
        return found_places(self._own, self.before.keys)

    @cached_property
    def _told(self) -> Flags:
        """Which of them are told of here; others stand beside, never join, and are what they were."""
        return np.append(self.touched, True)[self._place]

    @cached_property
    def _parts(self) -> Ints:
        return parts_of(self.persons.graph)

    def gone(self) -> Words:
        """Keys of customers whose rows may be others' by now, sorted."""
        persons, told = self.persons, self._told
        known, keys = self.before.persons, self.before.keys
        place, is_old = self._place, self._place >= 0
        name = np.append(known.column("name").to_numpy(), 0)[place]
        former = np.where(is_old[:, None], np.append(keys, _ZERO, axis=0)[np.where(is_old, name, -1)], self._own)
        was_somebody = ~is_old | (name >= 0)
        now = self._own[np.maximum(persons.person, 0)]
        other = (persons.person < 0) | (now != former).any(axis=1)
        shared = np.append(known.column("apart").to_numpy() >= joining.SHARED, False)[place]
        turned = np.zeros(len(told), np.bool_)
        turned[self._parts[told & (shared != (persons.apart >= joining.SHARED))]] = True
        left = former[told & was_somebody & (other | turned[self._parts])]
        ordered = ordering.take_rows(left, ordering.order_by_hash(left))
        gone: Words = ordered[ordering.group_starts(ordered)[:-1]]
        return gone

    def merged(self, pairs: pa.Table) -> tuple[pa.Table, pa.Table]:
        """All that is known by now, as `PERSONS` and `PAIRS`."""
        known, persons, told = self.before.persons, self.persons, self._told
        kept = np.flatnonzero(~self.touched)
        keys = np.concatenate([self.before.keys[kept], self._own[told]])
        order = ordering.order_by_hash(keys)
        row = np.empty(len(order), np.int32)
        row[order] = np.arange(len(order), dtype=np.int32)
        row_of_known = np.full(known.num_rows + 1, NOBODY, np.int32)
        row_of_known[kept] = row[: len(kept)]
        row_of_own = row_of_known[self._place]
        row_of_own[told] = row[len(kept) :]
        first = np.full(len(told), len(order), np.int32)
        np.minimum.at(first, self._parts[told], row_of_own[told])
        graph = persons.graph
        kinds = pa.array([kind.name for kind in graph.kinds], pa.string()).take(pa.array(graph.kind[told]))
        whose = persons.person[told]
        columns = {
            "kind": _behind(known, "kind", kept, kinds),
            "value": _behind(known, "value", kept, graph.values.filter(pa.array(told)).cast(pa.string())),
            "high": pa.array(keys[:, 0]),
            "low": pa.array(keys[:, 1]),
            "name": _mapped(known, "name", kept, row_of_known, np.where(whose < 0, NOBODY, row_of_own[whose])),
            "apart": _behind(known, "apart", kept, pa.array(persons.apart[told])),
            "part": _mapped(known, "part", kept, row_of_known, first[self._parts[told]]),
        }
        table = pa.table(list(columns.values()), schema=PERSONS).take(pa.array(order)).combine_chunks()
        return table, self._merged_pairs(pairs, row_of_known, row_of_own)

    def _merged_pairs(self, pairs: pa.Table, row_of_known: Ints, row_of_own: Ints) -> pa.Table:
        kept = pairs.filter(pa.array(~_on(pairs, self.touched)))
        graph = self.persons.graph
        pair = graph.details.column("pair").to_numpy()
        ends = np.sort(np.column_stack([row_of_own[graph.one[pair]], row_of_own[graph.other[pair]]]), axis=1)
        sources = pa.array(graph.sources, pa.string())
        details = graph.details
        fresh = pa.table(
            [
                pa.array(ends[:, 0]),
                pa.array(ends[:, 1]),
                details.column("alias").cast(pa.bool_()),
                sources.take(details.column("source").combine_chunks()),
                details.column("first_at").cast(INSTANT),
                details.column("last_at").cast(INSTANT),
                details.column("count"),
            ],
            schema=PAIRS,
        )
        for place, name in enumerate(("one", "other")):
            kept = kept.set_column(place, PAIRS.field(name), pa.array(row_of_known[kept.column(name).to_numpy()]))
        order = [(name, "ascending") for name in ("one", "other", "alias", "source_id")]
        return pa.concat_tables([kept, fresh]).sort_by(order).combine_chunks()


def _named(hasher: Hasher, told: pa.Table, decisions: Sequence[Decision]) -> Words:
    """The hashes of what evidence and decisions name."""
    seen = [hasher.identifiers(told.column(f"{end}kind"), told.column(f"{end}value")) for end in ("", "other_")]
    return np.concatenate([*seen, *(_decided(hasher, decisions, end) for end in ("one", "other"))])


def resolved_again(
    known: Known, pairs: pa.Table, decisions: Sequence[Decision], identifiers: Sequence[Identifier]
) -> Persons:
    """What hangs together with some identifiers, worked out again; nothing if nothing does.

    Args:
        known: What is known.
        pairs: The evidence behind it, as `PAIRS`.
        decisions: That it takes into account.
        identifiers: In their one form.
    """
    kinds, values = ([identifier[place] for identifier in identifiers] for place in (0, 1))
    named = known.hasher.identifiers(pa.array(kinds, pa.string()), pa.array(values, pa.string()))
    touched = _touched(known, named)
    return _resolved(known, pairs, touched, EVIDENCE.empty_table(), decisions, len(decisions))


def resolved_in_doubt(known: Known, pairs: pa.Table, decisions: Sequence[Decision]) -> Persons:
    """What hangs together with something that was seen together and yet not joined, or is shared, worked out again.

    Args:
        known: What is known.
        pairs: The evidence behind it, as `PAIRS`.
        decisions: That it takes into account.
    """
    name, apart, part = (known.persons.column(column).to_numpy() for column in ("name", "apart", "part"))
    one, other = (pairs.column(end).to_numpy() for end in ("one", "other"))
    refused = name[one] != name[other]
    doubtful = np.concatenate([part[one[refused]], part[other[refused]], part[apart >= joining.SHARED]])
    touched = np.isin(part, doubtful)
    return _resolved(known, pairs, touched, EVIDENCE.empty_table(), decisions, len(decisions))


def _touched(known: Known, named: Words) -> Flags:
    """Which of the known identifiers hang together with some of these hashes."""
    places = found_places(named, known.keys)
    part = known.persons.column("part").to_numpy()
    touched: Flags = np.isin(part, part[places[places >= 0]])
    return touched


def _resolved(
    known: Known,
    pairs: pa.Table,
    touched: Flags,
    told: pa.Table,
    decisions: Sequence[Decision],
    decided: int,
) -> Persons:
    """Who is who of the touched ones, of what is told, and of the decisions from number `decided` on."""
    on = [
        np.append(touched, False)[found_places(_decided(known.hasher, decisions, end), known.keys)]
        for end in ("one", "other")
    ]
    mine = on[0] | on[1] | (np.arange(len(decisions)) >= decided)
    old = pairs.filter(pa.array(_on(pairs, touched)))
    return resolve_graph(assemble([_evidence(known.persons, old), told], compress(decisions, mine), known.rules))


def _behind(known: pa.Table, column: str, kept: Longs, more: pa.Array) -> pa.ChunkedArray:
    """A column of those that are kept, and of the others behind them."""
    return pa.chunked_array([*known.column(column).take(pa.array(kept)).chunks, more], more.type)


def _mapped(known: pa.Table, column: str, kept: Longs, row: Ints, more: Ints) -> pa.Array:
    """The same of a column of row numbers, which are others by now; that of nobody stays."""
    return pa.array(np.concatenate([row[known.column(column).to_numpy()[kept]], more.astype(np.int32)]))


def _on(pairs: pa.Table, touched: Flags) -> Flags:
    """Which pairs name a touched identifier."""
    one, other = (pairs.column(name).to_numpy() for name in ("one", "other"))
    found: Flags = np.append(touched, False)[one] | np.append(touched, False)[other]
    return found


def _decided(hasher: Hasher, decisions: Sequence[Decision], end: str) -> Words:
    """The hash of one end of each decision."""
    named = [getattr(decision, end) for decision in decisions]
    kinds, values = ([identifier[place] for identifier in named] for place in (0, 1))
    return hasher.identifiers(pa.array(kinds, pa.string()), pa.array(values, pa.string()))


def _evidence(known: pa.Table, pairs: pa.Table) -> pa.Table:
    """Pairs as evidence."""
    texts = [known.column(name).take(pairs.column(end)) for end in ("one", "other") for name in ("kind", "value")]
    told = [pairs.column(name) for name in ("first_at", "last_at", "count")]
    reason = pc.if_else(pairs.column("alias"), "alias", "seen")
    batch = pa.array(np.full(len(pairs), _OLD, np.int64))
    return pa.table([*texts, reason, pairs.column("source_id"), batch, *told], schema=EVIDENCE)
