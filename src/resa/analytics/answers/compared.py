"""Two groups of an answer compared, number by number, with intervals that hold all together.

Where an answer gives a share with its interval, that share is compared. Where it counts, the share is that of the
group's customers who did so at least once. Of k shares each difference has Newcombe's interval (1998, method 10) at a
confidence of 1 - 0.05 / k, so that with 95 % all k hold (Bonferroni; Dunn 1961, "Multiple comparisons among means").
"""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from resa.analytics.questions.question import Question
from resa.analytics.results.answer import Answer
from resa.analytics.results.result import Column, Counted, Part, part_of, problem
from resa.analytics.scope.grouping import GROUP
from resa.analytics.sql.intervals import difference_sql, effective_sql, wilson_of_share_sql
from resa.analytics.sql.text import Statement, literal
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import NOTHING, Sentence, sentence, sentences
from resa.kernels import Interval, difference_interval, effective_size, wilson_interval
from resa.model.verdicts import FEWEST, VERDICTS

__all__ = ["COMPARED_COLUMNS", "compared"]


@dataclass(frozen=True)
class _View:
    """How a kind of answer is compared.

    Attributes:
        keys: Columns of its main table that say what a row is about.
        counted: The column that counts what the share is a share of.
        share: The column of the share, which `low` and `high` are about; empty: customers of all in the group.
        first: The column of step numbers whose first is 1 by definition, so that there is nothing to compare.
        topped: Rows are the commonest only; a row without keys stands for the others.
    """

    keys: tuple[str, ...]
    counted: str
    share: str = ""
    first: str = ""
    topped: bool = False


_VIEWS: Final[Mapping[str, _View]] = {
    "funnel": _View(("step", "name"), "customers", "share_of_first", first="step"),
    "expectations": _View(("expectation",), "met", "share"),
    "trend": _View(("period",), "met", "share"),
    "retention": _View(("cohort", "period", "last_period"), "returned", "share"),
    "planned": _View(("persona", "who", "step", "touchpoint"), "customers", "share", first="step"),
    "conformance": _View(("persona", "who"), "perfect", "share"),
    "transitions": _View(("from", "to"), "customers"),
    "process": _View(("from", "to"), "customers"),
    "paths": _View(("path",), "customers", topped=True),
    "variants": _View(("variant",), "customers", topped=True),
    "stages": _View(("stage",), "customers"),
    "channels": _View(("channel",), "customers"),
    "touchpoints": _View(("touchpoint",), "customers"),
}

COMPARED_COLUMNS: Final = (
    Column("counted", pa.int64(), "What is counted in the one group; `share` says of what."),
    Column("share", pa.float64(), "Its share, 0 to 1: that of the table, or of all customers of the group."),
    Column(
        "size", pa.float64(), "Of how many, as far as they tell: of independent customers so many would tell as much."
    ),
    Column("other_counted", pa.int64(), "The same in the other group; null: it is not among those listed there."),
    Column("other_share", pa.float64(), "Its share."),
    Column("other_size", pa.float64(), "Of how many."),
    Column("difference", pa.float64(), "share - other_share."),
    Column("low", pa.float64(), "Lower end of its interval (Newcombe's); with 95 % all intervals of the table hold."),
    Column("high", pa.float64(), "Upper end."),
    Column("verdict", pa.string(), "higher, lower, not told apart, or too few to say."),
)

_CONFIDENCE: Final = 0.95


class _Side(NamedTuple):
    """One group's part of a row: what was counted, its share, of how many, and the row of the answer's table."""

    counted: int | None
    share: float
    size: float
    row: int | None


_COUNTED: Final = ("counted", "other_counted")
"""The columns of the two groups."""


def compared(question: Question, answer: Answer) -> Answer:
    """The answer with the table `compared` in front.

    Raises:
        QuestionError: The kind of answer cannot be compared, or one of the groups is not there.
    """
    name, part = next(iter(answer.parts.items()))
    view = _VIEWS.get(question.kind)
    if view is None or (view.share and view.share not in part.table.column_names):
        text = sentence(
            "'{name}' has no shares that two groups could be compared by; ask a funnel, expectations or transitions",
            name=name,
        )
        raise QuestionError(problem(text, "compare"))
    groups = list(dict.fromkeys(part.table.column(GROUP.name).to_pylist()))
    for label in question.compare:
        if label not in groups:
            names = ", ".join(groups) or sentence("none")
            known = did_you_mean(label, groups) or sentence("; there are: {names}", names=names)
            raise QuestionError(
                problem(
                    sentence("there is no group '{label}' by {by}{known}", label=label, by=question.by, known=known),
                    "compare",
                )
            )
    pairs = list(_pairs(view, part, question.compare))
    told = sum(1 for _, one, other in pairs if one.size > 0 and other.size > 0)
    columns = (*(column for column in part.columns if column.name in view.keys), *COMPARED_COLUMNS)
    confidence = 1 - (1 - _CONFIDENCE) / max(told, 1)
    rows = [(*keys, *one[:3], *other[:3], *_difference(one, other, confidence)) for keys, one, other in pairs]
    sides = [(one.row, other.row) for _, one, other in pairs]
    found = part_of(
        columns,
        {column.name: [row[place] for row in rows] for place, column in enumerate(columns)},
        sql=_sql(view, part, question.compare, columns, confidence),
        people={counted: partial(_people, part, view.counted, sides, side) for side, counted in enumerate(_COUNTED)},
        moments={counted: partial(_moments, part, view.counted, sides, side) for side, counted in enumerate(_COUNTED)},
    )
    return replace(
        answer,
        parts={"compared": found, **answer.parts},
        n={**answer.n, "compared": told},
        warnings=(*answer.warnings, *_warnings(part, question.compare, told)),
    )


