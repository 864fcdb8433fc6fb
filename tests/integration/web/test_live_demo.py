"""`resa demo`: a shop a year old in a browser, whoever runs it signed in, while made-up customers come over HTTP."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.served import Served, new_shop

import resa
from resa.cli import demo_served
from resa.cli.app import run
from resa.cli.demo_served import Coming
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


def test_another_process_draws_who_comes_from_now_on_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_served, "_A_DAY", 100)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    began = datetime.now(UTC)
    with Coming(began.date() + timedelta(days=3)) as coming:
        calls = coming.calls()
        found = [next(calls) for _ in range(300)]  # of more than a day: the next one is drawn as it is needed
        assert len({at.date() for at, _ in found}) > 1
        coming.stop()
        assert len(list(calls)) < 1_000  # what it had written before, and no more
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    assert all(at > began for at, _ in found)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.Popen[str], str]]:
    """The demo while it is shown: its folder, its process, and its link."""
    folder = tmp_path_factory.mktemp("demo") / "shop"
    command = [sys.executable, "-m", "resa.cli", "demo", str(folder), "--customers", "300", "--port", "0"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "DISPLAY": ":0", "BROWSER": f"touch {folder}/opened;#%s"},
    )
    assert process.stdout is not None
    link = None
    while link is None:
        line = process.stdout.readline()
        assert line, "it ended"
        link = re.search(r"http://127\.0\.0\.1:\d+/demo/\S+", line)
    yield folder, process, link[0]
    process.kill()
    process.communicate()


def opened(link: str, path: str, cookie: str = "") -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection(link.split("/")[2], timeout=60)
    connection.request("GET", path, headers={"cookie": cookie})
    answer = connection.getresponse()
    text = answer.read().decode()
    cookies = dict(one.partition(";")[0].split("=", 1) for one in answer.headers.get_all("set-cookie", []))
    connection.close()
    return answer.status, text, cookies


def test_it_ends_with_the_screens_open_and_stops_cleanly(shown: tuple[Path, subprocess.Popen[str], str]) -> None:
    folder, process, link = shown
    path = "/" + link.split("/", 3)[3]
    status, _, cookies = opened(link, path)
    assert status == 303
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    _, page, _ = opened(link, "/", cookie)
    assert "1 of 5" in page
    assert "Tarn &amp; Pine" in page
    assert opened(link, path)[0] == 410
    assert run(["demo", str(folder)]) == 1  # while it is shown, it is not taken away
    assert not (folder / "opened").exists()  # nobody sits before a pipe
    with resa.open(folder) as shop:
        days = {value.as_py() for value in shop.store.rows("events", columns=["occurred_at"]).column("occurred_at")}
    assert datetime.now(UTC) - min(days) > timedelta(days=350)
    os.kill(process.pid, signal.SIGINT)
    assert process.stdout is not None
    rest = process.stdout.read()
    assert process.wait(60) == 0
    assert "stopped;" in rest
    assert f"resa serve -w {folder}" in rest
    assert "Traceback" not in rest
    assert path.removeprefix("/demo/") not in rest


@pytest.mark.nightly
def test_events_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["demo", str(tmp_path / "demo"), "--customers", "200", "--no-open", "--seconds", "60", "--port", "0"]
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert "resa tail -w" in said.out
    with resa.open(tmp_path / "demo") as shop:
        (load,) = shop.loads("live")
        assert load.good > 0
        assert load.rejected == 0
        assert shop.store.index().as_of.sources["live"] > datetime.now(UTC) - timedelta(minutes=10)
    began = time.monotonic()
    assert run([*arguments[:4], "--no-serve"]) == 0
    assert time.monotonic() - began < 120
    assert "/demo/" not in capsys.readouterr().out
