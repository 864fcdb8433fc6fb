"""Maps and answers as a page tells them: what Resa says of them in the page's language, what people wrote as it stands.

Files, reports and the API tell them in the map's own language.
"""

from __future__ import annotations

from dataclasses import replace

from resa.analytics import Result
from resa.model.journey import JourneyMap
from resa.screens.visits import Visit

__all__ = ["spoken_answer", "spoken_map"]


def spoken_map(visit: Visit, journey_map: JourneyMap) -> JourneyMap:
    """A map whose pictures and numbers are told in the page's language."""
    own = journey_map.language
    return replace(journey_map, language=visit.language, written_in="" if own == visit.language else own)


def spoken_answer(visit: Visit, result: Result) -> Result:
    """An answer whose pictures and names are told in the page's language."""
    return replace(result, journey_map=spoken_map(visit, result.journey_map))
