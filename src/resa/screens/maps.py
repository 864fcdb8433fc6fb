"""The map: drawn with its numbers, each touchpoint's page, and the map as files for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import Sentence, sentence
from resa.drawing import (
    PRESETS,
    Figure,
    MapOptions,
    Svg,
    TouchpointNumbers,
    draw_differences,
    draw_map,
    format_count,
    format_decimal,
    format_seconds,
    read_pictures,
)
from resa.model.journey import JourneyMap, Touchpoint
from resa.reporting import Days, Numbers, changes_between, days_before, drawn, gather_numbers
from resa.screens.comments import told_threads
from resa.screens.figures import arrow_links, asked_at, customers_at, map_figures, map_links
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.reports import told
from resa.screens.signing_in import Form
from resa.screens.spoken import spoken_map
from resa.screens.tables import shown_rows
from resa.screens.visits import Visit
from resa.screens.writing import kept_for
from resa.workspace.comments import MOST_LETTERS, Comments
from resa.workspace.first_maps import dismiss, first_map

__all__ = [
    "FILES",
    "ROUTES",
    "Look",
    "check_look",
    "figures_of",
    "look_of",
    "map_alone",
    "touchpoint_of",
]

FILES: Final = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
"""What a map can be taken away as."""

_ALL: Final = "*"
_AGAINST: Final = {"before": 0, "year": 1}
_FIRST_YEAR, _LAST_YEAR = 1900, 2200  # so that as many days before, and after, are days too
_MOST_PERSONAS: Final = 5
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
    since: Annotated[str, QueryParameter(name="from")] = "",
    until: FromQuery[str] = "",
    against: FromQuery[str] = "",
) -> Html:
    """One map, drawn with what was measured, of some days or all, and how that differs from other days."""
    return show_map(visit, key, _look(lanes, persona, plain, since, until, against))


@dataclass(frozen=True)
class Look:
    """How a map is looked at.

    Attributes:
        lanes: Name of a preset of lanes.
        persona: Through whose eyes; empty: everybody's; `*`: through all personas' side by side.
        plain: Without numbers.
        days: When what is counted began.
        against: Which other days it is compared with: `before`, `year`, or none.
    """

    lanes: str = "all"
    persona: str = ""
    plain: bool = False
    days: Days = field(default_factory=Days)
    against: str = ""


def look_of(pairs: Iterable[tuple[str, str]]) -> Look:
    """How a map is looked at, as the query of an address says it.

    Raises:
        QuestionError: A day is none.
    """
    said = dict(pairs)
    names = ("persona", "plain", "from", "until", "against")
    return _look(said.get("lanes", "all"), *(said.get(name, "") for name in names))


def _look(lanes: str, persona: str, plain: str, since: str, until: str, against: str) -> Look:
    return Look(lanes, persona, plain=bool(plain), days=Days(since=_day(since), until=_day(until)), against=against)


def show_map(visit: Visit, key: str, look: Look | None = None) -> Html:
    """One map, drawn.

    Args:
        visit: Who asks.
        key: Of the map.
        look: How it is looked at.

    Raises:
        QuestionError: There is no such map, preset or persona.
    """
    asked, shop = look or Look(), visit.shop
    wrong = _wrong_days(asked)
    look = replace(asked, days=Days(), against="") if wrong else asked
    journey_map = shop.map(key)
    check_look(look, journey_map)
    pictures = _pictures(visit, journey_map)
    comments = Comments(shop).count_open(key)
    drawn_of = ("map", key, journey_map.hash, look, visit.language, tuple(pictures.items()), tuple(comments.items()))
    return page(
        visit,
        "map",
        journey_map.title,
        status=422 if wrong else 200,
        map=journey_map,
        told=told(visit, key).report,
        drafted=first_map(shop, journey_map),
        leads=arrow_links(journey_map),
        comments=sum(one.open for one in Comments(shop).threads(key)),
        kept=kept_for(visit, "" if wrong else visit.path),
        presets=list(PRESETS),
        look=asked,
        wrong=wrong,
        files=list(FILES),
        **visit.shared.of(drawn_of, lambda: _drawn(visit, spoken_map(visit, journey_map), look, pictures, comments)),
    )


def _pictures(visit: Visit, journey_map: JourneyMap) -> dict[str, bytes]:
    folder = visit.shop.folder
    return read_pictures(journey_map, (folder / journey_map.file).parent, folder)


def _drawn(
    visit: Visit, journey_map: JourneyMap, look: Look, pictures: Mapping[str, bytes], comments: Mapping[str, int]
) -> dict[str, Any]:
    """What is drawn of a map, with its numbers as they are now."""
    numbers = None if look.plain else gather_numbers(visit.shared.measure, journey_map, days=look.days)
    links, figures = map_links(journey_map, numbers, look.days), map_figures(journey_map, numbers, look.days)
    drawing = map_drawing(
        journey_map, look, numbers, pictures=pictures, links=links, figures=figures, comments=comments
    )
    return {
        "drawing": drawing.inline("map"),
        "tables": [
            (one.title, shown_rows(one.head, one.rows, links=one.links, languages=one.languages))
            for one in drawing.tables
        ],
        "steps": _steps(look, numbers),
        "compared": None if numbers is None else _compared(visit, journey_map, look, numbers),
        "as_of": "" if numbers is None else visit.when_there(visit.shared.at, journey_map.timezone),
    }


def map_alone(visit: Visit, journey_map: JourneyMap, look: Look, *, owners: bool = True) -> Svg:
    """A map as it is looked at, with its numbers, that leads nowhere.

    Args:
        visit: Who looks.
        journey_map: The map.
        look: How.
        owners: It says who answers for what, which is the staff's own.
    """
    numbers = None if look.plain else gather_numbers(visit.shared.measure, journey_map, days=look.days)
    shown = journey_map if owners else _without_owners(journey_map)
    return map_drawing(shown, look, numbers, pictures=_pictures(visit, journey_map))


def _without_owners(journey_map: JourneyMap) -> JourneyMap:
    return replace(
        journey_map,
        owner="",
        touchpoints=tuple(replace(one, owner="") for one in journey_map.touchpoints),
        improvements=tuple(replace(one, owner="") for one in journey_map.improvements),
    )


def map_drawing(
    journey_map: JourneyMap,
    look: Look,
    numbers: Numbers | None,
    *,
    pictures: Mapping[str, bytes],
    links: Mapping[str, str] = MappingProxyType({}),
    figures: Mapping[tuple[Figure, str], str] = MappingProxyType({}),
    comments: Mapping[str, int] = MappingProxyType({}),
) -> Svg:
    """A map as it is looked at.

    Args:
        journey_map: The map.
        look: How.
        numbers: What was measured; `None`: it is drawn without.
        pictures: By the path that the map gives.
        links: Where touchpoints and arrows lead.
        figures: Where the other numbers lead.
        comments: How many open comments each has.
    """
    options = MapOptions(
        lanes=PRESETS[look.lanes],
        width=_WIDE,
        columns=_COLUMNS,
        persona=look.persona if look.persona in journey_map.persona else None,
        personas=tuple(one.key for one in journey_map.personas[:_MOST_PERSONAS]) if look.persona == _ALL else (),
        links=links,
        figures=figures,
        comments=comments,
        pictures=pictures,
        title=False,
    )
    return draw_map(journey_map, None if numbers is None else drawn(numbers), options=options)


def check_look(look: Look, journey_map: JourneyMap) -> None:
    """Refuse a look that a map does not have.

    Raises:
        QuestionError: There is no such preset or persona, or the days are none.
    """
    if look.lanes not in PRESETS:
        known = ", ".join(PRESETS)
        raise QuestionError(
            sentence("there is no preset '{lanes}'; use one of: {known}", lanes=look.lanes, known=known)
        )
    if look.persona not in {"", _ALL, *journey_map.persona}:
        suggestion = did_you_mean(look.persona, journey_map.persona)
        raise QuestionError(
            sentence("the map has no persona '{key}'{suggestion}", key=look.persona, suggestion=suggestion)
        )
    if wrong := _wrong_days(look):
        raise QuestionError(wrong)


def _wrong_days(look: Look) -> Sentence | None:
    """What is wrong with its days, as somebody may choose them in the form."""
    since, until = look.days.since, look.days.until
    if since and until and since > until:
        return sentence("the last day lies before the first one")
    if look.against in _AGAINST and not look.plain and not (since and until):
        return sentence("say the first and the last day of what is to be compared")
    return None


def _day(text: str) -> date | None:
    """A day of an address; nothing where nothing is said."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise QuestionError(sentence("'{text}' is no day; write such as 2026-03-31", text=text[:40])) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise QuestionError(sentence("'{text}' is no day; write such as 2026-03-31", text=text[:40]))
    return day


