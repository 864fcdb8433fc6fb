"""Bringing what is derived up to date with what is stored."""

from __future__ import annotations

from collections.abc import Sequence

from resa.identity import Rules, Unifier, decisions_of
from resa.model.journey import JourneyMap
from resa.storage import (
    Exclusion,
    JourneyIndex,
    Store,
    Writer,
    finish_erasures,
    forget_derived,
    holds_all,
    is_unfinished,
    kept_decisions,
    refresh_index,
)

__all__ = ["is_current", "rebuild", "refresh", "unifier_of"]

_DEFAULTS = Rules()


def refresh(
    writer: Writer,
    maps: Sequence[JourneyMap],
    exclude: Sequence[Exclusion] = (),
    *,
    rules: Rules = _DEFAULTS,
    soon: bool = False,
) -> JourneyIndex:
    """Bring the journey index and every map's column up to date after loads, decisions or map edits; the newest index.

    New files are merged into the newest generation, and customers whom they join or part get what is theirs. Only
    removed loads, other rules or another `exclude` make it be built anew. A map whose signals did not change keeps its
    column. Nothing is published when nothing changed.

    Args:
        writer: From `Store.writing()`.
        maps: All maps of the workspace.
        exclude: Which events are left out: staff and tests, kept in the files and left out of the index.
        rules: Which identifiers may join.
        soon: New events shall count within a moment, however many there are: what came since is laid over what was
            there, and what reports ask for is left for them to find out.

    Raises:
        WorkspaceBusy: Another process took over writing.
        ExpressionError: A signal or an `exclude` cannot be compiled.
    """
    unifier, unfinished = unifier_of(writer.store, rules), is_unfinished(writer.store)
    index = refresh_index(writer, maps, unifier, exclude, anew=unfinished, soon=soon)
    if unfinished:  # an erasure that was cut short goes on here
        finish_erasures(writer)
    return index


def rebuild(
    writer: Writer, maps: Sequence[JourneyMap], exclude: Sequence[Exclusion] = (), *, rules: Rules = _DEFAULTS
) -> JourneyIndex:
    """Delete everything that is derived, and derive it again from event files and decisions; the new index.

    While it runs, readers keep the old generation; a crash on the way leaves the old one or the new one.
    """
    forget_derived(writer)
    return refresh_index(writer, maps, unifier_of(writer.store, rules), exclude, anew=True)


def is_current(
    store: Store, index: JourneyIndex, exclude: Sequence[Exclusion] = (), *, rules: Rules = _DEFAULTS
) -> bool:
    """Whether an index holds all that is stored and decided, and nothing that was removed; not of maps' columns."""
    return not is_unfinished(store) and holds_all(store, index, unifier_of(store, rules), exclude)


def unifier_of(store: Store, rules: Rules) -> Unifier:
    """Who is who by these rules and all decisions."""
    return Unifier(rules, decisions_of(kept_decisions(store)))
