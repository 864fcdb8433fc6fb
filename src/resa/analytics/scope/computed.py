"""Computed traits: what the events of each customer make, and the SQL that makes the same."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.calendar import DAY, SECOND
from resa.analytics.scope.snapshot import Flags, Positions, Snapshot
from resa.analytics.sql.text import inlined, listed, moment
from resa.kernels import WHOLE_TIME, events_of_each
from resa.model.customers import ComputedTrait

__all__ = ["computed_trait", "computed_trait_sql"]


def computed_trait(snapshot: Snapshot, trait: ComputedTrait, now: int | None) -> pa.Array:
    """The trait of every customer; null where nothing is known.

    Args:
        snapshot: The events.
        trait: How they make one value.
        now: Events until then count, and are looked back at from then, microseconds since 1970; `None`: all events,
            and how long ago they were is not known.
    """
    if trait.way in {"count", "days_since_first", "days_since_last"}:
        return _of_each(snapshot, trait, now)
    count = len(snapshot.index.offsets) - 1
    positions = _positions(snapshot, trait)
    if now is not None:
        times = snapshot.times(positions)
        recent = times <= now
        if trait.in_last is not None:
            recent &= times > now - trait.in_last.seconds * SECOND
        positions = positions[recent]
    match trait.way:
        case "sum":
            numbers = snapshot.numbers_at(trait.value, positions)
            known = ~np.isnan(numbers)
            customers = snapshot.customers_at(positions[known])
            return pa.array(np.bincount(customers, weights=numbers[known], minlength=count))
        case _:
            return _said(snapshot, trait, positions, count)


def _positions(snapshot: Snapshot, trait: ComputedTrait) -> Positions:
    """Where the events stand that count, whenever they happened."""
    chosen: Flags = np.ones(len(snapshot.index.rows), np.bool_)
    if trait.of:
        codes = [snapshot.journey_map.code[key] for key in trait.of]
        chosen = np.isin(snapshot.column.touchpoints, codes)
    if trait.when is not None:
        chosen = chosen & snapshot.event_flags(trait.when)
    return np.flatnonzero(chosen)


def _said(snapshot: Snapshot, trait: ComputedTrait, positions: Positions, count: int) -> pa.Array:
    """The first, the last or the most frequent value; events that say nothing are passed over."""
    values = snapshot.event_values(trait.value or "value")
    codes: npt.NDArray[np.int64] = values.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    positions = positions[codes[positions] >= 0]
    customers, said = snapshot.customers_at(positions), codes[positions]
    chosen = np.full(count, -1, np.int64)
    if trait.way == "last":
        chosen[customers] = said  # ascending within a customer: the last one written stays
    elif trait.way == "first":
        chosen[customers[::-1]] = said[::-1]
    elif len(said):
        pairs, times = np.unique(customers * len(values.dictionary) + said, return_inverse=True)
        often = np.bincount(times)
        latest = np.zeros(len(pairs), np.int64)
        latest[times] = np.arange(len(said))
        order = np.lexsort((latest, often))  # the most frequent last, of equals the latest
        chosen[pairs[order] // len(values.dictionary)] = pairs[order] % len(values.dictionary)
    return values.dictionary.take(pa.array(chosen, mask=chosen < 0))


def _of_each(snapshot: Snapshot, trait: ComputedTrait, now: int | None) -> pa.Array:
    """How many events count, or how many days ago the first or last of them was."""
    period = None
    if now is not None:
        since = WHOLE_TIME[0] if trait.in_last is None else now - trait.in_last.seconds * SECOND - snapshot.epoch + 1
        period = (since, now - snapshot.epoch + 1)
    found = events_of_each(
        snapshot.journeys,
        [snapshot.journey_map.code[key] for key in trait.of] or None,
        chosen=None if trait.when is None else snapshot.event_flags(trait.when),
        period=period,
    )
    if trait.way == "count":
        return pa.array(found.counts)
    at = found.first if trait.way == "days_since_first" else found.last
    if now is None:
        return pa.nulls(len(at), pa.float64())
    never = at < 0
    days = np.zeros(len(at))
    days[~never] = (now - snapshot.times(at[~never])) / DAY
    return pa.array(days, mask=never)


def computed_trait_sql(snapshot: Snapshot, trait: ComputedTrait, now: int | None) -> str:
    """A scalar query of the trait of the customer `c.customer`, over the views `events` and `visits`."""
    answer = "NULL"
    if trait.value is not None:
        expects = "number" if trait.way == "sum" else "scalar"
        answer = inlined(snapshot.event_expression(trait.value, expects))
    elif trait.way == "sum":
        answer = "visited_value"
    source = "SELECT * FROM events"
    if trait.of:
        source = (
            "SELECT e.*, v.value AS visited_value FROM events e JOIN visits v ON v.position = e.position"
            f" WHERE v.touchpoint IN {listed(trait.of)}"
        )
    conditions = []
    if trait.when is not None:
        conditions.append(inlined(snapshot.event_expression(trait.when, "boolean")))
    if now is not None:
        conditions.append(f"occurred_at <= {moment(now)}")
        if trait.in_last is not None:
            conditions.append(f"occurred_at > {moment(now - trait.in_last.seconds * SECOND)}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = f"(SELECT customer, position, occurred_at, {answer} AS answer FROM ({source}){where})"
    mine = f"{rows} t WHERE t.customer = c.customer"
    match trait.way:
        case "count":
            return f"(SELECT count(*) FROM {mine})"
        case "sum":
            return f"(SELECT coalesce(sum(t.answer), 0) FROM {mine})"
        case "first" | "last":
            pick = "arg_min" if trait.way == "first" else "arg_max"
            return f"(SELECT {pick}(t.answer, t.position) FROM {mine} AND t.answer IS NOT NULL)"
        case "most_frequent":
            counted = (
                f"SELECT customer, answer, count(*) AS often, max(position) AS latest FROM {rows}"
                " WHERE answer IS NOT NULL GROUP BY customer, answer"
            )
            return f"(SELECT arg_max(t.answer, (t.often, t.latest)) FROM ({counted}) t WHERE t.customer = c.customer)"
        case _:
            pick = "min" if trait.way == "days_since_first" else "max"
            until = "NULL::TIMESTAMPTZ" if now is None else moment(now)
            return f"(SELECT (epoch_us({until}) - epoch_us({pick}(t.occurred_at))) / 86400000000 FROM {mine})"
