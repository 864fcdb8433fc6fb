"""One's own data by the screens: from an uploaded file to a first map with its numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import openpyxl
import pytest
from httpx import Response
from tests.support.screens import SECRET, Visitor, visiting

import resa
from resa.base.language import LANGUAGES, said
from resa.discovery import is_draft
from resa.discovery.words import ENGLISH as DRAFT_WORDS
from resa.screens.beginning import MOST_BYTES
from resa.workspace.create import make_empty

HEAD = "customer,event,time,total\n"


def rows(customers: int = 60) -> str:
    """Customers who look, most of whom put something into a cart, and half of whom buy."""
    found = []
    for number in range(customers):
        day = number % 28 + 1
        steps = [
            ("product viewed", "09:00", ""),
            ("product added", "09:20", ""),
            ("order completed", "09:45", "249.00"),
        ]
        for what, clock, total in steps[: 1 + (number % 4 > 0) + (number % 2)]:
            found.append(f"u{number},{what},2026-10-{day:02} {clock},{total}\n")
    return "".join(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_empty(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def admin(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "admin") as visitor:
        yield visitor


def upload(visitor: Visitor, name: str, content: str | bytes) -> Response:
    page = visitor.get("/start")
    assert page.status_code == 200
    return visitor.client.post(
        "/start",
        data={"_csrf_token": visitor.forms},
        files={"file": (name, content, "text/csv")},
        headers={"x-resa-secret": SECRET, "sec-fetch-site": "same-origin"},
        follow_redirects=False,
    )


def test_a_file_becomes_a_map_with_numbers(folder: Path, admin: Visitor) -> None:
    assert "/start" in admin.get("/").text
    answer = upload(admin, "Mein Laden (1).CSV", HEAD + rows())
    assert answer.status_code == 303
    path = answer.headers["location"]
    assert path == "/start/mein_laden_1.csv"
    assert path in admin.get("/start").text
    page = admin.get(path).text
    for chosen in ("customer", "event", "time"):
        assert f'<option value="{chosen}" selected' in page
    assert "Draw the map" in page
    form = {"customer": "customer", "event": "event", "occurred_at": "time", "timezone": "Europe/Stockholm"}
    answer = admin.post(path, **form)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/map")
    page = admin.get("/map").text
    assert "Order completed" in page
    assert "<svg" in page
    with resa.open(folder) as shop:
        table = shop.measure.touchpoints().table.to_pylist()
        assert {row["touchpoint"]: row["customers"] for row in table}["product_viewed"] == 60
        assert shop.map().timezone == "Europe/Stockholm"
        assert {one.what for one in shop.audit.entries()} >= {"file.upload"}
        assert shop.verify() == []
    assert path not in admin.get("/start").text  # it is collected
    answer = upload(admin, "more.csv", HEAD + "u1,product viewed,2026-10-30 09:00,\n")
    answer = admin.post(answer.headers["location"], **form)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/live")


def test_what_is_not_found_is_asked_for(admin: Visitor) -> None:
    path = upload(
        admin, "odd.csv", "alpha;beta;gamma\nann;looked;2026-10-01 10:00\nbo;bought;2026-10-02 11:00\n"
    ).headers["location"]
    page = admin.get(path).text
    assert "Not found" in page
    assert "Draw the map" not in page
    page = admin.get(f"{path}?customer=alpha&event=beta&occurred_at=gamma&timezone=UTC").text
    assert "Draw the map" in page
    assert admin.post(path).status_code == 422
    for wrong in (
        "customer=nobody",
        "customer=alpha&event=beta&occurred_at=gamma&timezone=Mars/Olympus",
        "occurred_at=" + "x" * 5_000,
    ):
        answer = admin.get(f"{path}?{wrong}")
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text or "notice" in answer.text
        assert "Traceback" not in answer.text


def asked(page: str, name: str) -> str:
    """A field of the page, with all that stands at it."""
    fields = page.partition('<div class="meant">')[2].partition("</form>")[0].split('<div class="field">')
    return next(one for one in fields if f'name="{name}"' in one)


def test_columns_of_a_clinic_are_known_and_may_be_changed(folder: Path, admin: Visitor) -> None:
    rows = (
        "Patient;Tidpunkt;Aktivitet;Kanal;Belopp;Segment;Förnamn\n"
        "p1;03.11.2026 14:05;Bokning;Webb;100,50;Ny;Åsa\np2;13.11.2026 14:05;Besök;Mottagning;;Ny;Bo\n"
    )
    path = upload(admin, "klinik.csv", rows).headers["location"]
    page = admin.get(path).text
    for target, column in (
        ("customer", "Patient"), ("occurred_at", "Tidpunkt"), ("event", "Aktivitet"), ("channel", "Kanal"),
        ("value", "Belopp"),
    ):  # fmt: skip
        assert f'<option value="{column}" selected' in asked(page, target)
    assert "03.11.2026 14:05 is 3 Nov 2026" in asked(page, "time_format")
    for column, meaning in (("Segment", "Persona or segment"), ("Förnamn", "Left out"), ("Kanal", "By what channel")):
        assert re.search(rf"{column}</th>\s*<td[^>]*>{meaning}<", page), column
    said = {"customer": "Patient", "occurred_at": "Tidpunkt", "event": "Aktivitet", "channel": "", "value": "Belopp"}
    answer = admin.post(path, do="look", **said)
    assert answer.status_code == 303
    page = admin.get(answer.headers["location"]).text
    assert '<option value="" selected' in asked(page, "channel")
    assert admin.post(path, do="take", **said).headers["location"] == "/map"
    assert "channel" not in (folder / "sources" / "klinik.yaml").read_text()
    with resa.open(folder) as shop:
        assert {one.key for one in shop.map().touchpoints} == {"bokning", "besök"}


def test_day_or_month_is_asked_by_examples_of_ones_own(admin: Visitor) -> None:
    rows = "Guest,when,activity\np1,01/01/2026 10:00,a\np1,03/04/2026 10:00,a\np2,05/06/2026 10:00,b\n"
    path = upload(admin, "doubt.csv", rows).headers["location"]
    page = admin.get(path).text
    field = asked(page, "time_format")
    assert "03/04/2026 10:00 is 3 Apr 2026; 05/06/2026 10:00 is 5 Jun 2026" in field
    assert "03/04/2026 10:00 is 4 Mar 2026; 05/06/2026 10:00 is 6 May 2026" in field
    assert 'role="alert">The first number of 03/04/2026 10:00 may be the day or the month' in field
    assert "Draw the map" not in page
    page = admin.get(f"{path}?time_format=%25m/%25d/%25Y+%25H:%25M").text
    assert '<option value="%m/%d/%Y %H:%M" selected' in asked(page, "time_format")
    assert "Draw the map" in page


@pytest.mark.parametrize(
    ("rows", "query"),
    [
        ("Guest,when\np1,03/04/2026\np2,05/06/2026\n", ""),
        ("Guest,when,sum\np1,2026-01-02,5\n", ""),
        ("Guest,when,tid,x\np1,2026-01-02,late,2\np1,2026-01-03,late,2\n", "occurred_at=tid"),
        ("Guest,when,total,valuta\np1,2026-01-02,5,SEK\np1,2026-01-02,6,EUR\n", ""),
        ('Guest;when;total\np1;2026-01-02;"1,234"\np1;2026-01-02;"2,500"\n', ""),
        ("Guest,when\np1,2026-03-29 02:30\n", "timezone=Europe/Stockholm"),
        ("aa,bb\nxx,yy\n", ""),
        ("Guest,when\np1,2026-01-02\n", "timezone=Mars/Olympus&currency=kronor"),
    ],
)
def test_nothing_on_the_page_names_keys_of_files_or_options_of_commands(admin: Visitor, rows: str, query: str) -> None:
    path = upload(admin, "a.csv", rows).headers["location"]
    shown = re.sub(r"<[^>]*>", " ", admin.get(f"{path}?{query}").text)
    for word in ("time_format", "clock_change", "timezone:", "--as", "csv:", "decimal=", "COLUMN", "occurred_at"):
        assert word not in shown


def test_what_is_wrong_stands_at_its_field(admin: Visitor) -> None:
    path = upload(admin, "a.csv", "Guest,when,total\np1,2026-01-02,5\n").headers["location"]
    page = admin.get(f"{path}?timezone=Mars/Olympus&currency=kronor").text
    assert "is no time zone" in asked(page, "timezone")
    assert 'aria-invalid="true" aria-describedby="about-timezone"' in asked(page, "timezone")
    assert "is no currency" in asked(page, "currency")


def test_a_workbook_becomes_a_map(admin: Visitor) -> None:
    book = openpyxl.Workbook()
    for row in (["Kundnummer", "Datum", "Händelse"], ["17", "2026-10-01 10:00", "Köp"], ["18", "2026-10-02", "Köp"]):
        book.active.append(row)
    saved = io.BytesIO()
    book.save(saved)
    path = upload(admin, "Mina besök.xlsx", saved.getvalue()).headers["location"]
    assert path == "/start/mina_besok.xlsx"
    assert '<option value="Kundnummer" selected' in asked(admin.get(path).text, "customer")
    assert admin.post(path).headers.get("location") == "/map"


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../evil.csv", "evil.csv"),
        ("..\\..\\evil.csv", "evil.csv"),
        ("a b/c;d.csv", "c_d.csv"),
        ("Å ä.csv", "a_a.csv"),
        ("日本.csv", "file.csv"),
        (".csv.csv", "csv.csv"),
        ("x" * 300 + ".csv", "x" * 40 + ".csv"),
        ("journey.yaml", ""),
        ("run.sh", ""),
        ("nothing", ""),
    ],
)
def test_a_name_is_made_safe_or_refused(folder: Path, admin: Visitor, name: str, stored: str) -> None:
    answer = upload(admin, name, HEAD + rows(3))
    incoming = folder / "incoming"
    found = [one.name for one in incoming.iterdir()] if incoming.exists() else []
    if stored:
        assert answer.status_code == 303, answer.text
        assert found == [stored]
        assert (incoming / stored).stat().st_mode & 0o077 == 0 or incoming.stat().st_mode & 0o077 == 0
    else:
        assert answer.status_code == 422
        assert found == []
    assert sorted(one.name for one in folder.parent.iterdir()) == ["mine"]


@pytest.mark.parametrize("content", ["", "\n", "a,b\n", "\x00\x01\x02", "<html>", '"'])
def test_a_file_that_holds_nothing_is_no_fault_of_ours(admin: Visitor, content: str) -> None:
    answer = upload(admin, "odd.csv", content)
    if answer.status_code == 303:
        answer = admin.get(answer.headers["location"])
    assert answer.status_code in {200, 422}
    assert "Draw the map" not in answer.text


@pytest.mark.parametrize("name", ["..%2Fresa.toml", "resa.toml", ".gitignore", "nothing.csv", "%00.csv"])
def test_only_uploaded_files_are_looked_at(admin: Visitor, name: str) -> None:
    admin.get("/start")
    assert admin.get(f"/start/{name}").status_code == 404
    assert admin.post(f"/start/{name}").status_code == 404


def test_a_file_that_is_too_large_is_refused(folder: Path, admin: Visitor) -> None:
    answer = upload(admin, "large.csv", b"a" * (MOST_BYTES + (2 << 20)))
    assert answer.status_code == 413
    assert not (folder / "incoming").exists()


def test_where_no_file_is_chosen_it_is_said(admin: Visitor) -> None:
    admin.get("/start")
    answer = admin.client.post(
        "/start",
        data={"_csrf_token": admin.forms},
        files={"other": ("", b"")},
        headers={"x-resa-secret": SECRET, "sec-fetch-site": "same-origin"},
    )
    assert answer.status_code == 422
    assert "choose a file" in answer.text


def test_making_a_folder_a_workspace_leaves_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text("title: A\nstages: {a: [b]}\n")
    make_empty(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["journey.yaml"]
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / ".gitignore").write_text("mine\n")
    make_empty(tmp_path / "notes")
    assert (tmp_path / "notes" / ".gitignore").read_text() == "mine\n"
    with resa.open(tmp_path / "notes") as shop:
        assert dict(shop.maps) == {}


def test_a_drafted_map_says_so_and_asks_for_what_is_missing(folder: Path, admin: Visitor) -> None:
    path = upload(admin, "web.csv", HEAD + rows()).headers["location"]
    form = {"customer": "customer", "event": "event", "occurred_at": "time", "timezone": "Europe/Stockholm"}
    admin.post(path, **form)
    file = folder / "journey.yaml"
    drafted = file.read_text(encoding="utf-8")

    def asked() -> list[str]:
        """Where the panel leads; nothing, where there is none."""
        panel = admin.get("/map").text.partition('id="drafted"')[2].partition("</section>")[0]
        return [unescape(to) for to in re.findall(r'<li><a href="([^"]+)">', panel)]

    wanted = asked()
    assert "/edit/journey#opened" in wanted  # its owner
    arrow = next(to for to in wanted if "arrow=" in to)
    assert admin.get(arrow).status_code == 200
    assert 'name="arrow.0.target"' in admin.get(arrow).text
    file.write_text(drafted.replace("language:", "owner: Ali\nlanguage:", 1), encoding="utf-8")
    assert asked() == [to for to in wanted if to != "/edit/journey#opened"]
    with visiting(folder, "viewer") as viewer:
        page = viewer.get("/map").text
        assert "This map was drafted from your data" in page
        assert "/map/journey/drafted" not in page  # nothing that they may not do
    assert admin.post("/map/journey/drafted").headers["location"] == "/map/journey"
    assert asked() == []
    with visiting(folder, "viewer") as viewer:
        assert "drafted from your data" not in viewer.get("/map").text  # nor do others see it


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_is_known_in_every_language_until_its_head_is_taken_away(language: str) -> None:
    words = {"events": "1 234", "customers": "60", "first": "1 Oct 2026", "last": "2 Nov 2026"}
    head = said(language, "draft.head", DRAFT_WORDS["head"], **words)
    assert is_draft(f"resa: 1\n# {head}\ntitle: Mine\n")
    assert not is_draft("resa: 1\n# A first map, written by me\ntitle: Mine\n")
    assert not is_draft("\n" * 20 + f"# {head}\n")
