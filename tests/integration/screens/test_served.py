"""The screens as `resa serve` shows them: at the same address as events, in a process that may come and go."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

from tests.support.screens import PASSWORD
from tests.support.served import Served, new_shop

import resa

_SECONDS = 60


def get(served: Served, path: str, **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=_SECONDS)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def screens_of(served: Served) -> list[int]:
    return [pid for pid in served.members() if b"resa.screens" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_they_begin_with_the_first_who_looks_and_come_back(tmp_path: Path) -> None:
    key = new_shop(tmp_path / "shop")
    with Served(tmp_path / "shop") as served:
        assert not screens_of(served)
        answer = get(served, "/map/journey")
        assert (answer.status, answer.headers["location"]) == (303, "/sign-in?to=%2Fmap%2Fjourney")
        (process,) = screens_of(served)
        os.kill(process, signal.SIGKILL)
        event = json.dumps({"event": "product_added", "userId": "u1", "writeKey": key}).encode()
        assert served.post("/v1/track", event) == 200
        began = time.monotonic()
        while get(served, "/sign-in").status != 200:
            assert time.monotonic() - began < _SECONDS
            time.sleep(0.1)
        assert screens_of(served) != [process]
        assert get(served, "/v1/nothing").status == 404
        served.kill()
        assert not screens_of(served)


def test_where_somebody_may_sign_in_they_begin_at_once(tmp_path: Path) -> None:
    new_shop(tmp_path / "shop")
    with resa.open(tmp_path / "shop") as shop:
        token = shop.people.invite("anna@shop.se", "Anna", "admin")
        cookie = f"resa-session={shop.people.accept(token, PASSWORD)}"
    with Served(tmp_path / "shop") as served:
        began = time.monotonic()
        while not screens_of(served):
            assert time.monotonic() - began < _SECONDS
            time.sleep(0.05)
        assert get(served, "/", cookie=cookie).status == 200
        spoofed = {"x-resa-secret": "guessed", "x-resa-scheme": "https", "cookie": cookie}
        assert get(served, "/", **spoofed).status == 200  # what a visitor says of that is not handed on
        assert get(served, "/", cookie=f"{cookie}; of-others=Ärla").status == 200
        head = HTTPConnection("127.0.0.1", served.port, timeout=_SECONDS)
        for path, status in (("/sign-in", 303), ("/settings", 200), ("/nothing", 404)):
            head.request("HEAD", path, headers={"cookie": cookie})
            answer = head.getresponse()
            assert (answer.status, answer.read()) == (status, b"")
        head.close()
        assert get(served, "*").status == 400
        with resa.open(tmp_path / "shop") as shop:
            key = f"Bearer {shop.keys.make_for('read:numbers', 'board')}"
        answer = get(served, "/api/v1/maps", authorization=key)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        known = {"authorization": key, "if-none-match": answer.headers["etag"]}
        assert get(served, "/api/v1/maps", **known).status == 304
        assert get(served, "/api/v1/maps", cookie=cookie).status == 200
        assert get(served, "/api/v1/maps").status == 401
        spoofed = {"authorization": "Bearer guessed", "cookie": cookie}
        assert get(served, "/api/v1/maps", **spoofed).status == 401
    assert not served.members()


def test_what_one_visitor_keeps_is_not_said_for_the_next(tmp_path: Path) -> None:
    new_shop(tmp_path / "shop")
    with resa.open(tmp_path / "shop") as shop:
        token = shop.people.invite("anna@shop.se", "Anna", "admin")
    with Served(tmp_path / "shop") as served:
        door = HTTPConnection("127.0.0.1", served.port, timeout=_SECONDS)
        door.request("GET", f"/welcome/{token}")
        answer = door.getresponse()
        forms = re.search('name="_csrf_token" value="([^"]+)"', answer.read().decode())
        assert forms is not None
        kept = {"cookie": answer.headers["set-cookie"], "content-type": "application/x-www-form-urlencoded"}
        said = urlencode({"_csrf_token": forms.group(1), "password": PASSWORD})
        door.request("POST", f"/welcome/{token}", said, kept)
        answer = door.getresponse()
        assert (answer.status, "resa-session" in answer.headers["set-cookie"]) == (303, True)
        door.close()
        assert get(served, "/settings/people").status == 303  # a stranger, who has no cookie
