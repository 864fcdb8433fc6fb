"""Make `.venv` and install Resa into it, with uv where it is present, else with pip.

Run as `python3 scripts/install.py [dev] [benchmarks]`, the groups of packages that are wanted besides. Needs
Python 3.11 or newer, and nothing else.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def requirements(group: str) -> list[str]:
    """The packages of a dependency group in pyproject.toml, groups inside it resolved."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    found: list[str] = []
    for entry in groups[group]:
        found += [entry] if isinstance(entry, str) else requirements(entry["include-group"])
    return found


def main() -> None:
    """Create the environment if it is missing, install the project as a source tree, and compile its kernels."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is what this line is there to catch
        sys.exit(f"Resa needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 …")
    groups = sys.argv[1:]
    uv = shutil.which("uv")
    packages = ["-e", str(ROOT), *(package for group in groups for package in requirements(group))]
    if uv:
        if not PYTHON.exists():
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(FOLDER)], check=True)
        command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON), *packages]
    else:
        if not PYTHON.exists():
            venv.create(FOLDER, with_pip=True)
        command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    print("installing into .venv …", flush=True)
    subprocess.run(command, check=True)
    print("compiling what measures …", flush=True)
    subprocess.run([str(PYTHON), "-m", "resa.cli", "warm"], check=True, stderr=subprocess.DEVNULL)
    (FOLDER / "installed").touch()
    for group in groups:
        (FOLDER / f"installed-{group}").touch()


if __name__ == "__main__":
    main()
