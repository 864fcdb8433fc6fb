"""What reads strangers' bytes is fed with mutated ones for a while: each is read, or refused as it is said."""

from __future__ import annotations

import gzip
import json
import random
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from resa.base.addresses import address_of
from resa.base.errors import InputError
from resa.base.settings import Settings
from resa.collector import SEGMENT_CALLS, Link, hook_line, link_token, read_link, read_segment, segment_rows
from resa.storage import Arrival, key_hash
from resa.web.bodies import BodyRefused, unpacked
from resa.web.callers import Callers
from resa.web.signatures import SignatureRefused, verified

NOW = 1_795_900_000_000_000
"""28 November 2026, microseconds since 1970."""

SECRET = b"0123456789abcdef0123456789abcdef"

CALL = {
    "type": "track",
    "event": "order_completed",
    "userId": "u1",
    "messageId": "m1",
    "timestamp": "2026-11-28T11:00:00.123Z",
    "sentAt": 1_795_900_000,
    "properties": {"total": 12.5, "products": [{"id": 1, "name": "té 🍵 \\u0000"}]},
    "context": {"ip": "203.0.113.7", "userAgent": "Mozilla/5.0 (iPad)", "page": {"path": "/p"}, "channel": "web"},
}
BODIES: Sequence[bytes] = [
    json.dumps(CALL).encode(),
    json.dumps(
        {"batch": [CALL, {**CALL, "type": "identify", "traits": {"email": "a@b.example"}}], "sentAt": 1}
    ).encode(),
    b'{"event": "\\ud83d", "userId": 1e400, "properties": {"a": 123456789012345678901234567890}}',
    b'{"id": "evt_1", "object": "event", "type": "charge.succeeded", "created": 1795900000, "data": [[[[]]]]}',
    b"[" * 200 + b"]" * 200,
]
PACKED: Sequence[bytes] = [gzip.compress(BODIES[1]), zlib.compress(BODIES[0]), gzip.compress(b"0" * 1_000_000)]
HEADS: Sequence[bytes] = [
    b"203.0.113.7, 10.0.0.1",
    b'for="[2001:db8::1]:4711";proto=https;by=10.0.0.1, for=unknown',
    b"t=1795900000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd,v1=x",
    b"v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= v1a,x",
    b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    b"resa_2FkYUaeiiY9suVHoHW7iUP0NmucB",
]
TOKENS: Sequence[bytes] = [
    *(b'"', b"\\", b"\0", b"{", b"}", b"[", b"]", b",", b":", b";", b"=", b"\\ud800", b"\\u0000", b"1e999", b"-1"),
    *(b"null", b"NaN", b"true", b"\xff\xfe", b"\xed\xa0\x80", "é\u2028".encode(), b"9" * 400, b"[" * 2_000, b"%00"),
    *(b'"batch":', b'"userId":', b'"context":', b'"receivedFrom":"1.2.3.4"', b'"timestamp":', b'"type":"screen"'),
]


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """Bytes that are near to good ones."""
    found = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(found) + 1)
        end = min(len(found), place + chance.choice((0, 1, 1, 4, 40)))
        what = chance.randrange(6)
        if what == 0 and found:
            found[place - 1] ^= 1 << chance.randrange(8)
        elif what == 1:
            found[place:end] = chance.choice(TOKENS)
        elif what == 2:
            found[place:end] = b""
        elif what == 3:
            found[place:place] = found[place:end] * chance.choice((1, 2, 300))
        elif what == 4:
            del found[place:]
        else:
            found[place:end] = chance.randbytes(end - place)
    return bytes(found)


def segment(content: bytes) -> None:
    for kind in ("track", "identify", "page", "group", "alias", "batch"):
        try:
            request = read_segment(content, SEGMENT_CALLS[kind])
        except InputError:
            continue
        rows = segment_rows([Arrival("web", NOW, kind, content, 1)], kept="shortened")
        others = sum(table.num_rows for _, table in rows.others)
        assert len(request.items) == rows.events.num_rows + others + rows.rejected.num_rows


def hook(content: bytes) -> None:
    with suppress(InputError, RecursionError):  # of the reader here, which knows numbers of any size, and fewer levels
        assert isinstance(json.loads(hook_line(content, NOW), parse_int=str, parse_float=str), dict)


def packing(content: bytes) -> None:
    for encoding in ("gzip", "deflate"):
        with suppress(BodyRefused):
            assert len(unpacked(content, encoding, 100_000)) <= 100_000


def heads(content: bytes) -> None:
    text = content.decode("latin-1")
    names = ("webhook-id", "webhook-timestamp", "webhook-signature", "stripe-signature", "x-hub-signature-256")
    said = {**dict.fromkeys(names, text), "x-shopify-hmac-sha256": text, "x-github-delivery": text}
    for way in ("standard", "stripe", "github", "shopify"):
        with pytest.raises(SignatureRefused):
            verified(way, [SECRET], said, content, NOW / 1e6)
    for header in ("x-forwarded-for", "forwarded"):
        settings = Settings.model_validate({"trusted_proxies": "10.0.0.0/8", "proxy_header": header})
        raw = [(header.encode(), content), (b"x-forwarded-proto", content), (b"host", content)]
        found = Callers(settings).of({"client": ("10.0.0.1", 1), "scheme": "http", "headers": raw})
        assert found.scheme in {"http", "https"}
    address_of(text)
    key_hash(text)


LINK = link_token(Link(source="mail", event="seen", to="https://example.com/", user_id="u1"), SECRET).encode()


def link(content: bytes) -> None:
    assert content == LINK or read_link(content.decode("latin-1"), SECRET) is None


@pytest.mark.parametrize("seconds", [5.0, pytest.param(120.0, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(
    ("read", "seeds"),
    [(segment, BODIES), (hook, BODIES), (packing, PACKED), (heads, HEADS), (link, [LINK])],
    ids=["segment", "hook", "packing", "heads", "link"],
)
def test_bytes_of_any_kind_are_read_or_refused(
    read: Callable[[bytes], None], seeds: Sequence[bytes], seconds: float
) -> None:
    number, until = time.time_ns(), time.monotonic() + seconds
    tried = 0
    while time.monotonic() < until or not tried:
        chance = random.Random(number + tried)  # noqa: S311 - bytes to try, no secret
        content = mutated(chance.choice(seeds), chance)
        try:
            read(content)
        except BaseException as error:
            error.add_note(f"seed {number + tried}: {content[:2_000]!r}")
            raise
        tried += 1
