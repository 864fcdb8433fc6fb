"""The loop from events to index, in bulk and live."""

from resa.runtime.draining import Drained, Drainer
from resa.runtime.intake import Intake
from resa.runtime.keeping import compact, verify
from resa.runtime.refreshing import rebuild, refresh

__all__ = ["Drained", "Drainer", "Intake", "compact", "rebuild", "refresh", "verify"]
