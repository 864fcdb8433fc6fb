"""`resa new`: a workspace from a template."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from resa.base.errors import InputError, did_you_mean
from resa.base.files import write_text_durably
from resa.base.language import LANGUAGES, sentence
from resa.workspace.wording import worded

__all__ = ["create", "make_empty", "templates"]

_GITIGNORE = """\
# All data that were collected lie here, personal ones too. They do not belong in git.
.resa/
# Files on their way in hold personal data as well.
incoming/
"""


def templates() -> dict[str, tuple[str, ...]]:
    """The templates there are, each with the languages it is written in."""
    root = files("resa") / "workspace_templates"
    names = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("_"))
    return dict.fromkeys(names, tuple(LANGUAGES))


def make_empty(folder: Path) -> None:
    """Make a workspace without a map of a folder, which may be new; one that is a workspace already stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    if any((folder / name).exists() for name in ("journey.yaml", "journeys", "resa.toml")):
        return
    settings = files("resa") / "workspace_templates" / "webshop" / "resa.toml"
    write_text_durably(folder / "resa.toml", settings.read_text(encoding="utf-8"))
    if not (folder / ".gitignore").exists():
        write_text_durably(folder / ".gitignore", _GITIGNORE)


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
            sentence(
                "there is no template '{template}'; there are: {known}{suggestion}",
                template=template,
                known=", ".join(known),
                suggestion=did_you_mean(template, known),
            )
        )
    if language not in known[template]:
        raise InputError(
            sentence(
                "the template '{template}' is written in {known}, not in '{language}'",
                template=template,
                known=", ".join(known[template]),
                language=language,
            )
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            sentence(
                "{folder} exists and is not empty; name a new folder, so that nothing of yours is overwritten",
                folder=folder,
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    root = files("resa") / "workspace_templates" / template
    written = _copy(root, folder, partial(worded, template=template, language=language))
    gitignore = folder / ".gitignore"
    gitignore.write_text(_GITIGNORE, encoding="utf-8")
    return sorted([*written, gitignore])


def _copy(source: Traversable, target: Path, said: Callable[[str, str], str]) -> list[Path]:
    written: list[Path] = []
    for entry in source.iterdir():
        if entry.name.startswith(("_", ".")):
            continue
        path = target / entry.name
        if entry.is_dir():
            path.mkdir()
            written += _copy(entry, path, said)
        else:
            path.write_text(said(entry.read_text(encoding="utf-8"), entry.name), encoding="utf-8", newline="\n")
            written.append(path)
    return written
