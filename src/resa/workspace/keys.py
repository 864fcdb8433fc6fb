"""Keys of those who send events over HTTP, watch how that goes, or ask the HTTP API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resa.base.showing import Listing
from resa.model.people import Person
from resa.storage import ApiKey, Scope, Store, known_key, list_keys, make_key, revoke_key
from resa.workspace.auditing import Audit
from resa.workspace.folders import source_name

__all__ = ["Keys"]


@dataclass(frozen=True)
class Keys:
    """The keys of a workspace, changed beside a running server too."""

    store: Store
    audit: Audit

    def make(self, name: str, source: str | None = None) -> str:
        """Make a key that sends events of a source; it is shown this once, and kept nowhere.

        Args:
            name: What the key is called.
            source: Whose events it sends; `None`: the source is called like the key.

        Raises:
            QuestionError: There is a key of this name, or no source can have that name.
        """
        named = source_name(source or name)
        also = self.audit.also("key.make", key=name, scope="collect", source=named)
        return make_key(self.store, name, source_id=named, also=also)

    def make_for(self, scope: Scope | Sequence[Scope], name: str, *, person: Person | None = None) -> str:
        """Make a key that sends no events, such as one that reads `/metrics`; it is shown this once, and kept nowhere.

        Args:
            scope: What it may; several if it is for the HTTP API.
            name: What the key is called.
            person: In whose name it writes; `None`: it writes no notes.

        Raises:
            QuestionError: There is a key of this name, no key may all of that, or it is to write in nobody's name.
        """
        said = scope if isinstance(scope, str) else " ".join(scope)
        number = None if person is None else person.id
        also = self.audit.also("key.make", key=name, scope=said)
        return make_key(self.store, name, scope=scope, person=number, also=also)

    def known(self, key: str) -> ApiKey | None:
        """The good key that this is; `None`: it is none, or was revoked."""
        return known_key(self.store, key)

    def revoke(self, name: str) -> ApiKey:
        """Refuse a key from now on.

        Raises:
            QuestionError: There is none.
        """
        return revoke_key(self.store, name, also=self.audit.also("key.revoke", key=name))

    def all(self) -> Listing[ApiKey]:
        """Every key, revoked ones among them."""
        return Listing(list_keys(self.store))
