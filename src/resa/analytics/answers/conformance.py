"""Conformance: how well journeys fit a planned path, and by which moves they part from it.

Alignments are those of `resa.kernels.alignments`, whose text defines them: one for each variant, the best there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.answers.conformance_sql import (
    Walkers,
    added_sql,
    alignment_steps,
    conformance_sql,
    journey_steps,
    steps_sql,
    variant_steps,
    variants_sql,
)
from resa.analytics.answers.expectations_sql import united
from resa.analytics.answers.paths import Kinds, ranked_variants
from resa.analytics.answers.planned import asked_plans, unseen
from resa.analytics.questions.kinds import ConformanceQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, in_columns, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.sql.text import Statement, literal
from resa.analytics.statistics import distinct
from resa.kernels import (
    IN_PLACE,
    OUT_OF_ORDER,
    SKIPPED,
    Alignments,
    Variants,
    align,
    variant_codes,
    variants,
    wilson_interval,
)
from resa.model.journey import Persona

__all__ = ["ADDED_COLUMNS", "CONFORMANCE_COLUMNS", "MOVE_COLUMNS", "STEP_COLUMNS", "answer_conformance"]

_WHO: Final = (
    Column("persona", pa.string(), "Whose planned path it is."),
    Column("who", pa.string(), "Whose journeys: the persona's own customers', or everyone's."),
)

_INTERVAL: Final = (
    Column("low", pa.float64(), "Lower end of its 95 % interval (Wilson, by customer)."),
    Column("high", pa.float64(), "Upper end."),
)

CONFORMANCE_COLUMNS: Final = (
    *_WHO,
    Column("customers", pa.int64(), "Customers with a journey."),
    Column("perfect", pa.int64(), "Of these, those whose journey is the plan and nothing else."),
    Column("share", pa.float64(), "perfect / customers, 0 to 1."),
    *_INTERVAL,
    Column("fitness", pa.float64(), "Mean over customers of 1 - moves / (steps + visits), 0 to 1."),
    Column("skipped", pa.float64(), "Steps that a customer skips, on the mean."),
    Column("out_of_order", pa.float64(), "Steps that a customer takes in another place, on the mean."),
    Column("added", pa.float64(), "Visits that a customer adds, on the mean."),
)

STEP_COLUMNS: Final = (
    *_WHO,
    Column("step", pa.int64(), "Number of the planned touchpoint, 1 for the first."),
    Column("touchpoint", pa.string(), "The planned touchpoint."),
    Column("customers", pa.int64(), "Customers with a journey."),
    Column("in_place", pa.int64(), "Of these, those who take the step in its place."),
    Column("share", pa.float64(), "in_place / customers, 0 to 1."),
    *_INTERVAL,
    Column("skipped", pa.int64(), "Those who never take it, or not once more than is planned elsewhere."),
    Column("out_of_order", pa.int64(), "Those who take it in another place."),
)

ADDED_COLUMNS: Final = (
    *_WHO,
    Column("after", pa.int64(), "Number of the last step that is in place before; 0: none is."),
    Column("after_touchpoint", pa.string(), "Its touchpoint; null: none."),
    Column("touchpoint", pa.string(), "What was visited and is not planned there."),
    Column("count", pa.int64(), "How often."),
    Column("customers", pa.int64(), "By how many customers."),
)

MOVE_COLUMNS: Final = (
    *_WHO,
    Column("variant", pa.list_(pa.string()), "The whole journey."),
    Column("customers", pa.int64(), "Customers whose journey is this one."),
    Column("share", pa.float64(), "Of all customers with a journey, 0 to 1."),
    Column("fitness", pa.float64(), "1 - moves / (steps + visits), 0 to 1."),
    Column("skipped", pa.list_(pa.string()), "Steps that it skips."),
    Column("out_of_order", pa.list_(pa.string()), "Steps that it takes in another place."),
    Column("added", pa.list_(pa.string()), "Visits that it adds."),
)

_WORDS: Final = {"in_place": IN_PLACE, "skipped": SKIPPED, "out_of_order": OUT_OF_ORDER}


@dataclass(frozen=True)
class _Held:
    """Journeys held against one plan.

    Attributes:
        selection: What is looked at.
        found: The journeys.
        groups: Groups of them.
        persona: Whose plan.
        number: Of the plan.
    """

    selection: Selection
    found: Variants
    groups: Groups
    persona: Persona
    number: int

    @cached_property
    def aligned(self) -> Alignments:
        """The alignment of each variant."""
        code = self.selection.snapshot.journey_map.code
        return align(self.selection.journeys, self.found, [code[key] for key in self.persona.path])

    @property
    def kind(self) -> npt.NDArray[np.int32]:
        """The variant of each journey."""
        return self.found.groups.group

    @cached_property
    def added_key(self) -> npt.NDArray[np.int64]:
        """Of each added visit, where in the plan and which touchpoint, as one number below `keys`."""
        return self.aligned.added_after.astype(np.int64) * len(self.selection.snapshot.names) + self.aligned.added_code

    @property
    def keys(self) -> int:
        """How many such numbers there can be."""
        return (len(self.persona.path) + 1) * len(self.selection.snapshot.names)

    @property
    def whose(self) -> Iterator[tuple[Walkers, Flags]]:
        """The persona's own journeys if it can be told which they are, then everyone's."""
        path = self.persona.path
        if self.persona.who is not None:
            personas = self.selection.expressions.personas()
            key = literal(self.persona.key)
            chosen = f"customer IN (SELECT customer FROM ({personas}) WHERE persona = {key})"  # noqa: S608
            own = self.selection.expressions.persona(self.persona.key)[self.found.customer]
            yield Walkers(self.number, self.persona.key, "persona", path, chosen), own
        everyone = np.ones(len(self.found.customer), np.bool_)
        yield Walkers(self.number, self.persona.key, "everyone", path, "TRUE"), everyone

    def split(self) -> Iterator[tuple[Walkers, str | None, Flags]]:
        """Each of these, group by group, where there is anybody."""
        for walkers, members in self.whose:
            for label, chosen in self.groups.split():
                inside = np.zeros(len(members), np.bool_)
                inside[chosen] = True
                inside &= members
                if inside.any():
                    yield walkers, label, inside

    def weights(self, members: Flags) -> npt.NDArray[np.int64]:
        """How many of these journeys each variant has."""
        return np.bincount(self.kind[members], minlength=len(self.aligned.visits))

    def path_of(self, kind: int) -> list[str]:
        """The touchpoints of a variant."""
        row = int(self.found.groups.first[kind])
        return [self.selection.snapshot.names[code] for code in variant_codes(self.selection.journeys, self.found, row)]

    def moves_of(self, kind: int) -> tuple[list[str], list[str], list[str]]:
        """The steps that a variant skips, those it takes in another place, and what it adds."""
        words = self.aligned.steps[kind].tolist()
        skipped, moved = (
            [touchpoint for touchpoint, found in zip(self.persona.path, words, strict=True) if found == word]
            for word in (SKIPPED, OUT_OF_ORDER)
        )
        first, last = np.searchsorted(self.aligned.added_by, [kind, kind + 1])
        names = self.selection.snapshot.names
        return skipped, moved, [names[code] for code in self.aligned.added_code[first:last].tolist()]

    def people(self, members: Flags, kinds: Flags | None = None) -> Counted:
        """Whose journeys they are; of some variants only."""
        chosen = members if kinds is None else members & kinds[self.kind]
        return self.found.customer[chosen].astype(np.int64)


def answer_conformance(question: ConformanceQuestion, selection: Selection) -> Answer:
    """Hold journeys against plans."""
    personas = asked_plans(question.plans, selection)
    period = None if selection.bounds == WHOLE else selection.period
    found = variants(selection.journeys, collapse=question.collapse, period=period, customers=selection.customers)
    groups = grouped(selection, found.customer, found.start)
    plans = [_Held(selection, found, groups, persona, number) for number, persona in enumerate(personas)]
    statement = journey_steps(selection, groups, collapse=question.collapse)
    for plan in plans:
        statement = alignment_steps(statement, plan.persona.path, plan.number)
    warnings = (*filter(None, (unseen(selection, persona) for persona in personas)), *groups.warnings)
    return Answer(
        parts={
            "conformance": _conformance(plans, groups, statement),
            "steps": _steps(plans, groups, statement),
            "added": _added(plans, groups, statement),
            "variants": _variants(plans, groups, statement, question.top),
        },
        n={"plans": len(plans), "customers": len(found.customer), "variants": len(found.groups.first)},
        warnings=warnings,
    )


def _sql(plans: list[_Held], groups: Groups, statement: Statement, columns: tuple[Column, ...]) -> str:
    makers = {
        CONFORMANCE_COLUMNS: conformance_sql,
        STEP_COLUMNS: steps_sql,
        ADDED_COLUMNS: added_sql,
        MOVE_COLUMNS: variants_sql,
    }
    orders = {STEP_COLUMNS: ", step", ADDED_COLUMNS: ", count DESC, after, touchpoint", MOVE_COLUMNS: ", place"}
    every = [walkers for plan in plans for walkers, _ in plan.whose]
    branches = [makers[columns](walkers, groups, order) for order, walkers in enumerate(every)]
    return statement.select(united(branches, (*groups.columns, *columns), f"number, rank{orders.get(columns, '')}"))


def _conformance(plans: list[_Held], groups: Groups, statement: Statement) -> Part:
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[_Held, Flags]] = []
    for plan in plans:
        for walkers, label, members in plan.split():
            weights, aligned = plan.weights(members), plan.aligned
            customers, perfect = int(weights.sum()), int(weights[aligned.fitness == 1].sum())
            moved = ((aligned.steps == word).sum(axis=1) for word in (SKIPPED, OUT_OF_ORDER))
            means = (float(weights @ each) / customers for each in (aligned.fitness, *moved, aligned.added))
            share = wilson_interval(perfect, customers)
            rows.append((label, walkers.persona, walkers.who, customers, perfect, *share, *means))
            behind.append((plan, members))
    columns = (*groups.columns, *CONFORMANCE_COLUMNS)
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(plans, groups, statement, CONFORMANCE_COLUMNS),
        people={
            "customers": lambda row: behind[row][0].people(behind[row][1]),
            "perfect": lambda row: behind[row][0].people(behind[row][1], behind[row][0].aligned.fitness == 1),
        },
    )


def _steps(plans: list[_Held], groups: Groups, statement: Statement) -> Part:
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[_Held, Flags, int]] = []
    for plan in plans:
        for walkers, label, members in plan.split():
            weights = plan.weights(members)
            customers = int(weights.sum())
            for step, touchpoint in enumerate(plan.persona.path):
                counts = np.bincount(plan.aligned.steps[:, step], weights, minlength=3).astype(np.int64).tolist()
                share = wilson_interval(counts[IN_PLACE], customers)
                who = (label, walkers.persona, walkers.who, step + 1, touchpoint, customers, counts[IN_PLACE])
                rows.append((*who, *share, counts[SKIPPED], counts[OUT_OF_ORDER]))
                behind.append((plan, members, step))

    def people(row: int, word: int) -> Counted:
        plan, members, step = behind[row]
        return plan.people(members, plan.aligned.steps[:, step] == word)

    columns = (*groups.columns, *STEP_COLUMNS)
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(plans, groups, statement, STEP_COLUMNS),
        people={
            "customers": lambda row: behind[row][0].people(behind[row][1]),
            **{name: partial(people, word=word) for name, word in _WORDS.items()},
        },
    )


def _added(plans: list[_Held], groups: Groups, statement: Statement) -> Part:
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[_Held, Flags, int]] = []
    for plan in plans:
        names, path = plan.selection.snapshot.names, (None, *plan.persona.path)
        by = plan.aligned.added_by
        kinds, once = np.divmod(distinct(np.sort(by.astype(np.int64) * plan.keys + plan.added_key)), plan.keys)
        for walkers, label, members in plan.split():
            weights = plan.weights(members)
            counts = np.bincount(plan.added_key, weights[by]).astype(np.int64)
            customers = np.bincount(once, weights[kinds]).astype(np.int64)
            found = [(int(counts[key]), *divmod(key, len(names)), key) for key in np.flatnonzero(counts).tolist()]
            for count, after, code, key in sorted(found, key=lambda one: (-one[0], one[1], names[one[2]])):
                who = (label, walkers.persona, walkers.who, after, path[after], names[code])
                rows.append((*who, count, int(customers[key])))
                behind.append((plan, members, key))

    def people(row: int) -> Counted:
        plan, members, key = behind[row]
        times = np.bincount(plan.aligned.added_by[plan.added_key == key], minlength=len(plan.aligned.visits))
        return np.repeat(plan.found.customer[members].astype(np.int64), times[plan.kind[members]])

    columns = (*groups.columns, *ADDED_COLUMNS)
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(plans, groups, statement, ADDED_COLUMNS),
        people={"count": people, "customers": lambda row: distinct(people(row))},
    )


def _variants(plans: list[_Held], groups: Groups, statement: Statement, top: int) -> Part:
    """The commonest journeys, each with its moves."""
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[Kinds, int]] = []
    for plan in plans:
        for walkers, label, members in plan.split():
            kinds = ranked_variants(top, plan.found, plan.kind[members], members, plan.people(members))
            for kind in kinds.order.tolist():
                count = int(kinds.counts[kind])
                who = (label, walkers.persona, walkers.who, plan.path_of(kind), count, count / len(kinds.group))
                rows.append((*who, float(plan.aligned.fitness[kind]), *plan.moves_of(kind)))
                behind.append((kinds, kind))
        statement = variant_steps(statement, plan.number, top)
    columns = (*groups.columns, *MOVE_COLUMNS)
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(plans, groups, statement, MOVE_COLUMNS),
        people={"customers": lambda row: behind[row][0].customers[behind[row][0].group == behind[row][1]]},
    )
