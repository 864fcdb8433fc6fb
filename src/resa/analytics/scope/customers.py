"""Which customers an expression selects, and the SQL that selects the same."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import SECOND
from resa.analytics.results.names import NOT_KNOWN
from resa.analytics.scope.computed import computed_trait, computed_trait_sql
from resa.analytics.scope.numbering import Codes, known, named, numbered
from resa.analytics.scope.outcomes import expectation_as_of, outcomes_of
from resa.analytics.scope.snapshot import Flags, Snapshot
from resa.analytics.sql.text import inlined, literal, moment
from resa.base.clock import from_microseconds, to_microseconds
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.engine import Engine
from resa.expressions import Compiled, Requirement, Scope, compile_expression
from resa.kernels import events_of_each
from resa.model.tables import INSTANT

__all__ = ["CustomerExpressions"]

_ANY_TIME: Final = (-(2**62), 2**62)


class CustomerExpressions:
    """Expressions over the customers of one snapshot, as of the moment up to which the data are complete.

    What happened later does not count; `last =>` and `days_since` count from that moment.

    Args:
        snapshot: Whose customers.
        override: Another moment to look from, up to which the data then count as complete, microseconds since 1970.
        now: Another moment to look from, without a word on completeness: what is known to have happened until then
            counts, and nobody has missed anything before the data are complete.
    """

    def __init__(self, snapshot: Snapshot, override: int | None = None, *, now: int | None = None) -> None:
        overall = snapshot.index.as_of.overall
        self._snapshot = snapshot
        self._override = override
        self._as_of = None if overall is None else to_microseconds(overall)
        self._as_of = next((moment for moment in (override, now) if moment is not None), self._as_of)
        self._count = len(snapshot.index.offsets) - 1

    def flags(self, text: str) -> Flags:
        """For each customer, whether the expression holds."""

        def make() -> npt.NDArray[np.uint8]:
            compiled = self._compiled(text, "boolean")
            kept = self._kept(compiled)
            if kept is None:
                return np.packbits(self._evaluate(compiled).to_numpy(zero_copy_only=False))
            return np.packbits((np.array(kept[1]) == "true")[kept[0]])

        packed = self._snapshot.keep(self._key(text), make)
        return np.unpackbits(packed, count=self._count).view(np.bool_)

    def tried(self, text: str) -> Flags:
        """The same of a condition that somebody is only trying: it is not kept."""
        found: Flags = self._evaluate(self._compiled(text, "boolean")).to_numpy(zero_copy_only=False)
        return found

    def prepare(self, texts: Iterable[str]) -> None:
        """Evaluate several conditions for `flags` in one pass over the customers."""
        new = [text for text in dict.fromkeys(texts) if not self._snapshot.keeps(self._key(text))]
        compiled = [self._compiled(text, "boolean", prefix=f"p{number}_") for number, text in enumerate(new)]
        for text, answers in zip(new, self._evaluate_all(compiled), strict=True):
            self._snapshot.keep(self._key(text), partial(np.packbits, answers.to_numpy(zero_copy_only=False)))

    def _key(self, text: str) -> tuple[object, ...]:
        """By what the flags of a condition are kept."""
        return ("customer flags", text, self._as_of, self._override)

    def labels(self, text: str) -> tuple[Codes, tuple[str, ...]]:
        """For each customer the number of its label, and the labels: the values of the expression as text."""

        def make() -> tuple[Codes, tuple[str, ...]]:
            compiled = self._compiled(text, "scalar")
            kept = self._kept(compiled)
            return numbered(self._evaluate(compiled)) if kept is None else named(*kept)

        return self._snapshot.keep(("customer labels", text, self._as_of, self._override), make)

    def known_labels(self, text: str) -> tuple[Codes, tuple[str, ...]]:
        """The same, of what is known alone: for each customer the number of its label plus 1, or 0; and the labels."""
        key = ("known customer labels", text, self._as_of, self._override)
        return self._snapshot.keep(key, lambda: known(*self.labels(text)))

    def persona(self, key: str) -> Flags:
        """Which customers are this persona, as of now.

        Raises:
            QuestionError: The map has no such persona, or nothing tells who is one.
        """

        def make() -> Flags:
            flags = self.flags(self._who(key))
            flags.flags.writeable = False
            return flags

        return self._snapshot.keep(("persona", key, self._as_of, self._override), make)

    def segment(self, key: str) -> Flags:
        """Which customers are in this segment, as of now.

        Raises:
            QuestionError: The map has no such segment.
        """

        def make() -> Flags:
            flags = self.flags(self._selecting(key))
            flags.flags.writeable = False
            return flags

        return self._snapshot.keep(("segment", key, self._as_of, self._override), make)

    def _selecting(self, key: str) -> str:
        """What selects a segment's customers."""
        segments = self._snapshot.journey_map.segment
        if key not in segments:
            raise QuestionError(
                sentence("there is no segment '{key}'{suggestion}", key=key, suggestion=did_you_mean(key, segments))
            )
        return segments[key].who

    def trait(self, key: str) -> pa.Array:
        """A computed trait of every customer, as of now; null where nothing is known."""
        trait = self._snapshot.journey_map.trait[key]
        return self._snapshot.keep(
            ("trait", key, self._as_of), lambda: computed_trait(self._snapshot, trait, self._as_of)
        )

    @property
    def personas_known(self) -> tuple[str, ...]:
        """Personas of whom it can be told who is one."""
        return tuple(persona.key for persona in self._snapshot.journey_map.personas if persona.who is not None)

    @property
    def personas_at_hand(self) -> bool:
        """Whether it was found out of all customers already who is which persona."""
        return all(
            self._snapshot.keeps(("persona", key, self._as_of, self._override))
            or self._snapshot.keeps(self._key(self._who(key)))
            for key in self.personas_known
        )

    def personas_of(self, customers: Sequence[int]) -> list[tuple[str, ...]]:
        """Of some customers, the personas that each is, as of now; they are found out in one pass over all."""
        known = self.personas_known
        self.prepare(self._who(key) for key in known)
        flags = {key: self.persona(key) for key in known}
        return [tuple(key for key in known if flags[key][customer]) for customer in customers]

    def _who(self, key: str) -> str:
        """What tells who is a persona."""
        personas = self._snapshot.journey_map.persona
        if key not in personas:
            raise QuestionError(
                sentence("the map has no persona '{key}'{suggestion}", key=key, suggestion=did_you_mean(key, personas))
            )
        who = personas[key].who
        if who is None:
            raise QuestionError(sentence("nothing tells who is a '{key}'; add a signal with 'who' for it", key=key))
        return who

    def personas(self) -> str:
        """A SELECT of (customer, persona), a row for each persona that a customer is."""
        if self._override is None:
            return "SELECT customer, unnest(personas) AS persona FROM customers"
        branches = [
            f"SELECT customer, {literal(key)} AS persona FROM ({self.selecting(self._who(key))})"
            for key in self.personas_known
        ]
        return " UNION ALL ".join(branches) or "SELECT customer, NULL::VARCHAR AS persona FROM customers WHERE FALSE"

    def selecting(self, text: str) -> str:
        """A SELECT of the customers for whom the expression holds."""
        compiled = self._compiled(text, "boolean")
        return f"SELECT customer FROM ({self._relation(compiled)}) WHERE {inlined(compiled, self._as_of)}"

    def labelling(self, text: str) -> str:
        """A SELECT of (customer, label)."""
        compiled = self._compiled(text, "scalar")
        label = f"coalesce(({inlined(compiled, self._as_of)})::VARCHAR, {literal(NOT_KNOWN)})"
        return f"SELECT customer, {label} AS label FROM ({self._relation(compiled)})"

    def _compiled(self, text: str, expects: str, prefix: str = "p") -> Compiled:
        return compile_expression(
            text,
            scope=Scope.CUSTOMER,
            expects=expects,  # type: ignore[arg-type]  # one of its literals
            catalog=self._snapshot.catalog,
            prefix=prefix,
        )

    def _kept(self, compiled: Compiled) -> tuple[Codes, pa.StringArray] | None:
        """What the writer kept of an expression over traits alone."""
        return self._snapshot.store.labels(Scope.CUSTOMER, compiled, index=self._snapshot.index)

    def _evaluate(self, compiled: Compiled) -> pa.Array:
        (answers,) = self._evaluate_all([compiled])
        return answers

    def _evaluate_all(self, compiled: Sequence[Compiled], customer: int | None = None) -> list[pa.Array]:
        """What several expressions say, of every customer or of one; their parameters have prefixes of their own."""
        if not compiled:
            return []
        columns: dict[str, pa.Array] = {
            "customer": pa.array(np.arange(self._count, dtype=np.uint32)),
        }
        if any("traits" in one.sql for one in compiled):
            columns["traits"] = self.traits()
        for need in (need for one in compiled for need in one.requires):
            if need.column not in columns:
                columns[need.column] = self._required(need)
        parameters = {name: value for one in compiled for name, value in one.parameters.items()}
        if any(one.uses_as_of for one in compiled):
            parameters["as_of"] = None if self._as_of is None else from_microseconds(self._as_of)
        table = pa.table(columns) if customer is None else pa.table(columns).slice(customer, 1)
        outputs = ", ".join(f"{one.sql} AS answer{number}" for number, one in enumerate(compiled))
        with Engine() as engine:
            engine.register("customers", table)
            answers = engine.query(f"SELECT {outputs} FROM customers ORDER BY customer", parameters)
        return [column.combine_chunks() for column in answers.columns]

    def of_one(self, customer: int, asked: Sequence[tuple[str, str]]) -> list[Any]:
        """What several expressions say of one customer.

        Args:
            customer: Her number.
            asked: Each expression, and what is expected of it, as `compile_expression` knows it.
        """
        compiled = [self._compiled(text, expects, prefix=f"p{number}_") for number, (text, expects) in enumerate(asked)]
        return [answers[0].as_py() for answers in self._evaluate_all(compiled, customer)]

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
            case "segment":
                return pa.array(self.segment(need.name))
            case "trait":
                return self.trait(need.name)
            case "met" | "missed" | "opened" | "open":
                return pa.array(sum((self._openings(need, name) for name in self._asked(need)), self._nobody))

    def _bounds(self, need: Requirement) -> tuple[int, int]:
        """When what is asked for may have happened, (after, until], microseconds since 1970."""
        if self._as_of is None:
            return _ANY_TIME
        since = _ANY_TIME[0] if need.last_seconds is None else self._as_of - need.last_seconds * SECOND
        return since, self._as_of

    def _visits(self, need: Requirement) -> pa.Array:
        snapshot = self._snapshot
        since, until = (moment - snapshot.epoch + 1 for moment in self._bounds(need))
        codes = [snapshot.journey_map.code[need.name]]
        found = events_of_each(snapshot.journeys, codes, period=(since, until))
        if need.kind == "count":
            return pa.array(found.counts)
        never = found.last < 0
        latest = np.zeros(self._count, np.int64)
        latest[~never] = snapshot.times(found.last[~never])
        return pa.array(latest, mask=never).cast(INSTANT)

    @property
    def _nobody(self) -> npt.NDArray[np.int64]:
        return np.zeros(self._count, np.int64)

    def _asked(self, need: Requirement) -> tuple[str, ...]:
        """The expectations that are asked for: the one that is named, else all."""
        return (need.name,) if need.name else tuple(self._snapshot.journey_map.expectation)

    def _openings(self, need: Requirement, name: str) -> npt.NDArray[np.int64]:
        """How many openings of an expectation each customer has that came out as is asked."""
        snapshot, expectation = self._snapshot, self._snapshot.journey_map.expectation[name]
        # What opens and closes does not depend on the moment; only what is certain by then does.
        found = outcomes_of(snapshot, expectation, as_of=expectation_as_of(snapshot, expectation))
        complete = expectation_as_of(snapshot, expectation, self._override)
        mature = np.zeros(len(found.deadline), np.bool_) if complete is None else found.deadline <= complete
        since, until = self._bounds(need)
        chosen = (found.opened_at > since) & (found.opened_at <= until)
        if need.kind == "met":
            chosen &= found.named("met")
        if need.kind == "missed":
            chosen &= (found.named("missed") | found.named("open")) & mature
        if need.kind in {"met", "open"} and chosen.any():
            closed = chosen & (found.closed >= 0)
            by_then = np.zeros(len(chosen), np.bool_)
            by_then[closed] = snapshot.times(found.closed[closed]) <= until
            chosen &= by_then if need.kind == "met" else ~by_then & ~mature
        return np.bincount(found.customer[chosen], minlength=self._count).astype(np.int64)

    # The same in SQL.

    def _relation(self, compiled: Compiled) -> str:
        columns = "".join(f', {self._required_sql(need)} AS "{need.column}"' for need in compiled.requires)
        return f"SELECT c.customer, c.traits{columns} FROM customers c"

    def _required_sql(self, need: Requirement) -> str:
        if need.kind == "persona":
            if self._override is None:
                return f"list_contains(c.personas, {literal(need.name)})"
            return f"(c.customer IN ({self.selecting(self._who(need.name))}))"
        if need.kind in {"count", "latest"}:
            when = self._when(need, "v.occurred_at")
            what = "count(*)" if need.kind == "count" else "max(v.occurred_at)"
            return (
                f"(SELECT {what} FROM visits v WHERE v.customer = c.customer"
                f" AND v.touchpoint = {literal(need.name)}{when})"
            )
        if need.kind == "segment":
            return f"(c.customer IN ({self.selecting(self._selecting(need.name))}))"
        if need.kind == "trait":
            return computed_trait_sql(self._snapshot, self._snapshot.journey_map.trait[need.name], self._as_of)
        when = self._when(need, "o.opened_at")
        came_out = " OR ".join(
            f"(o.expectation = {literal(name)}{self._came_out(need, name)})" for name in self._asked(need)
        )
        return f"(SELECT count(*) FROM outcomes o WHERE o.customer = c.customer AND ({came_out or 'FALSE'}){when})"

    def _came_out(self, need: Requirement, name: str) -> str:
        """A condition on how an opening of the view `outcomes`, which knows of all events, had ended as of then."""
        if need.kind == "met":
            until = "" if self._as_of is None else f" AND o.closed_at <= {moment(self._as_of)}"
            return f" AND o.outcome = 'met'{until}"
        if need.kind == "missed":
            return f" AND o.closed_at IS NULL AND {self._passed(name)}"
        if need.kind == "open":
            later = "" if self._as_of is None else f" OR o.closed_at > {moment(self._as_of)}"
            return f" AND (o.closed_at IS NULL{later}) AND NOT {self._passed(name)}"
        return ""

    def _passed(self, name: str) -> str:
        """A condition: the deadline of an opening had passed when the data were complete."""
        expectation = self._snapshot.journey_map.expectation[name]
        as_of = expectation_as_of(self._snapshot, expectation, self._override)
        return "FALSE" if as_of is None else f"o.deadline <= {moment(as_of)}"

    def _when(self, need: Requirement, column: str) -> str:
        since, until = self._bounds(need)
        after = f" AND {column} > {moment(since)}" if since > _ANY_TIME[0] else ""
        return after + (f" AND {column} <= {moment(until)}" if until < _ANY_TIME[1] else "")
