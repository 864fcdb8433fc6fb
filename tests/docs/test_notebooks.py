"""Runs the tutorial notebooks as a reader would, and looks at what each cell shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from tests.support.frames import with_pandas

PROJECT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((PROJECT / "docs" / "tutorials").glob("*.ipynb"))


def shown(cell: nbformat.NotebookNode) -> dict[str, str]:
    """What a cell showed last, by kind."""
    data = [output.data for output in cell.outputs if output.output_type == "execute_result"]
    return dict(data[-1]) if data else {}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_every_answer_shows_itself(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # typed, but for this
    nbformat.validate(notebook)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code"), (
        "keep notebooks free of outputs"
    )
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    # In a process of its own, as `jupyter execute` is used: its sockets and loops are none of ours.
    environment = os.environ | {
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHONPATH": with_pandas(),
    }
    command = [sys.executable, "-c", "from nbclient.cli import main; main()", "--inplace", str(copy)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(copy, as_version=4)  # type: ignore[no-untyped-call]  # typed, but for this
    cells = {cell.source.splitlines()[-1]: shown(cell) for cell in notebook.cells if cell.cell_type == "code"}
    assert [source for source, data in cells.items() if "text/html" not in data and "image/svg+xml" not in data] == [
        'sum(lost["count"].to_pylist()) == funnel.table["lost"].to_pylist()[1]',
        "shop.close()",
    ]
    assert cells['sum(lost["count"].to_pylist()) == funnel.table["lost"].to_pylist()[1]']["text/plain"] == "True"
    assert "702" in cells["funnel"]["text/html"]
    assert cells["funnel"]["text/html"].startswith("<svg")
    assert 'title="Customers who came this far."' in cells["funnel"]["text/html"]
    drawn = cells["shop.draw(measured=True, options=MapOptions(width=1400))"]
    assert drawn["image/svg+xml"].startswith("<svg")
    assert "Product page" in drawn["image/svg+xml"]
    assert "incoming/" in cells["shop.loads()"]["text/html"]
    assert "<iframe srcdoc=" in cells["shop.report()"]["text/html"]
    assert "rows stored" in cells["shop"]["text/html"]


def test_the_notebook_is_there() -> None:
    assert [path.name for path in NOTEBOOKS] == ["06_notebook.ipynb"]
