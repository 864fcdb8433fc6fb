"""The file that states what was planted: what a measuring tool should find, where, and how large it truly is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from resa.base.files import write_text_durably
from resa.model.journey import Expectation
from resa.simulation.files import Written
from resa.simulation.oracle import Outcome, count_openings, see
from resa.simulation.simulated import Simulated

__all__ = ["state_truths", "write_truths"]

_SAMPLE = 20_000


def state_truths(
    simulated: Simulated, arrows: Sequence[Expectation], *, written: Sequence[Written] = (), sample: int = _SAMPLE
) -> dict[str, Any]:
    """State the truth about simulated customers as plain data.

    Args:
        simulated: The customers, with what is planted.
        arrows: Of the map that measures them.
        written: Files, with what is wrong in them on purpose.
        sample: True shares are counted over this many of the customers, with and without each truth; both times the
            same ones, so that what differs is the truth alone.

    Returns:
        `planted` (each truth with `shows_in`, `where`, `openings`, `share_with`, `share_without`), `expectations`
        (the outcome of every arrow), `files` (rows, and bad rows by kind) and what the customers were drawn with.
    """
    part = replace(simulated, customers=min(sample, simulated.customers))
    seen = see(part)
    by_name = {arrow.name: arrow for arrow in arrows}
    planted = []
    for number, truth in enumerate(simulated.truths):
        without = replace(part, truths=(*simulated.truths[:number], *simulated.truths[number + 1 :]))
        stated = {**truth.stated(), "shows_in": truth.shows_in or None, "where": dict(truth.where)}
        arrow = by_name.get(truth.shows_in)
        if arrow is not None:
            group: Mapping[str, Any] = {"where": truth.where, "start": truth.start, "end": truth.end}
            changed = count_openings(part, seen, arrow, **group)
            unchanged = count_openings(without, see(without), arrow, **group)
            stated |= {
                "openings": changed.met + changed.missed,
                "share_with": changed.share,
                "share_without": unchanged.share,
            }
        planted.append(stated)
    return {
        "title": simulated.specification.title,
        "seed": simulated.seed,
        "customers": simulated.customers,
        "first_day": simulated.start.isoformat(),
        "days": simulated.days,
        "timezone": simulated.specification.timezone,
        "sampled_customers": part.customers,
        "planted": planted,
        "expectations": {arrow.name: _outcome(count_openings(part, seen, arrow)) for arrow in arrows},
        "files": [{**asdict(file), "bad": dict(file.bad)} for file in written],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {**asdict(outcome), "share": outcome.share}


def write_truths(stated: Mapping[str, Any], path: Path) -> None:
    """Write the statement as JSON."""
    write_text_durably(path, json.dumps(stated, indent=2, ensure_ascii=False) + "\n")
