"""Links and pixels as strangers meet them: what they lead to, what is stored, and what they cannot be made to do."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from tests.unit.web.test_collecting import Answer, Desk

from resa.base.errors import WorkspaceError
from resa.base.language import sentence
from resa.collector import Link, link_token
from resa.storage import Store, made_link_secret
from resa.workspace.links import Links

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SHOP = "https://shop.example/p/tea?x=1&y=%20#top"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path / ".resa")
    yield found
    found.close()


def made(desk: Desk, to: str | None = SHOP, **more: Any) -> str:
    """The path of a link or pixel."""
    address = Links(desk.store).make("mail", to, server="https://events.example", **more)
    return address.removeprefix("https://events.example")


def get(desk: Desk, path: str, *, method: str = "GET", user_agent: str = FIREFOX, **headers: str) -> Answer:
    return desk.raw(path, method=method, user_agent=user_agent, **headers)


def stored(desk: Desk) -> list[tuple[str, Any]]:
    began = time.monotonic()
    while not desk.arrivals.waiting() and time.monotonic() - began < 1:
        time.sleep(0.01)
    assert {source for source, _, _ in desk.taken} <= {"mail"}
    return [(kind, call) for _, kind, call in desk.taken]


def test_a_link_leads_where_it_says_and_is_an_event(desk: Desk) -> None:
    path = made(desk, user_id="u1", channel="email", event="offer_clicked", properties={"offer": "spring"})
    answer = get(desk, path)
    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers == {
        "location": SHOP,
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-robots-tag": "noindex, nofollow",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "content-length": "0",
    }
    ((kind, call),) = stored(desk)
    assert len(call.pop("messageId")) == 32
    assert kind == "track"
    assert call == {
        "event": "offer_clicked",
        "userId": "u1",
        "properties": {"offer": "spring", "to": SHOP},
        "context": {"userAgent": FIREFOX, "channel": "email"},
    }


def test_a_pixel_is_a_picture_that_nobody_keeps(desk: Desk) -> None:
    path = made(desk, None, user_id="u1")
    answer = get(desk, path)
    assert answer.status == 200
    assert answer.body.startswith(b"GIF89a")
    assert len(answer.body) == 42
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/gif", "no-store")
    ((_, call),) = stored(desk)
    assert (call["event"], call["userId"], call["properties"]) == ("email_opened", "u1", {})


def test_who_names_nobody_is_counted_and_no_stranger_can_send_that(desk: Desk) -> None:
    get(desk, made(desk))
    ((kind, call),) = stored(desk)
    assert kind == "count"
    assert "userId" not in call
    assert desk.ask("/v1/count", {"event": "x", "writeKey": desk.key}).status == 404
    body = {"batch": [{"type": "count", "event": "x"}], "writeKey": desk.key}
    assert desk.ask("/v1/batch", body, prefer="handling=strict").status == 422


@pytest.mark.parametrize("header", ["purpose", "sec-purpose", "x-purpose", "x-moz"])
def test_what_nobody_asked_for_is_of_a_bot(desk: Desk, header: str) -> None:
    path = made(desk, user_id="u1")
    value = "preview" if header == "x-purpose" else "prefetch;prerender"
    assert get(desk, path, **{header: value}).status == 302
    assert get(desk, path, method="HEAD").status == 302
    assert get(desk, path, user_agent=" ").status == 302
    assert [call["context"]["device"] for _, call in stored(desk)] == [{"type": "bot"}] * 3


def test_a_token_that_was_altered_leads_nowhere(desk: Desk) -> None:
    """Any other letter anywhere, also one that only spells the same bytes in another way."""
    path = made(desk)
    token = path.removeprefix("/l/")
    for place in range(len(token)):
        for letter in "Ab_.=\n":
            altered = token[:place] + letter + token[place + 1 :]
            if altered != token:
                assert get(desk, f"/l/{altered}").status == 404, altered
    for altered in (token + "=", token + "\n", " " + token, token[:-1], token + token, "", ".", "x" * 100_000):
        assert get(desk, f"/l/{altered}").status == 404, altered
    assert desk.taken == []


def test_another_workspaces_link_leads_nowhere(desk: Desk, tmp_path: Path) -> None:
    made(desk)
    other = Desk(tmp_path / "other" / ".resa")
    foreign = made(other)
    other.close()
    assert get(desk, foreign).status == 404
    forged = link_token(Link(source="mail", event="x", to="https://evil.example"), b"\0" * 32)
    assert get(desk, f"/l/{forged}").status == 404


def test_without_a_link_made_nothing_is_there_and_no_secret_is_made(desk: Desk) -> None:
    assert get(desk, "/l/AAAA." + "A" * 43).status == 404
    assert not desk.store.layout.link_secret.exists()


def test_a_link_is_no_pixel_and_a_pixel_no_link(desk: Desk) -> None:
    link, pixel = made(desk), made(desk, None)
    assert get(desk, "/p/" + link.removeprefix("/l/")).status == 404
    assert get(desk, "/l/" + pixel.removeprefix("/p/").removesuffix(".gif")).status == 404
    assert get(desk, link, method="POST").status == 405


def test_a_link_leads_on_when_nothing_can_be_stored(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(desk, user_id="u1")
    full = shutil.disk_usage(desk.store.layout.root)._replace(free=10_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: full)
        assert get(desk, path).status == 302
    desk.collector.intake._looked = 0.0

    def locked(_: Store) -> int:
        raise WorkspaceError(sentence("the workspace is gone"))

    with monkeypatch.context() as patch:
        patch.setattr(Store, "consumed", locked)
        assert get(desk, path).status == 302
    assert desk.taken == []


@pytest.mark.filterwarnings("error")
def test_a_slow_disk_keeps_nobody_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(desk, user_id="u1")
    never: Future[None] = Future()
    monkeypatch.setattr(desk.collector.intake, "take", lambda _: never)
    began = time.monotonic()
    assert get(desk, path).status == 302
    assert time.monotonic() - began < 5
    refused: Future[None] = Future()
    refused.set_exception(WorkspaceError(sentence("the disk did not take it")))
    monkeypatch.setattr(desk.collector.intake, "take", lambda _: refused)
    assert get(desk, path).status == 302


def test_the_secret_is_made_once_and_is_its_owners_alone(desk: Desk) -> None:
    async def together() -> list[bytes]:
        return await asyncio.gather(*(asyncio.to_thread(made_link_secret, desk.store.layout) for _ in range(8)))

    found = asyncio.run(together())
    assert len(set(found)) == 1
    assert len(found[0]) == 32
    file = desk.store.layout.link_secret
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir() if "link" in path.name] == ["links.key"]
    file.write_bytes(b"")
    assert get(desk, "/l/AAAA." + "A" * 43).status == 503  # never signed with nothing


def test_what_is_told_over_http_is_nothing_of_the_secret(desk: Desk) -> None:
    path = made(desk)
    answer = get(desk, path)
    secret = made_link_secret(desk.store.layout)
    assert secret.hex() not in json.dumps(dict(answer.headers))
    assert secret not in b"".join(file.read_bytes() for file in desk.store.layout.root.glob("arrivals.db*"))
