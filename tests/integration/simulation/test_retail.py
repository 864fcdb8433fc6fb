"""The template `retail`: its map lints clean, its sources read its files, and each of its truths can be measured."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from resa.collector import read_sources
from resa.journey_map import lint, load_maps
from resa.model.journey import JourneyMap
from resa.simulation import (
    Mess,
    Specification,
    count_openings,
    from_map,
    read_specification,
    see,
    simulate,
    state_truths,
    write_files,
    write_truths,
)

TEMPLATE = Path(__file__).parents[3] / "src/resa/workspace_templates/retail"


@pytest.fixture(scope="module")
def journey_map() -> JourneyMap:
    return load_maps(TEMPLATE).maps["journey"]


@pytest.fixture(scope="module")
def specification() -> Specification:
    return read_specification(TEMPLATE / "simulation.yaml")


def test_the_map_is_right_and_lints_clean(journey_map: JourneyMap) -> None:
    loaded = load_maps(TEMPLATE)
    assert list(map(str, loaded.problems)) == []
    assert list(map(str, lint(journey_map, loaded, today=date(2026, 9, 1)))) == []
    assert (journey_map.currency, journey_map.timezone) == ("SEK", "Europe/Stockholm")
    assert len(journey_map.stages) == 5
    assert len(journey_map.touchpoints) == 18
    assert len(journey_map.personas) == 4
    assert Counter(arrow.kind for arrow in journey_map.expectations) == {"expectation": 9, "promise": 3}
    assert all(arrow.target and arrow.owner for arrow in journey_map.expectations)


def test_every_source_is_right_and_has_its_file(specification: Specification, tmp_path: Path) -> None:
    sources, problems = read_sources(TEMPLATE)
    assert list(map(str, problems)) == []
    assert len(sources) == 15
    written = {f"incoming/{file.path}" for file in write_files(simulate(specification, customers=20), tmp_path)}
    assert {source.shape.path for source in sources} == written


def test_every_touchpoint_with_events_is_seen(journey_map: JourneyMap, specification: Specification) -> None:
    events = pa.Table.from_batches(simulate(specification, customers=4_000, seed=2).events())
    seen = set(events.column("touchpoint").to_pylist()) - {None}
    assert seen == {signal.touchpoint for signal in journey_map.signals if signal.kind == "events"}
    channels = set(events.column("channel").to_pylist())
    assert channels == {channel.key for channel in journey_map.channels} - {"word_of_mouth"}
    assert len(channels) == 9


def test_traits_place_every_customer_in_her_persona(journey_map: JourneyMap, specification: Specification) -> None:
    # The `who` of the map in plain Python.
    def persona(row: dict[str, float]) -> str:
        if row["gift_share"] > 0.5:
            return "gift_buyer"
        if row["children"] > 0:
            return "family"
        return "gear_lover" if row["trips"] >= 12 else "weekend_hiker"

    columns = dict(specification.outlets["members"].columns) | {"persona": "persona"}
    members = replace(specification.outlets["members"], columns=columns)
    changed = replace(specification, outlets={**specification.outlets, "members": members})
    batches = [batch for name, batch in simulate(changed, customers=2_000).batches() if name == "members"]
    rows = pa.Table.from_batches(batches).to_pylist()
    assert {row["persona"] for row in rows} == set(journey_map.persona)
    assert [persona(row) for row in rows] == [row["persona"] for row in rows]


def test_without_truths_every_target_is_met(journey_map: JourneyMap, specification: Specification) -> None:
    simulated = simulate(specification, customers=25_000, seed=4)
    seen = see(simulated)
    for arrow in journey_map.expectations:
        counted = count_openings(simulated, seen, arrow)
        assert counted.share is not None
        assert arrow.target is not None
        assert arrow.target - 0.012 < counted.share < arrow.target + 0.06, arrow.name


@pytest.mark.parametrize(
    ("name", "least"),
    [("broken_checkout", -0.3), ("slow_north", -0.3), ("gear_lovers_chat", 0.08), ("early_date_works", -0.05)],
)
def test_each_truth_shows_where_it_is_stated(
    journey_map: JourneyMap, specification: Specification, name: str, least: float
) -> None:
    simulated = simulate(specification, customers=10_000, seed=6, truths=[specification.truths[name]])
    stated = state_truths(simulated, journey_map.expectations)["planted"][0]
    assert stated["shows_in"] in journey_map.expectation
    change = stated["share_with"] - stated["share_without"]
    assert change <= least if least < 0 else change >= least


def test_the_truth_file_is_plain_json(journey_map: JourneyMap, specification: Specification, tmp_path: Path) -> None:
    truths = [specification.truths["broken_checkout"], specification.truths["slow_north"]]
    simulated = simulate(specification, customers=2_000, seed=1, truths=truths)
    written = write_files(simulated, tmp_path, mess=Mess(no_time=2))
    statement = state_truths(simulated, journey_map.expectations, written=written, sample=500)
    write_truths(statement, tmp_path / "truths.json")
    stated = json.loads((tmp_path / "truths.json").read_text(encoding="utf-8"))
    assert [truth["kind"] for truth in stated["planted"]] == ["broken_step", "slow_delivery"]
    assert stated["planted"][0]["where"] == {"device": "mobile"}
    assert stated["planted"][0]["start"] == "2026-07-27"
    assert set(stated["expectations"]) == set(journey_map.expectation)
    assert stated["sampled_customers"] == 500
    web = next(file for file in stated["files"] if file["outlet"] == "web")
    assert web["bad"] == {"no_time": 2}


def test_any_map_can_be_simulated(journey_map: JourneyMap, tmp_path: Path) -> None:
    made = from_map(journey_map)
    assert set(made.left_out) == {"friend_tells", "store_visit"}
    simulated = simulate(made.specification, customers=6_000, seed=1)
    seen = see(simulated)
    counted = {arrow.name: count_openings(simulated, seen, arrow).share for arrow in journey_map.expectations}
    for name in ("cart.checkout", "help_page.chat", "purchase.delivery"):
        assert counted[name] == pytest.approx(journey_map.expectation[name].target, abs=0.05), name
    write_files(simulated, tmp_path / "incoming")
    (tmp_path / "sources").mkdir()
    for name, text in made.sources.items():
        (tmp_path / "sources" / name).write_text(text, encoding="utf-8")
    sources, problems = read_sources(tmp_path)
    assert list(map(str, problems)) == []
    assert [source.name for source in sources] == ["simulated", "simulated_customers"]
