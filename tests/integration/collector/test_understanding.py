"""From an unknown file to a source file that works."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.sources import NOW, open_shop

from resa.base.errors import SourceError
from resa.collector import Understanding, collect, find_files, read_source, source_yaml, understand

SWEDISH = """\
Order nr;Datum;Kundnr;E-post;Belopp;Butik;Förnamn
1;31.03.2026 12:30;0017;a@b.se;1 234,50;Lund;Åsa
2;01.04.2026 12:30;18;c@b.se;34,50;Malmö;Bo
3;okänt;18;c@b.se;34,50;NULL;Bo
"""


def looked_at(folder: Path, name: str, content: str | bytes, **overrides: str) -> Understanding:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    given = {key.replace("__", "."): value for key, value in overrides.items()}
    return understand(find_files(name, folder)[0], given, folder=folder, now=NOW)


def test_a_swedish_spreadsheet_is_understood_and_its_source_file_works(tmp_path: Path) -> None:
    content = SWEDISH.encode("cp1252")
    found = looked_at(tmp_path, "Ordrar maj.csv", content, timezone="Europe/Stockholm", event="purchase")
    assert found.name == "ordrar_maj"
    assert dict(found.mapping) == {
        "occurred_at": "Datum", "event": "= purchase", "customer": "Kundnr", "value": "Belopp",
        "identifiers.email": "E-post", "properties.order_nr": "Order nr", "properties.butik": "Butik",
    }  # fmt: skip
    assert dict(found.settings) == {
        "timezone": "Europe/Stockholm", "encoding": "cp1252", "delimiter": ";", "decimal": "comma",
        "time_format": "%d.%m.%Y %H:%M", "null_words": '["NULL"]',
    }  # fmt: skip
    assert found.left_out == ("Förnamn",)
    assert found.missing == {}
    assert found.trial is not None
    assert (found.trial.rows, found.trial.good, sum(found.trial.rejected.values())) == (3, 2, 1)
    text = source_yaml(found)
    assert "Åsa" not in text
    assert "a@b.se" not in text
    source, problems = read_source(f"sources/{found.name}.yaml", text, tmp_path)
    assert not problems
    assert source is not None
    with open_shop(tmp_path) as shop:
        report = collect(shop.writer, source, now=NOW)
        assert (report.good, report.rejected) == (2, 1)
        first, second = shop.events()
        assert first["identifiers"] == [{"kind": "user_id", "value": "0017"}, {"kind": "email", "value": "a@b.se"}]
        assert (first["value"], second["properties"]) == (1234.5, '{"order_nr":"2","butik":"Malmö"}')


def test_json_lines_and_parquet(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "a.jsonl", '{"ts":1767348000,"userId":"a","event":"x","p":{"q":1}}\nzzz\n')
    assert found.mapping["occurred_at"] == "ts"
    assert found.mapping["customer"] == "userId"
    assert found.trial is not None
    assert (found.trial.rows, found.trial.good) == (2, 1)
    pq.write_table(pa.table({"t": pa.array([1], pa.timestamp("s")), "CustomerID": [1.0]}), tmp_path / "b.parquet")
    table = understand(find_files("b.parquet", tmp_path)[0], now=NOW)
    assert dict(table.mapping) == {"occurred_at": "t", "event": "= b", "customer": "CustomerID"}
    assert any("time zone" in note for note in table.notes)
    assert table.trial is not None
    assert "before 2 January 1970" in next(iter(table.trial.rejected))


def test_day_and_month_are_asked_for_when_both_fit(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "a.csv", "date,user_id\n03/04/2026,1\n05/06/2025,2\n")
    assert "day/month or month/day; add --as 'time_format=%d/%m/%Y' or --as" in found.missing["time_format"]
    assert looked_at(tmp_path, "a.csv", "date,user_id\n03/04/2026,1\n15/06/2025,2\n").missing == {}
    said = looked_at(tmp_path, "a.csv", "date,user_id\n03/04/2026,1\n05/06/2025,2\n", time_format="%m/%d/%Y")
    assert said.missing == {}
    assert said.settings["time_format"] == "%m/%d/%Y"
    certain = looked_at(tmp_path, "a.csv", "date,user_id\n03/24/2026,1\n05/26/2025,2\n")
    assert certain.settings["time_format"] == "%m/%d/%Y"


def test_what_is_missing_is_said_and_marked_in_the_file(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "a.csv", "x,y\n1,2\n")
    assert tuple(found.missing) == ("occurred_at", "customer")
    assert found.trial is None
    assert "  occurred_at:                           # which column?" in source_yaml(found)


def test_overrides_reach_identifiers_and_properties(tmp_path: Path) -> None:
    given = {"occurred_at": "d", "identifiers__card": "c", "properties__size": "v", "event": "visit"}
    found = looked_at(tmp_path, "a.csv", "d,c,v\n2026-01-01,k,1\n", **given)
    assert found.missing == {}
    assert found.mapping["identifiers.card"] == "c"
    assert found.mapping["properties.size"] == "v"
    assert found.trial is not None
    assert found.trial.good == 1


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"occurred_at": "whn"}, "did you mean 'when'"),
        ({"occured_at": "when"}, "did you mean 'occurred_at'"),
        ({"customer": "zzz"}, "it has when, who"),
    ],
)
def test_wrong_overrides(tmp_path: Path, overrides: dict[str, str], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        looked_at(tmp_path, "a.csv", "when,who\n2026-01-01,k\n", **overrides)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no row"):
        looked_at(tmp_path, "a.csv", "when,who\n")


def test_an_export_of_a_shop_is_collected_whatever_its_columns_are_called(tmp_path: Path) -> None:
    orders = (
        "Name,Email,Created at,Financial Status,Total,Currency,Lineitem name\n"
        "#1,a@b.se,2026-01-01 10:00:00 +0100,paid,12.50,SEK,Tea\n"
        "#2,c@d.se,2026-01-02 10:00:00 +0100,paid,2.50,EUR,Pot\n"
    )
    found = looked_at(tmp_path, "orders.csv", orders)
    assert (found.problems, found.missing) == ((), {})
    assert found.trial is not None
    assert found.trial.good == 2
    assert found.mapping["value"] == "Total"
    assert any("several currencies (EUR, SEK)" in note for note in found.notes)
    assert found.left_out == ("Name", "Lineitem name")


def test_members_of_nested_rows_are_proposed_one_by_one(tmp_path: Path) -> None:
    lines = (
        '{"ts":"2026-01-01T10:00:00Z","user":{"id":"u7","email":null},"type":"page","tags":["a"]}\n'
        '{"ts":"2026-01-01T11:00:00Z","user":{"id":null,"email":"a@b.se"},"type":"page","page":{"url":{"path":"/p"}}}\n'
    )
    found = looked_at(tmp_path, "web.jsonl", lines)
    assert dict(found.mapping) == {
        "occurred_at": "ts", "event": "type", "customer": "user.id", "identifiers.email": "user.email",
        "properties.page_url_path": "page.url.path",
    }  # fmt: skip
    source, problems = read_source("sources/web.yaml", source_yaml(found), tmp_path)
    assert source is not None
    assert not problems
    with open_shop(tmp_path) as shop:
        collect(shop.writer, source, now=NOW)
        first, second = shop.events()
        assert first["identifiers"] == [{"kind": "user_id", "value": "u7"}]
        assert second["identifiers"] == [{"kind": "email", "value": "a@b.se"}]
        assert second["properties"] == '{"page_url_path":"/p"}'
    odd = lines * 3 + '{"ts":"2026-01-01T11:00:00Z","user":"nobody","type":"page"}\n'
    assert looked_at(tmp_path, "odd.jsonl", odd).mapping["customer"] == "user.id"
    structs = {"ts": ["2026-01-01"], "who": [{"customer": {"id": "k1"}, "size": 2}]}
    pq.write_table(pa.table(structs), tmp_path / "nested.parquet")
    table = understand(find_files("nested.parquet", tmp_path)[0], now=NOW)
    assert table.mapping["customer"] == "who.customer.id"
    assert table.mapping["properties.who_size"] == "who.size"


def test_numbers_with_a_decimal_comma_stay_numbers(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "a.csv", "datum;kundnr;betrag eur\n2026-01-01;k;1.001,62\n2026-01-02;k;2,5\n")
    assert any("--as value=COLUMN, such as betrag eur" in note for note in found.notes)
    assert "betrag_eur: {column: betrag eur, type: number}" in source_yaml(found)
    source, _ = read_source("sources/a.yaml", source_yaml(found), tmp_path)
    assert source is not None
    with open_shop(tmp_path) as shop:
        collect(shop.writer, source, now=NOW)
        assert [row["properties"] for row in shop.events()] == ['{"betrag_eur":1001.62}', '{"betrag_eur":2.5}']


@pytest.mark.parametrize(
    ("scores", "scale"), [("1 2 5 5", "1-5"), ("0 9 10 7", "0-10"), ("2 7 6 6", "1-7"), ("1 40 99 7", "0-100")]
)
def test_scores_get_the_scale_that_they_fit_on(scores: str, scale: str, tmp_path: Path) -> None:
    rows = "".join(f"2026-01-0{row},k,{score},checkout\n" for row, score in enumerate(scores.split(), start=1))
    (tmp_path / "a.csv").write_text(f"date,user_id,score,survey\n{rows}")
    found = understand(find_files("a.csv", tmp_path)[0], kind="feedback", folder=tmp_path, now=NOW)
    assert found.settings["scale"] == scale
    assert any("--as scale=" in note for note in found.notes)
    source, problems = read_source("sources/a.yaml", source_yaml(found), tmp_path)
    assert source is not None
    assert not problems


def test_a_number_by_day_is_told_from_events(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "footfall.csv", "date,store,visitors\n2026-01-01,Lund,120\n")
    assert "--kind daily_numbers" in found.missing["customer"]
    numbers = understand(find_files("footfall.csv", tmp_path)[0], kind="daily_numbers", folder=tmp_path, now=NOW)
    assert "number=footfall" in numbers.missing["number"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("list.json", '[{"time": "2026-01-01"},\n {"time": "2026-01-02"}]\n', "one object a line"),
        ("pretty.json", '{\n  "time": "2026-01-01"\n}\n', "one object a line"),
        ("orders.xlsx", "PK", "no Excel workbook"),
        ("orders.xls", "PK", "save it as .xlsx or .csv"),
    ],
)
def test_a_file_of_another_kind_is_told(name: str, content: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=words):
        looked_at(tmp_path, name, content)


def test_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    with pytest.raises(
        SourceError, match=r"incoming' is a folder; name a file in it, or all of a kind: incoming/\*\.csv"
    ):
        find_files("incoming", tmp_path)


def test_commas_that_may_part_thousands_are_doubted(tmp_path: Path) -> None:
    head = "time;what;user;total;other one\n2026-01-02;a;1;{};{}\n2026-01-03;a;1;{};{}\n"
    found = looked_at(tmp_path, "a.csv", head.format("1,234", "1,234", "12,500", "12,5"), event="what")
    doubts = [note for note in found.notes if "three digits" in note]
    assert len(doubts) == 1
    assert "'total'" in doubts[0]
    assert not any("three digits" in note for note in looked_at(tmp_path, "b.csv", SWEDISH.encode("cp1252")).notes)
    text = source_yaml(found).replace("decimal: comma\n", "")
    text = text.replace("{column: other one, type: number}", "other one").replace(
        "value: total", "value: {expression: \"replace(total, ',', '')\"}"
    )
    source, problems = read_source("sources/a.yaml", text, tmp_path)
    assert source is not None, problems
    with open_shop(tmp_path) as shop:
        collect(shop.writer, source, now=NOW)
        assert [event["value"] for event in shop.events()] == [1234.0, 12500.0]


def test_a_source_is_called_as_the_person_says(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("time,what,user\n2026-01-02,a,1\n")
    file = find_files("e.csv", tmp_path)[0]
    assert understand(file, folder=tmp_path, now=NOW, name="e_csv").name == "e_csv"
    with pytest.raises(SourceError, match="cannot name a source"):
        understand(file, folder=tmp_path, now=NOW, name="../e")


def test_a_heading_that_is_a_row_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="header: false") as caught:
        looked_at(tmp_path, "a.csv", "2026-01-02,a,anna@example.com\n2026-01-03,b,bo@example.com\n", customer="who")
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize(("numbers", "mapped"), [("12345", True), ("11222", False)])
def test_an_id_that_repeats_is_no_id_of_messages(tmp_path: Path, numbers: str, mapped: bool) -> None:
    """Or else rows that have it in common would be taken for one event."""
    rows = "".join(f"2026-01-0{day},k,x,{number}\n" for day, number in enumerate(numbers, start=1))
    found = looked_at(tmp_path, "a.csv", f"time,customer,event,event_id\n{rows}")
    assert found.mapping.get("message_id") == ("event_id" if mapped else None)
    assert found.mapping.get("properties.event_id") == (None if mapped else "event_id")
