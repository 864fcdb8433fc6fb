"""Maps over the API: what they say, their numbers, their picture, their report, and their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from litestar import get
from litestar.params import FromPath, QueryParameter

from resa.analytics import Measure
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.drawing import (
    PRESETS,
    ExpectationNumbers,
    MapNumbers,
    MapOptions,
    PathNumbers,
    TouchpointNumbers,
    draw_map,
    read_pictures,
)
from resa.model.journey import JourneyMap
from resa.reporting import Days, map_numbers
from resa.screens.api.answers import Page, Tagged, Unusable
from resa.screens.frame import Visiting
from resa.screens.maps import FILES as MEDIA
from resa.screens.reports import POLICY

__all__ = ["FILES", "ROUTES", "SVG"]

SVG: Final = "image/svg+xml"

FILES: Final = {form: media for form, media in MEDIA.items() if media != SVG}
"""As what a map can be taken away, beside its picture."""

Lanes = Annotated[str, QueryParameter(description="Which lanes are drawn: a preset.")]
PersonaKey = Annotated[str, QueryParameter(description="Through whose eyes; none: everybody's.")]
Measured = Annotated[bool, QueryParameter(description="Whether numbers are drawn, too.")]


Since = Annotated[date | None, QueryParameter(name="from", description="First day, on which what is counted began.")]
Until = Annotated[date | None, QueryParameter(description="Last day, included, on which what is counted began.")]


@dataclass(frozen=True, kw_only=True)
class MapLine:
    """A map in a list.

    Attributes:
        key: Its name in addresses.
        title: For people.
        language: Of its texts.
        owner: Who answers for it.
        definition: A hash of all that its files say; another one may count differently.
    """

    key: str
    title: str
    language: str
    owner: str
    definition: str


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The numbers of a map, as they stand in its drawing.

    Attributes:
        map: Its key.
        definition: A hash of all that its files say.
        generation: Number of the generation of the data that was read; it grows with what comes in.
        as_of: Up to when the data are complete, UTC; `null`: there are none.
        currency: In which values are.
        goal_share: Of those who began, how many reach the goal, 0 to 1.
        touchpoints: By key.
        expectations: By name, promises among them, each share with its interval (`low`, `high`).
        paths: How far customers walk the way planned for a persona, by the persona's key.
        personas: How many customers each is, by key.
    """

    map: str
    definition: str
    generation: int
    as_of: datetime | None
    currency: str | None
    goal_share: float | None
    touchpoints: Mapping[str, TouchpointNumbers]
    expectations: Mapping[str, ExpectationNumbers]
    paths: Mapping[str, PathNumbers]
    personas: Mapping[str, int]


@get("/maps", operation_id="maps", summary="All maps", opt={"needs": "see"}, sync_to_thread=True)
def maps(visit: Visiting) -> Page[MapLine]:
    """The maps that can be used. One whose files are wrong is not among them: `resa map check` says why."""
    return Page([_line(one) for one in visit.shop.maps.values()])


@get("/maps/{key:str}", operation_id="map", summary="A map", opt={"needs": "see"}, sync_to_thread=True)
def one_map(visit: Visiting, key: FromPath[str]) -> JourneyMap:
    """All that a map says, every name resolved and every short form written out."""
    return visit.shop.map(key)


@get(
    "/maps/{key:str}/numbers",
    operation_id="map_numbers",
    summary="The numbers of a map",
    opt={"needs": "see"},
    sync_to_thread=True,
)
def numbers(visit: Visiting, key: FromPath[str], since: Since = None, until: Until = None) -> Numbers:
    """What was measured of a map: each touchpoint, expectation, promise and planned path, and the goal."""
    journey_map, measure = visit.shop.map(key), visit.shop.measure
    found, index = _of_one_moment(measure, journey_map, _days(since, until))
    return Numbers(
        map=journey_map.key,
        definition=journey_map.hash,
        generation=index.generation,
        as_of=index.as_of.overall,
        currency=journey_map.currency,
        goal_share=found.goal_share,
        touchpoints=found.touchpoints,
        expectations=found.expectations,
        paths=found.paths,
        personas=found.personas,
    )


