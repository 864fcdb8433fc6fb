"""Customers who are alike: joined where that is all but certain, left to a person where it is not."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import log2
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.identity import FIELDS, Decision, Identifier, Level, customers_named, in_force, likely_pairs
from resa.storage import JourneyIndex, LikelyPair, kept_pairs

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["BY", "Compared", "Likely", "Matched", "kept_of", "matched", "undecided_pairs"]

BY: Final = "likeness"
"""Who decided, where no person did."""

Known = Mapping[str, str]
"""What is known of a customer, by the names of `FIELDS`."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A field of two customers. Its values are personal data.

    Attributes:
        field: Its name, as in `FIELDS`.
        one: What is known of one; `None`: nothing.
        other: What is known of the other.
        level: How they agree: `same`, `similar`, `different`, or `unknown` where one of the two is.
        weight: What that is worth as evidence, in bits: each makes it twice as likely that the two are one, or,
            below 0, half as likely.
    """

    field: str
    one: str | None
    other: str | None
    level: Level
    weight: float


@dataclass(frozen=True, kw_only=True)
class Likely:
    """Two customers who may be one. All of it is personal data.

    Attributes:
        one: What one is called.
        other: What the other is called.
        probability: That they are one, 0 to 1.
        compared: The fields of which one of the two has something.
        apart: Why they are not joined, however alike: `unique` (each has an id of a kind of which a customer has one),
            `split` (somebody split them); empty: nothing forbids it.
        found_at: When they were compared, UTC; `None`: just now.
        changed: What is known of them is not what was compared: levels and weights may be wrong by now.
    """

    one: Identifier
    other: Identifier
    probability: float
    compared: tuple[Compared, ...]
    apart: str = ""
    found_at: datetime | None = None
    changed: bool = False

    @property
    def agree(self) -> tuple[str, ...]:
        """Fields that speak for it."""
        return tuple(one.field for one in self.compared if one.weight > 0)

    @property
    def differ(self) -> tuple[str, ...]:
        """Fields that speak against it."""
        return tuple(one.field for one in self.compared if one.weight < 0)

    @property
    def prior(self) -> float:
        """How likely any two customers are one, before anything is compared, in bits: what the weights are added to."""
        odds = self.probability / max(1 - self.probability, 2**-53)
        return log2(odds) - sum(one.weight for one in self.compared)


@dataclass(frozen=True, kw_only=True)
class Matched:
    """What was found.

    Attributes:
        joined: Alike enough, and nothing forbids it.
        undecided: What a person decides, the surest first.
    """

    joined: tuple[Likely, ...]
    undecided: tuple[Likely, ...]


@dataclass
class _Groups:
    """Customers who are one so far, with what forbids that they become one with others."""

    unique: Mapping[int, set[tuple[str, str]]]
    splits: set[frozenset[int]]
    group: dict[int, int] = field(default_factory=dict)
    members: dict[int, set[int]] = field(default_factory=dict)

    def of(self, customer: int) -> int:
        """The group of a customer; everybody is alone at first."""
        return self.group.get(customer, customer)

    def apart(self, one: int, other: int) -> str:
        """Why two may not become one."""
        sides = [self.members.get(self.of(end), {end}) for end in (one, other)]
        if self.of(one) == self.of(other):
            return ""
        if any(frozenset((a, b)) in self.splits for a in sides[0] for b in sides[1]):
            return "split"
        kinds = [kind for kind, _ in set().union(*(self.unique.get(one, set()) for side in sides for one in side))]
        return "unique" if len(set(kinds)) < len(kinds) else ""

    def join(self, one: int, other: int) -> None:
        """Make two one."""
        mine, theirs = self.of(one), self.of(other)
        together = self.members.get(mine, {mine}) | self.members.pop(theirs, {theirs})
        self.members[mine] = together
        for member in together:
            self.group[member] = mine


def matched(shop: Workspace, index: JourneyIndex, decisions: Sequence[Decision]) -> Matched:
    """Compare all customers of whom something is known.

    Args:
        shop: The workspace.
        index: Its newest generation.
        decisions: That the index knows.

    Raises:
        ExtraMissing: Splink is not installed.
        InputError: Too little is known of customers.
    """
    limits = shop.identity.rules.likeness
    known = _known(shop, index)
    found = likely_pairs(_people(known), limits.review)
    names = _names(index)
    groups = _groups(shop, index, decisions, names)
    joined: list[Likely] = []
    undecided: list[Likely] = []
    for row in found.to_pylist():
        one, other = sorted((int(row["one"]), int(row["other"])), key=names.__getitem__)
        if groups.of(one) == groups.of(other):
            continue  # surer pairs have joined them
        sides = known[one], known[other]
        likely = Likely(
            one=names[one],
            other=names[other],
            probability=row["probability"],
            compared=_side_by_side(sides, ((part["field"], part["level"], part["weight"]) for part in row["compared"])),
            apart=groups.apart(one, other),
        )
        if likely.apart == "split":
            continue  # a person has decided
        if likely.probability < limits.join or likely.apart:
            undecided.append(likely)
        else:
            groups.join(one, other)
            joined.append(likely)
    return Matched(joined=tuple(joined), undecided=tuple(undecided))


def kept_of(shop: Workspace, undecided: Iterable[Likely], at: datetime) -> list[LikelyPair]:
    """The pairs as they are kept until a person decides: without what is known of them.

    Args:
        shop: The workspace.
        undecided: As `matched` found them.
        at: When.
    """
    return [
        LikelyPair(
            one=_hashed(shop, *pair.one),
            other=_hashed(shop, *pair.other),
            probability=pair.probability,
            compared=tuple((part.field, part.level, part.weight) for part in pair.compared),
            known=_digest(shop, pair.compared),
            found_at=at,
        )
        for pair in undecided
    ]


def undecided_pairs(shop: Workspace, index: JourneyIndex, decisions: Sequence[Decision]) -> list[Likely]:
    """The pairs that are kept and still two customers whom nobody split, the surest first.

    Args:
        shop: The workspace.
        index: Its newest generation.
        decisions: That the index knows.
    """
    from resa.segments import keys_as_words, owners_of  # noqa: PLC0415 - heavy; most of `resa identity` needs it not

    kept = kept_pairs(shop.store)
    ones = owners_of(index, keys_as_words([pair.one for pair in kept])).tolist()
    others = owners_of(index, keys_as_words([pair.other for pair in kept])).tolist()
    here = [(pair, *both) for pair, *both in zip(kept, ones, others, strict=True) if min(both) >= 0]
    if not here:
        return []
    there = {end for _, *both in here for end in both}
    known = _known(shop, index, there)
    names = _names(index, there)
    groups = _groups(shop, index, decisions, names)
    found: dict[frozenset[int], Likely] = {}
    for pair, *both in here:
        one, other = sorted(both, key=names.__getitem__)
        apart = groups.apart(one, other)
        if one == other or apart == "split":
            continue  # they are one by now, or a person has decided
        compared = _side_by_side((known.get(one, {}), known.get(other, {})), pair.compared)
        likely = Likely(
            one=names[one],
            other=names[other],
            probability=pair.probability,
            compared=compared,
            apart=apart,
            found_at=pair.found_at,
            changed=_digest(shop, compared) != pair.known,
        )
        found.setdefault(frozenset((one, other)), likely)
    return list(found.values())


def _side_by_side(sides: tuple[Known, Known], compared: Iterable[tuple[str, Level, float]]) -> tuple[Compared, ...]:
    one, other = sides
    return tuple(
        Compared(field=name, one=one.get(name), other=other.get(name), level=level, weight=weight)
        for name, level, weight in compared
    )


def _digest(shop: Workspace, compared: Sequence[Compared]) -> bytes:
    """A keyed hash of what is known of both, as it was compared."""
    sides = ({part.field: getattr(part, end) for part in compared} for end in ("one", "other"))
    return _hashed(shop, BY, json.dumps(sorted(map(json.dumps, sides))))


def _hashed(shop: Workspace, kind: str, value: str) -> bytes:
    """The keyed hash of an identifier, or of what else is told so: 16 bytes."""
    return bytes(shop.store.hasher.identifiers(pa.array([kind]), pa.array([value]))[0].tobytes())


def _names(index: JourneyIndex, only: Collection[int] | None = None) -> dict[int, Identifier]:
    """What customers are called, by their numbers."""
    wanted = None if only is None else np.array(sorted(only), np.int64)
    return {row["customer"]: Identifier(row["kind"], row["value"]) for row in index.identifiers(wanted).to_pylist()}


def _groups(
    shop: Workspace, index: JourneyIndex, decisions: Sequence[Decision], names: Mapping[int, Identifier]
) -> _Groups:
    return _Groups(_unique(shop, index, names), _splits(shop, index, decisions))


def _known(shop: Workspace, index: JourneyIndex, only: Collection[int] | None = None) -> dict[int, dict[str, str]]:
    """What is known of customers, or of some of them; those of whom nothing is known are left out."""
    names = {other: name for name, others in FIELDS.items() for other in (name, *others)}
    traits = shop.store.customer_traits(index)
    if only is not None:
        traits = traits.filter(pc.is_in(traits.column("customer"), pa.array(sorted(only), traits.schema.field(0).type)))
    told: dict[int, dict[str, str]] = {}
    for row in traits.to_pylist():
        for trait, value in json.loads(row["traits"]).items():
            name = names.get(trait.casefold().replace(" ", "_"))
            if name and isinstance(value, str | int):
                told.setdefault(row["customer"], {}).setdefault(name, str(value))
    for customer, identifier in _identifiers(index, told):
        if identifier.kind in {"email", "phone"}:
            told[customer].setdefault(identifier.kind, identifier.value)
    return told


def _people(known: Mapping[int, Known]) -> pa.Table:
    rows = [{"id": f"{customer:010}", **fields} for customer, fields in sorted(known.items())]
    schema = pa.schema([pa.field(name, pa.string()) for name in ("id", *FIELDS)])
    return pa.Table.from_pylist(rows, schema=schema)


def _identifiers(index: JourneyIndex, only: Collection[int]) -> Iterator[tuple[int, Identifier]]:
    """All identifiers of some customers that were seen with others, with the number of the customer of each."""
    persons = index.persons
    name = persons.column("name").to_numpy()
    keys = np.ascontiguousarray(np.column_stack([persons.column(part).to_numpy() for part in ("high", "low")]))
    known = np.flatnonzero(name >= 0)
    customers = index.find(keys[name[known]])
    wanted = np.isin(customers, np.fromiter(only, np.int64, len(only)))
    rows = persons.select(["kind", "value"]).take(pa.array(known[wanted])).to_pylist()
    for customer, row in zip(customers[wanted].tolist(), rows, strict=True):
        yield customer, Identifier(row["kind"], row["value"])


def _unique(shop: Workspace, index: JourneyIndex, names: Mapping[int, Identifier]) -> dict[int, set[tuple[str, str]]]:
    """The identifiers of each customer of which she may have one alone."""
    rules = shop.identity.rules
    found: dict[int, set[tuple[str, str]]] = {}
    for customer, identifier in [*names.items(), *_identifiers(index, names)]:
        if rules.kind(identifier.kind).unique:
            found.setdefault(customer, set()).add((identifier.kind, identifier.value))
    return found


def _splits(shop: Workspace, index: JourneyIndex, decisions: Sequence[Decision]) -> set[frozenset[int]]:
    """Customers whom somebody split."""
    splits = [decision for decision in in_force(decisions) if decision.what == "split"]
    sides = [[one.one for one in splits], [one.other for one in splits]]
    ends = [customers_named(index, shop.identity.rules, side) for side in sides]
    return {frozenset(end for end in both if end is not None) for both in zip(*ends, strict=True)}
