"""Links by which a customer confirms what she was asked: signed, and good until a moment.

That a link is good once, the log of consents sees to. It says the number of the record that asked, and nothing of her.
What signs it covers the record's hash, too: after a backup was restored, the number may be another customer's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Final

__all__ = ["confirmation_token", "confirmed_number"]

_SHAPE: Final = re.compile(r"([1-9][0-9]{0,15})-([1-9][0-9]{0,11})-([A-Za-z0-9_-]{43})", re.ASCII)


def confirmation_token(number: int, until: int, seal: str, secret: bytes) -> str:
    """The token of a link.

    Args:
        number: Of the record that asked.
        until: When it ends, seconds since 1970.
        seal: Of the record, its hash.
        secret: That signs.
    """
    body = f"{number}-{until}"
    return f"{body}-{_signature(body, seal, secret)}"


def confirmed_number(token: str, now: int, seal_of: Callable[[int], str], secret: bytes) -> int | None:
    """The number of the record that asked; `None`: we did not make the token, or it has ended.

    Args:
        token: What stands in a link.
        now: Seconds since 1970.
        seal_of: The hash of the record of a number; empty: there is none.
        secret: That signed.
    """
    found = _SHAPE.fullmatch(token)
    if found is None or now > int(found[2]):
        return None
    seal = seal_of(int(found[1]))
    made = _signature(f"{found[1]}-{found[2]}", seal, secret)
    return int(found[1]) if seal and hmac.compare_digest(found[3], made) else None


def _signature(body: str, seal: str, secret: bytes) -> str:
    digest = hmac.digest(secret, f"resa consent {body} {seal}".encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
