"""How a customer can be reached: her addresses and numbers, and what events and confirmations tell of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from resa.engine import Engine
from resa.expressions import Compiled, Scope, compile_expression
from resa.identity import ContactPoint, ContactWord, Identifier, NoIdentifier, Rules, canonical, state_of_contact

if TYPE_CHECKING:
    from resa.storage import ConsentRecord, JourneyIndex

__all__ = ["contact_points"]

_MESSAGE_TO: Final = ("email", "phone", "to", "recipient", "address")
"""Properties in which an event may say at which address or number a message was."""


def contact_points(
    index: JourneyIndex, customer: int, hers: Sequence[Identifier], rules: Rules, consents: Sequence[ConsentRecord]
) -> tuple[ContactPoint, ...]:
    """The addresses and numbers of a customer, in the order of her identifiers, each with its state.

    Args:
        index: A generation of the journey index.
        customer: Her number in it.
        hers: Her identifiers.
        rules: Which events tell what.
        consents: All words of hers.
    """
    known = [one for one in hers if rules.kind(one.kind).form in rules.contacts]
    words: dict[Identifier, list[ContactWord]] = {one: [] for one in known}
    for record in consents:
        one = Identifier(record.kind, record.value)
        if record.what == "confirmed" and one in words:
            words[one].append(ContactWord(record.at, "confirmed", record.source))
    if known:
        for one, word in _told_by_events(index, customer, known, rules):
            words[one].append(word)
    deciding = {one: state_of_contact(told) for one, told in words.items()}
    return tuple(
        ContactPoint(kind=one.kind, value=one.value, state="unknown")
        if word is None
        else ContactPoint(kind=one.kind, value=one.value, state=word.state, since=word.at, source=word.source)
        for one, word in deciding.items()
    )


def _told_by_events(
    index: JourneyIndex, customer: int, known: Sequence[Identifier], rules: Rules
) -> Iterator[tuple[Identifier, ContactWord]]:
    forms = {rules.kind(one.kind).form for one in known}
    asked = [
        (form, state, compile_expression(text, scope=Scope.EVENT, expects="boolean", prefix=f"c{form}_{state}_"))
        for form, conditions in rules.contacts.items()
        if form in forms
        for state, text in conditions.items()
    ]
    rows = index.event_rows(np.arange(index.offsets[customer], index.offsets[customer + 1]))
    if not asked or not rows.num_rows:
        return
    answers = _answers([compiled for _, _, compiled in asked], rows)
    for (form, state, _), holds in zip(asked, answers, strict=True):
        mine = [one for one in known if rules.kind(one.kind).form == form]
        for row in rows.filter(holds).to_pylist():
            named = [one for one in mine if one in set(_named(row, rules))]
            if not named and len(mine) == 1:
                named = mine
            for one in named:
                yield one, ContactWord(row["occurred_at"], state, row["source_id"])


def _answers(conditions: Sequence[Compiled], rows: Any) -> list[Any]:
    """Which rows each condition holds for; what is not known does not hold."""
    outputs = ", ".join(f"coalesce(({one.sql}), false) AS answer{number}" for number, one in enumerate(conditions))
    parameters = {name: value for one in conditions for name, value in one.parameters.items()}
    with Engine(threads=1) as engine:  # one thread: the answers come in the order of the rows
        engine.register("events", rows)
        found = engine.query(f"SELECT {outputs} FROM events", parameters)  # noqa: S608 - compiled expressions
    return [column.combine_chunks() for column in found.columns]


def _named(row: dict[str, Any], rules: Rules) -> Iterator[Identifier]:
    """All that an event names, in its one form: identifiers, and where a message went."""
    named = [(one["kind"], one["value"]) for one in row["identifiers"]]
    properties = json.loads(row["properties"] or "{}")
    said = [properties.get(name) for name in _MESSAGE_TO] if isinstance(properties, dict) else []
    kinds = [name for name, kind in rules.kinds.items() if kind.form in rules.contacts]
    named += [(kind, value) for value in said if isinstance(value, str) for kind in kinds]
    for kind, value in named:
        form = rules.normalised(kind, value)
        if not isinstance(form, NoIdentifier):
            yield Identifier(canonical(kind), form)
