"""Every picture that a workspace can give: of each part of each question, by group, compared, and of the map."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from resa.analytics import Measure, Result
from resa.analytics.results.multiples import DRAWN_BY_GROUP
from resa.analytics.results.pictures import DRAWN
from resa.drawing import PRESETS, MapOptions, Svg
from resa.model.journey import JourneyMap
from resa.workspace import Workspace

__all__ = ["PARTS", "every_answer", "every_map", "whole_answers"]

PARTS: Final = tuple(DRAWN)
"""Kinds of question and parts of their answers that there is a picture of."""

_Asked = Callable[..., Result]


def _questions(measure: Measure, journey_map: JourneyMap) -> Mapping[str, _Asked]:
    """Each kind of question as it is asked of a map; whatever else is asked comes as arguments."""
    plan = journey_map.personas[0].path
    first = journey_map.expectations[0]
    return {
        "funnel": lambda **more: measure.funnel(list(plan), **more),
        "expectations": measure.expectations,
        "incidence": lambda **more: measure.expectations(first.name, curve=True, **more),
        "transitions": measure.transitions,
        "process": measure.process,
        "paths": lambda **more: measure.paths(start=plan[1], **more),
        "variants": measure.variants,
        "trend": lambda **more: measure.trend(first.name, **more),
        "visits": lambda **more: measure.trend(plan[1], **more),
        "retention": lambda **more: measure.retention(every="month", periods=6, **more),
        "stages": lambda **more: measure.stages(every="month", **more),
        "channels": measure.channels,
        "devices": lambda **more: measure.channels("device", **more),
        "friction": measure.friction,
        "planned": measure.planned,
        "conformance": measure.conformance,
        "touchpoints": measure.touchpoints,
    }


def _parts(result: Result) -> Iterator[str]:
    """The parts of an answer that there is a picture of."""
    return (part for kind, part in PARTS if kind == result.kind and part in result.parts)


def whole_answers(shop: Workspace) -> Iterator[tuple[str, Result, str]]:
    """Answers about everybody, with the part to be drawn."""
    journey_map = shop.map()
    for name, ask in _questions(shop.measure, journey_map).items():
        whole = ask()
        yield from ((f"{name}-{part}", whole, part) for part in _parts(whole))
    for metric in journey_map.metrics:
        yield f"metric-{metric.key}", shop.measure.metrics(metric.key, by="month"), "metrics"


def every_answer(shop: Workspace) -> Iterator[tuple[str, Result, str]]:
    """Answers with the part to be drawn: whole, by persona, and two personas compared."""
    yield from whole_answers(shop)
    journey_map = shop.map()
    questions = _questions(shop.measure, journey_map)
    for name, ask in questions.items():
        grouped = ask(by="persona")
        drawn = [part for part in _parts(grouped) if (grouped.kind, part) in DRAWN_BY_GROUP]
        if name in {"trend", "incidence", "retention"}:  # their groups stand in one picture
            drawn = list(_parts(grouped))
        yield from ((f"{name}-{part}-by-persona", grouped, part) for part in drawn)
    for show in ("customers", "median", "p90"):
        yield f"process-{show}", shop.measure.process(show=show), "arrows"
    one, two = (persona.key for persona in journey_map.personas[:2])
    for name in ("funnel", "expectations", "process", "conformance"):
        yield f"{name}-compared", questions[name](by="persona", compare=(one, two)), "compared"
    for metric in journey_map.metrics:
        yield f"metric-{metric.key}-by-persona", shop.measure.metrics(metric.key, by="persona"), "metrics"


def every_map(shop: Workspace) -> Iterator[tuple[str, Svg]]:
    """The map with each choice of lanes, for a persona, for all side by side, and on screens of each size."""
    keys = tuple(persona.key for persona in shop.map().personas)
    options: dict[str, dict[str, Any]] = {
        "map": {},
        **{f"map-{name}": {"lanes": lanes} for name, lanes in PRESETS.items() if name != "all"},
        "map-persona": {"persona": keys[0]},
        "map-personas": {"personas": keys[:5]},
        "map-personas-phone": {"personas": keys[:2], "width": 360.0},
        "map-phone": {"width": 360.0},
        "map-narrow": {"width": 700.0},
        "map-wide": {"width": 1600.0},
    }
    for name, chosen in options.items():
        for measured in (False, True):
            drawn = shop.draw(measured=measured, options=MapOptions(**chosen))
            yield f"{name}-measured" if measured else name, drawn
