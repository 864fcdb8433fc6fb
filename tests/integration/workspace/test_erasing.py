"""A customer is erased: nothing of her is left, everybody else stays as they were, and she is kept out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

import resa
from resa.base.clock import to_microseconds
from resa.cli.app import run
from resa.storage import (
    KINDS,
    Member,
    Needles,
    SegmentChange,
    SegmentState,
    keep_segment,
    search_everything,
    since_when,
)
from resa.storage.erasing import TABLES
from resa.storage.layout import FILE_FOLDERS
from resa.storage.schema import map_versions, metadata
from resa.workspace.customers import found_customer

MAP = """
title: A shop
stages: {conversion: [cart, purchase]}
touchpoints:
  cart: {expect: {next: purchase, within: 1 day}}
signals: {cart: {event: cart}, purchase: {event: purchase}}
"""
EVENTS = """time,cookie,user,mail,phone,event,note
2026-05-01T10:00:00Z,cookie-anna-1,,,,cart,
2026-05-01T11:00:00Z,cookie-anna-1,7,Anna@Shop.se,+46 70 174 06 05,purchase,hello
2026-05-02T10:00:00Z,cookie-bo-22,8,bo@shop.se,,cart,sent by anna%40shop.se and 070-174 06 05
2026-05-02T11:00:00Z,cookie-jo-33,9,johanna@shop.se,,cart,
yesterday,cookie-x,7,ANNA@shop.se,,cart,
yesterday,cookie-x,8,bo@shop.se,,cart,
"""
MEMBERS = """mail,town,recorded
anna@shop.se,Uppsala,2026-05-01T00:00:00Z
bo@shop.se,Lund,2026-05-01T00:00:00Z
"""
SOURCES = {
    "web": """
path: web.csv
columns:
  occurred_at: time
  identifiers: {user_id: user, email: mail, cookie: cookie, phone: phone}
  event: event
  properties: [note]
""",
    "members": """
path: members.csv
kind: customers
columns: {identifiers: {email: mail}, recorded_at: recorded, traits: [town]}
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "web.csv").write_text(EVENTS)
    (tmp_path / "members.csv").write_text(MEMBERS)
    (tmp_path / "sources").mkdir()
    for name, text in SOURCES.items():
        (tmp_path / "sources" / f"{name}.yaml").write_text(text)
    run(["collect", "-w", str(tmp_path)])
    return tmp_path


def test_nothing_of_her_is_left_and_she_is_kept_out(folder: Path) -> None:
    with resa.open(folder) as shop:
        before = shop.customer("8").document
        assert shop.store.index().events == 4
        counted = shop.erase("7", dry=True)
        done = shop.erase("ANNA@shop.se")
        assert done == counted
        assert done.rows == {"events": 2, "customers": 1, "rejected": 1, "mentions": 1}
        after = shop.customer("8").document
        assert json.dumps(after, default=str).replace("[erased] and [erased]", "") == json.dumps(
            before, default=str
        ).replace("anna%40shop.se and 070-174 06 05", "")
        assert shop.customer("johanna@shop.se").seen.events == 1
        assert shop.store.index().events == 2
        assert shop.verify() == []
        for name in SOURCES:
            shop.collect(name, replace=True)
        assert shop.store.index().events == 2
        assert shop.rejected().num_rows == 1
        assert shop.verify() == []
        with (folder / "web.csv").open("a") as file:
            file.write("2026-05-01T10:30:00Z,,,anna@shop.se,,cart,\n")
        shop.collect("web")
        assert shop.store.index().events == 2
        assert shop.verify() == []
    everything = b"".join(path.read_bytes() for path in (folder / ".resa").rglob("*") if path.is_file())
    for text in (b"cookie-anna", b"Anna@Shop"):
        assert text not in everything


def test_who_is_erased_can_be_erased_again_and_is_not_taken_for_others(folder: Path) -> None:
    with resa.open(folder) as shop:
        shop.erase("7")
        assert shop.erase("7").rows == {}
        with pytest.raises(resa.QuestionError, match="no customer is called so"):
            shop.erase("77")
        later = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        (folder / "web.csv").write_text(
            EVENTS.splitlines()[0] + f"\n{later},,7,,,cart,\n{later},7,,,,cart,\n", encoding="utf-8"
        )
        shop.collect("web")
        with pytest.raises(resa.QuestionError, match="several customers"):
            shop.erase("7")
        assert shop.erase("7", kind="user_id").rows == {"events": 1}


