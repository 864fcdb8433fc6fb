"""`/metrics`, `/ready`, and how often a key may send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.web.test_collecting import CALL, Answer, Desk, basic

from resa.base.clock import to_microseconds
from resa.runtime import Drainer
from resa.storage import Arrival, make_key
from resa.web.metrics import METRICS
from resa.web.pace import Pace

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.close()


def values(answer: Answer) -> dict[tuple[str, ...], float]:
    """Each number by its name and the values of its labels, in the order in which they are documented."""
    order = {label: place for metric in METRICS.values() for place, label in enumerate(metric.labels)}
    found = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            labels = sorted(sample.labels, key=lambda label: order.get(label, 9))
            found[(sample.name, *(sample.labels[label] for label in labels))] = sample.value
    return found


def watched(desk: Desk) -> dict[tuple[str, ...], float]:
    key = make_key(desk.store, f"watch{desk.store.clock()}", scope="metrics")
    answer = desk.raw("/metrics", authorization=f"Bearer {key}")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "access-control-allow-origin" not in answer.headers
    return values(answer)


def test_what_was_taken_refused_and_waits_is_counted(desk: Desk) -> None:
    for _ in range(3):
        desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    desk.ask("/v1/t", CALL)
    desk.ask("/v1/t", b"no", authorization=basic(desk.key))
    desk.ask("/v1/t", b"x" * 600_000, authorization=basic(desk.key))
    desk.ask("/hooks/nothing", {})
    desk.ask("/nothing")
    desk.collector.intake._looked = -1.0
    found = watched(desk)
    assert found["resa_accepted_total", "segment"] == 3
    refused = {name[1:]: value for name, value in found.items() if name[0] == "resa_refused_total"}
    assert refused == {
        ("segment", "unauthorized"): 1,
        ("segment", "bad_request"): 1,
        ("segment", "content_too_large"): 1,
        ("hook", "not_found"): 1,
        ("other", "not_found"): 1,
    }
    assert found["resa_requests_total", "segment", "200"] == 3
    assert found[("resa_arrivals_waiting",)] == 3
    assert found[("resa_ready",)] == 1
    assert found[("resa_disk_free_bytes",)] > 0
    assert found["resa_write_ahead_log_bytes", "arrivals"] > 0


def test_what_became_of_it(desk: Desk) -> None:
    desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    desk.ask("/v1/t", {"userId": "u"}, authorization=basic(desk.key))
    with desk.store.writing() as writer:
        drainer = Drainer(writer, desk.arrivals)
        drainer.drain()
        desk.collector.intake._looked = -1.0
        found = watched(desk)
    rows = {name[2]: value for name, value in found.items() if name[0] == "resa_rows_total"}
    assert rows == {"good": 1, "rejected": 1, "duplicate": 1}
    assert found[("resa_arrivals_waiting",)] == 0
    assert found[("resa_index_rows_behind",)] == 1
    assert found[("resa_index_events",)] == 0


def test_how_far_each_source_is(desk: Desk, tmp_path: Path) -> None:
    desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    with desk.store.writing() as writer:
        Drainer(writer, desk.arrivals).drain()
        now = desk.store.clock()
        for name, error in [("shop", ""), ("dead", "no route"), ("dead", "no route"), ("gone", "no route")]:
            writer.note_run(name, began_at=now - timedelta(minutes=10), error=error)
        (tmp_path / "sources").mkdir()
        for name in ("shop", "dead"):
            (tmp_path / "sources" / f"{name}.yaml").write_text("path: x.csv\n")
        desk.collector.metrics._hooks._looked = -1.0
        real = desk.store.clock
        desk.store.clock = lambda: real() + timedelta(hours=2)
        found = watched(desk)
    lags = {name[1]: value for name, value in found.items() if name[0] == "resa_source_lag_seconds"}
    assert list(lags) == ["web"]
    assert 7_200 <= lags["web"] < 7_300
    runs = {name[1]: value for name, value in found.items() if name[0] == "resa_source_run_age_seconds"}
    assert runs == {"shop": pytest.approx(7_800, abs=60), "dead": pytest.approx(7_800, abs=60)}
    failures = {name[1]: value for name, value in found.items() if name[0] == "resa_source_failures"}
    assert failures == {"shop": 0, "dead": 2}  # that of which no file is left would fail for ever


def test_every_metric_is_documented_and_every_documented_one_there(desk: Desk) -> None:
    desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    desk.ask("/v1/t", CALL)
    with desk.store.writing() as writer:
        Drainer(writer, desk.arrivals).drain()
        writer.note_run("web", began_at=desk.store.clock())
    ours = {name[0] for name in watched(desk) if name[0].startswith("resa_")}
    shown = {name.removesuffix(end) for name in ours for end in ("_bucket", "_sum", "_count") if name.endswith(end)}
    shown |= {name for name in ours if not name.endswith(("_bucket", "_sum", "_count"))}
    assert shown == {metric.shown for metric in METRICS.values()}
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"`{metric.shown}`" in page for metric in METRICS.values())


def test_who_may_read_them(desk: Desk) -> None:
    watching = make_key(desk.store, "prometheus", scope="metrics")
    assert desk.ask("/metrics", method="GET").status == 401
    assert desk.ask("/metrics", method="GET", authorization=f"Bearer {desk.key}").status == 401
    assert desk.raw("/metrics", authorization=f"Bearer {watching}").status == 200
    assert desk.ask("/v1/t", CALL, authorization=f"Bearer {watching}").status == 401  # it sends nothing
    assert desk.ask("/metrics", {}, authorization=f"Bearer {watching}").status == 405
    for client, host, status in [("127.0.0.1", "127.0.0.1:8787", 200), ("203.0.113.9", "localhost", 401)]:
        desk.client = (client, 4711)
        assert desk.raw("/metrics", host=host).status == status


def test_no_word_of_a_sender_is_in_them(desk: Desk) -> None:
    desk.ask("/v1/t", {**CALL, "userId": "ann@example.com", "event": "secret_plan"}, authorization=basic(desk.key))
    desk.ask("/ann@example.com/x", {"a": 1}, user_agent="ann@example.com")
    desk.ask("/hooks/ann@example.com", {"a": 1}, referer="ann@example.com")
    desk.client = ("127.0.0.1", 4711)
    text = desk.raw("/metrics", host="localhost").body.decode()
    assert "ann" not in text
    assert "secret" not in text


def test_ready_is_no_more_when_nothing_becomes_events(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ready_seconds=5)
    now = to_microseconds(desk.store.clock())
    for number, age, status in [(1, 1, 200), (2, 20, 503)]:
        desk.arrivals.append(Arrival("web", now - age * 1_000_000, "track", json.dumps(CALL).encode())).result()
        desk.arrivals.forget({"web": number - 1}).result()
        desk.collector.intake._looked = -1.0
        assert desk.ask("/ready", method="GET").status == status
        assert desk.ask("/health", method="GET").status == 200
    with desk.store.writing() as writer:
        Drainer(writer, desk.arrivals).drain()
    desk.collector.intake._looked = -1.0
    assert desk.ask("/ready", method="GET").status == 200
    desk.close()


@pytest.mark.parametrize("chosen", [{"waiting_requests": 1}, {"spare_bytes": 1 << 60}])
def test_ready_is_no_when_nothing_can_be_taken(tmp_path: Path, chosen: dict[str, Any]) -> None:
    desk = Desk(tmp_path, **chosen)
    desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    desk.collector.intake._looked = -1.0
    assert desk.ask("/ready", method="GET").status == 503
    answer = desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    assert (answer.status, answer.headers["retry-after"]) == (429, "5")
    desk.close()


def test_who_sends_too_much_waits_and_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    desk = Desk(tmp_path, requests_per_minute=3)
    other = make_key(desk.store, "other", source_id="other")
    answers = [desk.ask("/v1/t", CALL, authorization=basic(desk.key)) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert desk.ask("/v1/t", CALL, authorization=basic(other)).status == 200
    desk.client = ("127.0.0.1", 4711)
    assert values(desk.raw("/metrics", host="localhost"))["resa_refused_total", "segment", "rate_limited"] == 2
    assert len(desk.taken) == 4
    desk.close()


def test_the_pace_in_the_long_run() -> None:
    now = 100.0
    pace = Pace(60, lambda: now)
    assert [pace.wait("a") for _ in range(60)] == [0.0] * 60
    assert pace.wait("a") == pytest.approx(1.0)
    now += 1.01
    assert (pace.wait("a"), pace.wait("a") > 0) == (0.0, True)
    now += 3_600
    assert [pace.wait("a") for _ in range(61)][-2:] == [0.0, pytest.approx(1.0)]
    assert [Pace(0).wait("a") for _ in range(3)] == [0.0] * 3
