"""DuckDB as Resa uses it: in memory, in UTC, without extensions, and with no file but those that were named."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from resa.base.errors import EngineError, InputError, TimeExceeded
from resa.base.language import as_it_is, sentence
from resa.base.wanted import check_wanted, stopped_by

__all__ = ["Engine", "check_is_select"]

Parameters = Mapping[str, object]

# These name what is wrong with the statement itself. Other messages quote values, which may be personal.
_ABOUT_THE_STATEMENT = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)

_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat", "json_each", "json_tree"})
"""What a user's statement may read beside its relations: these make rows of their arguments alone."""

_SHUT_FUNCTIONS = frozenset({"sleep_ms", "write_log", "current_setting", "getvariable", "getenv"})
_SHUT_PREFIXES = ("pg_", "duckdb_", "pragma_", "sqlite_")  # of functions and relations that tell of the machine


class Engine:
    """One DuckDB connection in memory; use it from one thread at a time, or take a `cursor()` for each.

    Args:
        readable: Files and folders that statements may read. Everything else on the machine, and the network, is shut.
        spill: Folder for what does not fit in memory; `None`: nothing is written to disk.
        threads: How many threads a statement may use; `None`: one for each core.
        memory_limit: Such as `2GB`; `None`: DuckDB's own limit, 80 % of the machine.
        seconds: How long a query may run that says nothing else; `None`: as long as it takes.

    DuckDB would still write inside a readable folder by `COPY … TO`: hand it only statements that Resa built, and
    statements of users only after `check_is_select`.
    """

    def __init__(
        self,
        *,
        readable: Sequence[Path] = (),
        spill: Path | None = None,
        threads: int | None = None,
        memory_limit: str | None = None,
        seconds: float | None = None,
    ) -> None:
        self._seconds = seconds
        config: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,  # a relation is a registered table, never a variable of this program
            "temp_directory": str(spill) if spill else "",
        }
        if threads is not None:
            config["threads"] = threads
        if memory_limit is not None:
            config["memory_limit"] = memory_limit
        self._connection = duckdb.connect(":memory:", config=config)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._allow(readable)
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def _allow(self, readable: Sequence[Path]) -> None:
        folders = [str(path.resolve()) for path in readable if path.is_dir()]
        files = [str(path.resolve()) for path in readable if not path.is_dir()]
        for setting, paths in (("allowed_directories", folders), ("allowed_paths", files)):
            quoted = ", ".join(_quote(path) for path in paths)
            self._connection.execute(f"SET {setting} = [{quoted}]")

    def register(self, name: str, table: pa.Table | pa.RecordBatchReader) -> None:
        """Make an Arrow table readable under a name, without copying it; a reader can be read once."""
        self._connection.register(name, table)

    def unregister(self, name: str) -> None:
        """Forget a registered table."""
        self._connection.unregister(name)

    def execute(self, sql: str) -> None:
        """Run a statement for its effect, such as `CREATE VIEW`.

        Raises:
            EngineError: The statement failed.
        """
        with _explained(sql):
            self._connection.execute(sql)

    def query(self, sql: str, parameters: Parameters | None = None, *, seconds: float | None = None) -> pa.Table:
        """Run one SELECT and give the whole result.

        Args:
            sql: The statement; `$name` stands for a parameter.
            parameters: Values by name.
            seconds: How long it may run; `None`: as the engine says.

        Raises:
            EngineError: The statement failed.
            TimeExceeded: It ran longer than it may.
        """
        limit = self._seconds if seconds is None else seconds
        with _explained(sql), self._time_limit(limit), stopped_by(self._connection.interrupt):
            return self._interruptible(
                lambda: self._connection.sql(sql, params=_used(sql, parameters)).to_arrow_table()
            )

    def stream(
        self, sql: str, parameters: Parameters | None = None, *, batch_rows: int = 262_144
    ) -> Iterator[pa.RecordBatch]:
        """Run one SELECT and give the result piece by piece, in bounded memory.

        Raises:
            EngineError: The statement failed, at the start or on the way.
        """
        with _explained(sql):
            reader = self._connection.sql(sql, params=_used(sql, parameters)).to_arrow_reader(batch_rows)
            for batch in reader:
                check_wanted()
                yield batch

    def cursor(self) -> Engine:
        """Another connection to the same tables and views, for another thread."""
        twin = object.__new__(Engine)
        twin._connection, twin._seconds = self._connection.cursor(), self._seconds
        return twin

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, shut as it is, for a library that runs statements of its own."""
        return self._connection

    def close(self) -> None:
        """End the connection and give its memory back."""
        self._connection.close()

    def __enter__(self) -> Self:
        """The engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def _interruptible(self, work: Callable[[], pa.Table]) -> pa.Table:
        """Run a statement so that Ctrl+C ends it: while DuckDB runs one, neither it nor Python hears a signal."""
        if threading.current_thread() is not threading.main_thread():
            return work()  # signals are the main thread's
        with ThreadPoolExecutor(1) as beside:
            running = beside.submit(work)
            try:
                return running.result()
            except KeyboardInterrupt:
                self._connection.interrupt()
                raise

    @contextmanager
    def _time_limit(self, seconds: float | None) -> Iterator[None]:
        if seconds is None:
            yield
            return
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._connection.interrupt()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException:
            late.set()
        finally:
            timer.cancel()
        if late.is_set():  # DuckDB looks up between blocks of rows alone: what it stops at last may be whole by then
            raise TimeExceeded(
                sentence("the statement was stopped after {seconds:g} seconds; ask for less at a time", seconds=seconds)
            )


