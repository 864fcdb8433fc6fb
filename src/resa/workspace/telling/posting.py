"""A message as Teams, Slack or any program takes it, and posting it: to public addresses, or networks that are named.

The address is looked up once, and the connection goes to what was found and judged, by TLS under the name that was
asked for: a name that leads elsewhere a moment later leads nobody astray. Redirects are not followed. Who has the
address of a webhook can write there: it is a secret, and stands in no message and no log.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from resa.base.addresses import Address, Network, networks
from resa.base.language import Sentence, as_it_is, in_language, sentence
from resa.workspace.telling.wording import Message

__all__ = ["Posted", "Unsent", "body_of", "post"]

_SECONDS: Final = 15.0
_PUBLIC: Final = IPv6Network("2000::/3")
"""All that is given out of IPv6: what translates to IPv4 (`64:ff9b::`) lies elsewhere."""

_FIRST_FAULT: Final = 300
_HEADER: Final = 150
_SECTION: Final = 2_900
"""Characters that Slack takes in a heading, and in a section."""

_MOST: Final = 20


class Unsent(Exception):
    """A message could not be sent.

    Attributes:
        why: Why not.
        for_good: It is of no use to try again.
    """

    def __init__(self, why: Sentence, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good


@dataclass(frozen=True)
class Posted:
    """What goes around a message.

    Attributes:
        shape: What its receiver reads: teams, slack or json.
        number: By which a message that comes twice is known as one.
        server: Where pages are.
        stop: Where such messages are stopped.
        at: When there was something to tell, UTC.
    """

    shape: str
    number: str
    server: str
    stop: str
    at: datetime


def body_of(message: Message, posted: Posted) -> bytes:
    """The message in the shape of its receiver."""
    made = {"teams": _teams, "slack": _slack, "json": _json}[posted.shape](message, posted)
    return json.dumps(made, ensure_ascii=False).encode()


def _stop_words(message: Message) -> str:
    return in_language(sentence("Stop messages of this kind"), message.language)


def _left_out(message: Message) -> str:
    more = len(message.lines) - _MOST
    return in_language(sentence("and {n} more", n=more), message.language) if more > 0 else ""


def _teams(message: Message, posted: Posted) -> dict[str, Any]:
    """An Adaptive Card in the message that a workflow of Teams takes."""
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": _teams_text(message.subject), "weight": "Bolder", "size": "Medium", "wrap": True}
    ]
    for line in message.lines[:_MOST]:
        title = f"[{_teams_text(line.title)}]({posted.server}{_linked(line.path)})"
        text = f"{title}\n\n{_teams_text(line.text)}"
        body.append({"type": "TextBlock", "text": text, "wrap": True, "spacing": "Medium"})
        note = {"type": "TextBlock", "text": _teams_text(line.fresh), "isSubtle": True, "wrap": True, "size": "Small"}
        body.append({**note, "spacing": "None"})
    if more := _left_out(message):
        body.append({"type": "TextBlock", "text": more, "wrap": True})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": message.language,
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": _stop_words(message), "url": posted.stop}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _teams_text(text: str) -> str:
    return re.sub(r"([\\`*_\[\]()#<>~|])", r"\\\1", text)


def _linked(path: str) -> str:
    return path.replace("(", "%28").replace(")", "%29").replace("|", "%7C").replace(">", "%3E")


def _slack(message: Message, posted: Posted) -> dict[str, Any]:
    """Blocks, with a text for notifications."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": message.subject[:_HEADER], "emoji": False}}
    ]
    for line in message.lines[:_MOST]:
        title = f"*<{posted.server}{_linked(line.path)}|{_slack_text(line.title)}>*"
        text = f"{title}\n{_slack_text(line.text)}\n_{_slack_text(line.fresh)}_"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text[:_SECTION]}})
    if more := _left_out(message):
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _slack_text(more)}})
    stop = {"type": "mrkdwn", "text": f"<{posted.stop}|{_slack_text(_stop_words(message))}>"}
    blocks.append({"type": "context", "elements": [stop]})
    return {"text": _slack_text(message.subject), "blocks": blocks}


