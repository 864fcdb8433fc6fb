"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import resa
from resa.analytics import KINDS, Measure, Result
from resa.base import errors

PROJECT = Path(__file__).resolve().parents[3]
SOURCES = sorted(
    path for folder in ("src", "tests", "scripts", "benchmarks") for path in (PROJECT / folder).rglob("*.py")
)

MOST_LINES = 500
MOST_FUNCTION_LINES = 60
"""Of its body: arguments and the docstring, which only help a reader, are not counted."""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if "migrations" in path.parts:  # a frozen list of tables
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            assert lines <= MOST_FUNCTION_LINES, f"{node.name} in line {node.lineno}: {lines} lines"


def test_public_names() -> None:
    in_the_tree = {name for name, thing in vars(errors).items() if isinstance(thing, type) and thing is not object}
    public = {name for name in in_the_tree if issubclass(getattr(errors, name), errors.ResaError | errors.Problem)}
    assert set(resa.__all__) == {"Workspace", "__version__", "open"} | public
    assert all(hasattr(resa, name) for name in resa.__all__)


def members(of: type) -> set[str]:
    return {name for one in of.__mro__[:-1] for name in vars(one) if not name.startswith("_")}


def test_public_methods() -> None:
    """What programs may rely on; a change here is a change for them, and stands in the changelog."""
    opened = {
        "audit",
        "close",
        "consents",
        "customer",
        "draw",
        "exclude",
        "identity",
        "keys",
        "links",
        "loaded",
        "map",
        "maps",
        "measure",
        "notes",
        "people",
        "report",
        "segments",
        "source_status",
        "sources",
        "store",
    }
    kept = {
        "collect",
        "compact",
        "erase",
        "expire",
        "export_customer",
        "loads",
        "rebuild",
        "refresh",
        "rejected",
        "remove_loads",
        "replay",
        "verify",
    }
    made = {"advice", "currencies", "discover", "export", "map_versions", "simulate", "understand", "write_source"}
    assert members(resa.Workspace) == opened | kept | made
    kinds = {kind.replace("-", "_") for kind in KINDS}
    assert members(Measure) == kinds | {"ask", "asked", "export", "findings", "snapshot", "sql"}
    shown = {"customers", "document", "file", "json", "part", "picture", "sql", "text", "to_pandas", "to_polars"}
    stated = {"columns", "kind", "main", "table"} | set(Result.__dataclass_fields__)
    assert members(Result) | set(Result.__dataclass_fields__) == shown | stated


def test_importing_resa_is_quick_and_pulls_in_nothing_heavy() -> None:
    heavy = {"duckdb", "numba", "openpyxl", "pptx", "pyarrow", "sqlalchemy", "sqlglot", "typst"}
    code = f"import sys, resa, resa.cli; print(sorted({heavy!r} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=!\[ ]", entry)[0] for entry in project["dependencies"]}
    page = (PROJECT / "docs" / "explanation" / "dependencies.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| ([a-z0-9.-]+) \|", page, re.MULTILINE)) - {"package"}
    assert told == names


def test_every_code_folder_is_in_the_architecture() -> None:
    page = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert page.count("\n") <= 200
    for folder in sorted((PROJECT / "src" / "resa").iterdir()):
        if folder.is_dir() and (folder / "__init__.py").exists():
            assert re.search(rf"\b{folder.name}\b", page), folder.name
