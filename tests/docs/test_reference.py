from __future__ import annotations

import pytest
from scripts.reference import FOLDER, pages


@pytest.mark.parametrize(("name", "text"), pages().items(), ids=list(pages()))
def test_the_reference_is_what_the_program_says(name: str, text: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == text, "run: make reference"


def test_no_page_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == set(pages())
