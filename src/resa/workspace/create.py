"""`resa new`: a workspace from a template."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from resa.base.errors import InputError, did_you_mean

__all__ = ["create", "templates"]

_GITIGNORE = """\
# All data that were collected lie here, personal ones too. They do not belong in git.
.resa/
# Files on their way in hold personal data as well.
incoming/
"""


def templates() -> dict[str, tuple[str, ...]]:
    """The templates there are, each with the languages it is written in."""
    root = files("resa") / "workspace_templates"
    return {
        template.name: tuple(sorted(language.name for language in template.iterdir() if language.is_dir()))
        for template in sorted(root.iterdir(), key=lambda entry: entry.name)
        if template.is_dir() and not template.name.startswith("_")
    }


def create(folder: Path, *, template: str, language: str) -> list[Path]:
    """Write a workspace into a folder that does not exist yet or is empty.

    Returns:
        The files written, in order of their names.

    Raises:
        InputError: There is no such template or language, or the folder holds something already.
    """
    known = templates()
    if template not in known:
        raise InputError(
            f"there is no template '{template}'; there are: {', '.join(known)}{did_you_mean(template, known)}"
        )
    if language not in known[template]:
        raise InputError(f"the template '{template}' is written in {', '.join(known[template])}, not in '{language}'")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder} exists and is not empty; name a new folder, so that nothing of yours is overwritten"
        )
    folder.mkdir(parents=True, exist_ok=True)
    written = _copy(files("resa") / "workspace_templates" / template / language, folder)
    gitignore = folder / ".gitignore"
    gitignore.write_text(_GITIGNORE, encoding="utf-8")
    return sorted([*written, gitignore])


def _copy(source: Traversable, target: Path) -> list[Path]:
    written: list[Path] = []
    for entry in source.iterdir():
        if entry.name.startswith(("_", ".")):
            continue
        path = target / entry.name
        if entry.is_dir():
            path.mkdir()
            written += _copy(entry, path)
        else:
            path.write_bytes(entry.read_bytes())
            written.append(path)
    return written
