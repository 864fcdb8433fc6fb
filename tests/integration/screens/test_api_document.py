"""The API and its document say the same: schemathesis sends what it allows, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.support.known_customers import made_shop
from tests.support.programs import key_for, writer
from tests.support.screens import SECRET

import resa
from resa.analytics import COLUMNS, KINDS, Column
from resa.screens.api import openapi
from resa.screens.application import application
from resa.screens.asking import ASKED, fields_of
from resa.screens.rights import SCOPE_RIGHTS
from resa.storage import SCOPES
from resa.workspace.comments import Comments
from resa.workspace.composed_reports import ComposedReports
from resa.workspace.day_notes import DayNotes
from resa.workspace.saved_views import SavedViews

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
OPERATIONS: dict[str, Any] = {}
for found in schemathesis.openapi.from_dict(openapi()).get_all_operations():
    operation = found.ok()  # type: ignore[union-attr]  # else the document is wrong, and this says how
    OPERATIONS[operation.label] = operation
HERE = {"key": ["journey", "regulars", "southern"], "form": ["csv", "png", "svg"]}


class Api:
    """The application, a key that may everything, and a customer.

    Args:
        app: The application.
        key: The key.
        customer: Her id.
        folder: The workspace.
    """

    def __init__(self, app: Litestar, key: str, customer: str, folder: Path) -> None:
        self.folder = folder
        self.app: Any = app
        self.headers = {"x-resa-secret": SECRET}
        self.known = {**self.headers, "authorization": f"Bearer {key}"}
        self.places: dict[str, list[Any]] = {**HERE, "customer": [customer]}

    def something_at(self, path: str) -> None:
        """Make what an address is of, if it has a number: so that it is there, however often others take it away."""
        with resa.open(self.folder) as shop:
            person = writer(shop)
            number = 0  # of no key, person or version: so that the key of the test stays, and its person
            if "/comments/" in path:
                number = Comments(shop).write(person, "journey", "map", "", "Why?")
            elif "/notes/" in path:
                number = DayNotes(shop).add(person, "A sale", first="2026-05-01")
            elif "/views/" in path:
                number = SavedViews(shop).save(person, "All", "/map/journey")
            elif "/reports/" in path:
                number = ComposedReports(shop).begin(person, "All")
                ComposedReports(shop).add(person, number, text="Look")
                self.places["part"] = [ComposedReports(shop).one(number).parts[0].id]
                ComposedReports(shop).share(person, number, shop.clock().date().isoformat())
                self.places["link"] = [ComposedReports(shop).links(number)[0].id]
            self.places["number"] = [number]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = made_shop(tmp_path_factory.mktemp("api") / "shop")
    key = key_for(folder, [scope for scope in SCOPES if SCOPE_RIGHTS[scope]])
    with resa.open(folder) as shop:
        member = shop.segments.members_behind("regulars", None, 1)[0][0].key.hex()
    yield Api(application(folder, SECRET), key, member, folder)
    with resa.open(folder) as shop:
        assert shop.verify() == []


def guarded(answer: Response) -> None:
    """What every answer has, whatever it is of."""
    head = {name: values[0] for name, values in answer.headers.items()}
    assert head["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in head["content-security-policy"]
    assert "script-src" not in head["content-security-policy"]
    assert head["referrer-policy"] == "no-referrer"
    assert head["cache-control"] in {"no-store", "private, no-cache", "public, max-age=300"}
    assert not {"set-cookie", "x-powered-by", "access-control-allow-origin"} & set(head)


def tried(case: Any, api: Api, client: Any, *, whole: bool) -> None:
    """Send it of what is there with a key; if all is looked at, as it is, too."""
    if whole:
        without = api.headers
        guarded(case.call_and_validate(base_url="http://testserver", session=client, checks=CHECKS, headers=without))
    for name, places in api.places.items():
        if name in case.path_parameters:
            case.path_parameters[name] = places[len(str(case.path_parameters[name])) % len(places)]
    guarded(case.call_and_validate(base_url="http://testserver", session=client, checks=CHECKS, headers=api.known))


FEW = 2
"""So many examples by day; by night there are many."""


def by_day(label: str) -> bool:
    """Whether an operation is looked at by day: of questions all kinds, and of their pictures and customers one."""
    return "/measure/" not in label or label.count("/") == 4 or "/funnel/" in label


@pytest.mark.parametrize(
    ("label", "examples"),
    [(label, 1 if "/measure/" in label else FEW) for label in OPERATIONS if by_day(label)]
    + [pytest.param(label, 100, marks=pytest.mark.nightly) for label in OPERATIONS],
)
def test_every_answer_stands_in_the_document(label: str, examples: int, api: Api) -> None:
    every = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    method, _, path = label.partition(" ")
    said = openapi()["paths"][path][method.lower()]
    if "{number}" in path:
        api.something_at(path)
    wrong_too = {"parameters", "requestBody"} & set(said)  # else there is nothing that could be wrong
    with asgi.get_client(api.app) as client:
        for mode in GenerationMode if wrong_too else [GenerationMode.POSITIVE]:
            cases = OPERATIONS[label].as_strategy(generation_mode=mode)
            every(given(case=cases)(lambda case: tried(case, api, client, whole=examples > FEW)))()


def main_tables(kind: str) -> list[tuple[Column, ...]]:
    tables = list(COLUMNS[kind].values())
    return tables if kind == "trend" else tables[:1]  # of a touchpoint, or of an expectation


def test_every_kind_of_question_is_named_with_all_that_it_takes() -> None:
    for kind in ASKED:
        operation = openapi()["paths"][f"/api/v1/measure/{kind}"]["get"]
        assert {one["name"] for one in operation["parameters"]} == {*fields_of(kind), "part"}
        assert all(one["description"] for one in operation["parameters"]), kind
        assert (KINDS[kind].__doc__ or "").splitlines()[0] in operation["description"]
        columns = operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["rows"]["items"]
        told = [set(one["properties"]) for one in columns["anyOf"] if "properties" in one]
        assert told == [{"group", *(one.name for one in table)} for table in main_tables(kind)]


def test_everything_in_the_document_says_what_it_is() -> None:
    document = openapi()
    assert document["openapi"].startswith("3.1")
    names = [one["operationId"] for item in document["paths"].values() for one in item.values()]
    assert len(set(names)) == len(names)
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description"), name


def test_no_field_is_called_as_what_the_application_gives_to_handlers(api: Api) -> None:
    """The framework takes what is wrong with such a field for a fault of the server: 500."""
    given_by_us = set(api.app.dependencies)
    assert given_by_us
    named = {
        one["name"] for item in openapi()["paths"].values() for op in item.values() for one in op.get("parameters", ())
    }
    named |= {name for schema in openapi()["components"]["schemas"].values() for name in schema.get("properties", ())}
    assert not named & given_by_us
