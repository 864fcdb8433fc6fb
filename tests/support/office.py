"""The real LibreOffice that workbooks and slides are opened in."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from resa.drawing.fonts import FONT_FOLDER

__all__ = ["converted"]

_AT_ONCE: Final = 100
"""Files that one call converts: of several hundred it leaves out the last without a word."""

_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir><cachedir>{cache}</cachedir>
<match target="pattern"><test name="family"><string>Calibri</string></test>
<edit name="family" mode="assign" binding="strong"><string>Source Sans Pro</string></edit></match></fontconfig>"""
"""Calibri is not free; the font that was measured is a little wider."""


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
    fonts = folder / "fonts.conf"
    fonts.write_text(_FONTS.format(fonts=FONT_FOLDER, cache=folder / "fonts"), encoding="utf-8")
    profile = (folder / "profile").as_uri()
    for first in range(0, len(files), _AT_ONCE):
        subprocess.run(
            [
                *(program, "--headless", "--norestore", f"-env:UserInstallation={profile}"),
                *("--convert-to", form, "--outdir", str(folder / "saved")),
                *map(str, files[first : first + _AT_ONCE]),
            ],
            env=os.environ | {"FONTCONFIG_FILE": str(fonts)},
            check=True,
            capture_output=True,
            timeout=300,
        )
    return [folder / "saved" / f"{file.stem}.{form}" for file in files]
