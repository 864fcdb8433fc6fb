"""Pages tell a map of another language in their own: lanes, verdicts, sentences, numbers; what people wrote stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.properties import by_night
from tests.support.screens import Visitor, visiting
from tests.support.served import new_shop

import resa
from resa.analytics import KINDS

OTHERS = ("sv", "nb", "hu")

MAP = """
title: Ullbutiken
language: {language}
timezone: Europe/Stockholm
goal: {{from: sida, reach: [kop], within: 1 day, target: 50 %}}
stages: {{intresse: [sida], handel: [korg, kop]}}
personas:
  vandrare: {{name: Vandrare, who: "count(korg) > 0", path: [sida, korg, kop]}}
touchpoints:
  sida:
    name: Sidan
    emotion: 1
    moment_of_truth: true
    actions: [Tittar runt.]
    questions: [Hur varm?]
    pain_points: [{{text: Priset syns sent, shown_by: sida.korg}}]
    expect: [{{next: korg, within: 1 day, target: 90 %}}]
  korg: {{name: Korgen, emotion: 0, expect: [{{next: kop, within: 1 day}}]}}
  kop: {{name: Handlar, frontstage: [Tackar.], backstage: [Packar.]}}
metrics:
  kopare: {{name: Antal, count: customers, of: [kop]}}
signals:
  sida: {{event: page}}
  korg: {{event: cart, score: properties.score, scale: 1-5}}
  kop: {{event: order}}
"""
SOURCE = """
path: web.csv
columns: {occurred_at: time, identifiers: {user_id: user}, event: event, device: device, properties: {score: score}}
"""


def rows() -> Iterator[str]:
    """Of 90 customers sixty go on to the cart, thirty buy."""
    yield "time,user,event,score,device"
    for number in range(90):
        device, day = ("phone", "desktop")[number % 2], f"2026-05-{number % 28 + 1:02}T08"
        yield f"{day}:00:00Z,u{number},page,,{device}"
        if number % 3:
            yield f"{day}:05:00Z,u{number},cart,4,{device}"
        if number % 3 == 2:
            yield f"{day}:09:00Z,u{number},order,,{device}"


def shop_in(folder: Path, language: str) -> Path:
    folder.mkdir()
    new_shop(folder)
    (folder / "sources").mkdir()
    (folder / "journey.yaml").write_text(MAP.format(language=language), encoding="utf-8")
    (folder / "sources" / "web.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "web.csv").write_text("\n".join(rows()) + "\n", encoding="utf-8")
    with resa.open(folder) as shop:
        assert not shop.loaded.problems
        shop.collect()
    return folder


@pytest.fixture(scope="module")
def viewers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, dict[str, Visitor]]]:
    """Of the same shop with a map in English, and with the map in other languages."""
    folder = tmp_path_factory.mktemp("shops")
    with ExitStack() as stack:
        made = {
            language: stack.enter_context(visiting(shop_in(folder / language, language), "marketer"))
            for language in ("en", *OTHERS)
        }
        yield made.pop("en"), made


PAGES = (
    "/",
    "/map/journey",
    "/map/journey?persona=*",
    "/map/journey?from=2026-05-10&until=2026-05-20&against=before",
    "/map/journey/sida",
    *(f"/map/journey/present?slide={slide}" for slide in range(1, 8)),
    *(f"/explore/{kind}" for kind in KINDS if kind != "tracking"),
    "/explore/funnel?by=device",
    "/explore/trend?of=sida&every=month",
)


def page(visitor: Visitor, path: str, language: str) -> str:
    """A page, without what is another at each look."""
    answer = visitor.get(path, **{"accept-language": language})
    while answer.status_code in {302, 303}:
        answer = visitor.get(answer.headers["location"], **{"accept-language": language})
    assert answer.status_code == 200, path
    html = re.sub(r'(name="_(?:csrf_token|by)" value=)"[^"]*"', r"\1", answer.text)
    html = re.sub(r'<g lang="en">(.*?)</g>', r"\1", html).replace(' lang="en"', "")  # marks of what people wrote
    return re.sub(r"[\d:.]+ \(Europe/Stockholm\)", "", html)


@pytest.mark.parametrize("language", by_night(OTHERS, beyond=1))
@pytest.mark.parametrize("path", PAGES)
def test_it_is_told_as_if_it_were_written_in_the_language_of_the_page(
    viewers: tuple[Visitor, dict[str, Visitor]], path: str, language: str
) -> None:
    english, others = viewers
    told = page(english, path, language)
    assert told == page(others[language], path, language)
    assert told != page(english, path, "en")


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", r'<h1 lang="en"><a href="/map/journey">Ullbutiken'),
        ("/map/journey", r'<h1 lang="en">Ullbutiken'),
        ("/map/journey", r'<g lang="en"><text[^>]*>Tittar runt\.'),
        ("/map/journey", r'<g lang="en"><text[^>]*>Priset syns'),
        ("/map/journey", r'<td lang="en">Hur varm\?'),
        ("/map/journey/sida", r'<ul lang="en"><li>Tittar runt\.'),
        ("/map/journey/present?slide=1", r'<h1 lang="en">Ullbutiken'),
        ("/edit/journey", r'<span lang="en">Tittar runt\.'),
        ("/edit/journey?touchpoint=sida", r'<textarea name="actions" rows="2" lang="en">'),
        ("/edit/journey/entries", r'<summary lang="en">Vandrare'),
    ],
)
def test_what_people_wrote_is_marked_as_of_the_language_of_the_map(
    viewers: tuple[Visitor, dict[str, Visitor]], path: str, marked: str
) -> None:
    """So that what reads a page aloud reads it right (WCAG 2.2, 3.1.2)."""
    english, _ = viewers
    told = english.get(path, **{"accept-language": "sv"}).text
    assert re.search(marked, told)
    assert not re.search(marked, english.get(path, **{"accept-language": "en"}).text)


def test_files_and_reports_keep_the_language_of_the_map(viewers: tuple[Visitor, dict[str, Visitor]]) -> None:
    english, _ = viewers
    report = english.get("/reports/journey", **{"accept-language": "sv"}).text
    assert "Reach the goal" in report
    picture = english.get("/map/journey/files/journey.svg", **{"accept-language": "sv"})
    assert picture.status_code == 200
    assert "Pain points" in picture.text
    assert "Priset syns sent" in english.get("/map/journey", **{"accept-language": "hu"}).text
