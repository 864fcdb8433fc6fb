"""Who calls: the address behind proxies of ours, and whether the way there is secret.

What a head says of that is believed only where it comes from a proxy that the settings name: anybody can write one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from resa.base.addresses import Address, address_of, networks
from resa.base.settings import Settings
from resa.web.answers import Scope

__all__ = ["Caller", "Callers"]

_OF_PROXIES: Final = frozenset({b"forwarded", b"via", b"x-real-ip"})
_OURS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_PAIR: Final = re.compile(r'\s*(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|[^";,\s]*)\s*')


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Attributes:
        address: Its own, or that which a trusted proxy names; `None`: it is not known.
        scheme: `http` or `https`, as the caller sees it.
        here: It is on this machine, and calls without any proxy, by this machine's own name (a page that a browser
            shows cannot do that, whatever its name leads to).
    """

    address: Address | None
    scheme: str
    here: bool


class Callers:
    """Tells who calls.

    Args:
        settings: Name the proxies.
    """

    def __init__(self, settings: Settings) -> None:
        self._proxies = networks(settings.trusted_proxies)
        self._header = settings.proxy_header.encode()

    def of(self, scope: Scope) -> Caller:
        """Who sends a request."""
        client = scope.get("client")
        address, scheme = address_of(client[0]) if client else None, scope.get("scheme", "http")
        heads: Sequence[tuple[bytes, bytes]] = scope["headers"]
        through = [name for name, _ in heads if name in _OF_PROXIES or name.startswith(b"x-forwarded-")]
        if not through:
            host = next((value for name, value in heads if name == b"host"), b"").decode("latin-1").lower()
            ours = (host if host.endswith("]") else host.rpartition(":")[0] or host) in _OURS
            return Caller(address, scheme, address is not None and address.is_loopback and ours)
        if not self._trusts(address):
            return Caller(address, scheme, here=False)
        said = ",".join(value.decode("latin-1") for name, value in heads if name == self._header)
        hops = _forwarded(said) if self._header == b"forwarded" else _x_forwarded(said, heads)
        for hop_address, hop_scheme in reversed(hops):  # the last one was written by the proxy that is nearest
            address, scheme = hop_address, hop_scheme or scheme
            if not self._trusts(address):
                break
        return Caller(address, scheme, here=False)

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._proxies)


_Hop = tuple[Address | None, str | None]


def _x_forwarded(said: str, heads: Sequence[tuple[bytes, bytes]]) -> list[_Hop]:
    protocols = ",".join(value.decode("latin-1") for name, value in heads if name == b"x-forwarded-proto")
    scheme = _scheme(protocols.rpartition(",")[2])
    return [(address_of(part), scheme) for part in said.split(",")] if said else [(None, scheme)]


def _forwarded(said: str) -> list[_Hop]:
    hops: list[_Hop] = []
    for part in re.findall(r'(?:[^",]|"(?:[^"\\]|\\.)*")+', said):
        pairs: dict[str, Any] = {name.lower(): value for name, value in _PAIR.findall(part)}
        hops.append((address_of(pairs.get("for")), _scheme(pairs.get("proto", ""))))
    return hops


def _scheme(text: str) -> str | None:
    text = text.strip().strip('"').lower()
    return text if text in {"http", "https"} else None
