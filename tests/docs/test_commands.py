"""Runs every command that the documents show, in the order in which a reader would, and compares what is printed.

A fenced block marked `console` holds commands (`$ …`, continued by `> …`) and what they print. `…` stands for
anything, on a line or on a line of its own for several lines. A block marked `yaml file=journey.yaml` (or
`python file=…`) is what the reader saves under that name. All blocks of a page run in one fresh folder. `{data}` names
the folder of real data.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.frames import with_pandas

from resa.cli.app import run

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [
    PROJECT / "README.md",
    *sorted((PROJECT / "docs" / "tutorials").glob("*.md")),
    *sorted((PROJECT / "docs" / "howto").glob("*.md")),
    *(
        pytest.param(page, marks=pytest.mark.nightly)  # they measure whole data sets
        for page in sorted((PROJECT / "docs" / "cases").glob("*.md"))
    ),
]
_BLOCK = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    line: int
    text: str
    printed: str


@dataclass(frozen=True)
class SavedFile:
    name: str
    text: str


def blocks(page: str) -> Iterator[Command | SavedFile]:
    for match in _BLOCK.finditer(page):
        info = match["info"].split()
        line = page[: match.start()].count("\n") + 2
        if info[0] == "console":
            yield from commands(match["body"], line)
        for word in info[1:]:
            if word.startswith("file="):
                yield SavedFile(word.removeprefix("file="), match["body"])


def commands(body: str, line: int) -> Iterator[Command]:
    text: list[str] = []
    printed: list[str] = []
    start = line
    for number, row in enumerate(body.splitlines(), start=line):
        if row.startswith("$ "):
            if text:
                yield Command(start, "\n".join(text), "\n".join(printed))
            text, printed, start = [row.removeprefix("$ ")], [], number
        elif row.startswith("> ") and not printed:
            text.append(row.removeprefix("> "))
        else:
            printed.append(row)
    if text:
        yield Command(start, "\n".join(text), "\n".join(printed))


def matches(expected: str, real: str) -> bool:
    """Whether what was printed is what the page shows, `…` standing for anything and spaces at ends not counting."""
    lines = [line.rstrip() for line in expected.strip().splitlines()]
    pattern = "\n".join(".*" if line.strip() == "…" else re.escape(line).replace("…", "[^\n]*") for line in lines)
    return re.fullmatch(pattern, "\n".join(line.rstrip() for line in real.strip().splitlines()), re.DOTALL) is not None


def execute(text: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a command; a plain `resa …` in this process, since loading Resa anew takes longer than most commands."""
    words = shlex.split(text)
    if words[0] == "resa" and not re.search(r"[|<>$;&`]", text):
        written = io.BytesIO()
        both = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
        with contextlib.chdir(folder), contextlib.redirect_stdout(both), contextlib.redirect_stderr(both):
            code = run(words[1:])
        both.flush()
        return code, written.getvalue().decode()
    result = subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return result.returncode, result.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    text = page.read_text(encoding="utf-8")
    if "{data}" in text:
        text = text.replace("{data}", str(request.getfixturevalue("shared_data")))
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "RESA": str(PROJECT),
        "PYTHONPATH": with_pandas(),
    }
    folder = tmp_path / "reader"
    folder.mkdir()
    for block in blocks(text):
        if isinstance(block, SavedFile):
            target = folder / block.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
            continue
        if block.text.startswith(("git clone", "make ", "pip install", "cd resa")):
            continue  # the two commands of the README are run by CI itself, on a clean clone
        if block.text.startswith("cd "):
            folder = (folder / block.text.removeprefix("cd ")).resolve()
            continue
        code, printed = execute(block.text, folder, environment)
        place = f"{page.name}:{block.line} $ {block.text}\n--- printed (exit {code}) ---\n{printed}"
        assert matches(block.printed, printed), place


@pytest.mark.parametrize(
    ("expected", "real", "same"),
    [
        ("a … c", "a b c", True),
        ("a … c", "a b d", False),
        ("first\n…\nlast", "first\n1\n2\nlast", True),
        ("first\n…\nlast", "first\n1\n2", False),
        ("x.y", "xzy", False),
        ("", "", True),
        ("", "surprise", False),
        ("…", "anything\nat all", True),
    ],
)
def test_the_comparison_itself(expected: str, real: str, same: bool) -> None:
    assert matches(expected, real) is same
