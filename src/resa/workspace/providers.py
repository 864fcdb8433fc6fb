"""A company's OpenID provider, asked over the network: what it can do, its keys, and who somebody is.

What it says of itself and its keys are kept for an hour, in memory; keys are asked for again when a token names one
that is not there, once a minute at most, whoever sends such tokens. Answers are bounded in size and time, addresses are
https, redirects are not followed. A provider that did not answer is left alone for some seconds, so that nobody waits
in a row for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import BoundedSemaphore, Lock
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

from resa.base.addresses import is_here, is_safe
from resa.base.errors import ResaError
from resa.base.language import Sentence, sentence
from resa.workspace.id_tokens import ALGORITHMS

__all__ = ["Discovered", "Provider", "ProviderTrouble", "discovery_address", "provider_of"]

_KEPT_SECONDS: Final = 3_600.0
_KEYS_AGAIN_SECONDS: Final = 60.0
_LEFT_ALONE_SECONDS: Final = 10.0
_STEP_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 10.0
_BYTES: Final = 512 << 10
_MOST_KEYS: Final = 100
_AT_ONCE: Final = 4
_OK: Final = 200
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderTrouble(ResaError):
    """A provider does not answer, or not as OpenID Connect asks.

    Attributes:
        why: One word for the audit log.
    """

    def __init__(self, message: Sentence, why: str = "provider_down") -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True)
class Discovered:
    """What a provider says of itself.

    Attributes:
        authorization: Where browsers are led.
        token: Where a code is redeemed.
        jwks: Where its keys are.
        userinfo: Where more is told of a person; empty: nowhere.
        end_session: Where one signs out of it; empty: nowhere.
        algorithms: By which it signs.
        by_body: Whether it takes the secret in the body alone.
        says_issuer: Whether it says with each answer who it is (RFC 9207).
        pkce: Whether it says that it knows PKCE by S256; `None`: it says nothing of it.
    """

    authorization: str
    token: str
    jwks: str
    userinfo: str
    end_session: str
    algorithms: tuple[str, ...]
    by_body: bool
    says_issuer: bool
    pkce: bool | None


def discovery_address(issuer: str) -> str:
    """Where a provider says what it can do (OpenID Connect Discovery 1.0, 4)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


@lru_cache(maxsize=8)
def provider_of(issuer: str) -> Provider:
    """The provider of an issuer: one for all who sign in."""
    return Provider(issuer)


