"""Webhooks as their senders meet the collector: who may come in, and what is never answered by 200."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.webhooks import (
    ENVIRONMENT,
    SECRETS,
    github,
    github_issue,
    hook_shop,
    order,
    payment,
    standard,
    stripe,
)
from tests.unit.web.test_collecting import Answer, Desk

from resa.collector import HOOK, Hooks, read_source
from resa.storage import list_keys, make_key, revoke_key
from resa.web import unready


class HookDesk(Desk):
    """A collector with hooks, without a network."""

    def __init__(self, folder: Path, **chosen: Any) -> None:
        self.folder = folder
        self.tickets = hook_shop(folder)
        self.hooks = Hooks(folder)
        super().__init__(folder / ".resa", self.hooks, **chosen)
        make_key(self.store, "other", source_id="tickets_of_others")

    def send(self, path: str, body: bytes | object, headers: Mapping[str, str]) -> Answer:
        """What a request is answered."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = asyncio.run(self._ask(path, content, "POST", 3, headers))
        return answer._replace(body=json.loads(answer.body))

    def write(self, name: str, text: str | None) -> None:
        """Change a source file, or delete it."""
        path = self.folder / "sources" / f"{name}.yaml"
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")
        self.hooks._looked = -1.0


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HookDesk]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    found = HookDesk(tmp_path)
    yield found
    found.close()


def test_what_is_signed_is_kept_as_it_came(desk: HookDesk) -> None:
    assert desk.send("/hooks/shop_orders", order(1), standard(order(1), "m1"))[::2] == (200, {"success": True})
    assert desk.send("/hooks/payments", payment(1), stripe(payment(1))).status == 200
    assert desk.send("/hooks/issues", github_issue(1), github(github_issue(1), "d1")).status == 200
    bodies = [json.loads(order(1)), json.loads(payment(1)), json.loads(github_issue(1))]
    for (source, kind, line), name, body in zip(desk.taken, ("shop_orders", "payments", "issues"), bodies, strict=True):
        about = line.pop("webhook")
        assert (source, kind, line) == (name, HOOK, body)
        assert about["id"] in {"m1", "evt_1", "d1"}
    assert not any(secret.encode() in one.content for one in desk.arrivals.waiting() for secret in SECRETS.values())


def test_what_is_not_signed_is_not_kept(desk: HookDesk) -> None:
    head = standard(order(1), "m1")
    for body, headers in ((order(2), head), (order(1), {}), (order(1), stripe(order(1))), (b"", head), (b"{", {})):
        answer = desk.send("/hooks/shop_orders", body, headers)
        assert (answer.status, answer.body["code"]) == (401, "unauthorized")
        assert not any(secret in json.dumps(answer.body) for secret in SECRETS.values())
    old = desk.send("/hooks/shop_orders", order(1), standard(order(1), "m1", at=1_700_000_000))
    assert (old.status, old.body["detail"]) == (401, "the signature is more than 5 minutes from now")
    key = {"authorization": f"Bearer {desk.tickets}"}
    assert desk.send("/hooks/shop_orders", order(1), key).status == 401  # where it must be signed, no key helps
    assert desk.taken == []


def test_without_a_signature_a_key_of_the_source_is_asked_for(desk: HookDesk) -> None:
    basic = base64.b64encode(f"{desk.tickets}:".encode()).decode()
    ticket = {"status": "new"}
    for path, headers in (
        (f"/hooks/tickets?key={desk.tickets}", {}),
        (f"/hooks/tickets?a=b&key=&key={desk.tickets}", {}),
        ("/hooks/tickets", {"authorization": f"Bearer {desk.tickets}"}),
        ("/hooks/tickets", {"authorization": f"Basic {basic}"}),
    ):
        assert desk.send(path, ticket, headers).status == 200
    assert len(desk.taken) == 4
    assert desk.tickets.encode() not in b"".join(one.content for one in desk.arrivals.waiting())
    for path, headers in (
        ("/hooks/tickets", {}),
        ("/hooks/tickets?key=resa_wrong", {}),
        (f"/hooks/tickets?key={desk.key}", {}),  # of another source
        ("/hooks/tickets", {"authorization": "Basic %%%"}),
    ):
        assert desk.send(path, ticket, headers).status == 401
    revoke_key(desk.store, "tickets")
    assert desk.ask(f"/hooks/tickets?key={desk.tickets}", ticket).status == 401
    assert len(desk.taken) == 4


