"""What the columns of files of people's own are taken for, by their names in four languages and by what they hold."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from tests.support.sources import open_shop

from resa.base.errors import SourceError
from resa.collector import Understanding, collect, find_files, read_source, source_yaml, understand
from resa.collector.column_names import name_rank

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)

CLINIC = """\
Pat.nr;Tidpunkt;Aktivitet;Kanal;Belopp (kr);Valuta;Segment;Telefonnummer
P-0017;03.11.2026 14:05;Bokning;Webb;1 234,50;SEK;Ny;070-123 45 67
P-0018;03.11.2026 15:10;Besök;Mottagning;300,00;SEK;Återkommande;070-123 45 68
P-0017;24.11.2026 09:00;Besök;Mottagning;300,00;SEK;Ny;070-123 45 67
"""
MEMBERS = """\
Member no,When,Touchpoint,Channel,Amount,Currency,Audience,E-mail
1001,11/03/2026 14:05,Signed up,Web,12.50,USD,Students,a@b.com
1002,11/23/2026 09:15,Called us,Phone,,USD,Families,c@d.com
"""
HUNGARIAN = """\
Ügyfél\tIdőpont\tEsemény\tCsatorna\tÖsszeg\tPénznem\tSzegmens
U17\t2026. 11. 03. 14:05\tRendelés\tweboldal\t12 500,50\tHUF\túj
U18\t2026. 11. 24. 9:15\tPanasz\tügyfélszolgálat\t\tHUF\trégi
"""
NORWEGIAN = """\
Kundenummer;Dato og tid;Hendelse;Kanal;Beløp;Kundetype
17;03.11.2026, 14:05;Bestilling;Nettbutikk;249,90;Privat
18;24.11.2026, 09:15;Retur;Butikk;-249,90;Bedrift
"""


def clock(day: int, hour: int, minute: int) -> datetime:
    """A time as a workbook has it, without a zone."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


def looked_at(folder: Path, content: str, name: str = "mine.csv", **given: str) -> Understanding:
    (folder / name).write_text(content)
    return understand(find_files(name, folder)[0], given, folder=folder, now=NOW)


@pytest.mark.parametrize(
    ("content", "expected", "settings"),
    [
        (
            CLINIC,
            {"customer": "Pat.nr", "occurred_at": "Tidpunkt", "event": "Aktivitet", "channel": "Kanal",
             "value": "Belopp (kr)", "properties.segment": "Segment"},
            {"decimal": "comma", "delimiter": ";", "time_format": "%d.%m.%Y %H:%M", "currency": "SEK"},
        ),
        (
            MEMBERS,
            {"customer": "Member no", "occurred_at": "When", "event": "Touchpoint", "channel": "Channel",
             "value": "Amount", "identifiers.email": "E-mail"},
            {"time_format": "%m/%d/%Y %H:%M", "currency": "USD"},
        ),
        (
            HUNGARIAN,
            {"customer": "Ügyfél", "occurred_at": "Időpont", "event": "Esemény", "channel": "Csatorna",
             "value": "Összeg"},
            {"decimal": "comma", "delimiter": "tab", "time_format": "%Y. %m. %d. %H:%M", "currency": "HUF"},
        ),
        (
            NORWEGIAN,
            {"customer": "Kundenummer", "occurred_at": "Dato og tid", "event": "Hendelse", "channel": "Kanal",
             "value": "Beløp"},
            {"decimal": "comma", "time_format": "%d.%m.%Y, %H:%M"},
        ),
    ],
    ids=["swedish", "american", "hungarian", "norwegian"],
)  # fmt: skip
def test_a_file_of_ones_own_is_understood_and_all_of_it_goes_in(
    content: str, expected: dict[str, str], settings: dict[str, str], tmp_path: Path
) -> None:
    found = looked_at(tmp_path, content)
    assert expected.items() <= dict(found.mapping).items()
    assert settings.items() <= dict(found.settings).items()
    assert found.missing == {}
    source, problems = read_source("sources/mine.yaml", source_yaml(found), tmp_path)
    assert source is not None, problems
    with open_shop(tmp_path) as shop:
        report = collect(shop.writer, source, now=NOW)
        assert (report.good, report.rejected) == (content.count("\n") - 1, 0)
        first = shop.events()[0]
        assert (first["occurred_at"].month, first["occurred_at"].day, first["occurred_at"].hour) == (11, 3, 14)
        assert first["channel"]


def test_a_telephone_number_is_left_out_where_somebody_is_known_without_it(tmp_path: Path) -> None:
    assert looked_at(tmp_path, CLINIC).left_out == ("Telefonnummer",)
    alone = looked_at(tmp_path, "Tlf;Tid;Hendelse\n+4791234567;2026-11-03 10:00;Ringte\n")
    assert alone.mapping["identifiers.phone"] == "Tlf"


