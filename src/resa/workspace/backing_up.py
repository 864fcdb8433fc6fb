"""Backups: a whole workspace in a new folder, made while it is served; and a workspace made of one.

```
BACKUP/
    manifest.json     every file with its size and SHA-256; written last
    workspace/        what people wrote, and .resa/ with all that cannot be made again
```

A backup is made beside its place, and gets its name when it is whole and on the disk; so is a workspace that is
restored. What was cut short is called `.NAME.unfinished`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from resa.base.clock import Clock, system_clock
from resa.base.errors import InputError, ResaError, WorkspaceDamaged
from resa.base.files import flush_file, flush_folder, write_text_durably
from resa.base.language import Sentence, sentence
from resa.base.version import __version__
from resa.storage import Finding, Held, forget_what_was_left_behind, holding, share_file
from resa.workspace.workspace import DATA_FOLDER, Workspace

__all__ = ["Backup", "Restored", "back_up", "restore"]

_FORM: Final = 1
_MANIFEST: Final = "manifest.json"
_LEFT_OUT: Final = frozenset({"incoming"})
"""Files on their way in: what was collected of them is in the event files."""


@dataclass(frozen=True)
class Backup:
    """A backup that is whole.

    Attributes:
        made_at: When it was begun, UTC: what was accepted before is in it.
        events: In its event files.
        waiting: Requests in it that were accepted and not yet events.
        files: How many it holds.
        size: Of all of them, bytes.
        left_out: Folders that are links to elsewhere, and are not in it.
    """

    made_at: datetime
    events: int
    waiting: int
    files: int
    size: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restored:
    """A workspace that was made of a backup.

    Attributes:
        backup: Of which.
        findings: What `verify` says of it; empty: all is well.
        unbuilt: Why its index could not be built; `None`: it is.
    """

    backup: Backup
    findings: tuple[Finding, ...]
    unbuilt: Sentence | None


def back_up(shop: Workspace, target: Path) -> Backup:
    """Copy a workspace, while it is served too: nothing stops, and nothing of a request is in it by half.

    Event files are shared with the workspace where both lie on one file system: nobody changes them.

    Args:
        shop: The workspace.
        target: The folder to make.

    Raises:
        InputError: There is something at the target, or it lies within the workspace.
        WorkspaceBusy: Another backup is under way.
        WorkspaceError: The disk does not take it, or a listed file is missing.
    """
    target = target.absolute()
    _check_target(shop.folder, target)
    made_at = shop.clock()
    with _made_aside(target) as aside, holding(shop.store) as held:
        inside = aside / "workspace"
        left_out = _copy_what_people_wrote(shop.folder, inside)
        _copy_data(held, inside / DATA_FOLDER)
        paths = sorted(path for path in aside.rglob("*") if path.is_file())
        files = [_entry(aside, path) for path in paths]
        size = sum(entry["bytes"] for entry in files)
        backup = Backup(made_at, held.events, held.waiting, len(files), size, left_out)
        said = {
            "resa_backup": _FORM,
            "resa": __version__,
            "made_at": made_at.isoformat(),
            "events": backup.events,
            "waiting": backup.waiting,
            "files": files,
        }
        _flush_folders(aside)
        write_text_durably(aside / _MANIFEST, json.dumps(said, indent=1) + "\n")
    return backup


def restore(backup: Path, folder: Path, *, clock: Clock = system_clock) -> Restored:
    """Make a workspace of a backup: every file compared with its checksum, the index built, everything counted again.

    Args:
        backup: The folder of the backup; it stays as it is.
        folder: Of the new workspace; it is made, or is empty.
        clock: What time it is.

    Raises:
        InputError: That is no whole backup, or the folder holds something.
        WorkspaceDamaged: A file of the backup is missing or is not what was backed up.
    """
    folder = folder.absolute()
    said = _manifest(backup)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            sentence(
                "{folder} exists and is not empty; name a new folder, so that nothing of yours is overwritten",
                folder=folder,
            )
        )
    with _made_aside(folder) as aside:
        for entry in said["files"]:
            _copy_checked(backup, entry, aside)
        findings, unbuilt = _settled(aside, clock)
        _flush_folders(aside)
    size = sum(entry["bytes"] for entry in said["files"])
    made_at = datetime.fromisoformat(said["made_at"])
    return Restored(
        Backup(made_at, said["events"], said["waiting"], len(said["files"]), size), tuple(findings), unbuilt
    )


# Making


def _check_target(folder: Path, target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise InputError(sentence("{target} exists; name a folder that does not, such as with the day", target=target))
    if not target.parent.is_dir():
        raise InputError(sentence("there is no folder '{parent}'", parent=target.parent))
    if target.resolve().is_relative_to(folder.resolve()):
        raise InputError(sentence("{target} lies within the workspace; a backup belongs elsewhere", target=target))


@contextmanager
def _made_aside(target: Path) -> Iterator[Path]:
    """A folder beside the target, which gets its name when the block ends well."""
    aside = target.with_name(f".{target.name}.unfinished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir(mode=0o700)
    except FileExistsError:
        raise InputError(
            sentence(
                "{aside} is there: it is being made by another command, or one was cut short; in that case delete it",
                aside=aside,
            )
        ) from None
    try:
        yield aside
        if target.is_dir():
            target.rmdir()
        aside.rename(target)
        flush_folder(target.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _copy_what_people_wrote(folder: Path, target: Path) -> tuple[str, ...]:
    """Copy all files but hidden folders, files on their way in, and folders that are links; the latter's names."""
    links = []
    for name, folders, files in os.walk(folder):
        here = Path(name)
        place = target / here.relative_to(folder)
        place.mkdir(mode=0o700)
        links += [(here / one).relative_to(folder).as_posix() for one in folders if (here / one).is_symlink()]
        outmost = here == folder
        folders[:] = [
            one
            for one in folders
            if not one.startswith(".") and not (outmost and one in _LEFT_OUT) and not (here / one).is_symlink()
        ]
        for one in files:
            if (here / one).is_file():  # no socket, no link to nowhere
                shutil.copy2(here / one, place / one)
                flush_file(place / one)
    return tuple(links)


