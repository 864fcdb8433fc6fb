"""How long healthy clients wait for their answers while others are slow, broken or too many.

    python -m benchmarks.delays [--rounds 7] [--seconds 4] [--most 1.2]

One server on loopback. A healthy client sends 100 requests a second, in batches of 10, all the time. Rounds in which
nothing else happens take turns with rounds in which others disturb: hundreds of clients that send heads and bodies byte
by byte; webhooks whose source files are wrong, or whose SQL takes long; databases that are dead, and that think for
ever; one key that sends as much as it can, far beyond what it may. A figure is the median of the rounds' 95th
percentiles. With `--most`, it fails where a disturbed one is more than so many times the quiet one. Every acknowledged
event of the healthy client is there in the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing, suppress
from itertools import cycle
from pathlib import Path
from typing import Final

import resa
from benchmarks.live import served
from resa.storage import make_key

_PORT: Final = 8_799
_MAP: Final = "title: A shop\nstages: {conversion: [purchase]}\nsignals: {purchase: {event: order_completed}}\n"
_SLOW_SQL: Final = """hook: {signature: none}
columns:
  occurred_at: webhook.received_at
  event: {expression: "case when regexp_matches(text, '(x|y)*x.{500}[yz]') then 'seen' else 'not seen' end"}
  customer: who
"""
_WRONG: Final = "hook: {signature: none}\ncolumns: {occurred_at: 7, nothing: here}\n"
_FAILING: Final = """hook: {signature: none}
select: |
  select row.webhook.id as message_id, row.at as occurred_at, row.what as event, item.who as customer
  from row, unnest(row.items) as item
"""
_DEAD: Final = """every: 1 second
database: {{url: "postgresql+psycopg://127.0.0.1:{port}/shop", table: visits, cursor: nr}}
columns: {{occurred_at: at, event: what, customer: who}}
"""
_ENDLESS: Final = """every: 1 second
database:
  url: sqlite:///visits.db
  query: |
    WITH RECURSIVE counted(nr) AS (SELECT 1 UNION ALL SELECT nr + 1 FROM counted)
    SELECT visits.* FROM visits, counted WHERE counted.nr < 0
columns: {occurred_at: at, event: what, customer: who}
"""
_SOURCE_SECONDS: Final = 8  # so long each of these is waited for; then it is ended
_SLOW_CLIENTS: Final = 200  # of each kind
_PER_MINUTE: Final = 330  # of a key; each of the healthy ones sends 300
_KEYS: Final = 20


def _post(path: str, body: bytes, key: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _batch(size: int) -> bytes:
    calls = [
        {"type": "track", "event": "order_completed", "userId": f"u{place}", "messageId": uuid.uuid4().hex}
        for place in range(size)
    ]
    return json.dumps({"batch": calls}).encode()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next((line for line in head.split(b"\r\n") if line.startswith(b"content-length")), b":0")
    await reader.readexactly(int(length.split(b":")[1]))
    return int(head.split(b" ", 2)[1])


async def _healthy(keys: Sequence[str], seconds: float) -> tuple[list[float], int]:
    """A hundred requests a second over four connections: how long each waited, and how many events were taken."""
    waits: list[float] = []
    good, turns = 0, cycle(keys)

    async def one(offset: float) -> None:
        nonlocal good
        reader, writer = await asyncio.open_connection("127.0.0.1", _PORT)
        begin = time.perf_counter() + offset
        for number in range(int(seconds * 25)):
            await asyncio.sleep(max(0.0, begin + number / 25 - time.perf_counter()))
            request = _post("/v1/batch", _batch(10), next(turns))
            began = time.perf_counter()
            writer.write(request)
            status = await _answer(reader)
            waits.append(time.perf_counter() - began)
            good += 10 * (status == 200)
        writer.close()

    await asyncio.gather(*(one(place / 100) for place in range(4)))
    return waits, good


async def _slow_clients(key: str) -> None:
    """They come, send a byte a second, and come again once they were sent away."""

    async def one(begin: bytes, drip: bytes) -> None:
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", _PORT)
                writer.write(begin)
                while not writer.is_closing():
                    await asyncio.sleep(1.0)
                    writer.write(drip)
                    await writer.drain()

    print("ready", flush=True)
    head = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nX-Slow: "
    body = _post("/v1/batch", _batch(10), key)
    await asyncio.gather(
        *(one(head, b"x") for _ in range(_SLOW_CLIENTS)),
        *(one(body[: len(body) // 2], b" ") for _ in range(_SLOW_CLIENTS)),
    )


async def _webhooks(key: str) -> None:
    """Ten times a second: for a source that is wrong, one that fails, and one whose SQL takes long."""
    keys: Mapping[str, str] = json.loads(key)
    texts: Mapping[str, Mapping[str, object]] = {
        "wrong": {"a": 1},
        "failing": {"at": "never", "items": 7},
        "slow": {"who": "u", "text": "x" * 100_000},
    }
    reader, writer = await asyncio.open_connection("127.0.0.1", _PORT)
    print("ready", flush=True)
    while True:
        for name, said in texts.items():
            body = json.dumps({**said, "n": uuid.uuid4().hex}).encode()
            writer.write(_post(f"/hooks/{name}", body, keys[name]))
            await _answer(reader)
        await asyncio.sleep(0.1)


async def _flood(key: str) -> None:
    """As much as fifty connections take; what its key may send in a minute is used up before it counts as a flood."""
    told = asyncio.Event()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", _PORT)
        request = _post("/v1/batch", _batch(10), key)
        while True:
            writer.write(request)
            if await _answer(reader) == 429 and not told.is_set():
                told.set()
                print("ready", flush=True)

    await asyncio.gather(*(one() for _ in range(50)))


async def _sources(folder: str) -> None:
    """A database that takes connections and says nothing, and one whose query never ends; new ones each time."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for text in (_DEAD.format(port=silent.getsockname()[1]), _ENDLESS):
            Path(folder, "sources", f"database_{uuid.uuid4().hex}.yaml").write_text(text, encoding="utf-8")
        print("ready", flush=True)
        await asyncio.sleep(3_600)


