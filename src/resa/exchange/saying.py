"""What a map says, as plain data in the order and with the keys of the journey file, every short form written out.

This is what goes into a workbook and what is read from one. A value that says no more than the file would mean without
it is left out, so that the file stays as short as people write it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from resa.documents import read_document, spelling
from resa.exchange.comments import Comments, read_comments
from resa.journey_map import display_name
from resa.model.journey import (
    Emotion,
    Expectation,
    JourneyMap,
    PainPoint,
    Persona,
    PersonaDifference,
    Stage,
    Touchpoint,
)
from resa.model.quantities import Duration

__all__ = ["THOUGHTS", "Said", "in_order", "is_kept", "say_map"]

THOUGHTS = ("actions", "motivation", "questions", "frontstage", "backstage", "support")
"""Lanes of plain thoughts, one a line."""

_DAYS_OF = {"months": 365.25 / 12, "years": 365.25}


@dataclass(frozen=True, kw_only=True)
class Said:
    """A map as it is exchanged.

    Attributes:
        data: As in the journey file: `{"title": …, "stages": {…}, "touchpoints": {…}, …}`: text, numbers, true and
            false in lists and mappings.
        comments: Lines of comment by path.
        kept: Lines of the other parts of the file, such as signals and reactions, as they were written.
    """

    data: dict[str, Any]
    comments: Comments = field(default_factory=dict)
    kept: tuple[str, ...] = ()


def say_map(journey_map: JourneyMap, text: str = "") -> Said:
    """What a map says.

    Args:
        journey_map: The map.
        text: Its file, for comments and what is kept word for word; empty: it has none.
    """
    data: dict[str, Any] = {"resa": 1, "title": journey_map.title}
    data |= _given(
        language=journey_map.language if journey_map.language != "en" else "",
        timezone=journey_map.timezone if journey_map.timezone != "UTC" else "",
        currency=journey_map.currency,
        owner=journey_map.owner,
        review=_how_often(journey_map.review),
        reviewed=journey_map.reviewed and journey_map.reviewed.isoformat(),
        holidays=[day.isoformat() for day in journey_map.holidays],
        goal=_goal(journey_map),
    )
    own_who = _who_in(text) if text else None
    data["stages"] = {stage.key: _stage(stage) for stage in journey_map.stages}
    data |= _given(
        personas={persona.key: _persona(persona, own_who) for persona in journey_map.personas},
        channels=_channels(journey_map),
        touchpoints={
            touchpoint.key: said for touchpoint in journey_map.touchpoints if (said := _touchpoint(touchpoint))
        },
        improvements={
            one.key: _given(
                name=_name(one.key, one.name),
                about=one.about,
                owner=one.owner,
                state=one.state if one.state != "idea" else "",
                since=one.since and one.since.isoformat(),
                should_move=one.should_move,
            )
            for one in journey_map.improvements
        },
    )
    comments = {path: lines for path, lines in read_comments(text).items() if not is_kept(str(path[0]))}
    return Said(data=data, comments=comments, kept=_kept(text))


_ARROW = ("name", "next", "within", "unless", "target", "owner", "renews", "per", "if_met", "if_missed")
_TOUCHPOINT = (
    *("name", "channel", "owner", "picture", "actions", "motivation", "questions", "pain_points"),
    *("frontstage", "backstage", "support", "emotion", "moment_of_truth", "for", "expect", "promise", "was"),
)
_ORDER: Mapping[str, tuple[str, ...]] = {
    "": (
        *("resa", "title", "language", "timezone", "currency", "owner", "review", "reviewed", "holidays", "goal"),
        *("stages", "personas", "channels", "touchpoints", "improvements"),
    ),
    "goal": ("from", "reach", "within", "target"),
    "stages": ("name", "touchpoints"),
    "personas": ("name", "about", "quote", "path", "picture", "who"),
    "channels": ("name", "kind", "cost"),
    "touchpoints": _TOUCHPOINT,
    "for": ("emotion", "actions", "motivation", "questions", "pain_points"),
    "improvements": ("name", "about", "owner", "state", "since", "should_move"),
    "emotion": ("now", "aim"),
    "pain_points": ("text", "source", "shown_by", "improvement"),
    "expect": _ARROW,
    "promise": _ARROW,
}


def in_order(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same with all keys in the order in which people write them, touchpoints and personas in that of the map."""
    told: dict[str, Any] = _sorted({"resa": 1, **data}, "")
    wall = [key for what in told["stages"].values() for key in what.get("touchpoints", ())]
    if "touchpoints" in told:
        told["touchpoints"] = {key: told["touchpoints"][key] for key in wall if told["touchpoints"].get(key)}
        if not told["touchpoints"]:
            del told["touchpoints"]
    for what in told.get("touchpoints", {}).values():
        if "for" in what:
            order = [key for key in told.get("personas", {}) if key in what["for"]]
            what["for"] = {key: what["for"][key] for key in dict.fromkeys([*order, *what["for"]])}
    return told


