"""Why two identifiers are one customer, why they are not, and which join nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.language import Sentence, as_it_is, pattern, sentence, sentences
from resa.identity.decisions import Decision
from resa.identity.identifiers import Identifier
from resa.identity.resolving import Persons
from resa.kernels import joining

__all__ = ["Step", "refused", "said_apart", "said_refusal", "set_apart", "why_apart", "why_together"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_APART: Final[Mapping[int, str]] = MappingProxyType(
    {
        joining.PLACEHOLDER: "placeholder",
        joining.NEVER_JOINS: "never-joins",
        joining.SHARED: "shared",
        joining.SHARED_NAMED: "shared-by-guests",
    }
)
_REFUSED: Final[Mapping[int, str]] = MappingProxyType(
    {
        joining.APART: "set-apart",
        joining.BEYOND_LIMIT: "limit",
        joining.PARTED: "split",
        joining.TOO_MANY_ALIASES: "too-many-aliases",
        joining.OVERRULED: "overruled",
    }
)
_SAID_APART: Final[Mapping[str, str]] = MappingProxyType(
    {
        "placeholder": pattern("this {kind} stands for nobody, such as null or test@test.com, and joins no one"),
        "never-joins": pattern("identifiers of kind {kind} join no one, as identity.yaml says"),
        "shared": pattern(
            "this {kind} is shared: it was seen with more known customers than its rules allow ({limit})"
        ),
        "shared-by-guests": pattern(
            "this {kind} is shared: it was seen with more customers than its rules allow ({limit})"
        ),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A piece of evidence that two identifiers are one customer.

    Attributes:
        one: An identifier.
        other: The next.
        decision: The decision that joins them; `None`: they were seen together.
        alias: An alias says that they are the same.
        sources: Where they were seen, by name.
        first_at: When first, UTC.
        last_at: When last.
        count: How many rows say so.
    """

    one: Identifier
    other: Identifier
    decision: Decision | None = None
    alias: bool = False
    sources: tuple[str, ...] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None
    count: int = 0

    @property
    def sentence(self) -> Sentence:
        """The step as people read it, without the values of the identifiers."""
        if self.decision is not None:
            return _said_decision(self.decision)
        day = f"{self.first_at:%Y-%m-%d}" if self.first_at else ""
        kinds = {"one": self.one.kind, "other": self.other.kind, "sources": ", ".join(self.sources), "day": day}
        if self.alias:
            return sentence("{one} and {other}: an alias in {sources} says since {day} that they are the same", **kinds)
        return sentences(
            "{one} and {other}: seen together in {n} row of {sources}, on {day}",
            "{one} and {other}: seen together in {n} rows of {sources}, first on {day}",
            self.count,
            **kinds,
        )


def why_together(persons: Persons, one: Identifier, other: Identifier) -> list[Step]:
    """The shortest way of evidence from one identifier to another, and of the shortest the strongest.

    A way is as strong as its weakest step. Evidence that was refused is no step.

    Returns:
        The steps; none if they are not one customer, or the same identifier.
    """
    start, end = persons.graph.find([one, other]).tolist()
    if min(start, end) < 0 or start == end or persons.person[start] != persons.person[end]:
        return []
    ones, others = persons.ends
    good = (persons.outcome == joining.JOINS) | (persons.outcome == joining.AGREES)
    own = np.flatnonzero(good & (persons.person[ones] == persons.person[start]))
    near: dict[int, list[tuple[int, int]]] = {}
    for edge, left, right in zip(own.tolist(), ones[own].tolist(), others[own].tolist(), strict=True):
        near.setdefault(left, []).append((edge, right))
        near.setdefault(right, []).append((edge, left))
    came: dict[int, tuple[int, int]] = {}
    waiting = [(0, -1, start, -1, start)]  # steps, rank of the weakest, where, by which edge, from where
    while waiting:
        steps, weakest, node, edge, before = heappop(waiting)
        if node in came:
            continue
        came[node] = edge, before
        if node == end:
            break
        for via, further in near.get(node, ()):
            if further not in came:
                heappush(waiting, (steps + 1, max(weakest, int(persons.rank[via])), further, via, node))
    found: list[Step] = []
    while end != start and end in came:
        edge, before = came[end]
        found.append(_step(persons, edge, before, end))
        end = before
    return found[::-1]


def why_apart(persons: Persons, one: Identifier, other: Identifier) -> list[Sentence]:
    """What speaks against two identifiers being one customer: what sets them apart, and what was refused between them.

    Returns:
        Sentences without values; none if nothing ever linked the two customers directly, or they are one.
    """
    start, end = persons.graph.find([one, other]).tolist()
    if min(start, end) < 0 or (persons.person[start] == persons.person[end] and persons.person[start] >= 0):
        return []
    found = [_said_apart(persons, number) for number in (start, end) if persons.apart[number] != joining.NOT_APART]
    ones, others = (persons.person[ends] for ends in persons.ends)
    mine, theirs = persons.person[start], persons.person[end]
    between = ((ones == mine) & (others == theirs)) | ((ones == theirs) & (others == mine))
    for edge in np.flatnonzero(between & np.isin(persons.outcome, [*_REFUSED])).tolist():
        if persons.outcome[edge] != joining.APART:
            found.append(said_refusal(persons, edge))
        else:
            ends = (int(ends[edge]) for ends in persons.ends)
            found += [_said_apart(persons, number) for number in ends if persons.apart[number] != joining.NOT_APART]
    return list(dict.fromkeys(found))


