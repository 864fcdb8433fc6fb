"""Addresses of those who send: how much of one is kept, and which ones are proxies of ours."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal
from urllib.parse import urlsplit

__all__ = ["Address", "Kept", "Network", "address_of", "is_here", "is_origin", "is_safe", "kept_address", "networks"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

Kept = Literal["dropped", "shortened", "whole"]
"""How much of an address is kept."""

_SHORT: Final = {4: 24, 6: 48}
"""Bits that are left of a shortened address: so many people share them that none is told by them."""


def address_of(text: object) -> Address | None:
    """An address as it stands in a header or an event; `None`: it is none. An IPv4 address within IPv6 is taken out."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def kept_address(text: object, kept: Kept) -> str | None:
    """What is kept of an address; `None`: nothing, or it is none."""
    found = None if kept == "dropped" else address_of(text)
    if found is None:
        return None
    if kept == "whole":
        return str(found)
    return str(ip_network((found, _SHORT[found.version]), strict=False).network_address)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks such as `10.0.0.0/8`, and single addresses.

    Raises:
        ValueError: One is none.
    """
    return tuple(ip_network(text.strip(), strict=False) for text in texts)


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read along at an address: https, or this machine itself by http."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = bool(host) and not parts.username and not parts.password and not parts.fragment
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_here(url))
    return plain and safe and url.isascii() and url.isprintable() and " " not in url


def is_here(url: str) -> bool:
    """Whether an address leads to this machine itself."""
    host = urlsplit(url).hostname or ""
    found = address_of(f"[{host}]" if ":" in host else host)
    return host == "localhost" if found is None else found.is_loopback


def is_origin(url: str) -> bool:
    """Whether it is the safe address of a server, and of no page of it."""
    return is_safe(url) and not urlsplit(url).path and not urlsplit(url).query
