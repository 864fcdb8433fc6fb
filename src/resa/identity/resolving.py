"""Which identifiers are one customer. A function of the evidence as a set: the order of arrival is no matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.identity.decisions import Decision
from resa.identity.graph import Graph, assemble
from resa.identity.identifiers import Identifier
from resa.identity.rules import Rules
from resa.kernels import joining
from resa.storage import Hasher

__all__ = ["NOBODY", "Persons", "resolve", "resolve_graph"]

Ints = npt.NDArray[np.int32]

NOBODY = -1
"""Whose a placeholder is."""

_MOST = 65_535


@dataclass(frozen=True, eq=False)
class Persons:
    """Whose each of N identifiers is, and what became of D decisions and M pairs.

    Attributes:
        graph: What it was resolved from.
        person: i32[N], the identifier that names the customer: of the best kind, then the first seen; `NOBODY` for
            placeholders. A customer's name stays when others join that are of a worse kind or were seen later.
        apart: u8[N], why an identifier joins nobody, as `resa.kernels.joining` lists it.
        outcome: u8[D + M], what became of each decision and then each pair, likewise.
        why: i32[D + M], the kind (place in `graph.kinds`) whose limit was in the way, or the decision; else -1.
        rank: i32[D + M], place in the order in which decisions and pairs count.
    """

    graph: Graph
    person: Ints
    apart: npt.NDArray[np.uint8]
    outcome: npt.NDArray[np.uint8]
    why: Ints
    rank: Ints

    def of(self, identifiers: Sequence[Identifier]) -> list[Identifier | None]:
        """The identifier that names the customer of each; `None` where there is none."""
        people = np.append(self.person, NOBODY)[self.graph.find(identifiers)]
        return [None if person == NOBODY else self.graph.identifier(person) for person in people.tolist()]

    def whose(self, row: npt.NDArray[np.int64], number: Ints, rows: int) -> Ints:
        """Whose rows are that name several identifiers; `NOBODY` if they name none that is somebody's.

        The best identifier decides that is not shared, by its kind and then by its place in the row; of rows that name
        shared ones alone, the best of these. So a row that names a shared browser alone is that browser's own.

        Args:
            row: i64[P], which row names it, ascending.
            number: i32[P], the identifier; -1 for one that names nobody.
            rows: How many rows there are.
        """
        counts = np.flatnonzero((number >= 0) & (self.apart[number] != joining.PLACEHOLDER))
        row, number = row[counts], number[counts]
        shared = self.apart[number] >= joining.SHARED
        best = np.lexsort((counts, self.graph.kind[number], shared, row))
        heads = np.flatnonzero(np.diff(row[best], prepend=-1))
        found = np.full(rows, NOBODY, np.int32)
        found[row[best][heads]] = self.person[number[best][heads]]
        return found

    def keys(self, hasher: Hasher) -> npt.NDArray[np.uint64]:
        """The stable key of each identifier's customer: the workspace's hash of what names it; uint64[N, 2].

        A placeholder has its own.
        """
        kinds = pa.array([kind.name for kind in self.graph.kinds], pa.string()).take(pa.array(self.graph.kind))
        own = hasher.identifiers(kinds, self.graph.values)
        named: npt.NDArray[np.uint64] = own[np.where(self.person == NOBODY, np.arange(len(own)), self.person)]
        return named

    @cached_property
    def ends(self) -> tuple[Ints, Ints]:
        """The identifiers of all decisions and pairs, i32[D + M] each."""
        graph = self.graph
        return np.concatenate([graph.decided_one, graph.one]), np.concatenate([graph.decided_other, graph.other])


def resolve(evidence: Iterable[pa.Table], decisions: Iterable[Decision], rules: Rules) -> Persons:
    """Who is who.

    Args:
        evidence: Tables in the schema `EVIDENCE`, in any order.
        decisions: All that people ever made, in any order.
        rules: Of the workspace.
    """
    return resolve_graph(assemble(evidence, decisions, rules))


def resolve_graph(graph: Graph) -> Persons:
    """Who is who, of evidence that was assembled, or of a part of it."""
    deciding, pairs = len(graph.decisions), len(graph.one)
    stage = np.concatenate([np.zeros(deciding, np.uint16), _stages(graph)])
    order = np.concatenate([np.arange(deciding), deciding + _order(graph, stage[deciding:])]).astype(np.int32)
    one = np.concatenate([graph.decided_one, graph.one])
    other = np.concatenate([graph.decided_other, graph.other])
    parts = np.zeros(deciding + pairs, np.bool_)
    parts[:deciding] = [decision.what == "split" for decision in graph.decisions]
    nobody = graph.nobody.astype(np.uint8)  # PLACEHOLDER is 1
    joined = joining.join(_kinds(graph), graph.kind, one, other, stage, order, parts=parts, apart=nobody)
    person = joining.founders(joined.group, graph.kind, graph.first_seen)
    person[graph.nobody] = NOBODY
    rank = np.empty(deciding + pairs, np.int32)
    rank[order] = np.arange(deciding + pairs)
    return Persons(graph, person, joined.apart, joined.outcome, joined.why, rank)


def _kinds(graph: Graph) -> joining.Kinds:
    kinds = graph.kinds

    def beyond(name: str) -> Ints:
        numbers = (getattr(kind, name) for kind in kinds)
        return np.array([-1 if number is None else number for number in numbers], np.int32)

    return joining.Kinds(
        np.array([kind.unique for kind in kinds], np.bool_),
        np.array([kind.names == "person" for kind in kinds], np.bool_),
        np.array([kind.joins for kind in kinds], np.bool_),
        np.array([min(kind.limit, _MOST) for kind in kinds], np.uint16),
        np.array([min(kind.aliases, _MOST) for kind in kinds], np.uint16),
        beyond("shared_beyond"),
        beyond("shared_beyond_named"),
    )


def _stages(graph: Graph) -> npt.NDArray[np.uint16]:
    """When each pair counts: an alias of two unique ones of a kind first, then with the worse of its kinds."""
    worse = np.maximum(graph.kind[graph.one], graph.kind[graph.other]).astype(np.uint16)
    unique = np.array([kind.unique for kind in graph.kinds], np.bool_)
    lifted = graph.alias & (graph.kind[graph.one] == graph.kind[graph.other]) & unique[worse]
    stages: npt.NDArray[np.uint16] = np.where(lifted, 1, worse + 2).astype(np.uint16)
    return stages


def _order(graph: Graph, stage: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """The pairs in the order in which they count, which their content alone decides.

    By stage, aliases first, then by the better of the kinds, by how often they were seen in powers of two, by the first
    moment, and by their numbers, which are an order of content.
    """
    better = np.minimum(graph.kind[graph.one], graph.kind[graph.other])
    often = 63 - np.floor(np.log2(np.maximum(graph.count, 1))).astype(np.uint64)
    major = (
        stage.astype(np.uint64) << 16 | (~graph.alias).astype(np.uint64) << 15 | better.astype(np.uint64) << 6 | often
    )
    by_moment = np.argsort(graph.first_at, kind="stable")
    kept, codes = np.unique(major, return_inverse=True)
    codes = codes.astype(np.uint16 if len(kept) <= _MOST else np.uint32)  # numpy sorts short ones fastest
    return by_moment[np.argsort(codes[by_moment], kind="stable")]
