"""One chunk of rows: read by the plan's SELECT, judged, and made into the tables that storage takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from resa.collector.nesting import fits
from resa.collector.planning import PROBLEM, Plan
from resa.collector.reading import KEY, LINE, ROW, Piece, Refused
from resa.collector.reasons import DETAILS
from resa.collector.relations import query_over, select_sql
from resa.collector.shapes import EventSource, FeedbackSource, SourceShape
from resa.collector.text_files import payload_of
from resa.collector.typing_sql import name_sql
from resa.collector.zones import doubtful, to_utc
from resa.engine import Engine
from resa.model.tables import IDENTIFIERS, INSTANT, REJECTED
from resa.storage import Kind

__all__ = ["Judge", "Judged", "refused_table"]

OLDEST = 86_400 * 1_000_000
"""2 January 1970, in microseconds: a moment before it is what computers write when they know none."""

_DAY = 86_400 * 1_000_000
_PLACE = "#place"
_ORDER_BITS = 11  # the same of a row of a database, whose cursor may be microseconds up to the year 2112
_PLACE_BITS = 20  # of `sequence`, for the place among the rows that a SELECT makes of one row of the file

_KEPT = {
    "events": ("event", "channel", "device", "value", "properties", "identifiers"),
    "customers": ("traits", "identifiers"),
    "daily_numbers": ("day", "number", "value", "properties"),
    "feedback": ("touchpoint", "score", "text", "identifiers"),
    "lookup": ("key", "name", "properties"),
}


@dataclass(frozen=True)
class Judged:
    """What became of a chunk.

    Attributes:
        good: Rows of the source's kind, without the columns that storage fills.
        rejected: Columns of `REJECTED` without those that storage fills.
        message_ids: The own ids of the good rows, then of the anonymous ones; `None`: they have none.
        cells: What the file says of the same rows in each mapped column.
        anonymous: Rows without a customer, as daily numbers; `None`: there are none, or they are not to be counted.
        taken: Row numbers of what is in `good` or `anonymous`; a SELECT may give several of one row.
    """

    good: pa.Table
    rejected: pa.Table
    message_ids: pa.ChunkedArray | None
    cells: Sequence[pa.ChunkedArray]
    anonymous: pa.Table | None
    taken: npt.NDArray[np.int64]

    @property
    def others(self) -> list[tuple[Kind, pa.Table]]:
        """What is stored in the same commit as rows of another kind."""
        return [] if self.anonymous is None else [("daily_numbers", self.anonymous)]

    @property
    def reasons(self) -> Counter[str]:
        """How many were rejected for which reason."""
        counts = self.rejected.column("reason").value_counts()
        return Counter({entry["values"].as_py(): entry["counts"].as_py() for entry in counts})


@dataclass
class Judge:
    """Judges the chunks of one file.

    Attributes:
        shape: The source's definition.
        plan: How rows are read.
        engine: Where the SQL runs.
        whole: Gives rows of a chunk with all columns of their file.
        received: When the rows came to us, UTC.
        recorded: Since when facts about customers are so that do not say it, UTC.
    """

    shape: SourceShape
    plan: Plan
    engine: Engine
    whole: Callable[[pa.Table], pa.Table]
    received: datetime
    recorded: datetime

    def judge(self, piece: Piece) -> Judged:
        """Read and judge the rows of a piece."""
        table, refused = piece.table, list(piece.refused)
        if LINE in table.column_names:
            table, not_json = self._only_objects(table)
            refused = sorted(refused + not_json, key=lambda line: line.row)
        result = self._read(table)
        problems = result.column(PROBLEM).to_numpy().copy()
        told = list(self.plan.problems)
        moments = {name: self._moment(result, name, local, problems, told) for name, local in self.plan.times.items()}
        if "day" in result.column_names:
            self._check_day(result.column("day"), problems, told)
        places = _places(result.column(ROW).to_numpy()) if self.plan.selects else piece.places
        rejected = self._rejected(table, result, problems, told, refused, places)
        for name, moment in moments.items():
            result = _with_column(result, name, moment)
        result = self._with_sequence(result, places, piece)
        if self.plan.keyed and places is not None:
            result = _with_column(result, _PLACE, pa.array(places))
        if problems.any():
            result = result.filter(pa.array(problems == 0))
        taken = result.column(ROW).to_numpy()
        good, anonymous = result, None
        if isinstance(self.shape, EventSource) and self.shape.without_customer == "count":
            good, nameless = _apart(result)
            if nameless.num_rows:
                anonymous = self._as_numbers(nameless)
                result = pa.concat_tables([good.select(nameless.column_names), nameless])
        ids = result.column("message_id") if self.plan.has_ids else None
        cells = [] if ids is not None else [result.column(name) for name in self._telling(result)]
        return Judged(self._kept(good), rejected, ids, cells, anonymous, taken)

    def _telling(self, result: pa.Table) -> Sequence[str]:
        """Columns by which rows without ids are told apart."""
        if self.plan.keyed:
            return (KEY, _PLACE) if _PLACE in result.column_names else (KEY,)
        return self.plan.cells or (ROW,)

    def _read(self, table: pa.Table) -> pa.Table:
        return query_over(self.engine, self.plan.relation, table, self.plan.sql, self.plan.parameters)

    def _only_objects(self, table: pa.Table) -> tuple[pa.Table, list[Refused]]:
        """Set apart lines that are no JSON object, or whose members the SQL could not read."""
        line = name_sql(LINE)
        is_object = f"COALESCE(json_valid({line}) AND TRY(json_type({line})) = 'OBJECT', FALSE)"
        good = query_over(self.engine, "lines", table, select_sql([f"{is_object} AS good"], "lines")).column("good")
        table, refused = _lines_apart(table, good, "bad-json")
        if not self.plan.structure:
            return table, refused
        structure = f"TRY(json_structure({line})) AS structure"
        seen = query_over(self.engine, "lines", table, select_sql([structure], "lines")).column("structure")
        known = pa.array(
            [text for text in seen.unique().to_pylist() if text and fits(self.plan.structure, json.loads(text))],
            pa.string(),
        )
        table, other = _lines_apart(table, compute.is_in(seen, known), "other-shape")
        return table, refused + other

    def _moment(
        self,
        result: pa.Table,
        name: str,
        local: str | None,
        problems: npt.NDArray[np.int32],
        told: list[tuple[str, str]],
    ) -> pa.Array:
        """A column of moments in UTC, NULL where nothing was said; moments out of bounds are noted as problems."""
        micros = _micros(result.column(name))
        known = result.column(name).is_valid().to_numpy()
        if local is not None:
            clock = _micros(result.column(local))
            on_clock = result.column(local).is_valid().to_numpy()
            zone, rule = self.shape.timezone, self.shape.clock_change
            micros = np.where(on_clock, to_utc(clock, zone, later=rule == "later"), micros)
            known = known | on_clock
            if rule == "reject":
                _note(problems, on_clock & doubtful(clock, zone), told, "doubtful-time", name)
        latest = int(self.received.timestamp() * 1_000_000) + _DAY
        _note(problems, known & (micros > latest), told, "future", name)
        _note(problems, known & (micros < OLDEST), told, "too-old", name)
        return pa.array(micros, mask=None if known.all() else ~known).cast(INSTANT)

    def _check_day(self, days: pa.ChunkedArray, problems: npt.NDArray[np.int32], told: list[tuple[str, str]]) -> None:
        numbers = days.cast(pa.int32()).fill_null(1).to_numpy()
        known = days.is_valid().to_numpy()
        _note(problems, known & (numbers > self.received.timestamp() // 86_400 + 1), told, "future", "day")
        _note(problems, known & (numbers < 1), told, "too-old", "day")

    def _rejected(
        self,
        table: pa.Table,
        result: pa.Table,
        problems: npt.NDArray[np.int32],
        told: list[tuple[str, str]],
        refused: Sequence[Refused],
        places: npt.NDArray[np.int64] | None,
    ) -> pa.Table:
        tables = [refused_table(refused)]
        bad = np.flatnonzero(problems)
        if len(bad):
            rows = result.column(ROW).take(pa.array(bad))
            which = pa.array(problems[bad] - 1)
            payloads, types = self._payloads(table, result, bad, rows.to_numpy())
            columns = {
                "row": rows.combine_chunks(),
                "reason": pa.array([reason for reason, _ in told]).take(which),
                "detail": pa.array([detail for _, detail in told]).take(which),
                "payload": payloads,
                "types": _same(pa.scalar(types, pa.string()), rows),
                "position": pa.array(places[bad]) if places is not None else pa.nulls(len(bad), pa.int64()),
            }
            tables.append(pa.table(columns, schema=tables[0].schema))
        rejected = pa.concat_tables(tables)
        return rejected.sort_by("row") if len(bad) and refused else rejected

    def _payloads(
        self, table: pa.Table, result: pa.Table, bad: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
    ) -> tuple[pa.Array, str | None]:
        """The bad rows as JSON, and its types: the whole row of the file or, of a SELECT, the row that it gave."""
        lines = self.shape.hook is not None  # nowhere else: only a whole one can be read again by another SELECT
        places = np.searchsorted(table.column(ROW).to_numpy(), rows if lines else np.unique(rows))
        whole = table.take(pa.array(places))
        if lines or not self.plan.selects:
            if LINE in table.column_names:
                lines = compute.utf8_trim_whitespace(whole.column(LINE))
                return lines.combine_chunks(), None
            return self._as_json(self.whole(whole).drop_columns([ROW]))
        given = query_over(self.engine, self.plan.relation, whole, self.plan.raw_sql, self.plan.parameters)
        inside = np.isin(result.column(ROW).to_numpy(), rows)  # all that these rows of the file gave, good ones too
        return self._as_json(given.take(pa.array(np.searchsorted(np.flatnonzero(inside), bad))).drop_columns([ROW]))

    def _as_json(self, table: pa.Table) -> tuple[pa.Array, str]:
        types = ", ".join(f"typeof({name_sql(name)})" for name in table.column_names)
        sql = select_sql(["CAST(to_json(bad) AS VARCHAR) AS payload", f"[{types}] AS types"], "bad")
        found = query_over(self.engine, "bad", table, sql)
        named = dict(zip(table.column_names, found.column("types")[0].as_py(), strict=True))
        return found.column("payload").combine_chunks(), json.dumps(named, ensure_ascii=False)

    def _with_sequence(self, result: pa.Table, places: npt.NDArray[np.int64] | None, piece: Piece) -> pa.Table:
        if self.plan.has_sequence:
            column = result.column("sequence").fill_null(0)
        elif self.shape.unordered:
            column = pa.array(np.zeros(result.num_rows, np.int64))
        elif piece.orders is not None:
            rows = result.column(ROW).to_numpy()
            column = pa.array(_in_order(piece.orders[rows - (piece.last_row - len(piece.orders) + 1)], places))
        elif places is not None:
            column = pa.array((result.column(ROW).to_numpy() << _PLACE_BITS) + places)
        else:
            column = result.column(ROW)
        return _with_column(result, "sequence", column)

    def _as_numbers(self, nameless: pa.Table) -> pa.Table:
        """Events that name no customer, as daily numbers: how many, by event and local day."""
        members = [f"'{name}', {name}" for name in ("value", "channel") if name in nameless.column_names]
        properties = "properties" if "properties" in nameless.column_names else "NULL"
        told = f"json_merge_patch(COALESCE({properties}, '{{}}'), json_object({', '.join(members)}))"
        outputs = (
            "CAST(timezone($zone, occurred_at) AS DATE) AS day",
            "event AS number",
            "CAST(1 AS DOUBLE) AS value",
            f"CAST({told} AS VARCHAR) AS properties",
        )
        zone = {"zone": self.shape.timezone}
        return self._received(query_over(self.engine, "nameless", nameless, select_sql(outputs, "nameless"), zone))

    def _kept(self, result: pa.Table) -> pa.Table:
        """The columns that storage takes."""
        kind = self.shape.kind
        names = [name for name in (*_KEPT[kind], *self.plan.times) if name in result.column_names]
        table = result.select(names)
        if kind in {"events", "customers", "feedback"}:
            table = table.append_column("sequence", result.column("sequence"))
        if kind == "customers":
            traits = table.column("traits").fill_null("{}") if "traits" in names else pa.array(["{}"] * table.num_rows)
            table = _with_column(table, "traits", traits)
            since = pa.scalar(self.recorded, INSTANT)
            filled = table.column("recorded_at").fill_null(since) if "recorded_at" in names else _same(since, table)
            table = _with_column(table, "recorded_at", filled)
        if isinstance(self.shape, FeedbackSource) and self.shape.scale is not None:
            for name, bound in zip(("scale_low", "scale_high"), self.shape.scale, strict=True):
                table = table.append_column(name, _same(pa.scalar(bound), table))
        return table if kind == "lookup" else self._received(table)

    def _received(self, table: pa.Table) -> pa.Table:
        return table.append_column("received_at", _same(pa.scalar(self.received, INSTANT), table))


def _lines_apart(table: pa.Table, good: pa.ChunkedArray, reason: str) -> tuple[pa.Table, list[Refused]]:
    """The good lines, and the others refused."""
    if compute.all(good, min_count=0).as_py():
        return table, []
    bad = table.filter(compute.invert(good))
    pairs = zip(bad.column(ROW).to_pylist(), bad.column(LINE).to_pylist(), strict=True)
    return table.filter(good), [Refused(row, reason, payload_of(text.strip().encode())) for row, text in pairs]


def refused_table(refused: Sequence[Refused]) -> pa.Table:
    """Rows that could not be read, as storage takes them."""
    names = ("row", "reason", "detail", "payload", "types", "position")
    schema = pa.schema([REJECTED.field(name).with_nullable(True) for name in names])
    return pa.table(
        {
            "row": [entry.row for entry in refused],
            "reason": [entry.reason for entry in refused],
            "detail": [DETAILS[entry.reason].format(column="the row") for entry in refused],
            "payload": [entry.payload for entry in refused],
            "types": [None] * len(refused),
            "position": [None] * len(refused),
        },
        schema=schema,
    )


def _apart(result: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows that name a customer, and those that name none."""
    if "identifiers" not in result.column_names:
        return result.slice(0, 0).append_column("identifiers", pa.array([], IDENTIFIERS)), result
    named = compute.greater(compute.list_value_length(result.column("identifiers")), 0)
    return result.filter(named), result.filter(compute.invert(named))


