"""The unit and the container file name settings and commands that there are, and what they copy is enough to build."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

from resa.base.settings import Settings
from resa.cli.app import PLACES

PROJECT = Path(__file__).resolve().parents[2]
SERVICE = PROJECT / "docs" / "howto" / "service"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in SERVICE.iterdir()}
PAGE = (PROJECT / "docs" / "howto" / "run_as_a_service.md").read_text(encoding="utf-8")


def test_settings_that_are_named_exist() -> None:
    variables = {one.variable for one in Settings.table()}
    named = {name for text in [*TEXTS.values(), PAGE] for name in re.findall(r"\bRESA_[A-Z_]+\b", text)}
    assert {"RESA_HOST", "RESA_LOG_FORMAT"} <= named <= variables
    in_toml = re.findall(r"^(\w+) = ", "\n".join(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)), re.MULTILINE)
    assert in_toml
    assert set(in_toml) <= set(Settings.names())


def test_commands_that_are_run_exist() -> None:
    started = re.findall(r"^ExecStart=(.*)$", TEXTS["resa.service"], re.MULTILINE)
    started += re.findall(r"&& (resa \w+)", TEXTS["Containerfile"])
    assert len(started) == 2
    assert all(shlex.split(command)[1] in PLACES for command in started)


def test_what_is_copied_into_the_container_is_what_building_needs() -> None:
    copied = {
        name for line in re.findall(r"^COPY (.*) \S+$", TEXTS["Containerfile"], re.MULTILINE) for name in line.split()
    }
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert copied == needed | {package.split("/")[0] for package in packages}


def test_the_service_runs_without_rights() -> None:
    unit = dict(re.findall(r"^(\w+)=(.*)$", TEXTS["resa.service"], re.MULTILINE))
    assert unit["User"] not in {"", "root"}
    assert (unit["NoNewPrivileges"], unit["ProtectSystem"], unit["CapabilityBoundingSet"]) == ("yes", "strict", "")
    assert unit["WorkingDirectory"] == unit["ReadWritePaths"]
    assert re.search(r"^USER (?!root)\w+$", TEXTS["Containerfile"], re.MULTILINE)
