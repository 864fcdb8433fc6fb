"""What people decide: that two identifiers are one customer, or are not. A log that only grows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.identity.identifiers import Identifier, NoIdentifier
from resa.identity.kinds import canonical
from resa.identity.rules import Rules

__all__ = ["Decision", "decide", "in_force"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A person's word on two identifiers.

    Attributes:
        what: `join`: they are one customer. `split`: they are not, whatever is seen later.
        one: An identifier in its one form.
        other: Another.
        at: When it was decided, with its time zone.
        who: Who decided.
        why: In their words.
    """

    what: Literal["join", "split"]
    one: Identifier
    other: Identifier
    at: datetime
    who: str = ""
    why: str = ""

    @property
    def pair(self) -> tuple[Identifier, Identifier]:
        """Both, in an order that does not depend on how they were given."""
        return min(self.one, self.other), max(self.one, self.other)

    @property
    def _age(self) -> tuple[datetime, bool, tuple[Identifier, Identifier], str, str]:
        """By what decisions are ordered; of one moment a split counts as the later, since it can do less harm."""
        return self.at, self.what == "split", self.pair, self.who, self.why


def decide(
    rules: Rules,
    what: Literal["join", "split"],
    one: tuple[str, str],
    other: tuple[str, str],
    *,
    at: datetime,
    who: str = "",
    why: str = "",
) -> Decision:
    """A decision on two identifiers as a person writes them.

    Args:
        rules: Of the workspace.
        what: `join` or `split`.
        one: Kind and value.
        other: Kind and value.
        at: When it was decided, with its time zone.
        who: Who decided.
        why: In their words.

    Raises:
        InputError: One of them names nobody, or both are the same.
    """
    read = [_read(rules, kind, value) for kind, value in (one, other)]
    if read[0] == read[1]:
        raise InputError(sentence("both are the same identifier of kind {kind}; name two", kind=read[0].kind))
    return Decision(what=what, one=read[0], other=read[1], at=at, who=who, why=why)


def _read(rules: Rules, kind: str, value: str) -> Identifier:
    found = rules.normalised(kind, value)
    if isinstance(found, NoIdentifier):
        raise InputError(
            sentence("the value given as {kind} names nobody: {reason}", kind=canonical(kind), reason=found.sentence)
        )
    return Identifier(canonical(kind), found)


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """The last decision on each pair, the newest first. The order in which they are given is no matter."""
    newest: dict[tuple[Identifier, Identifier], Decision] = {}
    for decision in sorted(decisions, key=lambda decision: decision._age):  # noqa: SLF001  # its own class
        newest[decision.pair] = decision
    return sorted(newest.values(), key=lambda decision: decision._age, reverse=True)  # noqa: SLF001
