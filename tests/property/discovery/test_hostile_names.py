"""Whatever events are called, the draft is a map without errors, and counts what it says."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from resa import workspace
from resa.base.errors import QuestionError
from resa.discovery.drafting import provisional_text
from resa.discovery.kinds import Kind, _can_be_read, _event_signal, key_for
from resa.journey_map import load_texts

HOSTILE = (
    "yes", "null", "123", "1e5", "-", "a: b", "# x", "{a}", "[a]", "* all", "&anchor", "!tag", "'quote'", '"double"',
    "back\\slash", "naïve  café", "  spaces  ", "“curly”", "a\u00a0b", "%_*", "a,b", "|", ">", "@", "`", "Ünïcödé",
    "日本語", "ß", "ﬁ", "e\u0301", "{{ x }}", "on", "count", "and", "event", "--", "a" * 300, "\u202eabc", "😀",
)  # fmt: skip

names = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=30))


@given(st.lists(names, min_size=1, max_size=12, unique=True))
@example(list(HOSTILE))
def test_every_name_gives_a_signal_that_is_read_back_as_it_was(events: list[str]) -> None:
    keys: list[str] = []
    kinds = []
    for event in events:
        signal = _event_signal(event)
        if _can_be_read(signal):
            keys.append(key_for(event, keys))
            kinds.append(Kind(key=keys[-1], name="", signal=signal, rows=1, event=event))
    if not kinds:
        return
    loaded = load_texts({"journey.yaml": provisional_text(kinds)})
    assert not loaded.errors, loaded.errors
    read = loaded.maps["journey"]
    assert [signal.when for signal in read.signals] == [kind.when for kind in kinds]
    assert list(read.touchpoint) == keys


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(names, min_size=1, max_size=8, unique=True))
@example(list(HOSTILE))
def test_a_draft_of_hostile_names_has_no_errors(events: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        folder.mkdir()
        (folder / "resa.toml").touch()
        rows = [
            {"who": f"C{customer:03}", "what": event, "at": 1_750_000_000 + customer * 7_919 + place * 600}
            for customer in range(40)
            for place, event in enumerate(events)
        ]
        table = pa.Table.from_pylist(rows)
        at = table.column("at").cast(pa.timestamp("s", tz="UTC"))
        pq.write_table(table.set_column(2, "at", at), folder / "events.parquet")
        (folder / "sources").mkdir()
        (folder / "sources" / "events.yaml").write_text(
            "path: events.parquet\ncolumns: {occurred_at: at, event: what, customer: who}\n"
        )
        with workspace.open(folder) as shop:
            good = sum(report.good for report in shop.collect())
            try:
                draft = shop.discover()
            except QuestionError:
                assert not good or all(not _can_be_read(_event_signal(event)) for event in events)
                return
            loaded = load_texts({"journey.yaml": draft.text})
            assert not loaded.errors, loaded.errors
            assert 0 < draft.covered <= draft.events
