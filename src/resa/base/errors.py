"""Every error that Resa raises on purpose, in one tree.

    ResaError
    ├── InputError              something a person wrote or gave is wrong; holds `problems`
    │   ├── MapError            a journey file
    │   ├── ExpressionError     an expression: `when`, `who`, `if`, `value`, a filter, a source's SELECT
    │   ├── SourceError         a source file, or the file of rows that it names
    │   ├── QuestionError       a question that the map or the data cannot answer
    │   └── SettingsError       resa.toml or an environment variable
    ├── WorkspaceError          the folder and its data
    │   ├── WorkspaceMissing    there is no workspace here
    │   ├── WorkspaceBusy       another process is writing
    │   └── WorkspaceDamaged    stored data contradict each other; `resa verify` says where
    ├── EngineError             a statement failed in the SQL engine; holds `sql`
    │   └── TimeExceeded        it ran longer than it may
    └── ExtraMissing            an optional package is not installed

A message says what was wrong, where, and what to do. Nothing else is caught and shown to a user without a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from resa.base.language import NOTHING, Sentence, as_it_is, sentence

__all__ = [
    "EngineError",
    "ExpressionError",
    "ExtraMissing",
    "InputError",
    "MapError",
    "Problem",
    "QuestionError",
    "ResaError",
    "SettingsError",
    "SourceError",
    "TimeExceeded",
    "WorkspaceBusy",
    "WorkspaceDamaged",
    "WorkspaceError",
    "WorkspaceMissing",
    "did_you_mean",
    "nearest",
]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong, with its place and what to write instead.

    Attributes:
        message: What is wrong and what to do, one sentence or two, in plain words, without the place; English that can
            still be said in another language.
        file: The file as the user would name it, relative to the workspace where it can be.
        line: 1-based line, `None` where there is none.
        column: 1-based column in characters.
        field: Dotted path inside the document, such as `touchpoints.cart.expect.0.within`.
        severity: `error` stops the use of the document, `warning` is advice (lint).
        code: Stable name of the rule, such as `unknown-touchpoint`.
        fix: What to write there instead, when the repair is mechanical.
    """

    message: Sentence
    file: str | None = None
    line: int | None = None
    column: int | None = None
    field: str | None = None
    severity: Severity = "error"
    code: str = "invalid"
    fix: str | None = None

    @property
    def place(self) -> str:
        """`journey.yaml:31:18`, as far as it is known; empty if nothing is."""
        if self.line is None:
            return self.file or ""
        parts = [self.file or "", str(self.line)]
        if self.column is not None:
            parts.append(str(self.column))
        return ":".join(part for part in parts if part)

    def __str__(self) -> str:
        """The problem as one line, the place first."""
        word = "warning: " if self.severity == "warning" else ""
        return f"{self.place} {word}{self.message}".strip()

    def at(self, *, file: str | None = None, line: int | None = None, column: int | None = None) -> Problem:
        """The same problem with its place filled in where it was unknown."""
        return replace(self, file=self.file or file, line=self.line or line, column=self.column or column)


class ResaError(Exception):
    """The base of all errors that Resa raises on purpose.

    Args:
        message: What was wrong, where, and what to do; English that can still be said in another language.
    """

    def __init__(self, message: Sentence) -> None:
        self.message = message
        super().__init__(message)


class InputError(ResaError):
    """Something that a person wrote or gave is wrong.

    Args:
        problems: What is wrong, at least one; a sentence alone becomes a problem without a place.
    """

    def __init__(self, problems: Sentence | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, Sentence):
            problems = Problem(message=problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        told = "\n".join(map(str, self.problems))
        # One that stands alone stays a sentence of its own, so that it can be said in another language.
        alone = len(self.problems) == 1 and told == self.problems[0].message
        super().__init__(self.problems[0].message if alone else as_it_is(told))


class MapError(InputError):
    """A journey file is wrong."""


class ExpressionError(InputError):
    """An expression is wrong, or not allowed. `column` of its problems counts inside the expression."""


class SourceError(InputError):
    """A source file, or the file of rows that it names, is wrong."""


class QuestionError(InputError):
    """A question that this map or these data cannot answer."""


class SettingsError(InputError):
    """`resa.toml` or an environment variable is wrong."""


class WorkspaceError(ResaError):
    """The workspace's folder or its data cannot be used as asked."""


class WorkspaceMissing(WorkspaceError):
    """There is no workspace in this folder."""


class WorkspaceBusy(WorkspaceError):
    """Another process is writing to this workspace."""


class WorkspaceDamaged(WorkspaceError):
    """Stored data contradict each other."""


class EngineError(ResaError):
    """A statement failed in the SQL engine.

    Args:
        message: What failed, without values from the data, which may be personal.
        sql: The statement, with its parameters still as names.
    """

    def __init__(self, message: Sentence, *, sql: str = "") -> None:
        self.sql = sql
        super().__init__(message)


class TimeExceeded(EngineError):
    """A statement ran longer than it may, and was stopped."""


class ExtraMissing(ResaError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str, purpose: Sentence) -> None:
        super().__init__(
            sentence(
                "{purpose} needs the package {package}: pip install 'resa[{extra}]'",
                purpose=purpose,
                package=package,
                extra=extra,
            )
        )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, in any mixture of capitals; `None` when none is near."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return names[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> Sentence:
    """`; did you mean 'checkout'?` for the known word nearest to `word`, or nothing when none is near."""
    near = nearest(word, known)
    return NOTHING if near is None else sentence("; did you mean '{name}'?", name=near)
