"""Passwords: which may be taken, and how they are kept.

As NIST SP 800-63B and OWASP ASVS 5.0 (6.2) ask: long rather than odd, of any letters at all, exactly as they were
typed, not what everybody would guess of this person, and never to be changed for their age. They are kept as Argon2id.
"""

from __future__ import annotations

import re
import secrets
from functools import cache
from typing import TYPE_CHECKING, Final

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.people import Person

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["check_password", "hash_password", "is_outdated", "proves"]

_SHORTEST: Final = 12
_LONGEST: Final = 256
_OF_ITS_OWN: Final = 6
_TELLING: Final = 3  # shorter parts of a name say nothing


def check_password(password: str, person: Person) -> None:
    """Refuse a password that is too short or too long, or says little more than who its person is.

    Raises:
        QuestionError: It is; the message does not repeat it.
    """
    if len(password) < _SHORTEST:
        raise QuestionError(
            sentence("a password has at least {count} characters; several words are easy to keep", count=_SHORTEST)
        )
    if len(password) > _LONGEST:
        raise QuestionError(sentence("a password has at most {count} characters", count=_LONGEST))
    rest = password.casefold()
    for word in _guessed_first(person):
        rest = rest.replace(word, "")
    if len(rest) < _OF_ITS_OWN:
        raise QuestionError(
            sentence("this password says little more than your address, your name or Resa's; take another")
        )


def _guessed_first(person: Person) -> list[str]:
    """What is guessed first of a person, the longest first: address and name, whole and in parts, and our own name."""
    whole = [person.email, person.name]
    parts = [part for text in whole for part in re.split(r"[\W_]+", text)]
    words = {text.casefold() for text in [*whole, *parts, "resa"] if len(text) >= _TELLING}
    return sorted(words, key=lambda word: (-len(word), word))


def hash_password(password: str) -> str:
    """What is kept of a password; it takes some hundredths of a second and 64 MB, which is what it is for."""
    return _hasher().hash(_bytes(password))


def proves(password: str, kept: str | None) -> bool:
    """Whether it is the password that was kept; without one it takes as long, so that time tells nothing."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - most commands need none of it

    nobodys = _nobodys()  # in every case, so that the first question of a process tells nothing either
    try:
        _hasher().verify(kept or nobodys, _bytes(password[: _LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was hashed at less cost than is usual now."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - most commands need none of it

    return PasswordHasher()  # RFC 9106's second choice, Argon2id with 64 MB; OWASP asks for 19 MB at least


@cache
def _nobodys() -> str:
    return hash_password(secrets.token_urlsafe(32))


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", errors="surrogatepass")  # strangers may send any text
