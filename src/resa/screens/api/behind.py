"""Who is behind a number of an answer, over the API: for those who may know what customers are called."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Annotated, Any, Final

import numpy as np
from litestar import get
from litestar.params import FromPath, QueryParameter

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.screens.api.answers import Page, Unusable
from resa.screens.api.calling import Cursor, place_of, place_said
from resa.screens.api.measuring import PART, PartName, answered_over, checked_part
from resa.screens.frame import Visiting
from resa.segments import count_up_to
from resa.workspace.listed_customers import ListedCustomer, listed_customers

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
        kind: Of the identifier that names her.
        value: Of that identifier, in its one form.
        name: Hers, as far as anybody said it; `null`: nobody did.
        count: How often she was counted; of all customers together that is the number.
        at: When it happened to her, the last time, UTC; `null`: the number is of nothing that happened. This and all
            below is `null` for who may not read profiles, too.
        personas: Keys of those that she is, as of now.
        touchpoint: Key of the one she visited last; `null`: none.
        first_seen: When her first event happened, UTC; `null`: she has none.
        last_seen: When her last event happened.
        events: How many she has.
        value_of_visits: What all her visits are worth together, in the map's currency; `null`: nothing tells.
    """

    id: str
    kind: str
    value: str
    name: str | None
    count: int
    at: datetime | None
    personas: list[str] | None
    touchpoint: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    events: int | None
    value_of_visits: float | None


_OF_PROFILES: Final[dict[str, Any]] = {
    field.name: None for field in fields(Counted) if field.name not in {"id", "kind", "value", "name", "count"}
}


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
    result, snapshot = answered_over(visit, kind, _OWN)
    if result.question.count_by != "customer":
        wrong = sentence("accounts have no customers of their own; ask with count_by=customer")
        raise Unusable(QuestionError(wrong), {"count_by": [wrong]})
    checked_part(result, part)
    try:
        table: Any = result.customers(column or None, part=part or None, moments=True, row=row)
    except QuestionError as error:
        raise Unusable(error) from None
    numbers = table.column("customer").to_numpy().astype(np.int64)
    index: Any = snapshot.index
    begin = 0 if said is None else count_up_to(index.who[numbers], bytes.fromhex(said))
    part_of_it = table.slice(begin, most)
    rows = zip(
        listed_customers(visit.shop, snapshot, numbers[begin : begin + most].tolist()),
        part_of_it.column("count").to_pylist(),
        part_of_it.column("at").to_pylist(),
        strict=True,
    )
    listed = [_counted(*row) for row in rows]
    if not visit.may("find"):
        listed = [replace(one, **_OF_PROFILES) for one in listed]
    visit.shop.audit.note("people.show", who=visit.who, kind=kind, customers=len(listed))
    return Page(listed, place_said("customers", listed[-1].id) if begin + most < len(numbers) else None)


def _counted(one: ListedCustomer, count: int, at: datetime | None) -> Counted:
    return Counted(
        id=one.id,
        kind=one.first.kind,
        value=one.first.value,
        name=one.name or None,
        count=count,
        at=at,
        personas=list(one.personas),
        touchpoint=one.touchpoint,
        first_seen=one.first_seen,
        last_seen=one.last_seen,
        events=one.events,
        value_of_visits=one.value,
    )


ROUTES: Final = (customers,)
