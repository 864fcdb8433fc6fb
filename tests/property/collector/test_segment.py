"""Whatever is sent: nothing raises, and every call is taken or refused."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.compute as pc
from hypothesis import strategies as st
from tests.support.properties import holds

from resa.base.errors import InputError
from resa.collector import SEGMENT_CALLS, read_segment, segment_problems, segment_rows
from resa.model.tables import CUSTOMER_RECORDS, EVENTS
from resa.storage import Arrival

RECEIVED = 1_795_900_000_000_000
"""28 November 2026, microseconds since 1970."""

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_ID = st.sampled_from(["u1", "u2", 7, "", None, True, 1.5]) | _JSON
_TIME = (
    st.sampled_from(
        ["2026-11-28T11:00:00Z", "2026-11-28", "0001-01-01T00:00:00+14:00", 1_795_863_600, 1e300, -1e17, None]
    )
    | _JSON
)
_CALL = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias", "?"]) | _JSON,
        "event": st.sampled_from(["seen", "", "a\0b"]) | _JSON,
        **dict.fromkeys(("userId", "anonymousId", "messageId", "groupId", "previousId"), _ID),
        **dict.fromkeys(("timestamp", "originalTimestamp", "sentAt"), _TIME),
        **dict.fromkeys(("properties", "traits", "context"), st.dictionaries(st.text(max_size=6), _JSON) | _JSON),
        **dict.fromkeys(("name", "category"), _JSON),
    },
)


def _accounted(content: bytes, kind: str) -> None:
    try:
        request = read_segment(content, kind)
    except InputError:
        return
    rows = segment_rows([Arrival("web", RECEIVED, kind, content, 3)])
    events, rejected = rows.events, rows.rejected
    records = [table for _, table in rows.others]
    assert rows.items == len(request.items)
    assert rows.items == events.num_rows + sum(table.num_rows for table in records) + rejected.num_rows
    assert len(rows.message_ids) == rows.items - rejected.num_rows
    assert {place for place, _ in segment_problems(request, kind, RECEIVED)} == {
        row - 1 for row in rejected.column("row").to_pylist()
    }
    for table, schema in [(events, EVENTS), *((table, CUSTOMER_RECORDS) for table in records)]:
        for name in table.column_names:
            column = table.column(name)
            assert column.type == schema.field(name).type
            assert schema.field(name).nullable or column.null_count == 0
        assert pc.min(pc.list_value_length(table.column("identifiers"))).as_py() in {None, 1, 2, 3, 4}
        for text in table.column("properties" if "properties" in table.column_names else "traits").to_pylist():
            assert text is None or isinstance(json.loads(text), dict)


@holds(
    few=200,
    many=20_000,
    calls=st.lists(_CALL, max_size=5),
    kind=st.sampled_from(sorted(set(SEGMENT_CALLS.values()))),
    sent_at=_TIME,
    context=_JSON,
)
def test_every_call_is_taken_or_refused(calls: list[dict[str, Any]], kind: str, sent_at: Any, context: Any) -> None:
    body = {"batch": calls, "sentAt": sent_at, "context": context} if kind == "batch" else (calls or [{}])[0]
    _accounted(json.dumps(body).encode(), kind)


@holds(
    few=200,
    many=20_000,
    content=st.binary(max_size=200) | st.text().map(str.encode) | _JSON.map(json.dumps).map(str.encode),
    kind=st.sampled_from(["batch", "track"]),
)
def test_any_bytes(content: bytes, kind: str) -> None:
    _accounted(content, kind)