_DISTURBANCES: Final[Mapping[str, Callable[[str], Awaitable[None]]]] = {
    "slow clients": _slow_clients,
    "webhooks": _webhooks,
    "databases": _sources,
    "flood": _flood,
}


def _measured(keys: Sequence[str], seconds: float) -> tuple[float, int]:
    """The 95th percentile of a round, seconds; and how many events were taken."""
    waits, good = asyncio.run(_healthy(keys, seconds))
    return sorted(waits)[int(len(waits) * 0.95)], good


def _disturbing(name: str, key: str) -> subprocess.Popen[bytes]:
    """A process that disturbs, for two seconds already."""
    found = subprocess.Popen([sys.executable, "-m", "benchmarks.delays", "--task", name, key], stdout=subprocess.PIPE)
    if found.stdout is None or not found.stdout.readline():
        raise SystemExit(f"{name} does not disturb")
    time.sleep(2.0)
    return found


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--only", choices=_DISTURBANCES, action="append", help="what disturbs; default: each, and all")
    parser.add_argument("--most", type=float, help="fail beyond this ratio")
    parser.add_argument("--task", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        asyncio.run(_task(*given.task))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sources").mkdir()
        (folder / "journey.yaml").write_text(_MAP, encoding="utf-8")
        settings = f"requests_per_minute = {_PER_MINUTE}\nsource_seconds = {_SOURCE_SECONDS}\n"
        (folder / "resa.toml").write_text(settings, encoding="utf-8")
        with closing(sqlite3.connect(folder / "visits.db")) as visits, visits:
            visits.execute(
                "CREATE TABLE visits AS SELECT 1 AS nr, '2026-03-01 10:00' AS at, 'look' AS what, 'k1' AS who"
            )
        for source, text in (("slow", _SLOW_SQL), ("failing", _FAILING), ("wrong", _FAILING)):
            (folder / "sources" / f"{source}.yaml").write_text(text, encoding="utf-8")
        with resa.open(folder) as shop:
            _measure(shop, folder, given)


async def _task(name: str, key: str) -> None:
    await _DISTURBANCES[name](key)


def _measure(shop: resa.Workspace, folder: Path, given: argparse.Namespace) -> None:
    flooding = make_key(shop.store, "flooding", source_id="flooding")
    healthy = [make_key(shop.store, f"healthy{number}", source_id="healthy") for number in range(_KEYS)]
    hooks = {name: make_key(shop.store, name, source_id=name) for name in ("slow", "wrong", "failing")}
    keys = {"slow clients": flooding, "webhooks": json.dumps(hooks), "flood": flooding, "databases": str(folder)}
    taken = 0
    rows: list[tuple[str, float, float]] = []
    with served(folder):
        (folder / "sources" / "wrong.yaml").write_text(_WRONG, encoding="utf-8")
        taken += _measured(healthy, given.seconds)[1]  # whatever is done once only
        alone = [[name] for name in given.only or _DISTURBANCES]
        for together in alone if given.only else [*alone, list(_DISTURBANCES)]:
            quiet: list[float] = []
            disturbed: list[float] = []
            for _ in range(given.rounds):
                for found in quiet, disturbed:
                    running = [_disturbing(name, keys[name]) for name in together if found is disturbed]
                    share, good = _measured(healthy, given.seconds)
                    found.append(share)
                    taken += good
                    for process in running:
                        process.kill()
                        process.communicate()
                    databases = list((folder / "sources").glob("database_*.yaml"))
                    for path in databases:
                        path.unlink()
                    time.sleep(_SOURCE_SECONDS + 2.0 if databases else 1.0)
            rows.append((", ".join(together), statistics.median(quiet), statistics.median(disturbed)))
    stored = sum(load.good for load in shop.loads() if load.source_id == "healthy")
    if stored != taken:
        raise SystemExit(f"{taken} events were taken of the healthy client, and {stored} are there")
    print("| beside it | p95 ms alone | p95 ms beside | ratio |\n|---|---:|---:|---:|")
    for what, quietly, beside in rows:
        print(f"| {what} | {1_000 * quietly:.1f} | {1_000 * beside:.1f} | {beside / quietly:.2f} |")
    if given.most is not None and any(beside > given.most * quietly for _, quietly, beside in rows):
        raise SystemExit(f"healthy clients wait more than {given.most} times as long")


if __name__ == "__main__":
    main()