@get(
    "/maps/{key:str}/picture.svg",
    operation_id="map_picture",
    summary="A map as a picture",
    opt={"needs": "see", "media": (SVG,), "embeds": True},
    sync_to_thread=True,
)
def picture(
    visit: Visiting,
    key: FromPath[str],
    lanes: Lanes = "all",
    persona: PersonaKey = "",
    measured: Measured = True,
    since: Since = None,
    until: Until = None,
) -> Tagged[Any]:
    """A map drawn, complete in itself: it loads nothing, and fits a page that shows it."""
    journey_map, days = visit.shop.map(key), _days(since, until)
    if lanes not in PRESETS:
        known = ", ".join(PRESETS)
        wrong = sentence("there is no preset '{lanes}'; use one of: {known}", lanes=lanes, known=known)
        raise Unusable(QuestionError(wrong), {"lanes": [wrong]})
    if persona and persona not in journey_map.persona:
        suggestion = did_you_mean(persona, journey_map.persona)
        wrong = sentence("the map has no persona '{key}'{suggestion}", key=persona, suggestion=suggestion)
        raise Unusable(QuestionError(wrong), {"persona": [wrong]})
    pictures = read_pictures(journey_map, (visit.shop.folder / journey_map.file).parent, visit.shop.folder)
    options = MapOptions(lanes=PRESETS[lanes], persona=persona or None, pictures=pictures)
    drawn = draw_map(
        journey_map, map_numbers(visit.shop.measure, journey_map, days=days) if measured else None, options=options
    )
    return Tagged(drawn.text, media_type=SVG, headers={"content-security-policy": POLICY})


@get(
    "/maps/{key:str}/report",
    operation_id="map_report",
    summary="The report of a map",
    opt={"needs": "see", "media": ("text/html",)},
    sync_to_thread=True,
)
def report(visit: Visiting, key: FromPath[str]) -> Tagged[Any]:
    """One page about a map, complete in itself: it can be kept, sent and printed."""
    headers = {"content-security-policy": POLICY}
    return Tagged(visit.shop.report(key).html, media_type="text/html", headers=headers)


@get(
    "/maps/{key:str}/files/{form:str}",
    operation_id="map_file",
    summary="A map as a file for other programs",
    opt={"needs": "see", "media": tuple(FILES.values())},
    sync_to_thread=True,
)
def file(visit: Visiting, key: FromPath[str], form: FromPath[str]) -> Tagged[Any]:
    """A map as a picture, slides, a workbook or a table, by the ending of such a file: png, pdf, pptx, xlsx, csv."""
    visit.shop.map(key)
    if form not in FILES:
        known = ", ".join(FILES)
        raise QuestionError(sentence("a map is taken away as one of: {known}", known=known))
    with TemporaryDirectory(prefix="resa-map-") as folder:
        content = visit.shop.export(Path(folder) / f"{key}.{form}", key).read_bytes()
    headers = {"content-disposition": f'attachment; filename="{key}.{form}"'}
    return Tagged(content, media_type=FILES[form], headers=headers)


def _line(journey_map: JourneyMap) -> MapLine:
    return MapLine(
        key=journey_map.key,
        title=journey_map.title,
        language=journey_map.language,
        owner=journey_map.owner,
        definition=journey_map.hash,
    )


def _days(since: date | None, until: date | None) -> Days:
    """The days of an address.

    Raises:
        Unusable: They are none that can be counted.
    """
    for name, day in (("from", since), ("until", until)):
        if day is not None and not MINYEAR + 1 < day.year < MAXYEAR:
            wrong = sentence("'{text}' is no day; write such as 2026-03-31", text=day.isoformat())
            raise Unusable(QuestionError(wrong), {name: [wrong]})
    if since and until and since > until:
        wrong = sentence("the last day lies before the first one")
        raise Unusable(QuestionError(wrong), {"until": [wrong]})
    return Days(since=since, until=until)


def _of_one_moment(measure: Measure, journey_map: JourneyMap, days: Days) -> tuple[MapNumbers, Any]:
    """The numbers of a map, and the generation of which all of them are."""
    while True:
        index = measure.snapshot(journey_map.key).index
        found = map_numbers(measure, journey_map, days=days)
        if measure.snapshot(journey_map.key).index.generation == index.generation:
            return found, index


ROUTES: Final = (maps, one_map, numbers, picture, report, file)
