"""Every link from one document to another leads somewhere, and every page can be found from the entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENTS = PROJECT / "docs"
PAGES = sorted([*PROJECT.glob("*.md"), *DOCUMENTS.rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[Path]:
    for target in _LINK.findall(_CODE.sub("", page.read_text(encoding="utf-8"))):
        yield (page.parent / target).resolve()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert [str(target) for target in links(page) if not target.exists()] == []


def test_every_page_is_found_from_the_entry() -> None:
    found: set[Path] = set()
    waiting = [DOCUMENTS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page.is_dir():
            waiting += page.glob("*.md")
        elif page.suffix == ".md" and page not in found:
            found.add(page)
            waiting += links(page)
    assert {page.relative_to(PROJECT) for page in DOCUMENTS.rglob("*.md")} <= {
        page.relative_to(PROJECT) for page in found if page.is_relative_to(PROJECT)
    }
