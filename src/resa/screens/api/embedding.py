"""Pictures in pages of others: a link that shows one picture as it is at the time, to whoever has it, for a while.

The link names the key that made it: once that is revoked, or its time is over, it shows nothing. It allows numbers
alone, whatever the key does.
"""

from __future__ import annotations

import hmac
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from resa.storage import ApiKey
from resa.workspace import Workspace

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection

    from resa.screens.visits import Visit

__all__ = ["PICTURE", "TOKEN", "link_of", "with_link"]

TOKEN: Final = "token"  # noqa: S105 - the name of a parameter
PICTURE: Final = "/picture.svg"
_ALLOWS: Final = "read:numbers"
_DAY: Final = 86_400
_MOST_PAIRS: Final = 300


def link_of(shop: Workspace, key: ApiKey, address: str, days: int) -> tuple[str, int]:
    """The address by which anybody sees a picture, and until when, in seconds since 1970.

    Args:
        shop: The workspace.
        key: Who makes the link.
        address: Of the picture: a path with its query.
        days: So long it holds.
    """
    path, _, query = address.partition("?")
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PAIRS) if pair[0] != TOKEN]
    until = int(time.time()) + days * _DAY
    token = f"{key.id}.{until}.{_signature(shop, path, pairs, key.id, until)}"
    return f"{path}?{urlencode([*pairs, (TOKEN, token)])}", until


def with_link(visit: Visit, connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """A visit as the link allows by which it was made, if it was made by one."""
    path, _, query = visit.path.partition("?")
    if "authorization" in connection.headers or not path.endswith(PICTURE) or f"{TOKEN}=" not in query:
        return visit
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PAIRS)
        number, until, signature = dict(pairs)[TOKEN].split(".")
        own, end = int(number), int(until)
    except (KeyError, ValueError):
        return visit
    about = [pair for pair in pairs if pair[0] != TOKEN]
    good = hmac.compare_digest(_signature(visit.shop, path, about, own, end).encode(), signature.encode())
    key = next((one for one in visit.shop.keys.all() if one.id == own and one.revoked_at is None), None)
    if not good or end < time.time() or key is None or _ALLOWS not in key.scopes:
        return visit
    return replace(visit, session=None, key=replace(key, scope=_ALLOWS))


def _signature(shop: Workspace, path: str, pairs: list[tuple[str, str]], key: int, until: int) -> str:
    said = "\n".join(["picture", path, urlencode(pairs), str(key), str(until)])
    return hmac.new(shop.store.database.key, said.encode(), "sha256").hexdigest()
