"""How this program is called in a terminal, for words that say what to type."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

__all__ = ["installed_program", "program_at"]


def program_at(place: Path) -> str:
    """How a program is called where one stands: by its name where a terminal finds that, else by its path.

    Args:
        place: Where it may be.
    """
    if shutil.which("resa") or place.stem != "resa" or not place.is_file():
        return "resa"
    return os.path.relpath(place)


def installed_program() -> str:
    """The same of a process that another command began: the program lies beside the Python that runs it."""
    python = Path(sys.executable)
    return program_at(python.with_name(f"resa{python.suffix if python.suffix == '.exe' else ''}"))
