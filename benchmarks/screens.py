"""How soon screens are there: each page, explorations of many kinds, and pages while many click and events come in.

    python -m benchmarks.screens                                 # a million events
    python -m benchmarks.screens --customers 1240000 --parts pages explorations     # ten million

A shop of made-up customers is collected, or one that is there is opened (`--folder`, which is not changed but by what
comes in while people click). *Pages* and *explorations* are asked of the application itself: the first time with
nothing worked out before, then over and over. *Clicking* asks `resa serve` on loopback: people open page after page and
read each for one to five seconds, while a thousand events a second come in; the load's own processor time is included.
It is counted from when every page was opened once in each language.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from litestar import Litestar
from litestar.testing import TestClient

import resa
from benchmarks.live import PORT, served
from resa import workspace
from resa.analytics import KINDS
from resa.screens.application import application
from resa.screens.serving import warm_up
from resa.storage import make_key
from resa.web.screens import KEEPING_MEMORY
from resa.workspace.people import ROLES

_PAGES: Final = (
    "/",
    "/map/journey",
    "/map/journey?persona=*",
    "/map/journey/cart",
    "/explore",
    *(f"/explore/{kind}" for kind in KINDS if kind != "tracking"),
    "/explore/funnel/people?part=steps&column=customers&row=0",
    "/customers",
    "/segments",
    "/segments/waiting_carts",
    "/reports",
    "/reports/journey",
    "/live",
    "/live/tracking/journey",
    "/data-health",
    "/edit/journey",
    "/edit/journey/text",
    "/settings",
    "/settings/people",
    "/settings/account",
)
_EXPLORATIONS: Final = {
    "funnel": ("steps=product_page&steps=cart&steps=purchase", "steps=cart&steps=purchase&within=1+day", "by=device"),
    "expectations": ("by=device", "channel=web", "from=2026-03-01"),
    "transitions": ("by=device", "channel=web"),
    "process": ("touchpoints=60", "arrows=50", "channel=web", "from=2026-03-01"),
    "paths": ("steps=4", "steps=3&collapse=no", "channel=web", "start=cart", "end=purchase"),
    "variants": ("collapse=yes", "channel=web", "from=2026-03-01"),
    "trend": ("every=day", "every=month", "channel=web", "by=device"),
    "retention": ("every=month", "rolling=yes", "channel=web"),
    "stages": ("every=month", "every=day", "channel=web"),
    "channels": ("of=device", "within=7+days", "from=2026-03-01"),
    "coverage": ("from=2026-03-01",),
    "metrics": ("channel=web", "from=2026-03-01"),
    "friction": ("within=7+days", "channel=web", "by=device"),
    "planned": ("channel=web",),
    "conformance": ("collapse=no", "channel=web", "top=10"),
    "touchpoints": ("channel=web", "by=device"),
}
_SECRET: Final = "of the benchmark"  # noqa: S105 - nobody else reaches the application
_PASSWORD: Final = "a sentence of the benchmark"  # noqa: S105 - see above
_READING: Final = (1.0, 5.0)
_BROWSERS_OF_ONE: Final = 5
_LANGUAGES: Final = ("en", "sv", "nb", "hu")
_BEFORE: Final = 120.0
_PARTS: Final = ("pages", "explorations", "clicking")


def main() -> None:
    """Make a shop or open one, and print a table of each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=124_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=_PARTS)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    if not KEEPING_MEMORY.keys() <= os.environ.keys():  # as `resa serve` starts its screens
        os.execve(sys.executable, sys.orig_argv, {**KEEPING_MEMORY, **os.environ})  # noqa: S606 - this very command
    with _shop(given.folder, given.customers) as folder:
        with resa.open(folder) as shop:
            tokens = [_token(shop, f"{role}-{time.time_ns()}@shop.se", role) for role in ("admin", *ROLES)]
            key = make_key(shop.store, f"load-{time.time_ns()}", source_id="load")
            index = shop.store.index()
            print(f"{index.events:,} events of {len(index.offsets) - 1:,} customers")
        if "pages" in given.parts:
            _pages(folder, tokens[0], given.rounds)
        if "explorations" in given.parts:
            _explorations(folder, tokens[0])
        if "clicking" in given.parts:
            with served(folder):
                asyncio.run(_clicking(tokens, key, given.people, given.seconds))


@contextmanager
def _shop(folder: Path | None, customers: int) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / "shop"
        workspace.create(made, template="retail", language="en")
        with resa.open(made) as shop:
            shop.simulate(customers=customers)
            shop.collect()
        yield made


def _token(shop: resa.Workspace, email: str, role: str) -> str:
    known = next(one for one in ROLES if one == role)
    return shop.people.accept(shop.people.invite(email, role=known), _PASSWORD)


@contextmanager
def _opened(folder: Path, token: str) -> Iterator[TestClient[Litestar]]:
    """The application in a process that has made itself ready, as the screens' does after its start."""
    with TestClient(application(folder, _SECRET)) as client:
        client.headers.update({"x-resa-secret": _SECRET, "cookie": f"resa-session={token}"})
        warm_up(client.app.state.desk)
        yield client


