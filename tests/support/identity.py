"""Rows that name identifiers, for tests of who is who."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from tests.oracles.identity import Sighting

from resa.identity import Decision, Identifier, Persons, Rules, gather, resolve
from resa.model.tables import SEEN
from resa.storage import Hasher

START = datetime(2026, 1, 1, tzinfo=UTC)


def moment(seconds: int) -> datetime:
    """So many seconds after the start of all."""
    return START + timedelta(seconds=seconds)


def seen_of(sightings: Sequence[Sighting]) -> pa.Table:
    """Rows, each for itself, as `gather` takes them."""
    rows = [
        {
            "identifiers": [one._asdict() for one in sighting.identifiers],
            "alias": sighting.alias,
            "source_id": sighting.source,
            "first_at": moment(sighting.at),
            "last_at": moment(sighting.at),
            "count": 1,
        }
        for sighting in sightings
    ]
    return pa.Table.from_pylist(rows, schema=SEEN)


def evidence_of(sightings: Sequence[Sighting], batch: int = 1, rules: Rules | None = None) -> list[pa.Table]:
    """What one batch of rows says; gathered by the default rules, so that words added later have evidence to meet."""
    return [gather(seen_of(sightings), rules or Rules(), batch=batch).evidence]


def resolved(sightings: Sequence[Sighting], decisions: Iterable[Decision] = (), rules: Rules | None = None) -> Persons:
    """Who is who of rows in one batch."""
    return resolve(evidence_of(sightings), decisions, rules or Rules())


def names(persons: Persons) -> dict[Identifier, Identifier | None]:
    """By what each identifier's customer is named."""
    every = [persons.graph.identifier(number) for number in range(len(persons.person))]
    return {one: None if person < 0 else every[person] for one, person in zip(every, persons.person, strict=True)}


def groups(persons: Persons) -> set[frozenset[Identifier]]:
    """The identifiers of each customer; a placeholder stands alone."""
    found: dict[Identifier, set[Identifier]] = {}
    for one, name in names(persons).items():
        found.setdefault(name or one, set()).add(one)
    return {frozenset(group) for group in found.values()}


def content(identifier: Identifier) -> tuple[int, ...]:
    """The order of content that resolving uses; any other would do as well."""
    kinds, values = (pa.array([text], pa.large_string()) for text in identifier)
    return tuple(Hasher(b"order of content").identifiers(kinds, values)[0].tolist())