def _steps(look: Look, numbers: Numbers | None) -> dict[str, str]:
    """Addresses of other times, by the word for each: as many days before and after, and the newest 30."""
    if numbers is None or numbers.until is None:
        return {}
    found: dict[str, Days] = {}
    if look.days.since and look.days.until:
        length = look.days.until - look.days.since + timedelta(days=1)
        found["earlier"] = days_before(look.days)
        found["later"] = Days(since=look.days.since + length, until=look.days.until + length)
        found["all_days"] = Days()
    else:
        found["last_days"] = Days(since=numbers.until - timedelta(days=29), until=numbers.until)
    said = {"lanes": look.lanes, "persona": look.persona}
    return {
        word: urlencode(
            {**said, "against": look.against if days.since else "", "from": days.since or "", "until": days.until or ""}
        )
        for word, days in found.items()
    }


def _compared(visit: Visit, journey_map: JourneyMap, look: Look, now: Numbers) -> dict[str, object] | None:
    """How the shares differ from those of other days, drawn; `None`: that was not asked for."""
    if look.against not in _AGAINST:
        return None
    before = days_before(look.days, years=_AGAINST[look.against])
    earlier = gather_numbers(visit.shared.measure, journey_map, days=before)
    teller = now.teller
    names = (
        f"{teller.day(one.since)} – {teller.day(one.until)}" for one in (look.days, before) if one.since and one.until
    )
    rows = changes_between(now, earlier)
    groups = (next(names), next(names))
    picture = draw_differences(rows, groups=groups, language=journey_map.language, width=_WIDE / 1.4, heading=False)
    return {
        "picture": picture.inline("compared"),
        "groups": groups,
        "tables": [(one.title, shown_rows(one.head, one.rows)) for one in picture.tables],
    }


