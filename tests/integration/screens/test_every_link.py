"""Every link leads somewhere, and no page says in English what it should say in the reader's language.

The pages are those that one comes to by links, from every screen on. The shop's map is in Hungarian, and what people
wrote in it in Swedish: what a page says in English to a reader of English and of Swedish alike passed no catalogue.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from httpx import Response
from tests.support.every_screen import PAGES, fill
from tests.support.properties import by_night
from tests.support.screens import Visitor, visiting

from resa import workspace
from resa.workspace.people import ROLES, Role

_OF_A_SHAPE: Final = 2
"""So many pages of the same kind, asked by the same names, are looked at."""

_ENGLISH: Final = re.compile(
    r"\b(the|of|and|with|that|which|are|from|who|not|has|than|it|how|what|your|when|where|only|no|to|by|an)\b"
)
_SHOWN: Final = frozenset({"title", "placeholder", "aria-label", "alt"})
_CONDITION: Final = re.compile(r" (=|<=|>=|<|>|like|in) ")
"""Signals and segments are written in Resa's own language, in which `and` is a word."""


class Read(HTMLParser):
    """What a page says, and where it leads.

    Attributes:
        said: Texts, also those that are read aloud or shown when one points there.
        links: Addresses of links.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.links: list[str] = []
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "code", "pre"}
        self.said |= {value for name, value in attrs if name in _SHOWN and value}
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "code", "pre"}

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.said.add(" ".join(data.split()))


def look(visitor: Visitor, path: str, language: str) -> Response:
    """A page, wherever it leads."""
    answer = visitor.get(path, **{"accept-language": language})
    while answer.status_code in {302, 303}:
        answer = visitor.get(answer.headers["location"], **{"accept-language": language})
    return answer


def shape(path: str) -> tuple[str, ...]:
    """The kind of a page, and by which names it is asked."""
    url = urlsplit(path)
    parts = url.path.split("/")
    kind = parts[1:3] if parts[1] in {"explore", "edit", "settings"} else [parts[1], str(len(parts))]
    return (*kind, *sorted(name for name, _ in parse_qsl(url.query)))


def pages(visitor: Visitor, first: Sequence[str] = PAGES) -> Iterator[tuple[str, Read]]:
    """All pages that one comes to, as a reader of English sees them."""
    waiting, met, shapes = deque(first), set(first), Counter[tuple[str, ...]]()
    while waiting:
        path = waiting.popleft()
        shapes[shape(path)] += 1
        if shapes[shape(path)] > _OF_A_SHAPE and path not in first:
            continue
        answer = look(visitor, path, "en")
        assert answer.status_code == (404 if path == "/nothing" else 200), path
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        read = Read(answer.text)
        yield path, read
        for link in (urljoin(path, link).partition("#")[0] for link in read.links):
            if link.startswith("/") and link not in met:
                met.add(link)
                waiting.append(link)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    folder = tmp_path_factory.mktemp("screens") / "shop"
    fill(folder, "hu")
    with visiting(folder, "admin") as found:
        yield found


@pytest.mark.parametrize("shown", by_night([("", "admin"), *product(("b2b", "retail"), ROLES)], beyond=1))
def test_nobody_is_shown_a_link_that_leads_nowhere(tmp_path: Path, shown: tuple[str, Role]) -> None:
    template, role = shown
    if template:
        workspace.create(tmp_path / "shop", template=template, language="en")
        with workspace.open(tmp_path / "shop") as shop:
            shop.simulate(customers=200)
            shop.collect()
    else:  # a folder without a map
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "resa.toml").touch()
    with visiting(tmp_path / "shop", role) as found:
        assert len(list(pages(found, ["/", "/settings"]))) > 15


def test_every_link_leads_to_a_page_in_the_language_of_the_reader(visitor: Visitor) -> None:
    told, met = set(), 0
    kinds = set()
    for path, read in pages(visitor):
        met += 1
        if shape(path) in kinds:  # its kind was read already
            continue
        kinds.add(shape(path))
        same = read.said & Read(look(visitor, path, "sv").text).said
        told |= {(text, path) for text in same if _ENGLISH.search(text) and " " in text and not _CONDITION.search(text)}
    assert told == set()
    assert met > 200, met
