"""How soon each screen is there: for the first who looks after new data, and for those after.

    python -m benchmarks.screens

A shop of made-up customers is collected, and an administrator opens every page: once with nothing worked out before,
then over and over. The times are the application's, without the network and the handing over between processes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from litestar.testing import TestClient

import resa
from resa import workspace
from resa.screens.application import application

_PAGES: Final = (
    "/",
    "/map/journey",
    "/map/journey/cart",
    "/explore",
    "/explore/expectations",
    "/explore/funnel",
    "/explore/paths",
    "/explore/process",
    "/explore/retention",
    "/explore/trend",
    "/explore/friction",
    "/customers",
    "/segments",
    "/reports/journey",
    "/live",
    "/live/tracking/journey",
    "/settings",
)
_SECRET: Final = "of the benchmark"  # noqa: S105 - nobody else reaches the application


def main() -> None:
    """Make a shop, open its pages, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "shop"
        workspace.create(folder, template="retail", language="en")
        with resa.open(folder) as shop:
            shop.simulate(customers=given.customers)
            shop.collect()
            token = shop.people.accept(shop.people.invite("anna@shop.se", role="admin"), "a sentence of the benchmark")
            print(f"{shop.store.index().events:,} events of {given.customers:,} customers\n")
        _measure(folder, token, given.rounds)


def _measure(folder: Path, token: str, rounds: int) -> None:
    print("| screen | first ms | then p50 ms | worst ms | KB |\n|---|---:|---:|---:|---:|")
    with TestClient(application(folder, _SECRET)) as client:
        client.headers.update({"x-resa-secret": _SECRET, "cookie": f"resa-session={token}"})
        for path in _PAGES:
            times = []
            for _ in range(rounds + 1):
                began = time.perf_counter()
                answer = client.get(path, follow_redirects=True)
                times.append(1_000 * (time.perf_counter() - began))
                if answer.status_code != 200:
                    raise SystemExit(f"{path}: {answer.status_code}")
            first, *others = times
            size = len(answer.content) / 1_024
            print(f"| {path} | {first:.0f} | {statistics.median(others):.0f} | {max(others):.0f} | {size:.0f} |")


if __name__ == "__main__":
    main()
