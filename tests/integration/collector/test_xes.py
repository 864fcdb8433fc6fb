"""XES files: the event logs of process mining come in as they are."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.sources import Shop, figures

from resa.base.errors import SourceError
from resa.collector import understand
from resa.collector.files import find_files
from resa.collector.xes_files import XesStream

COLUMNS = """
columns:
  occurred_at: "time:timestamp"
  event: "concept:name"
  customer: "case:concept:name"
"""

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="unknown"/></global>
  <string key="concept:name" value="the log"/>
  <trace>
    <string key="concept:name" value="case &amp; 1"/>
    <int key="amount" value="35"/>
    <event>
      <string key="concept:name" value="Köp"/>
      <date key="time:timestamp" value="2026-01-02T10:00:00.000+01:00"/>
      <int key="n" value="7"><string key="about" value="left out"/></int>
      <int key="odd" value="7 or so"/>
      <float key="share" value="0.25"/>
      <float key="no number" value="NaN"/>
      <boolean key="paid" value="true"/>
      <boolean key="maybe" value="perhaps"/>
      <id key="id" value="a-1"/>
      <list key="items"><values><string key="item" value="tea"/><int key="item" value="2"/></values></list>
    </event>
    <event><date key="time:timestamp" value="soon"/><string key="concept:name" value="Sen"/></event>
    <event><date key="time:timestamp" value="2026-01-03T10:00:00Z"/></event>
  </trace>
  <trace>
    <string key="concept:name" value="case 2"/>
    <event><string key="concept:name" value="Köp"/><date key="time:timestamp" value="2026-01-03T10:00:00Z"/></event>
  </trace>
  <event><string key="concept:name" value="Köp"/><date key="time:timestamp" value="2026-01-04T10:00:00Z"/></event>
</log>
"""


@pytest.mark.parametrize("chunk_rows", [1, 2, 1_000])
def test_a_log(shop: Shop, chunk_rows: int) -> None:
    shop.file("log.xes", LOG)
    properties = "  properties: [n, odd, share, 'no number', paid, maybe, id, items, 'case:amount']\n"
    report = shop.collect("path: log.xes\n" + COLUMNS + properties, chunk_rows=chunk_rows)
    assert figures(report) == (2, 3, 0)
    assert shop.reasons() == {2: "unreadable-time", 3: "no-event", 5: "no-customer"}
    first, second = shop.events()
    assert (first["event"], first["identifiers"][0]["value"]) == ("Köp", "case & 1")
    assert first["occurred_at"].isoformat() == "2026-01-02T09:00:00+00:00"
    assert json.loads(first["properties"]) == {
        "n": 7, "odd": "7 or so", "share": 0.25, "no number": "NaN", "paid": True, "maybe": "perhaps", "id": "a-1",
        "items": [{"key": "item", "value": "tea"}, {"key": "item", "value": 2}], "case:amount": 35,
    }  # fmt: skip
    assert second["identifiers"][0]["value"] == "case 2"


def test_a_packed_log_and_prefixed_names(shop: Shop) -> None:
    text = LOG.replace("<event>", "<x:event>").replace("</event>", "</x:event>").replace("xmlns=", "xmlns:x=")
    shop.folder.joinpath("log.xes.gz").write_bytes(gzip.compress(text.encode()))
    assert figures(shop.collect("path: log.xes.gz\n" + COLUMNS)) == (2, 3, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<html><body/></html>", "begins with <html>, not with <log>"),
        ("no XML at all", "line 1, column 0"),
        ("", "no element found"),
        ('<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><log>&b;</log>', "declares a document type"),
        ('<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>', "declares a document type"),
    ],
)
def test_what_is_no_log_is_refused(shop: Shop, text: str, message: str) -> None:
    shop.file("log.xes", text)
    with pytest.raises(SourceError, match=message):
        shop.collect("path: log.xes\n" + COLUMNS)


def test_a_log_that_is_cut_off_keeps_what_came_whole(shop: Shop) -> None:
    shop.file("log.xes", LOG[: LOG.index("case 2")])
    with pytest.raises(SourceError, match=r"log.xes cannot be read as XES: .*line 2\d"):
        shop.collect("path: log.xes\n" + COLUMNS, chunk_rows=1)
    assert len(shop.events()) == 1
    shop.file("log.xes", LOG)
    shop.collect("path: log.xes\n" + COLUMNS)
    assert len(shop.events()) == 2


def test_traffic_fines_as_xes_are_the_same_rows(shop: Shop, shared_data: Path) -> None:
    table = pq.read_table(shared_data / "traffic_fines_sample" / "events.parquet").slice(0, 3_000)
    shop.file(
        "fines.xes", xes([(row["case_id"], row["activity"], row["timestamp"].isoformat()) for row in table.to_pylist()])
    )
    report = shop.collect("path: fines.xes\ntimezone: Europe/Rome\n" + COLUMNS)
    assert figures(report) == (3_000, 0, 0)
    assert [(event["identifiers"][0]["value"], event["event"]) for event in shop.events()] == [
        (row["case_id"], row["activity"]) for row in table.to_pylist()
    ]


def xes(rows: list[tuple[str, str, str]]) -> str:
    """A log of (case, activity, time), a case's rows together."""
    parts = ["<log>"]
    case: str | None = None
    for own, activity, time in rows:
        if own != case:
            parts.append("</trace>" if case is not None else "")
            parts.append(f'<trace><string key="concept:name" value={quoteattr(own)}/>')
            case = own
        parts.append(
            f'<event><string key="concept:name" value={quoteattr(activity)}/>'
            f'<date key="time:timestamp" value={quoteattr(time)}/></event>'
        )
    return "".join([*parts, "</trace>" if case is not None else "", "</log>"])


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=6), st.integers(1, 300))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], size: int
) -> None:
    folder = tmp_path_factory.mktemp("xes")
    (folder / "log.xes").write_text(xes(rows), encoding="utf-8")
    (file,) = find_files("log.xes", folder)
    stream, text = XesStream(file), b""
    while data := stream.read(size):
        assert data.endswith(b"\n")
        text += data
    stream.close()
    found = [json.loads(line) for line in text.splitlines()]
    assert [(row["case:concept:name"], row["concept:name"], row["time:timestamp"]) for row in found] == rows


def test_a_log_is_understood_by_itself(tmp_path: Path) -> None:
    (tmp_path / "log.xes").write_text(LOG, encoding="utf-8")
    found = understand(find_files("log.xes", tmp_path)[0], folder=tmp_path)
    wanted = {"occurred_at": "time:timestamp", "event": "concept:name", "customer": "case:concept:name"}
    assert {name: found.mapping[name] for name in wanted} == wanted
