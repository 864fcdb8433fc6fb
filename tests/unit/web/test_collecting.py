"""The collector as senders meet it: keys in every permitted place, limits, CORS, and what is never answered by 200."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import shutil
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from resa.base.errors import WorkspaceError
from resa.base.language import sentence
from resa.base.settings import Settings
from resa.collector import Hooks
from resa.runtime import Intake
from resa.storage import Store, make_key, revoke_key
from resa.web import Collector
from resa.web import bodies as web_bodies

CALL = {"event": "seen", "userId": "u1", "messageId": "m1"}


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: Any


class Desk:
    """A collector without a network."""

    def __init__(self, folder: Path, hooks: Hooks | None = None, **chosen: Any) -> None:
        self.settings = Settings(**chosen)
        self.store = Store.open(folder)
        self.arrivals = self.store.arrivals()
        self.collector = Collector(
            Intake(self.store, self.arrivals, self.settings), hooks or Hooks(folder), self.settings
        )
        self.key = make_key(self.store, "web", source_id="web")
        self.client: tuple[str, int] | None = None

    def ask(self, path: str, body: object = None, *, method: str = "POST", chunks: int = 1, **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = asyncio.run(self._ask(path, content, method, chunks, named))
        return answer._replace(body=json.loads(answer.body) if answer.body else None)

    def raw(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """An answer whose body is no JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self._ask(path, b"", method, 1, named))

    async def _ask(self, path: str, content: bytes, method: str, chunks: int, headers: Mapping[str, str]) -> Answer:
        size = -(-len(content) // chunks) or 1
        parts = [content[begin : begin + size] for begin in range(0, len(content), size)] or [b""]
        coming = [
            {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
            for place, part in enumerate(parts)
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return coming.pop(0) if coming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        path, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "scheme": "http", "path": path, "headers": raw}
        await self.collector({**scope, "client": self.client, "query_string": query.encode()}, receive, send)
        start, end = sent
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], told, end["body"])

    @property
    def taken(self) -> list[Any]:
        return [(one.source_id, one.kind, json.loads(one.content)) for one in self.arrivals.waiting()]

    def close(self) -> None:
        self.arrivals.close()
        self.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.close()


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def test_a_key_in_every_permitted_place(desk: Desk) -> None:
    ways: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({**CALL, "writeKey": desk.key}, {}),
        (CALL, {"authorization": basic(desk.key)}),
        (CALL, {"authorization": f"Bearer {desk.key}"}),
        ({**CALL, "writeKey": "wrong"}, {"authorization": basic(desk.key)}),
    ]
    for body, headers in ways:
        assert desk.ask("/v1/track", body, **headers)[::2] == (200, {"success": True})
    assert [(source, kind) for source, kind, _ in desk.taken] == [("web", "track")] * 4


@pytest.mark.parametrize("authorization", ["", "Basic", "Basic ###", "Basic Og==", "Bearer", "Digest x", "Basic w6U="])
def test_without_a_good_key_nothing_is_taken(desk: Desk, authorization: str) -> None:
    answer = desk.ask("/v1/track", CALL, authorization=authorization)
    assert answer.status == 401
    assert (answer.body["code"], answer.body["status"]) == ("unauthorized", 401)
    assert desk.taken == []


def test_a_revoked_key_is_refused_at_once(desk: Desk) -> None:
    assert desk.ask("/v1/track", CALL, authorization=basic(desk.key)).status == 200
    revoke_key(desk.store, "web")
    with Store.open(desk.store.layout.root) as other:
        make_key(other, "again", source_id="web")
    assert desk.ask("/v1/track", CALL, authorization=basic(desk.key)).status == 401


def test_the_addresses_of_servers_and_browsers(desk: Desk) -> None:
    names = ["identify", "track", "page", "screen", "group", "alias", "batch"]
    for path in [*names, *(name[0] for name in names), "import"]:
        body = {"batch": [CALL]} if path in {"batch", "b", "import"} else CALL
        assert desk.ask(f"/v1/{path}", body, authorization=basic(desk.key), content_type="text/plain").status == 200
    kinds = [kind for _, kind, _ in desk.taken]
    assert kinds == [*names, *names, "batch"]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/", "GET", 404), ("/v1/nothing", "POST", 404), ("/v1/track", "GET", 405), ("/v1/track/x", "POST", 404)],
)
def test_other_addresses(desk: Desk, path: str, method: str, status: int) -> None:
    answer = desk.ask(path, method=method)
    assert answer.status == status
    assert answer.body["message"]


