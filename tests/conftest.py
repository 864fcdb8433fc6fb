"""What every test shares: where the real data are, and that a skip is a failure in CI."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.support.frames import WITHOUT_PANDAS

# A test is right or wrong; how long it takes says only how busy the machine is.
settings.register_profile("resa", deadline=None)
settings.load_profile("resa")

PROJECT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unmarked tests are core: nothing to do, but a nightly test must say so in its marker, not by a skip."""
    for item in items:
        if any(mark.name in {"skip", "skipif"} for mark in item.iter_markers()):
            raise pytest.UsageError(f"{item.nodeid}: skip inside the test with its reason, or mark it nightly")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """With RESA_NO_SKIPS=1 a skipped test fails: what CI runs must have been run."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's Result; the hook is typed as a plain iterator
    if report.skipped and os.environ.get("RESA_NO_SKIPS") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, `../shared/data` or what RESA_SHARED_DATA names; without it the test is skipped."""
    folder = Path(os.environ.get("RESA_SHARED_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data are not at {folder}; set RESA_SHARED_DATA")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _commands_without_pandas() -> Iterator[None]:
    """Commands and servers that tests start run as they do for most people, who have no pandas."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(WITHOUT_PANDAS), prepend=os.pathsep)
        yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own environment reaches a test."""
    for name in list(os.environ):
        if name.startswith("RESA_") and name not in {"RESA_NO_SKIPS", "RESA_PICTURES", "RESA_SHARED_DATA"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("RESA_LANGUAGE", "en")  # whatever the machine speaks
