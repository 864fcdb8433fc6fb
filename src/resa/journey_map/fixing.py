"""Repairing what is mechanical, shown as a difference before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from resa.base.files import write_text_durably
from resa.documents import Edit, apply_edits, read_document
from resa.journey_map.loading import Loaded, load_texts, map_files

__all__ = ["Fixes", "fix", "fix_text"]

_ROUNDS = 25  # a repair may uncover another
_SINGLES = 20  # repairs that are tried one by one when all at once make nothing better


@dataclass(frozen=True, kw_only=True)
class Fixes:
    """Repairs of the files of a workspace.

    Attributes:
        before: Files that change, as they were read.
        after: The same after the repairs.
        repaired: How many repairs were made.
        diff: What changes, in the unified format; empty if nothing does.
        loaded: What the files say after the repairs: the problems that only a person can solve.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    repaired: int
    diff: str
    loaded: Loaded

    def write(self, folder: Path | str) -> None:
        """Write the repaired files, each wholly or not at all."""
        for name, text in self.after.items():
            write_text_durably(Path(folder) / name, text)


def fix(folder: Path | str) -> Fixes:
    """Repair the maps of a workspace in memory; `Fixes.write` puts them into their files."""
    files, _ = map_files(Path(folder))
    return _fix(files)


def fix_text(text: str | bytes, file: str = "journey.yaml") -> Fixes:
    """Repair the text of one map."""
    return _fix({file: text})


def _fix(files: Mapping[str, bytes | str]) -> Fixes:
    original = {name: _decoded(name, text) for name, text in files.items()}
    recoded = {name for name, text in files.items() if isinstance(text, bytes) and not _is_utf8(text)}
    state = _State(dict(original), load_texts(original))
    for _ in range(_ROUNDS):
        better = _better(state)
        if better is None:
            break
        state = better
    texts, loaded = state.texts, state.loaded
    repaired = len(recoded) + state.repaired
    changed = [name for name in texts if texts[name] != original[name] or name in recoded]
    return Fixes(
        before={name: original[name] for name in changed},
        after={name: texts[name] for name in changed},
        repaired=repaired,
        diff="".join(_difference(name, original[name], texts[name]) for name in changed),
        loaded=loaded,
    )


@dataclass(frozen=True)
class _State:
    """The files between two rounds of repairs."""

    texts: dict[str, str]
    loaded: Loaded
    repaired: int = 0

    @property
    def wrong(self) -> tuple[int, int]:
        """How far from right it is: what stops the parser weighs more, for it may hide the rest."""
        syntax = sum(1 for finding in self.loaded.findings if finding.problem.code in _SYNTAX)
        return syntax, len(self.loaded.findings)


_SYNTAX = frozenset({"bracket", "colon-in-text", "indentation", "list-beside-key", "no-colon", "no-space"}) | frozenset(
    {"reserved-character", "tab", "text-after-value", "unclosed-quote", "unreadable", "no-break-space", "backslash"}
)


def _better(state: _State) -> _State | None:
    """The files after a round of repairs, or `None` when no repair makes them better.

    A repair is a guess where the text can be read in two ways, so that one which makes nothing better is not kept.
    Hence repairing what was repaired changes nothing.
    """
    offered = [finding for finding in state.loaded.findings if finding.edits]
    attempts = [offered, *([finding] for finding in offered[:_SINGLES] if len(offered) > 1)]
    for attempt in attempts:
        edits: dict[str, list[Edit]] = {}
        for finding in attempt:
            edits.setdefault(finding.problem.file or "", []).extend(finding.edits)
        texts = {name: apply_edits(text, edits.get(name, ())) for name, text in state.texts.items()}
        if texts == state.texts:
            continue
        mended = _State(texts, load_texts(texts), state.repaired + len(attempt))
        if mended.wrong < state.wrong:
            return mended
    return None


def _decoded(name: str, text: bytes | str) -> str:
    return text if isinstance(text, str) else read_document(name, text).text


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not data.startswith((b"\xff\xfe", b"\xfe\xff"))


def _difference(name: str, before: str, after: str) -> str:
    lines = unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), fromfile=name, tofile=f"{name} (repaired)"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
