"""What programs change over the API: files of maps, segments, notes, people and keys; and what they may not."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tests.support.known_customers import made_shop
from tests.support.programs import READS, WRITER, WRITES, Program, anna, asking
from tests.support.screens import SECRET, visiting
from tests.support.served import new_shop

import resa
from resa.cli.app import run
from resa.screens.api.calling import part_after
from resa.screens.application import application
from resa.workspace.drafting import Drafts


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("changed") / "shop")


@pytest.fixture(scope="module")
def program(folder: Path) -> Iterator[Program]:
    with asking(folder, *READS, *WRITES, "write:identity") as found:
        yield found


def put(program: Program, path: str, said: object, tag: str = "") -> Any:
    return program.send("put", path, said, **({"if_match": tag} if tag else {}))


def test_a_map_is_written_as_it_is_sent_and_kept_as_it_was(folder: Path, program: Program) -> None:
    read = program.get("/maps/journey/text")
    before, tag = read.json()["text"], read.headers["etag"]
    assert before == (folder / "journey.yaml").read_text()
    after = before.replace("title: A shop", "title: A better shop  # as we call it")
    looked = put(program, "/maps/journey/text", {"text": after, "dry": True}, tag)
    assert (looked.status_code, looked.json()["saved"]) == (200, False)
    assert "+title: A better shop  # as we call it" in looked.json()["changes"]
    assert (folder / "journey.yaml").read_text() == before
    written = put(program, "/maps/journey/text", {"text": after}, tag)
    assert (written.status_code, written.json()["saved"], written.json()["merged"]) == (200, True, False)
    assert (folder / "journey.yaml").read_text() == after
    assert program.get("/maps/journey/text").headers["etag"] == written.headers["etag"] != tag
    assert program.get("/maps/journey").json()["title"] == "A better shop"
    versions = program.get("/maps/journey/versions").json()["data"]
    assert [bool(one["who"]) for one in versions[:2]] == [True, False]
    texts = [program.get(f"/maps/journey/versions/{one['number']}").json()["text"] for one in versions[:2]]
    assert texts == [after, before]
    assert [one["number"] for one in program.all("/maps/journey/versions", 1)] == [one["number"] for one in versions]
    saved = [one for one in program.get("/audit").json()["data"] if one["what"] == "map.save"]
    assert saved[0]["who"] == versions[0]["who"]
    with resa.open(folder) as shop:
        assert Drafts(shop).history("journey")[0].text == after


def test_nothing_of_others_is_written_over(folder: Path, program: Program) -> None:
    file = folder / "journey.yaml"
    read = program.get("/maps/journey/text")
    base, tag = read.json()["text"], read.headers["etag"]
    mine = base.replace("name: Cart", "name: Basket")
    asks = put(program, "/maps/journey/text", {"text": mine})
    assert (asks.status_code, asks.headers["etag"]) == (428, tag)
    file.write_text(base.replace("fan: {about: Buys much.", "fan: {about: Buys a lot."))  # by an editor on the disk
    theirs = file.read_text()
    late = put(program, "/maps/journey/text", {"text": mine}, tag)
    assert (late.status_code, late.headers["etag"]) == (412, program.get("/maps/journey/text").headers["etag"])
    assert file.read_text() == theirs
    both = put(program, "/maps/journey/text", {"text": mine, "base": base}, tag)
    assert (both.status_code, both.json()["merged"]) == (200, True)
    assert file.read_text() == theirs.replace("name: Cart", "name: Basket") != theirs
    same = base.replace("name: Cart", "name: Trolley")
    clash = put(program, "/maps/journey/text", {"text": same, "base": base}, tag)
    assert clash.status_code == 412
    assert "name: Basket" in file.read_text()


def test_a_wrong_map_is_told_at_its_place_and_not_written(folder: Path, program: Program) -> None:
    read = program.get("/maps/journey/text")
    text, tag = read.json()["text"], read.headers["etag"]
    wrong = put(program, "/maps/journey/text", {"text": text.replace("next: purchase", "next: purchas")}, tag)
    assert wrong.status_code == 422
    (error,) = wrong.json()["errors"]
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "next: purchase" in one)
    assert (error["field"], error["file"], error["line"]) == ("text", "journey.yaml", line)
    assert error["column"] > 0
    assert "did you mean 'purchase'" in error["message"]
    assert (folder / "journey.yaml").read_text() == text
    for bad in ("", "\x00", "a: [", "\ud800", "x" * 10):
        answer = program.client.put(
            "/api/v1/maps/journey/text",
            content=json.dumps({"text": bad}),
            headers={
                "x-resa-secret": SECRET,
                "authorization": f"Bearer {program.key}",
                "if-match": tag,
                "content-type": "application/json",
            },
        )
        assert answer.status_code in {400, 422}, bad
    assert program.get("/maps/nothing/text").status_code == 404


def test_a_map_that_is_wrong_on_the_disk_is_mended(tmp_path: Path) -> None:
    new_shop(tmp_path)
    good = (tmp_path / "journey.yaml").read_text()
    (tmp_path / "journey.yaml").write_text(good.replace("stages:", "stags:"))
    with asking(tmp_path, "write:maps") as program:
        read = program.get("/maps/journey/text")
        assert [one["severity"] for one in read.json()["problems"]][:1] == ["error"]
        assert put(program, "/maps/journey/text", {"text": good}, read.headers["etag"]).status_code == 200


def test_segments_are_made_changed_and_taken_away(folder: Path, program: Program) -> None:
    file = folder / "segments.yaml"
    before = file.read_text()
    made = put(program, "/segments/rich/text", {"name": "Rich", "who": "traits.orders > 5"})
    assert (made.status_code, made.json()["who"]) == (200, "traits.orders > 5")
    assert file.read_text().startswith(before)
    tag = made.headers["etag"]
    assert program.get("/segments/rich/text").headers["etag"] == tag
    assert put(program, "/segments/rich/text", {"about": "x"}).status_code == 428
    wrong = put(program, "/segments/rich/text", {"who": "traits.orders >"}, tag)
    assert (wrong.status_code, wrong.json()["errors"][0]["file"]) == (422, "segments.yaml")
    changed = put(program, "/segments/rich/text", {"about": "Buys most."}, tag)
    assert changed.json() == {**made.json(), "about": "Buys most."}
    assert put(program, "/segments/rich/text", {"about": "y"}, tag).status_code == 412
    assert program.send("delete", "/segments/rich/text", if_match=tag).status_code == 412
    assert program.send("delete", "/segments/rich/text", if_match=changed.headers["etag"]).status_code == 204
    assert program.get("/segments/rich/text").status_code == 404
    assert file.read_text() == before
    assert put(program, "/segments/a: b/text", {"who": "traits.orders > 5"}).status_code == 422


def test_a_customer_gets_what_is_stored_and_is_erased_once_it_is_confirmed(folder: Path) -> None:
    with asking(folder, *READS, *WRITES) as program:
        own = anna(program)
        export = program.get(f"/customers/{own}/export")
        assert (export.headers["content-type"], export.headers["cache-control"]) == ("application/zip", "no-store")
        document = json.loads(ZipFile(io.BytesIO(export.content)).read("customer.json"))
        assert any(one["value"] == "anna@shop.se" for one in document["identifiers"])
        words = program.get(f"/customers/{own}/consents").json()["data"]
        assert {one["about"] for one in words} >= {"news"}
        assert words[0]["value"]
        with asking(folder, "read:customers") as nameless:
            assert {one["value"] for one in nameless.get(f"/customers/{own}/consents").json()["data"]} == {None}
            assert nameless.get(f"/customers/{own}/export").status_code == 403
        counted = program.post(f"/customers/{own}/erasure", {}).json()
        assert (counted["erased"], counted["rows"]["events"]) == (False, 6)
        assert program.post(f"/customers/{own}/erasure", {"confirm": "1.x"}).status_code == 422
        assert program.post(f"/customers/{own}/erasure", {"confirm": "1." + "0" * 32}).status_code == 422
        assert anna(program) == own
        said = {"confirm": counted["confirm"]}
        gone = program.post(f"/customers/{own}/erasure", said, idempotency_key="e1")
        assert (gone.status_code, gone.json()["erased"], gone.json()["rows"]) == (200, True, counted["rows"])
        assert program.post("/customers/search", {"value": "anna@shop.se"}).json()["data"] == []
    with asking(folder, *READS, *WRITES) as other:
        assert other.post(f"/customers/{own}/erasure", said, idempotency_key="e1").status_code == 404  # another key
        program = Program(other.client, program.key)
        again = program.post(f"/customers/{own}/erasure", said, idempotency_key="e1")  # of a server that began anew
        assert again.json() == gone.json()
        assert program.post(f"/customers/{own}/erasure", {}, idempotency_key="e1").status_code == 422
    with resa.open(folder) as shop:
        assert shop.verify() == []


def test_what_people_write_programs_write_in_somebody_s_name(folder: Path, program: Program) -> None:
    sale = {"text": "A sale", "first": "2026-05-04"}
    note, again = (program.post("/notes", sale, idempotency_key="n").json()["number"] for _ in range(2))
    assert note == again
    assert put(program, f"/notes/{note}", {"text": "A great sale", "first": "2026-05-04"}).status_code == 204
    (kept,) = program.get("/notes").json()["data"]
    assert (kept["text"], kept["by"], kept["last"]) == ("A great sale", "Wilma", "2026-05-04")
    wrong = program.post("/notes", {"text": "x", "first": "2026-05-04", "last": "2026-05-01"})
    assert wrong.status_code == 422
    said = {"map": "journey", "kind": "touchpoint", "key": "cart", "text": "Why so few?"}
    comment = program.post("/comments", said).json()["number"]
    assert program.post(f"/comments/{comment}/answers", {"text": "It was slow."}).status_code == 204
    assert program.send("patch", f"/comments/{comment}", {"resolved": True}).status_code == 204
    (thread,) = program.get("/comments?map=journey").json()["data"]
    assert (thread["key"], thread["resolved_at"] is None, thread["answers"][0]["text"]) == (
        "cart",
        False,
        "It was slow.",
    )
    view = program.post("/views", {"name": "Funnel", "address": "/explore/funnel?steps=cart"}).json()["number"]
    assert put(program, f"/views/{view}", {"name": "Our funnel", "shared": True}).status_code == 204
    with asking(folder, "read:numbers") as reader:
        assert [one["name"] for one in reader.get("/views").json()["data"]] == ["Our funnel"]
        for path, body in (("/notes", {"text": "x", "first": "2026-05-04"}), ("/comments", said)):
            assert reader.post(path, body).status_code == 403
    assert program.post("/views", {"name": "x", "address": "https://else.se"}).status_code == 422
    report = program.post("/reports", {"title": "For the board"}).json()["number"]
    assert program.post(f"/reports/{report}/parts", {"address": "/explore/funnel?steps=cart"}).status_code == 204
    with resa.open(folder) as shop:
        until = shop.clock().date().isoformat()
    link = program.post(f"/reports/{report}/links", {"until": until}).json()["address"]
    whole = program.get(f"/reports/{report}").json()
    assert [one["address"] for one in whole["parts"]] == ["/explore/funnel?steps=cart"]
    secret = link.removeprefix("/shared/")
    assert secret not in json.dumps(whole)
    with visiting(folder) as visitor:
        assert visitor.get(link).status_code == 200
    assert program.send("delete", f"/reports/{report}/links/{whole['links'][0]['number']}").status_code == 204
    with visiting(folder) as visitor:
        assert visitor.get(link).status_code == 404
    for path in (f"/reports/{report}", f"/views/{view}", f"/comments/{comment}", f"/notes/{note}"):
        assert program.send("delete", path).status_code == 204, path
        assert program.send("delete", path).status_code in {204, 404}, path


def test_a_key_writes_no_more_once_its_person_may_not(tmp_path: Path) -> None:
    new_shop(tmp_path)
    said = {"text": "A sale", "first": "2026-05-04"}
    with asking(tmp_path, "write:notes", "share:reports") as program:
        assert program.post("/notes", said).status_code == 201
        with resa.open(tmp_path) as shop:
            shop.people.invite("other@shop.se", "Other", "admin")
            shop.people.change_role(WRITER, "viewer")
        assert program.post("/notes", said).status_code == 403
        with resa.open(tmp_path) as shop:
            shop.people.change_role(WRITER, "service")
        assert program.post("/notes", said).status_code == 201
        assert program.post("/reports/1/links", {"until": "2026-05-04"}).status_code == 403
        with resa.open(tmp_path) as shop:
            shop.people.end(WRITER)
        assert program.post("/notes", said).status_code == 403


def test_a_key_that_writes_is_somebody_s(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_shop(tmp_path)
    make = ["keys", "make", "bot", "-w", str(tmp_path), "--scope", "write:notes"]
    assert run(make) != 0
    assert "--for" in capsys.readouterr().err
    with resa.open(tmp_path) as shop:
        shop.people.invite("anna@shop.se", "Anna", "analyst")
    assert run([*make, "--for", "bo@shop.se"]) != 0
    assert run([*make, "--for", "Anna@shop.se"]) == 0
    with resa.open(tmp_path) as shop:
        assert shop.keys.all()[-1].person == shop.people.named("anna@shop.se").id
    with visiting(tmp_path, "admin") as visitor:  # on screen it is of who makes it
        said = {"do": "make", "name": "mine", "scope": "collect", "write:notes": "yes", "read:numbers": "yes"}
        assert visitor.post("/settings/keys", **said).status_code == 200
    with resa.open(tmp_path) as shop:
        made = shop.keys.all()[-1]
        assert (made.name, shop.people.of_number(made.person) is not None) == ("mine", True)


def test_people_and_keys_are_managed_and_no_secret_is_told_twice(folder: Path, program: Program) -> None:
    invited = program.post("/people", {"email": "Nils@shop.se", "name": "Nils", "role": "analyst"})
    number, address = invited.json()["number"], invited.json()["address"]
    with visiting(folder) as visitor:
        assert visitor.get(address).status_code == 200
    assert program.send("patch", f"/people/{number}", {"role": "marketer"}).status_code == 204
    people = program.get("/people")
    assert address.rpartition("/")[2] not in people.text
    assert {one["email"]: one["role"] for one in people.json()["data"]}["nils@shop.se"] == "marketer"
    with visiting(folder) as visitor, resa.open(folder) as shop:
        visitor.sign_in(shop, "viewer", "seen@shop.se")
        assert visitor.get("/settings").status_code == 200
        viewer = next(one["number"] for one in program.get("/people").json()["data"] if one["email"] == "seen@shop.se")
        (session,) = (one["id"] for one in program.get("/sessions").json()["data"] if one["person"] == viewer)
        assert program.send("delete", f"/sessions/{session}").status_code == 204
        assert program.send("delete", f"/sessions/{session}").status_code == 404
        assert visitor.get("/settings").status_code == 303
    made = program.post("/keys", {"name": "board", "scopes": ["read:numbers"]})
    assert made.status_code == 201
    key = made.json()["key"]
    assert Program(program.client, key).get("/maps").status_code == 200
    listed = program.get("/keys")
    assert key not in listed.text
    assert program.post("/keys", {"name": "board", "scopes": ["read:numbers"]}).status_code == 422
    nobody = program.post("/keys", {"name": "writes", "scopes": ["write:notes"]})
    assert (nobody.status_code, "--for" in nobody.json()["detail"]) == (422, True)
    mine = next(one["number"] for one in listed.json()["data"] if one["name"] == "board")
    assert program.send("delete", f"/keys/{mine}").status_code == 204
    assert Program(program.client, key).get("/maps").status_code == 401
    assert program.send("delete", f"/people/{number}").status_code == 204
    admins = [one["number"] for one in program.get("/people").json()["data"] if one["role"] == "admin"]
    ended = [program.send("delete", f"/people/{one}").status_code for one in admins]
    assert sorted(ended) == [204] * (len(admins) - 1) + [422]  # the last administrator stays
    whats = [one["what"] for one in program.get("/audit").json()["data"]]
    assert {"person.invite", "person.role", "person.end", "person.end_session", "key.make", "key.revoke"} <= {*whats}


def test_refused_rows_are_read_again_and_reviews_and_owners_are_said(folder: Path, program: Program) -> None:
    assert program.post("/sources/nothing/replay", {}).status_code == 404
    assert program.post("/sources/events/replay", {}).status_code == 422  # there is nothing to read again
    more = "time,user,mail,phone,event,channel,total,note,group_id,type,name,role\n"
    (folder / "events_more.csv").write_text(f"{more}never,bo,,,cart,web,,,,,,\n")
    with resa.open(folder) as shop:
        shop.collect()
    (refused,) = program.get("/rejected").json()["data"]
    done = program.post("/sources/events/replay", {"reason": refused["reason"]}, idempotency_key="r").json()
    assert (done["tried"], done["still_rejected"], done["reasons"]) == (1, 1, {refused["reason"]: 1})
    health = program.get("/health").json()
    assert health["events"] > 0
    assert all(one["message"] for one in health["concerns"])
    kept = program.post("/maps/journey/reviews", {"notes": "Fine."})
    assert kept.status_code == 201, kept.text
    assert program.get("/maps/journey/reviews").json()["reviews"][0]["notes"] == "Fine."
    assert "reviewed:" in (folder / "journey.yaml").read_text()
    read = program.get("/maps/journey/text")
    text = "owner: Karin\n" + read.json()["text"]
    assert put(program, "/maps/journey/text", {"text": text}, read.headers["etag"]).status_code == 200
    person = program.get("/recipients").json()["data"][0]["recipient"]
    assert put(program, "/owners", {"owner": "Karin", "recipients": [person]}).status_code == 204
    assert put(program, "/owners", {"owner": "Karin", "recipients": ["person:99"]}).status_code == 422
    owners = {one["owner"]: one for one in program.get("/owners").json()["data"]}
    assert (owners["Karin"]["recipients"], owners["Karin"]["said"]) == ([person], True)
    assert put(program, f"/recipients/{person}", {"stopped": ["digest"]}).status_code == 204
    assert program.get("/recipients").json()["data"][0]["stopped"] == ["digest"]
    assert put(program, "/recipients/person:99", {"stopped": []}).status_code == 404


def test_a_browser_changes_nothing_here(folder: Path) -> None:
    with visiting(folder, "admin") as visitor:
        read = Program(visitor.client, "").get("/maps/journey/text")
        assert read.status_code == 200
        written = Program(visitor.client, "").send("put", "/maps/journey/text", {"text": "x"}, if_match="*")
        assert written.status_code == 401


def test_the_application_is_the_one_that_is_served(folder: Path) -> None:
    methods = {"PUT", "PATCH", "DELETE"}
    found = {one for route in application(folder, SECRET).routes for one in getattr(route, "methods", ())}
    assert methods <= found


KILLED = """
import os, signal, sys
from pathlib import Path
from litestar.testing import TestClient
from tests.support.programs import Program
from tests.support.screens import SECRET
from resa.screens.api import repeating
from resa.screens.application import application

