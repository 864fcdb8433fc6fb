"""Label columns: what is kept beside the index is what the event files say, and nothing but time depends on it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.support.stored_events import Told, collect, random_rows, tell, told_map

from resa.analytics import Measure
from resa.expressions import Scope, compile_expression
from resa.model.journey import Expectation, JourneyMap, Persona
from resa.model.quantities import parse_duration
from resa.runtime import compact, rebuild, refresh, verify
from resa.storage import EVENT_KIND, JourneyIndex, Labels, Store, map_catalog, read_event_kind

FEW = "properties.region"
PER = "properties.order"


def rows_of(seed: int, regions: Sequence[str | None] = ("north", "south", None)) -> list[Told]:
    """Rows with a property of few texts, one of many, and one that only some have."""
    chance = np.random.default_rng(seed)
    return [
        row._replace(
            properties=json.dumps(
                {
                    "n": int(chance.integers(5)),
                    "region": regions[int(chance.integers(len(regions)))],
                    **({"order": f"o{chance.integers(300)}"} if chance.integers(3) else {}),
                }
            )
        )
        for row in random_rows(300, seed)
    ]


def labelled_map(key: str = "told", *, per: str = PER, who: str = "traits.age > 30", zone: str = "UTC") -> JourneyMap:
    arrow = Expectation(
        name="a.b", kind="expectation", after="a", next=("b",), written="b", within=parse_duration("1 min"), per=per
    )
    personas = (Persona(key="old", name="Old", who=who), Persona(key="busy", name="Busy", who="count(a) > 1"))
    hash_ = f"{key} {per} {who} {zone}"
    told = told_map(hash_=hash_)
    first, *others = told.touchpoints
    touchpoints = (replace(first, expectations=(arrow,)), *others)
    return replace(told, key=key, touchpoints=touchpoints, personas=personas, timezone=zone)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "data") as opened:
        yield opened


def people() -> list[tuple[str, int, str]]:
    return [(f"c{number}", 1, json.dumps({"age": 20 + 2 * number, "club": "yes"})) for number in range(0, 20, 2)]


def kept(index: JourneyIndex, store: Store, text: str, of: JourneyMap, scope: Scope = Scope.EVENT) -> Labels | None:
    expects = "boolean" if text == of.personas[0].who else "scalar"
    compiled = compile_expression(text, scope=scope, expects=expects, catalog=map_catalog(of))  # type: ignore[arg-type]
    return store.labels(scope, compiled, index=index)


def said(labels: Labels | None) -> list[str | None]:
    assert labels is not None
    texts = labels.texts.to_pylist()
    spoken = [texts[code] for code in labels.codes]
    assert texts == list(dict.fromkeys(spoken))  # in the order of the first that has each, and no other
    return spoken


def properties(index: JourneyIndex, name: str) -> list[str | None]:
    """The oracle: what the event files say, read back row by row."""
    rows = index.event_rows(np.arange(index.events), ["properties"]).column("properties").to_pylist()
    return [json.loads(row).get(name) for row in rows]


def bytes_of(index: JourneyIndex) -> dict[str, bytes]:
    """Everything that is kept beside an index, byte by byte."""
    places = [*sorted(index.folder.glob("labels/*/*")), index.folder / "attributes.json"]
    return {str(path.relative_to(index.folder)): path.read_bytes() for path in places}


def answers(store: Store, journey_map: JourneyMap) -> list[object]:
    measure = Measure(store, {journey_map.key: journey_map})
    asked = [measure.expectations(by=by) for by in (None, "device", FEW, "persona")]
    found = [{**json.loads(result.json()), "computed_at": None} for result in [*asked, measure.touchpoints()]]
    tracked = [part.table.to_pylist() for part in measure.tracking().parts.values()]
    return [*found, tracked, [place.document for place in measure.findings().places]]


def test_kept_columns_say_what_the_files_say(store: Store) -> None:
    journey_map = labelled_map()
    with store.writing() as writer:
        tell(writer, people(), "people")
        for number, regions in enumerate([("north", "south", None), ("west", "north"), (None,)]):
            collect(writer, rows_of(number, regions), str(number))
            index = refresh(writer, [journey_map])  # only the new file is asked
            assert index.files[-1].rows == 300
            assert said(kept(index, store, FEW, journey_map)) == properties(index, "region")
            assert said(kept(index, store, PER, journey_map)) == properties(index, "order")
            assert said(kept(index, store, "device", journey_map)) == [None] * index.events
        names = index.identifiers().column("value").to_pylist()
        old = [name in {f"c{number}" for number in range(6, 20, 2)} for name in names]
        assert said(kept(index, store, "traits.age > 30", journey_map, Scope.CUSTOMER)) == [
            str(flag).lower() for flag in old
        ]
        assert store.text_attributes(index) == (FEW,)
        assert bytes_of(rebuild(writer, [journey_map])) == bytes_of(index)
    assert verify(store, [journey_map]) == []


def test_the_kind_of_every_event_is_kept(store: Store) -> None:
    journey_map = labelled_map()
    with store.writing() as writer:
        for number in range(2):
            collect(writer, rows_of(number), str(number))
            index = refresh(writer, [journey_map])
        collect(writer, rows_of(2), "2")
        soon = refresh(writer, [journey_map], soon=True)
    rows = index.event_rows(np.arange(index.events), ["event", "source_id", "channel", "device", "value", "properties"])
    spoken = [read_event_kind(text or "") for text in said(store.labels(Scope.EVENT, EVENT_KIND, index=index))]
    for kind, row in zip(spoken, rows.to_pylist(), strict=True):
        told = json.loads(row["properties"])
        assert (kind.event, kind.source, list(kind.properties)) == (row["event"], row["source_id"], list(told))
        for field in ("channel", "device", "value"):
            assert kind.carries(field) is (row[field] is not None)
        for name in (*told, "nothing"):
            assert kind.carries(f"properties.{name}") is (told.get(name) is not None)
        assert kind.carries("properties.n.deeper") is kind.carries("sent_at") is None
    assert store.labels(Scope.EVENT, EVENT_KIND, index=soon) is None  # a reader finds it out
    quick = answers(store, journey_map)
    with store.writing() as writer:
        assert refresh(writer, [journey_map]).layers is None
    assert answers(store, journey_map)[-2] == quick[-2]


def test_removing_and_joining_files_keeps_them_right(store: Store) -> None:
    journey_map = labelled_map()
    with store.writing() as writer:
        for number in range(3):
            collect(writer, rows_of(number), str(number))
        before = refresh(writer, [journey_map])
        compact(writer)
        joined = store.index()
        assert len(joined.files) == 1
        assert bytes_of(joined) == bytes_of(before)
        collect(writer, rows_of(3), "3")
        assert said(kept(refresh(writer, [journey_map]), store, PER, journey_map)) == properties(store.index(), "order")
        writer.remove_load(2)
        index = refresh(writer, [journey_map])
        assert said(kept(index, store, PER, journey_map)) == properties(index, "order")
    assert verify(store, [journey_map]) == []


def test_a_changed_expression_is_another_column(store: Store) -> None:
    first, second = labelled_map(), labelled_map(per="properties.n", who="traits.age > 40")
    with store.writing() as writer:
        tell(writer, people(), "people")
        collect(writer, rows_of(1), "one")
        index = refresh(writer, [first])
        assert kept(index, store, "properties.n", second) is None
        index = refresh(writer, [second])
        assert index.generation == 1
        assert said(kept(index, store, "properties.n", second)) == [f"{n}" for n in properties(index, "n")]
        with_kept = answers(store, second)
        shutil.rmtree(index.folder / "labels")
        assert answers(store, second) == with_kept


def test_two_maps_share_what_they_both_ask(store: Store) -> None:
    one, other = labelled_map("one"), labelled_map("other", per="hour(occurred_at)", zone="Europe/Stockholm")
    with store.writing() as writer:
        collect(writer, rows_of(1), "one")
        index = refresh(writer, [one])
        alone = bytes_of(index)
        index = refresh(writer, [one, other])
    assert set(bytes_of(index)) > set(alone)
    assert len(list(index.folder.glob("labels/*"))) == len({Path(name).parts[1] for name in alone if "/" in name}) + 1
    assert said(kept(index, store, "hour(occurred_at)", other)) == ["1"] * index.events  # Stockholm's, in winter
    assert kept(index, store, "hour(occurred_at)", one) is None


def test_answers_are_the_same_without_them(store: Store) -> None:
    journey_map = labelled_map()
    with store.writing() as writer:
        tell(writer, people(), "people")
        collect(writer, rows_of(1, ("north", "south", None, "(not known)")), "one")
        index = refresh(writer, [journey_map])
        expected, columns = answers(store, journey_map), bytes_of(index)
        shutil.rmtree(index.folder / "labels")
        (index.folder / "attributes.json").unlink()
        assert answers(store, journey_map) == expected
        assert not (index.folder / "labels").exists()  # a reader writes nothing
        (index.folder / "labels" / f".{Path(next(iter(columns))).parts[1]}.writing").mkdir(parents=True)  # a crash
        assert bytes_of(refresh(writer, [journey_map])) == columns
    assert answers(store, journey_map) == expected


def test_a_wrong_column_is_found(store: Store) -> None:
    journey_map = labelled_map()
    with store.writing() as writer:
        collect(writer, rows_of(1), "one")
        index = refresh(writer, [journey_map])
    (index.folder / "attributes.json").write_text('["properties.n"]')
    assert [finding.code for finding in verify(store, [journey_map])] == ["labels"]
    (index.folder / "attributes.json").unlink()
    assert verify(store, [journey_map]) == []  # what can be made anew is not missed
    codes = next(path for path in sorted(index.folder.glob("labels/*/codes.npy")) if np.load(path).any())
    np.save(codes, np.load(codes)[::-1])
    assert [finding.code for finding in verify(store, [journey_map])] == ["labels"]
    with store.writing() as writer:
        rebuild(writer, [journey_map])
    assert verify(store, [journey_map]) == []