def test_packed_bodies(desk: Desk) -> None:
    plain = json.dumps(CALL).encode()
    for encoding, body in (
        ("gzip", gzip.compress(plain)),
        ("GZIP", gzip.compress(plain)),
        ("deflate", zlib.compress(plain)),
        ("identity", plain),
    ):
        answer = desk.ask("/v1/t", body, authorization=basic(desk.key), content_encoding=encoding, chunks=3)
        assert answer.status == 200
    assert [call for _, _, call in desk.taken] == [CALL] * 4
    for encoding, body, status in (
        ("gzip", plain, 400),
        ("gzip", gzip.compress(plain)[:-9], 400),
        ("br", plain, 415),
        ("gzip", gzip.compress(b" " * 200_000_000), 413),  # a bomb: 200 KB that would fill 200 MB
        ("gzip", gzip.compress(gzip.compress(plain)), 400),
    ):
        assert desk.ask("/v1/t", body, authorization=basic(desk.key), content_encoding=encoding).status == status
    assert len(desk.taken) == 4


def test_too_large_a_body_is_refused_before_it_is_whole(desk: Desk) -> None:
    most = desk.settings.body_bytes
    large = b"x" * (most + 1)
    assert desk.ask("/v1/t", large, authorization=basic(desk.key), chunks=50).status == 413
    assert desk.ask("/v1/t", CALL, content_length=str(10**12)).status == 413
    exactly = json.dumps({**CALL, "properties": {"x": ""}}).encode()
    exactly = exactly.replace(b'""', b'"' + b"x" * (most - len(exactly)) + b'"')
    assert len(exactly) == most
    assert desk.ask("/v1/t", exactly, authorization=basic(desk.key)).status == 200  # its one call is refused, and kept


def test_a_slow_body_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.collector._held, "limits", web_bodies.Limits(1_000, 0.05))
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(desk.collector({"type": "http", "method": "POST", "path": "/v1/t", "headers": []}, never, send))
    assert sent[0]["status"] == 408


@pytest.mark.parametrize("body", [b"", b"no", b"[]", b'"text"', b"\xff", b'{"batch": {}}', b"{" * 100_000])
def test_what_is_no_request(desk: Desk, body: bytes) -> None:
    answer = desk.ask("/v1/batch", body, authorization=basic(desk.key))
    assert answer.status == 400
    assert {"code", "message", "type", "title", "status", "detail"} <= set(answer.body)
    assert desk.taken == []


def test_strict_senders_learn_of_every_call(desk: Desk) -> None:
    body = {"batch": [{**CALL, "type": "track"}, {"type": "track"}, {"type": "?"}]}
    answer = desk.ask("/v1/batch", body, authorization=basic(desk.key), prefer="respond-async, handling=strict")
    assert answer.status == 422
    assert [(error["index"], error["code"], error["path"]) for error in answer.body["errors"]] == [
        (1, "no-event", "event"),
        (2, "unknown-call", "type"),
    ]
    assert desk.taken == []
    assert desk.ask("/v1/batch", body, authorization=basic(desk.key)).status == 200


def test_any_page_may_send(desk: Desk) -> None:
    answer = desk.ask("/v1/t", method="OPTIONS", origin="https://shop.example", access_control_request_method="POST")
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"Authorization", "Content-Type", "X-Retry-Count"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )
    refused = desk.ask("/v1/t", CALL)
    assert refused.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in refused.headers["access-control-expose-headers"]


def test_a_nearly_full_disk_asks_to_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(desk.store.layout.root)._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    answer = desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["x-ratelimit-reset"] == answer.headers["retry-after"]
    assert desk.taken == []
    assert desk.ask("/ready", method="GET").status == 503
    assert desk.ask("/health", method="GET").status == 200


def test_a_database_that_cannot_be_read_asks_to_come_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_: Store) -> int:
        raise WorkspaceError(sentence("the workspace is gone"))

    for name in ("version", "consumed"):
        with monkeypatch.context() as patch:
            patch.setattr(Store, name, locked)
            desk.collector.intake._looked = 0.0
            answer = desk.ask("/v1/t", CALL, authorization=basic(desk.key))
            assert (answer.status, answer.body["code"]) == (503, "service_unavailable")
            assert int(answer.headers["retry-after"]) > 0
    assert desk.taken == []
    assert desk.ask("/v1/t", CALL, authorization=basic(desk.key)).status == 200


def test_a_refused_key_makes_no_browser_ask_its_user_for_a_password(desk: Desk) -> None:
    assert desk.ask("/v1/t", CALL).headers["www-authenticate"] == "Bearer"


