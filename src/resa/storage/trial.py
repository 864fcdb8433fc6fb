"""A map that is not in use, tried on the events: nothing is published, nothing stays, and nobody is kept waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from resa.model.journey import JourneyMap
from resa.storage.derivation import derive_column
from resa.storage.index import JourneyIndex
from resa.storage.store import Store

__all__ = ["trying"]


class _Trial(Store):
    """A store whose index has one column: that of the map on trial."""

    def __init__(self, store: Store, index: JourneyIndex) -> None:
        super().__init__(store.layout, store.database, store.clock)
        self._index = index

    def index(self) -> JourneyIndex:
        """The generation on which the map is tried."""
        return self._index

    @property
    def generation(self) -> int:
        """Its number."""
        return self._index.generation


@contextmanager
def trying(store: Store, journey_map: JourneyMap) -> Iterator[Store]:
    """The same data with a column of a map that is not in use, until the block ends.

    The column is derived as that of any map is, into a temporary folder that only its owner can read. It needs no
    writer: others may write meanwhile, and the trial stays on the generation that was newest when it began.

    Raises:
        WorkspaceDamaged: A file of this generation is gone: its load was removed meanwhile.
    """
    index = store.index()
    with TemporaryDirectory(prefix="resa-trial-") as name:
        folder = Path(name)
        column = derive_column(replace(index, folder=folder), journey_map, folder / "signals")
        yield _Trial(store, replace(index, columns={journey_map.key: (journey_map.hash, str(folder / column))}))
