"""Journey files with everything in them, drawn by Hypothesis, each part written as JSON, which is YAML too.

Written so, they do not pass through any writer of Resa before they are read.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import strategies as st

__all__ = ["documents", "prose", "text_of"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzåäöøæéőű"
_TRICKY = (
    *(
        "• one",
        "- two",
        "* [source: x]",
        "=1+1",
        "+46 70",
        "-5 %",
        "@home",
        "'quoted'",
        '"',
        "a: b",
        "a #b",
        "[1]",
        "{x}",
    ),
    *(
        "_x0041_",
        "2. second",
        "50 % more",
        "ends \\]",
        "\\",
        "text [source: y]",
        "[källa: z]",
        "no",
        "null",
        "1e5",
        "12:30",
    ),
    *(
        "“curly”",
        "– dash",
        "ja, nej; kanske",
        "#hash",
        "two\nlines",
        "a\n- b",
        "a\n\nb",
        "😀",
        "a\u00a0b",
        "tab\tbed",
        "x  y",
        "007",
    ),
    *("http://a.b/c", "https://example.org", "TRUE", "2026-05-01", "0.10", "\\n", "a\n\u00a0\u00a0b", "c]", "(Anna)"),
)
_CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"))


def prose() -> st.SearchStrategy[str]:
    """A text for people, of the kind that spreadsheets and YAML take for something else."""
    words = (
        st.sampled_from(_TRICKY)
        | st.text(_LETTERS, min_size=1, max_size=8)
        | st.text(_CHARACTERS, min_size=1, max_size=6)
    )
    return st.lists(words, min_size=1, max_size=3).map(" ".join).map(str.strip).filter(bool)


def _keys(least: int, most: int) -> st.SearchStrategy[list[str]]:
    key = st.text(_LETTERS, min_size=2, max_size=7)
    return st.lists(key, min_size=least, max_size=most, unique_by=str.casefold)


def _some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these, in the order of a coin."""
    return st.fixed_dictionaries({}, optional=parts)


def _thoughts() -> st.SearchStrategy[list[str]]:
    return st.lists(prose(), min_size=1, max_size=3)


