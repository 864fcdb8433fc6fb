"""How fast events are taken over HTTP, and how soon the map counts them.

    python -m benchmarks.live

Three loads on one server, on loopback, the load's own processor time included: as much as it takes, in batches of 100
from two processes; 5,000 events a second in batches of 10; and 1,000 events a second, while it is looked when the
published index holds each of them and has them in their segment. The map has expectations; traits and segments are kept
meanwhile. Every number sent is found in the end, and `resa verify` is clean.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import json
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, TextIO

import resa
from resa.identity import customers_named
from resa.storage import kept_members, make_key

_MAP: Final = """resa: 1
title: A shop
stages:
  consideration: [product_page]
  conversion: [cart, purchase]
touchpoints:
  product_page: {expect: [{next: cart, within: 1 day}]}
  cart: {expect: [{next: purchase, within: 4 hours}]}
signals:
  product_page: {event: product_viewed}
  cart: {event: product_added}
  purchase: {event: order_completed, value: properties.total}
"""

_TRAITS: Final = """orders: {of: purchase, count: events}
spent: {of: purchase, sum: value, in_last: 90 days}
last_path: {last: properties.path}
"""
_SEGMENTS: Final = """spenders: traits.spent > 100000
regulars: met(cart.purchase, last => '90d') >= 2
waiting: has_open(cart.purchase)
lost: missed(cart.purchase) and not segment(regulars)
"""
_PROBED: Final = "journey.spenders"  # of the map in journey.yaml; what is sent at random does not come so far

_EVENTS: Final = ("product_viewed", "product_viewed", "product_added", "order_completed")
_MARK: Final = "m" * 24  # in each id; replaced in every request, so that no two events are the same
_NOW: Final = "t" * 32  # when each event happened and was sent; replaced in every request
PORT: Final = 8_799


class Loaded(NamedTuple):
    """What a load saw.

    Attributes:
        acknowledged: Events that were answered with 200.
        refused: Requests that were not.
        seconds: How long it took.
        waits: Seconds from request to answer, one a request, ascending.
    """

    acknowledged: int
    refused: int
    seconds: float
    waits: list[float]


def _body(size: int, chance: random.Random) -> bytes:
    calls = [
        {
            "type": "track",
            "event": chance.choice(_EVENTS),
            "userId": f"u{chance.randrange(20_000)}",
            "messageId": f"{_MARK}-{place}",
            "timestamp": _NOW,
            "properties": {"total": round(chance.random() * 100, 2), "path": "/p/tea"},
        }
        for place in range(size)
    ]
    return json.dumps({"batch": calls, "sentAt": _NOW}).encode()


async def _send(head: bytes, bodies: list[bytes], pace: float | None, until: float, found: Loaded, size: int) -> Loaded:
    """One connection: request after request, or one every `pace` seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    acknowledged, refused, due = found.acknowledged, found.refused, time.perf_counter()
    while time.perf_counter() < until:
        if pace is not None:
            due += pace
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        body = random.choice(bodies).replace(_NOW.encode(), now.encode())  # noqa: S311 - no secret
        body = body.replace(_MARK.encode(), uuid.uuid4().hex[:24].encode())
        began = time.perf_counter()
        writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        found.waits.append(time.perf_counter() - began)
        good = b" 200 " in answer.split(b"\r\n")[0]
        acknowledged, refused = acknowledged + size * good, refused + (not good)
    writer.close()
    return found._replace(acknowledged=acknowledged, refused=refused)


async def _load(key: str, connections: int, size: int, rate: float | None, seconds: float) -> Loaded:
    chance = random.Random(1)  # noqa: S311 - no secret
    bodies = [_body(size, chance) for _ in range(20)]
    authorization = base64.b64encode(f"{key}:".encode()).decode()
    head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {authorization}\r\n".encode()
    pace = None if rate is None else connections * size / rate
    began = time.perf_counter()
    empty = [Loaded(0, 0, 0.0, []) for _ in range(connections)]
    parts = await asyncio.gather(*(_send(head, bodies, pace, began + seconds, one, size) for one in empty))
    waits = sorted(wait for part in parts for wait in part.waits)
    total = sum(part.acknowledged for part in parts), sum(part.refused for part in parts)
    return Loaded(*total, time.perf_counter() - began, waits)


def load(key: str, *, processes: int, size: int, rate: float | None, seconds: float) -> Loaded:
    """Load the server from so many processes."""
    own = [key, str(size), str(None if rate is None else rate / processes), str(seconds)]
    command = [sys.executable, "-m", "benchmarks.live", "--task", *own]
    running = [_started(command) for _ in range(processes)]
    found = [_told(process, out) for process, out in running]
    return Loaded(
        sum(part.acknowledged for part in found),
        sum(part.refused for part in found),
        max(part.seconds for part in found),
        sorted(wait for part in found for wait in part.waits),
    )