repeating.keep_answer = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with TestClient(application(Path(sys.argv[1]), SECRET)) as client:
    Program(client, sys.argv[2]).post("/notes", {"text": "A strike", "first": "2026-05-06"}, idempotency_key="k")
"""


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[tuple[Path, Program]]:
    new_shop(tmp_path)
    with asking(tmp_path, "read:numbers", "write:notes") as found:
        yield tmp_path, found


def test_what_a_killed_server_had_begun_is_not_done_again_and_said_to_be_unknown(writing: tuple[Path, Program]) -> None:
    place, program = writing

    def strikes() -> int:
        return sum(one["text"] == "A strike" for one in program.get("/notes").json()["data"])

    ended = subprocess.run([sys.executable, "-c", KILLED, str(place), program.key], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert strikes() == 1
    said = {"text": "A strike", "first": "2026-05-06"}
    again = program.post("/notes", said, idempotency_key="k")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert "new Idempotency-Key" in again.json()["detail"]
    assert strikes() == 1
    assert program.post("/notes", {**said, "text": "Other"}, idempotency_key="k").status_code == 422
    assert program.post("/notes", said, idempotency_key="l").status_code == 201
    assert strikes() == 2


def test_what_was_refused_may_come_again_with_the_same_key(writing: tuple[Path, Program]) -> None:
    _, program = writing
    wrong = {"text": " ", "first": "2026-05-06"}
    codes = [program.post("/notes", wrong, idempotency_key="m").status_code for _ in range(2)]
    assert codes[0] == codes[1] != 409
    assert program.post("/notes", {**wrong, "text": "A fair"}, idempotency_key="m").status_code == 201


LISTS = ("notes", "views", "reports", "people", "sessions", "keys", "sources", "rejected", "owners", "recipients")


def test_every_list_that_grows_comes_in_parts(tmp_path: Path) -> None:
    folder = made_shop(tmp_path / "shop")
    with asking(folder, *READS, *WRITES) as program:
        for number in range(3):
            program.post("/notes", {"text": f"Note {number}", "first": "2026-05-04"})
            program.post("/views", {"name": f"View {number}", "address": "/explore/trend", "shared": True})
            program.post("/reports", {"title": f"Report {number}"})
            program.post("/people", {"email": f"new{number}@shop.se", "role": "viewer"})
        with resa.open(folder) as shop:
            for name in ("one", "two"):
                shop.people.enter(shop.people.invite(f"{name}@shop.se"))
        lists = (*LISTS, "segments", f"customers/{anna(program)}/consents")
        many = 0
        for name in lists:
            whole = program.get(f"/{name}").json()
            assert whole["next_cursor"] is None, name
            assert program.all(f"/{name}", 1) == whole["data"], name
            assert program.get(f"/{name}?cursor=W10").status_code == 422, name
            many += len(whole["data"]) > 1
        assert many >= 7, "of most there are several"


def test_a_part_goes_on_where_the_last_ended_whatever_became_of_the_list() -> None:
    def part(found: list[str], cursor: str = "") -> tuple[list[str], str]:
        shown, following = part_after(found, str, "letters", 2, cursor)
        return list(shown), following or ""

    first, cursor = part(["a", "b", "c", "d", "e"])
    assert first == ["a", "b"]
    assert part(["a", "b", "c", "d", "e"], cursor)[0] == ["c", "d"]
    assert part(["A", "a", "b", "c"], cursor) == (["c"], "")  # one came in front
    assert part(["b", "c", "d"], cursor) == (["c", "d"], "")  # one in front is gone
    assert part(["a", "c", "d", "e"], cursor)[0] == ["c", "d"]  # the last that was shown is gone
    assert part([], cursor) == ([], "")