def check_is_select(sql: str) -> frozenset[str]:
    """Refuse anything but one SELECT over tables: a statement of a user runs only after this check.

    Functions that wait, or tell of files, settings or the machine, are refused as well.

    Returns:
        The tables that it names, in lower case, steps of its own among them.

    Raises:
        InputError: It is several statements, another kind of statement, none that can be read, or names what is shut.
    """
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise InputError(sentence("this SQL cannot be read: {error}", error=str(error).splitlines()[0])) from None
    if len(statements) != 1:
        raise InputError(sentence("write one SELECT statement; several, or none, were given"))
    if statements[0].type != duckdb.StatementType.SELECT:
        raise InputError(sentence("only SELECT may be asked: the workspace's data are changed by resa's own commands"))
    with duckdb.connect(":memory:") as connection:
        (written,) = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchone() or ("",)
    try:
        tree = json.loads(written)
    except RecursionError:
        raise InputError(sentence("this SQL is nested too deeply; write it in steps (WITH …)")) from None
    if tree["error"]:
        raise InputError(sentence("this SQL cannot be checked; write it as a plain SELECT"))
    nodes = list(_nodes(tree["statements"]))
    for name in _shut(nodes):
        raise InputError(
            sentence(
                "{name} may not be used here: it waits, or tells of the machine and not of your customers", name=name
            )
        )
    return frozenset(str(node["table_name"]).casefold() for node in nodes if node.get("table_name"))


def _nodes(statements: list[Any]) -> Iterator[dict[str, Any]]:
    """All parts of parsed statements."""
    waiting: list[Any] = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            yield node


def _shut(nodes: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Functions and relations that users may not name."""
    for node in nodes:
        name = str(node.get("function_name") or node.get("table_name") or "").casefold()
        foreign = str(node.get("schema_name") or "").casefold() not in {"", "main"}
        if foreign or name in _SHUT_FUNCTIONS or name.startswith(_SHUT_PREFIXES):
            yield name
        elif node.get("type") == "TABLE_FUNCTION" and node["function"]["function_name"] not in _TABLE_FUNCTIONS:
            yield node["function"]["function_name"]


def _used(sql: str, parameters: Parameters | None) -> dict[str, object] | None:
    """Only the parameters that the statement names; DuckDB refuses others."""
    if not parameters:
        return None
    expected = set().union(*(statement.named_parameters for statement in duckdb.extract_statements(sql)))
    return {name: value for name, value in parameters.items() if name in expected} or None


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def _explained(sql: str) -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException:
        raise
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl+C
            raise KeyboardInterrupt from error
        raise
    except _ABOUT_THE_STATEMENT as error:
        # DuckDB says what is wrong and what is near; after an empty line it repeats the statement.
        raise EngineError(as_it_is(" ".join(str(error).split("\n\n")[0].split())), sql=sql) from error
    except duckdb.OutOfMemoryException as error:
        raise EngineError(sentence("the statement needs more memory than it may use"), sql=sql) from error
    except duckdb.ConversionException as error:  # it would name the value, which may be somebody's
        raise EngineError(
            sentence(
                "a value cannot be read as the type that is asked for; TRY_CAST(… AS …) gives NULL for such values"
            ),
            sql=sql,
        ) from error
    except duckdb.Error as error:
        raise EngineError(sentence("a statement failed ({kind})", kind=type(error).__name__), sql=sql) from error
