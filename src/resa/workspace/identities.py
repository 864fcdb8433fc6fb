"""Who is who: the rules of a workspace, what people decide, and why two identifiers are one customer or are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from resa.base.errors import QuestionError
from resa.base.language import Sentence, sentence
from resa.base.showing import Listing
from resa.identity import (
    Decision,
    Identifier,
    Persons,
    Rules,
    Step,
    customers_named,
    decide,
    decisions_of,
    persons_around,
    persons_in_doubt,
    read_rules,
    refused,
    said_apart,
    said_refusal,
    set_apart,
    why_apart,
    why_together,
)
from resa.model.tables import DECISIONS
from resa.storage import Also, JourneyIndex, keep_decisions, kept_decisions, replacing_pairs
from resa.workspace.auditing import who_acts
from resa.workspace.freshness import brought_up_to_date

if TYPE_CHECKING:
    from resa.workspace.matching import Likely, Matched
    from resa.workspace.workspace import Workspace

__all__ = ["Identity", "Reasons", "Refusal"]

Named = tuple[str, str]
"""Kind and value of an identifier, as a source writes it."""


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """Why two identifiers are one customer, or are not.

    Attributes:
        together: Whether they are one.
        steps: The evidence that leads from one to the other.
        against: What speaks against it; without values.
    """

    together: bool
    steps: tuple[Step, ...]
    against: tuple[Sentence, ...]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Two identifiers that were seen together and are not one customer, or one that joins nobody.

    Attributes:
        one: An identifier.
        other: The other; `None`: it is shared, or its kind never joins.
        count: In how many rows they were seen together.
        why: In words, without values.
    """

    one: Identifier
    other: Identifier | None
    count: int
    why: Sentence


