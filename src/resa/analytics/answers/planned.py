"""The path planned for a persona, and how customers really go.

Defined in `resa.kernels.walks`: a customer is on the plan as far as the funnel of its touchpoints goes, any time between
steps, any other touchpoint in between. After each planned touchpoint looks at what came next, repeats of it left out:
the next planned one (*direct*), something else before the next planned one (*detour*), or never the next planned one
(*left*).
"""

# ruff: noqa: S608, E501 - every part of the SQL is written here or is an escaped literal; its lines stay whole

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.questions.kinds import PlannedQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, part_of, problem
from resa.analytics.scope.grouping import GROUP, Groups, grouped
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.sql.chain import chosen_chain
from resa.analytics.sql.intervals import wilson_sql
from resa.analytics.sql.text import Statement, listed, literal
from resa.analytics.statistics import share
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import NOTHING, Sentence, sentence
from resa.kernels import DETOUR, DIRECT, LEFT, Walks, funnel, walks, wilson_interval
from resa.model.journey import Persona

__all__ = ["DETOUR_COLUMNS", "PLANNED_COLUMNS", "answer_planned", "asked_plans", "unseen"]

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
class _Plan:
    """One plan and who may walk it.

    Attributes:
        selection: What is looked at.
        persona: Whose plan.
        own: The persona's own customers walk it; else everyone.
    """

    selection: Selection
    persona: Persona
    own: bool

    @property
    def who(self) -> str:
        """`persona` or `everyone`."""
        return "persona" if self.own else "everyone"

    @cached_property
    def codes(self) -> list[int]:
        """Codes of the planned touchpoints."""
        return [self.selection.snapshot.journey_map.code[key] for key in self.persona.path]

    @cached_property
    def customers(self) -> Flags | None:
        """Who takes part; `None`: everybody."""
        mask = self.selection.customers
        if not self.own:
            return mask
        flags = self.selection.expressions.persona(self.persona.key)
        return flags if mask is None else mask & flags

    @cached_property
    def _begun(self) -> tuple[npt.NDArray[np.int64], Positions]:
        """Customers who began it, and the event at which each did."""
        steps = [(code,) for code in self.codes]
        found = funnel(
            self.selection.journeys,
            steps,
            within_us=2**60,
            optional=[False] * len(steps),
            period=self.selection.period,
            customers=self.customers,
        )
        customers = np.flatnonzero(found.levels).astype(np.int64)
        return customers, found.positions[customers, 0]

    @cached_property
    def groups(self) -> Groups:
        """Groups of those who began it."""
        if self.selection.question.by is None:
            return Groups((None,), (None,))
        return grouped(self.selection, *self._begun)

    def walks(self) -> list[_Walk]:
        """How each group walked it."""
        if not self.groups.by:
            return [_Walk(self, None, self.customers)]
        found = []
        for label, members in self.groups.split():
            flags = np.zeros(len(self.selection.snapshot.index.offsets) - 1, np.bool_)
            flags[self._begun[0][members]] = True
            found.append(_Walk(self, label, flags))
        return found


@dataclass(frozen=True)
class _Walk:
    """How some customers walked one plan.

    Attributes:
        plan: The plan.
        label: Their group; `None`: there are no groups.
        customers: Who they are; `None`: everybody.
    """

    plan: _Plan
    label: str | None
    customers: Flags | None

    @property
    def persona(self) -> Persona:
        """Whose plan it is."""
        return self.plan.persona

    @property
    def who(self) -> tuple[str | None, ...]:
        """The group, if there are groups; persona, and `persona` or `everyone`."""
        return (*((self.label,) if self.plan.groups.by else ()), self.persona.key, self.plan.who)

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
        selection = self.plan.selection
        return walks(
            selection.journeys,
            self.plan.codes,
            len(selection.snapshot.names),
            period=None if selection.bounds == WHOLE else selection.period,
            customers=self.customers,
            each=each,
        )


