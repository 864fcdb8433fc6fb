"""How current what is measured is, and what has to be said of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resa.base.errors import WorkspaceBusy
from resa.base.language import Sentence, said_by, sentence
from resa.runtime import is_current
from resa.storage import LIVE, has_column
from resa.workspace.comparing import is_matched

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["brought_up_to_date"]


def brought_up_to_date(shop: Workspace) -> tuple[Sentence, ...]:
    """Bring the index and the maps' columns up to date, unless another process writes; what is to be said of it.

    Raises:
        WorkspaceBusy: Another process writes, and the published generation does not know a map as it is now.
    """
    running = [load for load in shop.store.loads() if load.state == "running"]
    served = any(load.complete_until is not None for load in running)
    files = (load for load in running if not load.origin.startswith(LIVE))  # what comes in live is no file
    unfinished = sorted({load.source_id for load in files if load.complete_until is None})
    notes = tuple(
        sentence("A load of '{source}' is not finished: only a part of its file is counted.", source=source)
        for source in unfinished
    )
    index = shop.store.index()
    maps = shop.maps.values()
    current = is_current(shop.store, index, shop.exclude, rules=shop.identity.rules)
    if current and all(is_matched(index, one) for one in maps):
        return notes
    try:
        shop.refresh()
    except WorkspaceBusy as busy:
        if not all(has_column(index, journey_map) for journey_map in maps):
            raise
        # The numbers of one that is served follow by themselves; those of words that were edited are what they were.
        if not served and not current:
            return (*notes, sentence("What is being written now is not counted yet: {why}.", why=said_by(busy)))
    return notes
