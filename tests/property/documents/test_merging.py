"""Nothing of what either wrote is lost, whoever comes second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.documents import Part, merge, merged_text

TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "e\n"]), max_size=8).map("".join)


def text_of(*triple: str) -> str | None:
    return merged_text(merge(*triple))


@given(TEXTS, TEXTS)
def test_where_one_changed_nothing_the_other_holds(before: str, mine: str) -> None:
    assert text_of(before, mine, before) == mine
    assert text_of(before, before, mine) == mine
    assert text_of(before, mine, mine) == mine


@given(TEXTS, TEXTS, TEXTS)
def test_both_sides_stand_whole_in_the_parts(before: str, mine: str, theirs: str) -> None:
    parts = merge(before, mine, theirs)
    assert "".join(part.before for part in parts) == before
    assert "".join(part.mine for part in parts) == mine
    assert "".join(part.theirs for part in parts) == theirs
    count = sum(part.text is None for part in parts)
    assert merged_text(parts, ["mine"] * count) is not None
    if count:
        assert merged_text(parts, ["mine"] * (count - 1)) is None
    for part in parts:
        if part.text is None:
            assert len({part.before, part.mine, part.theirs}) == 3


@given(TEXTS, TEXTS, TEXTS)
def test_it_is_the_same_from_either_side(before: str, mine: str, theirs: str) -> None:
    turned = [
        Part(before=one.before, mine=one.theirs, theirs=one.mine, text=one.text) for one in merge(before, theirs, mine)
    ]
    assert merged_text(merge(before, mine, theirs)) == merged_text(turned)


@pytest.mark.parametrize(
    ("before", "mine", "theirs", "merged"),
    [
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"),
        ("a\nb\n", "A\nb\n", "a\nB\n", "A\nB\n"),
        ("a\nb\n", "a\nx\nb\n", "a\nB\n", None),
        ("a\nb\n", "a\n", "A\nb\n", "A\n"),
        ("a\n", "A\n", "B\n", None),
        ("a\nb\n", "a\nx\nb\n", "a\ny\nb\n", None),
        ("a\nb\nc\n", "c\n", "a\nB\nc\n", None),
        ("", "a\n", "b\n", None),
    ],
)
def test_lines_disagree_only_where_both_changed_them(before: str, mine: str, theirs: str, merged: str | None) -> None:
    assert text_of(before, mine, theirs) == merged


def test_of_a_disagreement_one_side_or_both_are_taken() -> None:
    parts = merge("a\nb", "a\nmine", "a\ntheirs")
    assert merged_text(parts, ["mine"]) == "a\nmine"
    assert merged_text(parts, ["theirs"]) == "a\ntheirs"
    assert merged_text(parts, ["both"]) == "a\ntheirs\nmine"
