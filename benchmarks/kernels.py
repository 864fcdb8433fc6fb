"""How much processor time the measuring kernels take beside ClickHouse (chdb), DuckDB and Polars.

    python -m benchmarks.kernels                # 10 million events
    python -m benchmarks.kernels --events 100   # 100 million

All answer the same questions on the same events, held in memory or in the page cache, each in its best sorted layout;
answers are compared before anything is timed. What counts is the processor time of the whole process (user and system,
all threads), the median of several rounds in which the contenders take turns; ratios are to the kernel. Two threads
each where a contender uses threads.

The kernels' funnels read bits that are made once for each generation of the index and touchpoint, when a question first
asks for them; what making them costs, and how much memory they take, stands before the table.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.kernels_data import FREQUENT, KINDS, RARE, WINDOW_US, make_journeys
from benchmarks.kernels_peers import ChdbPeer, DuckdbPeer, PolarsPeer, columns_of
from resa.kernels import (
    Journeys,
    count_paths,
    funnel_counts,
    paths,
    retention,
    top_paths,
    transitions,
    warm,
)

Answer = list[Any]
Contenders = dict[str, Callable[[], Answer]]
Peers = list[ChdbPeer | DuckdbPeer | PolarsPeer]

FUNNELS = {
    "funnel, frequent": FREQUENT,
    "funnel, rare": RARE,
    "funnel, not ascending": (3, 1, 4, 2),
    "funnel, rare start": (37, 1, 2, 3),
}
RETENTIONS = {"retention, any touchpoint": None, "retention, from one to another": (1, 2)}
PERIOD_US = 7 * WINDOW_US
STEPS = 5
OURS = "kernel"


def our_transitions(journeys: Journeys) -> Answer:
    """(from, to, count, microseconds), ordered."""
    found = transitions(journeys, KINDS, durations=False, distinct=False)
    edges = tuple(found.edges.T)
    columns = (edges[1], edges[2], found.counts[edges], found.seconds[edges], found.micros[edges])
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [[before, after, count, 1_000_000 * whole + rest] for before, after, count, whole, rest in rows]


def our_paths(journeys: Journeys) -> Answer:
    """(different paths, the 20 highest counts)."""
    counted = count_paths(paths(journeys, KINDS, steps=STEPS))
    return [len(counted.groups.counts), top_paths(counted, 20).counts.tolist()]


def our_retention(journeys: Journeys, pair: tuple[int, int] | None) -> Answer:
    """(cohort, periods after, customers), ordered."""
    edges = np.arange(-1, int(journeys.seconds.max()) * 1_000_000 // PERIOD_US + 2) * PERIOD_US
    begins, returns = (None, None) if pair is None else ((pair[0],), (pair[1],))
    found = retention(journeys, begins, returns, edges)
    width = len(edges)
    counts = np.bincount(found.cohorts[found.customers].astype(np.int64) * width + found.after)
    filled = np.flatnonzero(counts)
    columns = (filled // width - 1, filled % width, counts[filled])
    return [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def questions(journeys: Journeys, peers: Peers) -> dict[str, Contenders]:
    """Each question with everybody's way to answer it, ours first."""

    def our_funnel(steps: tuple[int, ...]) -> Callable[[], Answer]:
        codes = [[step] for step in steps]
        return lambda: funnel_counts(journeys, codes, within_us=WINDOW_US).tolist()

    asked: dict[str, Contenders] = {}
    for name, steps in FUNNELS.items():
        asked[name] = {OURS: our_funnel(steps)}
        for peer in peers:
            asked[name] |= peer.funnels(steps, WINDOW_US)
    asked["transitions"] = {OURS: lambda: our_transitions(journeys)}
    asked[f"first {STEPS} steps"] = {OURS: lambda: our_paths(journeys)}
    for name, pair in RETENTIONS.items():
        asked[name] = {OURS: partial(our_retention, journeys, pair)}
        for peer in peers:
            asked[name] |= peer.retention(pair, PERIOD_US)
    for peer in peers:
        asked["transitions"] |= peer.transitions()
        asked[f"first {STEPS} steps"] |= peer.paths(STEPS)
    return asked


