"""Files that are uploaded: passed on in parts, larger than other bodies, and only for who is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from resa.web.bodies import BodyRefused, Held, Limits, passed_body
from resa.web.screens import Screens

SMALL = Limits(1_000, 5.0)
FORM = {"content-type": "multipart/form-data; boundary=x", "cookie": "resa-session=token"}


class Coming:
    """A body that comes in parts, and how much of it was asked for."""

    def __init__(self, *parts: bytes, cut: bool = False) -> None:
        self.parts = list(parts)
        self.cut = cut
        self.asked = 0

    async def __call__(self) -> MutableMapping[str, Any]:
        self.asked += 1
        if not self.parts:
            return {"type": "http.disconnect"}
        part = self.parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.parts) or self.cut}


async def all_of(parts: AsyncIterator[bytes]) -> list[bytes]:
    return [part async for part in parts]


def body_of(coming: Coming, *, signed_in: bool, method: str = "POST", path: str = "/start", **headers: str) -> object:
    screens = Screens(Path(), wanted=False, first="", signed_in=lambda _: signed_in)
    scope = {"method": method, "path": path}
    return asyncio.run(screens._body(scope, {**FORM, **headers}, coming, Held(SMALL)))


def test_a_body_is_passed_on_in_its_parts() -> None:
    assert asyncio.run(all_of(passed_body(Coming(b"ab", b"", b"c"), SMALL))) == [b"ab", b"c"]


def test_no_more_is_read_than_may_come() -> None:
    coming = Coming(*[b"x" * 400] * 100)
    with pytest.raises(BodyRefused) as refused:
        asyncio.run(all_of(passed_body(coming, SMALL)))
    assert refused.value.status == 413
    assert coming.asked == 3


def test_a_body_that_is_cut_is_none() -> None:
    with pytest.raises(BodyRefused) as refused:
        asyncio.run(all_of(passed_body(Coming(b"ab", cut=True), SMALL)))
    assert refused.value.status == 400


def test_a_body_that_is_too_slow_is_none() -> None:
    async def never() -> MutableMapping[str, Any]:
        await asyncio.sleep(60)
        return {}

    with pytest.raises(BodyRefused) as refused:
        asyncio.run(all_of(passed_body(never, Limits(1_000, 0.05))))
    assert refused.value.status == 408


@pytest.mark.parametrize(
    ("signed_in", "asked"),
    [
        (False, {}),
        (True, {"path": "/settings/keys"}),
        (True, {"path": "/start/file.csv"}),
        (True, {"method": "PUT"}),
        (True, {"content-type": "application/json"}),
    ],
)
def test_only_who_is_signed_in_sends_more_and_only_a_file(signed_in: bool, asked: dict[str, str]) -> None:
    with pytest.raises(BodyRefused) as refused:
        body_of(Coming(b"x" * 2_000), signed_in=signed_in, **asked)
    assert refused.value.status == 413


def test_a_file_is_nowhere_whole() -> None:
    coming = Coming(b"x" * 2_000, b"y" * 2_000)
    found = body_of(coming, signed_in=True)
    assert not isinstance(found, bytes)
    assert coming.asked == 0
