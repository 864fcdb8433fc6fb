"""Where SQL runs: DuckDB, shut in. The only door to `duckdb`."""

from resa.engine.duck import Engine, check_is_select

__all__ = ["Engine", "check_is_select"]
