"""Links and pixels of mails and posts: what they say is signed, so that nobody else can make one.

A token is what it says, as JSON in base64, and an HMAC-SHA256 of that text. The signature is compared as text, in a
time that tells nothing: of two spellings of the same bytes one alone is good. Everybody can read what a token says;
nobody can change it, or make another, without the workspace's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from resa.base.errors import QuestionError
from resa.base.language import Sentence, sentence

__all__ = ["Link", "link_token", "read_link", "target_of"]

_LONGEST_TARGET: Final = 2_000
_LONGEST_TOKEN: Final = 4_000
"""Characters; what passes mail programs and servers. Longer ones are not even looked at."""

_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}", re.ASCII)


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a token says.

    Attributes:
        source: Whose event it is.
        event: What happened.
        to: Where a link leads; `None`: it is a pixel.
        user_id: Who was sent it; `None`: nobody in particular.
        channel: Where it stands, as the map calls it.
        properties: Of the event.
    """

    source: str
    event: str
    to: str | None = None
    user_id: str | None = None
    channel: str | None = None
    properties: Mapping[str, str] = {}


_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_links: Final = msgspec.json.Decoder(Link)


def link_token(link: Link, secret: bytes) -> str:
    """The token of a link or pixel; the same whenever it is made.

    Raises:
        QuestionError: It would be too long.
    """
    body = _text(_encode(link))
    token = f"{body}.{_signature(body, secret)}"
    if len(token) > _LONGEST_TOKEN:
        raise QuestionError(
            sentence("the link would have {n} characters; say less, at most {most}", n=len(token), most=_LONGEST_TOKEN)
        )
    return token


def read_link(token: str, secret: bytes) -> Link | None:
    """What a token says; `None`: we did not make it."""
    if len(token) > _LONGEST_TOKEN or not _SHAPE.fullmatch(token):
        return None
    body, _, signature = token.partition(".")
    if not hmac.compare_digest(signature, _signature(body, secret)):
        return None
    try:
        return _links.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):  # another Resa made it
        return None


def target_of(address: str) -> str:
    """An address as a link may lead to it, as a header can hold it: ASCII, the rest percent-encoded.

    Raises:
        QuestionError: It is not of the web, names a user, or holds what browsers and servers read in several ways.
    """
    if re.search(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\]", address):
        raise _refused(address, sentence("it holds a space, a control character or a backslash; write %20 for a space"))
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _refused(address, sentence("it cannot be read")) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise _refused(address, sentence("it must begin with https:// or http:// and name a host"))
    if "@" in parts.netloc:
        raise _refused(address, sentence("it names a user before the host"))
    try:
        netloc = parts.netloc.encode("idna").decode() if not parts.netloc.isascii() else parts.netloc
    except UnicodeError:
        raise _refused(address, sentence("its host is none")) from None
    path, query, fragment = (quote(part, safe="%/:?#[]@!$&'()*+,;=-._~") for part in parts[2:])
    found = urlunsplit((parts.scheme, netloc, path, query, fragment))
    if len(found) > _LONGEST_TARGET:
        raise _refused(address[:60] + "…", sentence("it is longer than 2,000 characters"))
    return found


def _refused(address: str, why: Sentence) -> QuestionError:
    return QuestionError(sentence("a link cannot lead to '{address}': {why}", address=address, why=why))


def _signature(body: str, secret: bytes) -> str:
    return _text(hmac.digest(secret, b"resa link " + body.encode(), hashlib.sha256))


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
