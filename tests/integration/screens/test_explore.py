"""Explore: every kind of question by its form, what is behind its numbers, and the same question elsewhere."""

from __future__ import annotations

import html
import json
import random
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from httpx import Response
from tests.support.explored import ASKED_FOR, MAP, explored_shop
from tests.support.hostile_shop import hostile
from tests.support.screens import Visitor, visiting

import resa
from resa.analytics import question_from
from resa.base.language import LANGUAGES
from resa.cli.app import run
from resa.screens.answers import funnels_of, same_funnel
from resa.screens.asking import ASKED, address_of, asked_of, pairs_of
from resa.screens.copying import as_command, as_document, as_python
from resa.screens.words import ENGLISH, say
from resa.workspace import Workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return explored_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[Workspace]:
    with resa.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def analyst(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "analyst") as visitor:
        yield visitor


@pytest.fixture(scope="module")
def marketer(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "marketer") as visitor:
        yield visitor


def asked(text: str) -> tuple[str, str]:
    """The kind of question, and the query of an address."""
    (_, kind), *pairs = parse_qsl(text)
    return kind, urlencode(pairs)


def links(text: str, path: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(rf'href="({path}[^"]*)"', text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_question_answers_at_once_in_every_language(analyst: Visitor, language: str) -> None:
    analyst.client.cookies.set("resa-language", language)
    start = analyst.get("/explore")
    assert set(links(start.text, "/explore/")) == {f"/explore/{kind}" for kind in ASKED}
    for kind in ASKED:
        answer = analyst.get(f"/explore/{kind}")
        assert answer.status_code == 200, kind
        assert "<table" in answer.text, kind
        assert 'role="alert"' not in answer.text
        told = say(f"about_{kind}", language=language)
        assert told in html.unescape(answer.text), kind
    analyst.client.cookies.set("resa-language", "en")


def resa_word(key: str, language: str) -> str:
    from resa.screens.words import say

    return say(key, language=language)


@pytest.mark.parametrize("text", ASKED_FOR)
def test_a_question_has_one_address_and_it_says_nothing_that_goes_without_saying(
    marketer: Visitor, shop: Workspace, text: str
) -> None:
    kind, query = asked(text)
    journey_map = shop.map()
    question = asked_of(kind, pairs_of(query), journey_map).question
    assert question is not None
    address = address_of(question, journey_map, one_map=True)
    assert asked_of(kind, pairs_of(address), journey_map).question == question
    messy = marketer.get(f"/explore/{kind}?{query}&until=&nonsense=1&persona=")
    assert messy.status_code == 303
    assert messy.headers["location"] == f"/explore/{kind}?{address}"
    answer = marketer.get(messy.headers["location"])
    assert answer.status_code == 200, re.findall(r'role="alert"[^>]*>([^<]+)', answer.text)
    form = re.search(r'<form class="filters ask".*?</form>', answer.text, re.DOTALL)
    assert form is not None
    for name, value in pairs_of(address):  # what was asked stands in the form
        words = re.escape(html.escape(value, quote=False).replace("'", "&#39;").replace("&gt;", ">"))
        chosen = rf'name="{name}"[^>]*value="{words}"|value="{words}" selected'
        assert re.search(chosen, form[0].replace("&gt;", ">")), (name, value)


@pytest.mark.parametrize("text", ASKED_FOR)
def test_the_command_python_and_the_document_ask_the_same(
    folder: Path, shop: Workspace, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    kind, query = asked(text)
    question = asked_of(kind, pairs_of(query), shop.map()).question
    assert question is not None
    result = shop.measure.ask(question)
    words = shlex.split(as_command(question))
    assert words[0] == "resa"
    if "--part" in words:
        assert run([*words[1:], "-w", str(folder)]) == 0
        capsys.readouterr()
    else:
        capsys.readouterr()
        assert run([*words[1:], "--format", "json", "-w", str(folder)]) == 0
        assert json.loads(capsys.readouterr().out)["question"] == question.document
    assert eval(as_python(question), {"shop": shop}) == result  # noqa: S307 - of our own making
    assert question_from(json.loads(as_document(question))) == question


def test_a_name_with_a_comma_is_no_command() -> None:
    question = question_from({"kind": "trend", "map": "journey", "of": "buy", "by": "device", "compare": ["a,b", "c"]})
    assert as_command(question) == ""


def test_without_a_word_the_funnel_is_the_goal_s_and_the_trend_the_first_arrow(shop: Workspace) -> None:
    funnel, trend = (asked_of(kind, [], shop.map()).question for kind in ("funnel", "trend"))
    assert funnel is not None
    assert trend is not None
    assert funnel.document == {"kind": "funnel", "map": "journey", "steps": ["look", "cart", "buy"], "within": "2 days"}
    assert trend.document["of"] == "look.cart"
    fewer = asked_of("funnel", pairs_of("steps=look&steps=cart"), shop.map()).question
    assert fewer is not None
    assert "within" not in fewer.document


def test_durations_may_be_typed_in_the_language_of_the_page(analyst: Visitor) -> None:
    analyst.client.cookies.set("resa-language", "sv")
    answer = analyst.get("/explore/friction?within=3+dygn")
    shown = analyst.get("/explore/friction?within=3+days").text
    analyst.client.cookies.set("resa-language", "en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/explore/friction?within=3+days")
    assert 'name="within" value="3 dygn" placeholder="7 dygn"' in shown
    english = analyst.get("/explore/friction?within=3+days").text
    assert 'name="within" value="3 days" placeholder="7 days"' in english


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("funnel?within=7m", "within"),
        ("funnel?within=99999999999999999999 days", "within"),
        ("funnel?steps=nowhere", "steps"),
        ("funnel?steps=look?", "steps"),
        ("funnel?" + "steps=look&" * 40, "steps"),
        ("funnel?" + "steps=look&" * 90, "steps"),
        ("funnel?from=yesterday", "from"),
        ("funnel?from=2026-05-09&until=2026-05-01", "until"),
        ("funnel?channel=moon", "channel"),
        ("funnel?by=shoe_size", "by"),
        ("funnel?by=channel&compare=web", "compare"),
        ("funnel?where=count(", "where"),
        ("funnel?where=" + "a" * 3000, "where"),
        ("funnel?events=%00", "events"),
        ("funnel?mature=perhaps", "mature"),
        ("process?arrows=140", "arrows"),
        ("process?arrows=-1", "arrows"),
        ("process?arrows=many", "arrows"),
        ("process?show=smells", "show"),
        ("paths?start=look&end=buy", "end"),
        ("paths?steps=0", "steps"),
        ("paths?steps=99999999999", "steps"),
        ("paths?steps=%D9%A3", "steps"),
        ("retention?periods=121", "periods"),
        ("trend?of=nothing", "of"),
        ("trend?every=moment", "every"),
        ("improvements?days=0", "days"),
        ("conformance?plans=nobody", "plans"),
        ("funnel?by=device&compare=phone&compare=moon", "compare"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(marketer: Visitor, address: str, field: str) -> None:
    answer = marketer.get(f"/explore/{address}")
    for _ in range(2):
        if answer.status_code == 303:
            answer = marketer.get(answer.headers["location"])
    assert answer.status_code == 422
    assert re.search(rf'<span class="wrong" role="alert" id="wrong-{field}">\s*\S', answer.text)
    assert "<table" not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        *("nothing", "tracking", "funnel?map=moon", "funnel?" + "a=1&" * 400),
        *("funnel/people", "funnel/people?part=steps&column=customers&row=-1", "funnel/people?row=0&column=name"),
        *("funnel/people?part=steps&column=customers&row=99", "funnel/people?part=x&column=customers&row=0"),
        *("funnel/people?steps=nowhere&part=steps&column=customers&row=0", "funnel/files/funnel.exe"),
        *("funnel/files/other.csv", "coverage/files/coverage.svg", "funnel/files/funnel.csv?part=none"),
    ],
)
def test_what_is_not_there_is_said(analyst: Visitor, address: str) -> None:
    answer = analyst.get(f"/explore/{address}")
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_no_address_makes_a_screen_fail(analyst: Visitor) -> None:
    draw = random.Random(7)  # noqa: S311 - no secret
    names = [*{name for text in ASKED_FOR for name, _ in parse_qsl(text)} - {"kind"}]
    values = ["0", "-1", "1", "look", "cart,", ",", "look?", "yes", "5 %", "1e9", "2026-05-02", "''", "{0}", "\ud800"]
    values += ["traits.x", "properties.y", "web", "fan", "week", "device", "median", "10000", "1 week", "🙂", "%"]
    for _ in range(120):
        pairs = [(draw.choice(names), draw.choice(values)) for _ in range(draw.randrange(1, 4))]
        query = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs])
        kind = draw.choice(ASKED)
        answer = analyst.get(f"/explore/{kind}?{query}")
        if answer.status_code == 303:
            answer = analyst.get(answer.headers["location"])
        assert answer.status_code in {200, 422}, (kind, pairs)