_FEELING = st.integers(-2, 2)
_EMOTION = _some(now=_FEELING, aim=_FEELING).filter(bool)
_DAY = st.dates(min_value=date(2000, 1, 1)).map(str)
_WITHIN = st.builds(
    "{} {}".format, st.integers(1, 90), st.sampled_from(["minutes", "hours", "days", "working days", "weeks"])
)
_SHARE = st.integers(0, 100).map("{} %".format) | st.decimals(0, 100, places=1).map("{} %".format)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A journey file as plain data."""
    names = ["s" + key for key in draw(_keys(1, 3))]
    touchpoints = ["t" + key for key in draw(_keys(0, 5))]
    personas = ["p" + key for key in draw(_keys(0, 2))]
    improvements = ["i" + key for key in draw(_keys(0, 2))]
    channels = ["c" + key for key in draw(_keys(0, 3))]
    stages: dict[str, Any] = {name: draw(_some(name=prose())) | {"touchpoints": []} for name in names}
    for touchpoint in touchpoints:
        stages[draw(st.sampled_from(names))]["touchpoints"].append(touchpoint)
    order = [touchpoint for stage in stages.values() for touchpoint in stage["touchpoints"]]
    arrows = {name: draw(st.lists(_arrow(order), max_size=2)) for name in order}
    known: list[str] = []
    for after, several in arrows.items():
        for number, (_, arrow) in enumerate(several):
            arrow["name"] = f"a{after}{number}"
            known.append(arrow["name"])
    pain = _pain_point(known, improvements)
    whole: dict[str, Any] = draw(_head(order)) | {"stages": stages}
    lanes: dict[str, st.SearchStrategy[Any]] = {
        "name": prose(),
        "owner": prose(),
        "picture": st.sampled_from(["a.png", "pictures/b c.jpg"]),
        **{lane: _thoughts() for lane in ("actions", "motivation", "questions", "frontstage", "backstage", "support")},
        "pain_points": st.lists(pain, min_size=1, max_size=3),
        "emotion": _EMOTION,
        "moment_of_truth": st.booleans(),
        "was": st.lists(st.text(_LETTERS, min_size=2).map("w".__add__), min_size=1, max_size=2, unique_by=str.casefold),
    }
    if channels:
        lanes["channel"] = st.lists(st.sampled_from(channels), min_size=1, unique=True)
    told: dict[str, dict[str, Any]] = {
        name: draw(_some(**lanes)) for name in order if draw(st.booleans()) or arrows[name]
    }
    for name, what in told.items():
        for kind, arrow in arrows[name]:
            what.setdefault(kind, []).append(arrow)
        differing = [persona for persona in personas if draw(st.booleans())]
        if differing:
            what["for"] = {persona: draw(_difference(pain)) for persona in differing}
    whole["touchpoints"] = told
    whole |= draw(_listed(order, personas, channels, improvements, known))
    if draw(st.booleans()) and order:
        whole |= {"account": "traits.company", "metrics": {"m": {"count": "visits", "of": order[:1]}}}
        whole["signals"] = {order[0]: {"event": draw(st.text(_LETTERS, min_size=1, max_size=5))}}
    return whole


@st.composite
def _listed(
    draw: st.DrawFn,
    order: list[str],
    personas: list[str],
    channels: list[str],
    improvements: list[str],
    arrows: list[str],
) -> dict[str, Any]:
    """What stands in lists beside the wall."""
    persona = _some(name=prose(), about=prose(), quote=prose(), picture=st.just("p.png"), who=st.just("traits.a > 1"))
    path = st.permutations(order).map(lambda all_of_them: all_of_them[:4])
    kinds = st.sampled_from(["external", "internal", "peripheral"])
    channel = _some(name=prose(), kind=kinds, cost=st.decimals(0, 5000, places=2).map(float))
    states = st.sampled_from(["idea", "planned", "doing", "done", "dropped"])
    moves = {"should_move": st.sampled_from(arrows)} if arrows else {}
    improvement = _some(name=prose(), about=prose(), owner=prose(), state=states, since=_DAY, **moves)
    return {
        "personas": {one: draw(persona) | {"path": draw(path)} for one in personas},
        "channels": {one: draw(channel) for one in channels if draw(st.booleans())},
        "improvements": {one: draw(improvement) for one in improvements},
    }


def _head(order: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    parts: dict[str, st.SearchStrategy[Any]] = {
        "title": prose(),
        "language": st.sampled_from(["en", "sv", "nb", "hu"]),
        "timezone": st.sampled_from(["Europe/Stockholm", "UTC", "Europe/Budapest"]),
        "currency": st.sampled_from(["SEK", "NOK", "HUF", "EUR"]),
        "owner": prose(),
        "review": st.sampled_from(["every 3 months", "every 2 weeks", "yearly", "every 45 days", "every quarter"]),
        "reviewed": _DAY,
        "holidays": st.lists(_DAY, min_size=1, max_size=3),
    }
    if order:
        touchpoint = st.sampled_from(order)
        reach = st.lists(touchpoint, min_size=1, max_size=2, unique=True)
        goal = st.fixed_dictionaries(
            {"from": touchpoint, "reach": reach}, optional={"within": _WITHIN, "target": _SHARE}
        )
        parts["goal"] = goal
    return _some(**parts)


def _arrow(order: list[str]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    following = st.lists(st.sampled_from(order), min_size=1, max_size=2, unique=True) if order else st.nothing()
    arrow = st.fixed_dictionaries(
        {"next": following, "within": _WITHIN},
        optional={
            "target": _SHARE,
            "owner": prose(),
            "renews": st.booleans(),
            "per": st.just("properties.order_id"),
        },
    )
    return st.tuples(st.sampled_from(["expect", "promise"]), arrow)


def _pain_point(arrows: list[str], improvements: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    parts: dict[str, st.SearchStrategy[Any]] = {"source": prose()}
    if arrows:
        parts["shown_by"] = st.sampled_from(arrows)
    if improvements:
        parts["improvement"] = st.sampled_from(improvements)
    return st.fixed_dictionaries({"text": prose()}, optional=parts)


def _difference(pain: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    lanes = {lane: _thoughts() for lane in ("actions", "motivation", "questions")}
    return _some(emotion=_EMOTION, pain_points=st.lists(pain, min_size=1, max_size=2), **lanes).filter(bool)


def text_of(document: dict[str, Any]) -> str:
    """The journey file."""
    return "".join(f"{key}: {_json(value)}\n" for key, value in document.items())


def _json(value: Any) -> str:
    """JSON, with what cannot be seen by its number as YAML writes it."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in text)