def _asked(client: TestClient[Litestar], path: str) -> tuple[float, int]:
    """Milliseconds until a page was there, and its size."""
    began = time.perf_counter()
    answer = client.get(path, follow_redirects=True)
    took = 1_000 * (time.perf_counter() - began)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    return took, len(answer.content)


def _pages(folder: Path, token: str, rounds: int) -> None:
    print("\n| page | first ms | then p50 ms | p95 ms | KB |\n|---|---:|---:|---:|---:|")
    every: list[float] = []
    with _opened(folder, token) as client:
        for path in _PAGES:
            first, size = _asked(client, path)
            others = [_asked(client, path)[0] for _ in range(rounds)]
            every += [first, *others]
            p50, p95 = statistics.median(others), _share(others, 0.95)
            print(f"| {path} | {first:.0f} | {p50:.0f} | {p95:.0f} | {size / 1_024:.0f} |", flush=True)
    print(f"| all | | {statistics.median(every):.0f} | {_share(every, 0.95):.0f} | |")


def _explorations(folder: Path, token: str) -> None:
    """Each asked once and never before."""
    print("\n| exploration | ms |\n|---|---:|")
    every: list[float] = []
    with _opened(folder, token) as client:
        for kind, questions in _EXPLORATIONS.items():
            for question in questions:
                path = f"/explore/{kind}?{question}"
                took, _ = _asked(client, path)
                every.append(took)
                print(f"| {path} | {took:.0f} |", flush=True)
    summary = f"{statistics.median(every):.0f}, {_share(every, 0.95):.0f}, {max(every):.0f}"
    print(f"| p50, p95, worst of {len(every)} | {summary} |")


async def _clicking(tokens: Sequence[str], key: str, people: int, seconds: float) -> None:
    load = [sys.executable, "-m", "benchmarks.live", "--task", key, "10", "1000", str(seconds + _BEFORE)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        sending = subprocess.Popen(load, stdout=out)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=60, trust_env=False) as client:
            began = time.perf_counter()
            for path in _PAGES:
                for language in _LANGUAGES:
                    await client.get(path, headers=_headers(tokens[0], language), follow_redirects=True)
            print(f"\nevery page was opened once after {time.perf_counter() - began:.0f} s")
            until = time.perf_counter() + seconds
            own = [
                _reader(client, tokens[(one // _BROWSERS_OF_ONE) % len(tokens)], one, until) for one in range(people)
            ]
            seen = [pair for part in await asyncio.gather(*own) for pair in part]
        await asyncio.to_thread(sending.wait)
        out.seek(0)
        taken, refused, lasted, waits = json.loads(out.read())
    waited = sorted(took for _, took in seen)
    print(f"\n{people} people opened {len(seen)} pages in {seconds:.0f} s ({len(seen) / seconds:.1f} a second)")
    print(f"while {taken / lasted:,.0f} events a second came in ({refused} requests refused, ", end="")
    print(f"answered after p50 {1_000 * statistics.median(waits):.1f}, p99 {1_000 * _share(waits, 0.99):.1f} ms):")
    print(
        "p50 {:.0f}, p95 {:.0f}, p99 {:.0f}, worst {:.0f} ms".format(
            *(
                1_000 * one
                for one in (statistics.median(waited), _share(waited, 0.95), _share(waited, 0.99), waited[-1])
            )
        )
    )
    worst: dict[str, list[float]] = {}
    for path, took in seen:
        worst.setdefault(path, []).append(1_000 * took)
    print("\n| page | opened | p50 ms | p95 ms |\n|---|---:|---:|---:|")
    for path, those in sorted(worst.items(), key=lambda pair: -_share(pair[1], 0.95))[:12]:
        print(f"| {path} | {len(those)} | {statistics.median(those):.0f} | {_share(those, 0.95):.0f} |")


async def _reader(client: httpx.AsyncClient, token: str, number: int, until: float) -> list[tuple[str, float]]:
    """What one person saw: addresses and seconds. Pages that are not for them are left out."""
    chance = random.Random(number)  # noqa: S311 - no secret
    headers = _headers(token, chance.choice(_LANGUAGES))
    seen: list[tuple[str, float]] = []
    await asyncio.sleep(chance.uniform(0, _READING[1]))
    while time.perf_counter() < until:
        path = chance.choice(_PAGES)
        began = time.perf_counter()
        answer = await client.get(path, headers=headers, follow_redirects=True)
        took = time.perf_counter() - began
        if answer.status_code == 200:
            seen.append((path, took))
        elif answer.status_code != 403:
            raise SystemExit(f"{path}: {answer.status_code} {answer.text[:200]}")
        await asyncio.sleep(chance.uniform(*_READING))
    return seen


def _headers(token: str, language: str) -> dict[str, str]:
    return {"cookie": f"resa-session={token}", "accept-language": language}


def _share(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


if __name__ == "__main__":
    main()
