"""Files that are edited while a workspace is served are used from then on; wrong ones are told of, and not used."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support.properties import by_night
from tests.support.served import Served, new_shop

from resa import workspace
from resa.base.errors import WorkspaceBusy

_SECONDS = 90


def visits(folder: Path, touchpoint: str) -> int | None:
    """How often a touchpoint was visited; `None`: the served index does not know the map as it is now."""
    with workspace.open(folder) as shop, suppress(WorkspaceBusy):
        rows = {row["touchpoint"]: row["visits"] for row in shop.measure.touchpoints().table.to_pylist()}
        return int(rows.get(touchpoint, 0))
    return None


def until(holds: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < _SECONDS
        time.sleep(0.2)


def test_an_edited_map_is_measured_while_it_is_served(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    key = new_shop(folder)
    path = folder / "journey.yaml"
    with Served(folder) as served:
        for name in ("product_added", "basket_filled", "basket_filled"):
            body = json.dumps({"event": name, "userId": "u1", "writeKey": key}).encode()
            assert served.post("/v1/track", body) == 200
        until(lambda: visits(folder, "cart") == 1)
        good = path.read_text(encoding="utf-8")
        path.write_text(good.replace("event: product_added", "event: basket_filled"), encoding="utf-8")
        until(lambda: visits(folder, "cart") == 2)
        edited = path.read_text(encoding="utf-8")
        path.write_text(edited.replace("next: purchase", "next: nowhere"), encoding="utf-8")
        time.sleep(5)
        body = json.dumps({"event": "basket_filled", "userId": "u2", "writeKey": key}).encode()
        assert served.post("/v1/track", body) == 200
        path.write_text(edited, encoding="utf-8")
        until(lambda: visits(folder, "cart") == 3)
        time.sleep(5)  # the map before was in use meanwhile: that it is edited again is seen every other second
    assert served.output.count("the edited files are used from now on") >= 2
    assert "the edited files are not used yet: journey.yaml" in served.output
    with workspace.open(folder) as shop:
        assert shop.verify() == []


@pytest.mark.parametrize("name", by_night(["consent.yaml", "identity.yaml"], beyond=1))
def test_half_a_file_of_rules_ends_no_server(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "shop"
    key = new_shop(folder)
    (folder / "resa.toml").write_text("requests_per_minute = 500\n", encoding="utf-8")
    with Served(folder) as served:
        (folder / name).write_text("country: [", encoding="utf-8")
        (folder / "resa.toml").write_text("", encoding="utf-8")
        time.sleep(5)
        body = json.dumps({"event": "product_added", "userId": "u1", "writeKey": key}).encode()
        assert served.post("/v1/track", body) == 200
        (folder / name).unlink()
        until(lambda: visits(folder, "cart") == 1)
    assert f"the edited files are not used yet: {name}" in served.output
    assert served.output.count("the settings stay as they were: resa.toml: it is empty or gone") == 1
