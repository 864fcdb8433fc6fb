"""Bringing what is derived up to date with what is stored."""

from __future__ import annotations

from collections.abc import Sequence

from resa.model.journey import JourneyMap
from resa.storage import Exclusion, JourneyIndex, Writer, forget_derived, refresh_index

__all__ = ["rebuild", "refresh"]


def refresh(
    writer: Writer, maps: Sequence[JourneyMap], exclude: Sequence[Exclusion] = (), *, labels: bool = True
) -> JourneyIndex:
    """Bring the journey index and every map's column up to date after loads or map edits; the newest index.

    New files are merged into the newest generation; only removed loads or another `exclude` make it be built anew. A
    map whose signals did not change keeps its column. Nothing is published when nothing changed.

    Args:
        writer: From `Store.writing()`.
        maps: All maps of the workspace.
        exclude: Which events are left out: staff and tests, kept in the files and left out of the index.
        labels: Keep what reports ask for, which takes as long as all the rest; without, a reader finds it out.

    Raises:
        WorkspaceBusy: Another process took over writing.
        ExpressionError: A signal or an `exclude` cannot be compiled.
    """
    return refresh_index(writer, maps, exclude, labels=labels)


def rebuild(writer: Writer, maps: Sequence[JourneyMap], exclude: Sequence[Exclusion] = ()) -> JourneyIndex:
    """Delete everything that is derived, and derive it again from the event files; the new index.

    While it runs, readers keep the old generation; a crash on the way leaves the old one or the new one.
    """
    forget_derived(writer)
    return refresh_index(writer, maps, exclude, anew=True)
