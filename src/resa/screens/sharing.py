"""What takes a moment to say, worked out once for all who look."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, Final, TypeVar, cast

from resa.base.once import Once
from resa.workspace import Workspace

__all__ = ["Kept", "Shared", "nothing_kept"]

_KEPT: Final = 256
_WAITING: Final = 8
"""So many wait for one answer at once; each of them holds a thread, of which all screens share some forty."""

Said = TypeVar("Said")


Kept = Once[tuple[Hashable, ...], Any]


def nothing_kept() -> Kept:
    """A place for what readers of a workspace share, as its files are written now."""
    return Once(_KEPT, waiting=_WAITING)


class Shared:
    """What one reader shares with others: who looks next finds it there.

    While events come in, it may be a moment old, the longer the more it takes to work out (`resa.base.once.patience`).

    Args:
        shop: The workspace.
        kept: What others made.
    """

    def __init__(self, shop: Workspace, kept: Kept) -> None:
        self._shop = shop
        self._kept = kept

    def of(self, key: tuple[Hashable, ...], make: Callable[[], Said]) -> Said:
        """What is said under a key, which names everything that it depends on but the data.

        Args:
            key: What it is, of which map as it is written, in which language, for whose eyes.
            make: Works it out; it may be called in a thread of its own, after the one who asked has got an older one.

        Raises:
            WorkspaceBusy: Many wait for it already.
        """
        return cast("Said", self._kept.lately(key, lambda: self._data, make))

    @cached_property
    def _data(self) -> Hashable:
        """By what data answers differ: the generation, and what has to be said of it; found out once a page."""
        notes = tuple(map(str, self._shop.measure.notes))
        return self._shop.store.generation, notes
