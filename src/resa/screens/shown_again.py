"""A form of the wall that was not kept, shown again: what it changes, over what is said now."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from resa.journey_map import arrows_said, said_of
from resa.model.journey import JourneyMap
from resa.screens.arrow_forms import ARROW_STEPS, arrow_words, typed_arrow
from resa.screens.forms import in_form, over_theirs, words_of_form
from resa.screens.wall_looks import Look
from resa.workspace.drafting import Draft, fingerprint

__all__ = ["Refused", "arrows_in", "said_in", "shown_again"]

_OF_WAS: Final = frozenset({"write_stage", "write_map"})
"""Forms that say by themselves what stood there when they were shown."""

_OF_ARROWS: Final = {
    "next": "comes_next",
    "kind": "arrow_kind",
    "per": "one_for_each",
    "name": "own_name",
    "owner": "field_owner",
}
"""The words for fields of arrows that are called otherwise than the field."""

said_in = lru_cache(maxsize=8)(said_of)
"""What files say of touchpoints, which is asked for at each look at the wall."""

arrows_in = lru_cache(maxsize=8)(arrows_said)
"""The same of arrows."""


class Refused(NamedTuple):
    """What a form said that is not kept.

    Attributes:
        typed: Its fields; empty: there is none.
        conflict: Others said something else of the same meanwhile.
    """

    typed: Mapping[str, str] = MappingProxyType({})
    conflict: bool = False


def shown_again(draft: Draft, whole: Draft, journey_map: JourneyMap, look: Look, refused: Refused) -> dict[str, Any]:
    """What the forms beside the wall show.

    Args:
        draft: The draft.
        whole: The same, or before it could not be read any more.
        journey_map: Of that.
        look: What is looked at.
        refused: What a form said.

    Returns:
        `opened` and `drawn`: of a touchpoint, and of an arrow. `stage`. `kept` and `was`: fields of a stage or map.
        `theirs`: what it would write over, by the word for the field. `seen`: the text that the forms are made of from
        now on. `typed`: the map's text as it was typed.
    """
    typed, do = refused.typed, refused.typed.get("do", "")
    before = draft.text_seen(typed.get("seen", ""))
    anew = refused.conflict or before is None or do == "write_text"  # who sends it again has seen what is said now
    said = {one: in_form(words) for one, words in said_in(whole.file, whole.text).items()}
    stage = next((one for one in journey_map.stages if one.key == look.stage), None)
    opened, drawn, theirs = said.get(look.touchpoint), _arrow(whole, look), dict[str, Any]()
    if do == "write_touchpoint" and opened is not None:
        seen = None if before is None else said_in(draft.file, before).get(look.touchpoint)
        now, others = over_theirs(seen, opened, typed) if anew else ({**opened, **words_of_form(typed)}, [])
        theirs, opened = {f"field_{field}": opened[field] for field in others}, now
    elif do in ARROW_STEPS and (drawn is not None or look.start):
        drawn, theirs = _arrow_again(draft, look, drawn or {}, typed, before if anew else None)
    kept = typed if do in _OF_WAS else {}
    if refused.conflict and kept:
        name, owner = "field_name", "field_owner"
        theirs = {name: stage.name} if stage else {name: journey_map.title, owner: journey_map.owner}
    return {
        "opened": opened,
        "drawn": drawn,
        "stage": stage,
        "kept": kept,
        "was": {} if refused.conflict else kept,
        "theirs": {field: _in_words(words) for field, words in theirs.items()},
        "seen": fingerprint(draft.text) if anew else typed["seen"],
        "typed": typed.get("text", "") if do == "write_text" else None,
    }


def _arrow(draft: Draft, look: Look) -> dict[str, Any] | None:
    """What the form of an arrow says: of one that is there, or of one that is being drawn."""
    said = arrows_in(draft.file, draft.text).get(look.arrow)
    if said is not None:
        return arrow_words(said)
    return arrow_words({"next": [look.end]}) if look.start and look.end else None


def _arrow_again(
    draft: Draft, look: Look, now: Mapping[str, Any], typed: Mapping[str, str], before: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a form of an arrow changes over what is said now, and what of that it would write over."""
    mine = typed_arrow(typed)
    seen = None if before is None else arrows_in(draft.file, before).get(look.arrow)
    if seen is None:
        return mine, {}
    was = arrow_words(seen)
    mine = {field: value for field, value in mine.items() if value != was[field]}
    theirs = {_OF_ARROWS.get(field, field): now[field] for field in mine if now[field] not in (was[field], mine[field])}
    return {**now, **mine}, theirs


def _in_words(said: Any) -> str:
    """What is said in a field, as a page tells it; one thought or row a line."""
    if isinstance(said, Mapping):
        parts = (_in_words(value) for name, value in said.items() if name != "at")
        return ", ".join(part for part in parts if part)
    if isinstance(said, list):
        return "\n".join(map(_in_words, said))
    if said is None or isinstance(said, bool):
        return "✓" if said else "–"
    return str(said)
