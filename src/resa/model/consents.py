"""What customers are asked for: purposes of data and topics of messages, and what holds where they said nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["WITHHELD", "WITHOUT_CONTENT", "ConsentRules", "Default", "Purpose", "Topic"]

WITHHELD: Final = "without_consent"
"""The daily number of events whose customers did not consent to them; its properties say the touchpoint, by map."""

WITHOUT_CONTENT: Final = '{"without_consent": "'
"""So begins what is kept of a refused row whose customer is not known to consent: a keyed hash, and nothing else."""

Default = Literal["opt_in", "opt_out"]
"""What holds before a customer said anything: `opt_in`, no; `opt_out`, yes, until she objects."""


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What data are used for.

    Attributes:
        key: Its name in the file.
        name: For people.
        about: What it means, in a sentence or two.
        default: What holds before a customer said anything.
        countries: Where another default holds, by two letters.
        wordings: What customers are shown, by version, the newest last.
        categories: What Segment's clients call it, in `context.consent.categoryPreferences`, beside its key.
    """

    key: str
    name: str = ""
    about: str = ""
    default: Default = "opt_in"
    countries: Mapping[str, Default] = field(default_factory=lambda: MappingProxyType({}))
    wordings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    categories: tuple[str, ...] = ()

    def default_in(self, country: str | None) -> Default:
        """What holds in a country; `None`: nobody knows which."""
        return self.default if country is None else self.countries.get(country, self.default)

    def said_in(self, preferences: Mapping[str, bool]) -> list[bool]:
        """What is said of it, category by category; capitals do not count."""
        names = {self.key, *(category.casefold() for category in self.categories)}
        return [yes for category, yes in preferences.items() if category.casefold() in names]

    @property
    def newest_wording(self) -> str:
        """The version that is shown today; empty: none is written down."""
        return next(reversed(list(self.wordings)), "")


@dataclass(frozen=True, kw_only=True)
class Topic(Purpose):
    """What messages are about.

    Attributes:
        purpose: Who withdraws this purpose withdraws the topic; `None`: it stands alone.
        double_opt_in: It counts once it was confirmed by a link that only she got.
    """

    purpose: str | None = None
    double_opt_in: bool = False


@dataclass(frozen=True, kw_only=True)
class ConsentRules:
    """What `consent.yaml` says; without the file, nothing.

    Attributes:
        purposes: By key.
        topics: By key.
        country: Of customers whose country nobody said.
        country_trait: The trait that says it.
        events_need: The purpose without which an event is counted, and not kept with the person; `None`: none.
        events_from: Sources of whose events it must be known; of others, one that says no is heeded.
    """

    purposes: Mapping[str, Purpose] = field(default_factory=lambda: MappingProxyType({}))
    topics: Mapping[str, Topic] = field(default_factory=lambda: MappingProxyType({}))
    country: str | None = None
    country_trait: str | None = None
    events_need: str | None = None
    events_from: frozenset[str] = frozenset()

    @property
    def all(self) -> Mapping[str, Purpose]:
        """Purposes and topics by key."""
        return {**self.purposes, **self.topics}
