"""Lists of a segment's customers, for people and other programs: personal data, written so that they do no harm."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics import TABLE_FILES, csv_bytes
from resa.base.errors import InputError
from resa.base.files import durable_file
from resa.base.language import sentence
from resa.model.tables import INSTANT
from resa.storage import JourneyIndex

__all__ = ["LIST_FILES", "member_table", "write_list"]

_FORMULA: Final = re.compile(r"\s*[=+\-@\t\r|%]")
_NUMBER: Final = re.compile(r"[+-]?[\d\s().,/-]*\d[\d\s().,/-]*")
"""A phone number or an amount, which begins as a formula does and is none."""


def member_table(
    index: JourneyIndex,
    inside: npt.NDArray[np.bool_],
    since: npt.NDArray[np.int64],
) -> pa.Table:
    """The customers of a segment: kind and value of what they are called, and since when they are in (UTC).

    Args:
        index: The generation that they were counted over.
        inside: Which of its customers are in.
        since: Since when each customer is kept to be in, as `Store.member_since` gives it.
    """
    named = index.identifiers(np.flatnonzero(inside))
    known = since[named.column("customer").to_numpy()]
    moments = pa.array(known, mask=known == 0).cast(INSTANT)
    return named.append_column("since", moments).drop_columns(["customer"])


def _harmless(text: str | None) -> str | None:
    """A text that no spreadsheet takes for a formula: what begins like one gets an apostrophe."""
    if text is None or not _FORMULA.match(text) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def _safe_csv(table: pa.Table) -> bytes:
    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            safe = pa.array([_harmless(text) for text in table.column(number).to_pylist()], pa.string())
            table = table.set_column(number, field.name, safe)
    return csv_bytes(table)


LIST_FILES: Final[Mapping[str, Callable[[pa.Table], bytes]]] = {**TABLE_FILES, "csv": _safe_csv}
"""By ending of the file's name, what makes its bytes."""


def write_list(table: pa.Table, path: Path) -> None:
    """Write a list so that a reader sees all of it or the file that was there, and nobody else can read it (0600).

    Raises:
        InputError: The ending of its name is of no kind of list.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in LIST_FILES:
        raise InputError(
            sentence("'{name}': a list is written as {kinds}", name=path.name, kinds=", ".join(sorted(LIST_FILES)))
        )
    content = LIST_FILES[ending](table)
    with durable_file(path) as temporary:
        temporary.unlink(missing_ok=True)  # one that a crash left may be anybody's to read
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
