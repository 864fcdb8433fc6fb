"""The loop from events to index, in bulk."""

from resa.runtime.keeping import compact, verify
from resa.runtime.refreshing import rebuild, refresh

__all__ = ["compact", "rebuild", "refresh", "verify"]
