"""The OpenAPI document and the server say the same: schemathesis sends what it allows, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.support.served import Served, new_shop

import resa
from resa.collector import SEGMENT_CALLS
from resa.web.openapi import openapi

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
HOOK = "hook: {signature: none}\ncolumns: {occurred_at: webhook.received_at, event: webhook.event, customer: who}\n"

OPERATIONS: dict[str, Any] = {}
for found in schemathesis.openapi.from_dict(openapi()).get_all_operations():
    operation = found.ok()  # type: ignore[union-attr]  # else the document is wrong, and this says how
    OPERATIONS[operation.label] = operation
SHORT = [label for label in OPERATIONS if label.rpartition("/v1/")[2] in set("itpsgab")]


class Api(NamedTuple):
    address: str
    keys: dict[str, str]
    """Of the source `web`, of the hook `tickets`, and for consents."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("api")
    web = new_shop(folder)
    (folder / "sources").mkdir()
    (folder / "sources" / "tickets.yaml").write_text(HOOK)
    with resa.open(folder) as shop:
        keys = {"web": web, "tickets": shop.keys.make("tickets"), "consents": shop.keys.make_for("consent", "shop")}
    (folder / "consent.yaml").write_text("purposes: {marketing: {}}\ntopics: {letter: {purpose: marketing}}\n")
    with Served(folder) as served:
        yield Api(served.address, keys)
    assert "good" in served.output
    with resa.open(folder) as shop:
        assert shop.verify() == []


def guarded(answer: Response) -> None:
    """What every answer has, whatever it is of."""
    head = {name: values[0] for name, values in answer.headers.items()}
    assert head["x-content-type-options"] == "nosniff"
    policy = head["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    if len(policy) > 2:
        assert head["content-type"] == "text/html; charset=utf-8"
        assert not any("unsafe" in part or "script" in part for part in policy)
    assert head["referrer-policy"] == "no-referrer"
    assert head["cache-control"] in {"no-store", "public, max-age=3600"}
    assert not {"set-cookie", "x-powered-by"} & set(head)


def tried(case: Any, api: Api) -> None:
    """Send it as it is, and as one who has a key."""
    guarded(case.call_and_validate(base_url=api.address, checks=CHECKS, allow_redirects=False))
    path = case.operation.path
    if path == "/hooks/{source}":
        case.path_parameters["source"] = "tickets"
    if path == "/v1/projects/{key}/settings":
        case.path_parameters["key"] = api.keys["web"]
    key = api.keys["tickets" if "hooks" in path else "consents" if path == "/consents" else "web"]
    headers = {"Authorization": f"Bearer {key}"}
    guarded(case.call_and_validate(base_url=api.address, checks=CHECKS, headers=headers, allow_redirects=False))


@pytest.mark.parametrize(
    ("label", "examples"),
    [(label, 15) for label in OPERATIONS if label not in SHORT]
    + [pytest.param(label, 500, marks=pytest.mark.nightly) for label in OPERATIONS],
)
def test_every_answer_stands_in_the_document(label: str, examples: int, api: Api) -> None:
    method, _, path = label.partition(" ")
    wrong_too = "requestBody" in openapi()["paths"][path][method.lower()]  # else there is nothing that could be wrong
    for mode in GenerationMode if wrong_too else [GenerationMode.POSITIVE]:
        cases = OPERATIONS[label].as_strategy(generation_mode=mode)
        every = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        every(given(case=cases)(lambda case: tried(case, api)))()


def test_the_document_names_every_address() -> None:
    source = (Path(__file__).parents[3] / "src" / "resa" / "web" / "collecting.py").read_text(encoding="utf-8")
    paths = set(openapi()["paths"])
    first = {path.strip("/").split("/")[0] for path in paths}
    state = {"health", "ready", "metrics", "openapi.json"}
    assert first == {"v1", "hooks", "l", "p", "c", "consents", "resa.js"} | state
    assert all(f'"{name}"' in source for name in first)
    assert {f"/v1/{name}" for name in SEGMENT_CALLS} <= paths