def _started(command: list[str]) -> tuple[subprocess.Popen[str], TextIO]:
    """A process, and the file that it writes to: a pipe would be full before it ends."""
    out = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - `_told` closes it
    return subprocess.Popen(command, stdout=out, text=True), out


def _told(process: subprocess.Popen[str], out: TextIO) -> Loaded:
    """What a load saw, once it has ended."""
    _hold(process.wait() == 0, "a load failed")
    with out:
        out.seek(0)
        return Loaded(*json.loads(out.read()))


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """`resa serve`, until the block ends."""
    command = [sys.executable, "-m", "resa.cli", "serve", "-w", str(folder), "--port", str(PORT)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while "listening" not in (process.stderr.readline() if process.stderr else ""):
        _hold(process.poll() is None, "the server did not start")
    try:
        yield
    finally:
        process.terminate()
        process.communicate()


def _rows(shop: resa.Workspace) -> int:
    return sum(load.rows_read for load in shop.loads())


def main() -> None:
    """Load, look, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--task", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        key, size, rate, seconds = given.task
        paced = None if rate == "None" else float(rate)
        print(json.dumps(asyncio.run(_load(key, 8, int(size), paced, float(seconds)))))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, text in (("journey", _MAP), ("traits", _TRAITS), ("segments", _SEGMENTS)):
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        with resa.open(folder) as shop:
            _measure(shop, folder, make_key(shop.store, "load", source_id="load"), given.seconds)


def _measure(shop: resa.Workspace, folder: Path, key: str, seconds: float) -> None:
    rows: list[tuple[str, Loaded, str]] = []
    with served(folder):
        full = load(key, processes=2, size=100, rate=None, seconds=seconds)
        began, before = time.perf_counter(), _rows(shop)
        while _rows(shop) < full.acknowledged:
            time.sleep(0.05)
        drained = (full.acknowledged - before) / (time.perf_counter() - began)
        rows.append(("as much as it takes, batches of 100", full, f"then drained {drained:,.0f} events/s"))
        paced = load(key, processes=1, size=10, rate=5_000, seconds=seconds)
        rows.append(("5,000 events/s, batches of 10", paced, ""))
        rows.append(_numbers(shop, key, seconds))
    total = sum(found.acknowledged for _, found, _ in rows)
    _hold(_rows(shop) == total == shop.store.index().events, "an event is missing")
    _hold(not shop.verify(), "what is stored does not agree with a recount")
    print("| load | events/s | answer p50 ms | p99 ms | refused | |\n|---|---:|---:|---:|---:|---|")
    for what, found, more in rows:
        half, most = (1_000 * _share(found.waits, share) for share in (0.5, 0.99))
        rate = found.acknowledged / found.seconds
        print(f"| {what} | {rate:,.0f} | {half:.1f} | {most:.1f} | {found.refused} | {more} |")


def _numbers(shop: resa.Workspace, key: str, seconds: float) -> tuple[str, Loaded, str]:
    """1,000 events a second; beside them customers one by one, and how long each is not in the published index."""
    process, out = _started([sys.executable, "-m", "benchmarks.live", "--task", key, "10", "1000", str(seconds)])
    waits: list[float] = []
    entered: list[float] = []
    before = len(kept_members(shop.store, _PROBED)[0])
    while process.poll() is None:
        name = f"probe{len(waits)}"
        call = {"event": "order_completed", "userId": name, "messageId": name, "properties": {"total": 1_000_000}}
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        began = time.perf_counter()
        connection.request("POST", "/v1/track", json.dumps({**call, "writeKey": key}))
        _hold(connection.getresponse().status == 200, "a probe was refused")
        connection.close()
        looked = -1  # at which generation: looking at one twice would only take time from the server
        while True:
            if (generation := shop.store.generation) != looked:
                if customers_named(shop.store.index(), shop.identity.rules, [("user_id", name)]) != [None]:
                    break
                looked = generation
            time.sleep(0.01)
        waits.append(time.perf_counter() - began)
        while len(kept_members(shop.store, _PROBED)[0]) < before + len(waits):
            time.sleep(0.01)
        entered.append(time.perf_counter() - began)
        time.sleep(random.random() * 0.3)  # noqa: S311 - not always at the same moment of a batch
    own = _told(process, out)
    told = ", ".join(
        f"{what} after p50 {_share(sorted(found), 0.5):.2f} s, p99 {_share(sorted(found), 0.99):.2f} s"
        for what, found in (("counted", waits), ("in the segment", entered))
    )
    return "1,000 events/s, batches of 10", own._replace(acknowledged=own.acknowledged + len(waits)), told


def _hold(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(otherwise)


def _share(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    main()