def test_a_key_is_not_stored_with_what_it_sends(desk: Desk) -> None:
    """Refused calls are kept as they came, and shown."""
    assert desk.ask("/v1/t", {"writeKey": desk.key, "properties": {"a": [1]}}).status == 200
    assert desk.taken == [("web", "track", {"writeKey": "", "properties": {"a": [1]}})]
    everything = b"".join(path.read_bytes() for path in desk.store.layout.root.rglob("*") if path.is_file())
    assert desk.key.encode() not in everything


def test_many_bodies_at_once_take_no_more_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_bodies, "MOST_TOGETHER", 1_000)
    waiting = [b"x" * 600, b"y" * 600]

    async def both() -> list[int]:
        sent: list[Any] = []
        more = asyncio.Event()

        async def receive() -> Any:
            if not waiting:
                await more.wait()
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": waiting.pop(), "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)
            more.set()

        scope = {"type": "http", "method": "POST", "path": "/v1/t", "headers": []}
        await asyncio.gather(*(desk.collector(dict(scope), receive, send) for _ in range(2)))
        return [message["status"] for message in sent if "status" in message]

    assert asyncio.run(both()) == [503, 400]
    assert desk.ask("/v1/t", {**CALL, "p": "x" * 700}, authorization=basic(desk.key)).status == 200


def test_what_follows_a_packed_body_is_not_dropped_silently(desk: Desk) -> None:
    body = gzip.compress(json.dumps(CALL).encode()) + gzip.compress(b"{}")
    assert desk.ask("/v1/t", body, authorization=basic(desk.key), content_encoding="gzip").status == 400


def test_what_the_disk_does_not_take_is_not_acknowledged(desk: Desk) -> None:
    desk.arrivals.close()
    desk.store.layout.arrivals.unlink()
    desk.store.layout.arrivals.mkdir()
    desk.arrivals._thread = type(desk.arrivals._thread)(target=desk.arrivals._write, daemon=True)
    desk.arrivals._thread.start()
    desk.collector.intake._looked = 10.0**12
    answer = desk.ask("/v1/t", CALL, authorization=basic(desk.key))
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0


def test_the_settings_that_browsers_ask_for(desk: Desk) -> None:
    answer = desk.ask(f"/v1/projects/{desk.key}/settings", method="GET", host="events.example:8787")
    assert answer.status == 200
    assert answer.body["integrations"]["Segment.io"]["protocol"] == "http"
    forged = desk.ask(f"/v1/projects/{desk.key}/settings", method="GET", host="x", x_forwarded_proto="https")
    assert forged.body["integrations"]["Segment.io"]["protocol"] == "http"  # no proxy is trusted
    assert answer.body["integrations"]["Segment.io"]["apiHost"] == "events.example:8787/v1"
    assert list(answer.body["integrations"]) == ["Segment.io"]
    assert desk.ask("/v1/projects/wrong/settings", method="GET").status == 404


def test_browsers_send_with_tls_where_a_proxy_that_is_named_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path, trusted_proxies=["10.0.0.0/8"])  # else browsers refuse to send from a page with TLS
    for proxy, protocol in [("10.1.2.3", "https"), ("203.0.113.9", "http")]:
        desk.client = (proxy, 4711)
        answer = desk.ask(f"/v1/projects/{desk.key}/settings", method="GET", host="x", x_forwarded_proto="https")
        assert answer.body["integrations"]["Segment.io"]["protocol"] == protocol
    desk.close()


def test_health(desk: Desk) -> None:
    assert desk.ask("/health", method="GET").body == {"status": "ok"}


def test_the_script_that_measures_a_page(desk: Desk) -> None:
    plain = desk.raw("/resa.js")
    assert plain.status == 200
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert plain.headers["cache-control"] == "public, max-age=3600"
    assert plain.headers["x-content-type-options"] == "nosniff"
    assert plain.body.startswith(b"// resa.js")
    packed = desk.raw("/resa.js", accept_encoding="br, gzip;q=0.8")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "accept-encoding"  # else a cache hands packed bytes to who cannot unpack them
    assert gzip.decompress(packed.body) == plain.body
    for tag in (plain.headers["etag"], f'"other", {plain.headers["etag"]}', "*"):
        again = desk.raw("/resa.js", if_none_match=tag)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", plain.headers["etag"])
    assert desk.raw("/resa.js", if_none_match='W/"other"').status == 200
    assert (desk.raw("/resa.js", method="HEAD").status, desk.raw("/resa.js", method="HEAD").body) == (200, b"")
    assert desk.raw("/resa.js", method="POST").status == 405