class Identity:
    """Who is who in a workspace.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    @cached_property
    def rules(self) -> Rules:
        """Which identifiers may join: `identity.yaml`, or the defaults.

        Raises:
            InputError: The file is wrong; holds every problem.
        """
        return read_rules(self._shop.folder)

    def decisions(self) -> Listing[Decision]:
        """What people decided, in the order in which it was kept. Values are personal data."""
        return Listing(decisions_of(kept_decisions(self._shop.store)))

    def join(self, one: Named, other: Named, *, why: str = "") -> Decision:
        """Say that two identifiers are one customer, whatever limits say. The index follows.

        Raises:
            InputError: One of them names nobody, or both are the same.
        """
        return self._decide("join", one, other, why)

    def split(self, one: Named, other: Named, *, why: str = "") -> Decision:
        """Say that two identifiers are two customers, whatever is seen later. The index follows.

        Raises:
            InputError: One of them names nobody, or both are the same.
        """
        return self._decide("split", one, other, why)

    def why(self, one: Named, other: Named) -> Reasons:
        """Why two identifiers are one customer, or are not.

        Raises:
            InputError: One of them names nobody.
            QuestionError: One of them was never seen.
        """
        named = decide(self.rules, "join", one, other, at=self._shop.clock())  # reads both, and says what is wrong
        index = self._index()
        customers = customers_named(index, self.rules, [named.one, named.other])
        for identifier, customer in zip((one, other), customers, strict=True):
            if customer is None:
                raise QuestionError(sentence("nobody was ever seen with this {kind}", kind=identifier[0]))
        persons = persons_around(index, self.rules, self.decisions()[: index.decisions], [named.one, named.other])
        return Reasons(
            together=customers[0] == customers[1],
            steps=tuple(why_together(persons, named.one, named.other)),
            against=tuple(why_apart(persons, named.one, named.other)),
        )

    def review(self) -> Listing[Refusal]:
        """What was seen together and yet not joined, the most often seen first, and what joins nobody.

        These are what a person may want to decide. Values are personal data.
        """
        index = self._index()
        persons = persons_in_doubt(index, self.rules, self.decisions()[: index.decisions])
        found = sorted(_refusals(persons), key=lambda refusal: (-refusal.count, refusal.one))
        return Listing([*found, *_shared(persons)])

    def match(self, *, keep: bool = True) -> Matched:
        """Join customers who are alike enough, and tell who may be one; `split` takes a join back, and it stays so.

        Args:
            keep: Join them, and keep who may be one for `undecided`, in the place of who was kept; without, only tell.

        Raises:
            ExtraMissing: Splink is not installed.
            InputError: Too little is known of customers.
        """
        from resa.workspace.matching import BY, kept_of, matched  # noqa: PLC0415 - heavy; only here

        index = self._index()
        found = matched(self._shop, index, self.decisions()[: index.decisions])
        if keep:
            at = self._shop.clock()
            pairs = replacing_pairs(kept_of(self._shop, found.undecided, at))
            made = [
                Decision(
                    what="join",
                    one=pair.one,
                    other=pair.other,
                    at=at,
                    who=BY,
                    why=f"{pair.probability:.4f}: {', '.join(pair.agree)}",
                )
                for pair in found.joined
            ]
            self._keep(made, pairs)
        return found

    def undecided(self) -> Listing[Likely]:
        """Who may be one person, as `match` last found it, the surest first: what a person decides.

        A pair goes once somebody joins or splits it, or anything else makes it one customer. All is personal data.
        """
        from resa.workspace.matching import undecided_pairs  # noqa: PLC0415 - see above

        index = self._index()
        found = undecided_pairs(self._shop, index, self.decisions()[: index.decisions])
        if found:
            self._shop.audit.note("identity.review", pairs=len(found))
        return Listing(found)

    def count_undecided(self) -> int:
        """How many pairs wait for a person to decide; nobody is shown."""
        from resa.workspace.matching import undecided_pairs  # noqa: PLC0415 - see above

        index, decisions = self._shop.store.index(), self.decisions()
        decided = {frozenset(one.pair) for one in decisions}  # the index may follow later
        found = undecided_pairs(self._shop, index, decisions[: index.decisions])
        return sum(frozenset((pair.one, pair.other)) not in decided for pair in found)

    def _index(self) -> JourneyIndex:
        brought_up_to_date(self._shop)
        return self._shop.store.index()

    def _decide(self, what: Literal["join", "split"], one: Named, other: Named, why: str) -> Decision:
        made = decide(self.rules, what, one, other, at=self._shop.clock(), who=who_acts(), why=why)
        self._keep([made])
        return made

    def _keep(self, made: Sequence[Decision], *more: Also) -> None:
        rows = [
            {
                "what": one.what,
                **{f"{end}_{name}": getattr(getattr(one, end), name) for end in ("one", "other") for name in _NAMES},
                "at": one.at,
                "who": one.who,
                "why": one.why,
            }
            for one in made
        ]
        also = [self._shop.audit.also(f"identity.{one.what}", of=end) for one in made for end in (one.one, one.other)]
        keep_decisions(self._shop.store, pa.Table.from_pylist(rows, schema=DECISIONS), [*also, *more])


_NAMES = ("kind", "value")


def _refusals(persons: Persons) -> Iterator[Refusal]:
    decided = len(persons.graph.decisions)
    for row in refused(persons).to_pylist():
        if row["edge"] < decided or row["reason"] in {"set-apart", "split"}:
            continue
        yield Refusal(
            one=Identifier(row["kind"], row["value"]),
            other=Identifier(row["other_kind"], row["other_value"]),
            count=int(persons.graph.count[row["edge"] - decided]),
            why=said_refusal(persons, row["edge"]),
        )


def _shared(persons: Persons) -> Iterator[Refusal]:
    apart = set_apart(persons).to_pylist()
    shared = [Identifier(row["kind"], row["value"]) for row in apart if row["reason"] in {"shared", "shared-by-guests"}]
    for one, why in zip(shared, said_apart(persons, shared), strict=True):
        if why is not None:
            yield Refusal(one=one, other=None, count=0, why=why)
