"""Who is behind a number of an answer, over the API: for those who may know what customers are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import numpy as np
from litestar import get
from litestar.params import FromPath, QueryParameter

from resa.analytics import Result
from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.screens.api.answers import Page, Unusable
from resa.screens.api.calling import Cursor, place_of, place_said
from resa.screens.api.measuring import PART, PartName, answered, checked_part
from resa.screens.customers import key_in
from resa.screens.frame import Visiting
from resa.screens.visits import Visit
from resa.segments import count_up_to

__all__ = ["ROUTES"]

_OWN: Final = (PART, "column", "row", "most", "cursor")
"""What belongs to the list, and not to the question, which may have a `limit` of its own."""

ColumnName = Annotated[str, QueryParameter(max_length=100, description="Which number of the row; none: the first.")]
Row = Annotated[int, QueryParameter(ge=0, le=1_000_000, description="The number of the row, from 0.")]
Most = Annotated[int, QueryParameter(ge=1, le=1_000, description="So many customers at most.")]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A customer who was counted in a number.

    Attributes:
        id: Hers, for addresses.
        kind: Of the identifier.
        value: Of the identifier, in its one form.
        count: How often she was counted; of all customers together that is the number.
    """

    id: str
    kind: str
    value: str
    count: int


@get(
    "/measure/{kind:str}/customers",
    operation_id="measure_customers",
    summary="The customers behind a number",
    opt={"needs": "names", "asks": True, "personal": True, "own": _OWN},
    sync_to_thread=True,
)
def customers(
    visit: Visiting,
    kind: FromPath[str],
    part: PartName = "",
    column: ColumnName = "",
    row: Row = 0,
    most: Most = 200,
    cursor: Cursor = "",
) -> Page[Counted]:
    """The very customers who make up a number of an answer. That they were read stands in the audit log."""
    said = place_of(cursor, "customers", "[0-9a-f]{32}")
    result, index = _of_one_moment(visit, kind)
    checked_part(result, part)
    try:
        table: Any = result.customers(column or None, part=part or None, row=row)
    except QuestionError as error:
        raise Unusable(error) from None
    numbers = table.column("customer").to_numpy().astype(np.int64)
    counts = table.column("count").to_pylist()
    begin = 0 if said is None else count_up_to(index.who[numbers], bytes.fromhex(said))
    shown = numbers[begin : begin + most]
    listed = [
        Counted(id=key_in(index, int(number)), kind=one["kind"], value=one["value"], count=count)
        for number, one, count in zip(shown, result.identify(shown).to_pylist(), counts[begin:], strict=False)
    ]
    visit.shop.audit.note("people.show", who=visit.who, kind=kind, customers=len(listed))
    return Page(listed, place_said("customers", listed[-1].id) if begin + most < len(numbers) else None)


def _of_one_moment(visit: Visit, kind: str) -> tuple[Result, Any]:
    """An answer, and the generation in which its customers have their numbers."""
    while True:
        result = answered(visit, kind, _OWN)
        question = result.question
        if question.count_by != "customer":
            wrong = sentence("accounts have no customers of their own; ask with count_by=customer")
            raise Unusable(QuestionError(wrong), {"count_by": [wrong]})
        index = visit.shop.measure.snapshot(question.map_key).index
        if index.generation == result.generation:
            return result, index


ROUTES: Final = (customers,)
