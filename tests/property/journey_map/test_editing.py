"""From the screen to the file and back: what is edited is said, and nothing else of the file changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from importlib.resources import files
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.base.errors import QuestionError
from resa.documents import Path, read_document, walk
from resa.journey_map import (
    add_arrow,
    add_stage,
    add_touchpoint,
    arrows_said,
    edited,
    load_texts,
    move_stage,
    move_touchpoint,
    remove_arrow,
    remove_improvement,
    remove_stage,
    remove_touchpoint,
    write_arrow,
    write_map,
    write_section,
    write_stage,
    write_touchpoint,
)
from resa.model.journey import Emotion, JourneyMap

SHORT: Final = """# the shortest forms there are
title: Short
stages:   # as a list
  - look: [search, Product page]
  - buy: [cart, purchase]
  - after
touchpoints:
  search:
    actions: Looks for it.   # one alone
    emotion: -1
    expect: {next: product page, within: 1 day}
  # of the cart
  Cart:
    Pain points:
      - text: Too many fields.
        source: 12 interviews
      - It is slow.
    channel: [web, shop]
    frontstage:
    - Nothing.
channels: [web, shop]
"""

MAPS: Final = {
    **{
        one.name: (one / "journey.yaml").read_text(encoding="utf-8")
        for one in files("resa").joinpath("workspace_templates").iterdir()
        if one.is_dir() and (one / "journey.yaml").is_file()
    },
    "short": SHORT,
    "windows": SHORT.replace("\n", "\r\n"),
}

PROSE = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn", "Co", "Cf"]), min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: bool(text) and not set(text) & set("“”„‟«»-–—‐‑•·*▪◦−"))
)
FEELINGS = st.integers(-2, 2)
LEFT: Final = ("goal:", "wait_for:", "expect:", "when:")
"""The goal, and what stands in reactions: what they mean without a touchpoint, only a person can say."""

LANES: Final = ("actions", "motivation", "questions", "frontstage", "backstage", "support")


def read(text: str) -> JourneyMap:
    loaded = load_texts({"journey.yaml": text})
    assert not loaded.errors, [str(one) for one in loaded.errors]
    return loaded.maps["journey"]


def comments(text: str) -> Counter[str]:
    return Counter(line.partition("#")[2] for line in text.splitlines() if "#" in line)


def scalars(text: str, beside: Path) -> dict[Path, str]:
    """Each scalar of a file as it is written, those below a path left out."""
    root = read_document("journey.yaml", text).root
    assert root is not None
    return {
        path: text[node.start : node.end]
        for path, node, key in walk(root)
        if node.kind == "scalar" and not key and path[: len(beside)] != beside
    }


def spelled(text: str, section: str, key: str) -> str:
    """How a file spells a key."""
    entries = read_document("journey.yaml", text).data.get(section) or {}
    return next((name for name in entries if name.casefold().replace(" ", "_") == key), key)


@st.composite
def words(draw: st.DrawFn) -> tuple[str, Any]:
    """One thing that is said of a touchpoint: its field in the map, and what it becomes."""
    kind = draw(st.sampled_from(["name", "owner", "emotion", "moment_of_truth", *LANES]))
    if kind in LANES:
        return kind, tuple(draw(st.lists(PROSE, max_size=4)))
    if kind == "emotion":
        return kind, Emotion(now=draw(FEELINGS | st.none()), aim=draw(FEELINGS | st.none()))
    return kind, draw(st.booleans() if kind == "moment_of_truth" else PROSE)


def as_said(value: Any) -> Any:
    return {"now": value.now, "aim": value.aim} if isinstance(value, Emotion) else value


def _says_it_and_nothing_else(name: str, data: st.DataObject) -> None:
    text = MAPS[name]
    before = read(text)
    touchpoint = data.draw(st.sampled_from(before.touchpoints))
    field, value = data.draw(words())
    after = edited("journey.yaml", text, write_touchpoint(touchpoint.key, {field: as_said(value)}))
    wanted = replace(touchpoint, **{field: value})
    now = read(after)
    assert now.touchpoint[touchpoint.key] == wanted
    assert replace(now, touchpoints=(), hash="") == replace(before, touchpoints=(), hash="")
    assert [one for one in now.touchpoints if one != wanted] == [one for one in before.touchpoints if one != touchpoint]
    place = ("touchpoints", spelled(text, "touchpoints", touchpoint.key))
    assert scalars(after, place) == scalars(text, place)
    lost = comments(text) - comments(after)
    assert sum(lost.values()) <= (1 if getattr(touchpoint, field) else 0) * 2, lost
    assert edited("journey.yaml", after, write_touchpoint(touchpoint.key, {field: as_said(value)})) == after


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("examples", [5, pytest.param(200, marks=pytest.mark.nightly)])
def test_what_is_edited_is_said_and_nothing_else_changes(name: str, examples: int) -> None:
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(
        given(st.data())(lambda data: _says_it_and_nothing_else(name, data))
    )()


@pytest.mark.parametrize("name", MAPS)
def test_a_touchpoint_moved_to_and_fro_leaves_no_trace(name: str) -> None:
    first = read(MAPS[name]).stages[0].key  # a list of stages becomes a mapping once
    text = edited("journey.yaml", MAPS[name], move_stage(first, 1), move_stage(first, -1))
    journey_map = read(text)
    last = len(journey_map.touchpoints) - 1
    for number, touchpoint in [*enumerate(journey_map.touchpoints)][:: -(last // 5 + 1)]:
        for by in (-1, 1):
            at_the_end = number == last and touchpoint.stage == journey_map.stages[-1].key
            if (by < 0 and not number) or (by > 0 and at_the_end):
                continue
            moved = edited("journey.yaml", text, move_touchpoint(touchpoint.key, by))
            assert read(moved) != journey_map
            assert comments(moved) == comments(text)
            assert edited("journey.yaml", moved, move_touchpoint(touchpoint.key, -by)) == text


@pytest.mark.parametrize("name", MAPS)
def test_a_touchpoint_is_added_and_taken_away_again(name: str) -> None:
    text = MAPS[name]
    journey_map = read(text)
    for stage in journey_map.stages:
        after = stage.touchpoints[0] if stage.touchpoints else None
        added = edited("journey.yaml", text, add_touchpoint("A new, own place", stage=stage.key, after=after))
        now = read(added)
        (new,) = set(now.touchpoint) - set(journey_map.touchpoint)
        assert (new, now.touchpoint[new].name) == ("a_new_own_place", "A new, own place")
        order = [one for found in now.stages if found.key == stage.key for one in found.touchpoints]
        assert order.index(new) == (1 if after else 0)
        assert comments(added) == comments(text)
        again = edited("journey.yaml", added, remove_touchpoint(new))
        assert replace(read(again), hash="") == replace(journey_map, hash="")
        assert comments(again) == comments(text)


@pytest.mark.parametrize("name", MAPS)
def test_a_touchpoint_goes_with_what_leads_to_it(name: str) -> None:
    text = MAPS[name]
    journey_map = read(text)
    for touchpoint in journey_map.touchpoints[::3]:
        gone = edited("journey.yaml", text, remove_touchpoint(touchpoint.key))
        loaded = load_texts({"journey.yaml": gone})
        lines = gone.splitlines()
        said = [lines[(one.line or 1) - 1] for one in loaded.errors]
        assert not [line for line in said if not any(word in line for word in LEFT)]
        assert "journey" not in loaded.maps or touchpoint.key not in loaded.maps["journey"].touchpoint


@pytest.mark.parametrize("name", MAPS)
def test_stages_are_added_named_moved_and_taken_away(name: str) -> None:
    text = MAPS[name]
    journey_map = read(text)
    first = journey_map.stages[0]
    added = edited("journey.yaml", text, add_stage("In between", after=first.key))
    assert [one.key for one in read(added).stages][:2] == [first.key, "in_between"]
    again = edited("journey.yaml", added, remove_stage("in_between"))
    assert replace(read(again), hash="") == replace(journey_map, hash="")
    named = read(edited("journey.yaml", text, write_stage(first.key, {"name": "Other words"})))
    assert replace(named.stages[0], name=first.name) == first
    assert named.stages[0].name == "Other words"
    moved = edited("journey.yaml", text, move_stage(first.key, 1))
    assert read(moved).stages == (journey_map.stages[1], first, *journey_map.stages[2:])
    assert comments(moved) == comments(text)
    with pytest.raises(QuestionError):
        edited("journey.yaml", text, remove_stage(first.key))
    with pytest.raises(QuestionError):
        edited("journey.yaml", text, move_stage(first.key, -1))


@given(PROSE)
def test_the_map_itself_is_named(title: str) -> None:
    assert read(edited("journey.yaml", SHORT, write_map({"title": title}))).title == title


SECTIONS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "improvements": {"name": (), "about": (), "owner": (), "state": ("idea", "planned", "doing", "done", "dropped")},
    "personas": {"name": (), "about": (), "quote": ()},
    "channels": {"name": (), "kind": ("external", "internal", "peripheral")},
}


def _says_it_of_an_entry_and_nothing_else(name: str, data: st.DataObject) -> None:
    text = MAPS[name]
    before = read(text)
    section = data.draw(st.sampled_from(sorted(SECTIONS)))
    known = {one.key: one for one in getattr(before, section)}
    key = data.draw(st.sampled_from([*known, "brand_new"]))
    field, choices = data.draw(st.sampled_from(sorted(SECTIONS[section].items())))
    value = data.draw(st.sampled_from(choices) if choices else PROSE)
    after = edited("journey.yaml", text, write_section(section, key, {field: value}))
    now = read(after)
    found = {one.key: one for one in getattr(now, section)}
    assert getattr(found[key], field) == value
    if key in known:
        assert found == known | {key: replace(known[key], **{field: value})}
    else:
        assert {one: entry for one, entry in found.items() if one != key} == known
    apart: Any = {section: (), "hash": ""}
    assert replace(now, **apart) == replace(before, **apart)
    place = (section, spelled(text, section, key))
    if name not in {"short", "windows"} or section != "channels":  # a list of names becomes one of entries
        assert scalars(after, place) == scalars(text, place)
    assert edited("journey.yaml", after, write_section(section, key, {field: value})) == after


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("examples", [5, pytest.param(200, marks=pytest.mark.nightly)])
def test_what_is_said_beside_the_wall_is_said_and_nothing_else_changes(name: str, examples: int) -> None:
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(
        given(st.data())(lambda data: _says_it_of_an_entry_and_nothing_else(name, data))
    )()


@pytest.mark.parametrize("name", MAPS)
def test_an_improvement_goes_with_all_that_names_it(name: str) -> None:
    text = MAPS[name]
    before = read(text)
    for one in before.improvements:
        now = read(edited("journey.yaml", text, remove_improvement(one.key)))
        assert now.improvements == tuple(other for other in before.improvements if other != one)
        pains = [point for touchpoint in now.touchpoints for point in touchpoint.pain_points]
        assert not [point for point in pains if point.improvement == one.key]
        assert [point.text for point in pains] == [
            point.text for touchpoint in before.touchpoints for point in touchpoint.pain_points
        ]
        with pytest.raises(QuestionError, match="no 'gone'"):
            edited("journey.yaml", text, remove_improvement("gone"))


def _draws_it_and_nothing_else(name: str, data: st.DataObject) -> None:
    text = MAPS[name]
    before = read(text)
    start, end = (data.draw(st.sampled_from(before.touchpoints)).key for _ in range(2))
    words = {"next": [end], "within": "3 days", "owner": data.draw(PROSE), "name": "drawn"}
    kind = data.draw(st.sampled_from(["expect", "promise"]))
    drawn = edited("journey.yaml", text, add_arrow(start, kind, words))
    now = read(drawn)
    assert [one for one in now.expectations if one.name != "drawn"] == list(before.expectations)
    arrow = now.expectation["drawn"]
    assert (arrow.after, arrow.next, arrow.owner, arrow.kind[:6]) == (start, (end,), words["owner"], kind[:6])
    assert not comments(text) - comments(drawn)
    said = arrows_said("journey.yaml", drawn)["drawn"]
    other = "promise" if kind == "expect" else "expect"
    turned = edited("journey.yaml", drawn, write_arrow("drawn", {"kind": other, "target": "40 %"}, seen=said))
    assert (read(turned).expectation["drawn"].target, read(turned).expectation["drawn"].kind[:6]) == (0.4, other[:6])
    gone = read(edited("journey.yaml", turned, remove_arrow("drawn")))
    assert replace(gone, hash="") == replace(before, hash="")


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("examples", [1, pytest.param(50, marks=pytest.mark.nightly)])
def test_an_arrow_is_drawn_turned_and_taken_away(name: str, examples: int) -> None:
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(
        given(st.data())(lambda data: _draws_it_and_nothing_else(name, data))
    )()
