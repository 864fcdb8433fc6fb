"""What the peers do for the same questions: each on its own best sorted layout, each written as its experts write it.

Every question returns plain numbers, so that answers can be compared with the kernels' before anything is timed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import chdb.session
import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from resa.kernels import Journeys

__all__ = ["ChdbPeer", "DuckdbPeer", "PolarsPeer", "columns_of"]

Answer = list[Any]
_MICROS: Final = 1_000_000


def columns_of(journeys: Journeys) -> pa.Table:
    """The journeys as the table that the peers load: sorted, u8 codes, times as unsigned microseconds."""
    sizes = np.diff(journeys.offsets)
    return pa.table(
        {
            "customer": np.repeat(np.arange(journeys.customers, dtype=np.uint32), sizes),
            "moment": (journeys.seconds.astype(np.int64) * _MICROS + journeys.micros).astype(np.uint64),
            "event": journeys.touchpoints.astype(np.uint8),
        }
    )


class ChdbPeer:
    """ClickHouse inside the process, on a MergeTree table ordered by (customer, moment)."""

    def __init__(self, table: pa.Table) -> None:
        self._folder = tempfile.TemporaryDirectory()
        parquet = Path(self._folder.name) / "events.parquet"
        pq.write_table(table, parquet)
        open_session: Any = chdb.session.Session  # chdb has no annotations
        self._session = open_session(str(Path(self._folder.name) / "chdb"))
        self._ask("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
        self._ask(
            "CREATE TABLE bench.events (customer UInt32, moment UInt64, event UInt8) ENGINE = MergeTree ORDER "
            "BY (customer, moment)"
        )
        self._ask(f"INSERT INTO bench.events SELECT customer, moment, event FROM file('{parquet}')")
        self._ask("OPTIMIZE TABLE bench.events FINAL")
        parquet.unlink()

    def _ask(self, sql: str) -> Answer:
        """Run a statement; its rows as lists of integers."""
        text = str(self._session.query(sql, "TSV"))
        return [[int(cell) for cell in line.split("\t")] for line in text.splitlines()]

    def funnels(self, steps: Sequence[int], window: int) -> dict[str, Callable[[], Answer]]:
        """Customers that reached each step, by windowFunnel."""
        conditions = ", ".join(f"event = {step}" for step in steps)
        among = ", ".join(map(str, steps))
        sql = (
            "SELECT level, count() FROM ("
            f"SELECT customer, windowFunnel({window})(moment, {conditions}) AS level FROM bench.events "
            f"WHERE event IN ({among}) GROUP BY customer) GROUP BY level ORDER BY level SETTINGS {{}} "
            f"max_threads = 2"
        )

        def run(order: str) -> Answer:
            exactly = dict(self._ask(sql.format(order)))
            return [sum(n for level, n in exactly.items() if level > step) for step in range(len(steps))]

        return {
            "chdb windowFunnel": lambda: run(""),
            "chdb windowFunnel, in order": lambda: run("optimize_aggregation_in_order = 1,"),
        }

    def transitions(self) -> dict[str, Callable[[], Answer]]:
        """(from, to, count, microseconds), ordered."""
        lag = (
            "SELECT before, event, count(), sum(moment - earlier) FROM (SELECT event, moment, "
            "lagInFrame(event) OVER w AS before, lagInFrame(moment) OVER w AS earlier FROM bench.events "
            "WINDOW w AS (PARTITION BY customer ORDER BY moment ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) "
            "WHERE before != 0 GROUP BY before, event ORDER BY before, event"
        )
        return {"chdb lagInFrame": lambda: self._ask(lag)}

    def paths(self, steps: int) -> dict[str, Callable[[], Answer]]:
        """(different paths, the 20 highest counts)."""
        grouped = (
            f"SELECT path, count() AS n FROM (SELECT groupArray({steps})(event) AS path FROM bench.events GROUP "
            f"BY customer"
            " SETTINGS optimize_aggregation_in_order = 1, max_threads = 1) GROUP BY path"
        )

        def run() -> Answer:
            top = self._ask(
                f"SELECT n, total FROM (SELECT n, count() OVER () AS total FROM ({grouped})) ORDER BY n DESC LIMIT 20"
            )
            return [top[0][1], [row[0] for row in top]]

        return {"chdb groupArray": run}

    def retention(self, pair: tuple[int, int] | None, period: int) -> dict[str, Callable[[], Answer]]:
        """(cohort, periods after, customers), ordered: from a touchpoint to another, or from any to any."""
        if pair is None:
            moments, start, rows = "groupArray(moment) AS moments", "moments[1]", "arrayPopFront(moments)"
            among = ""
        else:
            moments = f"groupArrayIf(moment, event = {pair[1]}) AS moments, minIf(moment, event = {pair[0]}) AS first"
            start, rows = "first", "arrayFilter(moment -> moment > first, moments)"
            among = f"WHERE event IN ({pair[0]}, {pair[1]})"
        having = "" if pair is None else f"HAVING countIf(event = {pair[0]}) > 0"
        sql = (
            "SELECT cohort, after, count() FROM ("
            f"SELECT intDiv({start}, {period}) AS cohort, arrayJoin(arrayDistinct(arrayMap(moment -> intDiv(moment, "
            f"{period}), {rows}))) - cohort AS after FROM (SELECT customer, {moments} FROM bench.events {among} "
            f"GROUP BY customer {having} SETTINGS optimize_aggregation_in_order = 1, max_threads = 1)"
            ") GROUP BY cohort, after ORDER BY cohort, after"
        )
        return {"chdb arrays": lambda: self._ask(sql)}


class DuckdbPeer:
    """DuckDB on a table stored in order."""

    def __init__(self, table: pa.Table) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 2")
        self._connection.register("loaded", table)
        self._connection.execute(
            "CREATE TABLE events AS SELECT customer, moment::BIGINT AS moment, event FROM loaded ORDER BY "
            "customer, moment"
        )
        self._connection.unregister("loaded")

    def _ask(self, sql: str) -> Answer:
        return [list(map(int, row)) for row in self._connection.execute(sql).fetchall()]

    def funnels(self, steps: Sequence[int], window: int) -> dict[str, Callable[[], Answer]]:
        """Customers that reached each step: by window functions, and by a chain of ASOF joins."""
        parts = [f"SELECT customer, moment, event, CASE WHEN event = {steps[0]} THEN moment END AS start FROM events"]
        parts[0] += f" WHERE event IN ({', '.join(map(str, steps))})"
        columns = ["s1"]
        nested = (
            f"SELECT *, max(start) OVER w AS s1 FROM ({parts[0]}) WINDOW w AS (PARTITION BY customer ORDER BY moment)"
        )
        for number, step in enumerate(steps[1:], 2):
            reached = f"CASE WHEN event = {step} AND moment - s{number - 1} <= {window} THEN s{number - 1} END"
            nested = (
                f"SELECT * EXCLUDE (start), max(start) OVER w AS s{number} FROM (SELECT * REPLACE ({reached} AS start) "
                f"FROM ({nested})) WINDOW w AS (PARTITION BY customer ORDER BY moment)"
            )
            nested = nested.replace("* EXCLUDE (start), max", "*, max")
            columns.append(f"s{number}")
        counts = ", ".join(f"count(DISTINCT customer) FILTER ({column} IS NOT NULL)" for column in columns)
        windows = f"SELECT {counts} FROM ({nested})"

        asof = [f"c1 AS MATERIALIZED (SELECT customer, moment, moment AS start FROM events WHERE event = {steps[0]})"]
        for number, step in enumerate(steps[1:], 2):
            asof.append(
                f"c{number} AS MATERIALIZED (SELECT e.customer, e.moment, c.start FROM (SELECT customer, moment "
                f"FROM events "
                f"WHERE event = {step}) e ASOF JOIN c{number - 1} c ON e.customer = c.customer AND e.moment > c.moment "
                f"WHERE e.moment - c.start <= {window})"
            )
        totals = ", ".join(f"(SELECT count(DISTINCT customer) FROM c{number + 1})" for number in range(len(steps)))
        chain = f"WITH {', '.join(asof)} SELECT {totals}"
        return {
            "DuckDB windows": lambda: self._ask(windows)[0],
            "DuckDB ASOF chain": lambda: self._ask(chain)[0],
        }

    def transitions(self) -> dict[str, Callable[[], Answer]]:
        """(from, to, count, microseconds), ordered: by a partitioned lag, or one that streams in stored order."""
        rest = "GROUP BY before, event ORDER BY before, event"
        lag = (
            "SELECT before, event, count(*), sum(moment - earlier) FROM (SELECT event, moment, lag(event) OVER "
            "w AS before, "
            f"lag(moment) OVER w AS earlier FROM events WINDOW w AS (PARTITION BY customer ORDER BY moment)) "
            f"WHERE before > 0 {rest}"
        )
        stream = (
            "SELECT before, event, count(*), sum(moment - earlier) FROM (SELECT customer, event, moment, "
            "lag(customer) OVER () AS "
            "same, lag(event) OVER () AS before, lag(moment) OVER () AS earlier FROM events) "
            f"WHERE same = customer {rest}"
        )
        return {"DuckDB lag": lambda: self._ask(lag), "DuckDB streaming lag": lambda: self._ask(stream)}

    def paths(self, steps: int) -> dict[str, Callable[[], Answer]]:
        """(different paths, the 20 highest counts): by ordered lists, and by leads that stream in the stored order."""

        def run(grouped: str) -> Answer:
            top = self._ask(f"SELECT n, count(*) OVER () FROM ({grouped}) ORDER BY n DESC LIMIT 20")
            return [top[0][1], [row[0] for row in top]]

        lists = (
            f"SELECT count(*) AS n FROM (SELECT list(event ORDER BY moment)[1:{steps}] AS path FROM events "
            f"GROUP BY customer) "
            "GROUP BY path"
        )
        leads = ", ".join(f"lead(event, {step}) OVER () AS e{step}" for step in range(1, steps))
        same = ", ".join(f"lead(customer, {step}) OVER () AS c{step}" for step in range(1, steps))
        codes = " + ".join(
            f"CASE WHEN c{step} = customer THEN e{step}::BIGINT * {256**step} ELSE 0 END" for step in range(1, steps)
        )
        stream = (
            f"SELECT count(*) AS n FROM (SELECT event + {codes} AS path FROM (SELECT customer, event, "
            f"lag(customer) OVER () "
            f"AS previous, {leads}, {same} FROM events) WHERE previous IS NULL OR previous != customer) GROUP BY path"
        )
        return {"DuckDB list": lambda: run(lists), "DuckDB streaming lead": lambda: run(stream)}

    def retention(self, pair: tuple[int, int] | None, period: int) -> dict[str, Callable[[], Answer]]:
        """(cohort, periods after, customers), ordered: from a touchpoint to another, or from any to any."""
        if pair is None:
            sql = (
                f"WITH seen AS (SELECT customer, moment // {period} AS bucket, count(*) AS n FROM events "
                "GROUP BY ALL), "
                "firsts AS (SELECT customer, min(bucket) AS cohort FROM seen GROUP BY customer) "
                "SELECT cohort, bucket - cohort AS after, count(*) FROM seen JOIN firsts USING (customer) "
                "WHERE bucket > cohort OR n > 1 GROUP BY ALL ORDER BY ALL"
            )
        else:
            sql = (
                f"WITH firsts AS (SELECT customer, min(moment) AS first FROM events WHERE event = {pair[0]} "
                "GROUP BY customer), seen AS (SELECT DISTINCT customer, first // "
                f"{period} AS cohort, moment // {period} AS bucket FROM events JOIN firsts USING (customer) "
                f"WHERE event = {pair[1]} AND moment > first) "
                "SELECT cohort, bucket - cohort AS after, count(*) FROM seen GROUP BY ALL ORDER BY ALL"
            )
        return {"DuckDB groups": lambda: self._ask(sql)}


class PolarsPeer:
    """Polars on a frame in order: shifts and forward fills over the whole frame, guarded by the customer."""

    def __init__(self, table: pa.Table) -> None:
        self._frame = pl.DataFrame(table).with_columns(pl.col("moment").cast(pl.Int64)).rechunk()

    def funnels(self, steps: Sequence[int], window: int) -> dict[str, Callable[[], Answer]]:
        """Customers that reached each step."""
        c, moment, event = pl.col("customer"), pl.col("moment"), pl.col("event")
        query = self._frame.lazy().filter(event.is_in(list(steps)))
        hit = event == steps[0]
        query = query.with_columns(
            pl.when(hit).then(moment).forward_fill().alias("s1"), pl.when(hit).then(c).forward_fill().alias("c1")
        )
        counts = [c.filter(hit).n_unique().alias("n1")]
        for number, step in enumerate(steps[1:], 2):
            start, owner = pl.col(f"s{number - 1}"), pl.col(f"c{number - 1}")
            name = f"h{number}"
            query = query.with_columns(
                ((event == step) & (owner == c) & (moment - start <= window)).fill_null(False).alias(name)
            )
            query = query.with_columns(
                pl.when(name).then(start).forward_fill().alias(f"s{number}"),
                pl.when(name).then(c).forward_fill().alias(f"c{number}"),
            )
            counts.append(c.filter(pl.col(name)).n_unique().alias(f"n{number}"))
        query = query.select(counts)
        return {"Polars shift/fill": lambda: [int(value) for value in query.collect().row(0)]}

    def transitions(self) -> dict[str, Callable[[], Answer]]:
        """(from, to, count, microseconds), ordered."""
        query = (
            self._frame.lazy()
            .select(
                before=pl.col("event").shift(),
                event=pl.col("event"),
                apart=pl.col("moment") - pl.col("moment").shift(),
                same=pl.col("customer") == pl.col("customer").shift(),
            )
            .filter(pl.col("same"))
            .group_by("before", "event")
            .agg(pl.len(), pl.col("apart").sum())
            .sort("before", "event")
        )
        return {"Polars shift": lambda: [list(map(int, row)) for row in query.collect().rows()]}

    def paths(self, steps: int) -> dict[str, Callable[[], Answer]]:
        """(different paths, the 20 highest counts)."""
        c, event = pl.col("customer"), pl.col("event").cast(pl.Int64)
        path = event
        for step in range(1, steps):
            path = path + pl.when(c.shift(-step) == c).then(event.shift(-step)).otherwise(0).fill_null(0) * 256**step
        query = (
            self._frame.lazy()
            .select(path=path, first=(c != c.shift()).fill_null(True))
            .filter(pl.col("first"))
            .group_by("path")
            .agg(n=pl.len())
            .select(pl.col("n").top_k(20), total=pl.len())
        )

        def run() -> Answer:
            frame = query.collect()
            return [int(frame["total"][0]), sorted(map(int, frame["n"]), reverse=True)]

        return {"Polars shift": run}

    def retention(self, pair: tuple[int, int] | None, period: int) -> dict[str, Callable[[], Answer]]:
        """(cohort, periods after, customers), ordered: from a touchpoint to another, or from any to any."""
        c, bucket = pl.col("customer"), pl.col("bucket")
        query = self._frame.lazy()
        starts = returns = pl.lit(True)
        if pair is not None:
            query = query.filter(pl.col("event").is_in(list(pair)))
            starts, returns = pl.col("event") == pair[0], pl.col("event") == pair[1]
        earlier = pl.when(starts).then(c).forward_fill().shift()
        first = starts & (earlier != c).fill_null(True)
        query = query.select("customer", "event", bucket=pl.col("moment") // period)
        query = query.with_columns(first=first).with_columns(
            cohort=pl.when("first").then(bucket).forward_fill(), owner=pl.when("first").then(c).forward_fill()
        )
        query = query.filter(returns & (pl.col("owner") == c) & ~pl.col("first"))
        query = query.filter(((c != c.shift()) | (bucket != bucket.shift())).fill_null(True))
        query = query.group_by("cohort", after=bucket - pl.col("cohort")).agg(pl.len()).sort("cohort", "after")
        return {"Polars shift/fill": lambda: [list(map(int, row)) for row in query.collect().rows()]}
