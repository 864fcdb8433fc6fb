"""Who is who, as the explanation tells it: sets, sorted lists, and nothing that is quick."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from resa.identity import Decision, Identifier, Kind, Rules


@dataclass(frozen=True)
class Sighting:
    """One row that names identifiers in their one form."""

    at: int
    source: str
    identifiers: tuple[Identifier, ...]
    alias: bool = False


@dataclass
class Pair:
    """What was seen of two identifiers."""

    count: int = 0
    first: int = 2**62
    alias: bool = False


@dataclass
class Answer:
    """Groups of identifiers, what joins nobody, and which pairs were refused and why."""

    groups: list[set[Identifier]]
    apart: dict[Identifier, str] = field(default_factory=dict)
    refused: dict[frozenset[Identifier], str] = field(default_factory=dict)

    def group(self, identifier: Identifier) -> set[Identifier]:
        return next(group for group in self.groups if identifier in group)

    def unite(self, one: Identifier, other: Identifier) -> None:
        left, right = self.group(one), self.group(other)
        if left is not right:
            self.groups.remove(right)
            left |= right


def who_is_who(
    sightings: Iterable[Sighting],
    decisions: Iterable[Decision],
    rules: Rules,
    content: Callable[[Identifier], object],
) -> Answer:
    """All of it, from the rows themselves. `content` orders identifiers by nothing but what they are."""
    rows = set(sightings)
    last: dict[frozenset[Identifier], Decision] = {}
    for decision in sorted(decisions, key=_age):
        last[frozenset((decision.one, decision.other))] = decision
    named = {one for row in rows for one in row.identifiers} | {one for pair in last for one in pair}
    ranked = [kind.name for kind in rules.ranked(one.kind for one in named)]
    rank = {one: ranked.index(one.kind) for one in named}
    kind = {one: rules.kind(one.kind) for one in named}
    answer = Answer([{one} for one in sorted(named)])
    for one in named:
        if kind[one].placeholders.holds(one.value):
            answer.apart[one] = "placeholder"
        elif not kind[one].joins:
            answer.apart[one] = "never-joins"

    pairs = _pairs_of(rows)
    splits, settled = _decided(answer, sorted(last.values(), key=_age, reverse=True))

    def order(both: frozenset[Identifier]) -> tuple[object, ...]:
        pair, ends = pairs[both], sorted(both, key=content)  # type: ignore[arg-type]  # some order of content
        worse, better = max(rank[one] for one in both), min(rank[one] for one in both)
        often = pair.count.bit_length()
        return worse, not pair.alias, better, -often, pair.first, [content(one) for one in ends]

    ordered = sorted(pairs, key=order)
    aliases = [both for both in ordered if _lifted(pairs[both], sorted(both), kind)]
    for both in aliases:
        if any(sum(one in another for another in aliases) >= kind[one].aliases for one in both):
            answer.refused[both] = "too-many-aliases"
    for both in aliases:
        _try(answer, both, splits, kind, aliases=True)
    for stage, name in enumerate(ranked):
        here = [both for both in ordered if both not in aliases and max(rank[one] for one in both) == stage]
        _judge(answer, [one for one in named if one.kind == name], here, settled, rank, kind)
        for both in here:
            _try(answer, both, splits, kind, aliases=False)
    return answer


def _pairs_of(rows: Iterable[Sighting]) -> dict[frozenset[Identifier], Pair]:
    pairs: dict[frozenset[Identifier], Pair] = {}
    for row in rows:
        for ends in combinations(set(row.identifiers), 2):
            pair = pairs.setdefault(frozenset(ends), Pair())
            pair.count += 1
            pair.first = min(pair.first, row.at)
            pair.alias |= row.alias
    return pairs


def _age(decision: Decision) -> tuple[object, ...]:
    ends = sorted((decision.one, decision.other))
    return decision.at, decision.what == "split", ends, decision.who, decision.why


def _lifted(pair: Pair, ends: Sequence[Identifier], kind: dict[Identifier, Kind]) -> bool:
    return pair.alias and ends[0].kind == ends[1].kind and kind[ends[0]].unique


def _decided(
    answer: Answer, newest_first: Sequence[Decision]
) -> tuple[list[tuple[Identifier, Identifier]], set[Identifier]]:
    """Splits that hold, and identifiers that joins have settled."""
    splits: list[tuple[Identifier, Identifier]] = []
    settled: set[Identifier] = set()
    for decision in newest_first:
        one, other = decision.one, decision.other
        together = answer.group(one) is answer.group(other)
        if "placeholder" in {answer.apart.get(one), answer.apart.get(other)}:
            continue
        if decision.what == "split":
            if together:
                answer.refused[frozenset((one, other))] = "overruled"
            else:
                splits.append((one, other))
        elif not together and _forbidden(answer, one, other, splits):
            answer.refused[frozenset((one, other))] = "overruled"
        else:
            answer.unite(one, other)
            settled |= {one, other}
    return splits, settled


def _forbidden(
    answer: Answer, one: Identifier, other: Identifier, splits: Sequence[tuple[Identifier, Identifier]]
) -> bool:
    both = answer.group(one) | answer.group(other)
    return any(left in both and right in both for left, right in splits)


def _try(
    answer: Answer,
    both: frozenset[Identifier],
    splits: Sequence[tuple[Identifier, Identifier]],
    kind: dict[Identifier, Kind],
    *,
    aliases: bool,
) -> None:
    one, other = both
    if both in answer.refused and answer.refused[both] == "too-many-aliases":
        return
    if one in answer.apart or other in answer.apart:
        answer.refused[both] = "set-apart"
        return
    left, right = answer.group(one), answer.group(other)
    if left is right:
        return
    if _forbidden(answer, one, other, splits):
        answer.refused[both] = "split"
        return
    for rule in {kind[member] for member in left}:
        mine, theirs = (sum(member.kind == rule.name for member in group) for group in (left, right))
        most = rule.aliases if aliases and rule.unique else rule.limit
        if mine and theirs and mine + theirs > most:
            answer.refused[both] = "limit"
            return
    answer.unite(one, other)


def _judge(
    answer: Answer,
    letting: Sequence[Identifier],
    edges: Sequence[frozenset[Identifier]],
    settled: set[Identifier],
    rank: dict[Identifier, int],
    kind: dict[Identifier, Kind],
) -> None:
    """Which of a kind are shared: they met too many different customers among those who are there by now."""
    if not edges:
        return
    found: dict[Identifier, str] = {}
    for one in letting:
        met = {
            frozenset(answer.group(other))
            for both in edges
            if one in both
            for other in both - {one}
            if rank[other] < rank[one] and other not in answer.apart
        }
        if one in settled:
            met.add(frozenset(answer.group(one)))
        known = sum(any(kind[member].unique for member in group) for group in met)
        named = sum(any(kind[member].names == "person" for member in group) for group in met)
        rule = kind[one]
        if rule.shared_beyond is not None and known > rule.shared_beyond:
            found[one] = "shared"
        elif rule.shared_beyond_named is not None and named > rule.shared_beyond_named:
            found[one] = "shared-by-guests"
    for one, reason in found.items():
        answer.apart.setdefault(one, reason)
