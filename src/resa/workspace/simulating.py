"""Made-up customers written into a workspace, as its `simulation.yaml` says or as its map does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from resa import simulation
from resa.base.errors import QuestionError, did_you_mean
from resa.base.files import write_text_durably
from resa.base.language import sentence
from resa.model.journey import JourneyMap
from resa.simulation import Written

__all__ = ["write_simulated"]


def write_simulated(
    folder: Path,
    journey_map: JourneyMap,
    *,
    customers: int,
    seed: int,
    start: date | None,
    days: int | None,
    truths: Sequence[str] = (),
    since: date | None = None,
    stated: bool = True,
) -> list[Written]:
    """Write what made-up customers' systems would have written, and what is true of them.

    Args:
        folder: Of the workspace.
        journey_map: By which they live.
        customers: How many.
        seed: The same one gives the same customers.
        start: First day; default: the specification's.
        days: How many; default: the specification's.
        truths: Names of truths of `simulation.yaml` to plant.
        since: From when on they hold; default: as `simulation.yaml` says.
        stated: Whether to write down what is true of them, for which they are drawn once more.

    Raises:
        InputError: `simulation.yaml` is wrong, or has no such truth.
    """
    file = folder / "simulation.yaml"
    if file.exists():
        specification = simulation.read_specification(file)
    else:
        derived = simulation.from_map(journey_map)
        specification = derived.specification
        for name, text in derived.sources.items():
            target = folder / "sources" / name
            if not target.exists():
                target.parent.mkdir(exist_ok=True)
                write_text_durably(target, text)
    for name in truths:
        if name not in specification.truths:
            known = did_you_mean(name, specification.truths)
            raise QuestionError(sentence("simulation.yaml plants no truth '{name}'{known}", name=name, known=known))
    planted = [specification.truths[name] for name in truths]
    if since is not None:
        planted = [replace(one, start=since) for one in planted]
    drawn = simulation.simulate(specification, customers=customers, seed=seed, start=start, days=days, truths=planted)
    incoming = folder / "incoming"
    written = simulation.write_files(drawn, incoming)
    if stated:
        truth = simulation.state_truths(drawn, journey_map.expectations, written=written)
        simulation.write_truths(truth, incoming / "truths.json")
    return written
