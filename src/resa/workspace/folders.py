"""What a folder is, and who works in it."""

from __future__ import annotations

import getpass
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from resa.base.errors import QuestionError, SourceError, WorkspaceMissing, did_you_mean
from resa.base.language import sentence
from resa.base.masking import masked
from resa.collector import Source, Understanding, find_files, understand

__all__ = [
    "checked_folder",
    "chosen",
    "currencies_of",
    "is_text",
    "named_source",
    "refuse_secret",
    "seen_from",
    "source_name",
    "understood",
    "user",
]


def user() -> str:
    """Who works here, as the operating system calls them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def currencies_of(sources: Iterable[Source]) -> dict[str, str]:
    """The currencies of the sources that name one, by name of the source."""
    return {source.name: source.currency for source in sources if source.currency is not None}


def is_text(name: str) -> bool:
    """Whether a name can be written as UTF-8, which Arrow asks of paths."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def checked_folder(given: Path) -> Path:
    """A workspace's folder, which has a map or settings, as an absolute path.

    Raises:
        WorkspaceMissing: It has neither, or a name that Arrow cannot read.
    """
    folder = given.resolve()
    if not any((folder / name).exists() for name in ("journey.yaml", "journeys", "resa.toml")):
        raise WorkspaceMissing(
            sentence(
                "{folder} is no workspace: it has no journey.yaml, journeys/ or resa.toml; name the folder that has, "
                "write a journey.yaml there, or make a new one with: resa new shop",
                folder=given,
            )
        )
    if not is_text(str(folder)):
        raise WorkspaceMissing(
            sentence("{folder}: the name of the folder is no UTF-8 text; give it another one", folder=given)
        )
    return folder


def named_source(sources: Mapping[str, Source], name: str) -> Source:
    """The source of a name.

    Raises:
        SourceError: There is none.
    """
    if name not in sources:
        raise SourceError(
            sentence(
                "there is no source '{name}'; there are: {names}{suggestion}",
                name=name,
                names=", ".join(sources) or sentence("none yet"),
                suggestion=did_you_mean(name, sources),
            )
        )
    return sources[name]


def chosen(sources: Mapping[str, Source], names: Sequence[str]) -> list[Source]:
    """The sources of some names; without names all that read files.

    Raises:
        SourceError: There is none of a name, or its rows come over HTTP.
    """
    if not names:
        return [source for source in sources.values() if source.shape.hook is None]
    found = [named_source(sources, name) for name in names]
    for source in found:
        if source.shape.hook is not None:
            raise SourceError(
                sentence("{name} is a hook: its rows come over HTTP, while `resa serve` runs", name=source.name)
            )
    return found


def source_name(name: str) -> str:
    """A name that a source may have: it could be a file's.

    Raises:
        QuestionError: It is none.
    """
    if not re.fullmatch(r"\w[\w-]{0,62}", name):
        raise QuestionError(
            sentence("'{name}' cannot be the name of a source; use letters, digits, - and _", name=name)
        )
    return name


def seen_from(folder: Path, path: Path) -> str:
    """A path as a source file names it: from the workspace where it lies within."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def refuse_secret(path: str) -> None:
    """Refuse a URL that would bring a secret into a source file.

    Raises:
        SourceError: It holds one.
    """
    if masked(path) != path:
        raise SourceError(
            sentence(
                "{path} holds a secret, and source files are shared: give the secret by the "
                "environment, such as AWS_ACCESS_KEY_ID, or fetch the file first",
                path=masked(path),
            )
        )


def understood(
    folder: Path,
    path: str,
    given: Mapping[str, str],
    *,
    kind: str,
    name: str | None,
    zones: Collection[str],
    now: datetime,
) -> Understanding:
    """Look at one new file and propose how to collect it; see `Workspace.understand`.

    Args:
        folder: Of the workspace.
        path: From where the person stands, or an fsspec URL.
        given: What the person said: target to column.
        kind: Of the source.
        name: Of the source; `None`: as the file is called.
        zones: Of the maps: where it is one, moments without a zone are probably of it.
        now: The present moment.

    Raises:
        SourceError: The file cannot be read, what was said does not fit it, or the URL holds a secret.
    """
    refuse_secret(path)
    place = path if "://" in path else seen_from(folder, Path(path).resolve())
    files = find_files(place, folder)
    own = set(zones) - {"UTC"}
    suggested = {"timezone": own.pop()} if len(own) == 1 else {}
    return understand(files[0], given, kind=kind, name=name, folder=folder, now=now, **suggested)
