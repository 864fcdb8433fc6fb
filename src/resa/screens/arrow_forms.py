"""The form of one expectation or promise on the wall: what it asks, and what is to be changed by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.journey_map import Change, add_arrow, arrows_said, name_of_arrow, remove_arrow, squeezed, write_arrow
from resa.screens.forms import row_of_form
from resa.workspace.drafting import Draft

__all__ = ["ARROW_STEPS", "ArrowAsked", "arrow_asked", "arrow_words", "typed_arrow"]

ARROW_STEPS: Final = ("add_arrow", "write_arrow", "remove_arrow")
"""What forms of arrows ask for."""

_TEXTS: Final = ("within", "target", "owner", "name", "renews", "per", "if_met", "if_missed")
_BLANK: Final[Mapping[str, Any]] = {**dict.fromkeys(_TEXTS, ""), "next": [], "unless": [], "kind": "expect"}

ArrowAsked = tuple[list[Change], str]
"""What is to be changed, and how the arrow is called after that; of one that is taken away, nothing."""


def arrow_words(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of an arrow as its form shows it."""
    return {name: said.get(name) or blank for name, blank in _BLANK.items()}


def typed_arrow(data: Mapping[str, str]) -> dict[str, Any]:
    """What a form says of an arrow."""
    row = row_of_form(data, "arrow.0.", _TEXTS)
    unless = [name.removeprefix("unless.") for name in data if name.startswith("unless.")]
    return {**row, "unless": unless, "kind": "promise" if data.get("kind") == "promise" else "expect"}


def arrow_asked(draft: Draft, data: Mapping[str, str]) -> ArrowAsked:
    """What a form of an arrow asks for.

    Raises:
        QuestionError: Nothing comes next in it, or it is about what is not there.
    """
    do, after, name = data.get("do"), data.get("from", ""), data.get("arrow", "")
    if do == "remove_arrow":
        return [remove_arrow(name)], ""
    words = typed_arrow(data)
    if not words["next"]:
        raise QuestionError(sentence("an expectation or promise needs what comes next; choose it"))
    if do == "add_arrow":
        said = {field: value for field, value in words.items() if field != "kind"}
        return [add_arrow(after, words["kind"], said)], name_of_arrow(after, words)
    before = draft.text_seen(data.get("seen", ""))
    seen = None if before is None else arrows_said(draft.file, before).get(name)
    if seen is None:
        raise QuestionError(sentence("the map has no '{key}' any more; look at it as it is now", key=squeezed(name)))
    was = arrow_words(seen)
    words["unless"] = [one for one in was["unless"] if one in words["unless"]] + [
        one for one in words["unless"] if one not in was["unless"]
    ]
    changed = {field: value for field, value in words.items() if value != was[field]}
    changes = [write_arrow(name, changed, seen=seen)] if changed else []
    return changes, name_of_arrow(seen["after"], words)
