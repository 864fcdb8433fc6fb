"""A proposal for how to collect a file, and the source file that says so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from resa.base.errors import Problem
from resa.base.language import Sentence
from resa.collector.advising import Advice, Reading
from resa.collector.column_names import PERSONA, looks_personal, name_rank
from resa.collector.guessing import ColumnSeen, safe_samples
from resa.documents import quoted

__all__ = ["SETTINGS", "Trial", "Understanding", "source_yaml"]

SETTINGS = ("timezone", "time_format", "decimal", "currency", "scale", "null_words")
"""What a proposal may say of the whole file, in the order in which it is written."""

_PLAIN = re.compile(r"[^\W\d][\w ./()-]*")
_NOT_PLAIN = {"true", "false", "null", "yes", "no", "on", "off", "rest"}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What would become of the first rows.

    Attributes:
        rows: How many were tried.
        good: How many would be stored.
        rejected: How many would be refused, by what is wrong.
        reasons: What each of these sentences is of: `unreadable-time`.
        first: The first few good rows, as they would be stored.
    """

    rows: int
    good: int
    rejected: Counter[str]
    reasons: Mapping[str, str]
    first: pa.Table


@dataclass(frozen=True, kw_only=True)
class Understanding:
    """What is understood of a file.

    Attributes:
        name: Proposed name of the source.
        path: The file, as the source will name it.
        kind: Kind of source.
        format: csv, jsonl, parquet, arrow, xes or excel.
        columns: What its columns hold.
        mapping: Target to column; a constant is written `= text`.
        settings: What else was found: delimiter, encoding, and those of `SETTINGS`.
        advice: What a person should check.
        missing: Targets that nothing was found for, each with what to do; empty: the source can be used.
        trial: What would become of the first rows; `None` while something is missing.
        problems: What is wrong with the proposal.
        left_out: Columns that look personal and are not needed.
        readings: Forms in which its times may be written, with examples; several: a person must choose.
    """

    name: str
    path: str
    kind: str
    format: str
    columns: tuple[ColumnSeen, ...]
    mapping: Mapping[str, str]
    settings: Mapping[str, str]
    advice: tuple[Advice, ...] = ()
    missing: Mapping[str, Sentence] = field(default_factory=dict)
    trial: Trial | None = None
    problems: tuple[Problem, ...] = ()
    left_out: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What a person at the command line should check, one sentence each."""
        return tuple(advice.message for advice in self.advice)

    def meaning_of(self, column: ColumnSeen) -> str:
        """What a column is taken for: a target, `currency`, `persona`, `detail` (kept beside the row) or `left`."""
        target = next((target for target, origin in self.mapping.items() if origin == column.name), "")
        if target and target.partition(".")[0] not in {"properties", "traits"}:
            return target
        if not target:
            return "left"
        if "currency" in self.settings and name_rank("currency", column.name) is not None:
            return "currency"
        return PERSONA if name_rank(PERSONA, column.name) is not None else "detail"

    def samples(self) -> dict[str, tuple[str, ...]]:
        """A few values of each column, as they may be shown: of personal ones only the shape, `xxxx@xxxxxx.xx`."""
        people = {
            column
            for target, column in self.mapping.items()
            if target == "customer" or target.startswith("identifiers.")
        }
        return {column.name: safe_samples(column, personal=column.name in people) for column in self.columns}


def source_yaml(understanding: Understanding) -> str:
    """The source file that was proposed, with comments."""
    lines = [f"path: {_yaml(understanding.path)}"]
    if understanding.kind != "events":
        lines.append(f"kind: {understanding.kind}")
    settings = understanding.settings
    told = {name: settings[name] for name in SETTINGS if name in settings}
    lines += [f"{name}: {value if name == 'null_words' else _yaml(value)}" for name, value in told.items()]
    if "timezone" not in settings and any(one.code == "no-zone" for one in understanding.advice):
        lines.append("timezone: UTC                     # of times that do not say theirs; such as Europe/Stockholm")
    dialect = [f"{name}: {_yaml(settings[name])}" for name in ("delimiter", "encoding") if name in settings]
    if dialect:
        lines.append(f"csv: {{{', '.join(dialect)}}}")
    lines.append("columns:")
    unknown = [target for target in understanding.missing if target not in SETTINGS]
    lines += [f"  {target}:                           # which column?" for target in unknown]
    blocks: dict[str, list[str]] = {}
    columns = {column.name: column for column in understanding.columns}
    for target, origin in understanding.mapping.items():
        block, _, name = target.rpartition(".")
        text = f"{_yaml(name)}: {_cell(block, origin, columns.get(origin))}"
        if hint := _hint(target, columns.get(origin)):
            text = f"{text:<32}  # {hint}"  # one space alone would be a betrayal: see documents.betrayals
        if block:
            blocks.setdefault(block, []).append(f"    {text}".rstrip())
        else:
            lines.append(f"  {text}".rstrip())
    for block, members in blocks.items():
        lines += [f"  {block}:", *members]
    if understanding.left_out:
        names = ", ".join(understanding.left_out)
        lines.append(f"# Left out, because they look like personal data that journeys do not need: {names}")
    return "\n".join(lines) + "\n"


def _cell(block: str, origin: str, column: ColumnSeen | None) -> str:
    """Where the value comes from: a constant, or a column; numbers that are not written as JSON does say so."""
    if origin.startswith("= "):
        return f"{{always: {_yaml(origin[2:])}}}"
    if block in {"properties", "traits"} and column is not None and column.number and column.decimal == "comma":
        return f"{{column: {_yaml(origin)}, type: number}}"
    return _yaml(origin)


def _hint(target: str, column: ColumnSeen | None) -> str:
    """What stands in a column, unless it is about a person."""
    block, _, name = target.rpartition(".")
    if column is None or name == "customer" or block == "identifiers" or looks_personal(column.name):
        return ""
    return ", ".join(column.samples)


def _yaml(text: str) -> str:
    """A text as YAML, in quotes where it needs them."""
    plain = _PLAIN.fullmatch(text) and text == text.strip() and text.casefold() not in _NOT_PLAIN
    return text if plain else quoted(text)
