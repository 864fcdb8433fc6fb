"""Rows that name identifiers, for tests of who is who."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from tests.oracles.identity import Sighting

from resa.identity import Decision, Identifier, Persons, Rules, gather, resolve
from resa.model.tables import IDENTIFIERS, INSTANT
from resa.storage import Hasher

START = datetime(2026, 1, 1, tzinfo=UTC)


def moment(seconds: int) -> datetime:
    """So many seconds after the start of all."""
    return START + timedelta(seconds=seconds)


def table_of(sightings: Sequence[Sighting]) -> pa.Table:
    """Rows as event files hold them."""
    return pa.table(
        {
            "source_id": pa.array([sighting.source for sighting in sightings], pa.string()),
            "occurred_at": pa.array([moment(sighting.at) for sighting in sightings], INSTANT),
            "identifiers": pa.array(
                [[one._asdict() for one in sighting.identifiers] for sighting in sightings], IDENTIFIERS
            ),
        }
    )


def evidence_of(sightings: Sequence[Sighting], batch: int = 1, rules: Rules | None = None) -> list[pa.Table]:
    """What one batch of rows says; gathered by the default rules, so that words added later have evidence to meet."""
    found = []
    for alias in (False, True):
        rows = [sighting for sighting in sightings if sighting.alias is alias]
        if rows:
            found.append(
                gather(table_of(rows), rules or Rules(), batch=batch, reason="alias" if alias else "seen").evidence
            )
    return found


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