def answer_planned(question: PlannedQuestion, selection: Selection) -> Answer:
    """Compare plans with what customers did."""
    personas = asked_plans(question.plans, selection)
    warnings: tuple[Sentence, ...] = tuple(
        sentence("Nothing tells who is a '{persona}': its path is compared with everyone only.", persona=persona.key)
        for persona in personas
        if persona.who is None
    )
    warnings += tuple(filter(None, (unseen(selection, persona) for persona in personas)))
    plans = [
        _Plan(selection, persona, own)
        for persona in personas
        for own in (True, False)
        if persona.who is not None or not own
    ]
    statement = selection.statement
    for number, plan in enumerate(plans):
        statement = _walk_steps(statement, selection, plan, number)
    walked = [walk for plan in plans for walk in plan.walks()]
    by = (GROUP,) if question.by is not None else ()
    return Answer(
        parts={
            "planned": _planned(plans, walked, by, statement),
            "detours": _detours(selection, plans, walked, by, statement),
        },
        n={"plans": len(personas)},
        warnings=(*warnings, *dict.fromkeys(said for plan in plans for said in plan.groups.warnings)),
    )


def unseen(selection: Selection, persona: Persona) -> Sentence:
    """Why nobody can be counted from some planned touchpoint on; empty if all of them are seen."""
    shown = selection.snapshot.journey_map.shown
    for step, key in enumerate(persona.path):
        if key not in shown:
            names = {"touchpoint": key, "persona": persona.key}
            if step == 0:
                return sentence(
                    "No events show '{touchpoint}', so nobody can be seen to begin the path planned for '{persona}'.",
                    **names,
                )
            return sentence(
                "No events show '{touchpoint}', so nobody can be seen to come that far on the path planned for '{persona}'.",
                **names,
            )
    return NOTHING


def asked_plans(plans: Sequence[str], selection: Selection) -> list[Persona]:
    """The personas of these keys, or all whose path is planned.

    Raises:
        QuestionError: There is no such persona, or no path is planned for it.
    """
    known = selection.snapshot.journey_map.persona
    for key in plans:
        if key not in known:
            raise QuestionError(
                problem(
                    sentence(
                        "the map has no persona '{key}'{suggestion}", key=key, suggestion=did_you_mean(key, known)
                    ),
                    "plans",
                )
            )
        if not known[key].path:
            raise QuestionError(
                problem(sentence("no path is planned for '{key}'; add `path:` to the persona", key=key), "plans")
            )
    return [known[key] for key in plans or known if known[key].path]


def _planned(plans: list[_Plan], found: list[_Walk], by: tuple[Column, ...], statement: Statement) -> Part:
    columns = (*by, *PLANNED_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[_Walk, int]] = []
    for walk in found:
        began = int(walk.counts[0].sum())
        for step, key in enumerate(walk.persona.path):
            here = int(walk.counts[step].sum())
            last = step + 1 == len(walk.persona.path)
            ways = walk.counts[step].sum(axis=0).tolist()
            _, low, high = wilson_interval(here, began)
            values = (
                *(*walk.who, step + 1, key, here, share(here, began), low, high),
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

    def left(row: int) -> Counted:
        return people(row, *(() if rows["left"][row] is None else (LEFT,)))  # there is nothing to leave for at the end

    branches = [
        _planned_sql(plan, number, step) for number, plan in enumerate(plans) for step in range(len(plan.persona.path))
    ]
    low_sql, high_sql = wilson_sql("customers", "began")
    sql = statement.select(
        f"SELECT {_group(by)}persona, who, step, touchpoint, customers, customers / nullif(began, 0) AS share,\n"
        f'  {low_sql} AS low,\n  {high_sql} AS high,\n  direct, detour, "left"\n'
        f"FROM ({_united(branches, by)}) ORDER BY number, rank, step"
    )
    return part_of(
        columns,
        rows,
        sql=sql,
        people={
            "customers": lambda row: people(row, DIRECT, DETOUR, LEFT),
            "direct": lambda row: people(row, DIRECT),
            "detour": lambda row: people(row, DETOUR),
            "left": left,
        },
    )


def _detours(
    selection: Selection, plans: list[_Plan], found: list[_Walk], by: tuple[Column, ...], statement: Statement
) -> Part:
    columns = (*by, *DETOUR_COLUMNS)
    rows: dict[str, list[object]] = {column.name: [] for column in columns}
    behind: list[tuple[_Walk, int, int]] = []
    names = selection.snapshot.names
    for walk in found:
        for step, key in enumerate(walk.persona.path[:-1]):
            returned = walk.counts[step, :, DETOUR]
            counts = walk.counts[step, :, LEFT] + returned
            for code in sorted(
                np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], not code, names[code])
            ):
                values = (*walk.who, step + 1, key, names[code] or None)
                for column, value in zip(rows.values(), (*values, int(counts[code]), int(returned[code])), strict=True):
                    column.append(value)
                behind.append((walk, step, code))

    def people(row: int, *ways: int) -> Counted:
        walk, step, code = behind[row]
        wanted = np.zeros(walk.counts[step].shape, np.bool_)
        wanted[code, ways] = True
        return walk.people(step, wanted)

    branches = [
        _detour_sql(plan, number, step)
        for number, plan in enumerate(plans)
        for step in range(len(plan.persona.path) - 1)
    ]
    sql = statement.select(
        f'SELECT {_group(by)}persona, who, step, touchpoint, "to", customers, returned\n'
        f'FROM ({_united(branches, by)}) ORDER BY number, rank, step, customers DESC, "to" NULLS LAST'
    )
    return part_of(
        columns,
        rows,
        sql=sql,
        people={
            "customers": lambda row: people(row, LEFT, DETOUR),
            "returned": lambda row: people(row, DETOUR),
        },
    )


