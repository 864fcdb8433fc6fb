"""Reviews of maps: what a person looks at, and how it is kept that they did.

`review: every 3 months` in the map's file asks for them. A review is kept with its day, who, notes, and the file as it
was; then the day is written into the file as `reviewed:`, and nothing else of it. Who is killed in between finds the
review kept, and it counts; the day comes into the file with the next look at the reviews of the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from resa.base.errors import InputError, QuestionError
from resa.base.files import write_text_durably
from resa.base.language import sentence
from resa.documents import read_document
from resa.journey_map import edited, map_files, map_key, write_map
from resa.model.journey import Improvement, JourneyMap, PainPoint, Touchpoint
from resa.model.telling import Review
from resa.storage import keep_review, reviews_of, save_text, saving_alone
from resa.workspace.drafting import difference
from resa.workspace.telling import review_due, reviewed_on, today_of

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["Pain", "Standing", "finish_reviews", "review", "standing_of", "text_of"]

_LONGEST: Final = 20_000


@dataclass(frozen=True)
class Pain:
    """A pain point on which nobody acts.

    Attributes:
        touchpoint: Where it is suffered.
        point: What is suffered.
    """

    touchpoint: Touchpoint
    point: PainPoint


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the reviews of a map stand.

    Attributes:
        map: The map.
        due: When the next is due; `date.min`: there was none yet; `None`: the map asks for none.
        last: The day of the last; `None`: there was none.
        overdue: It is due.
        earlier: All that are kept, newest first.
    """

    map: JourneyMap
    due: date | None
    last: date | None
    overdue: bool
    earlier: Sequence[Review]

    @property
    def pains(self) -> list[Pain]:
        """Pain points without an improvement, or with one that was dropped."""
        acted = {one.key for one in self.map.improvements if one.state != "dropped"}
        return [
            Pain(touchpoint, point)
            for touchpoint in self.map.touchpoints
            for points in (touchpoint.pain_points, *(one.pain_points for one in touchpoint.differences))
            for point in points
            if point.improvement not in acted
        ]

    @property
    def under_way(self) -> list[Improvement]:
        """Improvements that are neither done nor dropped."""
        return [one for one in self.map.improvements if one.state not in {"done", "dropped"}]

    def changed(self, text: str) -> list[tuple[str, str]]:
        """What changed in the file since the last review; empty: nothing, or there was none."""
        return difference(self.earlier[0].version, text) if self.earlier else []


def standing_of(shop: Workspace, key: str) -> Standing:
    """How the reviews of a map stand.

    Raises:
        QuestionError: There is no such map.
    """
    journey_map = shop.map(key)
    due = review_due(shop, journey_map)
    return Standing(
        map=journey_map,
        due=due,
        last=reviewed_on(shop, journey_map),
        overdue=due is not None and due < today_of(shop, journey_map),
        earlier=reviews_of(shop.store, journey_map.key),
    )


def text_of(shop: Workspace, key: str) -> str:
    """What stands in a map's file."""
    file = _file_of(shop, key)
    return read_document(file, (shop.folder / file).read_bytes()).text


def review(shop: Workspace, key: str, notes: str, *, who: str) -> None:
    """Keep that a map was reviewed today, and write the day into its file.

    Args:
        shop: The workspace.
        key: Of the map.
        notes: What was found.
        who: The address of who did.

    Raises:
        QuestionError: There is no such map, or the notes are too long.
        InputError: The file is written so that the day cannot be put into it; the review is kept.
        OSError: The file cannot be written; the review is kept.
    """
    journey_map = shop.map(key)
    if len(notes) > _LONGEST:
        raise QuestionError(sentence("write at most {n} characters", n=_LONGEST))
    with saving_alone(shop.store):
        text, day = text_of(shop, key), today_of(shop, journey_map)
        also = shop.audit.also("map.review", who=who, map=key)
        after, wrong = text, None
        try:
            after = _with_day(shop, key, text, day)
        except InputError as error:
            wrong = error
        keep_review(shop.store, key, day, who=who, notes=notes.strip(), version=after, also=also)
        if wrong is not None:
            raise wrong
        _write(shop, key, text, after, who)


def finish_reviews(shop: Workspace) -> None:
    """Write the days of reviews into files that lack them, since whoever kept them was stopped."""
    for key, journey_map in shop.maps.items():
        kept = reviews_of(shop.store, key)[:1]
        if kept and (journey_map.reviewed is None or journey_map.reviewed < kept[0].day):
            with saving_alone(shop.store):
                try:
                    text = text_of(shop, key)
                    _write(shop, key, text, _with_day(shop, key, text, kept[0].day), kept[0].who)
                except (InputError, OSError):  # who reviewed was told; the list of reviews counts
                    continue


def _with_day(shop: Workspace, key: str, text: str, day: date) -> str:
    return edited(_file_of(shop, key), text, write_map({"reviewed": day.isoformat()}))


def _write(shop: Workspace, key: str, text: str, after: str, who: str) -> None:
    """Write a file whose text is known, and what it was into its history."""
    file = _file_of(shop, key)
    if after == text:
        return
    save_text(shop.store, file, text, who="", also=shop.audit.also("map.save", who=who, map=key))
    path = shop.folder / file
    if read_document(file, path.read_bytes()).text != text:
        raise QuestionError(sentence("the file has changed meanwhile; look at both and take it in"))
    write_text_durably(path, after)
    save_text(shop.store, file, after, who=who)


def _file_of(shop: Workspace, key: str) -> str:
    files, _ = map_files(shop.folder)
    for name in files:
        if (name == "journey.yaml" or name.startswith("journeys/")) and map_key(name) == key:
            return name
    raise QuestionError(sentence("the map has no file"))
