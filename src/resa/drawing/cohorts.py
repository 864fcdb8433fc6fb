"""The cohort heat map: who of those that started in one period came back in each later one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resa.drawing import formats
from resa.drawing.canvas import EDGE, edge, empty, sheet
from resa.drawing.matrix import Cell, counted, matrix
from resa.drawing.scene import Table
from resa.drawing.svg import Svg
from resa.drawing.words import said_in, say

__all__ = ["Cohort", "CohortShare", "draw_cohorts"]

_LABEL, _WIDE = 150.0, 58.0


@dataclass(frozen=True, slots=True)
class CohortShare:
    """The share of a cohort that came back.

    Attributes:
        share: 0 to 1; `None`: of nobody.
        complete: The period is over, so that the share will not change.
    """

    share: float | None
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """One row.

    Attributes:
        name: For people.
        customers: How many started.
        shares: By period after the start; a later one that has not begun is not there.
    """

    name: str
    customers: int
    shares: tuple[CohortShare, ...]


def draw_cohorts(
    cohorts: Sequence[Cohort],
    periods: Sequence[str],
    *,
    title: str,
    note: str = "",
    language: str = "en",
    heading: bool = True,
) -> Svg:
    """Draw a row a cohort and a column a period, tinted by the share that came back; what is not final is pale.

    Args:
        cohorts: From top to bottom.
        periods: Names of the columns: 0, 1, 2, 3-5, 6+.
        title: Name of the picture.
        note: A line under the title.
        language: Of words and numbers.
        heading: Draw the title.
    """
    language = said_in(language)
    heads = [say("column.customers", language), *periods]
    # Nearly everyone comes again at once; what tells cohorts apart is what follows.
    later = [item.share or 0.0 for cohort in cohorts for item in cohort.shares[1:]]
    most = max(later, default=0.0) or 1.0
    rows = [(cohort.name, _cells(cohort, most, language)) for cohort in cohorts]
    width = max(360.0, _LABEL + _WIDE * len(heads) + 2 * edge(heading))
    table = Table(
        title=title,
        head=(say("column.cohort", language), *heads),
        rows=tuple((name, *(cell.words for cell in cells), *[""] * (len(heads) - len(cells))) for name, cells in rows),
    )
    return sheet(
        title=title,
        note=note,
        description=say("retention_description", language),
        language=language,
        width=width,
        body=matrix(rows, heads, label=_LABEL, wide=_WIDE) if rows else empty(width - 2 * EDGE, language),
        tables=[table] if rows else [],
        heading=heading,
    )


def _cells(cohort: Cohort, most: float, language: str) -> list[Cell]:
    size = counted(cohort.customers, language)
    shares = [
        Cell()
        if item.share is None
        else Cell(formats.percent(item.share, language), min(1.0, item.share / most), pale=not item.complete)
        for item in cohort.shares
    ]
    return [Cell(size), *shares]
