"""The path planned for a persona, and how customers really go.

Defined in `resa.kernels.walks`: a customer is on the plan as far as the funnel of its touchpoints goes, any time between
steps, any other touchpoint in between. After each planned touchpoint looks at what came next, repeats of it left out:
the next planned one (*direct*), something else before the next planned one (*detour*), or never the next planned one
(*left*).
"""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.answer import Answer
from resa.analytics.chain_sql import chosen_chain
from resa.analytics.intervals_sql import wilson_sql
from resa.analytics.questions import PlannedQuestion
from resa.analytics.result import Column, Counted, Part, part_of, problem
from resa.analytics.selection import WHOLE, Selection
from resa.analytics.sql_text import Statement, listed, literal
from resa.analytics.statistics import share
from resa.base.errors import QuestionError, did_you_mean
from resa.kernels import DETOUR, DIRECT, LEFT, Walks, walks, wilson_interval
from resa.model.journey import Persona

__all__ = ["DETOUR_COLUMNS", "PLANNED_COLUMNS", "answer_planned"]

_WHO: Final = (
    Column("persona", pa.string(), "Whose planned path it is."),
    Column("who", pa.string(), "Who walks it: the persona's own customers, or everyone."),
    Column("step", pa.int64(), "Number of the planned touchpoint, 1 for the first."),
    Column("touchpoint", pa.string(), "The planned touchpoint."),
)

PLANNED_COLUMNS: Final = (
    *_WHO,
    Column("customers", pa.int64(), "Customers who came this far in the planned order."),
    Column("share", pa.float64(), "Of those who began it, 0 to 1."),
    Column("low", pa.float64(), "Lower end of the 95 % interval of that share (Wilson, by customer)."),
    Column("high", pa.float64(), "Upper end."),
    Column("direct", pa.int64(), "Of these, those whose next touchpoint was the next planned one."),
    Column("detour", pa.int64(), "Of these, those who came to the next planned one by way of others."),
    Column(
        "left", pa.int64(), "Of these, those who did not come to the next planned one; null at the end of the path."
    ),
)

DETOUR_COLUMNS: Final = (
    *_WHO,
    Column("to", pa.string(), "Where they went instead of the next planned touchpoint; null: nowhere, so far."),
    Column("customers", pa.int64(), "How many."),
    Column("returned", pa.int64(), "Of these, those who came to the next planned touchpoint later."),
)


