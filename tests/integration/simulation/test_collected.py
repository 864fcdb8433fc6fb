"""The collector takes every good row of the simulated files, and refuses exactly the bad ones that are stated."""

from __future__ import annotations

import shutil
from pathlib import Path

from resa.collector import collect, read_sources
from resa.simulation import Mess, read_specification, simulate, write_files
from resa.storage import Store

TEMPLATE = Path(__file__).parents[3] / "src/resa/workspace_templates/retail"


def test_what_is_written_is_what_is_collected(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(TEMPLATE, folder)
    simulated = simulate(read_specification(folder / "simulation.yaml"), customers=400, seed=8)
    mess = Mess(duplicates=2, no_time=3, far_future=4, no_customer=5, broken_text=6)
    written = {f"incoming/{file.path}": file for file in write_files(simulated, folder / "incoming", mess=mess)}
    sources, _ = read_sources(folder)
    with Store.open(folder) as store, store.writing() as writer:
        for source in sources:
            (report,) = collect(writer, source).files
            file = written[source.shape.path]
            refused = sum(count for kind, count in file.bad.items() if kind != "duplicates")
            assert (report.good, report.duplicate, report.rejected) == (
                file.rows,
                file.bad.get("duplicates", 0),
                refused,
            ), source.name
