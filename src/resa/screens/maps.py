"""The map: drawn with its numbers, each touchpoint's page, and the map as files for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.drawing import PRESETS, MapOptions, format_count, format_decimal, format_seconds
from resa.model.journey import JourneyMap, Touchpoint
from resa.reporting import map_numbers
from resa.screens.frame import Html, Visiting, page
from resa.screens.reports import told
from resa.screens.tables import shown_rows
from resa.screens.visits import Visit

__all__ = ["ROUTES"]

FILES: Final = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
"""What a map can be taken away as."""

_WIDE: Final = 1260.0
_COLUMNS: Final = 9


@get("/map", opt={"needs": "see"}, sync_to_thread=True)
def maps(visit: Visiting) -> Html:
    """The maps of the workspace; of one alone, the map."""
    found = list(visit.shop.maps.values())
    if len(found) == 1:
        return show_map(visit, found[0].key)
    return page(visit, "maps", visit.say("map"), maps=found, problems=visit.shop.loaded.problems)


@get("/map/{key:str}", opt={"needs": "see"}, sync_to_thread=True)
def one_map(
    visit: Visiting,
    key: FromPath[str],
    lanes: FromQuery[str] = "all",
    persona: FromQuery[str] = "",
    plain: FromQuery[str] = "",
) -> Html:
    """One map, drawn with what was measured."""
    return show_map(visit, key, lanes=lanes, persona=persona, plain=bool(plain))


def show_map(visit: Visit, key: str, *, lanes: str = "all", persona: str = "", plain: bool = False) -> Html:
    """One map, drawn.

    Args:
        visit: Who asks.
        key: Of the map.
        lanes: Name of a preset of lanes.
        persona: Through whose eyes; empty: everybody's.
        plain: Without numbers.

    Raises:
        QuestionError: There is no such map, preset or persona.
    """
    shop = visit.shop
    journey_map = shop.map(key)
    if lanes not in PRESETS:
        known = ", ".join(PRESETS)
        raise QuestionError(sentence("there is no preset '{lanes}'; use one of: {known}", lanes=lanes, known=known))
    if persona and persona not in journey_map.persona:
        suggestion = did_you_mean(persona, journey_map.persona)
        raise QuestionError(sentence("the map has no persona '{key}'{suggestion}", key=persona, suggestion=suggestion))
    links = {one.key: f"/map/{key}/{one.key}" for one in journey_map.touchpoints}
    options = MapOptions(
        lanes=PRESETS[lanes],
        width=_WIDE,
        columns=_COLUMNS,
        persona=persona or None,
        links=links,
        title=False,
    )
    numbers = None if plain else map_numbers(shop.measure, journey_map)
    drawn = shop.draw(key, options=options) if numbers is None else shop.draw(key, measured=True, options=options)
    return page(
        visit,
        "map",
        journey_map.title,
        map=journey_map,
        drawing=drawn.inline("map"),
        tables=[(one.title, shown_rows(one.head, one.rows)) for one in drawn.tables],
        told=told(visit, key),
        presets=list(PRESETS),
        chosen={"lanes": lanes, "persona": persona, "plain": plain},
        files=list(FILES),
    )


@get("/map/{key:str}/files/{name:str}", opt={"needs": "see"}, sync_to_thread=True)
def map_file(visit: Visiting, key: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A map as a file, such as map.pptx."""
    stem, _, form = name.rpartition(".")
    if form not in FILES or stem != key:
        raise QuestionError(sentence("there is no such file of this map"))
    with TemporaryDirectory(prefix="resa-map-") as folder:
        content = visit.shop.export(Path(folder) / name, key).read_bytes()
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=FILES[form], headers=headers)


@get("/map/{key:str}/{touchpoint:str}", opt={"needs": "see"}, sync_to_thread=True)
def touchpoint_page(visit: Visiting, key: FromPath[str], touchpoint: FromPath[str]) -> Html:
    """One touchpoint: what is planned there, its numbers, expectations and promises, and what people said."""
    journey_map = visit.shop.map(key)
    found = next((one for one in journey_map.touchpoints if one.key == touchpoint), None)
    if found is None:
        known = [one.key for one in journey_map.touchpoints]
        suggestion = did_you_mean(touchpoint, known)
        raise QuestionError(
            sentence("the map has no touchpoint '{key}'{suggestion}", key=touchpoint, suggestion=suggestion)
        )
    content = told(visit, key)
    near = {one.name for one in journey_map.expectations if touchpoint in {one.after, *one.next}}
    arrows = [one for one in (*content.promises, *content.expectations) if one.name in near]
    stage = next(one.name for one in journey_map.stages if one.key == found.stage)
    return page(
        visit,
        "touchpoint",
        found.name,
        map=journey_map,
        touchpoint=found,
        stage=stage,
        figures=_figures(visit, journey_map, touchpoint),
        arrows=arrows,
        lanes=list(_lanes(visit, found)),
        voice=next((one for one in content.voices if one.touchpoint == found.name), None),
        friction=[line for line in content.friction_told if line.startswith(f"{found.name}:")],
    )


def _figures(visit: Visit, journey_map: JourneyMap, touchpoint: str) -> list[tuple[str, str]]:
    """The large numbers of a touchpoint: what they are, and the number."""
    numbers = map_numbers(visit.shop.measure, journey_map).touchpoints.get(touchpoint)
    if numbers is None:
        return []
    language = visit.language
    found = {
        "visits": None if numbers.visits is None else format_count(numbers.visits, language),
        "customers": None if numbers.customers is None else format_count(numbers.customers, language),
        "time_to_next": None if numbers.median_seconds is None else format_seconds(numbers.median_seconds, language),
        "score": None if numbers.score is None else format_decimal(numbers.score, language),
        "daily_total": None if numbers.daily_total is None else format_count(numbers.daily_total, language),
    }
    return [(visit.say(word), number) for word, number in found.items() if number is not None]


def _lanes(visit: Visit, touchpoint: Touchpoint) -> Iterator[tuple[str, list[str]]]:
    """What people wrote about a touchpoint, lane by lane."""
    for lane in ("actions", "motivation", "questions", "frontstage", "backstage", "support"):
        if lines := getattr(touchpoint, lane):
            yield visit.say(lane), list(lines)
    if touchpoint.pain_points:
        yield visit.say("pain_points"), [one.text for one in touchpoint.pain_points]


ROUTES: Final = (maps, one_map, map_file, touchpoint_page)
