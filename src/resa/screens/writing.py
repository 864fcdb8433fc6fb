"""What the screens on which people write share: who writes, numbers in forms, the way back, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person
from resa.screens.signing_in import own_path
from resa.screens.visits import Visit
from resa.workspace.composed_reports import ComposedReports, may_change
from resa.workspace.saved_views import SavedViews

__all__ = ["author_of", "kept_for", "number_in", "way_back"]

_LONGEST_NUMBER = 9


def author_of(visit: Visit) -> Person:
    """Who writes.

    Raises:
        QuestionError: Nobody is signed in.
    """
    if visit.person is None:
        raise QuestionError(sentence("nobody is signed in"))
    return visit.person


def number_in(data: Mapping[str, str], name: str) -> int:
    """A number that a form says; 0, which is nothing's: it says none."""
    text = data.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


def way_back(data: Mapping[str, str], otherwise: str) -> tuple[str, str]:
    """The page of ours from which a form was sent, and the place on it."""
    path, _, fragment = own_path(data.get("to") or otherwise).partition("#")
    return path, fragment


def kept_for(visit: Visit, address: str) -> dict[str, Any]:
    """What a page needs that can be saved as a view and added to reports.

    Args:
        visit: Who looks.
        address: Path and query of the page.
    """
    person = visit.person
    if person is None:
        return {"address": "", "views": [], "reports": []}
    reports = ComposedReports(visit.shop).all() if visit.may("write") else []
    path, asks, query = address.partition("?")
    return {
        "address": quote(path) + asks + query,
        "views": SavedViews(visit.shop).of(person),
        "reports": [one for one in reports if may_change(person, one)],
    }
