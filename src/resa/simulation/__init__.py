"""Customers drawn from a map: deterministic, of any number, with truths planted that a measuring tool should find.

specification = read_specification(Path("simulation.yaml"))        # or from_map(journey_map).specification
simulated = simulate(specification, customers=50_000, seed=1, truths=[specification.truths["broken_checkout"]])
written = write_files(simulated, Path("incoming"))
write_truths(state_truths(simulated, journey_map.expectations, written=written), Path("truths.json"))
"""

from resa.simulation.benchmark import BENCHMARK_TYPES, BenchmarkEvents, benchmark_events
from resa.simulation.deriving import FromMap, from_map
from resa.simulation.files import Mess, Written, write_files
from resa.simulation.oracle import Outcome, Seen, count_openings, see
from resa.simulation.reading import read_specification, specification_from
from resa.simulation.simulated import SIMULATED_EVENTS, Simulated, simulate
from resa.simulation.specification import Specification, Wait
from resa.simulation.statement import state_truths, write_truths
from resa.simulation.truths import BrokenStep, PersonaPrefers, SlowDelivery, Truth
from resa.simulation.waiting import share_within

__all__ = [
    "BENCHMARK_TYPES",
    "SIMULATED_EVENTS",
    "BenchmarkEvents",
    "BrokenStep",
    "FromMap",
    "Mess",
    "Outcome",
    "PersonaPrefers",
    "Seen",
    "Simulated",
    "SlowDelivery",
    "Specification",
    "Truth",
    "Wait",
    "Written",
    "benchmark_events",
    "count_openings",
    "from_map",
    "read_specification",
    "see",
    "share_within",
    "simulate",
    "specification_from",
    "state_truths",
    "write_files",
    "write_truths",
]
