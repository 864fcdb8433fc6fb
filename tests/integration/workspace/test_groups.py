"""Customers belong to firms and households, in a role: what `group` calls and files say of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import resa
from resa.base.clock import to_microseconds
from resa.cli.app import run
from resa.runtime import Drainer
from resa.storage import Arrival

MAP = """
title: Software for workshops
account: traits.company
stages: {contract: [order]}
signals: {order: {event: order}}
"""
TRAITS = "company: {when: event = 'group' and properties.traits.type = 'account', last: properties.group_id}\n"
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


def said(minute: int, user: str, group: Any, **traits: Any) -> dict[str, Any]:
    moment = (BEGAN + timedelta(minutes=minute)).isoformat()
    return {"userId": user, "groupId": group, "traits": traits, "messageId": f"{user}-{minute}", "timestamp": moment}


CALLS = [
    said(1, "anna", "nord", type="account", name="Nord AS", role="buyer"),
    said(2, "bo", "nord", type="account", role="owner"),
    said(3, "anna", "nord", type="account"),
    said(4, "anna", "lind-4", type="household"),
    said(5, "anna", "nord", role="owner"),
    said(6, "anna", "nord", role="owner", name="Nord"),
    said(7, "cecilia", 17, role=""),
]
ANNA = {
    "nord": ("account", "Nord", "owner", BEGAN + timedelta(minutes=5)),
    "lind-4": ("household", None, None, BEGAN + timedelta(minutes=4)),
}
BO = {"nord": ("account", None, "owner", BEGAN + timedelta(minutes=2))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP, encoding="utf-8")
    (tmp_path / "traits.yaml").write_text(TRAITS, encoding="utf-8")
    with resa.open(tmp_path) as shop, shop.store.writing() as writer, shop.store.arrivals() as arrivals:
        order = {"event": "order", "userId": "bo", "messageId": "order", "timestamp": CALLS[-1]["timestamp"]}
        for kind, call in [("track", order), *(("group", call) for call in reversed(CALLS))]:
            received = to_microseconds(shop.clock())
            arrivals.append(Arrival("web", received, kind, json.dumps(call).encode())).result()
        drainer = Drainer(writer, arrivals)
        drainer.drain()
        drainer.close()
        shop.refresh(writer)
    return tmp_path


def groups_of(shop: resa.Workspace, user: str) -> dict[str, tuple[str | None, str | None, str | None, datetime]]:
    """As the profile has them, which the view agrees with."""
    found = shop.customer(user, kind="user_id").seen.groups
    asked = shop.measure.sql(f"SELECT * FROM groups WHERE customer = {found[0].customer}").to_pylist()
    assert [{**vars(one), "source_id": one.source} for one in found] == [{**row, "source": "web"} for row in asked]
    return {one.group_id: (one.kind, one.name, one.role, one.since) for one in found}


def test_who_belongs_to_what_in_which_role_since_when(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with resa.open(folder) as shop:
        assert groups_of(shop, "anna") == ANNA
        assert groups_of(shop, "bo") == BO
        assert list(groups_of(shop, "cecilia")) == ["17"]
        then = (BEGAN + timedelta(minutes=3)).isoformat()
        rows = shop.measure.sql("SELECT role FROM groups ORDER BY role", as_of=then).to_pylist()
        assert [row["role"] for row in rows] == ["buyer", "owner"]
        accounts = shop.measure.snapshot(count_by="account").index.identifiers()
        assert accounts.column("value").to_pylist() == ["nord"]
        counted = shop.measure.sql("SELECT visits FROM customers", count_by="account").to_pylist()
        assert counted == [{"visits": 1}]
        assert shop.measure.sql("SELECT DISTINCT role FROM groups WHERE kind = 'account'", count_by="account").num_rows
    capsys.readouterr()
    assert run(["customer", "show", "anna", "-w", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "What she belongs to" in shown
    assert any(line.split()[:4] == ["nord", "account", "Nord", "owner"] for line in shown.splitlines())
    assert run(["customer", "show", "anna", "-w", str(folder), "--format", "json"]) == 0
    assert {one["group_id"] for one in json.loads(capsys.readouterr().out)["groups"]} == set(ANNA)


def test_groups_follow_joins_splits_and_erasures(folder: Path) -> None:
    with resa.open(folder) as shop:
        shop.identity.join(("user_id", "anna"), ("user_id", "bo"))
        both = groups_of(shop, "bo")
        assert both["lind-4"] == ANNA["lind-4"]
        assert both["nord"][2:] == ("owner", BEGAN + timedelta(minutes=2))
        shop.identity.split(("user_id", "anna"), ("user_id", "bo"))
        assert groups_of(shop, "anna") == ANNA
        assert groups_of(shop, "bo") == BO
        shop.erase("anna")
        assert groups_of(shop, "bo") == BO
        left = shop.measure.sql("SELECT DISTINCT group_id FROM groups").column("group_id").to_pylist()
        assert sorted(left) == ["17", "nord"]
        assert shop.verify() == []