class Provider:
    """A provider.

    Args:
        issuer: As it names itself.
        clock: Seconds that only grow.
    """

    def __init__(self, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._clock = clock
        self._lock = Lock()
        self._turns = BoundedSemaphore(_AT_ONCE)
        self._discovered: tuple[float, Discovered] | None = None
        self._keys: tuple[float, list[Mapping[str, Any]]] | None = None
        self._failed: tuple[float, ProviderTrouble] | None = None

    def discovered(self) -> Discovered:
        """What it says of itself.

        Raises:
            ProviderTrouble: It does not answer, or says something else.
        """
        with self._lock:
            if self._discovered is None or self._clock() - self._discovered[0] > _KEPT_SECONDS:
                found = self._tried(lambda: _read(self._issuer, _json_of("GET", discovery_address(self._issuer))))
                self._discovered = (self._clock(), found)
            return self._discovered[1]

    def keys(self, kid: str | None) -> list[Mapping[str, Any]]:
        """Its public keys of an id; without one, all of them.

        Raises:
            ProviderTrouble: It does not answer, or shows none.
        """
        address = self.discovered().jwks
        with self._lock:
            age = None if self._keys is None else self._clock() - self._keys[0]
            unknown = self._keys is not None and kid is not None and not _of(self._keys[1], kid)
            if age is None or age > _KEPT_SECONDS or (unknown and age > _KEYS_AGAIN_SECONDS):
                found = self._tried(lambda: _read_keys(_json_of("GET", address)))
                self._keys = (self._clock(), found)
            held = [] if self._keys is None else self._keys[1]
        return _of(held, kid)

    def redeem(self, code: str, *, client_id: str, secret: str, verifier: str, back: str) -> Mapping[str, Any]:
        """Redeem the code that a browser brought.

        Args:
            code: As it came.
            client_id: What the provider calls us.
            secret: What it gave us; empty: nothing.
            verifier: Of PKCE: shows that we began the sign-in.
            back: Where the browser was to come back.

        Raises:
            ProviderTrouble: It does not answer, or does not take the code.
        """
        discovered = self.discovered()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {}
        if secret and not discovered.by_body:
            pair = (quote_plus(client_id), quote_plus(secret))  # RFC 6749, 2.3.1
            headers = {"authorization": _basic(*pair)}
        else:
            form |= {"client_id": client_id, **({"client_secret": secret} if secret else {})}
        return self._in_turn(lambda: _json_of("POST", discovered.token, form=form, headers=headers))

    def userinfo(self, access_token: str) -> Mapping[str, Any]:
        """What else it tells of who signs in; nothing, if it has no such place.

        Raises:
            ProviderTrouble: It does not answer.
        """
        address = self.discovered().userinfo
        if not address:
            return {}
        headers = {"authorization": f"Bearer {access_token}"}
        return self._in_turn(lambda: _json_of("GET", address, headers=headers))

    def _in_turn(self, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Few at once, so that a provider that is slow holds up nobody who looks at pages."""
        if not self._turns.acquire(timeout=_STEP_SECONDS):
            raise ProviderTrouble(sentence("too many people sign in just now; please try again"))
        try:
            return ask()
        finally:
            self._turns.release()

    def _tried(self, ask: Callable[[], Any]) -> Any:
        """What it answers; who asks soon after it failed is told the same."""
        if self._failed is not None and self._clock() - self._failed[0] < _LEFT_ALONE_SECONDS:
            raise self._failed[1]
        try:
            found = ask()
        except ProviderTrouble as trouble:
            self._failed = (self._clock(), trouble)
            raise
        self._failed = None
        return found


def _of(keys: Iterable[Mapping[str, Any]], kid: str | None) -> list[Mapping[str, Any]]:
    return [key for key in keys if kid is None or key.get("kid") == kid]


def _basic(user: str, password: str) -> str:
    from base64 import b64encode  # noqa: PLC0415 - only here

    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def _json_of(
    method: str, address: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    """A JSON object from an address; neither what was sent nor what came stands in what is raised."""
    from httpx import Client, HTTPError, InvalidURL  # noqa: PLC0415 - heavy; only who signs in so needs it

    host = urlsplit(address).hostname or ""
    end = time.monotonic() + _ANSWER_SECONDS
    sent = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
    try:
        with (
            Client(timeout=_STEP_SECONDS, follow_redirects=False) as client,
            client.stream(method, address, data=form, headers=sent) as answer,
        ):
            body = b""
            for part in answer.iter_raw():
                body += part
                if len(body) > _BYTES:
                    raise ProviderTrouble(sentence("{host} answers more than it should", host=host), "provider_odd")
                if time.monotonic() > end:
                    raise ProviderTrouble(sentence("{host} takes too long to answer", host=host))
            status = answer.status_code
    except (HTTPError, InvalidURL, OSError):
        raise ProviderTrouble(sentence("{host} does not answer", host=host)) from None
    if status != _OK:
        refused = method == "POST" and status in {400, 401, 403}
        raise ProviderTrouble(
            sentence("{host} answers with the status {status}", host=host, status=str(status)),
            "code_refused" if refused else "provider_down",
        )
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProviderTrouble(
            sentence("{host} does not answer in JSON, as OpenID Connect asks", host=host), "provider_odd"
        )
    return found


def _read(issuer: str, said: Mapping[str, Any]) -> Discovered:
    """What a provider says of itself, as far as it can be used."""
    if said.get("issuer") != issuer:
        raise ProviderTrouble(
            sentence(
                "the provider calls itself '{said}', not '{issuer}'; write the former into oidc_issuer, exactly so, if "
                "it is that of your company",
                said=str(said.get("issuer"))[:200],
                issuer=issuer,
            ),
            "provider_odd",
        )
    found = {name: _address(issuer, said, name) for name in (*_NEEDED, "userinfo_endpoint", "end_session_endpoint")}
    for name in _NEEDED:
        if not found[name]:
            raise ProviderTrouble(sentence("the provider does not say its {name}", name=name), "provider_odd")
    signs = _texts(said.get("id_token_signing_alg_values_supported")) or ["RS256"]
    algorithms = tuple(name for name in ALGORITHMS if name in signs)
    if not algorithms:
        raise ProviderTrouble(
            sentence("the provider signs by {signs} alone, which is not safe", signs=", ".join(signs)[:200]),
            "provider_odd",
        )
    takes = _texts(said.get("token_endpoint_auth_methods_supported")) or ["client_secret_basic"]
    known = said.get("code_challenge_methods_supported")
    return Discovered(
        authorization=found["authorization_endpoint"],
        token=found["token_endpoint"],
        jwks=found["jwks_uri"],
        userinfo=found["userinfo_endpoint"],
        end_session=found["end_session_endpoint"],
        algorithms=algorithms,
        by_body="client_secret_basic" not in takes and "client_secret_post" in takes,
        says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        pkce=None if known is None else "S256" in _texts(known),
    )


def _address(issuer: str, said: Mapping[str, Any], name: str) -> str:
    """An address that a provider names; on this machine only if the provider is here, too."""
    given = said.get(name)
    if given is None:
        return ""
    if not isinstance(given, str) or not is_safe(given) or (is_here(given) and not is_here(issuer)):
        raise ProviderTrouble(
            sentence("the provider's {name} is no https address that may be asked", name=name), "provider_odd"
        )
    return given


def _read_keys(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    keys = said.get("keys")
    found: list[Mapping[str, Any]] = []
    if isinstance(keys, list):
        found += [key for key in keys[:_MOST_KEYS] if isinstance(key, dict)]
    if not found:
        raise ProviderTrouble(sentence("the provider shows no keys"), "provider_odd")
    return found


def _texts(given: object) -> list[str]:
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