def _people(part: Part, counted: str, sides: list[tuple[int | None, int | None]], side: int, row: int) -> Counted:
    behind = sides[row][side]
    return np.zeros(0, np.int64) if behind is None else part.people[counted](behind)


def _moments(
    part: Part, counted: str, sides: list[tuple[int | None, int | None]], side: int, row: int
) -> tuple[Counted, Counted]:
    behind, nobody = sides[row][side], np.zeros(0, np.int64)
    return (nobody, nobody) if behind is None or counted not in part.moments else part.moments[counted](behind)


def _pairs(view: _View, part: Part, labels: tuple[str, ...]) -> Iterator[tuple[tuple[object, ...], _Side, _Side]]:
    """For each thing that either group has: its keys, and both sides."""
    sides: list[dict[Any, _Side]] = []
    absent: list[_Side] = []
    keys: dict[Any, tuple[object, ...]] = {}
    for label in labels:
        rows = [(number, row) for number, row in enumerate(part.table.to_pylist()) if row[GROUP.name] == label]
        size = 0 if view.share else len(_customers(part, view.counted, [number for number, _ in rows]))
        side: dict[Any, _Side] = {}
        for number, row in rows:
            own = tuple(row[name] for name in view.keys)
            if (view.topped and own == (None,)) or (view.first and row[view.first] == 1):
                continue
            key = str(own)
            keys.setdefault(key, own)
            side[key] = _of_interval(view, row, number) if view.share else _of_customers(view, row, number, size)
        others = view.topped and any(row[view.keys[0]] is None for _, row in rows)
        unknown = bool(view.share) or others
        absent.append(
            _Side(None, math.nan, math.nan, None) if unknown else _Side(0, 0.0 if size else math.nan, size, None)
        )
        sides.append(side)
    for key, own in keys.items():
        yield own, sides[0].get(key, absent[0]), sides[1].get(key, absent[1])


def _customers(part: Part, counted: str, rows: list[int]) -> Counted:
    """All customers behind some rows' numbers in a column, each once."""
    behind = [part.people[counted](row) for row in rows]
    return np.unique(np.concatenate(behind)) if behind else np.zeros(0, np.int64)


def _of_interval(view: _View, row: Mapping[str, Any], number: int) -> _Side:
    share = math.nan if row[view.share] is None else row[view.share]
    limits = [math.nan if row[name] is None else row[name] for name in ("low", "high")]
    return _Side(row[view.counted], share, effective_size(Interval(share, *limits)), number)


def _of_customers(view: _View, row: Mapping[str, Any], number: int, size: int) -> _Side:
    return _Side(row[view.counted], row[view.counted] / size if size else math.nan, size, number)


def _difference(one: _Side, other: _Side, confidence: float) -> tuple[float, float, float, str | None]:
    if not (one.size > 0 and other.size > 0):  # NaN, too
        return math.nan, math.nan, math.nan, None
    intervals = [wilson_interval(side.share * side.size, side.size, confidence) for side in (other, one)]
    difference, low, high = difference_interval(*intervals)
    if min(one.size, other.size) < FEWEST:
        return difference, low, high, VERDICTS["few"]
    return difference, low, high, "higher" if low > 0 else "lower" if high < 0 else "not told apart"


def _warnings(part: Part, labels: tuple[str, ...], told: int) -> Iterator[Sentence]:
    wide = NOTHING if told < 2 else sentence("; the intervals are so wide that all hold together with 95 %")
    yield sentences(
        "{one} against {other}: {n} share compared{wide}.",
        "{one} against {other}: {n} shares compared{wide}.",
        told,
        one=labels[0],
        other=labels[1],
        wide=wide,
    )
    groups = part.table.column(GROUP.name).to_pylist()
    rows = [[number for number, group in enumerate(groups) if group == label] for label in labels]
    one, other = (_customers(part, next(iter(part.people)), own) for own in rows)
    both = len(np.intersect1d(one, other))
    if both:
        yield sentences(
            "{n} customer is counted in both groups, which are compared as if they had none in common.",
            "{n} customers are counted in both groups, which are compared as if they had none in common.",
            both,
        )
    yield sentence("The groups may differ in more than this; only an experiment shows what causes what.")


