"""Signatures of webhooks: whether a body is what its sender signed, byte for byte, before anything reads it.

Each scheme is a HMAC-SHA256 by a secret that both sides know. Standard Webhooks and Stripe sign the time as well, so
that an old request cannot be sent again; of the others an old one is known by its id or its content.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resa.base.errors import WorkspaceError
from resa.base.language import sentence

__all__ = ["TOLERANCE_SECONDS", "SignatureRefused", "Signed", "secrets_of", "verified"]

TOLERANCE_SECONDS: Final = 300
"""So far may the sender's clock be from ours, both ways."""


class SignatureRefused(Exception):
    """A request whose signature is missing, wrong or too old.

    Attributes:
        detail: Which of these, for the sender. It holds no secret, and nothing of the right signature.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class Signed:
    """What the head of a request says.

    Attributes:
        id: Of the request; the same when it is sent again. `None`: the scheme has none.
        event: What happened, where the head says it.
        sent_at: When it was signed, seconds since 1970.
    """

    id: str | None = None
    event: str | None = None
    sent_at: int | None = None


def secrets_of(scheme: str, text: str) -> tuple[bytes, ...]:
    """The secrets of a text in which commas or spaces stand between them: the old one and the new, while they change.

    Raises:
        WorkspaceError: There is none, or Standard Webhooks' are not in base64. It does not say what they are.
    """
    found = tuple(
        _standard_secret(one) if scheme == "standard" else one.encode() for one in re.split(r"[\s,]+", text) if one
    )
    if not found or not all(found):
        raise WorkspaceError(sentence("the server has no secret for this source yet; send again later"))
    return found


def _standard_secret(text: str) -> bytes:
    body = text.removeprefix("whsec_")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise WorkspaceError(sentence("the server's secret for this source is not base64, as whsec_… is")) from None


def verified(scheme: str, secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: float) -> Signed:
    """What the head of a signed request says.

    Args:
        scheme: A signature of `hook:` but `none`.
        secrets: From `secrets_of`; one of them must have signed.
        headers: By name in lower case.
        body: As it came.
        now: Seconds since 1970.

    Raises:
        SignatureRefused: It is not signed so.
    """
    return _SCHEMES[scheme](secrets, headers, body, now)


def _standard(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: float) -> Signed:
    number, moment = _header(headers, "webhook-id"), _header(headers, "webhook-timestamp")
    given = [
        one.removeprefix("v1,") for one in _header(headers, "webhook-signature").split(" ") if one.startswith("v1,")
    ]
    signed = f"{number}.{moment}.".encode("latin-1") + body
    _check((_base64(secret, signed) for secret in secrets), given, "webhook-signature")
    return Signed(number, None, _in_time(moment, now))


def _stripe(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: float) -> Signed:
    parts = [part.strip().partition("=") for part in _header(headers, "stripe-signature").split(",")]
    moment = next((value for name, _, value in parts if name == "t"), "")
    signed = f"{moment}.".encode("latin-1") + body
    given = [value for name, _, value in parts if name == "v1"]
    _check((_hex(secret, signed) for secret in secrets), given, "stripe-signature")
    return Signed(None, None, _in_time(moment, now))


def _github(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, _: float) -> Signed:
    name = "x-hub-signature-256"
    _check((f"sha256={_hex(secret, body)}" for secret in secrets), [_header(headers, name)], name)
    return Signed(headers.get("x-github-delivery"), headers.get("x-github-event"))


def _shopify(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, _: float) -> Signed:
    name = "x-shopify-hmac-sha256"
    _check((_base64(secret, body) for secret in secrets), [_header(headers, name)], name)
    return Signed(headers.get("x-shopify-webhook-id"), headers.get("x-shopify-topic"))


_SCHEMES: Final[Mapping[str, Callable[[Sequence[bytes], Mapping[str, str], bytes, float], Signed]]] = {
    "standard": _standard,
    "stripe": _stripe,
    "github": _github,
    "shopify": _shopify,
}


def _header(headers: Mapping[str, str], name: str) -> str:
    found = headers.get(name, "").strip()
    if not found:
        raise SignatureRefused(f"the header {name} is missing")
    return found


def _check(right: Iterable[str], given: Sequence[str], name: str) -> None:
    """Whether one of the given signatures is right; each is compared in a time that tells nothing of it."""
    if not given:
        raise SignatureRefused(f"the header {name} holds no signature that is known here")
    candidates = [one.encode("latin-1", "replace") for one in given]
    found = [hmac.compare_digest(one.encode(), other) for one in right for other in candidates]
    if not any(found):
        raise SignatureRefused(f"no signature in {name} is that of the body")


def _in_time(moment: str, now: float) -> int:
    """The moment that was signed, if it is near."""
    if not re.fullmatch("[0-9]{1,12}", moment):
        raise SignatureRefused("the time of the signature is no number of seconds")
    if abs(int(moment) - now) > TOLERANCE_SECONDS:
        raise SignatureRefused(f"the signature is more than {TOLERANCE_SECONDS // 60} minutes from now")
    return int(moment)


def _hex(secret: bytes, signed: bytes) -> str:
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


def _base64(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
