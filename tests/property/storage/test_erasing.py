"""Erasure proved on decoded data: whatever identifiers look like, nothing of her is left, and nobody else changes."""

from __future__ import annotations

import base64
import io
import json
import re
import sqlite3
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from tests.support.properties import holds

import resa
from resa.model.tables import IDENTIFIERS, INSTANT
from resa.storage import Kind

MAP = "title: T\nstages: {s: [a, b]}\ntouchpoints: {a: {expect: {next: b, within: 1 day}}}\n"
MAP += "signals: {a: {event: a}, b: {event: b}}\n"
START = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = 3
NAMES = ("zoëquill", "wexford", "yårnholt")
PHONES = ("701740605", "701740617", "701740628")
IDS = ("6f9619ff8b86d011b42dc00cf4fc9640", "7a0719ff8b86d011b42dc00cf4fc1234", "8b1819ff8b86d011b42dc00cf4fc5678")


def email(person: int) -> str:
    return f"{NAMES[person]}@shop.se"


def emails(person: int) -> st.SearchStrategy[str]:
    plain = email(person)
    return st.sampled_from(
        [
            plain,
            plain.upper(),
            f"  {plain} ",
            f"mailto:{plain}",
            f"Some One <{plain}>",
            quote(plain, safe=""),
            unicodedata.normalize("NFD", plain),
        ]
    )


def phones(person: int) -> st.SearchStrategy[str]:
    rest = PHONES[person]
    return st.sampled_from([f"+46{rest}", f"+46 {rest[:2]} {rest[2:5]} {rest[5:]}", f"tel:+46-{rest[:2]}-{rest[2:]}"])


def uuids(person: int) -> st.SearchStrategy[str]:
    text = IDS[person]
    dashed = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    return st.sampled_from([dashed, dashed.upper(), f"{{{dashed}}}", f"urn:uuid:{dashed}"])


FORMS: Mapping[str, Callable[[int], st.SearchStrategy[str]]] = {
    "email": emails,
    "phone": phones,
    "crm_id": uuids,
    "user_id": lambda person: st.just(f"u{person}"),
}


@dataclass(frozen=True)
class Row:
    person: int
    identifiers: tuple[tuple[str, str], ...]
    mention: Any
    hour: int
    kind: str


def essences(person: int, drawn: Sequence[Sequence[Row]]) -> set[str]:
    """What cannot be there after all that hides it was undone: of what evidence says is hers."""
    mine = [row for part in drawn for row in part if row.person == person and row.kind in {"events", "customers"}]
    named = {kind for row in mine for kind, _ in row.identifiers}
    texts = {"email": unicodedata.normalize("NFKC", NAMES[person]).casefold()}
    texts |= {"phone": PHONES[person], "crm_id": IDS[person]}
    return {text for kind, text in texts.items() if kind in named}


@st.composite
def rows(draw: st.DrawFn) -> Row:
    person = draw(st.integers(0, PEOPLE - 1))
    kinds = ["user_id", *draw(st.lists(st.sampled_from(["email", "phone", "crm_id"]), unique=True))]
    identifiers = tuple((kind, draw(FORMS[kind](person))) for kind in draw(st.permutations(kinds)))
    about = draw(st.integers(0, PEOPLE - 1))
    mentioned = draw(st.sampled_from(["email", "phone", "crm_id"]).flatmap(lambda kind: FORMS[kind](about)))
    mention = draw(
        st.sampled_from([None, mentioned, f"call {mentioned}, soon", {"deep": [mentioned]}, int("46" + PHONES[about])])
    )
    kind = draw(st.sampled_from(["events", "customers", "feedback", "rejected"]))
    return Row(person, identifiers, mention, draw(st.integers(0, 500)), kind)


