"""Whose word counts of a trait: the first source that said it, however long ago, and the rest is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.stored_events import START, told_map

from resa.model.journey import JourneyMap
from resa.model.tables import CUSTOMER_RECORDS
from resa.runtime import compact, rebuild, refresh, verify
from resa.storage import Store, Writer


def tell(writer: Writer, source: str, day: int, **traits: object) -> None:
    """One record of ann."""
    schema = pa.schema(
        [field for field in CUSTOMER_RECORDS if field.name not in {"source_id", "message_id", "load_id"}]
    )
    row = {
        "recorded_at": START + timedelta(days=day),
        "received_at": START,
        "sequence": 0,
        "identifiers": [{"kind": "user", "value": "ann"}],
        "traits": json.dumps(traits),
    }
    load = writer.begin_load(source_id=source, origin=f"{source} {day}")
    table = pa.Table.from_pylist([row], schema=schema)
    writer.commit_chunk(load, "customers", table, rows_read=1, message_ids=pa.array([f"{source} {day}"]))
    writer.finish_load(load)


def known(store: Store) -> dict[str, object]:
    (text,) = store.customer_traits().column("traits").to_pylist()
    found: dict[str, object] = json.loads(text)
    return found


RULED = replace(told_map(), trait_sources={"email": ("crm", "web")})


@pytest.mark.parametrize("ruled", [RULED])
def test_the_first_source_that_said_it_counts(tmp_path: Path, ruled: JourneyMap) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        tell(writer, "crm", 1, email="crm@1", city="Lund")
        tell(writer, "web", 2, email="web@2", city="Malmö")
        tell(writer, "shop", 3, email="shop@3")
        refresh(writer, [told_map()])
        assert known(store) == {"email": "shop@3", "city": "Malmö"}
        refresh(writer, [ruled])  # an edit of the rule alone
        assert known(store) == {"email": "crm@1", "city": "Malmö"}
        tell(writer, "crm", 4, email="crm@4")
        tell(writer, "web", 5, email="web@5")
        index = refresh(writer, [ruled])
        assert known(store) == {"email": "crm@4", "city": "Malmö"}
        told = [row["value"] for row in store.told_traits(index, 0).to_pylist() if row["trait"] == "email"]
        assert told == ['"crm@4"', '"crm@1"', '"web@5"', '"web@2"', '"shop@3"']
        compact(writer)
        assert known(store) == {"email": "crm@4", "city": "Malmö"}
        rebuild(writer, [ruled])
        assert known(store) == {"email": "crm@4", "city": "Malmö"}
    with Store.open(tmp_path) as store:
        assert verify(store, [ruled]) == []


def test_who_was_not_named_counts_when_the_named_are_silent(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        tell(writer, "shop", 1, email="shop@1")
        tell(writer, "till", 2, email="till@2")
        refresh(writer, [RULED])
        assert known(store) == {"email": "till@2"}
        tell(writer, "web", 0, email="web@0")
        refresh(writer, [RULED])
        assert known(store) == {"email": "web@0"}
