"""Customers as a list shows them, so that one can meet them: of those on the page alone anything is looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.identity import Identifier, identifiers_of_each, most_telling, name_among
from resa.model.tables import INSTANT
from resa.segments import key_of
from resa.storage import JourneyIndex, customers_alone

if TYPE_CHECKING:
    from resa.analytics import Question, Snapshot
    from resa.workspace.workspace import Workspace

__all__ = ["ListedCustomer", "account_keys", "counted_table", "listed_accounts", "listed_customers"]


@dataclass(frozen=True, kw_only=True)
class ListedCustomer:
    """One customer in a list. What she is called is personal data.

    Attributes:
        id: Hers, for addresses; it says nothing of her. Empty: it is an account, which has none.
        first: The identifier that names her.
        telling: The one that people know best.
        name: Hers, as far as anybody said it; empty: nobody did.
        personas: Keys of the personas that she is, as of now.
        events: How many events she has.
        first_seen: When the first of them happened, UTC; `None`: she has none.
        last_seen: When the last of them happened.
        touchpoint: Key of the touchpoint she visited last; `None`: none.
        value: What all her visits are worth together, in the map's currency; `None`: nothing tells.
    """

    id: str
    first: Identifier
    telling: Identifier
    name: str
    personas: tuple[str, ...]
    events: int
    first_seen: datetime | None
    last_seen: datetime | None
    touchpoint: str | None
    value: float | None


def listed_customers(shop: Workspace, snapshot: Snapshot, customers: Sequence[int]) -> list[ListedCustomer]:
    """What a list shows of some customers, in the order in which they are given.

    Args:
        shop: The workspace.
        snapshot: A map's events, by customer.
        customers: Their numbers in its generation.
    """
    from resa.analytics import seen_briefly  # noqa: PLC0415 - heavy; opening a workspace does without it

    if not len(customers):
        return []
    index = cast("JourneyIndex", snapshot.index)
    numbers = np.unique(customers)
    alone = customers_alone(index, np.ascontiguousarray(index.who[numbers]), [snapshot.journey_map.key])
    known = {row["customer"]: json.loads(row["traits"]) for row in shop.store.customer_traits(alone).to_pylist()}
    traits = [known.get(place, {}) for place in np.searchsorted(numbers, customers).tolist()]
    called = identifiers_of_each(index, customers)
    return [
        ListedCustomer(
            id=key_of(index.who, customer).hex(),
            first=identifiers[0],
            telling=most_telling(identifiers, shop.identity.rules),
            name=name_among(own),
            **vars(seen),
        )
        for customer, identifiers, own, seen in zip(
            customers, called, traits, seen_briefly(snapshot, customers, alone), strict=True
        )
    ]


def listed_accounts(snapshot: Snapshot, accounts: Sequence[int]) -> list[ListedCustomer]:
    """The same of some accounts: firms, households or what else the map counts.

    Args:
        snapshot: A map's events, by account.
        accounts: Their numbers in its generation.
    """
    from resa.analytics import seen_briefly  # noqa: PLC0415 - see above

    names = snapshot.index.identifiers(np.asarray(accounts, np.int64)).to_pylist()
    called = [Identifier(row["kind"], row["value"]) for row in names]
    return [
        ListedCustomer(id="", first=one, telling=one, name="", **vars(seen))
        for one, seen in zip(called, seen_briefly(snapshot, accounts), strict=True)
    ]


def account_keys(snapshot: Snapshot) -> npt.NDArray[np.uint64]:
    """The keys that name accounts beyond one generation of the index, in the order of their numbers; uint64[N, 2].

    Their numbers are others as soon as an account comes or goes.

    Args:
        snapshot: A map's events, by account.
    """

    def made() -> npt.NDArray[np.uint64]:
        below = cast("JourneyIndex", cast("Any", snapshot.index).below)
        named = snapshot.index.identifiers()
        return below.hasher.identifiers(named.column("kind"), named.column("value"))

    return snapshot.keep("account keys", made)


_SEEN: Final = pa.schema(
    [
        pa.field("name", pa.string()),
        pa.field("personas", pa.list_(pa.string())),
        pa.field("touchpoint", pa.string()),
        pa.field("first_seen", INSTANT),
        pa.field("last_seen", INSTANT),
        pa.field("events", pa.int64()),
        pa.field("value_of_visits", pa.float64()),
    ]
)


def counted_table(
    shop: Workspace, question: Question, column: str | None, part: str | None, row: Mapping[str, object]
) -> pa.Table:
    """The customers behind a number with all that a list shows of them, for other programs. Personal data.

    Args:
        shop: The workspace.
        question: What is asked.
        column: Which number; `None`: the first.
        part: In which table of the answer; `None`: the first.
        row: Which row, by what its columns say.

    Raises:
        QuestionError: There is no such number.
    """
    from resa.analytics import described_row  # noqa: PLC0415 - see above

    result, snapshot = shop.measure.asked(question)
    number = described_row(result.part(part).table, row)
    table = result.customers(column, part=part, identifiers=True, moments=True, row=number)
    numbers = table.column("customer").to_pylist()
    by_account = question.count_by != "customer"
    listed = listed_accounts(snapshot, numbers) if by_account else listed_customers(shop, snapshot, numbers)
    seen = [
        {**vars(one), "name": one.name or None, "personas": list(one.personas), "value_of_visits": one.value}
        for one in listed
    ]
    for field, cells in zip(_SEEN, pa.Table.from_pylist(seen, schema=_SEEN).columns, strict=True):
        table = table.append_column(field, cells)
    return table
