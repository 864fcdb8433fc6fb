"""Running SQL over Arrow tables, and writing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from resa.engine import Engine

__all__ = ["query_over", "select_sql"]


def query_over(
    engine: Engine, relation: str, table: pa.Table, sql: str, parameters: Mapping[str, object] | None = None
) -> pa.Table:
    """The result of one SELECT that reads a table under a name."""
    engine.register(relation, table)
    try:
        return engine.query(sql, parameters)
    finally:
        engine.unregister(relation)


def select_sql(outputs: Iterable[str], relation: str, *, where: str = "") -> str:
    """A SELECT. Names in it are quoted by `name_sql`, texts by `literal` or given as parameters."""
    return " ".join(("SELECT", ", ".join(outputs), "FROM", relation, *(("WHERE", where) if where else ())))
