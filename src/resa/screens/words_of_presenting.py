"""The words of a map that is shown to a room, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_PRESENTING"]

OF_PRESENTING: Final[Mapping[str, str]] = {
    "present": "Present",
    "slides": "Slides",
    "slide_before": "Back",
    "slide_next": "Next",
    "slides_leave": "Leave",
}
