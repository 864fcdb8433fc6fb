"""Rows of webhooks, files and databases by what their customers consent to, as `withholding` does it for live calls.

Whatever brings rows commits them by a writer. This one keeps nothing of whom a row is about where that is not
consented to: the row is counted by touchpoint and day, and known for ever by a keyed hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from resa.collector import BOT, preferences_of
from resa.model.consents import WITHHELD, WITHOUT_CONTENT
from resa.model.tables import INSTANT
from resa.runtime.withholding import Withholding
from resa.storage import ChunkResult, ConsentRecord, Kind, Load, Reached, Writer, refused_payloads

__all__ = ["ConsentingWriter"]

_WHEN: Final[Mapping[Kind, str]] = {"events": "occurred_at", "customers": "recorded_at", "feedback": "occurred_at"}
"""When rows happened, of each kind that names somebody."""


class ConsentingWriter(Writer):
    """A writer that asks for consent.

    Args:
        writer: The real one, whose lease it shares.
        withholding: Decides.
    """

    def __init__(self, writer: Writer, withholding: Withholding) -> None:
        self.store, self.lease = writer.store, writer.lease  # the real one cleaned up when it began
        self._withholding = withholding

    def commit_chunk(
        self,
        load: Load,
        kind: Kind,
        table: pa.Table,
        *,
        rows_read: int,
        rejected: pa.Table | None = None,
        message_ids: pa.Array | pa.ChunkedArray | None = None,
        cells: Sequence[pa.Array | pa.ChunkedArray] = (),
        also: Sequence[tuple[Kind, pa.Table]] = (),
        settles: pa.Table | None = None,
        consumes: int | None = None,
        again: int = 0,
        reached: Reached | None = None,
        nameless: int = 0,
        consents: Sequence[ConsentRecord] = (),
    ) -> ChunkResult:
        """Store the next rows of a load, those without consent as numbers; see `Writer.commit_chunk`."""
        flags = self._withheld(load.source_id, kind, table)
        if flags.any():
            rows = table.num_rows + sum(part.num_rows for _, part in also)
            last = np.flatnonzero(flags)  # of whom nothing is kept come last: that is where ids are kept as hashes
            order = pa.array(np.concatenate([np.flatnonzero(~flags), np.arange(table.num_rows, rows), last]))
            also = [*also, ("daily_numbers", self._numbers(kind, table.take(pa.array(last))))]
            table = table.filter(pa.array(~flags))
            message_ids = None if message_ids is None else message_ids.take(order)
            cells, nameless = [cell.take(order) for cell in cells], len(last)
        if rejected is not None and rejected.num_rows and self._withholding.asks(load.source_id):
            rejected, known = self._without_content(load.source_id, rejected, reads_again=reached is not None)
            again += known
        return super().commit_chunk(
            load,
            kind,
            table,
            rows_read=rows_read,
            rejected=rejected,
            message_ids=message_ids,
            cells=cells,
            also=also,
            settles=settles,
            consumes=consumes,
            again=again,
            reached=reached,
            nameless=nameless,
            consents=consents,
        )

    def _withheld(self, source_id: str, kind: Kind, table: pa.Table) -> npt.NDArray[np.bool_]:
        """Of each row, whether nothing of the person may be kept; one that names nobody has nothing of anybody."""
        flags = np.zeros(table.num_rows, np.bool_)
        if kind not in _WHEN or not table.num_rows or "identifiers" not in table.column_names:
            return flags
        said, says = _said(table)
        named = compute.fill_null(compute.list_value_length(table.column("identifiers")), 0).to_numpy() > 0
        asked = named if self._withholding.asks(source_id) else named & says
        places = np.flatnonzero(asked).tolist()
        if places:
            people = table.column("identifiers").take(pa.array(places)).to_pylist()
            pairs = [[(one["kind"], one["value"]) for one in mine] for mine in people]
            flags[places] = self._withholding.withheld(source_id, [said.get(place, {}) for place in places], pairs)
        return flags

    def _numbers(self, kind: Kind, rows: pa.Table) -> pa.Table:
        """One a row, so that a day's sum is their count, those of bots by themselves; of when it came, the day."""
        days = rows.column(_WHEN[kind]).cast(pa.date32())
        devices = rows.column("device").to_pylist() if "device" in rows.column_names else [None] * rows.num_rows
        told = self._withholding.touchpoints(kind, rows)
        return pa.table(
            {
                "received_at": days.cast(INSTANT),
                "day": days,
                "number": pa.array([f"{WITHHELD}_by_bots" if one == BOT else WITHHELD for one in devices], pa.string()),
                "value": pa.array([1.0] * rows.num_rows, pa.float64()),
                "properties": pa.array([json.dumps(one, ensure_ascii=False) if one else None for one in told]),
            },
        ).cast(_NUMBERS)

    def _without_content(self, source_id: str, rejected: pa.Table, *, reads_again: bool) -> tuple[pa.Table, int]:
        """Refused rows with a keyed hash instead of what they hold; and how many a former run has kept.

        Nobody knows whom they are about. Where rows are read again, those that were kept before are left out.
        """
        hasher = self.store.hasher
        payloads = rejected.column("payload").combine_chunks().cast(pa.string())
        hashes = hasher.generated_ids(hasher.ids(source_id, payloads))
        told = pa.array([f'{WITHOUT_CONTENT}{text}"}}' for text in hashes.to_pylist()], pa.string())
        hidden = rejected.set_column(rejected.schema.get_field_index("payload"), "payload", told)
        for name in ("types", "position"):
            if name in hidden.column_names:
                place = hidden.schema.get_field_index(name)
                hidden = hidden.set_column(place, name, pa.nulls(hidden.num_rows, hidden.schema.field(name).type))
        if not reads_again:
            return hidden, 0
        known = np.zeros(hidden.num_rows, np.bool_)
        for part in refused_payloads(self.store, source_id):
            known |= compute.is_in(told, part.combine_chunks()).to_numpy(zero_copy_only=False)
        return hidden.filter(pa.array(~known)), int(known.sum())


_NUMBERS: Final = pa.schema(
    [
        ("received_at", INSTANT),
        ("day", pa.date32()),
        ("number", pa.string()),
        ("value", pa.float64()),
        ("properties", pa.string()),
    ]
)


def _said(table: pa.Table) -> tuple[Mapping[int, Mapping[str, bool]], npt.NDArray[np.bool_]]:
    """What rows say themselves of consent, by place, as Segment's clients write it; and which do."""
    says = np.zeros(table.num_rows, np.bool_)
    said: dict[int, Mapping[str, bool]] = {}
    if "properties" in table.column_names:
        texts = table.column("properties")
        likely = compute.fill_null(compute.match_substring(texts, "categoryPreferences"), fill_value=False).to_numpy()
        for place in np.flatnonzero(likely):
            properties = json.loads(texts[int(place)].as_py())
            context = properties.get("context") if isinstance(properties, dict) else None
            found = preferences_of(context) if isinstance(context, dict) else {}
            if found:
                says[place], said[int(place)] = True, found
    return said, says
