"""Looking up, in a generation of the journey index, whose an identifier is, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from resa.identity.decisions import Decision
from resa.identity.identifiers import Identifier
from resa.identity.resolving import Persons
from resa.identity.rules import Rules
from resa.identity.unifying import Known, found_places, resolved_again, resolved_in_doubt
from resa.model.tables import IDENTIFIERS
from resa.storage import JourneyIndex, keys_of

__all__ = ["customers_named", "identifiers_of", "identifiers_of_each", "persons_around", "persons_in_doubt"]


def customers_named(index: JourneyIndex, rules: Rules, named: Sequence[tuple[str, str]]) -> list[int | None]:
    """The number of the customer of each identifier, given as kind and value; `None` where there is none."""
    lists = pa.array([[{"kind": kind, "value": value}] for kind, value in named], IDENTIFIERS)
    owners = Known.of(rules, index).owners(lists)
    numbers = np.where(owners.somebody, index.find(owners.who), -1)
    return [None if number < 0 else number for number in numbers.tolist()]


def identifiers_of(index: JourneyIndex, customer: int) -> list[Identifier]:
    """All identifiers of a customer, the one that names her first."""
    return identifiers_of_each(index, [customer])[0]


def identifiers_of_each(index: JourneyIndex, customers: Sequence[int]) -> list[list[Identifier]]:
    """The same of several customers at once, in the order in which they are given."""
    named = index.identifiers(customers).to_pylist()
    firsts = [Identifier(row["kind"], row["value"]) for row in named]
    persons = index.persons
    own = found_places(np.ascontiguousarray(index.who[np.asarray(customers, np.int64)]), keys_of(persons))
    names = persons.column("name").to_numpy()
    rows = np.flatnonzero(np.isin(names, own[own >= 0]))
    beside: dict[int, set[Identifier]] = {}
    told = persons.select(["kind", "value"]).take(pa.array(rows)).to_pylist()
    for name, row in zip(names[rows].tolist(), told, strict=True):
        beside.setdefault(name, set()).add(Identifier(row["kind"], row["value"]))
    return [
        [first, *sorted(beside.get(place, set()) - {first})] for first, place in zip(firsts, own.tolist(), strict=True)
    ]


def persons_around(
    index: JourneyIndex, rules: Rules, decisions: Sequence[Decision], identifiers: Sequence[Identifier]
) -> Persons:
    """Who is who of all that hangs together with some identifiers, with the reasons.

    Args:
        index: A generation.
        rules: By which it was built.
        decisions: That it knows.
        identifiers: In their one form.
    """
    return resolved_again(Known(rules, index.hasher, index.persons), index.pairs, decisions, identifiers)


def persons_in_doubt(index: JourneyIndex, rules: Rules, decisions: Sequence[Decision]) -> Persons:
    """Who is who of all that hangs together with something that was not joined or is shared, with the reasons.

    Args:
        index: A generation.
        rules: By which it was built.
        decisions: That it knows.
    """
    return resolved_in_doubt(Known(rules, index.hasher, index.persons), index.pairs, decisions)
