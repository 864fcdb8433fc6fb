"""What a page says once after something was done on it: that it is kept, or gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_SAVED", "SAVED"]

OF_SAVED: Final[Mapping[str, str]] = {
    "draft_kept": "Kept in your draft: {what}",
    "draft_undone": "Taken back: {what}",
    "draft_dropped": "Thrown away: your draft",
    "saved_map": "Saved: the map. Everybody sees it as it is now.",
    "saved_comment": "Saved: your comment",
    "saved_comment_resolved": "Saved: the comment is resolved",
    "saved_comment_reopened": "Saved: the comment is open again",
    "gone_comment": "Taken away: the comment",
    "saved_note": "Saved: the note",
    "gone_note": "Taken away: the note",
    "saved_view": "Saved: the view",
    "gone_view": "Taken away: the view",
    "saved_report": "Saved: the report",
    "gone_report": "Taken away: the report",
    "ended_link": "Ended: the link",
    "saved_segment": "Saved: the segment",
    "gone_segment": "Taken away: the segment",
    "saved_owners": "Saved: who is told",
    "saved_again": "Saved: the message is sent once more",
    "saved_decision": "Saved: your decision",
    "saved_role": "Saved: the role",
    "saved_factor_reset": "Saved: the second factor is taken away",
    "saved_unbound": "Saved: the account of the company is taken away",
    "ended_person": "Ended: the right to sign in",
    "ended_session": "Ended: the session",
    "ended_key": "Ended: the key",
    "saved_file": "Collected: the file",
}

SAVED: Final = frozenset({*OF_SAVED, "password_changed", "factor_off_done", "told_saved", "way_tried", "review_kept"})
"""All that a page may say so: a browser keeps which, never the words, so that no text of strangers comes in with it."""
