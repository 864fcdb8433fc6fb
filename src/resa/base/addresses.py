"""Addresses of those who send: how much of one is kept, and which ones are proxies of ours."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal

__all__ = ["Address", "Kept", "Network", "address_of", "kept_address", "networks"]

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
