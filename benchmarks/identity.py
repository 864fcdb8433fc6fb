"""How long it takes to work out who is who.

    python -m benchmarks.identity --identifiers 10000000

A made-up shop: a fifth of the identifiers are user ids, each seen with some addresses, CRM numbers and browsers. One in
twenty was used by a neighbour, too, and one pair in five is of two that are near, so that much has to be refused.
Prints seconds of the clock and of the processor. There is no peer: none takes limits, splits and shared browsers, and a
plain union without them (`components`, in a line of its own) answers another question.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.identity import KINDS, Persons, Rules, assemble, resolve_graph, touched
from resa.kernels import joining, warm
from resa.model.tables import EVIDENCE


def made_up(identifiers: int, seed: int = 1) -> list[pa.Table]:
    """Evidence in two tables: of single identifiers, and of pairs."""
    random = np.random.default_rng(seed)
    names = pa.array(list(KINDS), pa.string())
    kind = random.choice(np.array([0, 1, 3, 7]), identifiers, p=[0.2, 0.05, 0.15, 0.6])
    users, others = np.flatnonzero(kind == 0), np.flatnonzero(kind)
    whose = users[np.arange(len(others)) * len(users) // len(others)]
    again, mixed = random.integers(0, len(others), identifiers // 20), random.integers(0, len(others), identifiers // 5)
    one = np.concatenate([whose, np.roll(whose, 7)[again], others[mixed]])
    other = np.concatenate([others, others[again], np.roll(others, 3)[mixed]])

    def table(left: npt.NDArray[Any], right: npt.NDArray[Any] | None) -> pa.Table:
        rows = len(left)
        first = random.integers(0, 10**15, rows)
        columns = {
            "kind": names.take(pa.array(kind[left])),
            "value": pa.array(np.char.add("id ", left.astype("U9")), pa.string()),
            "other_kind": pa.nulls(rows, pa.string()) if right is None else names.take(pa.array(kind[right])),
            "other_value": pa.nulls(rows, pa.string())
            if right is None
            else pa.array(np.char.add("id ", right.astype("U9")), pa.string()),
            "reason": pa.array(["seen"], pa.string()).take(pa.array(np.zeros(rows, np.int8))),
            "source_id": pa.array(["web"], pa.string()).take(pa.array(np.zeros(rows, np.int8))),
            "batch": pa.array(np.zeros(rows, np.int64)),
            "first_at": pa.array(first).cast(pa.timestamp("us", "UTC")),
            "last_at": pa.array(first).cast(pa.timestamp("us", "UTC")),
            "count": pa.array(random.integers(1, 50, rows)),
        }
        return pa.table(columns, schema=EVIDENCE)

    return [table(np.arange(identifiers), None), table(one, other)]


def timed(what: str, action: Callable[[], Any]) -> Any:
    """Do something, and print how long it took."""
    began = time.perf_counter(), time.process_time()
    done = action()
    print(f"{what:<40}{time.perf_counter() - began[0]:8.2f} s{time.process_time() - began[1]:8.2f} CPU s")
    return done


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identifiers", type=int, default=1_000_000)
    wanted = parser.parse_args().identifiers
    warm()
    evidence = made_up(wanted)
    graph = timed("bring evidence together", lambda: assemble(evidence, [], Rules()))
    persons: Persons = timed("work out who is who", lambda: resolve_graph(graph))
    chosen = timed("find what one identifier touches", lambda: touched(graph, [graph.identifier(0)]))
    timed(f"work out these {int(chosen.sum()):,} again", lambda: resolve_graph(graph.part(chosen)))
    timed("a plain union, for comparison", lambda: joining.components(len(graph.kind), graph.one, graph.other))
    refused = int((persons.outcome > joining.AGREES).sum())
    print(f"{len(graph.kind):,} identifiers, {len(graph.one):,} pairs, of which {refused:,} refused")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(np.unique(persons.person)):,} customers; {memory:.1f} GB")


if __name__ == "__main__":
    main()