def said_refusal(persons: Persons, edge: int) -> Sentence:
    """Why a decision or a pair of identifiers joined nobody, without values.

    Args:
        persons: Who is who.
        edge: Place among all decisions and then all pairs, as in the column `edge` of `refused`.
    """
    graph, why = persons.graph, int(persons.why[edge])
    match persons.outcome[edge]:
        case joining.BEYOND_LIMIT:
            kind = graph.kinds[why]
            return sentence(
                "together they would have more identifiers of kind {kind} than a customer may have ({limit})",
                kind=kind.name,
                limit=kind.limit,
            )
        case joining.PARTED | joining.OVERRULED if why >= 0 or edge < len(graph.decisions):
            by = graph.decisions[why if why >= 0 else edge]
            if why < 0 and persons.outcome[edge] == joining.OVERRULED:
                return sentence("this split no longer holds: later joins say that they are one customer")
            return _said_decision(by)
        case joining.TOO_MANY_ALIASES:
            return sentence("aliases say that one of them is the same as very many others, so it is nobody's alias")
        case _:
            numbers = [int(ends[edge]) for ends in persons.ends]
            apart = [number for number in numbers if persons.apart[number] != joining.NOT_APART]
            return _said_apart(persons, apart[0]) if apart else as_it_is("")


def refused(persons: Persons) -> pa.Table:
    """All decisions and pairs that joined nobody.

    Returns:
        Columns `edge`, `kind`, `value`, `other_kind`, `other_value`, `reason`: set-apart, limit, split,
        too-many-aliases, overruled. Values are personal.
    """
    edges = np.flatnonzero(np.isin(persons.outcome, [*_REFUSED]))
    edges = edges[
        (edges >= len(persons.graph.decisions)) | np.isin(persons.outcome[edges], (joining.OVERRULED, joining.APART))
    ]
    columns: dict[str, object] = {"edge": edges}
    for ends, prefix in zip(persons.ends, ("", "other_"), strict=True):
        columns |= _texts(persons, ends[edges], prefix)
    columns["reason"] = [_REFUSED[code] for code in persons.outcome[edges].tolist()]
    return pa.table(columns)


def said_apart(persons: Persons, identifiers: Sequence[Identifier]) -> list[Sentence | None]:
    """Why each identifier joins nobody, without its value; `None`: it may join."""
    return [
        None if number < 0 or persons.apart[number] == joining.NOT_APART else _said_apart(persons, number)
        for number in persons.graph.find(identifiers).tolist()
    ]


def set_apart(persons: Persons) -> pa.Table:
    """All identifiers that join nobody.

    Returns:
        Columns `kind`, `value`, `reason`: placeholder, never-joins, shared, shared-by-guests. Values are personal.
    """
    numbers = np.flatnonzero(persons.apart != joining.NOT_APART).astype(np.int32)
    reasons = [_APART[code] for code in persons.apart[numbers].tolist()]
    return pa.table({**_texts(persons, numbers, ""), "reason": pa.array(reasons, pa.string())})


def _texts(persons: Persons, numbers: npt.NDArray[np.int32], prefix: str) -> dict[str, object]:
    names = pa.array([kind.name for kind in persons.graph.kinds], pa.string())
    return {
        f"{prefix}kind": names.take(pa.array(persons.graph.kind[numbers])),
        f"{prefix}value": persons.graph.values.take(pa.array(numbers)),
    }


def _said_apart(persons: Persons, number: int) -> Sentence:
    reason = _APART[int(persons.apart[number])]
    kind = persons.graph.kinds[persons.graph.kind[number]]
    limit = kind.shared_beyond if reason == "shared" else kind.shared_beyond_named
    return sentence(_SAID_APART[reason], kind=kind.name, limit=limit)


def _said_decision(decision: Decision) -> Sentence:
    values = {
        "one": decision.one.kind,
        "other": decision.other.kind,
        "day": f"{decision.at:%Y-%m-%d}",
        "who": as_it_is(decision.who) if decision.who else sentence("a person"),
        "why": as_it_is(decision.why) if decision.why else sentence("no reason was given"),
    }
    if decision.what == "join":
        return sentence("{one} and {other}: joined by {who} on {day} ({why})", **values)
    return sentence("{one} and {other}: split by {who} on {day} ({why})", **values)


def _step(persons: Persons, edge: int, before: int, after: int) -> Step:
    graph = persons.graph
    one, other = graph.identifier(before), graph.identifier(after)
    if edge < len(graph.decisions):
        return Step(one=one, other=other, decision=graph.decisions[edge])
    pair = edge - len(graph.decisions)
    told = graph.details.filter(pc.equal(graph.details.column("pair"), pair))
    return Step(
        one=one,
        other=other,
        alias=bool(graph.alias[pair]),
        sources=tuple(graph.sources[place] for place in sorted(set(told.column("source").to_pylist()))),
        first_at=_EPOCH + timedelta(microseconds=int(graph.first_at[pair])),
        last_at=_EPOCH + timedelta(microseconds=int(graph.last_at[pair])),
        count=int(graph.count[pair]),
    )
