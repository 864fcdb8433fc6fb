"""The loop from events to index, in bulk and live."""

from resa.runtime.consenting import ConsentingWriter
from resa.runtime.draining import Drained, Drainer
from resa.runtime.handing_over import Call, HandingWriter, answer, carry_out, read_call
from resa.runtime.intake import Intake
from resa.runtime.keeping import compact, verify
from resa.runtime.refreshing import is_current, rebuild, refresh, unifier_of
from resa.runtime.withholding import Withholding

__all__ = [
    "Call",
    "ConsentingWriter",
    "Drained",
    "Drainer",
    "HandingWriter",
    "Intake",
    "Withholding",
    "answer",
    "carry_out",
    "compact",
    "is_current",
    "read_call",
    "rebuild",
    "refresh",
    "unifier_of",
    "verify",
]
