"""Which customers an expression selects, and the SQL that selects the same."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import SECOND
from resa.analytics.outcomes import outcomes_of
from resa.analytics.snapshot import NOT_KNOWN, Codes, Flags, Snapshot, named, numbered
from resa.analytics.sql_text import inlined, literal, moment
from resa.base.clock import from_microseconds
from resa.base.errors import QuestionError, did_you_mean
from resa.engine import Engine
from resa.expressions import Compiled, Requirement, Scope, compile_expression
from resa.model.tables import INSTANT

__all__ = ["CustomerExpressions"]


class CustomerExpressions:
    """Expressions over the customers of one snapshot.

    Args:
        snapshot: Whose customers.
        as_of: What `last =>` and `days_since` count from, microseconds since 1970; `None`: there are no data.
    """

    def __init__(self, snapshot: Snapshot, as_of: int | None) -> None:
        self._snapshot = snapshot
        self._as_of = as_of
        self._count = len(snapshot.index.offsets) - 1

    def flags(self, text: str) -> Flags:
        """For each customer, whether the expression holds."""

        def make() -> npt.NDArray[np.uint8]:
            compiled = self._compiled(text, "boolean")
            kept = self._kept(compiled)
            if kept is None:
                return np.packbits(self._evaluate(compiled).to_numpy(zero_copy_only=False))
            return np.packbits((np.array(kept[1]) == "true")[kept[0]])

        packed = self._snapshot.keep(("customer flags", text, self._as_of), make)
        return np.unpackbits(packed, count=self._count).view(np.bool_)

    def labels(self, text: str) -> tuple[Codes, tuple[str, ...]]:
        """For each customer the number of its label, and the labels: the values of the expression as text."""

        def make() -> tuple[Codes, tuple[str, ...]]:
            compiled = self._compiled(text, "scalar")
            kept = self._kept(compiled)
            return numbered(self._evaluate(compiled)) if kept is None else named(*kept)

        return self._snapshot.keep(("customer labels", text, self._as_of), make)

    def persona(self, key: str) -> Flags:
        """Which customers are this persona, as of now.

        Raises:
            QuestionError: The map has no such persona, or nothing tells who is one.
        """
        personas = self._snapshot.journey_map.persona
        if key not in personas:
            raise QuestionError(f"the map has no persona '{key}'{did_you_mean(key, personas)}")
        who = personas[key].who
        if who is None:
            raise QuestionError(f"nothing tells who is a '{key}'; add a signal with 'who' for it")
        return self.flags(who)

    def selecting(self, text: str) -> str:
        """A SELECT of the customers for whom the expression holds."""
        compiled = self._compiled(text, "boolean")
        return f"SELECT customer FROM ({self._relation(compiled)}) WHERE {inlined(compiled, self._as_of)}"

    def labelling(self, text: str) -> str:
        """A SELECT of (customer, label)."""
        compiled = self._compiled(text, "scalar")
        label = f"coalesce(({inlined(compiled, self._as_of)})::VARCHAR, {literal(NOT_KNOWN)})"
        return f"SELECT customer, {label} AS label FROM ({self._relation(compiled)})"

    def _compiled(self, text: str, expects: str) -> Compiled:
        return compile_expression(
            text,
            scope=Scope.CUSTOMER,
            expects=expects,  # type: ignore[arg-type]  # one of two literals
            catalog=self._snapshot.catalog,
        )

    def _kept(self, compiled: Compiled) -> tuple[Codes, pa.StringArray] | None:
        """What the writer kept of an expression over traits alone."""
        return self._snapshot.store.labels(Scope.CUSTOMER, compiled, index=self._snapshot.index)

    def _evaluate(self, compiled: Compiled) -> pa.Array:
        columns: dict[str, pa.Array] = {
            "customer": pa.array(np.arange(self._count, dtype=np.uint32)),
            "traits": self.traits(),
        }
        for need in compiled.requires:
            columns[need.column] = self._required(need)
        parameters = dict(compiled.parameters)
        if compiled.uses_as_of:
            parameters["as_of"] = None if self._as_of is None else from_microseconds(self._as_of)
        with Engine() as engine:
            engine.register("customers", pa.table(columns))
            sql = f"SELECT {compiled.sql} AS answer FROM customers ORDER BY customer"
            return engine.query(sql, parameters).column("answer").combine_chunks()

    def traits(self) -> pa.Array:
        """JSON text of the traits of every customer; an empty object where nothing is known."""
        return self._snapshot.keep("traits", self._traits)

    def _traits(self) -> pa.Array:
        known = self._snapshot.store.customer_traits(self._snapshot.index)
        at = np.full(self._count, known.num_rows, np.int64)
        at[known.column("customer").to_numpy()] = np.arange(known.num_rows)
        texts = pa.concat_arrays([known.column("traits").cast(pa.string()).combine_chunks(), pa.array(["{}"])])
        return texts.take(pa.array(at))

    def _required(self, need: Requirement) -> pa.Array:
        match need.kind:
            case "count" | "latest":
                return self._visits(need)
            case "persona":
                return pa.array(self.persona(need.name))
            case "met" | "missed" | "opened":
                return pa.array(self._outcome(need))
            case "segment":
                raise QuestionError(
                    f"there is no segment '{need.name}': segments are not kept yet; write its condition here"
                )

    def _since(self, need: Requirement) -> int:
        if need.last_seconds is None or self._as_of is None:
            return -(2**62)
        return self._as_of - need.last_seconds * SECOND

    def _visits(self, need: Requirement) -> pa.Array:
        snapshot = self._snapshot
        positions = np.flatnonzero(snapshot.column.touchpoints == snapshot.journey_map.code[need.name])
        times = snapshot.times(positions)
        recent = times > self._since(need)
        if need.last_seconds is not None and self._as_of is not None:
            recent &= times <= self._as_of
        customers = snapshot.customers_at(positions)[recent]
        if need.kind == "count":
            return pa.array(np.bincount(customers, minlength=self._count).astype(np.int64))
        latest = np.zeros(self._count, np.int64)
        latest[customers] = times[recent]  # ascending within a customer: the last one stays
        never = np.ones(self._count, np.bool_)
        never[customers] = False
        return pa.array(latest, mask=never).cast(INSTANT)

    def _outcome(self, need: Requirement) -> Flags:
        found = outcomes_of(self._snapshot, self._snapshot.journey_map.expectation[need.name], as_of=self._as_of)
        chosen = found.opened_at > self._since(need)
        if need.kind != "opened":
            chosen &= found.named(need.kind)
        flags = np.zeros(self._count, np.bool_)
        flags[found.customer[chosen]] = True
        return flags

    # The same in SQL.

    def _relation(self, compiled: Compiled) -> str:
        columns = "".join(f', {self._required_sql(need)} AS "{need.column}"' for need in compiled.requires)
        return f"SELECT c.customer, c.traits{columns} FROM customers c"

    def _required_sql(self, need: Requirement) -> str:
        if need.kind == "persona":
            return f"list_contains(c.personas, {literal(need.name)})"
        if need.kind in {"count", "latest"}:
            when = self._when(need, "v.occurred_at", closed=True)
            what = "count(*)" if need.kind == "count" else "max(v.occurred_at)"
            return (
                f"(SELECT {what} FROM visits v WHERE v.customer = c.customer"
                f" AND v.touchpoint = {literal(need.name)}{when})"
            )
        which = "" if need.kind == "opened" else f" AND o.outcome = {literal(need.kind)}"
        when = self._when(need, "o.opened_at", closed=False)
        return (
            f"EXISTS (SELECT 1 FROM outcomes o WHERE o.customer = c.customer"
            f" AND o.expectation = {literal(need.name)}{which}{when})"
        )

    def _when(self, need: Requirement, column: str, *, closed: bool) -> str:
        if need.last_seconds is None or self._as_of is None:
            return ""
        until = f" AND {column} <= {moment(self._as_of)}" if closed else ""
        return f" AND {column} > {moment(self._since(need))}{until}"
