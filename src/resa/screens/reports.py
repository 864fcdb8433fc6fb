"""What was measured of a map, worked out once for all who look at the same generation, and its one-page report."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from resa.analytics import Change, lately
from resa.base.errors import WorkspaceBusy
from resa.base.language import sentence
from resa.drawing import read_pictures
from resa.model.journey import JourneyMap
from resa.model.writing import DayNote
from resa.reporting import Report, report_content
from resa.screens.frame import Html, Visiting, page
from resa.screens.moments import when_in
from resa.screens.visits import Visit
from resa.workspace import Workspace
from resa.workspace.composed_reports import ComposedReports
from resa.workspace.day_notes import DayNotes

__all__ = ["FRESH", "POLICY", "ROUTES", "Told", "told", "told_lately", "told_of"]

_KEPT: Final = 8
_WAIT: Final = 8
"""So many wait for one answer at once; each of them holds a thread, of which all screens share some forty."""

FRESH: Final = timedelta(minutes=1)
"""While events come in, what is costly is worked out so seldom for pages that say as of when it holds."""

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""The report is complete in itself: its styles stand inside, and it runs nothing."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What there is to say of a map.

    Attributes:
        report: All of it, in its words.
        changes: How the share of each arrow changed lately.
        at: When it was worked out, UTC.
    """

    report: Report
    changes: tuple[Change, ...]
    at: datetime


class _Place(NamedTuple):
    """What an answer is about: a map as it was written, and a generation of its numbers."""

    folder: Path
    key: str
    hash: str
    generation: int
    notes: tuple[str, ...] = ()


class _Answers:
    """Answers that are kept; who asks for the same at the same time waits for one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[_Place, Told] = OrderedDict()
        self._under_way: dict[_Place, Future[Told]] = {}
        self._waiting: Counter[_Place] = Counter()

    def newest(self, folder: Path, written: tuple[str, str]) -> tuple[_Place, Told] | None:
        """What was worked out last of a map as it is written now."""
        with self._lock:
            found = ((place, one) for place, one in self._kept.items() if place[:3] == (folder, *written))
            return max(found, key=lambda pair: pair[1].at, default=None)

    def of(self, place: _Place, make: Callable[[], Told]) -> Told:
        """An answer; made by who asks first.

        Raises:
            WorkspaceBusy: So many wait for it already that others would find no thread.
        """
        with self._lock:
            if place in self._kept:
                self._kept.move_to_end(place)
                return self._kept[place]
            made = self._under_way.get(place)
            if made is None:
                mine = self._under_way[place] = Future()
            elif self._waiting[place] >= _WAIT:
                raise WorkspaceBusy(sentence("this is being worked out; load the page again in a few seconds"))
            else:
                self._waiting[place] += 1
        if made is not None:
            try:
                return made.result()
            finally:
                with self._lock:
                    self._waiting -= Counter({place: 1})
        return self._make(place, mine, make)

    def _make(self, place: _Place, mine: Future[Told], make: Callable[[], Told]) -> Told:
        try:
            answer = make()
        except BaseException as error:
            with self._lock:
                del self._under_way[place]
            mine.set_exception(error)
            raise
        with self._lock:
            self._kept[place] = answer
            del self._under_way[place]
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        mine.set_result(answer)
        return answer


_answers: Final = _Answers()


def _written(journey_map: JourneyMap, notes: Sequence[DayNote]) -> tuple[str, str]:
    """What a report is about that people wrote: the map, and what happened on which days."""
    said = "".join(f" {one.first} {one.last} {one.text}" for one in notes if one.map_key in {"", journey_map.key})
    return journey_map.key, journey_map.hash + said


def told(visit: Visit, key: str | None) -> Report:
    """What there is to say of a map, with its numbers as they are now.

    Args:
        visit: Who asks.
        key: Of the map; `None`: the only one.

    Raises:
        QuestionError: There is no such map.
        WorkspaceBusy: Many wait for it already.
    """
    return told_of(visit.shop, visit.shop.map(key)).report


def told_lately(visit: Visit, key: str) -> Told:
    """The same, a minute old at most where events come in all the time; `Told.at` says how old.

    Args:
        visit: Who asks.
        key: Of the map.

    Raises:
        QuestionError: There is no such map.
        WorkspaceBusy: Many wait for it already.
    """
    shop, journey_map = visit.shop, visit.shop.map(key)
    found = _answers.newest(shop.folder, _written(journey_map, DayNotes(shop).all(key)))
    if found is not None:
        place, answer = found
        if shop.clock() - answer.at < FRESH or (place.generation == shop.store.generation and not place.notes):
            return answer
    return told_of(visit.shop, journey_map)


def told_of(shop: Workspace, journey_map: JourneyMap) -> Told:
    """What there is to say of a map as it is now; who asks for the same at the same time waits for one answer.

    Args:
        shop: The workspace.
        journey_map: One of its maps.

    Raises:
        WorkspaceBusy: Many wait for it already.
    """
    measure = shop.measure

    def make() -> Told:
        at = shop.clock()
        pictures = read_pictures(journey_map, (shop.folder / journey_map.file).parent, shop.folder)
        report = report_content(measure, shop.store, journey_map, pictures=pictures, clock=shop.clock)
        return Told(report=report, changes=lately(measure, journey_map.key), at=at)

    notes = tuple(map(str, measure.notes))
    place = _Place(shop.folder, *_written(journey_map, measure.day_notes()), shop.store.generation, notes)
    return _answers.of(place, make)


@get("/reports", opt={"needs": "see"}, sync_to_thread=True)
def reports(visit: Visiting) -> Html:
    """The reports that there are: one of each map, and those that people composed."""
    shop, when = visit.shop, when_in("UTC", visit.language)
    composed = [(one, when(one.changed_at)) for one in ComposedReports(shop).all()]
    return page(visit, "reports", visit.say("reports"), maps=list(shop.maps.values()), composed=composed)


@get("/reports/{key:str}", opt={"needs": "see"}, sync_to_thread=True)
def report(visit: Visiting, key: FromPath[str]) -> Response[str]:
    """A map's report, one page that can be kept and sent."""
    made = visit.shop.report(key)
    headers = {"content-security-policy": POLICY}
    return Response(made.html, media_type="text/html", headers=headers)


ROUTES: Final = (reports, report)
