"""What the names of a map mean: found, or reported with the name that was probably meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from resa.base.errors import ExpressionError, did_you_mean
from resa.base.language import NOTHING, Sentence, sentence
from resa.documents import Edit, Finding, Written
from resa.expressions import Catalog, Scope, compile_expression
from resa.journey_map.names import near
from resa.model.names import thing

__all__ = ["Place", "References"]

Place = tuple[str | int, ...]
"""What stands somewhere: `("touchpoint", "cart")`, `("arrow", "cart.purchase")`, `("pain_point", "cart", 0)`."""


@dataclass(kw_only=True)
class References:
    """The names of one map, and what was found wrong while they were looked up.

    Attributes:
        stages: Touchpoints of each stage.
        touchpoints: All touchpoints, in order, with their stages.
        personas: All personas.
        channels: Those that the file declares.
        improvements: All improvements.
        reactions: Those of the map and those that maps share.
        arrows: Names of expectations and promises.
        unsure: Kinds of names of which some could not be read, so that an unknown one may be right.
        hurt: Keys, by file and offset, below which something could not be read: what is missing may stand there.
        timezone: The map's.
        segments: All segments.
        computed: Types of the traits that are computed.
        findings: What is wrong.
        places: Where things stand, for lint.
    """

    stages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    touchpoints: dict[str, str] = field(default_factory=dict)
    personas: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    improvements: tuple[str, ...] = ()
    reactions: frozenset[str] = frozenset()
    arrows: dict[str, Written] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    hurt: frozenset[tuple[str, int]] = frozenset()
    timezone: str = "UTC"
    segments: tuple[str, ...] = ()
    computed: Mapping[str, Literal["number", "boolean", "time"] | None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    places: dict[Place, Written] = field(default_factory=dict)

    @property
    def wrong(self) -> bool:
        """Whether something was found that stops the use of the map."""
        return any(finding.problem.severity == "error" for finding in self.findings)

    def report(
        self,
        at: Written,
        message: Sentence,
        *,
        code: str,
        fix: str | None = None,
        inside: int | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Report a mistake at a place; `fix` replaces what is written there."""
        problem = at.problem(message, code=code, fix=fix, inside=inside, severity=severity)
        edits = (Edit(at.node.start, at.node.end, fix),) if fix is not None else ()
        self.findings.append(Finding(problem, edits))

    def incomplete(self, at: Written, message: Sentence, *, code: str) -> None:
        """Report what is missing below a key, unless something there could not be read."""
        if (at.source.file, at.node.start) not in self.hurt:
            self.report(at, message, code=code)

    def unknown(self, name: Written, kind: str, known: Collection[str], *, hint: Sentence = NOTHING) -> None:
        """Report a name that is not defined, unless the part that would define it could not be read."""
        fix = near(name, known)
        if kind in self.unsure and fix is None:
            return
        said = name.source.text[name.node.start : name.node.end]
        suggestion = did_you_mean(name, known)
        if not suggestion and kind == "touchpoint" and "." in said:
            suggestion = sentence("; names are local to their map")
        message = sentence(
            "{kind} '{name}' is not defined{suggestion}", kind=thing(kind), name=name, suggestion=suggestion or hint
        )
        self.report(name, message, code=f"unknown-{kind}".replace(" ", "-"), fix=fix)

    def one(self, name: Written | None, kind: str, known: Collection[str], *, hint: Sentence = NOTHING) -> str | None:
        """The name, if it is known."""
        if name is None:
            return None
        if name not in known:
            self.unknown(name, kind, known, hint=hint)
            return None
        return str(name)

    def touchpoint_keys(self, names: tuple[Written, ...]) -> tuple[str, ...]:
        """Names of touchpoints alone, those that are known."""
        found = []
        for name in names:
            if name in self.stages and name not in self.touchpoints:
                self.report(
                    name, sentence("'{name}' is a stage; name its touchpoints here", name=name), code="not-touchpoint"
                )
            elif key := self.one(name, "touchpoint", self.touchpoints):
                found.append(key)
        return tuple(found)

    def reachable(self, names: tuple[Written, ...]) -> tuple[str, ...]:
        """Touchpoints that names stand for: a touchpoint for itself, a stage for all of its own."""
        found: list[str] = []
        for name in names:
            if name in self.touchpoints:
                found.append(str(name))
            elif name in self.stages:
                if not self.stages[name] and "touchpoint" not in self.unsure:
                    message = sentence("stage '{name}' has no touchpoints yet, so that nothing can reach it", name=name)
                    self.report(name, message, code="empty-stage")
                found += self.stages[name]
            else:
                self.unknown(name, "touchpoint", [*self.touchpoints, *self.stages])
        return tuple(dict.fromkeys(found))

    def channel(self, name: Written) -> str:
        """A channel; one that is not declared may be new, unless a declared one is near."""
        if name not in self.channels and near(name, self.channels):
            self.unknown(name, "channel", self.channels)
        return str(name)

    def arrow(self, name: Written | None) -> str | None:
        """The name of an expectation or promise, if it is known."""
        return self.one(
            name, "expectation", self.arrows, hint=sentence("; it is named touchpoint.next, such as cart.purchase")
        )

    @property
    def catalog(self) -> Catalog:
        """What the names in an expression mean; of kinds that are unsure every name is allowed."""
        return Catalog(
            touchpoints=frozenset(self.touchpoints) if "touchpoint" not in self.unsure else frozenset(),
            personas=frozenset(self.personas or ("",)) if "persona" not in self.unsure else frozenset(),
            segments=frozenset(self.segments or ("",)) if "segment" not in self.unsure else frozenset(),
            expectations=frozenset(self.arrows or ("",)) if "expectation" not in self.unsure else frozenset(),
            computed=self.computed,
            timezone=self.timezone,
        )

    def expression(
        self,
        text: Written | None,
        scope: Scope,
        expects: Literal["boolean", "number", "scalar"],
    ) -> str | None:
        """An expression that was checked, or `None`."""
        if text is None:
            return None
        said = str(text)
        try:
            compile_expression(said, scope=scope, expects=expects, catalog=self.catalog)
        except ExpressionError as error:
            for problem in error.problems:
                inside = _offset(said, problem.line, problem.column)
                self.report(text, problem.message, code=problem.code, inside=inside)
            return None
        return " ".join(said.split("\n")).strip()

    def stands(self, place: Place, at: Written) -> None:
        """Remember where something stands."""
        self.places.setdefault(place, at)


def _offset(text: str, line: int | None, column: int | None) -> int:
    """Characters into an expression, from its own line and column."""
    if column is None:
        return 0
    before = text.split("\n")[: (line or 1) - 1]
    return sum(len(part) + 1 for part in before) + column - 1


def names_of(mapping: Mapping[Written, object]) -> tuple[str, ...]:
    """The keys of a section as plain names."""
    return tuple(str(key) for key in mapping)
