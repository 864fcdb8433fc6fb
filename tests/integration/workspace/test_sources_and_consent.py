"""Webhooks, files and databases by what their customers consent to, by the real commands' own ways in."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.support.databases import sqlite_in
from tests.support.served import Served, new_shop

import resa
from resa.base.clock import to_microseconds
from resa.collector import HOOK, Hooks, hook_line
from resa.model.consents import WITHHELD
from resa.runtime import Drained, Drainer
from resa.storage import Arrival
from resa.workspace import Workspace
from resa.workspace.consents import withholding_of

CONSENT = """
purposes:
  analytics: {categories: [Analytics]}
events: {need: analytics, from: [orders, ratings, people, hooked, table]}
"""
COLUMNS = "columns: {occurred_at: at, event: what, identifiers: {email: mail}}\n"
HEAD = "at,mail,what\n"
ROWS = [
    "2026-05-01T10:00:00Z,anna@shop.se,product_added",
    "2026-05-01T11:00:00Z,quillwort@shop.se,product_added",
    "2026-05-02T11:00:00Z,quillwort@shop.se,order_completed",
    "2026-05-02T11:00:00Z,quillwort@shop.se,order_completed",
    "soon,quillwort@shop.se,order_completed",
]
ANNA, OTHER = ("email", "anna@shop.se"), ("email", "quillwort@shop.se")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_shop(tmp_path)
    (tmp_path / "consent.yaml").write_text(CONSENT)
    (tmp_path / "sources").mkdir()
    with resa.open(tmp_path) as shop:
        shop.consents.give(ANNA, "analytics")
    return tmp_path


def write(folder: Path, name: str, text: str, content: str = HEAD + "\n".join(ROWS) + "\n") -> None:
    (folder / "sources" / f"{name}.yaml").write_text(text)
    (folder / f"{name}.csv").write_text(content)


def kept(shop: Workspace) -> list[tuple[str, str]]:
    rows = shop.store.rows("events", ["event", "identifiers"]).to_pylist()
    return sorted((one["value"], row["event"]) for row in rows for one in row["identifiers"])


def counted(shop: Workspace) -> Counter[tuple[str, str]]:
    rows = shop.store.rows("daily_numbers").to_pylist()
    assert {row["number"] for row in rows} <= {WITHHELD}
    return Counter((f"{row['day']:%m-%d}", json.loads(row["properties"] or "{}").get("journey", "")) for row in rows)


def nothing_of_her(folder: Path) -> None:
    for path in (folder / ".resa").rglob("*"):
        if path.is_file() and path.parent.name in {"events", "daily_numbers", "rejected", "customers", "feedback"}:
            assert b"quillwort" not in path.read_bytes(), path


def test_a_file_is_kept_with_those_who_consent_and_counted_of_others(folder: Path) -> None:
    write(folder, "orders", "path: orders.csv\n" + COLUMNS)
    with resa.open(folder) as shop:
        shop.collect()
        (load,) = shop.loads("orders")
        assert (load.good, load.rejected, load.duplicate) == (4, 1, 0)
        assert kept(shop) == [("anna@shop.se", "product_added")]
        assert counted(shop) == {("05-01", "cart"): 1, ("05-02", "purchase"): 2}
        assert shop.rejected().column("payload")[0].as_py().startswith('{"without_consent": "')
        coverage = {row["touchpoint"]: row["without_customer"] for row in shop.measure.coverage().table.to_pylist()}
        assert coverage == {"product_page": 0, "cart": 1, "purchase": 2}
        assert shop.verify() == []
        nothing_of_her(folder)
        (again,) = shop.collect()
        assert again.files[0].state == "unchanged"
        with pytest.raises(resa.ResaError, match="no rejected rows of this kind"):
            shop.replay("orders")
        shop.consents.give(OTHER, "analytics")
        shop.collect("orders", replace=True)  # she consented, and the file is read anew
        assert len(kept(shop)) == 4
        assert counted(shop) == {}
        assert shop.verify() == []


def test_rows_with_ids_keep_hashes_of_them_alone(folder: Path) -> None:
    rows = [f"{row},{row.partition(',')[2][:9]}-{place}" for place, row in enumerate(ROWS)]
    content = "at,mail,what,id\n" + "\n".join(rows) + "\n"
    write(folder, "orders", "path: orders*.csv\n" + COLUMNS.replace("{occ", "{message_id: id, occ"), content)
    with resa.open(folder) as shop:
        shop.collect()
        assert kept(shop) == [("anna@shop.se", "product_added")]
        assert sum(counted(shop).values()) == 3
        nothing_of_her(folder)
        (folder / "orders_again.csv").write_text(content + "2026-05-03,anna@shop.se,order_completed,new\n")
        shop.collect()
        assert sum(load.duplicate for load in shop.loads()) == 4
        assert sum(counted(shop).values()) == 3
        assert shop.verify() == []


def test_feedback_and_what_is_said_of_customers(folder: Path) -> None:
    columns = "columns: {occurred_at: at, touchpoint: what, score: n, identifiers: {email: mail}}\n"
    rows = ["2026-05-01,anna@shop.se,cart,4", "2026-05-01,quillwort@shop.se,cart,1", "2026-05-01,,cart,2"]
    content = "at,mail,what,n\n" + "\n".join(rows) + "\n"
    write(folder, "ratings", "path: ratings.csv\nkind: feedback\nscale: 1-5\n" + columns, content)
    columns = "columns: {identifiers: {email: mail}, traits: {city: town}}\n"
    content = "mail,town\nanna@shop.se,Umea\nquillwort@shop.se,Lund\n"
    write(folder, "people", "path: people.csv\nkind: customers\n" + columns, content)
    with resa.open(folder) as shop:
        shop.collect()
        feedback = shop.store.rows("feedback").to_pylist()
        assert sorted(row["score"] for row in feedback) == [2, 4]  # of whom nobody knows, nothing is hers
        assert [row["traits"] for row in shop.store.rows("customers").to_pylist()] == ['{"city":"Umea"}']
        assert Counter(name for (_, name), n in counted(shop).items() for _ in range(n)) == {"cart": 1, "": 1}
        nothing_of_her(folder)
        assert shop.verify() == []


def test_what_a_row_says_itself_counts_whatever_its_source(folder: Path) -> None:
    said = [{"consent": {"categoryPreferences": {"Analytics": yes}}} for yes in (True, False)]
    rows = [
        {"at": "2026-05-01T10:00:00Z", "mail": "bo@shop.se", "what": "product_added", "context": said[0]},
        {"at": "2026-05-01T10:00:00Z", "mail": "quillwort@shop.se", "what": "product_added", "context": said[1]},
        {"at": "2026-05-01T10:00:00Z", "mail": "cy@shop.se", "what": "product_added"},
    ]
    columns = COLUMNS.replace("}}", "}, properties: {context: context}}")
    for name in ("orders", "other"):
        write(folder, name, f"path: {name}.jsonl\n{columns}")
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with resa.open(folder) as shop:
        shop.collect("orders")
        assert kept(shop) == [("bo@shop.se", "product_added")]
        shop.collect("other")
        assert [who for who, _ in kept(shop)] == ["bo@shop.se", "bo@shop.se", "cy@shop.se"]
        nothing_of_her(folder)


def test_a_database_that_is_read_again(folder: Path) -> None:
    database = sqlite_in(folder)
    database.run("CREATE TABLE visits (nr INTEGER, at TEXT, mail TEXT, what TEXT)")
    rows = [(place, *row.split(",")) for place, row in enumerate(ROWS)]
    database.run("INSERT INTO visits VALUES (?, ?, ?, ?)", rows)
    text = f'database: {{url: "{database.url}", table: visits, cursor: nr, late: 100}}\n'
    (folder / "sources" / "table.yaml").write_text(text + COLUMNS)
    with resa.open(folder) as shop:
        for _ in range(3):
            shop.collect()
        assert kept(shop) == [("anna@shop.se", "product_added")]
        assert sum(counted(shop).values()) == 3
        assert shop.rejected().num_rows == 1
        nothing_of_her(folder)
        database.run("INSERT INTO visits VALUES (?, ?, ?, ?)", [(99, "2026-05-09", "anna@shop.se", "order_completed")])
        shop.collect()
        assert len(kept(shop)) == 2
        assert shop.verify() == []


def hooked(shop: Workspace, folder: Path, *bodies: Any) -> Drained:
    with shop.store.writing() as writer, shop.store.arrivals() as arrivals:
        for body in bodies:
            now = to_microseconds(shop.clock())
            line = hook_line(json.dumps(body).encode(), now)
            arrivals.append(Arrival("hooked", now, HOOK, line)).result()
        drainer = Drainer(writer, arrivals, Hooks(folder), withholding=withholding_of(shop))
        done = drainer.drain()
        drainer.close()
        shop.refresh(writer)
    return done


def test_webhooks(folder: Path) -> None:
    (folder / "sources" / "hooked.yaml").write_text("hook: {signature: none}\n" + COLUMNS)
    with resa.open(folder) as shop:
        done = hooked(
            shop,
            folder,
            {"at": "2026-05-01T10:00:00Z", "mail": "anna@shop.se", "what": "product_added"},
            {"at": "2026-05-01T10:00:00Z", "mail": "quillwort@shop.se", "what": "product_added"},
            {"at": "soon", "mail": "quillwort@shop.se", "what": "product_added"},
        )
        assert (done.good, done.rejected) == (2, 1)
        assert kept(shop) == [("anna@shop.se", "product_added")]
        assert counted(shop) == {("05-01", "cart"): 1}
        nothing_of_her(folder)
        assert shop.verify() == []


def test_a_slip_in_the_name_of_a_source_is_told(folder: Path) -> None:
    (folder / "consent.yaml").write_text(CONSENT.replace("orders, ratings, people, hooked, table", "web, order"))
    write(folder, "orders", "path: orders.csv\n" + COLUMNS)
    with resa.open(folder) as shop:
        (problem,) = [one for one in shop.advice() if one.code == "unknown-source"]
    assert (problem.file, problem.line, problem.column) == ("consent.yaml", 4, 39)
    assert "did you mean 'orders'" in problem.message
    assert problem.severity == "warning"


def test_what_the_server_reads_by_itself(folder: Path) -> None:
    (folder / "sources" / "orders.yaml").write_text("path: orders.csv\nevery: 1 hour\n" + COLUMNS)
    (folder / "orders.csv").write_text(HEAD + "\n".join(ROWS) + "\n")
    os.utime(folder / "orders.csv", (1_700_000_000, 1_700_000_000))  # nobody is writing it any more
    began = time.monotonic()
    with Served(folder), resa.open(folder) as shop:
        while not any(load.state == "finished" for load in shop.loads("orders")):
            assert time.monotonic() - began < 90
            time.sleep(0.2)
    with resa.open(folder) as shop:
        assert kept(shop) == [("anna@shop.se", "product_added")]
        assert sum(counted(shop).values()) == 3
        nothing_of_her(folder)
