"""A first map from a workspace's data, with what its sources say of zones and currencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from resa import discovery
from resa.collector import Source
from resa.discovery import Draft
from resa.storage import Store

__all__ = ["discover"]


def discover(
    store: Store,
    sources: Sequence[Source],
    *,
    title: str,
    language: str,
    top: int,
    share: float,
    goal: str | None,
    pages: Sequence[str],
) -> Draft:
    """Propose a first map in the zone and currency of most sources; see `Workspace.discover`."""
    currencies = {source.name: source.currency for source in sources if source.currency is not None}
    return discovery.discover(
        store,
        title=title,
        language=language,
        timezone=_commonest([source.shape.timezone for source in sources]) or "UTC",
        currency=_commonest(list(currencies.values())),
        currencies=currencies,
        top=top,
        share=share,
        goal=goal,
        pages=pages,
    )


def _commonest(words: Sequence[str]) -> str | None:
    """The commonest of several words, `UTC` (what nobody chose) last; `None` if there are none."""
    counts = Counter(words)
    return max(counts, key=lambda word: (word != "UTC", counts[word], word), default=None)
