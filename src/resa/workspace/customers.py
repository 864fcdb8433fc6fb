"""One customer: what she is called, what was said of her, and what a map sees."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from resa.base.clock import to_microseconds
from resa.base.errors import QuestionError
from resa.base.language import Sentence, sentence
from resa.identity import ContactPoint, customers_named, identifiers_of, persons_around, why_together
from resa.storage import JourneyIndex, since_when

if TYPE_CHECKING:
    from resa.analytics import Measure, Place, SeenCustomer
    from resa.consent import Standing
    from resa.workspace.workspace import Workspace

__all__ = [
    "COMPUTED",
    "Called",
    "Profile",
    "Trait",
    "called_and_known",
    "called_so",
    "found_customer",
    "kinds_known",
    "profile_of",
    "shown_profile",
]


COMPUTED = "computed"
"""What stands for the source of a trait that Resa computes."""


@dataclass(frozen=True, kw_only=True)
class Trait:
    """One thing that is known of a customer.

    Attributes:
        name: Of the trait.
        value: As JSON reads it.
        source: Which source said so; `computed`: Resa, from her events.
        recorded_at: As of when, UTC; `None`: not known.
        before: What else was said, the newest first; of a trait whose word counts (`sources:`), theirs first.
    """

    name: str
    value: Any
    source: str
    recorded_at: datetime | None
    before: tuple[Trait, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Called:
    """One identifier of a customer.

    Attributes:
        kind: Such as email.
        value: In its one form.
        evidence: What leads to it from the one that names her; without values.
    """

    kind: str
    value: str
    evidence: tuple[Sentence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One customer. All of it is personal data.

    Attributes:
        identifiers: All that she is called, the one that names her first.
        traits: What is known of her, in alphabetical order.
        seen: What the map sees of her.
        segments: The segments of the map that she is in, each with the moment since when, UTC; `None`: not followed.
        consents: Where she stands on every topic and purpose, with the word that decides.
        contacts: Her addresses and numbers, and what is known of each.
        notes: What must be known of the numbers.
    """

    identifiers: tuple[Called, ...]
    traits: tuple[Trait, ...]
    seen: SeenCustomer
    segments: Mapping[str, datetime | None] = field(default_factory=dict)
    consents: tuple[Standing, ...] = ()
    contacts: tuple[ContactPoint, ...] = ()
    notes: tuple[Sentence, ...] = ()

    @property
    def document(self) -> Mapping[str, Any]:
        """The profile as JSON can hold it; moments are `datetime`."""
        segments = [{"segment": segment, "since": since} for segment, since in self.segments.items()]
        consents = list(map(asdict, self.consents))
        return {
            **_known(self.identifiers, self.traits),
            "segments": segments,
            "consents": consents,
            "contacts": list(map(asdict, self.contacts)),
            **{name: value for name, value in asdict(self.seen).items() if name != "older"},
        }


def called_and_known(shop: Workspace, index: JourneyIndex, customer: int) -> Mapping[str, Any]:
    """Her identifiers with their evidence and her traits with what was said before, as in `Profile.document`."""
    return _known(_called(shop, index, customer), _traits(shop.store.told_traits(index, customer).to_pylist()))


def _known(identifiers: Iterable[Called], traits: Iterable[Trait]) -> Mapping[str, Any]:
    return {
        "identifiers": [{**vars(called), "evidence": list(map(str, called.evidence))} for called in identifiers],
        "traits": [asdict(trait) for trait in traits],
    }


def profile_of(
    shop: Workspace,
    value: str,
    *,
    kind: str | None = None,
    map_key: str | None = None,
    newest: int = 50,
    before: Place | None = None,
) -> Profile:
    """The customer who is called so.

    Args:
        shop: The workspace.
        value: Of one of her identifiers, as its source spells it.
        kind: Of the identifier, such as user_id; `None`: any.
        map_key: Key of the map that sees her; `None`: the only one.
        newest: How many of her events are listed at most, the newest first.
        before: Only events older than this place in her timeline; `None`: all.

    Raises:
        QuestionError: Nobody is called so, or several are.
    """
    from resa.analytics import seen_customer  # noqa: PLC0415 - heavy; opening a workspace does without it
    from resa.workspace.contacts import contact_points  # noqa: PLC0415 - see above

    measure, key = shop.measure, shop.map(map_key).key
    while True:
        snapshot, index = measure.snapshot(key), shop.store.index()
        if index.generation == snapshot.index.generation:
            break  # a number means a customer of one generation only
    customer = found_customer(shop, index, value, kind)
    seen = seen_customer(snapshot, customer, newest, before)
    hers = identifiers_of(index, customer)
    consented = shop.consents.of_all(hers)
    return Profile(
        identifiers=tuple(_called(shop, index, customer)),
        traits=tuple(_with_computed(_traits(shop.store.told_traits(index, customer).to_pylist()), seen)),
        seen=seen,
        segments=_segments(shop, measure, key, index, customer),
        consents=consented.standings,
        contacts=contact_points(index, customer, hers, shop.identity.rules, consented.records),
        notes=measure.notes,
    )