def _group(by: tuple[Column, ...]) -> str:
    return '"group", ' if by else ""


def _united(branches: list[str], by: tuple[Column, ...]) -> str:
    if branches:
        return "\nUNION ALL\n".join(branches)
    group = 'NULL::VARCHAR AS "group", ' if by else ""
    return (
        f"SELECT {group}1 AS rank,"
        " NULL::VARCHAR AS persona, NULL::VARCHAR AS who, 0 AS number, 0 AS step, NULL::VARCHAR AS touchpoint, 0 AS customers,"
        ' 0 AS began, 0 AS direct, 0 AS detour, 0 AS "left", NULL::VARCHAR AS "to", 0 AS returned WHERE FALSE'
    )


def _walk_steps(statement: Statement, selection: Selection, plan: _Plan, number: int) -> Statement:
    """`walk<number>`: a row a customer who began, with `p<n>`, and the next other touchpoint, `n<n>` at `o<n>`.

    With groups a row for each group that the customer is in.
    """
    path = plan.persona.path
    source = "seen"
    if plan.own:
        source = f"own{number}"
        chosen = (
            f"SELECT customer FROM ({selection.expressions.personas()}) WHERE persona = {literal(plan.persona.key)}"
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
    statement = statement.step(f"begun{number}", f"SELECT *, p0 AS position, t0 AS started_at FROM {rows}")
    return statement.step(f"walk{number}", plan.groups.over(f"begun{number}"))


def _direct_sql(plan: _Plan, step: int) -> str:
    path = plan.persona.path
    if path[step] == path[step + 1]:
        return f"(p{step + 1} IS NOT NULL AND (o{step} IS NULL OR p{step + 1} < o{step}))"
    return f"(p{step + 1} IS NOT NULL AND p{step + 1} = o{step})"


def _labels(plan: _Plan, number: int, step: int) -> str:
    persona = f"{literal(plan.persona.key)} AS persona, {literal(plan.who)} AS who"
    touchpoint = f"{step + 1} AS step, {literal(plan.persona.path[step])} AS touchpoint"
    return f"{plan.groups.names}{plan.groups.rank}, {persona}, {number} AS number, {touchpoint}"


def _planned_sql(plan: _Plan, number: int, step: int) -> str:
    if step + 1 == len(plan.persona.path):
        ways = 'NULL::BIGINT AS direct, NULL::BIGINT AS detour, NULL::BIGINT AS "left"'
    else:
        direct = _direct_sql(plan, step)
        ways = (
            f"count(*) FILTER (p{step} IS NOT NULL AND {direct}) AS direct,"
            f" count(*) FILTER (p{step + 1} IS NOT NULL AND NOT {direct}) AS detour,"
            f' count(*) FILTER (p{step} IS NOT NULL AND p{step + 1} IS NULL) AS "left"'
        )
    counts = f"count(p{step}) AS customers, count(p0) AS began, {ways}"
    return f"SELECT {_labels(plan, number, step)}, {counts} FROM walk{number}{plan.groups.clause}"


def _detour_sql(plan: _Plan, number: int, step: int) -> str:
    by = f"{plan.groups.names}rank, " if plan.groups.by else ""
    return (
        f'SELECT {_labels(plan, number, step)}, n{step} AS "to", count(*) AS customers, count(p{step + 1}) AS returned\n'
        f"FROM walk{number} WHERE p{step} IS NOT NULL AND NOT coalesce({_direct_sql(plan, step)}, FALSE)"
        f" GROUP BY {by}n{step}"
    )
