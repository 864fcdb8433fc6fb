"""How a workspace shows itself in a notebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from resa.base.showing import notes_html, table_html
from resa.collector import Source
from resa.model.journey import JourneyMap
from resa.storage import Load

__all__ = ["workspace_bundle"]


def workspace_bundle(
    name: str, maps: Mapping[str, JourneyMap], sources: Mapping[str, Source], loads: Iterable[Load]
) -> dict[str, str]:
    """Maps, sources, and how many rows of each are stored, as text and as HTML."""
    good = Counter[str]()
    for load in loads:
        if load.state != "removed":
            good[load.source_id] += load.good
    drawn = [(key, one.title, len(one.touchpoints), len(one.expectations)) for key, one in maps.items()]
    read = [(key, source.kind, good[key]) for key, source in sources.items()]
    lines = [f"map {key}: {title}" for key, title, *_ in drawn] + [f"source {key}: {rows:,}" for key, _, rows in read]
    html = notes_html([], title=name) + table_html(("map", "title", "touchpoints", "arrows"), drawn)
    html += table_html(("source", "kind", "rows stored"), read)
    return {"text/plain": "\n".join([name, *lines]), "text/html": html}
