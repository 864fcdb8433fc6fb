"""Secrets of others, such as the password of a mail server: in the environment, or in a file that it names."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from resa.base.errors import WorkspaceError
from resa.base.language import sentence

__all__ = ["secret_value"]

_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH


def secret_value(variable: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """What a variable says, or the file that `<variable>_FILE` names; `None`: neither is set.

    Raises:
        WorkspaceError: The file cannot be read, or everybody on this machine can.
    """
    if value := environment.get(variable):
        return value
    holder = f"{variable}_FILE"
    named = environment.get(holder)
    if not named:
        return None
    path = Path(named)
    try:
        if path.stat().st_mode & _OTHERS:
            raise WorkspaceError(
                sentence("everybody can read the file that {name} names; run: chmod 600 on it", name=holder)
            )
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise WorkspaceError(sentence("the file that {name} names cannot be read", name=holder)) from None
