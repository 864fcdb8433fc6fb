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

_ROUNDS = 25  # a repair may uncover another; each round mends something, and stops where nothing is left to mend


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
    texts: dict[str, str] = dict(original)
    repaired = len(recoded)
    loaded = load_texts(texts)
    for _ in range(_ROUNDS):
        edits: dict[str, list[Edit]] = {}
        for finding in loaded.findings:
            edits.setdefault(finding.problem.file or "", []).extend(finding.edits)
        mended = {name: apply_edits(text, edits.get(name, ())) for name, text in texts.items()}
        if mended == texts:
            break
        repaired += sum(1 for finding in loaded.findings if finding.edits)
        texts = mended
        loaded = load_texts(texts)
    changed = [name for name in texts if texts[name] != original[name] or name in recoded]
    return Fixes(
        before={name: original[name] for name in changed},
        after={name: texts[name] for name in changed},
        repaired=repaired,
        diff="".join(_difference(name, original[name], texts[name]) for name in changed),
        loaded=loaded,
    )


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
