"""The views of `resa sql` as Parquet files, for what reads a workspace without Resa: DuckDB, dbt, Polars, Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from resa.analytics.scope.snapshot import Snapshot
from resa.analytics.views import VIEWS, VIEWS_VERSION, view_table
from resa.base.clock import from_microseconds
from resa.base.errors import InputError
from resa.base.files import durable_file, make_private_folder
from resa.base.language import sentence
from resa.model.tables import INSTANT

__all__ = ["ABOUT", "Exported", "export_views"]

ABOUT: Final = "about"
"""The table that says what the others are; it is written last."""

_FIELDS: Final = pa.schema(
    [
        pa.field("view", pa.string()),
        pa.field("rows", pa.int64()),
        pa.field("views_version", pa.string()),
        pa.field("map", pa.string()),
        pa.field("generation", pa.int64()),
        pa.field("as_of", INSTANT),
        pa.field("exported_at", INSTANT),
    ]
)


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        folder: Where to.
        rows: How many rows, by view.
    """

    folder: Path
    rows: Mapping[str, int]


def export_views(snapshot: Snapshot, folder: Path, *, now: datetime, as_of: int | None = None) -> Exported:
    """Write each view as one Parquet file, and `about.parquet`; files of an earlier export are replaced one by one.

    Every file carries the version of the views, the map and the generation in its metadata. All that are of one
    generation were taken at one moment.

    Args:
        snapshot: The events.
        folder: Where to; it is made, for its owner alone, since the rows are personal data.
        now: What time it is.
        as_of: Overrides up to when the data are complete, microseconds since 1970.

    Raises:
        InputError: The folder holds files that are no export.
    """
    _check(folder)
    make_private_folder(folder)
    index = snapshot.index
    stamp = {
        "resa.views_version": VIEWS_VERSION,
        "resa.map": snapshot.journey_map.key,
        "resa.generation": str(index.generation),
    }
    rows: dict[str, int] = {}
    for name in VIEWS:
        table = view_table(name, snapshot, as_of)
        _write(folder, name, table, stamp)
        rows[name] = table.num_rows
    overall = index.as_of.overall if as_of is None else from_microseconds(as_of)
    about = [
        {
            "view": name,
            "rows": count,
            "views_version": VIEWS_VERSION,
            "map": snapshot.journey_map.key,
            "generation": index.generation,
            "as_of": overall,
            "exported_at": now,
        }
        for name, count in rows.items()
    ]
    _write(folder, ABOUT, pa.Table.from_pylist(about, schema=_FIELDS), stamp)
    return Exported(folder, rows)


def _check(folder: Path) -> None:
    """Refuse a folder that is used for something else: an export would hide among its files."""
    ours = {f"{name}.parquet" for name in (*VIEWS, ABOUT)}
    try:
        others = sorted(path.name for path in folder.iterdir() if path.name not in ours and path.name[0] != ".")
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise InputError(sentence("'{folder}' is a file; name a folder, which may be new", folder=folder)) from None
    if others:
        raise InputError(
            sentence(
                "'{folder}' holds other files, such as '{other}'; name a folder of its own",
                folder=folder,
                other=others[0],
            )
        )


def _write(folder: Path, name: str, table: pa.Table, stamp: Mapping[str, str]) -> None:
    with durable_file(folder / f"{name}.parquet") as temporary:
        pq.write_table(table.replace_schema_metadata(stamp), temporary, compression="zstd")
