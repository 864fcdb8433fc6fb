"""Files with mistakes give located messages, and what is mechanical is mended.

A case is a map with `¦` before the character that the message must name, and the words that it must hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from resa.journey_map import fix_text, load_texts

CASES = Path(__file__).parent / "mistakes"
BASE = """stages:
  awareness: [ad, product_page, store_visit]
  conversion: [cart, purchase]
  loyalty: []
"""
SIGNS = {"⇥": "\t", "⍽": "\u00a0", "␀": "\x00", "␤": "\u2028"}


@dataclass(frozen=True)
class Mistake:
    """A map that is wrong in one place."""

    title: str
    flags: frozenset[str]
    text: str
    place: tuple[int, int]
    words: str


def read_cases() -> list[Mistake]:
    return [
        case for path in sorted(CASES.glob("*.txt")) for case in map(read_case, path.read_text().split("==== ")[1:])
    ]


def read_case(part: str) -> Mistake:
    head, _, rest = part.partition("\n")
    title, _, flags = head.partition("|")
    text, _, words = rest.rpartition("---- ")
    if "base" in flags.split():
        text = BASE + text
    for sign, meant in SIGNS.items():
        text = text.replace(sign, meant)
    assert text.count("¦") == 1, title
    before = text[: text.index("¦")]
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    text = text.replace("¦", "")
    if "crlf" in flags.split():
        text = text.replace("\n", "\r\n")
    if "bom" in flags.split():
        text = "\ufeff" + text
    return Mistake(title.strip(), frozenset(flags.split()), text, (line, column), words.strip())


MISTAKES = read_cases()


def test_there_are_two_hundred() -> None:
    assert len({case.title + case.text for case in MISTAKES}) == len(MISTAKES)
    assert len(MISTAKES) >= 200


@pytest.mark.parametrize("case", MISTAKES, ids=[re.sub(r"\W+", "-", case.title) for case in MISTAKES])
def test_mistake_is_located_and_said_in_words(case: Mistake) -> None:
    loaded = load_texts({"journey.yaml": case.text})
    found = [(problem.line, problem.column, problem.message) for problem in loaded.problems]
    assert len(found) == 1, found
    problem = loaded.problems[0]
    assert (problem.line, problem.column) == case.place, problem
    assert case.words in problem.message, problem
    assert problem.severity == ("warning" if "warn" in case.flags else "error")
    assert bool(loaded.maps) == ("warn" in case.flags)


@pytest.mark.parametrize("case", MISTAKES, ids=[re.sub(r"\W+", "-", case.title) for case in MISTAKES])
def test_mechanical_mistakes_are_mended(case: Mistake) -> None:
    fixes = fix_text(case.text)
    if "fix" not in case.flags:
        return
    assert not fixes.loaded.problems, (fixes.diff, fixes.loaded.problems)
    assert fixes.diff
    again = fix_text(fixes.after["journey.yaml"])
    assert not again.after


@pytest.mark.parametrize("case", MISTAKES, ids=[re.sub(r"\W+", "-", case.title) for case in MISTAKES])
def test_a_repair_touches_few_lines(case: Mistake) -> None:
    fixes = fix_text(case.text)
    if not fixes.after:
        return
    before = case.text.splitlines(keepends=True)
    after = fixes.after["journey.yaml"].splitlines(keepends=True)
    untouched = [line for line in before if line in after]
    assert len(before) - len(untouched) <= 2
