"""Contact points: addresses and numbers at which a customer can be reached, and what is known of each.

Events tell: a message arrived, came back, was marked as spam, or its reader wants no more. What each system calls that
is said by conditions; the defaults are the names of Segment's specification for e-mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

__all__ = ["CONTACTS", "ContactForm", "ContactPoint", "ContactState", "ContactWord", "Told", "state_of_contact"]

Told = Literal["works", "bounced", "complained", "unsubscribed"]
"""What events may tell of a contact point."""

ContactForm = Literal["email", "phone"]
"""Forms of identifiers at which a customer can be reached."""

ContactState = Literal["unknown", "works", "confirmed", "bounced", "unsubscribed", "complained"]

CONTACTS: Final[Mapping[ContactForm, Mapping[Told, str]]] = MappingProxyType(
    {
        "email": MappingProxyType(
            {
                "works": "event in ('Email Delivered', 'Email Opened', 'Email Link Clicked')",
                "bounced": "event = 'Email Bounced'",
                "complained": "event = 'Email Marked as Spam'",
                "unsubscribed": "event = 'Unsubscribed'",
            }
        ),
        "phone": MappingProxyType({}),
    }
)
"""Which events tell what, by the form of an identifier."""

_REPLACES: Final[Mapping[str, frozenset[str]]] = {
    "works": frozenset({"unknown", "bounced"}),
    "bounced": frozenset({"unknown", "works", "confirmed"}),
    "unsubscribed": frozenset({"unknown", "works", "confirmed", "bounced"}),
    "complained": frozenset({"unknown", "works", "confirmed", "bounced", "unsubscribed"}),
    "confirmed": frozenset({"unknown", "works", "bounced", "unsubscribed", "complained"}),
}
"""A message that arrives does not make up for an objection; a confirmation by her does."""

_STRICTNESS: Final = tuple(_REPLACES)
"""Of several words of one moment, those that come later here decide."""


class ContactWord(NamedTuple):
    """Something that was told of a contact point.

    Attributes:
        at: When it happened, UTC.
        state: What it tells.
        source: By whom it was told.
    """

    at: datetime
    state: ContactState
    source: str


@dataclass(frozen=True, kw_only=True)
class ContactPoint:
    """An address or number of a customer. It is personal data.

    Attributes:
        kind: Of the identifier.
        value: In its one form.
        state: `unknown`; `works`: a message arrived; `confirmed`: she confirmed it by a link; `bounced`: messages come
            back; `unsubscribed`: she wants no more; `complained`: she called a message spam.
        since: Since when that is so, UTC; `None`: nobody told anything.
        source: Who told so.
    """

    kind: str
    value: str
    state: ContactState
    since: datetime | None = None
    source: str = ""


def state_of_contact(words: Iterable[ContactWord]) -> ContactWord | None:
    """The word that decides, of all that were told of a contact point; `None`: there is none."""
    deciding: ContactWord | None = None
    for word in sorted(words, key=lambda one: (one.at, _STRICTNESS.index(one.state), one.source)):
        if (deciding.state if deciding else "unknown") in _REPLACES[word.state]:
            deciding = word
    return deciding
