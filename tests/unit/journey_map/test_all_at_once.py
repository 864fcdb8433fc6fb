"""No mistake hides another: two mistakes in one element give all the messages that each gives alone."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from resa.documents import Node, read_document, walk
from resa.documents import Path as Place
from resa.journey_map import load_texts

SKETCH = (Path(__file__).parent / "design_sketch.yaml").read_text(encoding="utf-8")
MISTAKES = ("'!! 9 m'", "zqxw")
"""What no field but prose takes, and a name that nothing has."""


def messages(text: str) -> set[str]:
    loaded = load_texts({"journey.yaml": text})
    return {problem.message for problem in loaded.errors}


def planted(*mistakes: tuple[Node, str]) -> str:
    text = SKETCH
    for node, said in sorted(mistakes, key=lambda mistake: -mistake[0].start):
        text = text[: node.start] + said + text[node.end :]
    return text


def elements() -> dict[Place, list[tuple[Place, Node]]]:
    """What can be written wrongly in the sketch, by the element it belongs to."""
    root = read_document("journey.yaml", SKETCH).root
    assert root is not None
    found: dict[Place, list[tuple[Place, Node]]] = {}
    for path, node, is_key in walk(root):
        if not is_key and node.kind == "scalar" and path[0] != "stages":
            found.setdefault(path[: 4 if "expect" in path or "promise" in path else 2], []).append((path, node))
    return {element: leaves for element, leaves in found.items() if len(leaves) > 1}


def defines_names(path: Place) -> bool:
    """What an arrow is called follows from its `next`: where that is wrong, a name that nothing has may be its own."""
    return "next" in path


@pytest.mark.parametrize("element", elements(), ids=lambda element: ".".join(map(str, element)))
def test_two_mistakes_give_both_messages(element: Place) -> None:
    alone = [
        (path, node, said, found)
        for path, node in elements()[element]
        for said in MISTAKES
        if (found := messages(planted((node, said))))
    ]
    pairs = list(combinations(alone, 2))
    some = pairs[:: 1 + len(pairs) // 30]
    for (path, first, said, found), (_, second, other, more) in some:
        if first.start == second.start or defines_names(path):
            continue
        both = messages(planted((first, said), (second, other)))
        assert (found | more) <= both, (path, said, other)


def test_an_arrow_with_a_bad_time_still_says_that_its_next_is_unknown() -> None:
    text = (
        "stages:\n  a: [ad, cart]\ntouchpoints:\n  ad:\n    expect:\n"
        "      - next: crat\n        within: 4 m\n        if_missed: nothing\n"
        "      - next: cart\n        if_met: nobody\n"
    )
    said = [str(problem) for problem in load_texts({"journey.yaml": text}).problems]
    assert [line.split(" ")[0] for line in said] == [
        "journey.yaml:6:15",
        "journey.yaml:7:17",
        "journey.yaml:8:20",
        "journey.yaml:9:9",
        "journey.yaml:10:17",
    ]


@pytest.mark.parametrize("stages", ["", "stages: []\n", "stages: one, two\n"])
def test_a_map_without_stages_is_read_all_the_same(stages: str) -> None:
    text = f"{stages}touchpoints:\n  ad:\n    expect: {{next: x, within: 4 h, if_met: nobody}}\n"
    assert any("reaction 'nobody' is not defined" in message for message in messages(text))


def test_a_signal_of_nothing_known_still_has_its_expression_checked() -> None:
    files = {
        "journey.yaml": "stages: {one: [cart]}\nsignals:\n  ufo: {when: evnt = 1}\n",
        "signals.yaml": "gadget: {value: proprties.x}\ncart: {event: a, not_seen: b, score: scoer.x}\n",
    }
    said = {problem.message.partition(";")[0] for problem in load_texts(files).problems}
    assert {"'evnt' is not a field", "'proprties' is not a field", "'scoer' is not a field"} <= said


def test_a_reaction_without_a_topic_is_told_so_whatever_is_wrong_in_its_steps() -> None:
    text = "stages: {one: [cart]}\nreactions:\n  mail:\n    purpose: marketing\n    steps: [{wait: long}]\n"
    assert len(messages(text)) == 2
