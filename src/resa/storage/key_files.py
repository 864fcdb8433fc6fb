"""Secrets in files of their own: 32 random bytes each, made once, for their owner's eyes (0600).

`links.key` signs links and pixels. From `factors.key` the secrets of second factors follow: who has the database alone,
or a copy of it, cannot make a code.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from resa.base.errors import WorkspaceDamaged
from resa.base.files import flush_folder
from resa.base.language import sentence

if TYPE_CHECKING:
    from pathlib import Path

    from resa.storage.layout import Layout

__all__ = ["link_secret", "made_factor_secret", "made_link_secret"]

_BYTES: Final = 32


def link_secret(layout: Layout) -> bytes | None:
    """The secret that signs links; `None`: no link was made yet.

    Raises:
        WorkspaceDamaged: Its file holds something else.
    """
    return _kept(layout.link_secret)


def made_link_secret(layout: Layout) -> bytes:
    """The secret that signs links, made where there is none.

    Raises:
        WorkspaceDamaged: Its file holds something else.
    """
    return _made(layout.link_secret)


def made_factor_secret(layout: Layout) -> bytes:
    """The secret from which those of second factors follow, made where there is none.

    Raises:
        WorkspaceDamaged: Its file holds something else.
    """
    return _made(layout.factor_secret)


def _kept(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(found) != _BYTES:
        lost = {
            "links.key": sentence(
                "links.key is not what Resa wrote; restore it from a backup, or links that were sent lead nowhere"
            ),
            "factors.key": sentence(
                "factors.key is not what Resa wrote; restore it from a backup, or delete it: then codes of second "
                "factors hold no more, and who has no recovery code needs: resa people reset-factor ADDRESS"
            ),
        }
        raise WorkspaceDamaged(lost[path.name])
    return found


def _made(path: Path) -> bytes:
    """Whole or not at all, and one for all who make it at once."""
    if (found := _kept(path)) is not None:
        return found
    aside = path.with_name(f".{path.stem}.{secrets.token_hex(8)}.key")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another one was faster: that is the secret
            os.link(aside, path)
    finally:
        aside.unlink()
    flush_folder(path.parent)
    return _made(path)