def _copy_data(held: Held, target: Path) -> None:
    for path in held.files:
        place = target / path
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        share_file(held.folder / path, place)
    target.chmod(0o700)


def _entry(root: Path, path: Path) -> dict[str, Any]:
    return {
        "path": path.relative_to(root).as_posix(),
        "bytes": path.stat().st_size,
        "sha256": _checksum(path),
    }


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flush_folders(root: Path) -> None:
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        flush_folder(folder)


# Making a workspace of it


def _manifest(backup: Path) -> dict[str, Any]:
    """What a backup says of itself, checked: paths lead nowhere else."""
    file = backup / _MANIFEST
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        form, files = said["resa_backup"], said["files"]
        if form == _FORM:
            datetime.fromisoformat(said["made_at"])
            good = all(type(said[name]) is int for name in ("events", "waiting")) and all(map(_is_entry, files))
            if good:
                return dict(said)
    except FileNotFoundError:
        raise InputError(
            sentence("{backup} is no whole backup: it has no {name}", backup=backup, name=_MANIFEST)
        ) from None
    except (ValueError, TypeError, KeyError, RecursionError):
        form = _FORM
    if form != _FORM:
        raise InputError(sentence("a newer Resa made this backup; upgrade: pip install --upgrade resa"))
    raise InputError(sentence("{file} is not what Resa wrote", file=file))


def _is_entry(entry: dict[str, Any]) -> bool:
    parts = PurePosixPath(entry["path"]).parts
    inside = parts[:1] == ("workspace",) and len(parts) > 1 and ".." not in parts
    return inside and "\\" not in entry["path"] and type(entry["bytes"]) is int and isinstance(entry["sha256"], str)


def _copy_checked(backup: Path, entry: dict[str, Any], aside: Path) -> None:
    source = backup / entry["path"]
    place = aside.joinpath(*PurePosixPath(entry["path"]).parts[1:])
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source, place, follow_symlinks=False)
        good = not place.is_symlink() and place.stat().st_size == entry["bytes"] and _checksum(place) == entry["sha256"]
    except FileNotFoundError:
        good = False
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
        good = False
    if not good:
        raise WorkspaceDamaged(
            sentence(
                "{name} of the backup is missing, or is not what was backed up; use another backup", name=entry["path"]
            )
        )
    if DATA_FOLDER in place.relative_to(aside).parts:
        place.chmod(0o600)
    flush_file(place)


def _settled(folder: Path, clock: Clock) -> tuple[list[Finding], Sentence | None]:
    """Build what is derived, and count everything again; what is wrong, and why nothing could be built."""
    try:
        with closing(Workspace(folder, clock=clock)) as shop:
            forget_what_was_left_behind(shop.store)
            shop.rebuild()
            return list(shop.verify()), None
    except ResaError as error:  # a source file that was wrong when it was backed up keeps nobody from his data
        return [], error.message
