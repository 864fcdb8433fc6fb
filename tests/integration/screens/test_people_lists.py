"""Who is behind a number: what one needs to meet them, page by page, and each of them at the moment it happened."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.programs import READS, asking
from tests.support.screens import Visitor, visiting

import resa
from resa.analytics import Measure, question_from, seen_customer
from resa.base.errors import QuestionError
from resa.cli.app import run
from resa.screens.asking import ASKED, asked_of
from resa.storage import JourneyIndex
from resa.workspace import Workspace
from resa.workspace.listed_customers import counted_table, listed_customers

MAP = """
title: A shop
timezone: Europe/Stockholm
currency: SEK
account: traits.firm
stages: {before: [look, cart], after: [buy]}
metrics: {orders: {of: buy, count: visits}}
improvements: {faster: {since: 2026-06-10, should_move: cart.buy, state: done}}
personas: {fan: {name: Great fan, path: [look, cart], who: "traits.level >= 2 and count(look) > 0"}}
touchpoints:
  look: {name: Looks around, expect: {next: cart, within: 1 day}}
  cart: {name: The cart, expect: {next: buy, within: 1 hour, target: 60 %}}
signals:
  look: {event: look}
  cart: {event: cart}
  buy: {event: buy, value: properties.total}
"""
PEOPLE = 120
LOST = "/explore/funnel/people?steps=look&steps=cart&part=steps&column=lost&row=1"
MISSED = "/explore/expectations/people?names=cart.buy&part=expectations&column=missed&row=0"


def written(place: Path) -> None:
    """A shop of people with names, some of whom come to the cart, and a few of these to buy, twice."""
    (place / "journey.yaml").write_text(MAP)
    events, traits = ["time,user_id,email,event,total"], ["user_id,first_name,Last Name,level,firm,recorded"]
    for n in range(PEOPLE):
        day, mail = f"2026-06-{n % 20 + 1:02d}", f"p{n}@shop.se" if n % 3 else ""
        events.append(f"{day}T22:30:{n % 60:02d}Z,u{n},{mail},look,")
        if n % 4 == 0:
            events.append(f"{day}T22:40:00Z,u{n},{mail},cart,")
        if n % 8 == 0:
            events += [f"{day}T22:5{k}:00Z,u{n},{mail},buy,{1000 + n}" for k in (0, 1)]
        called = ("Åsa", f"Berg {n}") if n % 5 == 0 else ("", "")
        traits.append(f"u{n},{','.join(called)},{n % 4},f{n % 3},2026-06-01T00:00:00Z")
    events.append("2026-06-30T10:00:00Z,u1,,look,")
    (place / "events.csv").write_text("\n".join(events))
    (place / "traits.csv").write_text("\n".join(traits))
    (place / "sources").mkdir()
    (place / "sources" / "events.yaml").write_text(
        "path: events.csv\ncolumns:\n  occurred_at: time\n  identifiers: {user_id: user_id, email: email}\n"
        "  event: event\n  properties: {total: {column: total, type: number}}\n"
    )
    (place / "sources" / "crm.yaml").write_text(
        "path: traits.csv\nkind: customers\ncolumns:\n  recorded_at: recorded\n  identifiers: {user_id: user_id}\n"
        "  traits: {first_name: first_name, Last Name: Last Name, level: {column: level, type: number}, firm: firm}\n"
    )
    assert run(["collect", "-w", str(place)]) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shop")
    written(place)
    return place


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[Workspace]:
    with resa.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def visitor(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "marketer") as found:
        yield found


def rows(text: str) -> list[list[str]]:
    """What the rows of the list say, cell by cell; first whom it is about."""
    body = re.search(r'<table class="people_list".*?<tbody[^>]*>(.*?)</tbody>', text, re.DOTALL)
    assert body is not None
    found = []
    for row in re.findall(r"<tr.*?</tr>", body[1], re.DOTALL):
        cells = re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        found.append([html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell))).strip() for cell in cells])
    return found


def headings(text: str) -> list[str]:
    return re.findall(r'role="columnheader"[^>]*>([^<]+)<', text)


def all_rows(visitor: Visitor, address: str) -> list[list[list[str]]]:
    """The rows of every page."""
    pages, following = [], address
    while following:
        text = visitor.get(following).text
        pages.append(rows(text))
        found = re.search(r'rel="next" href="([^"]+)"', text)
        following = html.unescape(found[1]) if found else ""
    return pages


def test_a_list_says_what_one_needs_to_meet_them(visitor: Visitor) -> None:
    text = visitor.get(MISSED).text
    assert headings(text) == ["Customer", "When it happened", "Last touchpoint", "First seen", "Last seen", "Events"]
    found = {row[0]: row[1:] for row in rows(text)}
    assert len(found) == 15  # in the cart and not at the till
    # 22:40 UTC and an hour is a quarter to two of the next day, where the map is
    assert found["Åsa Berg 20 email p20@shop.se"] == [
        *("2 Jun 2026, 01:40:00", "The cart", "2 Jun 2026", "2 Jun 2026", "2")
    ]
    assert found["p4@shop.se email · user_id u4"][0] == "6 Jun 2026, 01:40:00"
    assert found["u12 user_id"][1] == "The cart"
    assert "Times are those of Europe/Stockholm." in text
    bought = visitor.get("/explore/touchpoints/people?part=touchpoints&column=visits&row=2").text
    assert headings(bought)[-1] == "Value of all visits"
    assert {row[0]: (row[2], row[-1]) for row in rows(bought)}["p8@shop.se email · user_id u8"] == ("2", "SEK 2,020")


def test_a_list_comes_page_by_page_in_an_order(visitor: Visitor) -> None:
    pages = all_rows(visitor, LOST)
    assert [len(page) for page in pages] == [50, 40]
    called = [row[0] for page in pages for row in page]
    assert len(set(called)) == 90

    def moments(address: str) -> list[str]:
        return re.findall(r'<time datetime="([^"]+)"', visitor.get(address).text)

    newest, oldest = moments(LOST), moments(LOST + "&order=oldest")
    assert newest == sorted(newest, reverse=True)
    assert oldest == sorted(oldest)
    assert newest[0] > oldest[0]
    most = "/explore/touchpoints/people?part=touchpoints&column=visits&row=0&order=most"
    assert [row[2] for row in rows(visitor.get(most).text)][:2] == ["2", "1"]
    assert "Great fan" in {row[2] for page in pages for row in page}
    for wrong in ("order=best", "after=1", "after=9-zz"):
        assert visitor.get(f"{LOST}&{wrong}").status_code == 404, wrong


def test_a_row_opens_the_profile_at_that_moment(visitor: Visitor) -> None:
    text = visitor.get("/explore/touchpoints/people?part=touchpoints&column=visits&row=0&order=oldest").text
    mine = re.search(
        r'href="(/customers/[^"]+)"><bdi>p1@shop.se',
        visitor.get("/explore/touchpoints/people?part=touchpoints&column=visits&row=0").text,
    )
    assert mine is not None
    assert html.unescape(mine[1]).endswith("#timeline")
    first = visitor.get(html.unescape(mine[1]).partition("#")[0]).text
    assert "Around 30 Jun 2026, 12:00:00" in first
    assert first.count('<li aria-current="true">') == 1
    customer = mine[1].partition("?")[0]
    early = int(datetime(2026, 6, 2, 22, 30, 1, tzinfo=ZoneInfo("UTC")).timestamp() * 1_000_000)
    about = visitor.get(f"{customer}?map=journey&at={early}").text
    assert re.search(r'<li aria-current="true">\s*<p class="at"><time datetime="2026-06-02T22:30:01Z">', about)
    assert "2026-06-30T10:00:00Z" in about  # and what came after
    assert visitor.get(f"{customer}?at=then").status_code == 404
    assert visitor.get(f"{customer}?map=journey&at=253402300799999999").status_code == 404, "the calendar ends there"
    assert "<time" in text


def test_who_may_not_see_names_is_told_of_nobody(folder: Path) -> None:
    with visiting(folder, "analyst") as analyst:
        text = analyst.get(LOST).text
        assert "90 customers" in text
        assert "people_list" not in text
        assert not re.search(r"p\d+@|/customers/", text)


def test_a_list_of_accounts_names_them_and_leads_nowhere(visitor: Visitor) -> None:
    text = visitor.get("/explore/funnel/people?steps=look&count_by=account&part=steps&column=customers&row=0").text
    assert {row[0] for row in rows(text)} == {f"f{n} account" for n in range(3)}
    assert not re.search(r'href="/customers/[0-9a-f]', text)


def test_the_api_and_a_file_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with asking(folder, *READS) as program:
        place = "/measure/expectations/customers?names=cart.buy&column=missed"
        told = {one["value"]: one for one in program.get(place).json()["data"]}
    assert told["u20"] == {
        "id": told["u20"]["id"],
        "kind": "user_id",
        "value": "u20",
        "name": "Åsa Berg 20",
        "count": 1,
        "at": "2026-06-01T23:40:00Z",
        "personas": [],
        "touchpoint": "cart",
        "events": 2,
        "first_seen": "2026-06-01T22:30:20Z",
        "last_seen": "2026-06-01T22:40:00Z",
        "value_of_visits": None,
    }
    with asking(folder, "read:numbers", "read:names") as program:
        (named,) = (one for one in program.get(place).json()["data"] if one["value"] == "u20")
    assert {name for name, value in named.items() if value is not None} == {"id", "kind", "value", "name", "count"}
    asked = ["measure", "expectations", "cart.buy", "--customers", "column=missed", "--format", "csv"]
    assert run([*asked, "-w", str(folder)]) == 0
    (line,) = (row for row in csv.DictReader(io.StringIO(capsys.readouterr().out)) if row["name"] == "Åsa Berg 20")
    assert json.loads(line["identifiers"]) == [{"kind": "user_id", "value": "u20"}]
    assert (line["at"], line["touchpoint"], line["events"]) == ("2026-06-01 23:40:00.000000Z", "cart", "2")


@pytest.mark.parametrize("kind", ASKED)
def test_who_is_counted_has_a_moment_where_one_is_told(shop: Workspace, kind: str) -> None:
    question = asked_of(kind, [], shop.map()).question
    assert question is not None
    result = shop.measure.ask(question)
    snapshot = shop.measure.snapshot("journey")
    span = snapshot.oldest or 0, (snapshot.newest or 0) + 2 * 86_400_000_000
    for part in result.parts.values():
        for column, moments in part.moments.items():
            for row in range(min(part.table.num_rows, 8)):
                whose, when = moments(row)
                assert set(whose.tolist()) == set(part.people[column](row).tolist()), (kind, column, row)
                assert ((when >= span[0]) & (when <= span[1])).all(), (kind, column, row)


def test_of_those_on_a_page_alone_it_is_found_out_who_they_are(shop: Workspace) -> None:
    snapshot = shop.measure.snapshot("journey")
    fresh = snapshot.over(snapshot.index)
    customers = [7, 3, 99, 50]
    found = [one.personas for one in listed_customers(shop, fresh, customers)]
    assert not fresh.keeps(("persona", "fan", None, None))  # nobody else was looked at
    every = [seen_customer(snapshot, customer, 0).personas for customer in customers]
    assert found == every
    assert ("fan",) in [one.personas for one in listed_customers(shop, fresh, list(range(PEOPLE)))]


def following(text: str) -> str:
    """The address of the next page."""
    found = re.search(r'rel="next" href="([^"]+)"', text)
    assert found is not None
    return html.unescape(found[1])


def happened(place: Path, *lines: str, file: str = "events.csv") -> None:
    """More comes in."""
    with (place / file).open("a") as written_to:
        written_to.write("".join(f"\n{line}" for line in lines))
    with resa.open(place) as shop:
        shop.collect()


@pytest.mark.parametrize("column", ["", "&column="])
def test_an_address_that_names_no_column_is_answered(visitor: Visitor, column: str) -> None:
    """A handler that lets StopIteration go is waited for for ever."""
    answer = visitor.get(f"/explore/funnel/people?steps=look&steps=cart&part=steps&row=1{column}")
    assert answer.status_code == 200
    assert len(rows(answer.text)) == 30


def test_a_list_is_had_while_something_comes_in_all_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    answer, answered = Measure._answer, []

    def slow(self: Measure, *asked: Any) -> Any:
        answered.append(asked)
        assert len(answered) < 4, "it is worked out again and again"
        found = answer(self, *asked)
        happened(tmp_path, f"2026-06-30T11:00:0{len(answered)}Z,u1,,look,")
        return found

    monkeypatch.setattr(Measure, "_answer", slow)
    question = question_from({"kind": "expectations", "map": "journey", "names": ["cart.buy"]})
    with resa.open(tmp_path) as shop:
        assert counted_table(shop, question, "missed", None, {}).num_rows == 15
    with asking(tmp_path, *READS) as program:
        told = program.get("/measure/expectations/customers?names=cart.buy&column=missed").json()
    assert len(told["data"]) == 15
    with visiting(tmp_path, "marketer") as visitor:
        assert len(rows(visitor.get(MISSED).text)) == 15


@pytest.mark.parametrize("order", ["most", "oldest"])
def test_accounts_that_come_between_two_pages_show_none_twice_and_hide_none(tmp_path: Path, order: str) -> None:
    written(tmp_path)
    own_firms = (f"u{n},,,1,n{n:03d},2026-06-02T00:00:00Z" for n in range(PEOPLE))
    happened(tmp_path, *own_firms, file="traits.csv")
    place = "/explore/touchpoints/people?part=touchpoints&column=visits&row=0&count_by=account"
    with visiting(tmp_path, "marketer") as visitor:
        first = visitor.get(f"{place}&order={order}").text
        expected = {row[0] for page in all_rows(visitor, f"{place}&order={order}") for row in page}
        new = [(f"new{n}", f"{'az'[n % 2]}{n}") for n in range(6)]
        happened(tmp_path, *(f"{name},,,1,{firm},2026-06-02T00:00:00Z" for name, firm in new), file="traits.csv")
        happened(tmp_path, *(f"2026-06-29T10:00:00Z,{name},,look," for name, _ in new))
        shown = [row[0] for row in rows(first)]
        shown += [row[0] for page in all_rows(visitor, following(first)) for row in page]
    assert len(expected) == PEOPLE
    assert len(shown) == len(set(shown))
    assert expected <= set(shown)


def test_a_place_of_an_order_that_a_list_has_no_more_is_its_beginning(visitor: Visitor) -> None:
    """Who was counted twice was erased, say: nobody of the others may be left out for that."""
    nowhere = f"&order=most&after=-2-{'0' * 32}"
    assert rows(visitor.get(LOST + nowhere).text) == rows(visitor.get(LOST).text)


def test_what_is_kept_of_a_page_names_nobody_who_stands_on_it(visitor: Visitor) -> None:
    second = visitor.get(following(visitor.get(LOST + "&order=oldest").text)).text
    (kept,) = set(re.findall(r'name="address" value="([^"]+)"', second))
    assert html.unescape(kept) == LOST + "&order=oldest"


@pytest.mark.parametrize(
    "said",
    [
        "part=steps",
        "shop=1",
        "question=1",
        "identifiers=yes",
        "moments=yes",
        "row=1" + "1" * 5000,
        "step=1" + "1" * 5000,
    ],
)
def test_rows_that_the_command_does_not_know_are_said_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    assert run(["measure", "funnel", "look", "cart", "--customers", said, "-w", str(folder)]) == 1
    assert re.search(r"there is no (column|row)|0 rows fit", capsys.readouterr().err)


def test_a_file_of_customers_does_no_harm(tmp_path: Path) -> None:
    written(tmp_path)
    happened(tmp_path, 'u4,"=HYPERLINK(""http://evil.example/"")",,0,f0,2026-06-02T00:00:00Z', file="traits.csv")
    asked = ["measure", "expectations", "cart.buy", "--customers", "column=missed", "-w", str(tmp_path), "-o"]
    for name in ("list.csv", "list.json", "list.txt", "list.parquet"):
        assert run([*asked, str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, "others may read it"
    names = [row["name"] for row in csv.DictReader(io.StringIO((tmp_path / "list.csv").read_text()))]
    assert '\'=HYPERLINK("http://evil.example/")' in names


def test_values_are_read_at_once_where_a_source_counts_in_another_currency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    source = (tmp_path / "sources" / "events.yaml").read_text()
    (tmp_path / "abroad.csv").write_text(
        "time,user_id,email,event,total\n2026-06-28T10:00:00Z,u8,,buy,7\n2026-06-28T10:00:00Z,u9,,buy,7"
    )
    (tmp_path / "sources" / "abroad.yaml").write_text(source.replace("events.csv", "abroad.csv") + "currency: EUR\n")
    with resa.open(tmp_path) as shop:
        shop.collect()
        snapshot = shop.measure.snapshot("journey")
        read, found = JourneyIndex.event_rows, []

        def counted(*asked: Any) -> Any:
            found.append(asked)
            return read(*asked)

        monkeypatch.setattr(JourneyIndex, "event_rows", counted)
        listed = listed_customers(shop, snapshot, list(range(PEOPLE))[::-1])
        assert len(found) == 1
    told = {one.first.value: one.value for one in listed}
    assert {name: told[name] for name in ("u8", "u9", "u16", "u1")} == {"u8": 2016, "u9": None, "u16": 2032, "u1": None}


WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"by": "traits.level"},
    {"by": "persona"},
    {"by": "week"},
    {"by": "traits.level", "compare": ["1", "2"]},
    {"where": "traits.level >= 2", "events": "event <> 'look'"},
    {"from": "2026-06-05", "until": "2026-06-12"},
    {"persona": ["fan"]},
    {"count_by": "account"},
)


@pytest.mark.parametrize("kind", ASKED)
def test_behind_every_number_of_every_kind_there_are_so_many(shop: Workspace, kind: str) -> None:
    journey_map = shop.map()
    question = asked_of(kind, [], journey_map).question
    assert question is not None
    asked = 0
    for way in WAYS:
        try:
            result = shop.measure.ask({**question.document, **way})
        except QuestionError:
            continue  # not every kind is asked in every way
        asked += 1
        for name, part in result.parts.items():
            for column in part.people:
                for row, number in enumerate(part.table.column(column).to_pylist()[:20]):
                    behind = result.customers(column, part=name, moments=True, row=row)
                    assert sum(behind.column("count").to_pylist()) == (number or 0), (way, name, column, row)
                    told = behind.num_rows if column in part.moments else 0
                    assert behind.column("at").null_count == behind.num_rows - told, (way, name, column, row)
    assert asked > 2 or kind == "coverage"
