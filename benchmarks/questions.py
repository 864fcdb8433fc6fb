"""How long each kind of question takes, with the usual filters and groups.

    resa new shop --template retail && cd shop
    resa simulate --customers 1200000 && resa collect        # about ten million events
    python -m benchmarks.questions shop

First: what a question needs of the events is read and derived. Again: the same in the same process, its answer
forgotten, what was derived of the events still there. Seconds of the clock and, in brackets, of the processor.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import resa
from resa.analytics import question_from
from resa.screens.asking import ASKED, asked_of, pairs_of

if TYPE_CHECKING:
    from resa.analytics import Measure, Question
    from resa.model.journey import JourneyMap

WAYS: Final = ("", "channel=web", "from=2026-06-01", "by=device", "by=persona")
"""What is asked of each kind, as in an address; what a kind does not take is left out."""


def seconds_of(measure: Measure, question: Question) -> tuple[float, float]:
    """Seconds of the clock and of the processor."""
    for answers in (measure._answers, measure._whole):  # noqa: SLF001 - only who measures measuring has to forget
        answers.forget()
    began = (time.perf_counter(), time.process_time())
    measure.ask(question)
    return time.perf_counter() - began[0], time.process_time() - began[1]


def question_of(kind: str, way: str, journey_map: JourneyMap) -> Question | None:
    """What is asked; the tracking plan has a page of its own, and looks at all events."""
    if kind == "tracking":
        return None if way else question_from({"kind": kind, "map": journey_map.key})
    return asked_of(kind, pairs_of(way), journey_map).question


def main() -> None:
    """Measure, and print a line a question."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    kinds = (*ASKED, "tracking")
    parser.add_argument("--kinds", nargs="*", default=kinds, choices=kinds)
    parser.add_argument("--ways", nargs="*", default=WAYS, help="such as channel=web")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with resa.open(chosen.workspace) as shop:
        journey_map = shop.map()
        print(f"{int(shop.store.index().events):,} events; seconds first (of the processor), again (of the processor)")
        for kind in chosen.kinds:
            for way in chosen.ways:
                question = question_of(kind, way, journey_map)
                if question is None:
                    continue
                first = seconds_of(shop.measure, question)
                again = min(seconds_of(shop.measure, question) for _ in range(chosen.rounds))
                print(f"{first[0]:6.2f} ({first[1]:5.2f})  {again[0]:6.2f} ({again[1]:5.2f})  {kind} {way}", flush=True)


if __name__ == "__main__":
    main()
