"""The screens of a workspace as a browser sees them, without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from httpx import Response
from litestar.testing import TestClient
from sqlalchemy import delete

import resa
from resa.screens.application import application
from resa.storage.schema import failed_attempts
from resa.workspace.first_links import NO_LINK, FirstLink
from resa.workspace.people import Role

__all__ = ["PASSWORD", "SECRET", "Visitor", "nobody_tried", "visiting"]

SECRET = "of the front door"  # noqa: S105 - of tests
PASSWORD = "a long sentence of tests"  # noqa: S105 - of tests


class Visitor:
    """Somebody who looks at screens.

    Args:
        client: Asks the application.

    Attributes:
        forms: What the last page gave for its forms.
        by: Whose page it said to be in them.
    """

    def __init__(self, client: TestClient[Any]) -> None:
        self.client = client
        self.forms = self.by = ""

    def get(self, path: str, **headers: str) -> Response:
        """A page; redirects are not followed."""
        answer = self.client.get(path, headers={"x-resa-secret": SECRET, **headers}, follow_redirects=False)
        if found := re.search('name="_csrf_token" value="([^"]+)"', answer.text):
            self.forms = found.group(1)
            by = re.search('name="_by" value="([^"]+)"', answer.text)
            self.by = by.group(1) if by else ""
        return answer

    def post(self, path: str, forms: str | None = None, origin: str = "same-origin", **fields: str) -> Response:
        """Send a form, with what the last page gave for it."""
        return self.client.post(
            path,
            data={"_csrf_token": self.forms if forms is None else forms, "_by": self.by, **fields},
            headers={"x-resa-secret": SECRET, "sec-fetch-site": origin},
            follow_redirects=False,
        )

    def sign_in(self, shop: resa.Workspace, role: Role, email: str = "") -> str:
        """Be invited in a role, set a password, and be signed in; the address."""
        email = email or f"{role}@shop.se"
        token = shop.people.invite(email, role.title(), role)
        self.get(f"/welcome/{token}")
        answer = self.post(f"/welcome/{token}", password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return email


def nobody_tried(folder: Path) -> None:
    """Forget who tried to sign in and failed."""
    with resa.open(folder) as shop, shop.store.database.changing() as connection:
        connection.execute(delete(failed_attempts))


@contextmanager
def visiting(folder: Path, role: Role | None = None, first: FirstLink = NO_LINK) -> Iterator[Visitor]:
    """Look at the screens of a workspace: signed in, if a role is given."""
    with TestClient(application(folder, SECRET, first)) as client:
        visitor = Visitor(client)
        if role is not None:
            with resa.open(folder) as shop:
                visitor.sign_in(shop, role)
        yield visitor
