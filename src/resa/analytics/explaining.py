"""Why a customer is in a segment or persona, or not: each condition, its value, its threshold, and whether it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from resa.analytics.scope.customers import CustomerExpressions
from resa.analytics.scope.snapshot import Snapshot
from resa.base.clock import from_microseconds
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.expressions import Part, parts_of

__all__ = ["Reason", "Why", "why"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One condition, for one customer.

    Attributes:
        condition: As it is written.
        kind: `all` of its parts must hold, `any` of them, or its one part must `not`; `condition`: it stands alone.
        holds: Whether it does; `None`: not known, which is not true.
        value: What the customer's value is; `None`: not known, or nothing is compared.
        sign: How it is compared, such as `>=`; empty: it is not.
        threshold: What it is compared with; where that differs by customer, hers.
        parts: The conditions that it is made of; of a persona or segment, the condition that selects it.
    """

    condition: str
    kind: str
    holds: bool | None
    value: Any = None
    sign: str = ""
    threshold: Any = None
    parts: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why a customer is in a segment or persona, or not.

    Attributes:
        name: Key of the segment or persona.
        kind: Which of the two.
        inside: Whether she is in.
        seen_at: As of which moment, UTC; `None`: there are no data.
        reason: The whole condition.
    """

    name: str
    kind: str
    inside: bool
    seen_at: datetime | None
    reason: Reason


@dataclass
class _Asked:
    """What is to be evaluated in one go: expressions with what is expected of each, and the answers."""

    questions: list[tuple[str, str]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def ask(self, text: str, expects: str) -> int:
        """Note a question; the place of its answer."""
        self.questions.append((text, expects))
        return len(self.questions) - 1


def why(snapshot: Snapshot, customer: int, name: str, *, now: int | None = None) -> Why:
    """Why a customer is in a segment or persona, or not.

    Args:
        snapshot: The events.
        customer: Her number in this generation of the index.
        name: Key of a segment or persona of the map.
        now: From which moment to look, as `segment_flags` does.

    Raises:
        QuestionError: The map has neither, or nothing tells who is of the persona.
    """
    journey_map = snapshot.journey_map
    if name not in journey_map.segment and name not in journey_map.persona:
        known = [*journey_map.segment, *journey_map.persona]
        raise QuestionError(
            sentence(
                "the map has no segment or persona '{name}'{suggestion}",
                name=name,
                suggestion=did_you_mean(name, known),
            )
        )
    kind = "segment" if name in journey_map.segment else "persona"
    expressions = CustomerExpressions(snapshot, now=now)
    flags = expressions.segment(name) if kind == "segment" else expressions.persona(name)
    part = parts_of(_who(snapshot, kind, name))
    asked = _Asked()
    noted = _note(snapshot, part, asked)
    asked.answers = expressions.of_one(customer, asked.questions)
    overall = snapshot.index.as_of.overall
    return Why(
        name=name,
        kind=kind,
        inside=bool(flags[customer]),
        seen_at=overall if now is None else from_microseconds(now),
        reason=noted.told(asked.answers),
    )


def _who(snapshot: Snapshot, kind: str, name: str) -> str:
    journey_map = snapshot.journey_map
    return journey_map.segment[name].who if kind == "segment" else journey_map.persona[name].who or "false"


@dataclass(frozen=True)
class _Noted:
    """A part, and the places of the answers about it."""

    part: Part
    holds: int
    value: int | None
    threshold: int | None
    parts: tuple[_Noted, ...]

    def told(self, answers: list[Any]) -> Reason:
        """The part with its answers."""
        return Reason(
            condition=self.part.text,
            kind=self.part.kind,
            holds=answers[self.holds],
            value=None if self.value is None else answers[self.value],
            sign=self.part.sign,
            threshold=(self.part.threshold or None) if self.threshold is None else answers[self.threshold],
            parts=tuple(part.told(answers) for part in self.parts),
        )


def _note(snapshot: Snapshot, part: Part, asked: _Asked) -> _Noted:
    return _Noted(
        part,
        asked.ask(part.text, "truth"),
        None if part.value is None else asked.ask(part.value, "scalar"),
        None if part.fixed or part.sign in {"between", "in"} else asked.ask(part.threshold, "scalar"),
        tuple(_note(snapshot, inner, asked) for inner in _inside(snapshot, part)),
    )


def _inside(snapshot: Snapshot, part: Part) -> Iterator[Part]:
    yield from part.parts
    if part.about is not None:
        kind, name = part.about
        yield parts_of(_who(snapshot, kind, name))
