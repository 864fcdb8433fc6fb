"""The index follows who is who: whatever comes, it is what is built anew, and what is counted apart."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from tests.oracles.identity import Sighting, who_is_who
from tests.support.identity import content, moment
from tests.support.identity_drawn import DECISIONS, RULES, SIGHTINGS
from tests.support.properties import holds

from resa.identity import (
    Decision,
    Identifier,
    Persons,
    Rules,
    customers_named,
    identifiers_of,
    persons_around,
    persons_in_doubt,
    refused,
    said_refusal,
    set_apart,
)
from resa.model.tables import DECISIONS as KEPT
from resa.model.tables import IDENTIFIERS, INSTANT
from resa.runtime import rebuild, refresh, verify
from resa.storage import JourneyIndex, Store, Writer, keep_decisions
from resa.storage.index import ARRAYS

Step = list[Sighting] | Decision


def events_of(rows: Sequence[Sighting], begin: int) -> pa.Table:
    return pa.table(
        {
            "occurred_at": pa.array([moment(row.at) for row in rows], INSTANT),
            "received_at": pa.array([moment(row.at) + timedelta(hours=1) for row in rows], INSTANT),
            "sequence": pa.array(range(begin, begin + len(rows)), pa.int64()),
            "identifiers": pa.array([[one._asdict() for one in row.identifiers] for row in rows], IDENTIFIERS),
            "event": pa.array(["alias" if row.alias else "seen" for row in rows], pa.string()),
        }
    )


def records_of(rows: Sequence[Sighting], begin: int) -> pa.Table:
    table = (
        events_of(rows, begin)
        .drop_columns(["event"])
        .rename_columns(["recorded_at", "received_at", "sequence", "identifiers"])
    )
    traits = [json.dumps({f"t{begin + number}": 1, "last": begin + number}) for number in range(len(rows))]
    return table.append_column("traits", pa.array(traits, pa.string()))


def store_rows(writer: Writer, rows: Sequence[Sighting], begin: int, records: bool) -> None:
    for source in sorted({row.source for row in rows}):
        mine = [row for row in rows if row.source == source]
        places = [begin + number for number, row in enumerate(rows) if row.source == source]
        kind = "customers" if records else "events"
        load = writer.begin_load(source_id=source, origin=f"{begin}-{kind}")
        table = (records_of if records else events_of)(mine, begin)
        ids = pa.array([str(place) for place in places], pa.string())
        writer.commit_chunk(load, kind, table, rows_read=len(mine), message_ids=ids)  # type: ignore[arg-type]
        writer.finish_load(load)


def keep(store: Store, decision: Decision) -> None:
    row = {
        "what": decision.what,
        **{f"one_{name}": getattr(decision.one, name) for name in ("kind", "value")},
        **{f"other_{name}": getattr(decision.other, name) for name in ("kind", "value")},
        **{name: getattr(decision, name) for name in ("at", "who", "why")},
    }
    keep_decisions(store, pa.Table.from_pylist([row], schema=KEPT))


def arrays_of(store: Store, index: JourneyIndex) -> dict[str, object]:
    told = {name: np.asarray(getattr(index, name)).tolist() for name in ARRAYS}
    tables = (index.identifiers(), index.persons, index.pairs, store.customer_traits(index))
    return {**told, "tables": [table.to_pylist() for table in tables]}


def expected_owners(
    rows: Sequence[Sighting], decisions: Sequence[Decision], rules: Rules
) -> list[frozenset[Identifier] | None]:
    """The customer of each row, by the plain version."""
    seen = [row for row in rows if len(set(row.identifiers)) > 1]
    found = who_is_who(seen, decisions, rules, content)
    group = {one: frozenset(together) for together in found.groups for one in together}
    ranked = [kind.name for kind in rules.ranked(one.kind for row in rows for one in row.identifiers)]
    owners: list[frozenset[Identifier] | None] = []
    for row in rows:
        own = [
            one
            for one in row.identifiers
            if found.apart.get(one) != "placeholder" and not rules.kind(one.kind).placeholders.holds(one.value)
        ]
        best = min(own, key=lambda one: ("shared" in found.apart.get(one, ""), ranked.index(one.kind)), default=None)
        owners.append(None if best is None else group.get(best, frozenset([best])))
    return owners


def check(index: JourneyIndex, rules: Rules, rows: Sequence[Sighting], decisions: Sequence[Decision]) -> None:
    """Each event stands with its customer, and each customer is called by all that is hers."""
    owners = expected_owners(rows, decisions, rules)
    assert index.nobody == owners.count(None)
    ids = index.event_rows(np.arange(index.events), ["message_id"]).column("message_id").to_pylist()
    whose = np.repeat(np.arange(index.customers), np.diff(index.offsets))
    groups: dict[frozenset[Identifier], set[int]] = {}
    for number, owner in enumerate(owners):
        if owner is not None:
            groups.setdefault(owner, set()).add(number)
    found: dict[int, set[int]] = {}
    for customer, name in zip(whose.tolist(), ids, strict=True):
        found.setdefault(customer, set()).add(int(name))
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, groups.values()))
    for owner, numbers in groups.items():
        (customer,) = {number for number, mine in found.items() if mine == numbers}
        assert set(identifiers_of(index, customer)) == owner
        assert customers_named(index, rules, sorted(owner)) == [customer] * len(owner)


def to_review(persons: Persons) -> tuple[list[str], list[str]]:
    """What was seen together and not joined, with the reasons, and what is shared."""
    decided = len(persons.graph.decisions)
    no = [
        str((row | {"edge": int(persons.graph.count[row["edge"] - decided])}, said_refusal(persons, row["edge"])))
        for row in refused(persons).to_pylist()
        if row["edge"] >= decided and row["reason"] != "set-apart"
    ]
    return sorted(no), sorted(str(row) for row in set_apart(persons).to_pylist() if "shared" in row["reason"])


@st.composite
def _steps(draw: st.DrawFn) -> list[Step]:
    rows = draw(SIGHTINGS)
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    parts: list[Step] = [rows[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    return draw(st.permutations([*parts, *draw(DECISIONS)]))


@holds(few=8, many=600, steps=_steps(), rules=RULES, records=st.booleans(), soon=st.integers(0, 2**10))
def test_the_index_follows_who_is_who(steps: list[Step], rules: Rules, records: bool, soon: int) -> None:
    rows: list[Sighting] = []
    decisions: list[Decision] = []
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        with store.writing() as writer:
            for number, step in enumerate(steps):
                if isinstance(step, Decision):
                    keep(store, step)
                    decisions.append(step)
                else:
                    store_rows(writer, step, len(rows), records=False)
                    if records:
                        store_rows(writer, step, len(rows), records=True)
                    rows += step
                refresh(writer, [], rules=rules, soon=bool(soon >> number & 1))
            index = store.index()
            if rows:
                check(index, rules, rows, decisions)
                everybody = [Identifier(row["kind"], row["value"]) for row in index.persons.to_pylist()]
                whole = persons_around(index, rules, decisions, everybody)
                assert to_review(persons_in_doubt(index, rules, decisions)) == to_review(whole)
        assert verify(store, [], rules=rules) == []
        before = arrays_of(store, index)
        with store.writing() as writer:
            assert arrays_of(store, rebuild(writer, [], rules=rules)) == before