@post("/map/{key:str}/drafted", opt={"needs": "edit"}, sync_to_thread=True)
def dismiss_draft(visit: Visiting, key: FromPath[str], data: Form) -> Html:  # noqa: ARG001 - the form's token
    """Say no more of a map that it was drafted from the data, and what is to be done."""
    dismiss(visit.shop, key, who=visit.who)
    return redirect(f"/map/{key}")


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
    found = touchpoint_of(journey_map, touchpoint)
    content = told(visit, key).report
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
        figures=_linked_figures(visit, journey_map, touchpoint),
        leads=arrow_links(journey_map),
        friction_leads=asked_at(journey_map, "friction"),
        notes=content.day_notes if arrows else (),
        threads=told_threads(visit, Comments(visit.shop).of(key, "touchpoint", touchpoint), journey_map.timezone),
        most=MOST_LETTERS,
        kept=kept_for(visit, visit.path),
        arrows=arrows,
        lanes=list(_lanes(visit, found)),
        voice=next((one for one in content.voices if one.touchpoint == found.name), None),
        friction=[line for line in content.friction_told if line.startswith(f"{found.name}:")],
    )


def touchpoint_of(journey_map: JourneyMap, key: str) -> Touchpoint:
    """A touchpoint by its key.

    Raises:
        QuestionError: The map has none of this key.
    """
    if (found := journey_map.touchpoint.get(key)) is None:
        suggestion = did_you_mean(key, journey_map.touchpoint)
        raise QuestionError(sentence("the map has no touchpoint '{key}'{suggestion}", key=key, suggestion=suggestion))
    return found


def figures_of(visit: Visit, journey_map: JourneyMap, touchpoint: str) -> list[tuple[str, str]]:
    """The large numbers of a touchpoint: what they are, and the number."""
    return [(label, number) for label, number, _ in _linked_figures(visit, journey_map, touchpoint)]


def _linked_figures(visit: Visit, journey_map: JourneyMap, touchpoint: str) -> list[tuple[str, str, str]]:
    """The same, each with where it leads; empty: nowhere."""

    def measured() -> tuple[Mapping[str, TouchpointNumbers], Mapping[str, str]]:
        found = gather_numbers(visit.shared.measure, journey_map)
        return drawn(found).touchpoints, customers_at(found)

    known, people = visit.shared.of(("touchpoints", journey_map.key, journey_map.hash), measured)
    if (numbers := known.get(touchpoint)) is None:
        return []
    leads = {
        "visits": people.get(touchpoint, ""),
        "customers": people.get(touchpoint, ""),
        "time_to_next": asked_at(journey_map, "touchpoints"),
    }
    language = visit.language
    found = {
        "visits": None if numbers.visits is None else format_count(numbers.visits, language),
        "customers": None if numbers.customers is None else format_count(numbers.customers, language),
        "time_to_next": None if numbers.median_seconds is None else format_seconds(numbers.median_seconds, language),
        "score": None if numbers.score is None else format_decimal(numbers.score, language),
        "daily_total": None if numbers.daily_total is None else format_count(numbers.daily_total, language),
    }
    return [(visit.say(word), number, leads.get(word, "")) for word, number in found.items() if number is not None]


def _lanes(visit: Visit, touchpoint: Touchpoint) -> Iterator[tuple[str, list[str]]]:
    """What people wrote about a touchpoint, lane by lane."""
    for lane in ("actions", "motivation", "questions", "frontstage", "backstage", "support"):
        if lines := getattr(touchpoint, lane):
            yield visit.say(lane), list(lines)
    if touchpoint.pain_points:
        yield visit.say("pain_points"), [one.text for one in touchpoint.pain_points]


ROUTES: Final = (maps, one_map, dismiss_draft, map_file, touchpoint_page)
