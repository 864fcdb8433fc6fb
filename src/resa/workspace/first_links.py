"""The one-time link of a start: by it the first person comes in, or who runs a demo.

Its secret stands in the line that the terminal shows, and nowhere else: the processes that serve are told its hash,
keep that in memory alone, and forget it with their end. So each start has another link. That it holds once, the
database says: for the first person, that nobody could sign in before; for a demo, that an invitation was not used yet.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Self

__all__ = ["FIRST_SECONDS", "NO_LINK", "FirstLink"]

FIRST_SECONDS: Final = 3_600
"""So long does a link hold after the start."""

_Kind = Literal["setup", "demo", ""]


@dataclass(frozen=True)
class FirstLink:
    """What the processes that serve know of the link.

    Attributes:
        kind: `setup`: the first person names themselves; `demo`: who opens it is signed in; empty: there is no link.
        hashed: SHA-256 of its secret.
        until: Seconds since 1970; from then on it holds no more.
    """

    kind: _Kind = ""
    hashed: str = ""
    until: int = 0

    @classmethod
    def of(cls, kind: _Kind, secret: str, now: datetime) -> Self:
        """A link of this secret that holds from now on for an hour."""
        return cls(kind, _hash(secret), int(now.timestamp()) + FIRST_SECONDS)

    @classmethod
    def new(cls, now: datetime) -> tuple[str, Self]:
        """A secret of 256 random bits by which the first person comes in, and what is known of the link."""
        secret = secrets.token_urlsafe(32)
        return secret, cls.of("setup", secret, now)

    def is_of(self, kind: _Kind, secret: str) -> bool:
        """Whether this is the link's secret, whatever the time is."""
        return self.kind == kind != "" and hmac.compare_digest(_hash(secret), self.hashed)

    def over(self, now: datetime) -> bool:
        """Whether its time has passed."""
        return now.timestamp() >= self.until

    def __str__(self) -> str:
        """One word by which a process tells another of it."""
        return f"{self.kind}:{self.hashed}:{self.until}" if self.kind else ""

    @classmethod
    def read(cls, said: str) -> Self:
        """What `str` wrote."""
        kind, _, rest = said.partition(":")
        hashed, _, until = rest.partition(":")
        if kind not in {"setup", "demo"}:
            return cls()
        return cls(kind, hashed, int(until))  # type: ignore[arg-type]  # one of both, as was just asked


NO_LINK: Final = FirstLink()
"""There is none."""


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", errors="surrogatepass")).hexdigest()  # strangers may send any text
