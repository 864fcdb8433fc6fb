"""Whom owners of maps stand for: people of the workspace, or webhooks. Who is bound to nobody is told to nobody.

A map names owners as texts, `Ali, e-commerce`. An administrator says whom such a text stands for; one that holds the
address of a person who may sign in stands for that person by itself. A recipient is `person:` with the number of a
person, or `hook:` with the name of a webhook.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.base.setting_checks import WEBHOOK
from resa.base.settings import Settings
from resa.model.people import Person
from resa.model.telling import KINDS, Kind
from resa.storage import (
    bind_owner,
    bound_owners,
    keep_language,
    languages_of_recipients,
    stop_kinds,
    stopped_kinds_of,
)
from resa.workspace.owning import Owned, owned_things

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["Recipients", "Webhook", "webhooks_of"]

_ADDRESS: Final = re.compile(r"[^\s<>(),;]+@[^\s<>(),;]+")


@dataclass(frozen=True)
class Webhook:
    """Where messages go beside mail.

    Attributes:
        name: By which it is chosen.
        shape: What its receiver reads.
        variable: The environment variable that holds its address, which is a secret.
    """

    name: str
    shape: Literal["teams", "slack", "json"]
    variable: str


def webhooks_of(settings: Settings) -> Mapping[str, Webhook]:
    """The webhooks of the settings, by name."""
    found = (WEBHOOK.fullmatch(text) for text in settings.webhooks)
    return {one["name"]: Webhook(one["name"], one["shape"], one["variable"]) for one in found if one}  # type: ignore[arg-type]  # the pattern names the shapes


class Recipients:
    """Who is told, in which language, and what not; as it is now.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    @cached_property
    def people(self) -> Mapping[str, Person]:
        """Who may sign in, by recipient."""
        return {f"person:{one.id}": one for one in self._shop.people.all() if one.ended_at is None}

    @cached_property
    def hooks(self) -> Mapping[str, Webhook]:
        """The webhooks, by recipient."""
        return {f"hook:{name}": hook for name, hook in webhooks_of(self._shop.settings).items()}

    @cached_property
    def _bound(self) -> Mapping[str, tuple[str, ...]]:
        return bound_owners(self._shop.store)

    @cached_property
    def _languages(self) -> Mapping[str, str]:
        return languages_of_recipients(self._shop.store)

    @cached_property
    def stopped(self) -> frozenset[tuple[str, Kind]]:
        """What is told no more, by recipient."""
        return stopped_kinds_of(self._shop.store)

    def of(self, owner: str) -> tuple[str, ...]:
        """Whom an owner stands for; nobody who may sign in no more, and no webhook that is gone."""
        said = self._bound.get(_same(owner))
        if said is None:
            addresses = {address.casefold().rstrip(".") for address in _ADDRESS.findall(owner)}
            return tuple(key for key, person in self.people.items() if person.email in addresses)
        return tuple(one for one in said if one in self.people or one in self.hooks)

    def is_said(self, owner: str) -> bool:
        """Whether an administrator said whom an owner stands for, and be it nobody."""
        return _same(owner) in self._bound

    def owned_by(self, recipient: str) -> Mapping[str, list[Owned]]:
        """What somebody answers for, by owner."""
        everything = owned_things(self._shop.maps.values())
        return {owner: things for owner, things in everything.items() if recipient in self.of(owner)}

    def language(self, recipient: str) -> str:
        """In which language somebody is told: as they chose, else as the workspace or its first map speaks."""
        maps = self._shop.maps.values()
        otherwise = self._shop.settings.language or next((one.language for one in maps), "en")
        return self._languages.get(recipient, otherwise)

    def name(self, recipient: str) -> str:
        """What a recipient is called."""
        person = self.people.get(recipient)
        if person is not None:
            return f"{person.name} · {person.email}" if person.name else person.email
        return recipient.partition(":")[2] if recipient in self.hooks else recipient

    def bind(self, owner: str, to: Iterable[str], *, by: str) -> None:
        """Say whom an owner stands for.

        Args:
            owner: As maps name them.
            to: Recipients; none: nobody is told.
            by: Who says so, by their address.

        Raises:
            QuestionError: One of them is nobody that can be told.
        """
        chosen = [one for one in to if one]
        if not owner or not {*self.people, *self.hooks}.issuperset(chosen):
            raise QuestionError(sentence("this is neither a person who may sign in nor a webhook of the settings"))
        also = self._shop.audit.also("told.bind", who=by, recipients=", ".join(chosen) or "nobody")
        bind_owner(self._shop.store, _same(owner), chosen, also=also)

    def choose(self, recipient: str, wanted: Iterable[str], language: str | None = None, *, by: str) -> None:
        """Say what a recipient is told of, and in which language; what is not wanted is told no more."""
        told = set(wanted)
        also = self._shop.audit.also("told.choose", who=by, recipient=recipient)
        stop_kinds(
            self._shop.store,
            recipient,
            [kind for kind in KINDS if kind not in told],
            [kind for kind in KINDS if kind in told],
            also=also,
        )
        if language is not None:
            keep_language(self._shop.store, recipient, language)

    def stop(self, recipient: str, kind: Kind) -> None:
        """Tell a recipient of a kind no more, as its own message asked; who asks again finds it done."""
        if (recipient, kind) in self.stopped:
            return
        also = self._shop.audit.also("told.stop", who="", recipient=recipient, kind=kind)
        stop_kinds(self._shop.store, recipient, [kind], also=also)


def _same(owner: str) -> str:
    """An owner as they are kept: capitals and further spaces do not matter."""
    return " ".join(owner.split()).casefold()