def test_an_export_holds_every_table_that_an_erasure_empties(folder: Path, tmp_path: Path) -> None:
    with resa.open(folder) as shop:
        shop.identity.join(("user_id", "7"), ("email", "anna@shop.se"), why="she said so")
        there = shop.export_customer("7", tmp_path / "out" / "anna")
        document = json.loads((there / "customer.json").read_text())
        erased = shop.erase("7")
    assert {name: len(document[name]) for name, holds in TABLES.items() if holds and document.get(name)} == {
        name: rows for name, rows in erased.rows.items() if name != "mentions"
    }
    assert [trait["value"] for trait in document["traits"]] == ["Uppsala"]
    assert {one["value"] for one in document["identifiers"]} == {
        "7",
        "anna@shop.se",
        "cookie-anna-1",
        "+46701740605",
    }
    page = (there / "customer.html").read_text()
    assert "Anna@Shop.se" in page
    assert "bo@shop.se" not in page
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in there.iterdir())


def test_what_is_kept_of_her_segments_goes_with_her(folder: Path, tmp_path: Path) -> None:
    with resa.open(folder) as shop:
        index = shop.store.index()
        keys = [index.who[found_customer(shop, index, name, None)].tobytes() for name in ("7", "8")]
        now = shop.clock()
        with shop.store.writing() as writer:
            keep_segment(
                writer,
                SegmentState(segment="journey.fans", definition="d", since=now, counted_at=now, customers=2),
                gone=[],
                come=[Member(customer=key, since=to_microseconds(now)) for key in keys],
                changes=[
                    SegmentChange(segment="journey.fans", customer=key, change="entered", at=now, cause="event")
                    for key in keys
                ],
            )
        there = shop.export_customer("7", tmp_path / "out")
        document = json.loads((there / "customer.json").read_text())
        assert [row["segment"] for row in document["segment_members"]] == ["journey.fans"]
        assert [row["change"] for row in document["segment_changes"]] == ["entered"]
        rows = shop.erase("7").rows
        assert (rows["segment_members"], rows["segment_changes"]) == (1, 1)
        assert set(since_when(shop.store, keys[0])) == set()
        assert set(since_when(shop.store, keys[1])) == {"journey.fans"}


def test_every_table_says_whether_it_holds_customers() -> None:
    """A new table must be thought of here: exported and erased, or said to hold nobody."""
    holds_nobody = {
        "workspace",
        "lease",
        "loads",
        "files",
        "file_loads",
        "hash_runs",
        "generations",
        "map_columns",
        "map_versions",
        "consumed",
        "api_keys",
        "answered_requests",  # keyed hashes, and answers that name nobody
        "people",  # staff, no customers
        "invitations",
        "sessions",
        "recovery_codes",
        "failed_attempts",  # keyed hashes of addresses of staff, for a quarter of an hour
        "used_sign_ins",  # hashes of what browsers of staff kept
        "last_visits",  # numbers of maps, which count and name nobody
        "dismissed_drafts",  # keys of maps
        "draft_steps",  # what people write into maps
        "saved_texts",
        "comments",  # what people write on screens, where they are asked to name no customer
        "day_notes",
        "saved_views",
        "composed_reports",
        "report_parts",
        "report_links",
        "owners",  # what people call each other in maps, and who of the staff is meant
        "recipients",
        "stopped_kinds",
        "news",  # numbers of maps
        "tellings",
        "told",
        "reviews",
        "erasures",
        "erased_identifiers",
        "source_states",
    }
    assert set(TABLES) == {*FILE_FOLDERS, *KINDS, *(set(metadata.tables) - holds_nobody)}
    assert all(TABLES[kind] == ("identifiers" in schema.names) for kind, schema in KINDS.items())


def test_one_of_the_staff_is_erased_as_a_customer_and_signs_in_as_before(folder: Path) -> None:
    with resa.open(folder) as shop:
        shop.people.accept(shop.people.invite("anna@shop.se"), "nine herons in a row")
        assert shop.erase("anna@shop.se").rows["events"] == 2
        assert shop.people.sign_in("anna@shop.se", "nine herons in a row")
        needles = Needles(frozenset({"anna@shop.se"}))
        assert search_everything(shop.store.layout, needles, arrived=0) == []
        with shop.store.database.changing() as connection:
            connection.execute(update(map_versions).values(who="by anna@shop.se"))
        assert search_everything(shop.store.layout, needles, arrived=0) == ["operations.db", "operations.db-wal"]


def test_the_command_asks_and_says_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["-w", str(folder)]
    assert run(["customer", "erase", "nobody", *there]) == 1
    assert "no customer is called so" in capsys.readouterr().err
    (folder / "a-file").write_text("")
    assert run(["customer", "export", "7", "-o", str(folder / "a-file"), *there]) == 1
    assert "is a file" in capsys.readouterr().err
    with resa.open(folder) as shop, shop.store.writing():
        assert run(["customer", "erase", "7", "--yes", *there]) == 1
    assert "has been writing" in capsys.readouterr().err
    assert run(["customer", "erase", "7", "--yes", *there]) == 0
    said = capsys.readouterr()
    assert "rows of others that name her" in said.out
    assert "anna" not in (said.out + said.err).casefold()
