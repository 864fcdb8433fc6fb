"""A map that was drafted from the data: what it does not say yet, until it does or nobody wants to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resa.discovery import is_draft
from resa.model.journey import JourneyMap
from resa.storage import dismiss_draft, is_dismissed
from resa.workspace.workspace import Workspace

__all__ = ["FirstMap", "Wanted", "dismiss", "first_map"]

Wanted = Literal["targets", "personas", "owner"]
"""What only people know: how much is enough, who customers are, and who answers for the map."""


@dataclass(frozen=True)
class FirstMap:
    """A drafted map.

    Attributes:
        wanted: What it does not say yet.
        arrow: The first expectation without a target; empty: there is none.
    """

    wanted: tuple[Wanted, ...]
    arrow: str = ""


def first_map(shop: Workspace, journey_map: JourneyMap) -> FirstMap | None:
    """What a drafted map does not say yet; `None`: it was not drafted, says all, or nobody wants to be told."""
    if not is_draft(shop.loaded.text(journey_map)) or is_dismissed(shop.store, journey_map.key):
        return None
    arrow = next((one.name for one in journey_map.expectations if one.target is None), "")
    said: dict[Wanted, bool] = {
        "targets": not arrow,
        "personas": bool(journey_map.personas),
        "owner": bool(journey_map.owner),
    }
    wanted = tuple(one for one, there in said.items() if not there)
    return FirstMap(wanted, arrow) if wanted else None


def dismiss(shop: Workspace, key: str, *, who: str) -> None:
    """Tell no more of a map that it was drafted.

    Args:
        shop: The workspace.
        key: Of the map.
        who: The address of who wants it so.

    Raises:
        QuestionError: There is no such map.
    """
    journey_map = shop.map(key)
    dismiss_draft(shop.store, journey_map.key, shop.audit.also("map.dismiss_draft", who=who, map=key))
