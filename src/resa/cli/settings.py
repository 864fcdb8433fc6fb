"""`resa settings`: what holds in this workspace, and where it was said."""

from __future__ import annotations

import json

import pyarrow as pa

from resa.base.settings import Settings, read_settings, settings_said
from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output
from resa.workspace.folders import checked_folder

__all__ = ["settings"]


def settings(show_format: HowToWrite = None, output: Output = None, folder: Folder = HERE) -> None:
    """Show all settings with their values, and where each was said: in resa.toml, by the environment, or nowhere."""
    how = chosen_format(show_format, output)
    file = checked_folder(folder) / "resa.toml"
    held, said = read_settings(file), settings_said(file)
    rows = [
        {"setting": one.name, "value": json.dumps(getattr(held, one.name)), "said in": said.get(one.name, "")}
        for one in Settings.table()
    ]
    write_table(pa.Table.from_pylist(rows), how, output, ours=True)
