"""Small disks that can be full or read-only: tmpfs, mounted for one test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

__all__ = ["Disk", "small_disk"]


class Disk:
    """A small disk.

    Attributes:
        path: Where it is mounted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def _filler(self) -> Path:
        return self.path / "filler"

    def fill(self, *, spare: int = 0) -> None:
        """Take all room but some."""
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):  # others write, too
            while (free := shutil.disk_usage(self.path).free - spare) > 0 or not spare:
                file.write(b"\0" * min(1 << 16, max(free, 4_096)))

    def make_room(self) -> None:
        """Give it back."""
        self._filler.unlink()

    def remount(self, how: str) -> None:
        """Mount it as `ro` or `rw`."""
        _as_root("mount", "-o", f"remount,{how}", str(self.path))


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[Disk]:
    """A disk of so many bytes."""
    path.mkdir()
    if os.geteuid() != 0 and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted without the rights of root")
    _as_root("mount", "-t", "tmpfs", "-o", f"size={size},mode=0700,uid={os.getuid()}", "tmpfs", str(path))
    try:
        yield Disk(path)
    finally:
        _as_root("umount", str(path))


def _as_root(*command: str) -> None:
    subprocess.run([*([] if os.geteuid() == 0 else ["sudo", "-n"]), *command], check=True)
