"""Customers who are alike: joined where that is all but certain, left to a person where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from resa.identity import (
    ALIKE,
    FIELDS,
    Decision,
    Identifier,
    customers_named,
    in_force,
    likely_pairs,
)
from resa.storage import JourneyIndex

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["Likely", "Matched", "matched"]

BY: Final = "likeness"
"""Who decided, where no person did."""


@dataclass(frozen=True, kw_only=True)
class Likely:
    """Two customers who may be one.

    Attributes:
        one: What one is called.
        other: What the other is called.
        probability: That they are one.
        agree: What speaks for it.
        differ: What speaks against it.
        apart: Why they are not joined, however alike: `unique` (each has an id of a kind of which a customer has one),
            `split` (somebody split them); empty: nothing forbids it.
    """

    one: Identifier
    other: Identifier
    probability: float
    agree: tuple[str, ...]
    differ: tuple[str, ...]
    apart: str = ""


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

    unique: list[set[tuple[str, str]]]
    splits: set[frozenset[int]]
    group: list[int] = field(default_factory=list)
    members: dict[int, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Everybody is alone at first."""
        self.group = list(range(len(self.unique)))

    def apart(self, one: int, other: int) -> str:
        """Why two may not become one."""
        mine, theirs = self.group[one], self.group[other]
        if mine == theirs:
            return ""
        sides = [self.members.get(group, {group}) for group in (mine, theirs)]
        if any(frozenset((a, b)) in self.splits for a in sides[0] for b in sides[1]):
            return "split"
        kinds = [kind for kind, _ in self.unique[mine] | self.unique[theirs]]
        return "unique" if len(set(kinds)) < len(kinds) else ""

    def join(self, one: int, other: int) -> None:
        """Make two one."""
        mine, theirs = self.group[one], self.group[other]
        if mine == theirs:
            return
        together = self.members.get(mine, {mine}) | self.members.pop(theirs, {theirs})
        self.members[mine] = together
        self.unique[mine] = self.unique[mine] | self.unique[theirs]
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
    found = likely_pairs(_people(shop, index))
    names = [Identifier(row["kind"], row["value"]) for row in index.identifiers().select(["kind", "value"]).to_pylist()]
    groups = _Groups(_unique(shop, index, names), _splits(shop, index, decisions))
    joined: list[Likely] = []
    undecided: list[Likely] = []
    for row in found.to_pylist():
        one, other = int(row["one"]), int(row["other"])
        apart = groups.apart(one, other)
        likely = Likely(
            one=names[one],
            other=names[other],
            probability=row["probability"],
            agree=tuple(row["agree"]),
            differ=tuple(row["differ"]),
            apart=apart,
        )
        if apart == "split":
            continue  # a person has decided
        if row["probability"] < ALIKE or apart:
            undecided.append(likely)
        elif groups.group[one] != groups.group[other]:
            groups.join(one, other)
            joined.append(likely)
    return Matched(joined=tuple(joined), undecided=tuple(undecided))


def _people(shop: Workspace, index: JourneyIndex) -> pa.Table:
    """What is known of customers, by the names of `FIELDS`; those of whom nothing is known are left out."""
    names = {other: name for name, others in FIELDS.items() for other in (name, *others)}
    told: dict[int, dict[str, str]] = {}
    for row in shop.store.customer_traits(index).to_pylist():
        for trait, value in json.loads(row["traits"]).items():
            name = names.get(trait.casefold().replace(" ", "_"))
            if name and isinstance(value, str | int):
                told.setdefault(row["customer"], {}).setdefault(name, str(value))
    for customer, identifier in _identifiers(index):
        if identifier.kind in {"email", "phone"} and customer in told:
            told[customer].setdefault(identifier.kind, identifier.value)
    rows = [{"id": f"{customer:010}", **known} for customer, known in sorted(told.items())]
    schema = pa.schema([pa.field(name, pa.string()) for name in ("id", *FIELDS)])
    return pa.Table.from_pylist(rows, schema=schema)


def _identifiers(index: JourneyIndex) -> Iterator[tuple[int, Identifier]]:
    """All identifiers that were seen with others, with the number of the customer of each."""
    persons = index.persons
    name = persons.column("name").to_numpy()
    keys = np.ascontiguousarray(np.column_stack([persons.column(part).to_numpy() for part in ("high", "low")]))
    known = np.flatnonzero(name >= 0)
    customers = index.find(keys[name[known]])
    rows = persons.select(["kind", "value"]).take(pa.array(known)).to_pylist()
    for customer, row in zip(customers.tolist(), rows, strict=True):
        if customer >= 0:
            yield customer, Identifier(row["kind"], row["value"])


def _unique(shop: Workspace, index: JourneyIndex, names: Sequence[Identifier]) -> list[set[tuple[str, str]]]:
    """The identifiers of each customer of which she may have one alone."""
    rules = shop.identity.rules
    found = [{(name.kind, name.value)} if rules.kind(name.kind).unique else set() for name in names]
    for customer, identifier in _identifiers(index):
        if rules.kind(identifier.kind).unique:
            found[customer].add((identifier.kind, identifier.value))
    return found


def _splits(shop: Workspace, index: JourneyIndex, decisions: Sequence[Decision]) -> set[frozenset[int]]:
    """Customers whom somebody split."""
    found = set()
    for decision in in_force(decisions):
        if decision.what == "split":
            ends = customers_named(index, shop.identity.rules, [decision.one, decision.other])
            found.add(frozenset(end for end in ends if end is not None))
    return found
