"""A destination for dlt: what its sources bring flows into a workspace.

import dlt
from resa.integrations.dlt import resa_destination

pipeline = dlt.pipeline("shop", destination=resa_destination("/srv/shop"))
pipeline.run(orders())                    # incoming/dlt/orders/<load>.<part>.parquet

A source file reads what comes: `path: incoming/dlt/orders/*.parquet`, with `every: 1 minute` by itself.

Making the destination turns dlt's telemetry off, which else reports runs to its makers; make it before the first
pipeline. `RUNTIME__DLTHUB_TELEMETRY=true` in the environment is left as it is.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

try:
    import dlt
    from dlt.common.storages.load_package import ParsedLoadJobFileName
except ImportError as error:
    from resa.base.errors import ExtraMissing
    from resa.base.language import sentence

    raise ExtraMissing("dlt", "dlt", sentence("the destination for dlt")) from error

from resa.base.files import durable_file
from resa.workspace.folders import checked_folder

__all__ = ["resa_destination"]


def resa_destination(workspace: Path | str, folder: str = "incoming/dlt", *, name: str = "resa") -> Any:
    """A destination for `dlt.pipeline`: each part of a load becomes a Parquet file, whole or not at all.

    A part that dlt loads again, after a crash, takes the place of what it wrote before. Rows are only ever added: what
    a resource calls `replace` or `merge` comes as further rows, which are known by the source file's `message_id:`.

    Args:
        workspace: Its folder.
        folder: In the workspace; each table has a folder in it.
        name: Of the destination, for dlt's configuration.

    Returns:
        What `dlt.pipeline(destination=…)` takes.

    Raises:
        WorkspaceMissing: There is no workspace.
    """
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    root = checked_folder(Path(workspace)) / folder

    @dlt.destination(
        name=name,
        batch_size=0,
        loader_file_format="parquet",
        skip_dlt_columns_and_tables=False,
        naming_convention="snake_case",
    )
    def resa(items: Any, table: Any) -> None:
        if table["name"].startswith("_dlt"):
            return  # what dlt keeps for itself
        part = Path(items)
        load = part.parent.parent.name
        target = root / table["name"] / f"{load}.{ParsedLoadJobFileName.parse(part.name).file_id}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        with durable_file(target) as temporary:
            shutil.copyfile(part, temporary)

    return resa
