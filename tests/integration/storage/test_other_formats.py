"""What an earlier Resa derived is made again, without a word from the one who upgrades."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
from tests.support.arriving import Clock, opened

from resa.base.clock import to_microseconds
from resa.runtime import Drainer, refresh, verify
from resa.storage import Arrival


def test_an_index_and_runs_of_another_format_are_made_again(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as (store, arrivals), store.writing() as writer:
        drainer = Drainer(writer, arrivals)

        def come(number: int) -> None:
            body = {"event": "seen", "userId": f"u{number}", "anonymousId": "a", "messageId": str(number)}
            call = Arrival("web", to_microseconds(clock.now), "track", json.dumps(body).encode())
            arrivals.append(call).result()
            drainer.drain()

        come(1)
        refresh(writer, [])
        come(2)
        (waiting,) = [file.run for file in store.event_files() if file.run]
        path = store.layout.runs / f"{waiting}.arrow"
        with pa.OSFile(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
        older = pa.table({"kind": ["user_id"], "value": ["u2"]}).replace_schema_metadata(
            {"channels": table.schema.metadata[b"channels"]}
        )
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, older.schema) as written:
            written.write_table(older)
        header = store.layout.generation(store.generation) / "header.json"
        header.write_text(json.dumps({**json.loads(header.read_text()), "format": 1}))
        assert store.index().customers == 0
        index = refresh(writer, [])
        assert (index.events, index.customers) == (2, 2)
    with opened(tmp_path, clock) as (store, _):
        assert verify(store, []) == []
