"""The main way, and links turned into paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from resa.model.journey import Expectation, Goal, JourneyMap, Persona, Stage, Touchpoint
from resa.model.quantities import Duration
from resa.reporting.building import flows_of
from resa.reporting.ways import main_way

DAY = Duration(1, "day")


def a_map(
    arrows: dict[str, list[tuple[str, ...]]], *, path: tuple[str, ...] = (), goal: Goal | None = None
) -> JourneyMap:
    def touchpoint(key: str) -> Touchpoint:
        found = tuple(
            Expectation(name=f"{key}.{number}", kind="expectation", after=key, next=following, written="", within=DAY)
            for number, following in enumerate(arrows.get(key, []))
        )
        return Touchpoint(key=key, name=key.upper(), stage="all", expectations=found)

    keys = tuple("abcdef")
    return JourneyMap(
        key="shop",
        title="Shop",
        stages=(Stage(key="all", name="All", touchpoints=keys),),
        touchpoints=tuple(map(touchpoint, keys)),
        personas=(Persona(key="p", name="P", path=path),),
        goal=goal,
    )


def test_the_shortest_chain_of_expectations_from_the_goals_start_to_its_reach() -> None:
    goal = Goal(start=("a",), reach=("d", "f"), written="d, f", within=DAY)
    journey_map = a_map({"a": [("b",), ("e",)], "b": [("c",)], "c": [("d",)], "e": [("d", "c")]}, goal=goal)
    way = main_way(journey_map)
    assert way is not None
    assert (way.rule, way.steps, way.within) == ("goal", (("a",), ("e",), ("d", "f")), DAY)


def test_without_a_chain_the_first_planned_path_and_without_one_the_first_chain_of_arrows() -> None:
    goal = Goal(start=("f",), reach=("a",), written="a")
    journey_map = a_map({"b": [("c", "d")], "c": [("e",)], "e": [("b",)]}, path=("a", "c", "a"), goal=goal)
    way = main_way(journey_map)
    assert way is not None
    assert (way.rule, way.persona, way.steps) == ("persona", "p", (("a",), ("c",), ("a",)))
    way = main_way(replace(journey_map, personas=()))
    assert way is not None
    assert (way.rule, way.steps) == ("arrows", (("b",), ("c", "d"), ("e",)))
    assert main_way(a_map({})) is None


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), max_size=40))
def test_paths_made_from_links_have_just_these_links(journeys: list[list[str]]) -> None:
    steps = 4
    links = Counter[tuple[int, str, str | None]]()
    for journey in journeys:
        for step, key in enumerate(journey[: steps - 1]):
            links[step + 1, key, journey[step + 1] if step + 1 < len(journey) else None] += 1
    rows: list[Mapping[str, Any]] = [
        {"step": step, "from": one, "to": two, "count": count} for (step, one, two), count in links.items()
    ]
    again = Counter[tuple[int, str, str | None]]()
    flows = flows_of(rows, steps)
    for flow in flows:
        assert len(flow.names) == steps or not flow.goes_on
        for step, key in enumerate(flow.names[: steps - 1]):
            again[step + 1, key, flow.names[step + 1] if step + 1 < len(flow.names) else None] += flow.count
    assert again == links
    assert sum(flow.count for flow in flows) == len(journeys)
