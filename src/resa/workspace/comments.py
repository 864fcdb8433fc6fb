"""Comments on touchpoints, stages and maps: written by whoever may see them, answered, resolved, taken away.

A comment names its place by key. A touchpoint or stage that was renamed says so in the map (`was:`), and keeps what was
said of it; what is no longer in the map keeps it too, under the name that it had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.journey import JourneyMap
from resa.model.people import Person
from resa.model.writing import Comment, PlaceKind
from resa.storage import (
    add_comment,
    answer_comment,
    comment_of,
    list_comments,
    remove_comment,
    resolve_comment,
)
from resa.workspace.texts import full, text_of

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["MOST_COMMENTS", "MOST_LETTERS", "Comments", "Place", "Thread", "may_remove", "place_in"]

MOST_LETTERS: Final = 4_000
"""Of one comment."""

MOST_COMMENTS: Final = 5_000
"""Of one person, answers included."""


@dataclass(frozen=True)
class Place:
    """Where something is said, as it is in the map now.

    Attributes:
        kind: What it is.
        key: Of the touchpoint or stage; of a map the map's own.
        name: What people call it.
    """

    kind: PlaceKind
    key: str
    name: str


@dataclass(frozen=True)
class Thread:
    """A comment and what was answered.

    Attributes:
        first: The comment.
        answers: In the order in which they were written.
        place: Where; `None`: of something that is no longer there.
    """

    first: Comment
    answers: tuple[Comment, ...]
    place: Place | None

    @property
    def open(self) -> bool:
        """Whether it needs somebody still."""
        return self.first.resolved_at is None


class Comments:
    """The comments of a workspace, changed beside a running server too.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    def threads(self, map_key: str | None = None) -> list[Thread]:
        """All comments with their answers, those that were written last first; of one map, if it is named."""
        answers: dict[int, list[Comment]] = {}
        found = list_comments(self._shop.store, map_key)
        for one in found:
            if one.answers is not None:
                answers.setdefault(one.answers, []).append(one)
        return [
            Thread(one, tuple(answers.get(one.id, ())), self._place(one))
            for one in reversed(found)
            if one.answers is None
        ]

    def of(self, map_key: str, kind: PlaceKind, key: str) -> list[Thread]:
        """What was said of one place, what is open first."""
        here = [one for one in self.threads(map_key) if one.place and (one.place.kind, one.place.key) == (kind, key)]
        return sorted(here, key=lambda one: not one.open)

    def count_open(self, map_key: str) -> Mapping[str, int]:
        """How many open comments each touchpoint of a map has; those without one are left out."""
        return Counter(
            one.place.key
            for one in self.threads(map_key)
            if one.open and one.place is not None and one.place.kind == "touchpoint"
        )

    def write(self, person: Person, map_key: str, kind: str, key: str, text: str) -> int:
        """Write a comment; its number.

        Args:
            person: Who writes.
            map_key: Of the map.
            kind: What it is about: map, stage or touchpoint.
            key: Of that; of a map nothing.
            text: What is said.

        Raises:
            QuestionError: There is no such place, or the text is empty or too long.
        """
        said = text_of(text, MOST_LETTERS)
        place = place_in(self._shop.map(map_key), kind, key)
        if place is None:
            raise QuestionError(sentence("what this is about is no longer there; look at the map as it is now"))
        where = {"map_key": map_key, "place": place.key, "called": place.name}
        number = add_comment(self._shop.store, person, said, kind=place.kind, most=MOST_COMMENTS, **where)
        if number is None:
            raise full(MOST_COMMENTS)
        return number

    def answer(self, person: Person, number: int, text: str) -> None:
        """Answer a comment; an answer to an answer stands behind it.

        Raises:
            QuestionError: The comment is gone, or the text is empty or too long.
        """
        said, to = text_of(text, MOST_LETTERS), self._there(number)
        first = to if to.answers is None else self._there(to.answers)
        if answer_comment(self._shop.store, person, said, first, most=MOST_COMMENTS) is None:
            raise _gone() if comment_of(self._shop.store, first.id) is None else full(MOST_COMMENTS)

    def resolve(self, person: Person, number: int, *, resolved: bool = True) -> None:
        """Say that a comment needs nobody any more, or that it does again.

        Raises:
            QuestionError: The comment is gone.
        """
        resolve_comment(self._shop.store, person, self._there(number).id, resolved=resolved)

    def remove(self, person: Person, number: int) -> None:
        """Take away a comment or an answer of one's own; an admin may take away anybody's, and the log says so.

        Raises:
            QuestionError: It is somebody else's.
        """
        found = comment_of(self._shop.store, number)
        if found is None:
            return
        if not may_remove(person, found):
            raise QuestionError(sentence("only who wrote this, or an administrator, can take it away"))
        if found.by.id != person.id:
            self._shop.audit.note("comment.remove", who=person.email, comment=number, person=found.by.id)
        remove_comment(self._shop.store, number)

    def _there(self, number: int) -> Comment:
        found = comment_of(self._shop.store, number)
        if found is None:
            raise _gone()
        return found

    def _place(self, comment: Comment) -> Place | None:
        journey_map = self._shop.maps.get(comment.map_key)
        return None if journey_map is None else place_in(journey_map, comment.kind, comment.place)


def may_remove(person: Person, comment: Comment) -> bool:
    """Whether somebody may take a comment away."""
    return comment.by.id == person.id or person.role == "admin"


def place_in(journey_map: JourneyMap, kind: str, key: str) -> Place | None:
    """A place of a map by what it is, or was, called; `None`: it is not there."""
    if kind == "map":
        return Place("map", journey_map.key, journey_map.title)
    if kind == "stage":
        stage = journey_map.stage_named(key)
        return None if stage is None else Place("stage", stage.key, stage.name)
    now = journey_map.touchpoint_named(key) if kind == "touchpoint" else None
    return None if now is None else Place("touchpoint", now, journey_map.touchpoint[now].name)


def _gone() -> QuestionError:
    return QuestionError(sentence("this comment was taken away meanwhile"))