def shown_profile(
    shop: Workspace,
    value: str,
    *,
    kind: str | None = None,
    map_key: str | None = None,
    newest: int = 50,
    before: Place | None = None,
) -> Profile:
    """The same for somebody to look at, as the audit log has it."""
    found = profile_of(shop, value, kind=kind, map_key=map_key, newest=newest, before=before)
    shop.audit.note("customer.show", of=(found.identifiers[0].kind, found.identifiers[0].value))
    return found


def called_so(shop: Workspace, index: JourneyIndex, value: str, kind: str | None) -> Mapping[int, str]:
    """The numbers of all customers who are called so, each with a kind of identifier."""
    asked = kinds_known(index) if kind is None else [kind]
    numbers = customers_named(index, shop.identity.rules, [(name, value) for name in asked])
    return {number: name for name, number in zip(asked, numbers, strict=True) if number is not None}


def kinds_known(index: JourneyIndex) -> list[str]:
    """The kinds of identifiers that there are."""
    return sorted(
        {*pc.unique(index.identifiers().column("kind")).to_pylist(), *index.persons.column("kind").unique().to_pylist()}
    )


def found_customer(shop: Workspace, index: JourneyIndex, value: str, kind: str | None) -> int:
    """The number of the customer.

    Raises:
        QuestionError: Nobody is called so, or several are.
    """
    found = called_so(shop, index, value, kind)
    if len(found) > 1:
        names = ", ".join(sorted(found.values()))
        raise QuestionError(sentence("several customers are called so; say which with --kind: {names}", names=names))
    if not found:
        known = ", ".join(kinds_known(index)) or sentence("none yet")
        raise QuestionError(sentence("no customer is called so; there are identifiers of kinds: {known}", known=known))
    customer: int = next(iter(found))
    return customer


def _called(shop: Workspace, index: JourneyIndex, customer: int) -> Iterator[Called]:
    first, *others = identifiers_of(index, customer)
    yield Called(kind=first.kind, value=first.value)
    if others:
        decisions = shop.identity.decisions()[: index.decisions]
        persons = persons_around(index, shop.identity.rules, decisions, [first])
        for one in others:
            steps = why_together(persons, first, one)
            yield Called(kind=one.kind, value=one.value, evidence=tuple(step.sentence for step in steps))


def _traits(told: list[dict[str, Any]]) -> Iterator[Trait]:
    by_name: dict[str, list[Trait]] = {}
    for row in told:
        trait = Trait(
            name=row["trait"],
            value=json.loads(row["value"]),
            source=row["source_id"],
            recorded_at=row["recorded_at"],
        )
        by_name.setdefault(trait.name, []).append(trait)
    for newest, *before in by_name.values():
        yield Trait(**{**vars(newest), "before": tuple(before)})


def _with_computed(told: Iterable[Trait], seen: SeenCustomer) -> Iterator[Trait]:
    """All traits in alphabetical order: one that is computed counts more than what sources say of it."""
    by_name = {trait.name: trait for trait in told}
    for name, value in seen.computed.items():
        said = by_name.get(name)
        before = () if said is None else (said, *said.before)
        plain = value.isoformat() if isinstance(value, datetime) else value
        if value is not None or said is not None:
            by_name[name] = Trait(name=name, value=plain, source=COMPUTED, recorded_at=seen.as_of, before=before)
    yield from (by_name[name] for name in sorted(by_name))


def _segments(
    shop: Workspace, measure: Measure, key: str, index: JourneyIndex, customer: int
) -> Mapping[str, datetime | None]:
    """The segments that she is in, and since when."""
    if not shop.maps[key].segments:
        return {}
    from resa.analytics import segment_flags  # noqa: PLC0415 - heavy; opening a workspace does without it
    from resa.segments import key_of, looked_from  # noqa: PLC0415 - see above

    moment = looked_from(shop.store, index.as_of.overall)
    inside = segment_flags(measure.snapshot(key), now=None if moment is None else to_microseconds(moment))
    since = since_when(shop.store, key_of(index.who, customer))
    return {segment: since.get(f"{key}.{segment}") for segment, flags in inside.items() if flags[customer]}
