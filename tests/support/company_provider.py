"""A small OpenID provider on this machine, which signs by keys of its own, and lies when a test asks it to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

__all__ = ["CLIENT", "SECRET", "CompanyProvider", "providing", "signed_by_public_key", "unsigned"]

CLIENT = "resa-of-tests"
SECRET = "secret/of tests+%"  # noqa: S105 - of tests


def _keys() -> dict[str, RSAKey | ECKey]:
    return {
        "RS256": RSAKey.generate_key(2048, {"kid": "r", "use": "sig"}),
        "ES256": ECKey.generate_key("P-256", {"kid": "e", "use": "sig"}),
    }


@dataclass
class CompanyProvider:
    """The provider, as tests change it.

    Attributes:
        issuer: Its address.
        person: The claims of who signs in there.
        signs: By which algorithm it signs.
        claims: What its next tokens say instead; `None` leaves a claim out.
        header: What their headers say instead.
        token: Its next token instead, of the claims that it would have held.
        userinfo: What it tells besides.
        said: What it says of itself instead; `None` leaves it out.
        down: Whether it answers nothing but 503.
        redirect: Where it leads to instead of an answer.
        waits: So many seconds before each answer.
        asked: How often each of its addresses was asked.
        codes: What each code was given for.
        forms: What was sent to redeem codes.
    """

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    signs: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    token: Any = None
    userinfo: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    down: bool = False
    redirect: str = ""
    waits: float = 0.0
    secret: str = SECRET
    asked: dict[str, int] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    forms: list[Mapping[str, str]] = field(default_factory=list)
    keys: dict[str, RSAKey | ECKey] = field(default_factory=_keys)

    def as_new(self, **person: Any) -> None:
        """Forget every lie, and let somebody sign in there."""
        self.person = {"sub": "anna-1", "email": "anna@shop.se", "email_verified": True, "name": "Anna Lind", **person}
        self.signs, self.claims, self.header, self.token, self.userinfo = "RS256", {}, {}, None, {}
        self.said, self.down, self.asked, self.secret = {}, False, {}, SECRET
        self.redirect, self.waits, self.forms = "", 0.0, []

    def allow(self, address: str) -> dict[str, str]:
        """What the browser brings back when somebody signs in at an address that we led to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def document(self) -> dict[str, Any]:
        """What it says of itself."""
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/leave",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
        }
        return {name: value for name, value in {**said, **self.said}.items() if value is not None}

    def public(self) -> list[dict[str, Any]]:
        """Its public keys."""
        return [dict(key.as_dict(private=False)) for key in self.keys.values()]

    def redeemed(self, form: Mapping[str, str], basic: str) -> tuple[int, dict[str, Any]]:
        """What it gives for a code: once, to who has the secret, and who began."""
        self.forms.append(form)
        expected = f"{CLIENT}:secret%2Fof+tests%2B%25"
        good = basic == expected if self.secret else form.get("client_id") == CLIENT
        asked = self.codes.pop(form.get("code", ""), None)
        if not good or asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant", "error_description": "a secret of the provider"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if challenge.decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self._signed(asked["nonce"])}

    def _signed(self, nonce: str) -> Any:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce, **self.person}
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        if self.token is not None:
            return self.token(claims)
        key = self.keys[self.signs]
        header = {"alg": self.signs, "kid": key.kid, **self.header}
        return jwt.encode({name: one for name, one in header.items() if one is not None}, claims, key, [header["alg"]])


class _Handler(BaseHTTPRequestHandler):
    provider: CompanyProvider

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self._count(path)
        if path == "/authorize":  # who comes is signed in there already
            said = self.provider.allow(self.path)
            self.provider.redirect = f"{self.provider.codes[said['code']]['redirect_uri']}?{urlencode(said)}"
            self._answer(302, {})
            self.provider.redirect = ""
            return
        found: Any = {
            "/.well-known/openid-configuration": self.provider.document,
            "/keys": lambda: {"keys": self.provider.public()},
            "/userinfo": lambda: self.provider.userinfo,
        }.get(path)
        self._answer(404 if found is None else 200, found() if found else {})

    def do_POST(self) -> None:
        self._count(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        basic = base64.b64decode(self.headers.get("authorization", "").partition(" ")[2]).decode()
        self._answer(*self.provider.redeemed(form, basic))

    def _count(self, path: str) -> None:
        self.provider.asked[path] = self.provider.asked.get(path, 0) + 1

    def _answer(self, status: int, said: Any) -> None:
        body = json.dumps(said).encode()
        time.sleep(self.provider.waits)
        if self.provider.redirect:
            status = 302
        self.send_response(503 if self.provider.down else status)
        self.send_header("location", self.provider.redirect)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with suppress(OSError):  # nobody waits for it any more
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - what it is called there
        """Say nothing."""


def unsigned(claims: dict[str, Any]) -> str:
    """A token that nothing signs."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def signed_by_public_key(provider: CompanyProvider, claims: dict[str, Any]) -> str:
    """A token by HS256 whose secret is the public key that everybody can read."""
    pem = provider.keys["RS256"].as_pem(private=False)
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "r"}).encode()).decode().rstrip("=")
    text = f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}"
    made = hmac.new(pem, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


@contextmanager
def providing() -> Iterator[CompanyProvider]:
    """Such a provider, as long as the block runs."""
    provider = CompanyProvider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        provider.as_new()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
