"""Being told: each owner gets what concerns them by mail and webhook, once, and on Mondays a digest."""

from resa.workspace.telling.recipients import Recipients
from resa.workspace.telling.telling import Outcome, can_mail, can_tell, server_of, stopped_by, tell, tell_test
from resa.workspace.telling.watching import review_due, reviewed_on, today_of
from resa.workspace.telling.wording import KIND_NAMES, Line, Message, message_of

__all__ = [
    "KIND_NAMES",
    "Line",
    "Message",
    "Outcome",
    "Recipients",
    "can_mail",
    "can_tell",
    "message_of",
    "review_due",
    "reviewed_on",
    "server_of",
    "stopped_by",
    "tell",
    "tell_test",
    "today_of",
]
