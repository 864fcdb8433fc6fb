"""`resa serve` as an operator has it: how it stops, what it writes down, and what it shows to monitoring."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.properties import by_night
from tests.support.served import Served, new_shop

import resa

WHO = "ann.andersson@example.com"
"""Of a person; nothing that is written down may name her."""


def open_one(served: Served, content: bytes, stack: ExitStack) -> None:
    one = stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=5))
    one.sendall(content)


SLOW = {
    "nothing": b"",
    "idle": b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "half a head": b"POST /v1/t HTTP/1.1\r\nHo",
    "half a body": b"POST /v1/t HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
}


def test_it_stops_within_seconds_whoever_holds_a_connection(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    with ExitStack() as stack, Served(tmp_path) as served:
        for content in SLOW.values():
            open_one(served, content, stack)
        body = json.dumps({"event": "seen", "userId": "u", "writeKey": key}).encode()
        assert [served.post("/v1/t", body) for _ in range(20)] == [200] * 20
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(60) == 0
        assert time.monotonic() - began < 15
    assert "took 20 requests" in served.output
    with resa.open(tmp_path) as shop:
        assert shop.store.index().events == 20


def test_a_second_signal_ends_it_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    with ExitStack() as stack, Served(tmp_path) as served:
        open_one(served, SLOW["half a body"], stack)
        members = served.members()
        body = json.dumps({"event": "seen", "userId": "u", "writeKey": key}).encode()
        assert [served.post("/v1/t", body) for _ in range(20)] == [200] * 20
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(60) == 128 + signal.SIGTERM
        assert time.monotonic() - began < 2
        while any(Path(f"/proc/{pid}/cmdline").exists() for pid in members):
            assert time.monotonic() - began < 10
            time.sleep(0.05)
    with Served(tmp_path):
        pass
    with resa.open(tmp_path) as shop:
        assert shop.store.index().events == 20
        assert shop.verify() == []


@pytest.mark.parametrize("form", by_night(["json", "text"], beyond=1))
def test_nothing_that_was_sent_is_written_down(form: str, tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    with Served(tmp_path, "--log-format", form) as served:
        good: dict[str, object] = {
            "event": WHO,
            "userId": WHO,
            "properties": {"mail": WHO},
            "context": {"ip": "203.0.113.77"},
        }
        wrong: list[dict[str, object]] = [
            {"userId": WHO},
            {"event": WHO, "userId": [WHO]},
            {"event": WHO, "timestamp": WHO, "userId": WHO},
        ]
        batch = {"batch": [{"type": "track", **one} for one in [good, *wrong]], "writeKey": key}
        assert served.post("/v1/batch", json.dumps(batch).encode()) == 200
        for path, body, headers in [
            ("/v1/track", json.dumps({**good, "writeKey": f"resa_{WHO}"}).encode(), {}),
            ("/v1/track", f'{{"{WHO}": '.encode(), {"Authorization": f"Bearer {WHO}"}),
            (f"/{WHO}?mail={WHO}", b"", {"User-Agent": WHO, "Referer": WHO, "Cookie": WHO}),
            (f"/hooks/{WHO}", WHO.encode(), {}),
            (f"/l/{WHO}", b"", {}),
            ("/v1/batch", WHO.encode() * 50_000, {}),
            ("/v1/batch", WHO.encode(), {"Content-Encoding": WHO}),
            ("/v1/batch", WHO.encode(), {"Content-Length": "9" * 30}),
        ]:
            assert served.post(path, body, **headers) != 200
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as one:
            one.sendall(f"{WHO} {WHO} {WHO}\r\n\r\n".encode())
            one.recv(1_000)
        time.sleep(1.0)
    assert "4 rejected" not in served.output
    assert "3 rejected" in served.output
    assert "ann" not in served.output.replace("cannot", "")
    assert "203.0.113" not in served.output
    assert key[:8] not in served.output
    if form == "json":
        setup, first, *_hints, last = [json.loads(line) for line in served.output.splitlines()]
        assert (setup["event"], setup["level"]) == ("setup", "warning"), "what is to be done first comes first"
        assert (first["event"], first["level"], last["event"]) == ("listening", "info", "stopped")
        assert (last["good"], last["rejected"]) == (1, 3)


def test_what_fails_is_a_line_of_json_too(tmp_path: Path) -> None:
    new_shop(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        served = Served(tmp_path, "--log-format", "json")
        served.port = other.getsockname()[1]
        with pytest.raises(AssertionError), served:
            pass
        served.output += served.process.communicate(timeout=60)[1]
    assert served.process.returncode == 1
    (line,) = [json.loads(line) for line in served.output.splitlines()]
    assert (line["event"], line["level"]) == ("failed", "error")


def ask(served: Served, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_monitoring_sees_it_from_this_machine(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    body = json.dumps({"event": "seen", "userId": "u", "writeKey": key}).encode()
    with Served(tmp_path) as served:
        assert served.post("/v1/t", body) == 200
        assert served.post("/v1/t", b"no") == 400
        assert ask(served, "/health")[0] == ask(served, "/ready")[0] == 200
        began = time.monotonic()
        text = ""  # a request is forgotten only once its event is counted, a moment later
        while not {"resa_index_events 1.0", "resa_arrivals_waiting 0.0"} <= set(text.splitlines()):
            assert time.monotonic() - began < 60
            time.sleep(0.1)
            text = ask(served, "/metrics")[1]
        assert 'resa_refused_total{reason="bad_request",way="segment"} 1.0' in text
        assert 'resa_rows_total{outcome="good",source="web"} 1.0' in text
        assert "process_open_fds" in text
        assert ask(served, "/metrics", **{"X-Forwarded-For": "127.0.0.1"})[0] == 401


def test_it_is_not_ready_once_nothing_becomes_events(tmp_path: Path) -> None:
    """The process that makes events of what arrives is stopped in its track: what is accepted only waits."""
    key = new_shop(tmp_path)
    (tmp_path / "resa.toml").write_text("ready_seconds = 2\n")
    body = json.dumps({"event": "seen", "userId": "u", "writeKey": key}).encode()
    with Served(tmp_path) as served:
        served.process.send_signal(signal.SIGSTOP)
        try:
            assert served.post("/v1/t", body) == 200
            assert ask(served, "/ready")[0] == 200
            began = time.monotonic()
            while ask(served, "/ready")[0] == 200:
                assert time.monotonic() - began < 30
                time.sleep(0.2)
            assert ask(served, "/health")[0] == 200
        finally:
            served.process.send_signal(signal.SIGCONT)
        while ask(served, "/ready")[0] != 200:
            assert time.monotonic() - began < 60
            time.sleep(0.2)


def raw(served: Served, request: bytes) -> bytes:
    """All that comes back, until the connection is closed."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as one:
        one.sendall(request)
        return b"".join(iter(lambda: one.recv(65_536), b""))


