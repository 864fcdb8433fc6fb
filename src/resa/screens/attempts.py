"""How often somebody may try to sign in: few enough that passwords cannot be guessed, many enough to mistype them.

An account is shut for one address after ten failures, for all after a hundred: else anybody could shut anybody out.
Codes are guessed more easily than passwords, of six digits as they are, and only by who knows the password: for them an
account is shut for all after ten. Failures are kept with the data, so that a server that starts anew knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import BoundedSemaphore
from typing import Final, Literal

from resa.storage import Store, add_failure, seconds_shut

__all__ = ["Attempts"]

_OF_BOTH, _OF_ADDRESS, _OF_ACCOUNT, _OF_CODES = 10, 50, 100, 10
_REMEMBERED: Final = 60_000


class Attempts:
    """Failed attempts of the last quarter of an hour, by account and by address.

    Args:
        of: What is tried.
        remembered: So much of it is remembered, whatever else is tried; each failure is remembered three times.

    Attributes:
        turns: So many passwords are tried at once: each takes 64 MB and a tenth of a second of a processor.
    """

    def __init__(self, of: Literal["passwords", "codes", "company"], remembered: int = _REMEMBERED) -> None:
        self.turns = BoundedSemaphore(2)
        self._of = of
        self._of_account = _OF_CODES if of == "codes" else _OF_ACCOUNT
        self._remembered = remembered

    def wait(self, store: Store, account: str, address: str) -> float:
        """So many seconds this account may not be tried from this address; 0: it may."""
        return seconds_shut(store, self._names(account, address))

    def fail(self, store: Store, account: str, address: str) -> None:
        """Remember that an attempt failed."""
        add_failure(store, self._names(account, address), kind=self._of, most=self._remembered)

    def _names(self, account: str, address: str) -> Mapping[tuple[str, ...], int]:
        """Under what an attempt is remembered, and how many of it may fail."""
        of = self._of
        return {
            (of, "both", account, address): _OF_BOTH,
            (of, "address", address): _OF_ADDRESS,
            (of, "account", account): self._of_account,
        }