def test_an_excel_workbook_is_read_as_it_is(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Besök, hösten 2026"])
    sheet.append([])
    sheet.append(["Pat.nr", "Datum", "Händelse", "Kanal", "Belopp", "Klar"])
    sheet.append([17, clock(3, 14, 5), "Besök", "Mottagning", 249.5, True])
    sheet.append([None] * 6)
    sheet.append([18, clock(4, 9, 0), "Samtal", "Telefon", None, False])
    sheet.append(["19", "2026-11-05 10:00", "Samtal", "Telefon", "#N/A", None])
    book.create_sheet("Mer").append(["a", "b"])
    book.save(tmp_path / "besok.xlsx")
    found = understand(find_files("besok.xlsx", tmp_path)[0], folder=tmp_path, now=NOW)
    assert dict(found.mapping) == {
        "occurred_at": "Datum", "event": "Händelse", "customer": "Pat.nr", "channel": "Kanal", "value": "Belopp",
        "properties.klar": "Klar",
    }  # fmt: skip
    assert (found.format, found.missing, found.problems) == ("excel", {}, ())
    source, problems = read_source("sources/besok.yaml", source_yaml(found), tmp_path)
    assert source is not None, problems
    with open_shop(tmp_path) as shop:
        report = collect(shop.writer, source, now=NOW)
        assert (report.good, report.rejected) == (3, 0)
        rows = shop.events()
        assert [row["identifiers"][0]["value"] for row in rows] == ["17", "18", "19"]
        assert [row["value"] for row in rows] == [249.5, None, None]
        assert rows[0]["occurred_at"].replace(tzinfo=None) == clock(3, 14, 5)
        assert collect(shop.writer, source, now=NOW).good == 0  # it is known


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04 broken", b"customer;time\n"])
def test_what_is_no_workbook_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(SourceError, match="Excel workbook"):
        understand(find_files("a.xlsx", tmp_path)[0], folder=tmp_path, now=NOW)


def test_a_workbook_without_rows_is_told(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    with pytest.raises(SourceError, match="no row"):
        understand(find_files("a.xlsx", tmp_path)[0], folder=tmp_path, now=NOW)


def with_sheet(path: Path, *replaced: tuple[str, str]) -> None:
    """A workbook of ten rows, whose sheet says something else of itself than is true."""
    book = openpyxl.Workbook()
    book.active.append(["Kundnummer", "Datum", "Händelse"])
    for number in range(10):
        book.active.append([f"K{number % 4}", clock(3, 14, number), "Besök"])
    book.save(path.with_name("before.xlsx"))
    with zipfile.ZipFile(path.with_name("before.xlsx")) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("sheet1.xml"):
                for before, after in replaced:
                    assert before.encode() in text
                    text = text.replace(before.encode(), after.encode())
            new.writestr(name, text)


@pytest.mark.parametrize("said", ["A1", "A1:C3"])
def test_no_row_is_lost_to_what_a_sheet_says_of_its_size(said: str, tmp_path: Path) -> None:
    with_sheet(tmp_path / "a.xlsx", ('ref="A1:C11"', f'ref="{said}"'))
    found = understand(find_files("a.xlsx", tmp_path)[0], folder=tmp_path, now=NOW)
    assert found.trial is not None
    assert (found.trial.rows, found.trial.good) == (10, 10)


def test_a_sheet_of_more_rows_than_there_can_be_is_refused_at_once(tmp_path: Path) -> None:
    with_sheet(tmp_path / "a.xlsx", ('<row r="11"', '<row r="99999999999"'))
    with pytest.raises(SourceError, match="far too large"):
        understand(find_files("a.xlsx", tmp_path)[0], folder=tmp_path, now=NOW)


def test_a_number_says_who_it_was_rather_than_a_name() -> None:
    bare, numbered = name_rank("customer", "Customer"), name_rank("customer", "Customer ID")
    assert bare is not None
    assert numbered is not None
    assert numbered < bare


@pytest.mark.parametrize("name", ["Subject", "Contact", "Person", "Card number"])
def test_what_may_mean_something_else_is_no_customer_by_its_name(name: str) -> None:
    assert name_rank("customer", name) is None


@pytest.mark.parametrize(
    "name",
    [
        "Patient", "Pat.nr", "Kundnummer", "Medlem", "Ügyfél", "Member no", "Subject ID", "Guest", "Account", "Case ID",
        "Customer", "CUSTOMER_ID", "customerId", "Client no.", "Kundnr", "Kund-ID", "Besökare", "Gäst", "Användar-ID",
        "Bruker", "Gjest", "Pasient-ID", "Medlemsnr", "Medlemsnummer", "Ügyfélszám", "Ügyfél azonosító", "Vevőkód",
        "Felhasználó", "Tagszám", "Beteg", "user.id", "Device ID", "Kundekort", "Ärendenummer", "Subscriber key",
    ],
)  # fmt: skip
def test_who_it_was_is_known_by_many_names(name: str) -> None:
    assert name_rank("customer", name) is not None


@pytest.mark.parametrize("name", ["Device", "Order no", "Tag", "Customer name", "Store", "År", "Product ID", "Kundtyp"])
def test_what_is_nobody_is_taken_for_nobody(name: str) -> None:
    assert name_rank("customer", name) is None


def test_a_case_is_who_it_was_only_where_nobody_else_is(tmp_path: Path) -> None:
    rows = "Case ID,Patient,When,Activity\nc1,p1,2026-01-02,Visit\nc2,p1,2026-01-03,Visit\n"
    assert looked_at(tmp_path, rows).mapping["customer"] == "Patient"
    assert looked_at(tmp_path, rows.replace("Patient", "Room")).mapping["customer"] == "Case ID"


def test_a_word_that_says_of_what_sort_a_row_is_names_nobody(tmp_path: Path) -> None:
    rows = "".join(f"{'yes' if n % 2 else 'no'},A{n % 9}1,2026-01-0{n % 8 + 1},Visit\n" for n in range(40))
    assert looked_at(tmp_path, f"Member,Ref,When,Activity\n{rows}").mapping["customer"] == "Ref"


def test_a_small_file_of_a_few_customers_names_them(tmp_path: Path) -> None:
    rows = "".join(f"p{n % 3},2026-01-0{n % 8 + 1},Visit\n" for n in range(40))
    assert looked_at(tmp_path, f"Patient,When,Activity\n{rows}").mapping["customer"] == "Patient"


def by_values(rows: int = 40) -> str:
    steps, ways = ("sign-up", "visit", "call", "visit"), ("web", "store", "phone")
    cells = (
        f"K{n % 9:03};{n % 28 + 1:02}.10.2026 10:00;{steps[n // 9 % 4]};{ways[n % 3]};"
        f"{('Lund', 'Malmö', 'Ystad')[n % 9 % 3]};{n % 4}"
        for n in range(rows)
    )
    return "aaa;bbb;ccc;ddd;eee;fff\n" + "\n".join(cells) + "\n"


def test_what_no_name_says_is_seen_by_what_stands_in_the_columns(tmp_path: Path) -> None:
    found = looked_at(tmp_path, by_values())
    assert {key: found.mapping[key] for key in ("customer", "occurred_at", "event", "channel")} == {
        "customer": "aaa", "occurred_at": "bbb", "event": "ccc", "channel": "ddd",
    }  # fmt: skip
    guessed = {str(one.values["target"]) for one in found.advice if one.code == "guessed"}
    assert guessed == {"customer", "event", "channel"}
    assert any("'aaa' was taken for customer by what it holds; --as customer=COLUMN" in note for note in found.notes)


def test_too_few_rows_say_nothing_by_what_they_hold(tmp_path: Path) -> None:
    assert "customer" in looked_at(tmp_path, by_values(6)).missing


def test_addresses_are_known_by_their_sign(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "Login,When,Activity\na@b.se,2026-01-02,Visit\n")
    assert found.mapping["identifiers.email"] == "Login"
    assert found.missing == {}


def test_what_a_person_takes_away_is_not_guessed_again(tmp_path: Path) -> None:
    found = looked_at(tmp_path, CLINIC, channel="", value="")
    assert not {"channel", "value"} & set(found.mapping)
    assert found.mapping["properties.kanal"] == "Kanal"


def test_readings_of_doubtful_days_come_with_examples(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "date,user\n01/01/2026,a\n03/04/2026,a\n05/06/2026,b\n")
    assert set(found.missing) == {"time_format"}
    assert [(one.time_format, [(text, time.month) for text, time in one.examples]) for one in found.readings] == [
        ("%d/%m/%Y", [("03/04/2026", 4), ("05/06/2026", 6)]),
        ("%m/%d/%Y", [("03/04/2026", 3), ("05/06/2026", 5)]),
    ]
    dashes = looked_at(tmp_path, "date,user\n03-04-2026 10:00,a\n05-06-2026 11:00,b\n")
    assert [one.time_format for one in dashes.readings] == ["%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M"]
    assert looked_at(tmp_path, "date,user\n2026-04-03,a\n").readings == ()
