"""Codes of a second factor: six digits that an app makes of a secret and the time (TOTP, RFC 6238); recovery codes."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from resa.storage import Code

__all__ = ["Proposal", "new_recovery_codes", "proposal_of", "read_code", "shown_code"]

_SECONDS: Final = 30
_DRIFT: Final = (-1, 0, 1)  # clocks may differ by one step, as RFC 6238 (5.2) recommends
_RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 15  # 120 bits, 24 letters and digits of base 32
_LONGEST: Final = 100
_GROUP: Final = 4


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A second factor that its person is to set up.

    Attributes:
        secret: What is typed into an app that reads no picture.
        uri: What the picture says.
    """

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def proposal_of(secret: bytes, email: str) -> Proposal:
    """How an app is told of a secret.

    Args:
        secret: The secret.
        email: Whose, as the app shows it.
    """
    import pyotp  # noqa: PLC0415 - most commands need none of it

    text = b32encode(secret).decode()
    return Proposal(secret=text, uri=pyotp.TOTP(text).provisioning_uri(name=email, issuer_name="Resa"))


def read_code(secret: bytes | None, typed: str, now: datetime) -> Code:
    """What somebody typed, as a code of the time and as a recovery code; it takes as long whatever it is.

    Args:
        secret: Of their second factor; `None`: they have none.
        typed: With blanks and dashes, or without.
        now: The present moment.
    """
    import pyotp  # noqa: PLC0415 - see above

    plain = re.sub(r"[\s-]", "", typed[:_LONGEST]).lower()
    codes = pyotp.HOTP(b32encode(secret or secrets.token_bytes(20)).decode())
    present = int(now.timestamp()) // _SECONDS
    held = [
        present + drift
        for drift in _DRIFT
        if hmac.compare_digest(codes.at(present + drift).encode(), plain.encode("utf-8", errors="surrogatepass"))
    ]
    return Code(step=held[-1] if held and secret is not None else None, typed=plain)


def new_recovery_codes() -> list[str]:
    """Ten codes for the day on which the app is lost, in their one form."""
    return [b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(_RECOVERY_CODES)]


def shown_code(code: str) -> str:
    """A recovery code as it is shown, in groups."""
    return "-".join(code[place : place + _GROUP] for place in range(0, len(code), _GROUP))
