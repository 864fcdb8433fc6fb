"""A request as a whole, checked when it comes: whether it is JSON, and how long.

What its items say is judged when they are consumed (`items`), so that one bad item never costs the good ones beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from resa.base.errors import InputError, Problem
from resa.base.language import Sentence, sentence

__all__ = ["CALLS", "COUNTED", "MOST_ITEMS", "Request", "mended", "read_request", "with_address"]

_NAMES: Final = ("identify", "track", "page", "screen", "group", "alias", "batch")

CALLS: Final[Mapping[str, str]] = {
    **{name: name for name in _NAMES},
    **{name[0]: name for name in _NAMES},
    "import": "batch",
}
"""What stands behind `/v1/` in an address, and the call that it is; browsers write its first letter."""

COUNTED: Final = "count"
"""The kind of an arrival that names nobody, and is counted by day: of a link that nobody in particular was sent.

It is none of `CALLS`: over HTTP nobody can send one, with a key or without.
"""

MOST_ITEMS: Final = 2_500
"""Calls of one batch; a longer one is refused as a whole, so that its sender knows."""


class _Envelope(msgspec.Struct, rename="camel"):
    """A request as a whole; the rest of a single call is read as an item."""

    write_key: str | None = None
    batch: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    sent_at: Any = None
    context: Any = None
    received_from: Any = None


_envelopes: Final = msgspec.json.Decoder(_Envelope)
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Request:
    """A request that is well-formed.

    Attributes:
        write_key: As the body names it; `None`: it does not.
        items: Each call as JSON.
        sent_at: When the sender's clock says that it left.
        context: What all calls have in common.
        received_from: Address from which it came, as far as it is kept; believed only of what `with_address` wrote.
    """

    write_key: str | None
    items: Sequence[bytes | msgspec.Raw]
    sent_at: Any = None
    context: Mapping[str, Any] | None = None
    received_from: Any = None


def read_request(content: bytes, kind: str) -> Request:
    """Read a request.

    Args:
        content: Its body, unpacked.
        kind: The call, of `CALLS`.

    Raises:
        InputError: It is no JSON object, or a batch without a list, or one that is too long.
    """
    try:
        envelope = _envelopes.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        content = mended(content)
        try:
            envelope = _envelopes.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _wrong(sentence("the body is not the JSON of a call ({reason})", reason=str(error))) from None
    if kind != "batch":
        return Request(envelope.write_key, [content], received_from=envelope.received_from)
    if envelope.batch is msgspec.UNSET:
        raise _wrong(sentence("the body has no list 'batch'"))
    if len(envelope.batch) > MOST_ITEMS:
        raise _wrong(sentence("the batch holds {n} calls; send at most {most}", n=len(envelope.batch), most=MOST_ITEMS))
    context = envelope.context if isinstance(envelope.context, dict) else None
    return Request(envelope.write_key, envelope.batch, envelope.sent_at, context, envelope.received_from)


def with_address(content: bytes, address: str | None) -> bytes:
    """A request that was read, with the address from which it came: last, so that none that a sender wrote counts."""
    beginning = content.rstrip()[:-1].rstrip()
    comma = b"" if beginning.endswith(b"{") else b","
    return beginning + comma + b'"receivedFrom":' + _encode(address) + b"}"


_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""An escape in a text; in the group, half a letter: browsers write one where a text was cut within an emoji."""


def mended(content: bytes) -> bytes:
    """JSON in which halves of letters, that nobody can read, are written as �."""
    return _ESCAPE.sub(_whole, content)


def _whole(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape[1] else escape[0]


def _wrong(message: Sentence) -> InputError:
    return InputError(Problem(message=message))
