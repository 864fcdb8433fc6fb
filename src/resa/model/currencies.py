"""Amounts of different currencies are never added: which sources' values a map cannot count."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["foreign_currencies"]


def foreign_currencies(currency: str | None, sources: Mapping[str, str]) -> dict[str, str]:
    """The sources whose values are no amounts of the map's currency.

    A source that names no currency is taken at its word by every map. A map that names none takes the one that its
    sources name, and if they name several, none of these.

    Args:
        currency: Of the map, ISO 4217.
        sources: Currency by name of the source; those that name none are left out.

    Returns:
        Their currencies, by name of the source.
    """
    if currency is None:
        return {} if len(set(sources.values())) < 2 else dict(sources)
    return {name: code for name, code in sources.items() if code != currency}
