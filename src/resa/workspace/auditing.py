"""Who saw and changed what in a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Final

from resa.base.showing import Listing
from resa.storage import (
    Also,
    AuditEntry,
    Way,
    audit_entries,
    audit_seal,
    count_old_entries,
    expire_entries,
    keep_entry,
    put_entry,
)
from resa.workspace.folders import user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from resa.workspace.workspace import Workspace

__all__ = ["Audit", "acting", "who_acts"]

_acting: Final[ContextVar[str | None]] = ContextVar("acting", default=None)
"""Who does what is done in this thread, where one process works for several people."""


@contextmanager
def acting(who: str) -> Iterator[None]:
    """What is done in the block is done by somebody who is signed in.

    Args:
        who: Their address.
    """
    before = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(before)


def who_acts() -> str:
    """Who does what is done now: who is signed in, else who works here."""
    who = _acting.get()
    return user() if who is None else who


class Audit:
    """The audit log of a workspace.

    Args:
        shop: The workspace.

    Attributes:
        way: By which what is done here is done.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop
        self.way: Way = "program"

    def entries(
        self, customer: tuple[str, str] | None = None, *, newest: int | None = None, before: int | None = None
    ) -> Listing[AuditEntry]:
        """Who saw and changed what, the newest first; it names no customer but by a pseudonym.

        Args:
            customer: Only about her, by kind and value of any identifier of hers.
            newest: So many at most.
            before: Only entries of lower numbers.

        Raises:
            InputError: The identifier names nobody.
        """
        of = None if customer is None else self._shop.consents.identifiers(customer)
        return Listing(audit_entries(self._shop.store, of=of, newest=newest, before=before))

    def seal(self, number: int | None = None) -> tuple[int, str]:
        """Number and hash of an entry, by default the newest: kept elsewhere, they show if the log was cut."""
        return audit_seal(self._shop.store, number)

    def note(
        self, what: str, *, of: tuple[str, str] | None = None, who: str | None = None, **detail: str | int
    ) -> None:
        """Write down that somebody saw or changes something; it is on the disk when this returns.

        Args:
            what: Such as `customer.show`.
            of: The customer, by kind and value of an identifier in its one form.
            who: Who does; `None`: who acts now.
            **detail: What more there is to say, without personal data.
        """
        keep_entry(self._shop.store, self._entry(what, of, who, detail))

    def also(
        self, what: str, *, of: tuple[str, str] | None = None, who: str | None = None, **detail: str | int
    ) -> Also:
        """The same, to be written in the transaction of what is done."""

        def write(connection: Connection) -> None:
            put_entry(connection, self._shop.store, self._entry(what, of, who, detail))

        return write

    def expire(self, until: datetime, *, dry: bool = False) -> int:
        """Take away the oldest entries, of before a moment; how many. What is left is a chain as before.

        Args:
            until: The moment, UTC.
            dry: Only count.
        """
        store = self._shop.store
        if dry:
            return count_old_entries(store, until)
        with store.database.changing() as connection:
            return expire_entries(connection, store, until, self._entry("", None, None, {}))

    def _entry(
        self, what: str, of: tuple[str, str] | None, who: str | None, detail: dict[str, str | int]
    ) -> AuditEntry:
        return AuditEntry(what=what, who=who_acts() if who is None else who, way=self.way, of=of, detail=detail)
