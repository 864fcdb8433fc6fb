"""Files that survive a crash at any moment: written aside, flushed, renamed into place."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["durable_file", "flush_file", "flush_folder", "make_private_folder", "write_text_durably"]


def flush_file(path: Path) -> None:
    """Force the file's bytes to the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(path: Path) -> None:
    """Force the folder's entries (a new name, a rename, a removal) to the disk; Windows does so by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def durable_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; when the block ends well, its bytes stand at `path`, flushed.

    A reader sees the old file or the whole new one, never a part. When the block raises, nothing changes.
    """
    temporary = path.with_name(f".{path.name}.writing")
    try:
        yield temporary
        flush_file(temporary)
        temporary.replace(path)
        flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text_durably(path: Path, text: str) -> None:
    """Write UTF-8 text so that a crash leaves the old text or the new, never a part.

    A link stays a link, and who may read the file stays as it was.
    """
    target = path.resolve()
    with durable_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
        if target.exists():
            shutil.copymode(target, temporary)


def make_private_folder(path: Path) -> None:
    """Make the folder, readable by its owner alone where the system knows such a thing."""
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        flush_folder(path.parent)
    if path.stat().st_mode & 0o077 and sys.platform != "win32":
        path.chmod(0o700)