def must_agree(answer: Answer, ours: Answer, name: str) -> None:
    """Stop where someone's answer differs from ours: then nobody's time means anything."""
    if answer != ours:
        raise SystemExit(f"{name} answers {answer!r:.300}, not {ours!r:.300}")


def measure(contenders: Contenders, rounds: int, patience: float) -> dict[str, list[float]]:
    """Processor seconds of each contender, taking turns; one that needs more than `patience` a time runs twice only."""
    answers = {name: ask() for name, ask in contenders.items()}
    for name, answer in answers.items():
        must_agree(answer, answers[OURS], name)
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for name, ask in contenders.items():
            if turn >= 2 and min(spent[name]) > patience:
                continue
            begun = time.process_time()
            ask()
            spent[name].append(time.process_time() - begun)
    return spent


def report(question: str, spent: dict[str, list[float]]) -> None:
    """Print a question's rows of the Markdown table."""
    ours = statistics.median(spent[OURS])
    for name, seconds in spent.items():
        middle = statistics.median(seconds)
        print(f"| {question} | {name} | {middle:.4f} | {middle / ours:.1f} | {len(seconds)} |", flush=True)


def check_ties(events: int) -> None:
    """With ties the order of the index decides; Polars, which keeps the order of rows, must agree."""
    tied = make_journeys(events, ties=0.02, seed=2)
    peer = PolarsPeer(columns_of(tied))
    for steps in FUNNELS.values():
        ours = funnel_counts(tied, [[step] for step in steps], within_us=WINDOW_US).tolist()
        for name, ask in peer.funnels(steps, WINDOW_US).items():
            must_agree(ask(), ours, f"{name} on ties")
    for name, ask in peer.transitions().items():
        must_agree(ask(), our_transitions(tied), f"{name} on ties")
    same = float(np.mean((np.diff(tied.seconds) == 0) & (np.diff(tied.micros) == 0)))
    print(
        f"Ties: {same:.1%} of {tied.events:,} events have the time of the one before; answers equal Polars' in "
        f"row order.\n"
    )


def tell_preparation(journeys: Journeys, rounds: int) -> None:
    """What is made once, on the first questions about a generation of the index: the bits of the funnels' touchpoints.

    The first number is for the borders of customers, which every funnel needs, the second for each touchpoint.
    """
    borders, each = [], []
    codes = sorted({step for steps in FUNNELS.values() for step in steps})
    for _ in range(rounds):
        fresh = Journeys(*journeys)
        begun = time.process_time()
        bits = fresh.bits
        made = time.process_time()
        bits.of([[code] for code in codes])
        borders.append(made - begun)
        each.append((time.process_time() - made) / len(codes))
    print(
        f"Made once for a generation: {statistics.median(borders):.4f} CPU s for the borders of customers and "
        f"{statistics.median(each):.4f} for each touchpoint that a funnel asks for; 1/8 byte an event each.\n"
    )


def main() -> None:
    """Make the data, compare the answers, time everybody, print a table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=10, help="millions of events")
    arguments.add_argument("--rounds", type=int, default=5, help="how often each contender runs")
    arguments.add_argument(
        "--patience", type=float, default=5.0, help="seconds above which a contender runs twice only"
    )
    given = arguments.parse_args()
    warm()
    journeys = make_journeys(given.events * 1_000_000)
    table = columns_of(journeys)
    print(
        f"{journeys.events:,} events, {journeys.customers:,} customers, {platform.machine()}, Python "
        f"{platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("numba", "numpy", "chdb", "duckdb", "polars"))
        + "\n"
    )
    check_ties(1_000_000)
    tell_preparation(journeys, given.rounds)
    peers: Peers = [ChdbPeer(table), DuckdbPeer(table), PolarsPeer(table)]
    del table
    print("| question | contender | CPU s | ratio | rounds |\n|---|---|---:|---:|---:|")
    for question, contenders in questions(journeys, peers).items():
        report(question, measure(contenders, given.rounds, given.patience))


if __name__ == "__main__":
    main()
