"""The secret that signs links and pixels: 32 random bytes in `links.key`, made once, for its owner's eyes (0600)."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from resa.base.errors import WorkspaceDamaged
from resa.base.files import flush_folder
from resa.base.language import sentence

if TYPE_CHECKING:
    from resa.storage.layout import Layout

__all__ = ["link_secret", "made_link_secret"]

_BYTES: Final = 32


def link_secret(layout: Layout) -> bytes | None:
    """The secret; `None`: no link was made yet.

    Raises:
        WorkspaceDamaged: Its file holds something else.
    """
    try:
        found = layout.link_secret.read_bytes()
    except FileNotFoundError:
        return None
    if len(found) != _BYTES:
        raise WorkspaceDamaged(
            sentence("links.key is not what Resa wrote; restore it from a backup, or links that were sent lead nowhere")
        )
    return found


def made_link_secret(layout: Layout) -> bytes:
    """The secret, made where there is none: whole or not at all, and one for all who make it at once.

    Raises:
        WorkspaceDamaged: Its file holds something else.
    """
    if (found := link_secret(layout)) is not None:
        return found
    aside = layout.link_secret.with_name(f".links.{secrets.token_hex(8)}.key")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another one was faster: that is the secret
            os.link(aside, layout.link_secret)
    finally:
        aside.unlink()
    flush_folder(layout.root)
    return made_link_secret(layout)
