"""`segments.yaml` changed: what is said is said, and every line that is about other segments stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resa.base.errors import QuestionError
from resa.documents import read_document
from resa.journey_map import (
    edited_segments,
    load_texts,
    remove_segment,
    segment_entry,
    segment_said,
    segment_text,
    write_segment,
)

FILES = (
    "",
    "# nothing yet\n",
    "# ours\nfirst: traits.a >= 1   # short\n\nSecond One:\n    who:  'traits.b = 1'\n    # why\n    owner: Bo\n# end",
    "first:\r\n  name: Ö\r\n  who: >\r\n    traits.a = 1\r\n    and traits.b = 2\r\n# end\r\n",
    "{first: {who: traits.a = 1}, second_one: traits.b = 2}\n",
    "# ours\nsegments:\n  first: traits.a >= 1   # short\n\n  Second One:\n      who:  'traits.b = 1'\n# end\n",
    "segments:\n",
)
WORDS = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20).map(
    lambda text: " ".join(text.split())
)
NAMES = st.sampled_from(["name", "about", "owner"])
CONDITIONS = st.sampled_from(["traits.a = 1", "traits.x in ('a: b', '#', '\"')", "count(cart) > 1 -- no", "x" * 300])
KEYS = st.sampled_from(["first", "second_one", "new", "another"])


@given(before=st.sampled_from(FILES), key=KEYS, words=st.dictionaries(NAMES, WORDS), who=CONDITIONS)
@settings(max_examples=200)
def test_what_is_said_stands_there_and_all_else_stays(before: str, key: str, words: dict[str, str], who: str) -> None:
    said = segment_said(segment_entry(before, key)) if segment_entry(before, key) is not None else {}
    after = edited_segments(before, write_segment(key, {**words, "who": who}))
    document = read_document("segments.yaml", after)
    assert not document.problems
    found = segment_said(segment_entry(after, key))
    assert found == {"name": "", "about": "", "owner": "", "map": "", **said, **words, "who": who}
    for other in {"first", "second_one", "new", "another"} - {key}:
        assert segment_entry(after, other) == segment_entry(before, other)
        if not before.startswith("{"):
            assert segment_text(after, other) == segment_text(before, other)
    for line in ("# ours", "# end", "# nothing yet"):
        assert (line in before) == (line in after)
    assert edited_segments(after, write_segment(key, {"who": who})) == after


@given(before=st.sampled_from(FILES), key=KEYS)
def test_what_is_made_and_taken_away_leaves_the_file_as_it_was(before: str, key: str) -> None:
    if segment_entry(before, key) is not None:
        gone = edited_segments(before, remove_segment(key))
        assert segment_entry(gone, key) is None
        assert not read_document("segments.yaml", gone).problems
        return
    with pytest.raises(QuestionError):
        edited_segments(before, remove_segment(key))
    made = edited_segments(before, write_segment(key, {"who": "traits.a = 1", "owner": "Bo"}))
    again = edited_segments(made, remove_segment(key))
    assert again.replace("{}", "").split() == before.replace("{}", "").split()


def test_a_whole_life_of_segments_stays_right() -> None:
    files = {"journey.yaml": "title: A\nstages: {all: [cart]}\nsignals: {cart: {event: cart}}\n"}
    text = ""
    for step, key in enumerate(["a", "b", "c"]):
        text = edited_segments(text, write_segment(key, {"who": f"count(cart) > {step}", "name": f"S {step}"}))
        assert not load_texts({**files, "segments.yaml": text}).errors
    for key in ["b", "a", "c"]:
        text = edited_segments(text, remove_segment(key))
        assert not load_texts({**files, "segments.yaml": text}).errors
    text = edited_segments(text, write_segment("d", {"who": "count(cart) > 1"}))
    assert text == 'd: "count(cart) > 1"\n'
