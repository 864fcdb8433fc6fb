"""The real LibreOffice that workbooks and slides are opened in."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

__all__ = ["converted"]


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
    subprocess.run(
        [
            *(program, "--headless", "--norestore", f"-env:UserInstallation={profile}"),
            *("--convert-to", form, "--outdir", str(folder / "saved"), *map(str, files)),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return [folder / "saved" / f"{file.stem}.{form}" for file in files]
