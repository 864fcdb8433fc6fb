"""Rows out of files in any order, however much text they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.support.stored_events import collect, random_rows

from resa.model.tables import EVENTS
from resa.storage import Store, gather


def test_text_beyond_two_gigabytes_is_taken_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path) as store, store.writing() as writer:
        for number in range(3):
            collect(writer, random_rows(40, number), str(number))
        files = store.event_files()
        wanted = np.random.default_rng(1).integers(0, 120, 200)
        plain = gather.gather_rows(files, wanted, EVENTS.names)
        monkeypatch.setattr(gather, "_TEXT_BYTES", 0)
        monkeypatch.setattr(gather, "_PIECE_ROWS", 7)
        pieces = gather.gather_rows(files, wanted, EVENTS.names)
    assert pieces.equals(plain)
    assert pieces.column("properties").num_chunks > 20