def _sorted(value: Any, where: str) -> Any:
    if isinstance(value, list):
        return [_sorted(item, where) for item in value]
    if not isinstance(value, Mapping):
        return value
    if where in {"stages", "personas", "channels", "touchpoints", "improvements", "for"}:
        return {key: _ordered(what, where) for key, what in value.items()}
    return _ordered(value, where)


def _ordered(value: Any, where: str) -> dict[str, Any]:
    order = [key for key in _ORDER.get(where, ()) if key in value]
    return {key: _sorted(value[key], key) for key in dict.fromkeys([*order, *value])}


def is_kept(key: str) -> bool:
    """Whether a part of the file is held word for word: signals, metrics and reactions are no part of the wall."""
    return spelling(key) not in _ORDER[""]


def _given(**values: Any) -> dict[str, Any]:
    """What is said at all."""
    return {key: value for key, value in values.items() if value not in (None, "", (), [], {}, False)}


def _name(key: str, name: str) -> str:
    return name if name != display_name(key) else ""


def _share(share: float | None) -> str:
    if share is None:
        return ""
    short = f"{share * 100:.10g}"
    return f"{short if float(short) / 100 == share else repr(share * 100)} %"


def _how_often(review: Duration | None) -> str:
    if review is None:
        return ""
    for unit, days in _DAYS_OF.items():
        for number in range(1, 25):
            if review == Duration(round(number * days), "day"):
                return f"every {number} {unit}" if number > 1 else f"every {unit.removesuffix('s')}"
    return f"every {review}"


def _goal(journey_map: JourneyMap) -> dict[str, Any]:
    goal = journey_map.goal
    if goal is None:
        return {}
    start = goal.start[0] if goal.start else ""
    if len(goal.start) > 1:
        start = next((stage.key for stage in journey_map.stages if stage.touchpoints == goal.start), start)
    return _given(
        **{"from": start, "reach": goal.written.split(", "), "within": goal.within and str(goal.within)},
        target=_share(goal.target),
    )


def _stage(stage: Stage) -> dict[str, Any]:
    return _given(name=_name(stage.key, stage.name), touchpoints=list(stage.touchpoints))


def _persona(persona: Persona, own_who: frozenset[str] | None) -> dict[str, Any]:
    """A persona; who they are stays in signals.yaml if that says it."""
    return _given(
        name=_name(persona.key, persona.name),
        about=persona.about,
        quote=persona.quote,
        path=list(persona.path),
        picture=persona.picture,
        who=persona.who if own_who is None or persona.key in own_who else "",
    )


def _channels(journey_map: JourneyMap) -> dict[str, Any]:
    return {
        channel.key: _given(
            name=_name(channel.key, channel.name),
            kind=channel.kind,
            cost=None if channel.cost is None else _number(channel.cost),
        )
        | ({"cost": 0} if channel.cost == 0 else {})
        for channel in journey_map.channels
    }