def _note(
    problems: npt.NDArray[np.int32], where: npt.NDArray[np.bool_], told: list[tuple[str, str]], reason: str, name: str
) -> None:
    """Note a problem for rows that have none yet."""
    if where.any():
        told.append((reason, DETAILS[reason].format(column=name)))
        problems[where & (problems == 0)] = len(told)


def _in_order(orders: npt.NDArray[np.int64], places: npt.NDArray[np.int64] | None) -> npt.NDArray[np.int64]:
    """What cursors say of the order; of rows that a SELECT made of one row, also their places."""
    if places is None or (np.abs(orders) >> (63 - _ORDER_BITS)).any():
        return orders
    return (orders << _ORDER_BITS) + np.minimum(places, (1 << _ORDER_BITS) - 1)


def _micros(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = column.cast(pa.timestamp("us")).cast(pa.int64()).fill_null(0).to_numpy()
    return numbers


def _places(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For rows in order, how many of the same number stand before each."""
    return np.arange(len(rows)) - np.searchsorted(rows, rows)


def _with_column(table: pa.Table, name: str, column: Any) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.append_column(name, column) if place < 0 else table.set_column(place, name, column)


def _same(value: pa.Scalar, rows: pa.Table | pa.ChunkedArray) -> pa.Array:
    return pa.repeat(value, len(rows))
