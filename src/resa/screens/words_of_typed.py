"""The words of what was typed by somebody who was signed out meanwhile, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_TYPED"]

OF_TYPED: Final[Mapping[str, str]] = {
    "typed": "What you had typed",
    "typed_kept": "You were signed out meanwhile. Nothing was saved yet; what you typed is kept for an hour. Sign in, "
    "and it is shown again.",
    "typed_lost": "You were signed out meanwhile, and what you sent was not saved. It could not be kept, as it was too "
    "long, or a file. Go back in your browser to copy it before you sign in.",
    "typed_about": "You were signed out when you sent this. Nothing of it was saved. Send it once more, or throw it "
    "away; it is forgotten an hour after you sent it.",
    "typed_none": "Nothing is kept of what you typed, or somebody else typed it.",
    "typed_factor": "You need a second factor first. It waits here meanwhile.",
    "typed_sent_to": "Typed on {path}",
    "typed_send": "Send it once more",
    "typed_forget": "Throw all of it away",
}
