"""Programs that ask the HTTP API of a workspace, with keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from httpx import Response
from litestar.testing import TestClient
from tests.support.screens import SECRET

import resa
from resa.model.people import Person
from resa.screens.api import BEGINS, openapi
from resa.screens.application import application
from resa.storage import Scope

__all__ = [
    "READS",
    "WRITER",
    "WRITES",
    "Program",
    "anna",
    "asked",
    "asking",
    "decision",
    "key_for",
    "operations",
    "writer",
]

WRITER = "wilma@shop.se"
"""Whom keys of tests write for."""

WRITES: tuple[Scope, ...] = ("write:maps", "write:notes", "share:reports", "erase:customers", "manage")

READS: tuple[Scope, ...] = ("read:numbers", "read:customers", "read:names", "read:sources", "read:audit")

_made = 0


class Program:
    """Something that asks with a key.

    Args:
        client: Asks the application.
        key: What it sends; empty: none.
    """

    def __init__(self, client: TestClient[Any], key: str) -> None:
        self.client = client
        self.key = key

    def get(self, path: str, **headers: str) -> Response:
        """Ask; `path` without how all of them begin."""
        return self.client.get(f"/api/v1{path}", headers={**self._own, **headers}, follow_redirects=False)

    def post(self, path: str, content: object, **headers: str) -> Response:
        """Send JSON."""
        return self.send("post", path, content, **headers)

    def send(self, method: str, path: str, content: object = None, **headers: str) -> Response:
        """Send JSON by any method; `None`: without a body. Underscores in names of headers are hyphens."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        own = {**self._own, **said}
        if content is None:
            return self.client.request(method, f"/api/v1{path}", headers=own)
        return self.client.request(method, f"/api/v1{path}", json=content, headers=own)

    def all(self, path: str, limit: int) -> list[dict[str, Any]]:
        """A whole list, part by part."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = self.get(f"{path}?limit={limit}&cursor={cursor}")
            assert answer.status_code == 200, answer.text
            part = answer.json()
            assert len(part["data"]) <= limit
            found, cursor = found + part["data"], part["next_cursor"]
        return found

    @property
    def _own(self) -> dict[str, str]:
        return {"x-resa-secret": SECRET, **({"authorization": f"Bearer {self.key}"} if self.key else {})}


def key_for(folder: Path, scopes: Sequence[Scope]) -> str:
    """A new key of a workspace."""
    global _made  # noqa: PLW0603 - names are to be new
    _made += 1
    with resa.open(folder) as shop:
        return shop.keys.make_for(scopes, f"program {_made}", person=writer(shop))


def writer(shop: resa.Workspace) -> Person:
    """Whom keys of tests write for."""
    found = shop.people.called(WRITER)
    if found is None:
        shop.people.invite(WRITER, "Wilma", "admin")
    return shop.people.named(WRITER)


@contextmanager
def asking(folder: Path, *scopes: Scope) -> Iterator[Program]:
    """A program with a key of these scopes; with none of them, one without a key."""
    with TestClient(application(folder, SECRET)) as client:
        yield Program(client, key_for(folder, scopes) if scopes else "")


def anna(program: Program) -> str:
    """The id of a customer of the shop of known customers."""
    (found,) = program.post("/customers/search", {"value": "anna@shop.se"}).json()["data"]
    assert found["kind"] == "email"
    return str(found["id"])


def decision(one: str, other: str) -> dict[str, object]:
    """What says that two are one customer."""
    named = ({"kind": "user_id", "value": value} for value in (one, other))
    return {"what": "join", **dict(zip(("one", "other"), named, strict=True))}


_NOWHERE = {"{number}": "0", "{part}": "0", "{link}": "0", "{session}": "0" * 12, "{name}": "no", "{recipient}": "no"}
"""Where there is nothing, so that asking changes nothing."""


def operations() -> Iterator[tuple[str, str, list[str] | None]]:
    """Method, address and scopes of what the document names; scopes are `None` where nobody is needed.

    Of the kinds of question, which are all answered by the same three routes, one stands for all.
    """
    for path, methods in openapi()["paths"].items():
        if "/measure/" in path and "/funnel" not in path:
            continue
        for method, operation in methods.items():
            keys = [one["bearer"] for one in operation["security"] if "bearer" in one]
            filled = path.replace("{key}/members", "regulars/members").replace("segments/{key}", "segments/regulars")
            for name, place in _NOWHERE.items():
                filled = filled.replace(name, place)
            filled = filled.replace("{key}", "journey").replace("{form}", "csv").replace("{customer}", "0" * 32)
            yield method, filled.removeprefix(BEGINS), keys[0] if keys else None


def asked(program: Program, method: str, path: str) -> int:
    """The status of an operation."""
    if path == "/links":
        path += "?address=/api/v1/maps/journey/picture.svg"
    return program.send(method, path, None if method in {"get", "delete"} else {}).status_code