@dataclass(frozen=True)
class _Walk:
    """How some customers walked one plan.

    Attributes:
        selection: What is looked at.
        persona: Whose plan.
        own: The persona's own customers walked it; else everyone.
    """

    selection: Selection
    persona: Persona
    own: bool

    @property
    def who(self) -> str:
        """`persona` or `everyone`."""
        return "persona" if self.own else "everyone"

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Customers by step, by the code of the touchpoint that followed, and by their way on."""
        return self._walked(each=False).counts

    def people(self, step: int, wanted: npt.NDArray[np.bool_]) -> Counted:
        """Those who came to a step and went on so: flags as long and wide as `counts[step]`."""
        chosen = np.concatenate([[False], wanted.reshape(-1)])
        return np.flatnonzero(chosen[self._each[:, step]]).astype(np.int64)

    @cached_property
    def _each(self) -> npt.NDArray[np.uint32]:
        return self._walked(each=True).each

    def _walked(self, *, each: bool) -> Walks:
        selection, snapshot = self.selection, self.selection.snapshot
        mask = selection.customers
        if self.own:
            flags = selection.expressions.persona(self.persona.key)
            mask = flags if mask is None else mask & flags
        return walks(
            selection.journeys,
            [snapshot.journey_map.code[key] for key in self.persona.path],
            len(snapshot.names),
            period=None if selection.bounds == WHOLE else selection.period,
            customers=mask,
            each=each,
        )


def answer_planned(question: PlannedQuestion, selection: Selection) -> Answer:
    """Compare plans with what customers did."""
    personas = _asked(question, selection)
    warnings = tuple(
        f"Nothing tells who is a '{persona.key}': its path is compared with everyone only."
        for persona in personas
        if persona.who is None
    )
    warnings += tuple(filter(None, (_unseen(selection, persona) for persona in personas)))
    found = [
        _Walk(selection, persona, own)
        for persona in personas
        for own in (True, False)
        if persona.who is not None or not own
    ]
    statement = selection.statement
    for number, walk in enumerate(found):
        statement = _walk_steps(statement, selection, walk, number)
    return Answer(
        parts={"planned": _planned(found, statement), "detours": _detours(selection, found, statement)},
        n={"plans": len(personas)},
        warnings=warnings,
    )


def _unseen(selection: Selection, persona: Persona) -> str:
    """Why nobody can be counted from some planned touchpoint on; empty if all of them are seen."""
    signals = selection.snapshot.journey_map.signal
    for step, key in enumerate(persona.path):
        if key not in signals or signals[key].kind != "events":
            reach = "begin" if step == 0 else "come that far on"
            return f"No events show '{key}', so nobody can be seen to {reach} the path planned for '{persona.key}'."
    return ""


def _asked(question: PlannedQuestion, selection: Selection) -> list[Persona]:
    known = selection.snapshot.journey_map.persona
    for key in question.plans:
        if key not in known:
            raise QuestionError(problem(f"the map has no persona '{key}'{did_you_mean(key, known)}", "plans"))
        if not known[key].path:
            raise QuestionError(problem(f"no path is planned for '{key}'; add `path:` to the persona", "plans"))
    return [known[key] for key in question.plans or known if known[key].path]


def _planned(found: list[_Walk], statement: Statement) -> Part:
    rows: dict[str, list[object]] = {column.name: [] for column in PLANNED_COLUMNS}
    behind: list[tuple[_Walk, int]] = []
    for walk in found:
        began = int(walk.counts[0].sum())
        for step, key in enumerate(walk.persona.path):
            here = int(walk.counts[step].sum())
            last = step + 1 == len(walk.persona.path)
            ways = walk.counts[step].sum(axis=0).tolist()
            _, low, high = wilson_interval(here, began)
            values = (
                *(walk.persona.key, walk.who, step + 1, key, here, share(here, began), low, high),
                *(None if last else ways[way] for way in (DIRECT, DETOUR, LEFT)),
            )
            for column, value in zip(rows.values(), values, strict=True):
                column.append(value)
            behind.append((walk, step))

    def people(row: int, *ways: int) -> Counted:
        walk, step = behind[row]
        wanted = np.zeros(walk.counts[step].shape, np.bool_)
        wanted[:, ways] = True
        return walk.people(step, wanted)

    branches = [
        _planned_sql(walk, number, step) for number, walk in enumerate(found) for step in range(len(walk.persona.path))
    ]
    low_sql, high_sql = wilson_sql("customers", "began")
    sql = statement.select(
        "SELECT persona, who, step, touchpoint, customers, customers / nullif(began, 0) AS share,\n"
        f'  {low_sql} AS low,\n  {high_sql} AS high,\n  direct, detour, "left"\nFROM ({_united(branches)}) ORDER BY number, step'
    )
    return part_of(
        PLANNED_COLUMNS,
        rows,
        sql=sql,
        people={
            "customers": lambda row: people(row, DIRECT, DETOUR, LEFT),
            "direct": lambda row: people(row, DIRECT),
            "detour": lambda row: people(row, DETOUR),
            "left": lambda row: people(row, LEFT),
        },
    )


def _detours(selection: Selection, found: list[_Walk], statement: Statement) -> Part:
    rows: dict[str, list[object]] = {column.name: [] for column in DETOUR_COLUMNS}
    behind: list[tuple[_Walk, int, int]] = []
    names = selection.snapshot.names
    for walk in found:
        for step, key in enumerate(walk.persona.path[:-1]):
            returned = walk.counts[step, :, DETOUR]
            counts = walk.counts[step, :, LEFT] + returned
            for code in sorted(
                np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], not code, names[code])
            ):
                values = (walk.persona.key, walk.who, step + 1, key, names[code] or None)
                for column, value in zip(rows.values(), (*values, int(counts[code]), int(returned[code])), strict=True):
                    column.append(value)
                behind.append((walk, step, code))

    def people(row: int, *ways: int) -> Counted:
        walk, step, code = behind[row]
        wanted = np.zeros(walk.counts[step].shape, np.bool_)
        wanted[code, ways] = True
        return walk.people(step, wanted)

    branches = [
        _detour_sql(walk, number, step)
        for number, walk in enumerate(found)
        for step in range(len(walk.persona.path) - 1)
    ]
    sql = statement.select(
        'SELECT persona, who, step, touchpoint, "to", customers, returned\n'
        f'FROM ({_united(branches)}) ORDER BY number, step, customers DESC, "to" NULLS LAST'
    )
    return part_of(
        DETOUR_COLUMNS,
        rows,
        sql=sql,
        people={
            "customers": lambda row: people(row, LEFT, DETOUR),
            "returned": lambda row: people(row, DETOUR),
        },
    )


def _united(branches: list[str]) -> str:
    if branches:
        return "\nUNION ALL\n".join(branches)
    return (
        "SELECT NULL::VARCHAR AS persona, NULL::VARCHAR AS who, 0 AS number, 0 AS step, NULL::VARCHAR AS touchpoint, 0 AS customers,"
        ' 0 AS began, 0 AS direct, 0 AS detour, 0 AS "left", NULL::VARCHAR AS "to", 0 AS returned WHERE FALSE'
    )


def _walk_steps(statement: Statement, selection: Selection, walk: _Walk, number: int) -> Statement:
    """`walk<number>`: a row a customer who began, with `p<n>`, and the next other touchpoint, `n<n>` at `o<n>`."""
    path = walk.persona.path
    source = "seen"
    if walk.own:
        source = f"own{number}"
        chosen = (
            f"SELECT customer FROM ({selection.expressions.personas()}) WHERE persona = {literal(walk.persona.key)}"
        )
        statement = statement.step(source, f"SELECT * FROM seen WHERE customer IN ({chosen})")
    statement = chosen_chain(
        statement,
        [(step, listed([key])) for step, key in enumerate(path)],
        source=source,
        condition=selection.in_period("occurred_at"),
        name=f"{number}_",
    )
    rows = f"chosen{number}_"
    for step, key in enumerate(path[:-1]):
        name = f"after{number}_{step}"
        statement = statement.step(
            name,
            f"SELECT a.*, b.touchpoint AS n{step}, b.position AS o{step} FROM {rows} a\n"
            f"ASOF LEFT JOIN (SELECT customer, position, touchpoint FROM {source} WHERE touchpoint <> {literal(key)}) b\n"
            f"  ON a.customer = b.customer AND a.p{step} < b.position",
        )
        rows = name
    return statement.step(f"walk{number}", f"SELECT * FROM {rows}")


def _direct_sql(walk: _Walk, step: int) -> str:
    path = walk.persona.path
    if path[step] == path[step + 1]:
        return f"(p{step + 1} IS NOT NULL AND (o{step} IS NULL OR p{step + 1} < o{step}))"
    return f"(p{step + 1} IS NOT NULL AND p{step + 1} = o{step})"


def _labels(walk: _Walk, number: int, step: int) -> str:
    persona = f"{literal(walk.persona.key)} AS persona, {literal(walk.who)} AS who"
    return f"{persona}, {number} AS number, {step + 1} AS step, {literal(walk.persona.path[step])} AS touchpoint"


def _planned_sql(walk: _Walk, number: int, step: int) -> str:
    if step + 1 == len(walk.persona.path):
        ways = 'NULL::BIGINT AS direct, NULL::BIGINT AS detour, NULL::BIGINT AS "left"'
    else:
        direct = _direct_sql(walk, step)
        ways = (
            f"count(*) FILTER (p{step} IS NOT NULL AND {direct}) AS direct,"
            f" count(*) FILTER (p{step + 1} IS NOT NULL AND NOT {direct}) AS detour,"
            f' count(*) FILTER (p{step} IS NOT NULL AND p{step + 1} IS NULL) AS "left"'
        )
    return f"SELECT {_labels(walk, number, step)}, count(p{step}) AS customers, count(p0) AS began, {ways} FROM walk{number}"


def _detour_sql(walk: _Walk, number: int, step: int) -> str:
    return (
        f'SELECT {_labels(walk, number, step)}, n{step} AS "to", count(*) AS customers, count(p{step + 1}) AS returned\n'
        f"FROM walk{number} WHERE p{step} IS NOT NULL AND NOT coalesce({_direct_sql(walk, step)}, FALSE) GROUP BY n{step}"
    )
