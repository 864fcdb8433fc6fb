"""Reading: plain data, places, what YAML would have made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from resa.documents import apply_edits, read_document

TEXT = """# comment
title: Nordic Tea   # two spaces
list:
  - one
  - {key: "va''lue", empty: }
  -
nested:
    deep: [1, 2.5, true, no, 12:30, 007, ~, 2026-01-01]
block: |
  a
   b
"""


def test_plain_data_keeps_what_yaml_1_1_would_have_changed() -> None:
    data = read_document("x.yaml", TEXT).data
    assert data == {
        "title": "Nordic Tea",
        "list": ["one", {"key": "va''lue", "empty": None}, None],
        "nested": {"deep": [1, 2.5, True, "no", "12:30", "007", None, "2026-01-01"]},
        "block": "a\n b\n",
    }


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        (("title",), False, (2, 8)),
        (("title",), True, (2, 1)),
        (("list", 0), False, (4, 5)),
        (("list", 1, "key"), True, (5, 6)),
        (("list", 1, "key"), False, (5, 11)),
        (("list", 2), False, (6, 4)),
        (("nested", "deep", 3), False, (8, 26)),
        (("nested", "no such", "thing"), False, (8, 5)),
        ((), False, (2, 1)),
    ],
)
def test_places_of_keys_and_values(path: tuple[str | int, ...], key: bool, place: tuple[int, int]) -> None:
    assert read_document("x.yaml", TEXT).position(path, key=key) == place


def test_places_do_not_depend_on_line_ends_or_a_byte_order_mark() -> None:
    plain = read_document("x.yaml", TEXT)
    other = read_document("x.yaml", "\ufeff" + TEXT.replace("\n", "\r\n"))
    assert other.data == plain.data
    for path in (("title",), ("list", 1, "key"), ("nested", "deep", 3)):
        assert other.position(path) == plain.position(path)


def test_bytes_that_are_no_utf8_are_read_as_what_they_probably_are(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("title: Tebutikk på nett\nx: 1\n".encode("cp1252"))
    document = read_document(path)
    assert document.data == {"title": "Tebutikk på nett", "x": 1}
    assert [(problem.line, problem.column, problem.code) for problem in document.problems] == [(1, 18, "encoding")]
    assert read_document("x", "a: ü".encode("utf-16")).data == {"a": "ü"}


def test_all_errors_of_the_parser_are_reported_in_one_run() -> None:
    document = read_document("x.yaml", 'a: b: c\nd:e\nf: "g\nh: [i\nj:\n\tk: @l\n')
    assert [problem.line for problem in document.problems] == [1, 2, 3, 4, 6, 6]
    assert document.data == {"a": "b: c", "d": "e", "f": "g", "h": ["i"], "j": {"k": "@l"}}
    assert not document.damaged


def test_repairs_make_the_text_readable() -> None:
    text = 'a: b: c\nd:e\nf: "g\nh: [i\nj:\n\tk: @l\n'
    edits = [edit for finding in read_document("x", text).findings for edit in finding.edits]
    mended = apply_edits(text, edits)
    assert mended == 'a: "b: c"\nd: e\nf: "g"\nh: [i]\nj:\n  k: "@l"\n'
    assert not read_document("x", mended).problems


def test_what_cannot_be_read_is_skipped_and_the_rest_is_read() -> None:
    document = read_document("x.yaml", "just words\na: 1\nb: 2\n")
    assert document.damaged
    assert document.data == {"a": 1, "b": 2}


def test_aliases_are_refused_not_expanded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(30))
    document = read_document("x.yaml", bomb)
    assert len(document.problems) == 30 * 3 + 1
    assert len(str(document.data)) < 2_000


def test_hostile_sizes_are_refused_quickly() -> None:
    assert [problem.code for problem in read_document("x", "a" * 3_000_000).problems] == ["too-large"]
    deep = read_document("x", "[" * 50_000)
    assert "depth" in [problem.code for problem in deep.problems]


def test_halves_of_characters_that_escapes_name_become_characters() -> None:
    text = 'title: "\\uD83D\\uDE00 \\uD800!"\n'
    found = read_document("x.yaml", text)
    assert found.data == {"title": "\N{GRINNING FACE} \N{REPLACEMENT CHARACTER}!"}
    assert found.text == text


def test_spaces_inside_block_scalars_are_text() -> None:
    document = read_document("x.yaml", "a: |\n  x\n  \tindented\n  \u00a0wide\nb: 1\n")
    assert not document.problems
    assert document.data == {"a": "x\n\tindented\n\u00a0wide\n", "b": 1}


def test_comments_are_not_mistaken_for_cut_texts() -> None:
    text = "a: some words  #comment\nb: word # comment\nc: 'some words' # comment\nd: [x] #comment\n"
    assert not read_document("x.yaml", text).problems
