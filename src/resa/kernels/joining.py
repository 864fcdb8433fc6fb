"""Nodes joined by edges in a given order, unless a limit or a parting forbids it: union-find that can say no.

Each kind of node is let in after the better ones. Before its edges count, every node of it is held against those that
are joined by then: one that meets too many different groups is shared, and joins nobody. The answer depends on the
order of the edges alone, so whoever orders them by their content gets the same groups in whatever order they came.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernels.compiling import kernel

__all__ = [
    "AGREES",
    "APART",
    "BEYOND_LIMIT",
    "JOINS",
    "NEVER_JOINS",
    "NOT_APART",
    "OVERRULED",
    "PARTED",
    "PLACEHOLDER",
    "SHARED",
    "SHARED_NAMED",
    "TOO_MANY_ALIASES",
    "UNDECIDED",
    "Joined",
    "Kinds",
    "components",
    "founders",
    "join",
]

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]
Shorts = npt.NDArray[np.uint16]

UNDECIDED: Final = 0
JOINS: Final = 1
AGREES: Final = 2
APART: Final = 3
BEYOND_LIMIT: Final = 4
PARTED: Final = 5
TOO_MANY_ALIASES: Final = 6
OVERRULED: Final = 7
"""What became of an edge: it joined two groups; its ends were joined already; an end joins nobody; a limit of kinds
forbids it; a parting does; an end has too many aliases; a later decision says otherwise."""

NOT_APART: Final = 0
PLACEHOLDER: Final = 1
NEVER_JOINS: Final = 2
SHARED: Final = 3
SHARED_NAMED: Final = 4
"""Why a node joins nobody: it stands for no one; its kind never joins; it met too many known groups, or named ones."""

_MOST: Final = np.iinfo(np.uint16).max


class Kinds(NamedTuple):
    """The rules of K kinds, the best first.

    Attributes:
        unique: bool[K], a group has one at most, and so is known.
        names: bool[K], a group that has one is named.
        joins: bool[K], whether it joins at all.
        limit: u16[K], the most that a group may have.
        aliases: u16[K], the most by aliases.
        shared: i32[K], one that meets more known groups is shared; -1: none is.
        shared_named: i32[K], the same of named ones.
    """

    unique: Flags
    names: Flags
    joins: Flags
    limit: Shorts
    aliases: Shorts
    shared: Ints
    shared_named: Ints


class Joined(NamedTuple):
    """What became of N nodes and M edges.

    Attributes:
        group: i32[N], the lowest node of each node's group.
        apart: u8[N], why it joins nobody, or `NOT_APART`.
        outcome: u8[M], what became of each edge.
        why: i32[M], the kind whose limit forbids it, or the edge that parts; else -1.
    """

    group: Ints
    apart: Bytes
    outcome: Bytes
    why: Ints


class _State(NamedTuple):
    """What joining changes: one row a node, of which that of a group's lowest counts.

    Attributes:
        parent: i32[N], a lower node of the same group.
        counts: u16[N, K], how many of each kind a group has.
        head: i32[N], the first end of a parting that lies in the group, -1: none; empty without partings.
        tail: i32[N], the last.
        following: i32[2 P], the next end in the same group; parting p has the ends 2 p and 2 p + 1.
        parted: i32[2 P], the node of each end.
        parts: i32[P], the edge of each parting.
    """

    parent: Ints
    counts: Shorts
    head: Ints
    tail: Ints
    following: Ints
    parted: Ints
    parts: Ints


@kernel
def _root(parent: Ints, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def _parting_between(state: _State, one: int, other: int) -> int:
    """The parting that has an end in each of two groups; -1 if none has."""
    if len(state.parts) == 0 or state.head[one] < 0 or state.head[other] < 0:
        return -1
    left, right = state.head[one], state.head[other]
    while left >= 0 and right >= 0:  # in step, so that the shorter list decides how long it takes
        if _root(state.parent, state.parted[left ^ 1]) == other:
            return int(left >> 1)
        if _root(state.parent, state.parted[right ^ 1]) == one:
            return int(right >> 1)
        left, right = state.following[left], state.following[right]
    return -1


@kernel
def _part(state: _State, parting: int, edge: int, one: int, other: int) -> None:
    """Note that two groups are never one: each gets an end of the parting."""
    state.parts[parting] = edge
    for end, root in ((2 * parting, one), (2 * parting + 1, other)):
        state.following[end] = state.head[root]
        if state.head[root] < 0:
            state.tail[root] = end
        state.head[root] = end


@kernel
def _unite(state: _State, one: int, other: int) -> None:
    low, high = min(one, other), max(one, other)
    state.parent[high] = low
    for place in range(state.counts.shape[1]):
        both = np.int64(state.counts[low, place]) + np.int64(state.counts[high, place])
        state.counts[low, place] = min(both, np.int64(_MOST))
    if len(state.parts) > 0 and state.head[high] >= 0:
        if state.head[low] < 0:
            state.head[low], state.tail[low] = state.head[high], state.tail[high]
        else:
            state.following[state.tail[low]] = state.head[high]
            state.tail[low] = state.tail[high]


@kernel
def _beyond(counts: Shorts, one: int, other: int, limits: Shorts) -> int:
    """The first kind whose limit two groups would pass together; what one of them passed alone is no matter."""
    for kind in range(counts.shape[1]):
        mine, others = np.int64(counts[one, kind]), np.int64(counts[other, kind])
        if mine > 0 and others > 0 and mine + others > np.int64(limits[kind]):
            return kind
    return -1


@kernel
def _decide(
    state: _State, edges: Ints, one: Ints, other: Ints, parts: Flags, nobody: Flags, outcome: Bytes, why: Ints
) -> None:
    """Take decisions in order: those that part, and those that join whatever the limits say, but not what is nobody."""
    partings = 0
    for edge in edges:
        if nobody[one[edge]] or nobody[other[edge]]:
            outcome[edge] = APART
            continue
        left, right = _root(state.parent, one[edge]), _root(state.parent, other[edge])
        if parts[edge]:
            if left == right:
                outcome[edge] = OVERRULED
                continue
            _part(state, partings, edge, left, right)
            state.parted[2 * partings], state.parted[2 * partings + 1] = one[edge], other[edge]
            partings += 1
            outcome[edge] = PARTED
        elif left == right:
            outcome[edge] = AGREES
        else:
            parting = _parting_between(state, left, right)
            if parting >= 0:
                outcome[edge], why[edge] = OVERRULED, state.parts[parting]
            else:
                _unite(state, left, right)
                outcome[edge] = JOINS


@kernel
def _join_edges(
    state: _State,
    edges: Ints,
    one: Ints,
    other: Ints,
    apart: Flags,
    limits: Shorts,
    outcome: Bytes,
    why: Ints,
) -> None:
    """Join along edges in order; `apart` says which nodes join nobody."""
    for edge in edges:
        if outcome[edge] != UNDECIDED:
            continue
        if apart[one[edge]] or apart[other[edge]]:
            outcome[edge] = APART
            continue
        left, right = _root(state.parent, one[edge]), _root(state.parent, other[edge])
        if left == right:
            outcome[edge] = AGREES
            continue
        parting = _parting_between(state, left, right)
        if parting >= 0:
            outcome[edge], why[edge] = PARTED, state.parts[parting]
            continue
        kind = _beyond(state.counts, left, right, limits)
        if kind >= 0:
            outcome[edge], why[edge] = BEYOND_LIMIT, kind
            continue
        _unite(state, left, right)
        outcome[edge] = JOINS


@kernel
def _roots(parent: Ints, nodes: Ints) -> Ints:
    """The group of each of some nodes."""
    found = np.empty(len(nodes), np.int32)
    for place in range(len(nodes)):
        found[place] = _root(parent, nodes[place])
    return found


@kernel
def _components(nodes: int, one: Ints, other: Ints) -> Ints:
    parent = np.arange(nodes).astype(np.int32)
    for edge in range(len(one)):
        left, right = _root(parent, one[edge]), _root(parent, other[edge])
        parent[max(left, right)] = min(left, right)
    for node in range(nodes):
        parent[node] = parent[parent[node]]
    return parent


def components(nodes: int, one: Ints, other: Ints) -> Ints:
    """The lowest node that each of N nodes is connected with by any edges.

    Args:
        nodes: N.
        one: i32[M], an end of each edge.
        other: i32[M], its other end.
    """
    found: Ints = _components(nodes, one, other)
    return found


def join(
    kinds: Kinds,
    kind: Bytes,
    one: Ints,
    other: Ints,
    stage: Shorts,
    order: Ints,
    *,
    parts: Flags,
    apart: Bytes,
) -> Joined:
    """Join N nodes by M edges.

    Args:
        kinds: The rules of K kinds.
        kind: u8[N], each node's kind.
        one: i32[M], an end of each edge.
        other: i32[M], its other end, never the same.
        stage: u16[M]: 0 a decision, 1 an alias that may pass the limit of unique kinds, else 2 + the worse kind.
        order: i32[M], the edges in the order in which they count, by stages.
        parts: bool[M], whether a decision parts.
        apart: u8[N], nodes that join nobody from the start, or `NOT_APART`.
    """
    apart = np.where(~kinds.joins[kind] & (apart == NOT_APART), NEVER_JOINS, apart).astype(np.uint8)
    state = _fresh(kind, len(kinds.limit), int(parts.sum()))
    outcome, why = np.zeros(len(one), np.uint8), np.full(len(one), -1, np.int32)
    ends = np.searchsorted(stage[order], np.arange(len(kinds.limit) + 3))
    decided, aliases = order[: ends[1]], order[ends[1] : ends[2]]
    _decide(state, decided, one, other, parts, apart == PLACEHOLDER, outcome, why)
    busy = _too_many(kinds, kind, one[aliases], other[aliases])
    outcome[aliases[busy[one[aliases]] | busy[other[aliases]]]] = TOO_MANY_ALIASES
    lifted = np.where(kinds.unique, kinds.aliases, kinds.limit)
    _join_edges(state, aliases, one, other, apart != NOT_APART, lifted, outcome, why)
    together = decided[(outcome[decided] == JOINS) | (outcome[decided] == AGREES)]
    settled = np.unique(np.concatenate([one[together], other[together]]))
    for letting in range(len(kinds.limit)):
        here = order[ends[letting + 2] : ends[letting + 3]]
        if len(here):
            _judge(kinds, letting, kind, state, one[here], other[here], settled, apart)
            _join_edges(state, here, one, other, apart != NOT_APART, kinds.limit, outcome, why)
    return Joined(_roots(state.parent, np.arange(len(kind), dtype=np.int32)), apart, outcome, why)


def _fresh(kind: Bytes, kinds: int, partings: int) -> _State:
    nodes = len(kind)
    counts = np.zeros((nodes, kinds), np.uint16)
    counts[np.arange(nodes), kind] = 1
    return _State(
        np.arange(nodes, dtype=np.int32),
        counts,
        np.full(nodes if partings else 0, -1, np.int32),
        np.full(nodes if partings else 0, -1, np.int32),
        np.full(2 * partings, -1, np.int32),
        np.zeros(2 * partings, np.int32),
        np.zeros(partings, np.int32),
    )


def _too_many(kinds: Kinds, kind: Bytes, one: Ints, other: Ints) -> Flags:
    """Nodes with more aliases of their own kind than a group may have."""
    busy = np.zeros(len(kind), np.bool_)
    nodes, times = np.unique(np.concatenate([one, other]), return_counts=True)
    busy[nodes] = times >= kinds.aliases[kind[nodes]]
    return busy


def _judge(
    kinds: Kinds, letting: int, kind: Bytes, state: _State, one: Ints, other: Ints, settled: Ints, apart: Bytes
) -> None:
    """Set those nodes of a kind apart that meet too many different groups of better kinds.

    Args:
        kinds: The rules.
        letting: The kind that is let in.
        kind: u8[N].
        state: The groups so far.
        one: Ends of the edges of the kind.
        other: Their other ends.
        settled: Nodes that decisions have joined: each meets its own group, too.
        apart: u8[N], changed.
    """
    most, most_named = int(kinds.shared[letting]), int(kinds.shared_named[letting])
    if most < 0 and most_named < 0:
        return
    mine, met = np.concatenate([one, other]), np.concatenate([other, one])
    better = (kind[mine] == letting) & (kind[met] < letting) & (apart[met] == NOT_APART)
    own = settled[kind[settled] == letting]
    mine, met = np.concatenate([mine[better], own]), np.concatenate([met[better], own])
    pairs = mine.astype(np.int64) << 32 | _roots(state.parent, met)
    pairs.sort()
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    nodes, counts = pairs >> 32, state.counts[pairs & 0xFFFFFFFF]
    for reason, limit, which in ((SHARED, most, kinds.unique), (SHARED_NAMED, most_named, kinds.names)):
        if limit >= 0:
            having = (counts[:, which] > 0).any(axis=1)
            some = nodes[having & (apart[nodes] == NOT_APART)]
            heads = np.flatnonzero(np.diff(some, prepend=-1))
            times = np.diff(heads, append=len(some))
            apart[some[heads[times > limit]]] = reason


@kernel
def _founders(group: Ints, kind: Bytes, first: npt.NDArray[np.int64]) -> Ints:
    best = np.full(len(group), -1, np.int32)
    for node in range(len(group)):
        held = best[group[node]]
        better = held < 0 or kind[node] < kind[held] or (kind[node] == kind[held] and first[node] < first[held])
        if better:
            best[group[node]] = node
    found = np.empty(len(group), np.int32)
    for node in range(len(group)):
        found[node] = best[group[node]]
    return found


def founders(group: Ints, kind: Bytes, first: npt.NDArray[np.int64]) -> Ints:
    """The node of each node's group that names it: of the best kind, then the first seen, then the lowest.

    Args:
        group: i32[N].
        kind: u8[N].
        first: i64[N], when it was first seen.
    """
    found: Ints = _founders(group, kind, first)
    return found
