"""The loop from events to index, in bulk and live."""

from resa.runtime.draining import Drained, Drainer
from resa.runtime.intake import Intake
from resa.runtime.keeping import compact, verify
from resa.runtime.refreshing import is_current, rebuild, refresh, unifier_of
from resa.runtime.withholding import Withholding

__all__ = [
    "Drained",
    "Drainer",
    "Intake",
    "Withholding",
    "compact",
    "is_current",
    "rebuild",
    "refresh",
    "unifier_of",
    "verify",
]