def test_requests_of_two_ends_and_odd_methods_smuggle_nothing(tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    body = json.dumps({"event": "seen", "userId": "u", "writeKey": key}).encode()
    inner = b"POST /v1/t HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    head = b"POST /v1/t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    with Served(tmp_path) as served:
        for request in [
            head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
            head + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner,
            head + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + inner,
            head + b"Content-Length: +%d\r\n\r\n" % len(inner) + inner,
            b"TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: secret\r\n\r\n",
            b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"GET http://example.com/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nPRI * HTTP/2.0\r\n\r\n",
        ]:
            answer = raw(served, request)
            assert b'"success"' not in answer
            assert b"secret" not in answer
            assert answer.count(b"HTTP/1.1 ") <= 1
        assert served.post("/v1/t", body) == 200
    assert "took 1 requests" in served.output


SEEN = {"shortened": "127.0.0.0", "dropped": None, "whole": "127.0.0.1"}


@pytest.mark.parametrize("kept", by_night(SEEN, beyond=1))
def test_addresses_are_kept_as_far_as_is_asked_for(kept: str, tmp_path: Path) -> None:
    key = new_shop(tmp_path)
    (tmp_path / "resa.toml").write_text(f'ip = "{kept}"\n')
    calls: list[dict[str, object]] = [
        {"event": "by_browser", "context": {"userAgent": "Mozilla/5.0"}},
        {"event": "by_server"},
        {"event": "told", "context": {"ip": "203.0.113.77", "userAgent": "Mozilla/5.0"}},
        {"event": "forged", "receivedFrom": "198.51.100.1", "context": {"userAgent": "Mozilla/5.0"}},
    ]
    with Served(tmp_path) as served:
        for call in calls:
            assert served.post("/v1/t", json.dumps({**call, "userId": "u", "writeKey": key}).encode() + b" \n") == 200
    with resa.open(tmp_path) as shop:
        rows = shop.store.rows("events", ["event", "properties"]).to_pylist()
    found = {row["event"]: json.loads(row["properties"] or "{}").get("context", {}).get("ip") for row in rows}
    told = {"dropped": None, "shortened": "203.0.113.0", "whole": "203.0.113.77"}[kept]
    assert found == {"by_browser": SEEN[kept], "by_server": None, "told": told, "forged": SEEN[kept]}
    assert ("203.0.113.77" in json.dumps(rows)) is (kept == "whole")
