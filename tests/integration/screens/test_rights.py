"""Every route, by every role, from the one table of rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute
from tests.support.screens import SECRET, Visitor, visiting
from tests.support.served import new_shop

from resa.screens.application import application
from resa.screens.rights import RIGHTS, may
from resa.workspace.people import ROLES, Role


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shop")
    new_shop(place)
    return place


def routes(folder: Path) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """Address, method, and what is said of who may."""
    for route in application(folder, SECRET).routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                yield route.path, method, handler.opt


def test_every_route_says_who_may(folder: Path) -> None:
    found = list(routes(folder))
    assert len(found) > 15
    for path, method, opt in found:
        assert ("open" in opt) != ("needs" in opt), (path, method)
        if "needs" in opt:
            assert any(opt["needs"] in rights for rights in RIGHTS.values()), path


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_its_rights_allow_and_nothing_else(folder: Path, role: Role) -> None:
    with visiting(folder, role) as visitor:
        for path, method, opt in routes(folder):
            if "needs" in opt:
                assert (status(visitor, method, filled(path)) == 403) != may(role, opt["needs"]), (path, method)  # type: ignore[arg-type]


def test_who_is_not_signed_in_opens_nothing(folder: Path) -> None:
    with visiting(folder) as stranger:
        stranger.get("/sign-in")
        for path, method, opt in routes(folder):
            if "needs" in opt:
                assert status(stranger, method, filled(path)) == 303, (path, method)


def filled(path: str) -> str:
    """An address of a route: with names that exist, or do not."""
    path = path.replace("{kind:str}", "funnel").replace("{number:int}", "1")
    return path.replace("{key:str}", "journey").replace("{name:str}", "journey.csv").replace("{touchpoint:str}", "cart")


def status(visitor: Visitor, method: str, path: str) -> int:
    if method == "GET":
        return visitor.get(path).status_code
    visitor.get("/settings")
    return visitor.post(path).status_code
