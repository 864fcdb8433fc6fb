"""What a company's OpenID provider says of who signs in (ID tokens), believed only if all of it is right.

OpenID Connect Core 1.0 (3.1.3.7) says what is looked at; RFC 8725 what goes wrong else: the algorithm is one of ours
whatever the token asks for, and keys come from the provider alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from resa.base.errors import ExtraMissing
from resa.base.language import sentence

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, RSAKey
    from joserfc.jws import JWSRegistry

__all__ = ["ALGORITHMS", "LEEWAY_SECONDS", "TokenRefused", "check_id_token", "is_usable", "need_joserfc"]

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""By which a token may be signed: never by nothing, nor by a secret, for which somebody could take a public key."""

LEEWAY_SECONDS: Final = 60
"""So much may the provider's clock differ from ours."""

_OLDEST_SECONDS: Final = 600
_LONGEST: Final = 64 << 10
_LONGEST_HEADER: Final = 4 << 10
_KEYS_TRIED: Final = 8
_FEWEST_BITS, _MOST_BITS = 2_048, 8_192
_KINDS: Final = {"R": "RSA", "P": "RSA", "E": "EC"}
_HASHES: Final = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}

Key = Mapping[str, Any]
"""A key as a provider shows it (JWK)."""


class TokenRefused(Exception):
    """A token is not believed.

    Attributes:
        why: One word for the audit log.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def need_joserfc() -> None:
    """See that the package is there that checks signatures.

    Raises:
        ExtraMissing: It is not.
    """
    try:
        import joserfc  # noqa: F401, PLC0415 - an extra
    except ModuleNotFoundError:
        raise ExtraMissing("joserfc", "oidc", sentence("signing in by a company's provider")) from None


def check_id_token(
    token: object,
    keys: Callable[[str | None], Iterable[Key]],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    now: datetime,
    algorithms: Iterable[str] = ALGORITHMS,
    access_token: str | None = None,
) -> Mapping[str, Any]:
    """What a token says, all of which was checked.

    Args:
        token: As it came.
        keys: The provider's keys of an id, or all of them where a token names none.
        issuer: Who must have made it.
        client_id: For whom it must be.
        nonce: Which sign-in it must belong to.
        now: The present moment.
        algorithms: By which the provider says to sign.
        access_token: What came beside it.

    Raises:
        TokenRefused: Something is wrong with it.
    """
    if not isinstance(token, str) or not token.isascii() or len(token) > _LONGEST:
        raise TokenRefused("form")
    header = _header(token)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or algorithm not in set(algorithms):
        raise TokenRefused("algorithm")
    if not isinstance(kid, str | None):
        raise TokenRefused("form")
    claims = _verified(token, algorithm, [key for key in keys(kid) if is_usable(key, algorithm)])
    _check_whose(claims, issuer, client_id)
    _check_when(claims, now.timestamp())
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise TokenRefused("nonce")
    if access_token is not None and "at_hash" in claims and claims["at_hash"] != _half_hash(access_token, algorithm):
        raise TokenRefused("at_hash")
    return claims


def _header(token: str) -> Mapping[str, Any]:
    first = token.partition(".")[0]
    try:
        header = json.loads(_decoded(first))
    except (ValueError, RecursionError):
        raise TokenRefused("form") from None
    if not isinstance(header, dict) or len(first) > _LONGEST_HEADER:
        raise TokenRefused("form")
    return header


def is_usable(key: Key, algorithm: str) -> bool:
    """Whether a key may verify signatures of an algorithm: public, of its kind, large enough, and meant for it."""
    if key.get("kty") != _KINDS[algorithm[0]] or key.get("use", "sig") != "sig":
        return False
    if key.get("alg", algorithm) != algorithm:
        return False
    if key["kty"] == "EC":
        return key.get("crv") == {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm]
    try:
        bits = int.from_bytes(_decoded(str(key.get("n", "")))).bit_length()
    except ValueError:
        return False
    return _FEWEST_BITS <= bits <= _MOST_BITS


def _verified(token: str, algorithm: str, keys: list[Key]) -> Mapping[str, Any]:
    """What a token says by one of these keys."""
    from joserfc import jwt  # noqa: PLC0415 - an extra
    from joserfc.errors import JoseError  # noqa: PLC0415 - see above

    if not keys:
        raise TokenRefused("key")
    registry = _registry(algorithm)
    for key in keys[:_KEYS_TRIED]:
        try:
            return jwt.decode(token, _imported(key), registry=registry).claims
        except (JoseError, ValueError, TypeError, RecursionError):
            continue
    raise TokenRefused("signature")


def _registry(algorithm: str) -> JWSRegistry:
    from joserfc.jws import JWSRegistry  # noqa: PLC0415 - see above

    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = _LONGEST_HEADER
    return registry


def _imported(key: Key) -> RSAKey | ECKey:
    """The public part of a key, as what it is: never as a secret."""
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415 - see above

    if key["kty"] == "RSA":
        return RSAKey.import_key({"kty": "RSA", "n": str(key.get("n")), "e": str(key.get("e"))})
    return ECKey.import_key({"kty": "EC", "crv": str(key.get("crv")), "x": str(key.get("x")), "y": str(key.get("y"))})


def _check_whose(claims: Mapping[str, Any], issuer: str, client_id: str) -> None:
    if claims.get("iss") != issuer:
        raise TokenRefused("issuer")
    said = claims.get("aud")
    audience = said if isinstance(said, list) else [said]
    if client_id not in audience:
        raise TokenRefused("audience")
    if claims.get("azp", client_id) != client_id or (len(audience) > 1 and "azp" not in claims):
        raise TokenRefused("authorized_party")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise TokenRefused("subject")


def _check_when(claims: Mapping[str, Any], now: float) -> None:
    said = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    times = {name: at for name, at in said.items() if isinstance(at, int | float) and not isinstance(at, bool)}
    if times != said or not {"exp", "iat"} <= set(times):
        raise TokenRefused("time")
    if not now < times["exp"] + LEEWAY_SECONDS:
        raise TokenRefused("expired")
    if not now - _OLDEST_SECONDS - LEEWAY_SECONDS < times["iat"] <= now + LEEWAY_SECONDS:
        raise TokenRefused("issued_at")
    if not times.get("nbf", now) <= now + LEEWAY_SECONDS:
        raise TokenRefused("not_yet")


def _half_hash(access_token: str, algorithm: str) -> str:
    digest = _HASHES[algorithm[2:]](access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None