def _number(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _touchpoint(touchpoint: Touchpoint) -> dict[str, Any]:
    return _given(
        name=_name(touchpoint.key, touchpoint.name),
        channel=list(touchpoint.channels),
        owner=touchpoint.owner,
        picture=touchpoint.picture,
        actions=list(touchpoint.actions),
        motivation=list(touchpoint.motivation),
        questions=list(touchpoint.questions),
        pain_points=[_pain_point(point) for point in touchpoint.pain_points],
        frontstage=list(touchpoint.frontstage),
        backstage=list(touchpoint.backstage),
        support=list(touchpoint.support),
        emotion=_emotion(touchpoint.emotion),
        moment_of_truth=touchpoint.moment_of_truth,
        **{"for": {one.persona: _difference(one) for one in touchpoint.differences}},
        expect=[_arrow(arrow) for arrow in touchpoint.expectations if arrow.kind == "expectation"],
        promise=[_arrow(arrow) for arrow in touchpoint.expectations if arrow.kind == "promise"],
        was=list(touchpoint.was),
    )


def _pain_point(point: PainPoint) -> dict[str, Any]:
    return _given(text=point.text, source=point.source, shown_by=point.shown_by, improvement=point.improvement)


def _emotion(emotion: Emotion) -> dict[str, int]:
    return {key: value for key, value in (("now", emotion.now), ("aim", emotion.aim)) if value is not None}


def _difference(one: PersonaDifference) -> dict[str, Any]:
    return _given(
        emotion=_emotion(one.emotion),
        actions=list(one.actions),
        motivation=list(one.motivation),
        questions=list(one.questions),
        pain_points=[_pain_point(point) for point in one.pain_points],
    )


def _arrow(arrow: Expectation) -> dict[str, Any]:
    following = arrow.written.split(", ")
    usual = arrow.kind == "expectation"
    return _given(
        name=arrow.name if arrow.name != f"{arrow.after}.{following[0]}" else "",
        next=following,
        within=str(arrow.within),
        unless=list(arrow.unless),
        target=_share(arrow.target),
        owner=arrow.owner,
        per=arrow.per,
        if_met=arrow.if_met,
        if_missed=arrow.if_missed,
    ) | ({} if arrow.renews == usual else {"renews": arrow.renews})


def _who_in(text: str) -> frozenset[str]:
    """The personas whose `who:` stands in this file."""
    data = read_document("journey.yaml", text).data
    personas = data.get("personas") if isinstance(data, Mapping) else None
    if not isinstance(personas, Mapping):
        return frozenset()
    return frozenset(spelling(key) for key, said in personas.items() if isinstance(said, Mapping) and "who" in said)


def _kept(text: str) -> tuple[str, ...]:
    """The lines of what is kept word for word, each with the comments directly above it."""
    document = read_document("journey.yaml", text)
    if document.root is None or document.root.kind != "mapping":
        return ()
    if document.root.flow:  # the whole file in braces, as programs write it
        return tuple(
            f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in document.data.items() if is_kept(key)
        )
    lines = re.split(r"\r\n|\n|\r", text)
    keys = [(key.text, document.source.position(key.start)[0] - 1) for key, _ in document.root.pairs]
    kept: list[str] = []
    for (name, first), (following, end) in pairwise([*keys, ("", len(lines))]):
        if not is_kept(name):
            continue
        part = lines[first:end]
        while (
            part
            and not (following and is_kept(following))
            and _between(part[-1])
            and (following or not part[-1].strip())
        ):
            part.pop()
        above = first
        while not kept and above and lines[above - 1].startswith("#"):
            above -= 1
        kept += [line.rstrip() for line in [*lines[above:first], *part]]
    return tuple(kept)


def _between(line: str) -> bool:
    """A blank line, or a comment at the margin: it is about what comes next."""
    return not line.strip() or line.startswith("#")
