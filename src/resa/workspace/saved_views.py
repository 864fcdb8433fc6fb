"""Saved views: screens that people want to find again, each with its own name, for oneself or for everyone.

A view is an address, and shows its numbers as they are when it is opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person
from resa.model.writing import SavedView
from resa.storage import add_view, change_view, list_views, remove_view
from resa.workspace.texts import full, line_of

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["MOST_LETTERS", "MOST_VIEWS", "SavedViews", "may_change", "view_address"]

MOST_LETTERS: Final = 120
"""Of a name."""

MOST_VIEWS: Final = 500
"""Of one person."""

_LONGEST: Final = 6_000
_MOST_ASKED: Final = 300
"""So much do questions say at most."""

_NAME: Final = r"[^/?#\s\\\"<>]+"
_VIEW: Final = re.compile(
    r"/(?:explore/[a-z]+(?:/people)?|map/{0}(?:/{0})?|segments(?:/{0})?)(?:\?[!-\"$-~]*)?".replace("{0}", _NAME)
)
"""Addresses of screens that show the same question another time."""


def view_address(address: str) -> str:
    """An address as it can be saved.

    Raises:
        QuestionError: It is none of a screen that can be.
    """
    if len(address) > _LONGEST or address.count("&") >= _MOST_ASKED or not _VIEW.fullmatch(address):
        raise QuestionError(sentence("this page cannot be saved as a view; questions, maps and segments can"))
    return address


class SavedViews:
    """The saved views of a workspace, changed beside a running server too.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    def of(self, person: Person) -> list[SavedView]:
        """What somebody sees: their own views and those of everyone, by name."""
        return list_views(self._shop.store, person)

    def of_everyone(self) -> list[SavedView]:
        """The views of everyone, by name."""
        return list_views(self._shop.store, None)

    def one(self, person: Person, number: int) -> SavedView:
        """One of these.

        Raises:
            QuestionError: They see none of this number.
        """
        found = next((one for one in self.of(person) if one.id == number), None)
        if found is None:
            raise QuestionError(sentence("there is no such view; it may have been taken away"))
        return found

    def save(self, person: Person, name: str, address: str, *, shared: bool = False) -> int:
        """Save a view; its number.

        Args:
            person: Who saves it.
            name: What it shall be called.
            address: Path and query of its screen.
            shared: Everyone sees it.

        Raises:
            QuestionError: The name is empty or too long, or the address is of no screen that can be saved.
        """
        called = line_of(name, MOST_LETTERS)
        number = add_view(self._shop.store, person, called, view_address(address), shared=shared, most=MOST_VIEWS)
        if number is None:
            raise full(MOST_VIEWS)
        return number

    def change(self, person: Person, number: int, name: str, *, shared: bool) -> None:
        """Call a view otherwise, and say who sees it.

        Raises:
            QuestionError: It is not theirs to change, or the name is empty or too long.
        """
        called = line_of(name, MOST_LETTERS)
        change_view(self._shop.store, self._own(person, number).id, called, shared=shared)

    def remove(self, person: Person, number: int) -> None:
        """Take a view away.

        Raises:
            QuestionError: It is not theirs to take away.
        """
        remove_view(self._shop.store, self._own(person, number).id)

    def _own(self, person: Person, number: int) -> SavedView:
        found = self.one(person, number)
        if not may_change(person, found):
            raise QuestionError(sentence("only who saved this view, or an administrator, can change it"))
        return found


def may_change(person: Person, view: SavedView) -> bool:
    """Whether somebody may change a view that they see."""
    return view.by.id == person.id or person.role == "admin"
