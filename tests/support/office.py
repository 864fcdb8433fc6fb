"""The real LibreOffice that workbooks and slides are opened in."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

__all__ = ["converted"]

_AT_ONCE: Final = 25
"""Files that one call converts: of several hundred it leaves out the last without a word."""


def converted(files: Sequence[Path], form: str, folder: Path) -> list[Path]:
    """The files as LibreOffice saves them in another form, or in the same.

    Args:
        files: What it opens.
        form: The ending of what it saves.
        folder: An empty place of its own.
    """
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("no LibreOffice is installed")
    profile = (folder / "profile").as_uri()
    for first in range(0, len(files), _AT_ONCE):
        subprocess.run(
            [
                *(program, "--headless", "--norestore", f"-env:UserInstallation={profile}"),
                *("--convert-to", form, "--outdir", str(folder / "saved")),
                *map(str, files[first : first + _AT_ONCE]),
            ],
            check=True,
            capture_output=True,
            timeout=300,
        )
    return [folder / "saved" / f"{file.stem}.{form}" for file in files]
