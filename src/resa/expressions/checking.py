"""Walk the tree, check every node, name and type, and write SQL anew from what was understood.

Each node becomes a `Piece`: SQL of our own making and what it yields. Of the user's text only names of
columns and struct fields of a source's row reach the SQL, quoted here; every literal becomes a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlglot import exp

from resa.base.errors import Problem
from resa.base.language import NOTHING, Sentence, sentence
from resa.expressions import patterns
from resa.expressions.fields import as_path, field_piece
from resa.expressions.functions import Kind
from resa.expressions.language import Catalog, Place, Requirement, RequirementKind, Scope
from resa.expressions.nodes import reason_against
from resa.expressions.pieces import CASTS, DATE_ALONE, KIND_WORDS, TIME_WITHOUT_ZONE, WRONG, Piece, is_open, quoted
from resa.expressions.reading import position
from resa.expressions.visits import VISITS

__all__ = ["Checker"]

_HIGHEST_COST = 2_000
_DEEPEST = 60


@dataclass
class Checker:
    """One walk over one tree.

    Args:
        scope: What names mean.
        catalog: Known names and types.
        prefix: Of the parameters' names.
        unnested: Row scope: names given by `unnest(…) as name` → SQL of the column that holds it.
        lists: Row scope: the same names → the place of the items, as in `members`.
    """

    scope: Scope
    catalog: Catalog
    prefix: str
    unnested: Mapping[str, str] = field(default_factory=dict)
    lists: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    parameters: dict[str, object] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    members: set[Place] = field(default_factory=set)
    requires: dict[str, Requirement] = field(default_factory=dict)
    uses_as_of: bool = False
    cost: int = 0
    depth: int = 0
    _known: dict[tuple[type, object], str] = field(default_factory=dict)

    # What a walk writes down

    def wrong(self, message: Sentence, at: int, code: str = "not-allowed") -> Piece:
        """Report a problem; the piece keeps its neighbours from reporting it again."""
        self.problems.append(Problem(message=message, column=at + 1, code=code))
        return WRONG

    def parameter(self, value: object) -> str:
        """The placeholder of a value; equal values share one."""
        key = (type(value), value)
        if key not in self._known:
            name = f"{self.prefix}{len(self._known)}"
            self._known[key] = f"${name}"
            self.parameters[name] = value
        return self._known[key]

    def require(self, kind: RequirementKind, name: str, last_seconds: int | None = None) -> str:
        """The column, quoted, by which the caller answers what is asked of a customer's history."""
        column = f"{kind}:{name}" if last_seconds is None else f"{kind}:{name}:{last_seconds}"
        self.requires[column] = Requirement(column=column, kind=kind, name=name, last_seconds=last_seconds)
        return quoted(column)

    def spend(self, cost: int, at: int) -> None:
        """Add to what the expression costs to run; too much is reported once."""
        before, self.cost = self.cost, self.cost + cost
        if before <= _HIGHEST_COST < self.cost:
            self.wrong(
                sentence("the expression does too much to be run on every row; use fewer functions and properties"),
                at,
                "too-costly",
            )

    def sql(self, piece: Piece) -> str:
        """The piece as SQL, whatever it yields."""
        return piece.sql if piece.literal is None else self.parameter(piece.literal)

    # Types

    def as_kind(self, piece: Piece, kind: Kind, *, why: Sentence = NOTHING) -> str:
        """The piece as SQL that yields `kind`; literals and values of unknown type are converted."""
        if piece.kind == "wrong":
            return "NULL"
        if piece.kind == "tally":
            piece = _settled(piece, "boolean" if kind == "boolean" else "number")
        if piece.kind == kind or (kind == "text" and piece.kind == "json"):
            return self.sql(piece)
        if kind in ("time", "local") and isinstance(piece.literal, str):
            return self._moment(piece, kind)
        if kind == "time" and piece.kind == "local":
            return f"timezone({self.parameter(self.catalog.timezone)}, {piece.sql})"
        # NULL gets a type as well, for DuckDB may find no function that takes a bare one.
        if is_open(piece.kind) or piece.kind == "null" or (piece.kind, kind) == ("time", "local"):
            return self.converted(self.sql(piece), kind, piece.at)
        self.wrong(
            sentence(
                "{piece} is {kind}, but {wanted} is needed{why}",
                piece=piece.label,
                kind=KIND_WORDS[piece.kind],
                wanted=KIND_WORDS[kind],
                why=why,
            ),
            piece.at,
            "wrong-type",
        )
        return "NULL"

    def converted(self, sql: str, kind: Kind, at: int) -> str:
        """SQL that reads a value of unknown type as `kind`; a date or time without a zone is one of the map's."""
        if kind != "time" or self.scope is Scope.ROW or sql == "NULL":
            return CASTS[kind].format(sql)
        self.spend(10, at)
        # The value is written once: in both branches of a CASE it would double with every call that nests.
        for pattern, instead in ((DATE_ALONE, r"\1 00:00"), (TIME_WITHOUT_ZONE, rf"\1 {self.catalog.timezone}")):
            sql = f"regexp_replace({sql}, {self.parameter(pattern)}, {self.parameter(instead)})"
        return CASTS[kind].format(sql)

    def _moment(self, piece: Piece, kind: Kind) -> str:
        moment = patterns.parse_moment(str(piece.literal), self.catalog.timezone)
        if moment is None:
            self.wrong(
                sentence(
                    "{piece} is not a moment; write for example '2026-09-14' or '2026-09-14 08:30'", piece=piece.label
                ),
                piece.at,
                "wrong-type",
            )
            return "NULL"
        if kind == "time":
            return self.parameter(moment.astimezone(UTC))
        return self.parameter(datetime.fromisoformat(str(piece.literal).strip()).replace(tzinfo=None))

    def common(self, pieces: Sequence[Piece], what: Sentence) -> Kind:
        """The one kind that all the pieces can have; `wrong` after reporting that there is none."""
        pieces = _all_settled(pieces)
        kinds: set[Kind] = {piece.kind for piece in pieces}
        if "wrong" in kinds:
            return "wrong"
        known = sorted(kinds - {"json", "native", "null"})
        if not known:
            closed: Sequence[Kind] = ("json", "native", "null")
            present = [kind for kind in closed if kind in kinds]
            return "text" if present[:2] == ["json", "native"] else present[0]
        moments = [kind for kind in known if kind in ("time", "local")]
        if moments and all(
            p.kind in ("time", "local", "json", "native", "null") or isinstance(p.literal, str) for p in pieces
        ):
            return "time" if "time" in moments else "local"
        if len(known) == 1:
            return known[0]
        first = next(piece for piece in pieces if piece.kind in known)
        other = next(piece for piece in pieces if piece.kind in known and piece.kind != first.kind)
        hint = NOTHING
        if {first.kind, other.kind} == {"text", "number"}:
            literal = next((p for p in (first, other) if p.kind == "text" and isinstance(p.literal, str)), None)
            number = next((p for p in (first, other) if p.kind == "number" and p.literal is not None), None)
            if literal is not None:
                hint = sentence("; write the number without quotes")
            elif number is not None:
                hint = sentence("; write '{number}' in quotes", number=number.label)
        self.wrong(
            sentence(
                "{what}: {first} is {kind} and {other} is {other_kind}{hint}",
                what=what,
                first=first.label,
                kind=KIND_WORDS[first.kind],
                other=other.label,
                other_kind=KIND_WORDS[other.kind],
                hint=hint,
            ),
            other.at,
            "wrong-type",
        )
        return "wrong"

    def alike(self, pieces: Sequence[Piece], what: Sentence) -> tuple[Kind, list[str]]:
        """The pieces as SQL of their common kind."""
        pieces = _all_settled(pieces)
        kind = self.common(pieces, what)
        if kind in ("wrong", "native", "json", "null"):
            return kind, [self.sql(piece) if piece.kind not in ("wrong", "null") else "NULL" for piece in pieces]
        return kind, [self.as_kind(piece, kind) for piece in pieces]

    # The walk

    def visit(self, node: exp.Expr) -> Piece:
        """Check one node and what is below it."""
        path = as_path(node)
        if path is not None:
            return field_piece(self, path)
        reason = reason_against(node)
        if reason is not None:
            return self.wrong(reason, position(node))
        if self.depth >= _DEEPEST:
            return self.wrong(
                sentence("the expression is nested too deeply here; simplify it"), position(node), "too-deep"
            )
        self.depth += 1
        try:
            piece = VISITS[type(node)](self, node) if type(node) in VISITS else self._misplaced(node)
        finally:
            self.depth -= 1
        return piece

    def _misplaced(self, node: exp.Expr) -> Piece:
        at = position(node)
        if isinstance(node, exp.Dot):
            return self.wrong(
                sentence("a function cannot be called after a dot; write lower(name), not name.lower()"), at
            )
        if isinstance(node, exp.Array):
            return self.wrong(sentence("a list in [ ] is allowed only inside unnest; use `in (…)`"), at)
        return self.wrong(sentence("this cannot stand here"), at)


def _all_settled(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with counts as conditions where they stand beside conditions, else as numbers."""
    meant: Kind = "boolean" if any(piece.kind == "boolean" for piece in pieces) else "number"
    return [_settled(piece, meant) if piece.kind == "tally" else piece for piece in pieces]


def _settled(piece: Piece, kind: Kind) -> Piece:
    """A count as the condition that it is at least 1, or as the number."""
    return replace(piece, kind=kind, sql=f"({piece.sql} > 0)" if kind == "boolean" else piece.sql)
