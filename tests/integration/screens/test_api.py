"""The HTTP API: what is masked, what is known again, lists in parts, refusals, and pictures in pages of others."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from litestar.testing import TestClient
from tests.support.known_customers import EVIL, made_shop
from tests.support.programs import READS, Program, anna, asking, decision, operations
from tests.support.screens import SECRET, visiting

import resa
from resa.base.language import LANGUAGES
from resa.base.showing import Listing
from resa.identity import Identifier
from resa.screens.api import BEGINS
from resa.screens.application import application
from resa.workspace.identities import Identity
from resa.workspace.matching import Compared, Likely


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture(scope="module")
def everything(folder: Path) -> Iterator[Program]:
    with asking(folder, *READS, "write:identity") as program:
        yield program


def test_a_customer_is_told_whole_to_who_may_see_names(everything: Program) -> None:
    own = anna(everything)
    answer = everything.get(f"/customers/{own}")
    said = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (said["id"], said["map"], said["named"], said["touchpoint"]) == (own, "journey", True, "purchase")
    assert {"kind": "email", "value": "anna@shop.se"} in said["identifiers"]
    assert {one["name"]: one["value"] for one in said["traits"]}["town"] == "Lund"
    assert [one["segment"] for one in said["segments"]] == ["regulars", "southern"]
    assert {one["about"]: one["allowed"] for one in said["consents"]}["news"] is True
    assert {one["kind"]: one["state"] for one in said["contacts"]}["email"] == "bounced"
    assert said["expected"][0]["outcome"] in {"open", "met", "missed", "cancelled"}
    timeline = everything.get(f"/customers/{own}/timeline").json()["data"]
    assert len(timeline) == said["events"] == 6
    assert timeline[0]["event"] == "order"
    assert timeline[0]["properties"] == {"total": 20}
    assert timeline[0]["at"] == "2026-05-08T09:00:00Z"


def test_without_names_nothing_that_names_her_is_told(folder: Path, everything: Program) -> None:
    own = anna(everything)
    with asking(folder, "read:customers", "read:numbers") as program:
        assert anna(program) == own
        answers = [program.get(f"/customers/{own}{more}") for more in ("", "/timeline")]
        answers += [program.get("/segments"), program.get("/segments/regulars"), program.get("/maps/journey/numbers")]
        for answer in answers:
            assert answer.status_code == 200
            for name in ("anna", "Lund", "shop.se", "4670", EVIL, "Nord AB"):
                assert name not in answer.text.replace("traits.town in ('Lund', 'Malmö')", ""), answer.request.url
        said = answers[0].json()
        assert said["named"] is False
        assert all(one["value"] is None for one in (*said["identifiers"], *said["traits"], *said["contacts"]))
        assert said["events"] == 6
        assert program.get("/segments/regulars/members").status_code == 403
        for asks in (
            "where=traits.town%20%3D%20%27Lund%27",
            "by=traits.town",
            "events=properties.note%20%3D%20%27x%27",
        ):
            answer = program.get(f"/measure/touchpoints?{asks}")
            assert answer.status_code == 403, asks
            assert answer.json()["errors"][0]["field"] == asks.partition("=")[0]
            assert everything.get(f"/measure/touchpoints?{asks}").status_code == 200


def test_who_is_looked_at_stands_in_the_audit_log_by_the_key(folder: Path) -> None:
    with asking(folder, *READS) as program:
        program.get(f"/customers/{anna(program)}")
        program.get("/segments/southern/members")
        with resa.open(folder) as shop:
            name = shop.keys.all()[-1].name
        entries = program.get("/audit?limit=2").json()["data"]
    assert [(one["who"], one["way"], one["what"]) for one in entries] == [
        (name, "http", "people.show"),
        (name, "http", "customer.show"),
    ]
    assert entries[1]["customer"]
    assert entries[0]["detail"] == {"segment": "southern", "customers": 2}


def test_what_has_not_changed_is_not_sent_again(everything: Program) -> None:
    def needs_more(scopes: list[str] | None) -> bool:
        return not {*READS, "write:identity"} & {*(scopes or ())}

    for method, path, scopes in operations():
        if method != "get" or path in {"/audit", "/links", "/health"}:  # others write the log, and time goes on
            continue
        answer = everything.get(path)
        if answer.status_code != 200:
            assert "/customers/" in path or answer.status_code == (403 if needs_more(scopes) else 404), answer.text
            continue
        tag = answer.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
        for said in (tag, f'"other", W/{tag}', "*"):
            again = everything.get(path, **{"if-none-match": said})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), path
            assert again.headers["cache-control"] == answer.headers["cache-control"]
        assert everything.get(path, **{"if-none-match": '"other"'}).status_code == 200


def test_tags_change_with_what_they_are_of(tmp_path: Path) -> None:
    folder = made_shop(tmp_path / "shop")
    paths = ("/maps/journey/numbers", "/measure/funnel", "/maps/journey/picture.svg", "/segments")
    with asking(folder, "read:numbers") as program:
        before = {path: program.get(path).headers["etag"] for path in (*paths, "/maps/journey")}
        forms = {
            program.get("/measure/funnel", accept=kind).headers["etag"] for kind in ("text/csv", "application/json")
        }
        assert len(forms) == 2
        more = "time,user,mail,phone,event,channel,total,note,group_id,type,name,role\n"
        (folder / "events_more.csv").write_text(f"{more}2026-05-09T09:00:00Z,bo,,,cart,web,,,,,,\n")
        with resa.open(folder) as shop:
            shop.collect()
        after = {path: program.get(path).headers["etag"] for path in before}
    assert [path for path in before if before[path] == after[path]] == ["/maps/journey"]


def test_the_customers_behind_a_number_make_it_up(folder: Path, everything: Program) -> None:
    rows = everything.get("/measure/touchpoints").json()["rows"]
    for number, row in enumerate(rows):
        people: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            place = f"column=visits&row={number}&most=2&cursor={cursor}"
            part = everything.get(f"/measure/touchpoints/customers?{place}").json()
            people, cursor = people + part["data"], part["next_cursor"]
        assert sum(one["count"] for one in people) == row["visits"] > 0
        assert len({one["id"] for one in people}) == len(people) == row["customers"]
    identifiers = everything.get(f"/customers/{people[0]['id']}").json()["identifiers"]
    assert {name: people[0][name] for name in ("kind", "value")} in identifiers
    for wrong in ("row=99", "column=name", "part=none"):
        assert everything.get(f"/measure/touchpoints/customers?{wrong}").status_code == 422, wrong
    with asking(folder, "read:numbers", "read:customers") as program:
        assert program.get("/measure/touchpoints/customers").status_code == 403


@pytest.mark.parametrize("limit", [7, 60])
def test_a_timeline_in_parts_loses_and_repeats_nothing(everything: Program, limit: int) -> None:
    (busy,) = everything.post("/customers/search", {"value": "busy", "kind": "user_id"}).json()["data"]
    path = f"/customers/{busy['id']}/timeline"
    whole = everything.get(f"{path}?limit=1000").json()
    assert (len(whole["data"]), whole["next_cursor"]) == (180, None)
    parts = everything.all(path, limit)
    assert [one["properties"]["note"] for one in parts] == [one["properties"]["note"] for one in whole["data"]]


def test_the_log_and_members_in_parts_lose_and_repeat_nothing(folder: Path, everything: Program) -> None:
    before = everything.get("/audit?limit=1000").json()["data"]
    parts: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        part = everything.get(f"/audit?limit=5&cursor={cursor}").json()
        parts, cursor = parts + [one["number"] for one in part["data"]], part["next_cursor"]
        with resa.open(folder) as shop:
            shop.audit.note("meanwhile")
    assert parts == [one["number"] for one in before] == list(range(parts[0], 0, -1))
    members = everything.all("/segments/southern/members", 1)
    with resa.open(folder) as shop:
        known = shop.segments.members("southern").to_pylist()
    assert [(one["kind"], one["value"]) for one in members] == [(one["kind"], one["value"]) for one in known]
    assert len({one["id"] for one in members}) == len(known) == 2
    assert everything.get(f"/customers/{members[0]['id']}").json()["identifiers"][0]["value"] == members[0]["value"]


def test_members_in_parts_are_whole_though_others_come(tmp_path: Path) -> None:
    folder = made_shop(tmp_path / "shop")
    members = "user,town,recorded\n{}"
    with asking(folder, *READS) as program:
        whole = {one["value"] for one in program.all("/segments/southern/members", 10)}
        part = program.get("/segments/southern/members?limit=1").json()
        seen = [one["value"] for one in part["data"]]
        come = "".join(f"new{number},Lund,2026-05-01T00:00:00Z\n" for number in range(20))
        (folder / "members_more.csv").write_text(members.format(come))
        source = (folder / "sources" / "members.yaml").read_text()
        source = source.replace("members.csv", "members_more.csv").replace("[town, note]", "[town]")
        (folder / "sources" / "more.yaml").write_text(source)
        with resa.open(folder) as shop:
            shop.collect("more")
        while part["next_cursor"] is not None:
            part = program.get(f"/segments/southern/members?limit=1&cursor={part['next_cursor']}").json()
            seen += [one["value"] for one in part["data"]]
        assert len(set(seen)) == len(seen)
        assert whole <= set(seen)
        assert {one["value"] for one in program.all("/segments/southern/members", 3)} == whole | {
            f"new{number}" for number in range(20)
        }


def test_pairs_in_parts_are_whole_though_some_are_decided(everything: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [
        Likely(
            one=Identifier("user_id", f"one {number}"),
            other=Identifier("user_id", f"other {number}"),
            probability=(0.9, 0.75, 1 / 3)[number % 3],
            compared=(Compared(field="town", one="Lund", other="Lund", level="same", weight=2.5),),
        )
        for number in range(20)
    ]
    monkeypatch.setattr(Identity, "undecided", lambda _self: Listing(pairs))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        part = everything.get(f"/identity/undecided?limit=3&cursor={cursor}").json()
        seen, cursor = seen + [one["one"]["value"] for one in part["data"]], part["next_cursor"]
        pairs = [one for one in pairs if one.one.value != seen[-1]]  # somebody decides on it
        assert cursor is None or "one" not in base64.urlsafe_b64decode(cursor + "==").decode()
    assert sorted(seen) == sorted(f"one {number}" for number in range(20))
    assert part["data"][-1]["probability"] == 1 / 3
    assert part["data"][-1]["compared"][0]["weight"] == 2.5


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhdWRpdCIsMV0", "WyJhdWRpdCIsIngiXQ", "%F0%9F%98%80", "W" * 190])
def test_a_cursor_that_is_none_is_refused(everything: Program, cursor: str) -> None:
    other = everything.get("/audit?limit=1").json()["next_cursor"]
    for path in (
        "/audit",
        "/segments/southern/members",
        "/identity/undecided",
        f"/customers/{anna(everything)}/timeline",
    ):
        answer = everything.get(f"{path}?cursor={cursor}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor"), path
        assert (everything.get(f"{path}?cursor={other}").status_code == 200) == (path == "/audit")


def test_a_decision_that_is_sent_again_is_made_once(folder: Path, everything: Program) -> None:
    said = decision("bo", "twin")
    first = everything.post("/identity/decisions", said, **{"idempotency-key": "one"})
    assert (first.status_code, first.json()["what"]) == (201, "join"), first.text
    again = everything.post("/identity/decisions", said, **{"idempotency-key": "one"})
    assert (again.status_code, again.json()) == (201, first.json())
    with resa.open(folder) as shop:
        assert len(shop.identity.decisions()) == 1
    other = everything.post("/identity/decisions", {**said, "what": "split"}, **{"idempotency-key": "one"})
    assert other.status_code == 422
    assert everything.post("/identity/decisions", said, **{"idempotency-key": "x" * 256}).status_code == 400
    assert everything.post("/identity/decisions", {**said, "what": "split"}).status_code == 201
    with resa.open(folder) as shop:
        assert [one.what for one in shop.identity.decisions()] == ["join", "split"]
        assert shop.identity.decisions()[0].who == first.json()["who"]
    listed = everything.get("/identity/decisions?limit=1")
    assert [one["what"] for one in everything.all("/identity/decisions", 1)] == ["split", "join"]
    assert listed.json()["data"][0]["other"] == {"kind": "user_id", "value": "twin"}
    late = everything.post("/identity/decisions", said, **{"if-match": '"other"'})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    tag = everything.get("/identity/decisions").headers["etag"]
    then, after = (everything.post("/identity/decisions", said, **{"if-match": tag}).status_code for _ in range(2))
    assert (then, after) == (201, 412)  # somebody has decided since, even if it was oneself
    wrong = everything.post("/identity/decisions", {**said, "other": said["one"]})
    assert wrong.status_code == 422
    assert everything.post("/identity/decisions", {"what": "marry"}).status_code == 400


def test_a_link_shows_one_picture_to_anybody_while_its_key_is_good(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = "/api/v1/measure/funnel/picture.svg?steps=cart&steps=purchase"
    with asking(folder, *READS) as program, TestClient(application(folder, SECRET)) as client:
        answer = program.client.get(
            "/api/v1/links",
            params={"address": picture, "days": 7},
            headers={"x-resa-secret": SECRET, "authorization": f"Bearer {program.key}"},
        )
        assert answer.status_code == 200, answer.text
        link = answer.json()["address"]
        assert answer.json()["html"] == f'<img src="{link.replace("&", "&amp;")}" alt="">'

        def seen(address: str) -> int:
            return client.get(address, headers={"x-resa-secret": SECRET}).status_code

        shown = client.get(link, headers={"x-resa-secret": SECRET})
        assert shown.text == program.get(picture.removeprefix(BEGINS)).text
        assert shown.headers["cross-origin-resource-policy"] == "cross-origin"
        assert shown.headers["cache-control"] == "public, max-age=300"
        token = link.rpartition("token=")[2]
        number, until, signature = token.split(".")
        assert seen(picture) == 401
        assert seen(link.replace("purchase", "letter")) == 401
        assert seen(f"/api/v1/maps/journey/picture.svg?token={token}") == 401
        assert seen(f"/api/v1/maps?token={token}") == 401
        for forged in (f"{int(number) - 1}.{until}.{signature}", f"{number}.{int(until) + 1}.{signature}", "1.2", "é"):
            assert seen(link.replace(token, forged)) == 401, forged
        with monkeypatch.context() as later:
            now = time.time()
            later.setattr("resa.screens.api.embedding.time.time", lambda: now + 8 * 86_400)
            assert seen(link) == 401
        assert seen(link) == 200
        with resa.open(folder) as shop:
            shop.keys.revoke(shop.keys.all()[-1].name)
        assert seen(link) == 401
    with visiting(folder) as visitor:
        with resa.open(folder) as shop:
            visitor.sign_in(shop, "admin", "links@api.se")
        assert Program(visitor.client, "").get("/links?address=/api/v1/maps/journey/picture.svg").status_code == 401


@pytest.mark.parametrize(
    "address",
    ["https://evil.se/picture.svg", "/api/v1/maps", "/api/v1/customers", "//evil.se/api/v1/picture.svg", "/a#b"],
)
def test_a_link_is_made_to_our_pictures_alone(everything: Program, address: str) -> None:
    answer = everything.client.get(
        "/api/v1/links",
        params={"address": address},
        headers={"x-resa-secret": SECRET, "authorization": f"Bearer {everything.key}"},
    )
    assert answer.status_code == 422


def test_an_answer_comes_in_the_form_that_is_accepted(everything: Program) -> None:
    rows = everything.get("/measure/funnel").json()["rows"]
    table = everything.get("/measure/funnel", accept="text/csv;q=0.9, application/json;q=0.1")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(table.text.strip().split("\n")) == len(rows) + 1
    assert everything.get("/measure/funnel", accept="application/vnd.apache.parquet").content.startswith(b"PAR1")
    curve = everything.get("/measure/expectations?curve=yes&part=curve", accept="text/csv")
    assert "seconds" in curve.text.partition("\n")[0]
    refused = everything.get("/measure/funnel", accept="image/png")
    assert refused.status_code == 406
    assert "text/csv" in refused.json()["detail"]
    picture = everything.get("/measure/funnel/picture.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "http" not in picture.text.replace("http://www.w3.org/", "")


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/maps/moon", 404, None),
        ("/measure/tracking", 404, None),
        ("/measure/funel", 404, None),
        ("/measure/funnel?map=moon", 422, "map"),
        ("/measure/funnel?step=cart", 422, "step"),
        ("/measure/funnel?steps=nowhere", 422, "steps"),
        ("/measure/funnel?within=7m", 422, "within"),
        ("/measure/funnel?part=none", 422, "part"),
        ("/measure/funnel?" + "steps=cart&" * 400, 400, None),
        ("/maps/journey/picture.svg?lanes=none", 422, "lanes"),
        ("/maps/journey/picture.svg?persona=none", 422, "persona"),
        ("/maps/journey/picture.svg?measured=perhaps", 400, "measured"),
        ("/maps/journey/picture.svg?from=2026-05-09&until=2026-05-01", 422, "until"),
        ("/maps/journey/numbers?from=0001-01-01", 422, "from"),
        ("/maps/journey/numbers?until=soon", 400, "until"),
        ("/maps/journey/files/exe", 404, None),
        ("/segments/none", 404, None),
        ("/segments/none/members", 404, None),
        ("/customers/nobody", 404, None),
        ("/audit?limit=1001", 400, "limit"),
        ("/nothing", 404, None),
    ],
)
def test_what_is_wrong_is_said_with_its_field(everything: Program, path: str, status: int, field: str | None) -> None:
    answer = everything.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    said = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(said)
    assert said["status"] == status
    assert [one["field"] for one in said.get("errors", [])] == ([field] if field else [])


def test_refusals_are_told_in_the_reader_s_language(everything: Program) -> None:
    said = {
        language: everything.get("/measure/funnel?part=none", **{"accept-language": language}).json()
        for language in LANGUAGES
    }
    assert len({one["detail"] for one in said.values()}) == len(LANGUAGES)
    assert {one["code"] for one in said.values()} == {"unprocessable_content"}


def test_methods_that_are_not_there_are_named(everything: Program) -> None:
    headers = {"x-resa-secret": SECRET, "authorization": f"Bearer {everything.key}"}
    for method in ("PUT", "DELETE", "PATCH"):
        answer = everything.client.request(method, "/api/v1/maps", headers=headers)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "OPTIONS"}
    head = everything.client.head("/api/v1/maps", headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == everything.get("/maps").headers["etag"]
    assert everything.client.options("/api/v1/maps", headers=headers).status_code == 204
    assert urlsplit(str(answer.url)).path == "/api/v1/maps"


def test_what_is_sent_that_is_no_json_is_refused(everything: Program) -> None:
    headers = {"x-resa-secret": SECRET, "authorization": f"Bearer {everything.key}", "content-type": "application/json"}
    for content in (b"", b"{", b"[]", b'{"value": 1}', b'{"value": ""}', b"\xff", b'{"value": "\\ud800"}'):
        answer = everything.client.post("/api/v1/customers/search", content=content, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), content
