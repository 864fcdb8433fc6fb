"""The loop from events to index, in bulk."""

from resa.runtime.refreshing import rebuild, refresh

__all__ = ["rebuild", "refresh"]
