"""The composition root: opens storage and engine and hands them down."""

from pathlib import Path

from resa.kernels import warm
from resa.workspace.create import create, templates
from resa.workspace.workspace import DATA_FOLDER, Workspace

__all__ = ["DATA_FOLDER", "Workspace", "create", "open", "templates", "warm"]


def open(path: Path | str = ".") -> Workspace:  # noqa: A001 - `resa.open` reads as intended
    """Open the workspace in a folder; a context manager, or `close()` it.

    Raises:
        WorkspaceMissing: The folder holds no workspace.
        SettingsError: Its `resa.toml` is wrong.
    """
    return Workspace(Path(path))
