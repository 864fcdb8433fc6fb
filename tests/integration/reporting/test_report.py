"""The report of a small made-up shop: what it finds, what it says, and that nothing on it can do harm."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.support.hostile_shop import HOSTILE_MAP, hostile

from resa import workspace
from resa.cli.app import run
from resa.drawing import format_percent
from resa.reporting import HtmlReport, map_numbers

_PROMISES = """
title: A shop
stages: {conversion: [purchase, letter], service: [question, answer]}
touchpoints:
  purchase: {promise: {next: letter, within: 1 day, target: 60 %, owner: Ali}}
  question: {promise: {next: answer, within: 1 day, target: 60 %, owner: Ali}}
signals: {purchase: {event: order}, letter: {event: sent}, question: {event: ask}, answer: {event: told}}
"""
_VOID = {"meta", "br", "hr", "img", "link", "input", "col", "wbr"}


@dataclass
class Page(HTMLParser):
    """What a browser would see: elements with their attributes, text, and headings in order."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set up the parser."""
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


def hold_to_itself(html: str) -> None:
    """No script, no handler, no address of another host, one content policy."""
    page = read(html)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "iframe", "object", "embed", "link", "form", "base", "foreignobject", "img"}
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"href", "src", "xlink:href", "action"}:
                assert (value or "").startswith(("#", "data:image/", "data:font/")), (tag, value)
            if name == "style":
                assert "url(" not in (value or "")
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL))
    assert "@import" not in styles
    assert all(address.startswith(("data:", "'data:", '"data:')) for address in re.findall(r"url\(([^)]*)", styles))
    policies = [a for tag, a in page.elements if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert "default-src 'none'" in (policies[0]["content"] or "")


def test_the_planted_truth_comes_first(shop: workspace.Workspace, report: HtmlReport) -> None:
    truth = json.loads((shop.folder / "incoming" / "truths.json").read_text(encoding="utf-8"))["planted"][0]
    first = shop.measure.findings().places[0]
    assert (first.expectation, first.attribute, first.value) == (truth["shows_in"], "device", truth["device"])
    worst = report.summary[1]
    assert truth["device"] in worst
    assert "Checkout" in worst
    assert "at most" in worst.casefold()
    assert 3 <= len(report.summary) <= 6
    assert all(len(line) < 400 and "\n" not in line for line in report.summary)
    page = read(report.html).words
    assert page.index("Checkout to First order or Orders again, mobile") < page.index("What we promised")


def test_every_section_is_there_and_headings_do_not_skip(report: HtmlReport) -> None:
    page = read(report.html)
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    sections = {attributes.get("id") for tag, attributes in page.elements if tag == "section"}
    wanted = {"map", "findings", "promises", "expectations", "funnel", "friction", "paths", "plans", "voices", "data"}
    assert wanted <= sections
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a" and attributes.get("href")}
    assert links == {f"#{name}" for name in wanted}
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all("scope" in attributes for tag, attributes in page.elements if tag == "th")
    pictures = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert len(pictures) > 10
    assert all(attributes.get("role") == "img" and attributes.get("aria-labelledby") for attributes in pictures)


def test_the_page_is_complete_in_itself(report: HtmlReport) -> None:
    hold_to_itself(report.html)
    assert read(report.html).elements[0] == ("html", {"lang": "en"})


def test_numbers_on_the_page_are_those_of_the_answers(shop: workspace.Workspace, report: HtmlReport) -> None:
    page = read(report.html).words
    measure = shop.measure
    touchpoints = measure.touchpoints()
    assert f"{touchpoints.n['visits']:,} visits" in page
    assert f"{touchpoints.n['customers']:,}" in page
    assert sum(touchpoints.table.column("visits").to_pylist()) == touchpoints.n["visits"]
    for row in measure.expectations().table.to_pylist():
        assert f"{row['met']:,} met, {row['missed']:,} missed" in page
        if row["young_open"]:
            assert f"{row['young_open']:,} still open" in page
    for row in measure.funnel(
        ["product_page", "cart", "checkout", ["purchase", "store_purchase"]], within="30 days"
    ).table.to_pylist():
        assert f"{row['customers']:,}" in page
    for load in shop.store.loads():
        assert load.source_id in page
        assert load.rows_in == load.good + load.rejected + load.duplicate
    answered = shop.store.rows("feedback")
    commented = [row for row in answered.to_pylist() if row["touchpoint"] == "delivery" and row["text"]]
    assert f"{len(commented):,} comments" in page


def test_a_pain_points_share_on_the_map_is_the_measured_share_of_missed(shop: workspace.Workspace) -> None:
    rows = {row["expectation"]: row for row in shop.measure.expectations().table.to_pylist()}
    shown = [pain.shown_by for touchpoint in shop.map().touchpoints for pain in touchpoint.pain_points if pain.shown_by]
    assert any(rows[name]["cancelled"] for name in shown)
    said = " ".join(cell for row in shop.draw(measured=True).tables[0].rows for cell in row)
    for name in shown:
        assert f"Measured: {format_percent(rows[name]['missed'] / rows[name]['mature'], 'en')} miss it" in said


def test_no_customer_is_named_unless_it_is_asked_for(shop: workspace.Workspace, report: HtmlReport) -> None:
    known = set(shop.store.index().identifiers().column("value").to_pylist())
    page = read(report.html)
    said = set(re.findall(r"[\w@.+-]+", page.words + " ".join(str(a) for _, a in page.elements)))
    assert not said & known
    named = read(shop.report(names=True).html)
    behind = shop.measure.findings().places[0].people
    identifiers = shop.store.index().identifiers(list(behind)).column("value").to_pylist()
    assert set(identifiers[:200]) <= set(re.findall(r"[\w@.+-]+", named.words))


def test_the_same_data_give_the_same_page(shop: workspace.Workspace, report: HtmlReport) -> None:
    with workspace.open(shop.folder) as again:
        assert again.report().html == report.html


def test_the_maps_numbers_are_those_of_the_answers(shop: workspace.Workspace) -> None:
    numbers = map_numbers(shop.measure, shop.map())
    rows = {row["expectation"]: row for row in shop.measure.expectations().table.to_pylist()}
    assert set(numbers.expectations) == set(rows)
    for name, row in rows.items():
        drawn = numbers.expectations[name]
        assert (drawn.openings, drawn.missed, drawn.customers) == (row["mature"], row["missed"], row["customers"])
        assert drawn.share == pytest.approx(row["share"])
    assert numbers.touchpoints["store_visit"].daily_total == pytest.approx(
        sum(shop.store.rows("daily_numbers").column("value").to_pylist())
    )
    assert "friend_tells" not in numbers.touchpoints
    index = shop.store.index()
    stars = [
        json.loads(row["properties"])["stars"]
        for row in index.event_rows(np.arange(index.events), ["event", "properties"]).to_pylist()
        if row["event"] == "parcel_delivered" and json.loads(row["properties"] or "{}").get("stars") is not None
    ]
    answers = shop.store.rows("feedback").to_pylist()
    feedback = [row["score"] for row in answers if row["touchpoint"] == "delivery" and row["score"]]
    scores = [*stars, *feedback]
    assert numbers.touchpoints["delivery"].scores == len(scores)
    assert numbers.touchpoints["delivery"].score == pytest.approx(sum(s - 3 for s in scores) / len(scores))
    planned = [row for row in shop.measure.planned().table.to_pylist() if row["who"] == "persona"]
    walk = [row for row in planned if row["persona"] == "weekend_hiker"]
    assert numbers.paths["weekend_hiker"].customers == walk[0]["customers"]
    assert numbers.paths["weekend_hiker"].share == pytest.approx(walk[-1]["share"])
    left = sum(row["left"] or 0 for row in walk)
    assert sum(detour.customers for detour in numbers.paths["weekend_hiker"].detours) == left
    assert "family" not in numbers.paths


def test_it_is_saved_whole(report: HtmlReport, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    report.save(target)
    assert target.read_text(encoding="utf-8") == report.html
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    with hostile(tmp_path / "shop") as shop:
        shop.collect()
        report = shop.report()
    hold_to_itself(report.html)
    page = read(report.html).words
    assert "<script>alert(1)</script>" in page
    assert "{{ 7*7 }}" in page
    assert "070" not in page
    assert "evil.example" not in page
    assert "secret-" not in report.html
    assert "not on the map: 1 answer." in page
    assert "No event was ever matched to evil" in page
    assert "\u202e" not in report.html


def test_a_workspace_without_events_gives_a_report_that_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "young"
    folder.mkdir()
    (folder / "journey.yaml").write_text(HOSTILE_MAP, encoding="utf-8")
    with workspace.open(folder) as shop:
        report = shop.report()
    hold_to_itself(report.html)
    assert "There are no events yet" in read(report.html).words
    assert report.summary[0] == "There are no events yet, so this is the journey as planned."
    assert "resa collect FILE" in report.summary[1]
    assert "What to do next" in read(report.html).words
    assert "is below its target" not in read(report.html).words


@pytest.mark.parametrize(("touchpoints", "wide"), [(4, False), (5, True)])
def test_a_map_of_few_touchpoints_is_drawn_as_large_as_the_text(tmp_path: Path, touchpoints: int, wide: bool) -> None:
    keys = ", ".join(f"t{number}" for number in range(touchpoints))
    (tmp_path / "journey.yaml").write_text(f"title: Small\nstages: {{one: [{keys}]}}\n")
    with workspace.open(tmp_path) as opened:
        page = read(opened.report().html)
    shown = [attributes for tag, attributes in page.elements if tag == "div" and attributes.get("aria-label")]
    (journey,) = [one for one in shown if one["aria-label"] == "The journey"]
    assert ("wide" in (journey["class"] or "").split()) is wide


@pytest.mark.parametrize(("asked", "said"), [(60, True), (2, False)])
def test_every_promise_is_said_to_be_kept_only_where_none_is_too_few_to_say(
    tmp_path: Path, asked: int, said: bool
) -> None:
    (tmp_path / "journey.yaml").write_text(_PROMISES, encoding="utf-8")
    rows = ["time,customer,event"]
    for who in range(60):
        rows += [f"2026-05-04T{hour}:{who:02d}:00Z,c{who},{event}" for hour, event in ((10, "order"), (11, "sent"))]
        rows += [f"2026-05-05T{hour}:{who:02d}:00Z,c{who},{event}" for hour, event in ((10, "ask"), (11, "told"))][
            : 2 * (who < asked)
        ]
    (tmp_path / "events.csv").write_text("\n".join([*rows, "2026-06-01T10:00:00Z,c0,order"]), encoding="utf-8")
    how = ["--as", "occurred_at=time", "--yes", "-w", str(tmp_path)]
    assert run(["collect", str(tmp_path / "events.csv"), *how]) == 0
    with workspace.open(tmp_path) as opened:
        assert ("Every promise is kept as often as we said." in opened.report().html) is said
