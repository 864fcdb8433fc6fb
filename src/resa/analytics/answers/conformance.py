"""Conformance: how well journeys fit a planned path, and by which moves they part from it.

Alignments are those of `resa.kernels.alignments`, whose text defines them: one for each variant, the best there is.
"""

from __future__ import annotations

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
from resa.analytics.answers.paths import ranked_variants
from resa.analytics.answers.planned import asked_plans, unseen
from resa.analytics.questions.kinds import ConformanceQuestion
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, in_columns, part_of
from resa.analytics.scope.grouping import Groups, grouped
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.sql.text import Statement, literal
from resa.analytics.statistics import distinct
from resa.base.side_by_side import side_by_side
from resa.kernels import (
    IN_PLACE,
    OUT_OF_ORDER,
    SKIPPED,
    Alignments,
    Variants,
    align,
    variant_codes,
    weigh,
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
        snapshot, found = self.selection.snapshot, self.found
        plan = tuple(snapshot.journey_map.code[key] for key in self.persona.path)
        if self.selection.everything:
            key = ("aligned", found.collapse, plan)
            return snapshot.keep(key, lambda: align(self.selection.journeys, found, plan))
        return align(self.selection.journeys, found, plan)

    def hold(self) -> None:
        """Hold them now, for whoever asks below."""
        self.steps, self.added  # noqa: B018 - they are kept when they are asked for

    @property
    def kind(self) -> npt.NDArray[np.int32]:
        """The variant of each journey."""
        return self.found.groups.group

    @cached_property
    def added_key(self) -> npt.NDArray[np.int32]:
        """Of each added visit, where in the plan and which touchpoint, as one number below `keys`."""
        return self.aligned.added_after.astype(np.int32) * len(self.selection.snapshot.names) + self.aligned.added_code

    @property
    def keys(self) -> int:
        """How many such numbers there can be."""
        return (len(self.persona.path) + 1) * len(self.selection.snapshot.names)

    @cached_property
    def whose(self) -> tuple[tuple[Walkers, Flags | slice], ...]:
        """The persona's own journeys if it can be told which they are, then everyone's."""
        path, everyone = (
            self.persona.path,
            Walkers(self.number, self.persona.key, "everyone", self.persona.path, "TRUE"),
        )
        if self.persona.who is None:
            return ((everyone, slice(None)),)
        personas = self.selection.expressions.personas()
        key = literal(self.persona.key)
        chosen = f"customer IN (SELECT customer FROM ({personas}) WHERE persona = {key})"  # noqa: S608
        own = self.selection.expressions.persona(self.persona.key)[self.found.customer]
        return (Walkers(self.number, self.persona.key, "persona", path, chosen), own), (everyone, slice(None))

    @cached_property
    def walked(self) -> list[_Walked]:
        """Each of these, group by group, where there is anybody."""
        every, found = len(self.found.groups.first), []
        for walkers, own in self.whose:
            for numbers, layer in self.groups.layers(len(self.kind)):
                cells = layer * np.int64(every) + self.kind
                cells = cells[own][layer[own] >= 0]
                weights = np.bincount(cells, minlength=len(numbers) * every).reshape(len(numbers), every)
                found += [
                    _Walked(self, walkers, own, number, weights[place])
                    for place, number in enumerate(numbers)
                    if weights[place].any()
                ]
        return found

    @cached_property
    def weights(self) -> npt.NDArray[np.int64]:
        """How many journeys each variant has among each of these, a column each."""
        every = [walked.weights for walked in self.walked]
        return np.stack(every, axis=1) if every else np.zeros((len(self.found.groups.first), 0), np.int64)

    @cached_property
    def steps(self) -> npt.NDArray[np.int64]:
        """Among each of these, how many journeys skip each step, or take it where: [word, step, walked]."""
        words = self.aligned.steps
        kinds, steps = words.shape
        cells = words.astype(np.int32) * steps + np.arange(steps, dtype=np.int32)
        owners = np.repeat(np.arange(kinds, dtype=np.int32), steps)
        return weigh(cells.reshape(-1), owners, self.weights, 3 * steps)[0].reshape(3, steps, -1)

    @cached_property
    def added(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Among each of these, what of each key is added, and by how many customers: [key, walked]."""
        return weigh(self.added_key, self.aligned.added_by, self.weights, self.keys)

    @cached_property
    def fitness(self) -> npt.NDArray[np.float64]:
        """That of each variant."""
        return self.aligned.fitness

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
        first, last = np.searchsorted(self.aligned.added_by, np.array([kind, kind + 1], np.int32))
        names = self.selection.snapshot.names
        return skipped, moved, [names[code] for code in self.aligned.added_code[first:last].tolist()]


@dataclass(frozen=True)
class _Walked:
    """Some journeys held against a plan.

    Attributes:
        plan: The plan.
        walkers: Whose journeys.
        own: Which of all they are.
        number: The group among these.
        weights: How many of these journeys each variant has.
    """

    plan: _Held
    walkers: Walkers
    own: Flags | slice
    number: int
    weights: npt.NDArray[np.int64]

    @property
    def who(self) -> tuple[str | None, str, str]:
        """Label of the group, persona, and whose journeys."""
        return self.plan.groups.labels[self.number], self.walkers.persona, self.walkers.who

    @cached_property
    def size(self) -> int:
        """How many journeys."""
        return int(self.weights.sum())

    @property
    def members(self) -> Flags:
        """Which of all journeys they are."""
        parts = (self.own, self.plan.groups.chosen(self.number))
        flags = [part for part in parts if not isinstance(part, slice)]
        return np.logical_and.reduce(flags) if flags else np.ones(len(self.plan.kind), np.bool_)

    def people(self, kinds: Flags | None = None) -> Counted:
        """Whose journeys they are; of some variants only."""
        chosen = self.members if kinds is None else self.members & kinds[self.plan.kind]
        whose: Counted = self.plan.found.customer[chosen].astype(np.int64)
        return whose


def answer_conformance(question: ConformanceQuestion, selection: Selection) -> Answer:
    """Hold journeys against plans."""
    personas = asked_plans(question.plans, selection)
    found = selection.variants(collapse=question.collapse)
    groups = grouped(selection, found.customer, found.start)
    plans = [_Held(selection, found, groups, persona, number) for number, persona in enumerate(personas)]
    side_by_side(_Held.hold, plans)
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
    behind = [walked for plan in plans for walked in plan.walked]
    for plan in plans:
        perfect = plan.fitness == 1
        skipped, moved = (plan.steps[word].sum(axis=0).tolist() for word in (SKIPPED, OUT_OF_ORDER))
        moves = zip(skipped, moved, plan.added[0].sum(axis=0).tolist(), strict=True)
        for walked, totals in zip(plan.walked, moves, strict=True):
            count = int(walked.weights[perfect].sum())
            means = (total / walked.size for total in (float(walked.weights @ plan.fitness), *totals))
            rows.append((*walked.who, walked.size, count, *wilson_interval(count, walked.size), *means))
    columns = (*groups.columns, *CONFORMANCE_COLUMNS)
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(plans, groups, statement, CONFORMANCE_COLUMNS),
        people={
            "customers": lambda row: behind[row].people(),
            "perfect": lambda row: behind[row].people(behind[row].plan.fitness == 1),
        },
    )


def _steps(plans: list[_Held], groups: Groups, statement: Statement) -> Part:
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[_Walked, int]] = []
    for plan in plans:
        for place, walked in enumerate(plan.walked):
            for step, touchpoint in enumerate(plan.persona.path):
                skipped, moved, taken = plan.steps[[SKIPPED, OUT_OF_ORDER, IN_PLACE], step, place].tolist()
                share = wilson_interval(taken, walked.size)
                counts = (walked.size, taken, *share, skipped, moved)
                rows.append((*walked.who, step + 1, touchpoint, *counts))
                behind.append((walked, step))

    def people(row: int, word: int) -> Counted:
        walked, step = behind[row]
        return walked.people(walked.plan.aligned.steps[:, step] == word)

    columns = (*groups.columns, *STEP_COLUMNS)
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(plans, groups, statement, STEP_COLUMNS),
        people={
            "customers": lambda row: behind[row][0].people(),
            **{name: partial(people, word=word) for name, word in _WORDS.items()},
        },
    )


def _added(plans: list[_Held], groups: Groups, statement: Statement) -> Part:
    rows: list[tuple[object, ...]] = []
    behind: list[tuple[_Walked, int]] = []
    for plan in plans:
        names, path = plan.selection.snapshot.names, (None, *plan.persona.path)
        for walked, counts, customers in zip(plan.walked, *(table.T for table in plan.added), strict=True):
            found = [(int(counts[key]), *divmod(key, len(names)), key) for key in np.flatnonzero(counts).tolist()]
            for count, after, code, key in sorted(found, key=lambda one: (-one[0], one[1], names[one[2]])):
                rows.append((*walked.who, after, path[after], names[code], count, int(customers[key])))
                behind.append((walked, key))

    def people(row: int) -> Counted:
        walked, key = behind[row]
        plan = walked.plan
        times = np.bincount(plan.aligned.added_by[plan.added_key == key], minlength=len(plan.aligned.visits))
        return np.repeat(walked.people(), times[plan.kind[walked.members]])

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
    behind: list[tuple[_Walked, int]] = []
    for plan in plans:
        for walked in plan.walked:
            for kind in ranked_variants(top, plan.found, walked.weights, walked.members).tolist():
                count = int(walked.weights[kind])
                who = (*walked.who, plan.path_of(kind), count, count / walked.size)
                rows.append((*who, float(plan.fitness[kind]), *plan.moves_of(kind)))
                behind.append((walked, kind))
        statement = variant_steps(statement, plan.number, top)

    def people(row: int) -> Counted:
        walked, kind = behind[row]
        return walked.people(np.arange(len(walked.weights)) == kind)

    columns = (*groups.columns, *MOVE_COLUMNS)
    return part_of(
        columns,
        in_columns(columns, rows),
        sql=_sql(plans, groups, statement, MOVE_COLUMNS),
        people={"customers": people},
    )
