"""How the data are doing, on screen: what needs doing first, and a recount."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.screens import Visitor, visiting
from tests.support.served import new_shop

import resa
from resa.base.clock import to_microseconds
from resa.runtime import Drainer
from resa.storage import Arrival
from resa.workspace.health import health_of, sizes_of

_SECONDS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_shop(tmp_path)
    with resa.open(tmp_path) as shop:
        arrive(shop, drained=True)
    return tmp_path


@pytest.fixture
def analyst(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "analyst") as visitor:
        yield visitor


def arrive(shop: resa.Workspace, *, ago: timedelta = timedelta(), drained: bool = False) -> None:
    """Let some calls come, of which one is refused once they are events."""
    with shop.store.writing() as writer, shop.store.arrivals() as arrivals:
        for number in range(20):
            call = {"event": "product_added", "userId": f"u{number % 5}", "messageId": str(number)}
            at = to_microseconds(shop.clock() - ago)
            arrivals.append(Arrival("web", at, "track", json.dumps(call).encode())).result()
        arrivals.append(Arrival("web", to_microseconds(shop.clock()), "track", b'{"userId": "x"}')).result()
        if drained:
            drainer = Drainer(writer, arrivals)
            drainer.drain()
            drainer.close()
            shop.refresh(writer)


def about(shop: resa.Workspace) -> list[tuple[str, bool]]:
    return [(one.about, one.grave) for one in health_of(shop).concerns]


def test_what_is_well_is_said_to_be(folder: Path) -> None:
    with resa.open(folder) as shop, shop.store.writing():  # as a server that is running
        assert about(shop) == [("rejected", False)]  # one of 21 rows
        found = health_of(shop)
        assert (found.arrivals, found.oldest, found.figures.events) == (0, None, 20)
    with resa.open(folder) as shop:
        assert about(shop) == [("writer", False), ("rejected", False)]
        assert sum(sizes_of(shop).values()) > 10_000


def test_what_needs_doing_comes_in_its_order(folder: Path, analyst: Visitor) -> None:
    with resa.open(folder) as shop:
        arrive(shop, ago=timedelta(minutes=5))
        (folder / "sources").mkdir()
        (folder / "sources" / "orders.yaml").write_text("files: incoming/*.csv\nforce: yes\n")
        (folder / "journey.yaml").write_text("stages: 3\n")
        found = about(shop)
        assert [grave for _, grave in found] == sorted((grave for _, grave in found), reverse=True)
        assert {"waiting", "writer", "file"} <= {name for name, grave in found if grave}
        assert health_of(shop).arrivals == 21
    text = analyst.get("/data-health").text
    assert "waits to become events" in text
    assert "start it: resa serve" in text
    assert "sources/orders.yaml" in text
    assert text.index("waits to become events") < text.index("were refused and are kept")


@pytest.mark.parametrize(("spare", "grave"), [(1 << 60, True), (0, None)])
def test_a_full_disk_is_said(tmp_path: Path, spare: int, grave: bool | None) -> None:
    new_shop(tmp_path)
    (tmp_path / "resa.toml").write_text(f"spare_bytes = {spare}\n")
    with resa.open(tmp_path) as shop:
        assert dict(about(shop)).get("disk") is grave


def test_nothing_was_ever_taken(tmp_path: Path) -> None:
    new_shop(tmp_path)
    with visiting(tmp_path, "marketer") as visitor:
        text = visitor.get("/data-health").text
        assert "All is well" in text
        assert "/data-health/recount" not in text
        assert not (tmp_path / ".resa" / "arrivals.db").exists()
        assert visitor.post("/data-health/recount").status_code == 403


def test_everything_is_counted_again(folder: Path) -> None:
    with visiting(folder, "admin") as admin:
        assert "ended" not in admin.get("/data-health").text
        assert "Everything agrees." in recounted(admin)
        next((folder / ".resa" / "events").glob("*.parquet")).unlink()
        assert "is listed but missing" in recounted(admin)


def test_what_goes_while_sizes_are_looked_at_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone, there = folder / ".resa" / "work" / "gone", os.walk
    monkeypatch.setattr(os, "walk", lambda root: [*there(root), (str(gone), [], ["file"])])
    with resa.open(folder) as shop:
        assert "work" not in {name for name, size in sizes_of(shop).items() if size}


def recounted(admin: Visitor) -> str:
    assert admin.post("/data-health/recount").status_code == 303
    began = time.monotonic()
    while "It is under way" in (text := admin.get("/data-health").text):
        assert time.monotonic() - began < _SECONDS
        time.sleep(0.05)
    return text


def test_one_refused_row_of_many_is_told_and_leads_to_why(folder: Path, analyst: Visitor) -> None:
    with resa.open(folder) as shop:
        with shop.store.writing() as writer, shop.store.arrivals() as arrivals:
            for number in range(100):
                call = {"event": "product_added", "userId": "u1", "messageId": f"more {number}"}
                arrivals.append(Arrival("web", to_microseconds(shop.clock()), "track", json.dumps(call).encode()))
            arrivals.append(Arrival("web", to_microseconds(shop.clock()), "track", b"{}")).result()
            drainer = Drainer(writer, arrivals)
            drainer.drain()
            drainer.close()
            shop.refresh(writer)
        with shop.store.writing():  # as a server that is running
            assert about(shop) == [("rejected", False)]
    text = analyst.get("/data-health").text
    assert "2 rows of &#39;web&#39; were refused and are kept, and are in no number" in text
    assert 'href="/live#refused"' in text
    assert "All is well" not in text
    assert 'id="refused"' in analyst.get("/live").text
