"""Links by which a message says how to stop such messages: signed, so that nobody else can stop anything.

A token names a recipient and a kind, and an HMAC-SHA256 of both. It holds for ever: a mail of last year may be the one
that is opened. What it allows is to stop one kind, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from resa.model.telling import KINDS, Kind

__all__ = ["read_stop", "stop_token"]

_LONGEST: Final = 400


def stop_token(recipient: str, kind: Kind, key: bytes) -> str:
    """The token by which a recipient stops a kind.

    Args:
        recipient: Who is told.
        kind: Of what.
        key: Of the workspace.
    """
    said = f"{kind} {recipient}"
    return f"{_text(said.encode())}.{_signature(said, key)}"


def read_stop(token: str, key: bytes) -> tuple[str, Kind] | None:
    """The recipient and the kind of a token; `None`: we did not make it."""
    body, _, signature = token.partition(".")
    if not signature or len(token) > _LONGEST or not token.isascii():
        return None
    try:
        said = urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
    except ValueError:
        return None
    kind, _, recipient = said.partition(" ")
    if body != _text(said.encode()) or not hmac.compare_digest(signature, _signature(said, key)) or kind not in KINDS:
        return None
    return recipient, kind


def _signature(said: str, key: bytes) -> str:
    return _text(hmac.digest(key, b"resa stop " + said.encode(), hashlib.sha256))


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
