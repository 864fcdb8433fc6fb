"""Resa: a customer-journey map that runs.

import resa

shop = resa.open("shop")                                       # a folder with journey.yaml, signals.yaml, sources/
shop.collect()                                                 # files of events into the workspace
shop.measure.funnel(["product_page", "cart", "purchase"], within="7 days", by="persona")
shop.measure.expectations()                                    # met, missed, open; against target
shop.report().save("report.html")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resa.base.errors import (
    EngineError,
    ExpressionError,
    ExtraMissing,
    InputError,
    MapError,
    Problem,
    QuestionError,
    ResaError,
    SettingsError,
    SourceError,
    TimeExceeded,
    WorkspaceBusy,
    WorkspaceDamaged,
    WorkspaceError,
    WorkspaceMissing,
)
from resa.base.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from resa.workspace import Workspace, open  # noqa: A004 - `resa.open` reads as intended

__all__ = [
    "EngineError",
    "ExpressionError",
    "ExtraMissing",
    "InputError",
    "MapError",
    "Problem",
    "QuestionError",
    "ResaError",
    "SettingsError",
    "SourceError",
    "TimeExceeded",
    "Workspace",
    "WorkspaceBusy",
    "WorkspaceDamaged",
    "WorkspaceError",
    "WorkspaceMissing",
    "__version__",
    "open",
]


def __getattr__(name: str) -> object:
    """Load the workspace only when it is asked for, so that `import resa` is quick and has no effects."""
    if name in {"Workspace", "open"}:
        from resa import workspace  # noqa: PLC0415 - that is the point

        return getattr(workspace, name)
    raise AttributeError(f"module 'resa' has no attribute '{name}'")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext resa`: a notebook shows Arrow tables, such as those of `measure.sql` and `customers`, as tables."""
    from resa.analytics import arrow_html  # noqa: PLC0415 - heavy, and only wanted here

    assert shell.display_formatter is not None  # noqa: S101  # a running notebook has one; the type allows for none
    shell.display_formatter.formatters["text/html"].for_type_by_name("pyarrow.lib", "Table", arrow_html)