@pytest.mark.parametrize("name", ["nope", "..", "%2e%2e", "tickets.yaml", "files", "ticketS", ""])
def test_what_is_no_hook(desk: HookDesk, name: str) -> None:
    desk.write("files", "path: a.csv\ncolumns: {occurred_at: a, event: b, customer: c}\n")
    assert desk.ask(f"/hooks/{name}?key={desk.tickets}", {}).status == 404


def test_bodies_that_cannot_be_taken(desk: HookDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    here = f"/hooks/tickets?key={desk.tickets}"
    for body in (b"", b"{", b"payload=%7B%7D", b"\xff\xfe", b"[" * 100_000):
        answer = desk.ask(here, body)
        assert (answer.status, answer.body["code"]) == (400, "bad_request")
    assert desk.ask(here, b"{}", content_encoding="gzip").status == 415
    assert desk.ask(here, b" " * (desk.settings.body_bytes + 1)).status == 413
    assert desk.ask(here, method="GET").status == 405
    assert desk.ask(here, method="GET").headers["allow"] == "POST"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
    desk.collector.intake._looked = -1.0
    full = desk.ask(here, {})
    assert (full.status, full.headers["retry-after"]) == (429, "5")
    assert desk.taken == []


def test_a_server_without_the_secret_asks_to_come_again(desk: HookDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", " , ", "whsec_%%%"):
        monkeypatch.setenv("STANDARD_SECRET", value)
        answer = desk.send("/hooks/shop_orders", order(1), standard(order(1), "m1"))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert "%%%" not in json.dumps(answer.body)
    monkeypatch.setenv("STANDARD_SECRET", f"whsec_{base64.b64encode(b'new').decode()}, {SECRETS['standard']}")
    assert desk.send("/hooks/shop_orders", order(1), standard(order(1), "m1")).status == 200


def test_a_source_file_that_changes_while_it_is_served(desk: HookDesk) -> None:
    here = f"/hooks/tickets?key={desk.tickets}"
    new = (desk.folder / "sources" / "tickets.yaml").read_text()
    desk.write("tickets", "hook: [")
    assert desk.ask(here, {}).status == 200  # a slip costs nothing: it is taken as before
    desk.write("broken", "hook: {signature: none}\n")
    assert desk.ask(f"/hooks/broken?key={desk.tickets}", {}).status == 503
    desk.write("tickets", None)
    assert desk.ask(here, {}).status == 404
    desk.write("tickets", new)
    assert desk.ask(here, {}).status == 200
    desk.write("tickets", new.replace("none", "github, secret_env: GITHUB_SECRET"))
    assert desk.ask(here, {}).status == 401
    desk.write("tickets", "path: a.csv\ncolumns: {occurred_at: a, event: b, customer: c}\n")
    assert desk.ask(here, {}).status == 404


def test_why_a_hook_takes_nothing_yet(desk: HookDesk) -> None:
    def why(said: str, **environment: str) -> str:
        text = f"hook: {{{said}}}\ncolumns: {{occurred_at: a, event: b, customer: c}}\n"
        source, problems = read_source("sources/tickets.yaml", text, desk.folder)
        assert source is not None
        assert problems == []
        found = unready(source, environment, list_keys(desk.store))
        return "" if found is None else str(found)

    assert why("signature: stripe, secret_env: PAY") == "the environment variable PAY is not set"
    assert why("signature: stripe, secret_env: PAY", PAY="a,b") == ""
    assert "not base64" in why("signature: standard, secret_env: PAY", PAY="whsec_%%%")
    assert why("signature: none") == ""
    revoke_key(desk.store, "tickets")
    assert why("signature: none") == "nobody has a key for it; make one: resa keys make tickets"


def test_a_source_that_is_sent_too_much_asks_to_wait(tmp_path: Path) -> None:
    desk = HookDesk(tmp_path, requests_per_minute=2)
    here = f"/hooks/tickets?key={desk.tickets}"
    assert [desk.ask("/hooks/tickets?key=wrong", {}).status for _ in range(5)] == [401] * 5  # strangers use nothing up
    answers = [desk.ask(here, {"n": number}) for number in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    desk.close()