def test_every_number_with_customers_behind_it_opens_just_these(
    marketer: Visitor, analyst: Visitor, shop: Workspace
) -> None:
    for kind in ASKED:
        answer = marketer.get(f"/explore/{kind}")
        found = links(answer.text, f"/explore/{kind}/people")
        question = asked_of(kind, [], shop.map()).question
        assert question is not None
        result = shop.measure.ask(question)
        behind = sum(
            sum(1 for value in part.table.column(column).to_pylist()[:200] if value)
            for part in result.parts.values()
            for column in part.people
        )
        assert len(found) == behind, kind
        for address in found[:: max(1, len(found) // 3)]:
            place = dict(parse_qsl(address.partition("?")[2]))
            people = result.customers(place["column"], part=place["part"], row=int(place["row"]))
            shown = [page.text for page in pages_of(marketer, address)]
            names = [name for page in shown for name in called(page)]
            ids = {row["value"] for row in result.identify(people.column("customer").to_numpy()).to_pylist()}
            assert set(names) == ids
            assert len(names) == people.num_rows, address
            ways = [link for page in shown for link in links(page, "/")]
            assert not any(name in link for link in ways for name in names)  # proxies keep addresses
            unnamed = analyst.get(address)
            assert unnamed.status_code == 200
            assert f"{people.num_rows} customer" in unnamed.text
            assert "customer-" not in unnamed.text
            assert not called(unnamed.text)


def pages_of(visitor: Visitor, address: str) -> Iterator[Response]:
    """All pages of a list."""
    following = [address]
    while following:
        yield (shown := visitor.get(following[0]))
        following = [html.unescape(found) for found in re.findall(r'rel="next" href="([^"]+)"', shown.text)]


def called(text: str) -> list[str]:
    """What the customers are called that a page leads to."""
    found = re.findall(r'<a href="/customers/[0-9a-f]{32}\?[^"]*"><bdi>([^<]+)</bdi></a>', text)
    return [html.unescape(value) for value in found]


def test_opening_names_is_written_down(marketer: Visitor, analyst: Visitor, shop: Workspace) -> None:
    def noted() -> list[tuple[str, object]]:
        return [(one.who, dict(one.detail)) for one in shop.audit.entries() if one.what == "people.show"]

    before = len(noted())
    analyst.get("/explore/funnel/people?part=steps&column=customers&row=1")
    assert len(noted()) == before
    answer = marketer.get("/explore/funnel/people?part=steps&column=customers&row=1")
    assert len(noted()) == before + 1
    assert ("marketer@shop.se", {"kind": "funnel", "customers": len(called(answer.text))}) in noted()


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        *(("csv", b'"step"'), ("xlsx", b"PK"), ("parquet", b"PAR1"), ("arrow", b"\xff")),
        *(("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("pptx", b"PK")),
    ],
)
def test_an_answer_is_taken_away_as_a_file(analyst: Visitor, form: str, begins: bytes) -> None:
    answer = analyst.get(f"/explore/funnel/files/funnel.{form}?steps=look&steps=buy")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="funnel.{form}"'
    assert answer.content.startswith(begins)


def test_a_path_s_funnel_counts_the_very_same_customers(analyst: Visitor, shop: Workspace) -> None:
    with_funnel = without = 0
    for query in ("", "collapse=no", "start=look&steps=2", "end=buy&steps=2", "start=cart&steps=3&channel=web"):
        question = asked_of("paths", pairs_of(query), shop.map()).question
        assert question is not None
        result = shop.measure.ask(question)
        page = analyst.get(f"/explore/paths?{address_of(question, shop.map(), one_map=True)}").text
        ways = [row for row in range(min(20, result.table.num_rows)) if funnels_of(result, row)]
        leads = links(page, r"/explore/paths/funnel\b")
        assert [int(dict(pairs_of(one.partition("?")[2]))["row"]) for one in leads] == ways
        for row, address in zip(ways, leads, strict=True):
            led = analyst.get(address)
            count = result.table.column("customers")[row].as_py()
            if led.status_code == 303:
                with_funnel += 1
                funnel = same_funnel(shop.measure, result, row)
                assert funnel is not None
                assert led.headers["location"].rstrip("?") == (
                    "/explore/funnel?" + address_of(funnel, shop.map(), one_map=True)
                )
                assert shop.measure.ask(funnel).table.column("customers").to_pylist()[-1] == count
            else:
                without += 1
                assert led.status_code == 200
                assert ENGLISH["no_same_funnel_why"] in led.text
                nearest = analyst.get(links(led.text, r"/explore/funnel\b")[0])
                assert nearest.status_code == 200
                ever = shop.measure.ask(funnels_of(result, row)[-1]).table.column("customers").to_pylist()[-1]
                assert ever > count  # others went this way too
    assert with_funnel >= 3
    assert without >= 3


@pytest.mark.parametrize("place", ["", "row=9999", "row=x", "row=-1"])
def test_a_row_that_is_none_leads_to_no_funnel(analyst: Visitor, place: str) -> None:
    assert analyst.get(f"/explore/paths/funnel?{place}").status_code == 404
    assert analyst.get("/explore/trend/funnel?of=look&row=0").status_code == 404


def test_two_groups_are_chosen_from_those_that_there_are(analyst: Visitor) -> None:
    page = analyst.get("/explore/funnel?by=device").text
    assert re.findall(r'<select name="compare">.*?</select>', page, re.DOTALL)[0].count('value="') == 3
    compared = analyst.get("/explore/funnel?by=device&compare=phone&compare=desk")
    assert compared.status_code == 200
    assert ENGLISH["part_compared"] in compared.text
    left = analyst.get("/explore/funnel?by=&compare=phone&compare=desk")
    assert left.headers["location"] == "/explore/funnel"


def test_long_tables_are_cut_and_say_so(analyst: Visitor, shop: Workspace) -> None:
    rows = shop.measure.retention(every="day", periods=60, by="device").table.num_rows
    assert rows > 200
    page = analyst.get("/explore/retention?by=device&every=day&periods=60").text
    assert f"The first 200 rows; the files have {rows - 200:,}".replace(",", "") in page.replace(",", "")


def test_several_maps_are_chosen_from(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    for name in ("one", "two"):
        (tmp_path / "journeys" / f"{name}.yaml").write_text(MAP.replace("A shop", f"Shop {name}"))
    with visiting(tmp_path, "viewer") as visitor:
        start = visitor.get("/explore").text
        assert start.count("<option") >= 2
        chosen = visitor.get(links(visitor.get("/explore?map=two").text, "/explore/funnel")[0])
        assert chosen.status_code == 200
        assert '<option value="two" selected>Shop two' in chosen.text


def test_metrics_are_linked_where_the_map_that_is_asked_names_some(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "one.yaml").write_text(re.sub(r"metrics: .*\n", "", MAP))
    (tmp_path / "journeys" / "two.yaml").write_text(MAP)
    with visiting(tmp_path, "viewer") as visitor:
        assert links(visitor.get("/explore").text, "/explore/metrics") == []  # it asks the first map
        assert links(visitor.get("/explore?map=one").text, "/explore/metrics") == []
        (link,) = links(visitor.get("/explore?map=two").text, "/explore/metrics")
        assert visitor.get(link).status_code == 200


def test_texts_of_strangers_are_escaped(tmp_path: Path) -> None:
    with hostile(tmp_path / "shop") as shop:
        shop.collect()
    with visiting(tmp_path / "shop", "marketer") as visitor:
        for address in ("channels?of=device", "funnel?by=device", "expectations", "paths", "friction", "planned"):
            answer = visitor.get(f"/explore/{address}")
            assert answer.status_code == 200, address
            assert "<script" not in answer.text
            assert "<img" not in answer.text
        people = visitor.get("/explore/channels/people?of=device&part=channels&column=customers&row=0")
        assert people.status_code == 200
        assert "<script" not in people.text


@pytest.mark.parametrize(
    "asked_for",
    ["by=traits.town", "by=properties.note", "where=traits.email = 'anna@shop.se'", "events=properties.note = 'x'"],
)
@pytest.mark.parametrize("path", ["touchpoints", "touchpoints/files/touchpoints.csv", "touchpoints/people"])
def test_what_customers_said_is_for_those_who_may_know_names(
    analyst: Visitor, marketer: Visitor, asked_for: str, path: str
) -> None:
    """A group of one would tell all that one customer ever said."""
    name, _, value = asked_for.partition("=")
    query = urlencode({name: value})
    if path.endswith("people"):
        query += "&row=0&column=customers"
    refused = analyst.get(f"/explore/{path}?{query}")
    assert refused.status_code in {404, 422}
    assert "your role does not allow asking" in refused.text
    assert "your role does not allow asking" not in marketer.get(f"/explore/{path}?{query}").text
    assert 'name="where"' not in analyst.get("/explore/touchpoints").text
    assert 'name="where"' in marketer.get("/explore/touchpoints").text
