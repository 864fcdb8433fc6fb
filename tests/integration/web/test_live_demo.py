"""`resa demo --live`: made-up customers come over HTTP, each event at its moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.served import Served, new_shop

import resa
from resa.cli import demo as demo_command
from resa.cli.app import run
from resa.web import Sender
from resa.workspace.made_up_days import made_up_days


def test_days_of_customers_are_calls_in_the_order_of_time() -> None:
    calls = made_up_days("retail", datetime(2026, 11, 28, tzinfo=UTC).date(), days=1, customers=300, seed=2)
    moments = [one.at for one in calls]
    assert moments == sorted(moments)
    assert moments[0] >= datetime(2026, 11, 27, 23, tzinfo=UTC)  # midnight in the shop's zone
    kinds = {one.call["type"] for one in calls}
    assert kinds == {"identify", "page", "track"}
    customers = {one.call["userId"] for one in calls}
    assert all(customer.startswith("LTP") for customer in customers)
    assert sum(one.call["type"] == "identify" for one in calls) <= len(customers)


def test_calls_are_sent_at_their_moments_also_when_nobody_listens_yet(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    now = datetime.now(UTC)
    calls = [
        (now + timedelta(seconds=seconds), {"type": "track", "event": "product_added", "userId": f"u{seconds}"})
        for seconds in (-5, 0, 600)
    ]
    served = Served(tmp_path)
    sender = Sender("127.0.0.1", served.port, key, calls)
    sender.start()
    with served, resa.open(tmp_path) as shop:
        while shop.store.index().events < 2:
            pass
    sender.stop()
    assert "2 rows good" in served.output


@pytest.mark.nightly
def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(demo_command, "_COMING", 30_000)
    port = str(Served(tmp_path).port)
    arguments = ["demo", str(tmp_path / "demo"), "--customers", "200", "--live", "--seconds", "45", "--port", port]
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert "resa tail -w" in said.out
    with resa.open(tmp_path / "demo") as shop:
        (load,) = shop.loads("live")
        assert load.good > 0
        assert load.rejected == 0
        assert shop.store.index().as_of.sources["live"] > datetime.now(UTC) - timedelta(minutes=10)
