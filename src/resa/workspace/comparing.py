"""What the stored data show of the maps, for advice on them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from resa import runtime
from resa.base.errors import SourceError, WorkspaceBusy
from resa.identity import Rules
from resa.journey_map import DataSeen
from resa.model.journey import JourneyMap
from resa.storage import Exclusion, JourneyIndex, Store

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["compare_signals", "data_seen", "is_matched", "seen_of_maps"]


def compare_signals(store: Store, maps: Sequence[JourneyMap], exclude: Sequence[Exclusion], rules: Rules) -> None:
    """Derive what the index does not know yet of edited maps, unless somebody else writes; no version is kept."""
    index = store.index()
    if index.events and not all(is_matched(index, journey_map) for journey_map in maps):
        with contextlib.suppress(WorkspaceBusy), store.writing() as writer:
            runtime.refresh(writer, maps, exclude, rules=rules)


def seen_of_maps(shop: Workspace) -> Mapping[str, DataSeen]:
    """What stored events and answers show of each map of a workspace that has data."""
    with contextlib.suppress(SourceError):
        compare_signals(shop.store, list(shop.maps.values()), shop.exclude, shop.identity.rules)
    return {journey_map.key: data_seen(shop.store, journey_map) for journey_map in shop.maps.values()}


def data_seen(store: Store, journey_map: JourneyMap) -> DataSeen:
    """What stored events and answers show of a map."""
    index = store.index()
    answered = store.rows("feedback", ["touchpoint"]).column("touchpoint").unique().to_pylist()
    matched = None
    if index.events and is_matched(index, journey_map):
        delivered = index.column(journey_map.key).sources
        matched = frozenset(key for key, code in journey_map.code.items() if code in delivered)
    return DataSeen(matched, frozenset(answered))


def is_matched(index: JourneyIndex, journey_map: JourneyMap) -> bool:
    """Whether the index has a column of just this version of the map."""
    map_hash, _ = index.columns.get(journey_map.key, ("", ""))
    return map_hash == journey_map.hash