def store(shop: resa.Workspace, drawn: Sequence[Row], kind: str, ascii_only: bool, begin: int) -> None:
    mine = [(begin + place, row) for place, row in enumerate(drawn) if row.kind == kind]
    if not mine:
        return
    said = [json.dumps({"n": row.mention}, ensure_ascii=ascii_only) for _, row in mine]
    texts = pa.array(said, pa.string())
    at = pa.array([START + timedelta(hours=row.hour) for _, row in mine], INSTANT)
    lists = pa.array([[{"kind": k, "value": v} for k, v in row.identifiers] for _, row in mine], IDENTIFIERS)
    columns: dict[str, Any] = {"received_at": at, "sequence": pa.array([place for place, _ in mine], pa.int64())}
    columns["recorded_at" if kind == "customers" else "occurred_at"] = at
    columns["identifiers"] = lists
    if kind == "events":
        columns |= {"event": pa.array(["ab"[row.hour % 2] for _, row in mine]), "properties": texts}
    elif kind == "customers":
        columns["traits"] = texts
    else:
        columns |= {"touchpoint": pa.array(["a"] * len(mine)), "text": texts}
    ids = pa.array([f"{place}" for place, _ in mine], pa.string())
    with shop.store.writing() as writer:
        load = writer.begin_load(source_id=f"s-{kind}", origin=f"{begin}")
        if kind == "rejected":
            payloads = [json.dumps(dict(row.identifiers), ensure_ascii=ascii_only) for _, row in mine]
            if begin % 2:
                payloads = [base64.b64encode(text.encode()).decode() for text in payloads]
            refused = {"row": pa.array(range(len(mine)), pa.int64()), "payload": pa.array(payloads, pa.string())}
            refused |= {name: pa.array(["x"] * len(mine)) for name in ("reason", "detail")}
            none = pa.table(
                {"occurred_at": at, "received_at": at, "sequence": columns["sequence"], "identifiers": lists}
            ).append_column("event", pa.array(["a"] * len(mine)))
            writer.commit_chunk(
                load, "events", none.slice(0, 0), rows_read=1, rejected=pa.table(refused), message_ids=ids[:0]
            )
        else:
            name: Kind = kind  # type: ignore[assignment]  # one of three
            writer.commit_chunk(load, name, pa.table(columns), rows_read=len(mine), message_ids=ids)
        writer.finish_load(load)


def bare(text: str) -> str:
    """A text without all that may hide an identifier."""
    for _ in range(2):
        text = unquote(re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text))
    return re.sub(r"[\s\-().]", "", unicodedata.normalize("NFKC", text).casefold())


def everything(root: Path) -> Iterator[str]:
    for path in root.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        yield data.decode("utf-8", errors="ignore")
        yield data.decode("utf-16-le", errors="ignore")
        if path.suffix == ".parquet":
            for row in pq.read_table(io.BytesIO(data)).to_pylist():
                yield repr(row)
                if "payload" in row and "{" not in row["payload"]:
                    yield base64.b64decode(row["payload"]).decode()
            yield str(pq.read_metadata(io.BytesIO(data)).to_dict())
        elif path.suffix == ".arrow":
            yield repr(pa.ipc.open_file(io.BytesIO(data)).read_all().to_pylist())
        elif path.suffix == ".db":
            with closing(sqlite3.connect(path)) as connection:
                yield from connection.iterdump()


def profile(shop: resa.Workspace, person: int) -> Any:
    found = shop.customer(f"u{person}", kind="user_id").document
    return {
        "identifiers": found["identifiers"],
        "events": found["events"],
        "openings": found["openings"],
        "timeline": [(event["at"], event["event"]) for event in found["timeline"]],
        "traits": [trait["name"] for trait in found["traits"]],
    }


@holds(
    few=3,
    many=150,
    parts=st.lists(st.lists(rows(), min_size=1, max_size=8), min_size=1, max_size=3),
    ascii_only=st.booleans(),
    compact=st.booleans(),
    decide=st.booleans(),
)
def test_nothing_is_left(parts: list[list[Row]], ascii_only: bool, compact: bool, decide: bool) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "journey.yaml").write_text(MAP)
        with resa.open(folder) as shop:
            kinds = ("events", "customers", "feedback", "rejected")
            everyone = [
                Row(person, (("user_id", f"u{person}"), ("email", email(person))), None, 1, "events")
                for person in range(PEOPLE)
            ]
            drawn = [everyone, *parts]
            for number, part in enumerate(drawn):
                for kind in kinds:
                    store(shop, part, kind, ascii_only, number * 101)
            if decide:
                shop.identity.join(("user_id", "u0"), ("email", email(0)), why=f"asked {email(0)}")
                shop.identity.split(("user_id", "u1"), ("email", email(0)))
            if compact:
                shop.compact()
            shop.refresh()
            before = [profile(shop, person) for person in range(PEOPLE)]
            events, feedback = shop.store.index().events, shop.store.rows("feedback").num_rows
            shop.erase("u0", kind="user_id")
            for text in everything(folder / ".resa"):
                hidden = bare(text)
                left = [essence for essence in essences(0, drawn) if essence in hidden]
                assert not left, text[:600]
            assert [profile(shop, person) for person in range(1, PEOPLE)] == before[1:]
            assert shop.store.index().events == events - before[0]["events"]
            hers = sum(row.person == 0 and row.kind == "feedback" for part in drawn for row in part)
            assert shop.store.rows("feedback").num_rows == feedback - hers
            assert shop.verify() == []
            for number, part in enumerate(drawn):
                for kind in kinds[:3]:
                    store(shop, part, kind, ascii_only, number * 101)
                store(shop, [row for row in part if row.person == 0], "rejected", ascii_only, number * 101)
            shop.refresh()
            assert shop.store.index().events == events - before[0]["events"]
            for text in everything(folder / ".resa"):
                hidden = bare(text)
                left = [essence for essence in essences(0, drawn) if essence in hidden]
                assert not left, text[:600]
            assert shop.verify() == []
