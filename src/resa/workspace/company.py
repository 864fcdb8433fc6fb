"""Signing in by a company's OpenID provider: authorization code with PKCE, `state` and `nonce`.

All that belongs to one sign-in follows from a secret that only the browser keeps, for ten minutes: `state`, which the
provider hands back, `nonce`, which stands in the ID token, and what PKCE shows when the code is redeemed. So an answer
that was meant for another browser, or comes again, opens nothing, and who reads the database learns none of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlencode

from resa.base.errors import InputError, ResaError
from resa.base.language import Sentence, said_by, sentence
from resa.model.people import Person, Role
from resa.storage import Also, Arrived, How, Turned, enter_by_company, use_sign_in
from resa.workspace.id_tokens import TokenRefused, check_id_token, is_usable, need_joserfc
from resa.workspace.people import email_of, provider_name
from resa.workspace.providers import Provider, ProviderTrouble, discovery_address, provider_of

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["BACK", "MINUTES", "Begun", "Company", "Entered", "Looked", "TurnedAway"]

BACK: Final = "/sign-in/company/back"
"""Where the provider leads back to, below the address of the server."""

MINUTES: Final = 10
"""So long may a sign-in take."""

_OF_EMAIL: Final = frozenset({"email", "email_verified"})
_LONGEST_CODE: Final = 4_096
_LONGEST_WAY: Final = 1_000
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Begun:
    """A sign-in that was begun.

    Attributes:
        address: The provider's, to which the browser goes.
        kept: What the browser is to keep.
    """

    address: str
    kept: str = field(repr=False)


@dataclass(frozen=True)
class Entered:
    """A sign-in that came to its good end.

    Attributes:
        token: Of the session.
        to: Where the browser wanted to go.
    """

    token: str = field(repr=False)
    to: str


@dataclass(frozen=True)
class Looked:
    """What was seen of a provider, or of how it is named here.

    Attributes:
        good: Whether it can be so.
        words: What was seen.
    """

    good: bool
    words: Sentence


class TurnedAway(Exception):
    """Who came by the provider does not come in.

    Attributes:
        why: One word, which stands in the audit log.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class _Kept:
    """What a browser kept for its sign-in."""

    secret: str = field(repr=False)
    until: datetime
    to: str

    def part(self, what: str) -> str:
        """Something that follows from the secret, which it does not tell."""
        return _plain(hmac.new(self.secret.encode(), what.encode(), hashlib.sha256).digest())


