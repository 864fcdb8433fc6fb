"""Who may what over the HTTP API, by keys and by browsers, from the one table of rights."""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path

import pytest
from tests.support.programs import READS, Program, asked, asking, decision, key_for, operations
from tests.support.screens import SECRET, visiting
from tests.support.served import new_shop

import resa
from resa.screens.api import BEGINS, openapi
from resa.screens.application import application
from resa.screens.rights import RIGHTS, SCOPE_RIGHTS, rights_of
from resa.storage import SCOPES, Scope
from resa.workspace.people import ROLES, Role

_numbers = count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shop")
    new_shop(place)
    return place


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_what_the_one_table_says_and_nothing_else(folder: Path, scope: Scope) -> None:
    with asking(folder, scope) as program:
        for method, path, scopes in operations():
            if scopes is not None:
                assert (asked(program, method, path) != 403) == (scope in scopes), (method, path)


def test_the_document_names_every_route_with_the_scopes_of_its_right(folder: Path) -> None:
    told = {(method, re.sub(r"\{[^}]+\}", "{}", path)) for path, item in openapi()["paths"].items() for method in item}
    for route in application(folder, SECRET).routes:
        for handler in getattr(route, "route_handlers", ()):
            if not route.path.startswith(BEGINS) or handler.http_methods == {"OPTIONS"}:
                continue
            (method,) = handler.http_methods - {"OPTIONS"}
            path = route.path.replace("{kind:str}", "funnel") if handler.opt.get("asks") else route.path
            assert (method.lower(), re.sub(r"\{[^}]+\}", "{}", path)) in told
    assert all(scopes for _, path, scopes in operations() if path != "/openapi.json")


def test_keys_have_no_right_that_no_role_has() -> None:
    assert set(SCOPE_RIGHTS) == set(SCOPES)
    assert rights_of(SCOPES) <= RIGHTS["admin"]
    assert not rights_of(("collect", "metrics", "consent"))


def test_without_a_good_key_nothing_is_told(folder: Path) -> None:
    with asking(folder) as stranger:
        for method, path, scopes in operations():
            if scopes is not None:
                assert asked(stranger, method, path) == 401, path
        revoked = key_for(folder, READS)
        with resa.open(folder) as shop:
            shop.keys.revoke(shop.keys.all()[-1].name)
        for said in (revoked, "resa_1", "", f"{revoked} x"):
            for scheme in ("Bearer", "Basic", "bearer"):
                answer = stranger.get("/maps", authorization=f"{scheme} {said}")
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
                assert answer.headers["content-type"] == "application/problem+json"
                assert "resa keys make" in answer.json()["detail"]


@pytest.mark.parametrize("role", ROLES)
def test_a_browser_that_is_signed_in_reads_what_its_role_may_and_changes_nothing(folder: Path, role: Role) -> None:
    with visiting(folder) as visitor:
        with resa.open(folder) as shop:
            visitor.sign_in(shop, role, f"{role}.{next(_numbers)}@api.se")
        program = Program(visitor.client, "")
        for method, path, scopes in operations():
            if path == "/links" or scopes is None:
                continue
            if method != "get":
                assert asked(program, method, path) == 401
            else:
                may = any(SCOPE_RIGHTS[scope] & RIGHTS[role] for scope in scopes)  # type: ignore[index]  # are scopes
                assert (asked(program, method, path) != 403) == may, path
        assert program.get("/maps", authorization="Bearer nothing").status_code == 401  # a key is asked, or a session


def test_who_owes_a_second_factor_reads_nothing(tmp_path: Path) -> None:
    new_shop(tmp_path / "shop")
    (tmp_path / "shop" / "resa.toml").write_text('second_factor_for = ["admin"]\n')
    with visiting(tmp_path / "shop", "admin") as visitor:
        answer = Program(visitor.client, "").get("/maps")
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
        assert "/settings/account" in answer.json()["detail"]
        key = key_for(tmp_path / "shop", ["read:numbers"])
        assert Program(visitor.client, key).get("/maps").status_code == 200


def test_no_form_of_another_page_changes_anything(folder: Path) -> None:
    with visiting(folder) as visitor:
        with resa.open(folder) as shop:
            visitor.sign_in(shop, "admin", "admin@api.se")
            before = len(shop.identity.decisions())
        for origin in ("cross-site", "same-origin"):
            for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
                answer = visitor.client.post(
                    "/api/v1/identity/decisions",
                    content=json.dumps(decision("bo", "x9")),
                    headers={"x-resa-secret": SECRET, "sec-fetch-site": origin, "content-type": kind},
                )
                assert answer.status_code == 401
        with resa.open(folder) as shop:
            assert len(shop.identity.decisions()) == before
        assert "set-cookie" not in answer.headers
