"""Keeping house: fewer files, and proof that all is well."""

from __future__ import annotations

from collections.abc import Sequence

from resa.identity import Rules
from resa.model.journey import JourneyMap
from resa.runtime.refreshing import unifier_of
from resa.storage import Exclusion, Finding, Store, Writer, compact_files, verify_store

__all__ = ["compact", "verify"]


def compact(writer: Writer) -> int:
    """Join small event files, the index following; how many files became fewer.

    Every row stays what it is, and every answer too. A crash on the way leaves the old files or the new ones.

    Raises:
        WorkspaceError: The index does not hold all event files: refresh it first.
    """
    return compact_files(writer)


def verify(
    store: Store, maps: Sequence[JourneyMap], exclude: Sequence[Exclusion] = (), *, rules: Rules | None = None
) -> list[Finding]:
    """Recount everything derived and compare: every listed file, load and id, who is who, the index, traits, columns.

    Takes the writer's place meanwhile, so that nothing changes under its hands, and cleans what a crash left half-done.

    Returns:
        What is wrong and what to do; empty when all is well.

    Raises:
        WorkspaceBusy: Another process writes.
    """
    with store.writing() as writer:
        return verify_store(writer, maps, unifier_of(store, rules or Rules()), exclude)