class Company:
    """The company's provider, as the settings of a workspace name it.

    Args:
        shop: The workspace.
        provider: The provider; `None`: that of the settings.
    """

    def __init__(self, shop: Workspace, provider: Provider | None = None) -> None:
        self._shop = shop
        self._settings = shop.settings
        self._given = provider

    @property
    def named(self) -> bool:
        """Whether there is one."""
        return bool(self._settings.oidc_issuer)

    @property
    def name(self) -> str:
        """What people call it."""
        return provider_name(self._settings)

    @property
    def only(self) -> bool:
        """Whether passwords open nothing, but for who is an admin for emergencies."""
        return self.named and self._settings.oidc_only

    @property
    def back(self) -> str:
        """Where the provider leads back to; to be registered there."""
        return self._settings.public_address + BACK

    @property
    def _provider(self) -> Provider:
        return self._given or provider_of(self._settings.oidc_issuer)

    def begin(self, to: str) -> Begun:
        """Begin a sign-in.

        Args:
            to: A page of ours, where to go on after it.

        Raises:
            ResaError: The provider does not answer, or a package is missing.
        """
        need_joserfc()
        discovered = self._provider.discovered()
        until = self._shop.clock().replace(microsecond=0) + timedelta(minutes=MINUTES)
        kept = _Kept(secrets.token_urlsafe(32), until, to if len(to) <= _LONGEST_WAY else "/")
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self.back,
            "scope": " ".join(dict.fromkeys(["openid", *self._settings.oidc_scopes])),
            "state": kept.part("state"),
            "nonce": kept.part("nonce"),
            "code_challenge": _plain(hashlib.sha256(kept.part("verifier").encode()).digest()),
            "code_challenge_method": "S256",
        }
        between = "&" if "?" in discovered.authorization else "?"
        return Begun(f"{discovered.authorization}{between}{urlencode(asked)}", self._sealed(kept))

    def finish(self, answer: Mapping[str, str], kept: str, *, agent: str = "", instead_of: str = "") -> Entered:
        """Sign in by what the provider's answer says, which is used up by it.

        Args:
            answer: What the address says to which the provider led back.
            kept: What the browser kept.
            agent: What the browser calls itself.
            instead_of: The token of the session that the browser had, which ends.

        Raises:
            TurnedAway: Nobody comes in by this; the audit log says why.
            ExtraMissing: A package is missing.
        """
        need_joserfc()
        try:
            begun = self._checked(answer, kept)
            claims = self._told(begun, answer.get("code", ""))
            arrived = self._arrived(claims)
        except (TokenRefused, ProviderTrouble, TurnedAway) as refused:
            raise self._turned(refused.why) from None
        found = enter_by_company(self._shop.store, arrived, agent=agent, told=self._tell, instead_of=instead_of)
        if isinstance(found, Turned):
            raise self._turned(self._why(found, claims))
        return Entered(found, begun.to)

    def goodbye(self) -> str:
        """Where one signs out of the provider, too; empty: nowhere, or it does not answer."""
        try:
            address = self._provider.discovered().end_session if self.named else ""
        except ProviderTrouble:
            return ""
        asked = {"client_id": self._settings.oidc_client_id}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}" if address else ""

    def look(self) -> Iterable[Looked]:
        """Ask the provider what it can do, and say what is well and what is wrong."""
        if not self.named:
            yield Looked(False, sentence("no provider is named; say oidc_issuer in resa.toml"))
            return
        try:
            need_joserfc()
            secret = self._secret()
        except ResaError as error:
            yield Looked(False, said_by(error))
        else:
            words = sentence("a secret is there") if secret else sentence("without a secret: a public client")
            yield Looked(True, words)
        try:
            discovered = self._provider.discovered()
            yield Looked(True, sentence("{address} answers", address=discovery_address(self._settings.oidc_issuer)))
            keys = self._provider.keys(None)
        except ProviderTrouble as trouble:
            yield Looked(False, said_by(trouble))
            return
        good = sum(any(is_usable(key, name) for name in discovered.algorithms) for key in keys)
        yield Looked(
            good > 0,
            sentence(
                "keys that can be used: {count}, for {algorithms}",
                count=str(good),
                algorithms=", ".join(discovered.algorithms),
            ),
        )
        if discovered.pkce is False:
            yield Looked(False, sentence("it does not know PKCE by S256, which Resa always asks for"))
        if not discovered.end_session:
            yield Looked(True, sentence("it names no place to sign out of it"))
        yield Looked(True, sentence("register this redirect URI there: {address}", address=self.back))

    def _checked(self, answer: Mapping[str, str], sealed: str) -> _Kept:
        """What the browser kept for this very answer; from now on it is used."""
        kept = self._unsealed(sealed)
        if kept is None:
            raise TurnedAway("not_begun")
        if not hmac.compare_digest(answer.get("state", "").encode(errors="replace"), kept.part("state").encode()):
            raise TurnedAway("state")
        if not use_sign_in(self._shop.store, kept.secret, kept.until):
            raise TurnedAway("used")
        said = answer.get("iss")
        if (said is None and self._provider.discovered().says_issuer) or said not in {None, self._settings.oidc_issuer}:
            raise TurnedAway("mix_up")
        if "error" in answer:  # its own words are anybody's, and repeated nowhere
            raise TurnedAway("denied")
        if not 0 < len(answer.get("code", "")) <= _LONGEST_CODE:
            raise TurnedAway("no_code")
        return kept

    def _told(self, kept: _Kept, code: str) -> Mapping[str, Any]:
        """What the provider says of who signs in."""
        try:
            secret = self._secret()
        except InputError:
            raise TurnedAway("no_secret") from None
        provider, client_id = self._provider, self._settings.oidc_client_id
        given = provider.redeem(
            code, client_id=client_id, secret=secret, verifier=kept.part("verifier"), back=self.back
        )
        access = given.get("access_token")
        access = access if isinstance(access, str) and access.isascii() and access.isprintable() else None
        claims = check_id_token(
            given.get("id_token"),
            provider.keys,
            issuer=self._settings.oidc_issuer,
            client_id=client_id,
            nonce=kept.part("nonce"),
            now=self._shop.clock(),
            algorithms=provider.discovered().algorithms,
            access_token=access,
        )
        groups = self._settings.oidc_claim
        whole = "email" in claims and (not groups or _deep(claims, groups) is not None)
        if whole or access is None:
            return claims
        more = provider.userinfo(access)
        if more and more.get("sub") != claims["sub"]:
            raise TurnedAway("other_userinfo")
        # What is signed counts; but an address and what is said of it are one thing, and come from one place.
        of_email = {name: one for name, one in (claims if "email" in claims else more).items() if name in _OF_EMAIL}
        rest = {name: one for name, one in {**more, **claims}.items() if name not in _OF_EMAIL}
        return {**rest, **of_email}

    def _arrived(self, claims: Mapping[str, Any]) -> Arrived:
        settings = self._settings
        if not all(_holds(claims, text) for text in settings.oidc_require):
            raise TurnedAway("required")
        email, name = self._email(claims), claims.get("name")
        role: Role | None = None
        if settings.oidc_roles:
            role = _role_of(_deep(claims, settings.oidc_claim), settings.oidc_roles)
            if role is None:
                raise TurnedAway("no_group")
        welcome = email.rpartition("@")[2] in settings.oidc_domains
        return Arrived(
            issuer=settings.oidc_issuer,
            subject=str(claims["sub"]),
            email=email,
            name=" ".join(name.split())[:_LONGEST_NAME] if isinstance(name, str) else "",
            role=role,
            newcomer=settings.oidc_role if welcome else None,
        )

    def _email(self, claims: Mapping[str, Any]) -> str:
        """The address that counts, in its one form; empty: none does."""
        said = claims.get("email_verified")
        verified = said is True or said == "true" or (said is None and self._settings.oidc_email == "trusted")
        given = claims.get("email")
        return (email_of(given) or "") if verified and isinstance(given, str) else ""

    def _why(self, turned: Turned, claims: Mapping[str, Any]) -> str:
        if turned.why == "unknown" and not self._email(claims):
            return "unverified" if claims.get("email") else "no_email"
        return turned.why

    def _tell(self, person: Person, how: How) -> Also:
        said = {"new": "person.new_by_company", "bound": "person.bind", "known": "person.sign_in"}[how]
        also = [self._shop.audit.also(said, who=person.email, person=person.id, by="oidc", role=person.role)]
        if how != "known":
            also.append(self._shop.audit.also("person.sign_in", who=person.email, person=person.id, by="oidc"))

        def write(connection: Any) -> None:
            for one in also:
                one(connection)

        return write

    def _turned(self, why: str) -> TurnedAway:
        self._shop.audit.note("person.sign_in_failed", who="", by="oidc", why=why)
        return TurnedAway(why)

    def _secret(self) -> str:
        """The secret that the provider gave; empty: it gave none.

        Raises:
            InputError: It should be there, and is not.
        """
        settings = self._settings
        if settings.oidc_secret_file:
            path = Path(settings.oidc_secret_file)
            try:
                found = (self._shop.folder / path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                found = ""
            if not found:
                raise InputError(sentence("the file {file} holds no secret", file=settings.oidc_secret_file))
            return found
        name = settings.oidc_secret_env
        if name and not os.environ.get(name, "").strip():
            raise InputError(
                sentence(
                    "the environment variable {name} is not set; it holds the secret that the provider gave for Resa. "
                    'If it gave none, say oidc_secret_env = ""',
                    name=name,
                )
            )
        return os.environ.get(name, "").strip() if name else ""

    def _sealed(self, kept: _Kept) -> str:
        text = f"{kept.secret}.{int(kept.until.timestamp())}.{_plain(kept.to.encode())}"
        return f"{text}.{self._seal(text)}"

    def _unsealed(self, sealed: str) -> _Kept | None:
        """What a browser kept; `None`: it is none of ours, or too old."""
        text, _, seal = sealed.rpartition(".")
        if not hmac.compare_digest(self._seal(text).encode(), seal.encode(errors="replace")):
            return None
        secret, until, to = text.split(".")
        kept = _Kept(secret, datetime.fromtimestamp(int(until), UTC), _unplain(to))
        return kept if self._shop.clock() < kept.until else None

    def _seal(self, text: str) -> str:
        """It holds in this workspace, and for this provider."""
        of = f"a sign-in by {self._settings.oidc_issuer} {self._settings.oidc_client_id} "
        return _plain(hmac.new(self._shop.store.database.key, (of + text).encode(errors="replace"), "sha256").digest())


def _role_of(said: object, roles: Iterable[str]) -> Role | None:
    """The role of the first group that somebody is in."""
    groups = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    for text in roles:
        group, _, role = text.rpartition("=")
        if group.strip() in groups:
            return cast("Role", role.strip())
    return None


def _holds(claims: Mapping[str, Any], text: str) -> bool:
    """Whether a claim is what is required, or one of several things that it is."""
    name, _, value = text.partition("=")
    said = _deep(claims, name.strip())
    found = said if isinstance(said, list) else [said]
    return value.strip() in [one if isinstance(one, str) else json.dumps(one) for one in found]


def _deep(claims: Mapping[str, Any], name: str) -> object:
    """A claim, also one that lies deeper: `realm_access.roles`."""
    if name in claims:  # a name may hold dots itself, as addresses do
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unplain(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "/"
