"""How far each source was read, and how its last run went. Nothing in it is of a customer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from resa.storage.database import from_micros, to_micros
from resa.storage.schema import source_states

if TYPE_CHECKING:
    from resa.storage.store import Store

__all__ = [
    "Reached",
    "SourceState",
    "forget_position",
    "keep_reached",
    "keep_run",
    "state_of_source",
    "states_of_sources",
]


@dataclass(frozen=True)
class Reached:
    """How far a database was read: kept in the transaction that stores what was read.

    Attributes:
        position: The last cursor, in the collector's form; `None`: the source has none, or no row had one yet.
        told_apart: The columns by which rows are told apart; empty: they have ids of their own.
    """

    position: str | None
    told_apart: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """What is known of a source's runs.

    Attributes:
        source_id: The source.
        position: Of a database: the last cursor that was read; `None`: it is read from its beginning.
        told_apart: The columns by which its rows are told apart; empty: they have ids; `None`: nothing was read yet.
        began_at: When the last run began, UTC.
        succeeded_at: When the last run ended that brought all there was, UTC.
        failures: How many runs have failed since.
        error: What the last run failed by, in English; empty: it did not.
        complete_until: Up to when it is complete as the last run states it, UTC; `None`: it states nothing.
    """

    source_id: str
    position: str | None = None
    told_apart: tuple[str, ...] | None = None
    began_at: datetime | None = None
    succeeded_at: datetime | None = None
    failures: int = 0
    error: str = ""
    complete_until: datetime | None = None


def states_of_sources(store: Store) -> dict[str, SourceState]:
    """The state of every source that ever ran, by name."""
    with store.database.reading() as connection:
        rows = connection.execute(select(source_states).order_by(source_states.c.source_id)).mappings().all()
    return {row["source_id"]: _state(row) for row in rows}


def state_of_source(store: Store, source_id: str) -> SourceState:
    """The state of one source; an empty one where it never ran."""
    return states_of_sources(store).get(source_id) or SourceState(source_id=source_id)


def keep_run(
    connection: Connection,
    source_id: str,
    now: datetime,
    *,
    began_at: datetime,
    error: str,
    complete_until: datetime | None,
) -> None:
    """Keep how a run went; see `Writer.note_run`."""
    values: dict[str, object] = {"began_at": to_micros(began_at)}
    if error:
        values |= {"error": str(error), "failures": source_states.c.failures + 1}
    else:
        until = None if complete_until is None else to_micros(complete_until)
        values |= {"error": None, "failures": 0, "succeeded_at": to_micros(now), "complete_until": until}
    _keep(connection, source_id, values)


def keep_reached(connection: Connection, source_id: str, reached: Reached) -> None:
    """Keep how far a source was read, in the transaction that stores what was read."""
    _keep(connection, source_id, {"position": reached.position, "told_apart": json.dumps(list(reached.told_apart))})


def forget_position(connection: Connection, source_id: str) -> None:
    """Read a source from its beginning next time: rows of it are gone, and come back only so."""
    mine = update(source_states).where(source_states.c.source_id == source_id)
    connection.execute(mine.values(position=None, told_apart=None, complete_until=None))


def _keep(connection: Connection, source_id: str, values: Mapping[str, object]) -> None:
    there = select(source_states.c.source_id).where(source_states.c.source_id == source_id)
    if connection.execute(there).first() is None:
        connection.execute(insert(source_states).values(source_id=source_id, failures=0))
    connection.execute(update(source_states).where(source_states.c.source_id == source_id).values(**values))


def _state(row: Mapping[Any, Any]) -> SourceState:
    moments = {name: row[name] for name in ("began_at", "succeeded_at", "complete_until")}
    return SourceState(
        source_id=row["source_id"],
        position=row["position"],
        told_apart=None if row["told_apart"] is None else tuple(json.loads(row["told_apart"])),
        failures=row["failures"],
        error=row["error"] or "",
        **{name: None if at is None else from_micros(at) for name, at in moments.items()},
    )