def _slack_text(text: str) -> str:
    """A text that Slack takes for nothing else."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"[*_~`|]", lambda found: f"{found[0]}\N{ZERO WIDTH SPACE}", plain)


def _json(message: Message, posted: Posted) -> dict[str, Any]:
    return {
        "id": posted.number,
        "at": posted.at.isoformat().replace("+00:00", "Z"),
        "kind": message.kind,
        "language": message.language,
        "subject": message.subject,
        "lines": [
            {"title": one.title, "text": one.text, "fresh": one.fresh, "link": f"{posted.server}{one.path}"}
            for one in message.lines
        ],
        "stop": posted.stop,
    }


def post(address: str, content: bytes, number: str, allowed: Sequence[str] = ()) -> None:
    """Post a message.

    Args:
        address: Where to; a secret.
        content: The message.
        number: By which its receiver knows one that comes twice.
        allowed: Networks beside public ones that it may lead to; there it may be without TLS, too.

    Raises:
        Unsent: It was not taken.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unsent(sentence("its address cannot be read"), for_good=True) from None
    if parts.scheme not in {"https", "http"} or not host or "@" in parts.netloc:
        raise Unsent(sentence("its address is not one that begins with https://"), for_good=True)
    place, inside = _found(host, port or (443 if parts.scheme == "https" else 80), networks(allowed))
    if parts.scheme == "http" and not inside:
        raise Unsent(sentence("its address is not one that begins with https://"), for_good=True)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Resa", "Idempotency-Key": number}
    connection = _Connection(host, port, place=place, tls=parts.scheme == "https")
    try:
        connection.request("POST", target, content, headers)
        answer = connection.getresponse()
        answer.read(1_024)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unsent(_said(error)) from None
    finally:
        connection.close()
    if answer.status >= _FIRST_FAULT:
        gone = answer.status in {400, 401, 403, 404, 405, 410, 413}
        raise Unsent(sentence("it answered {status}", status=str(answer.status)), for_good=gone)


def _found(host: str, port: int, allowed: Sequence[Network]) -> tuple[tuple[str, int], bool]:
    """An address of a host that may be gone to, and whether it is of a network that was named."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Unsent(sentence("its host is not known")) from None
    for text in sorted(map(str, found)):
        address = ip_address(text.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        inside = any(address in network for network in allowed if network.version == address.version)
        if inside or _is_public(address):
            return (text, port), inside
    raise Unsent(
        sentence("its address is of no public network; webhook_networks names those that are ours"), for_good=True
    )


def _is_public(address: Address) -> bool:
    """Whether an address is of the public network, and no way to another one within IPv6."""
    if isinstance(address, IPv6Address) and (address not in _PUBLIC or address.sixtofour is not None):
        return False
    return address.is_global and not address.is_multicast


class _Connection(http.client.HTTPConnection):
    """A connection to a place that was judged, under the name that was asked for."""

    def __init__(self, host: str, port: int | None, *, place: tuple[str, int], tls: bool) -> None:
        super().__init__(host, port or (443 if tls else 80), timeout=_SECONDS)
        self._place = place
        self._tls = tls
        if tls:
            self.default_port = 443

    def connect(self) -> None:
        """Connect."""
        plain = socket.create_connection(self._place, self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host) if self._tls else plain


def _said(error: Exception) -> Sentence:
    """What went wrong, without anything of the address."""
    if isinstance(error, TimeoutError):
        return sentence("it did not answer in time")
    if isinstance(error, ssl.SSLError):
        return sentence("its certificate does not hold, or it speaks no TLS")
    return as_it_is(error.strerror) if isinstance(error, OSError) and error.strerror else as_it_is(type(error).__name__)
