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
from resa.screens.application import application
from resa.storage import Scope

__all__ = ["Program", "asking", "key_for"]

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
        return self.client.post(f"/api/v1{path}", json=content, headers={**self._own, **headers})

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
        return shop.keys.make_for(scopes, f"program {_made}")


@contextmanager
def asking(folder: Path, *scopes: Scope) -> Iterator[Program]:
    """A program with a key of these scopes; with none of them, one without a key."""
    with TestClient(application(folder, SECRET)) as client:
        yield Program(client, key_for(folder, scopes) if scopes else "")