# The same in SQL.


def _sql(view: _View, part: Part, labels: tuple[str, ...], columns: tuple[Column, ...], confidence: float) -> str:
    statement = Statement().step("answer", f"SELECT *, row_number() OVER () AS place FROM (\n{part.sql}\n)")
    if not view.share:
        statement = statement.step("sizes", part.looked_at)
    for name, label in zip(("one", "two"), labels, strict=True):
        statement = statement.step(name, _side_sql(view, label))
    keys = [f'"{key}"' for key in view.keys]
    same = " AND ".join(f"one.{key} IS NOT DISTINCT FROM two.{key}" for key in keys)
    filled = "".join(f"  {_filled(view, labels[side], name)},\n" for side, name in enumerate(("one", "two")))
    statement = statement.step(
        "pairs",
        f"SELECT {', '.join(f'coalesce(one.{key}, two.{key}) AS {key}' for key in keys)},\n{filled}"
        f"  one.place AS first_place, two.place AS other_place\nFROM one FULL JOIN two ON {same}",
    )
    statement = statement.step(
        "sides",
        "SELECT *, "
        + ", ".join(
            f"{{'share': {name}_share, 'low': {low}, 'high': {high}}} AS {name}"
            for name in ("one", "two")
            for low, high in [wilson_of_share_sql(f"{name}_share", f"{name}_size", confidence)]
        )
        + "\nFROM pairs",
    )
    low, high = difference_sql("two", "one")
    statement = statement.step(
        "differences",
        f"SELECT *, one_size > 0 AND two_size > 0 AS told, one_share - two_share AS difference,\n"
        f"  {low} AS low, {high} AS high\nFROM sides",
    )
    shown = {
        "counted": "one_counted",
        "share": "one_share",
        "size": "one_size",
        "other_counted": "two_counted",
        "other_share": "two_share",
        "other_size": "two_size",
        **{name: f"CASE WHEN told THEN {name} END" for name in ("difference", "low", "high")},
        "verdict": (
            f"CASE WHEN told THEN CASE WHEN least(one_size, two_size) < {FEWEST} THEN {literal(VERDICTS['few'])}\n"
            "  WHEN low > 0 THEN 'higher' WHEN high < 0 THEN 'lower' ELSE 'not told apart' END END"
        ),
    }
    shown = {**{key: f'"{key}"' for key in view.keys}, **shown}
    chosen = ", ".join(f'{shown[column.name]} AS "{column.name}"' for column in columns)
    return statement.select(f"SELECT {chosen}\nFROM differences ORDER BY first_place NULLS LAST, other_place")


def _side_sql(view: _View, label: str) -> str:
    keys = ", ".join(f'"{key}"' for key in view.keys)
    conditions = [f'"group" = {literal(label)}']
    if view.topped:
        conditions.append(f'"{view.keys[0]}" IS NOT NULL')
    if view.first:
        conditions.append(f'"{view.first}" <> 1')
    share, size = f'"{view.share}"', effective_sql(f'"{view.share}"')
    if not view.share:
        size = _size_sql(label)
        share = f"{view.counted} / nullif({size}, 0)"
    return (
        f"SELECT {keys}, place, {view.counted} AS counted, {share} AS share, {size} AS size\n"
        f"FROM answer WHERE {' AND '.join(conditions)}"
    )


def _size_sql(label: str) -> str:
    return f'(SELECT coalesce(max(customers), 0)::DOUBLE FROM sizes WHERE "group" = {literal(label)})'


def _filled(view: _View, label: str, name: str) -> str:
    """A side's numbers, where it may have no such row."""
    values = [f"{name}.{what}" for what in ("counted", "share", "size")]
    if not view.share:
        size = _size_sql(label)
        nothing = ["0", f"0 / nullif({size}, 0)", size]
        if view.topped:
            others = f'EXISTS (SELECT 1 FROM answer WHERE "group" = {literal(label)} AND "{view.keys[0]}" IS NULL)'
            nothing = [f"CASE WHEN NOT {others} THEN {value} END" for value in nothing]
        values = [f"coalesce({value}, {empty})" for value, empty in zip(values, nothing, strict=True)]
    names = (f"{name}_counted", f"{name}_share", f"{name}_size")
    return ", ".join(f"{value} AS {alias}" for value, alias in zip(values, names, strict=True))
