"""Source files: what is accepted, and that every mistake is found in its place."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from resa.collector import read_source, read_sources
from resa.collector.shapes import Cell, EventSource, Rest

GOOD = """\
path: a.csv
columns:
  occurred_at: when
  event: what
  customer: who
"""


def problems_of(text: str) -> list[str]:
    _, problems = read_source("sources/a.yaml", textwrap.dedent(text), Path())
    return [str(problem) for problem in problems]


def with_line(line: str) -> str:
    return GOOD + line + "\n"


def with_columns(*lines: str) -> str:
    return GOOD + "".join(f"  {line}\n" for line in lines)


MISTAKES = [
    ("path: a.csv\n", "sources/a.yaml:1:1", "`columns:` or `select:`"),
    (GOOD + "select: select row.a as event from row\n", "sources/a.yaml:1:1", "one of them"),
    (GOOD.replace("path: a.csv\n", ""), "sources/a.yaml:1:1", "'path' is missing"),
    (with_line("pat: b"), "sources/a.yaml:6:1", "did you mean 'path'"),
    (with_line("kind: evnts"), "sources/a.yaml:6:7", "'events'"),
    (with_line("format: xlsx"), "sources/a.yaml:6:9", "parquet"),
    (with_line("timezone: Europe/Stokholm"), "sources/a.yaml:6:11", "did you mean 'Europe/Stockholm'"),
    (with_line("timezone: CET+1"), "sources/a.yaml:6:11", "no time zone"),
    (with_line("time_format: DD.MM.YYYY HH:mm"), "sources/a.yaml:6:14", "%d.%m.%Y %H:%M"),
    (with_line("time_format: swedish"), "sources/a.yaml:6:14", "no time format"),
    (with_line("decimal: ';'"), "sources/a.yaml:6:10", "comma"),
    (with_line("clock_change: guess"), "sources/a.yaml:6:15", "earlier"),
    (with_line("currency: kronor"), "sources/a.yaml:6:11", "three letters"),
    (with_line("lateness: 3 m"), "sources/a.yaml:6:11", "minutes or months"),
    (with_line("unordered: maybe"), "sources/a.yaml:6:12", "true or false"),
    (with_line("without_customer: drop"), "sources/a.yaml:6:19", "count"),
    (with_line("complete_until: tomorrow"), "sources/a.yaml:6:17", "file modified"),
    (with_line("delimiter: ;"), "sources/a.yaml:6:1", "under `csv:`"),
    (with_line("csv: {delimiter: ;;}"), "sources/a.yaml:6:18", "one character"),
    (with_line("csv: {encoding: ansi-1}"), "sources/a.yaml:6:17", "no encoding"),
    (with_line("csv: {quote: '*'}"), "sources/a.yaml:6:14", "none"),
    (with_line("csv: {skip_lines: -1}"), "sources/a.yaml:6:19", "0"),
    (with_line("csv: {heading: no}"), "sources/a.yaml:6:7", "not a key"),
    (with_line("exclude: event ="), "sources/a.yaml:6:16", "ends too early"),
    (with_line("exclude: [upper(event) = 'X', nope = 1]"), "sources/a.yaml:6:31", "nope"),
    (GOOD.replace("  event: what\n", ""), "sources/a.yaml:3:3", "'event' is missing"),
    (GOOD.replace("occurred_at", "time"), "sources/a.yaml:3:3", "write `occurred_at:`"),
    (GOOD.replace("  customer: who\n", ""), "sources/a.yaml:2:1", "who the customer is"),
    (with_columns("valu: total"), "sources/a.yaml:6:3", "did you mean 'value'"),
    (with_columns("value: {colum: total}"), "sources/a.yaml:6:11", "did you mean 'column'"),
    (with_columns("value: {column: total, always: 3}"), "sources/a.yaml:6:10", "write one of"),
    (with_columns("value: {expression: quantity * }"), "sources/a.yaml:6:32", "ends too early"),
    (with_columns("value: {expression: \"read_text('x')\"}"), "sources/a.yaml:6:24", "read_text"),
    (with_columns("properties: {total: {column: a, type: money}}"), "sources/a.yaml:6:41", "number"),
    (with_columns("traits: rest"), "sources/a.yaml:6:3", "traits"),
    (with_columns("event: again"), "sources/a.yaml:6:3", "event"),
    ("path: a.csv\nselect: select row.a as event from row\n", "sources/a.yaml:2:9", "occurred_at"),
    ("path: a.csv\nselect: select * from other\n", "sources/a.yaml:2:", ""),
    ("path: a.csv\nselect: drop table x\n", "sources/a.yaml:2:9", ""),
    (
        "path: a.csv\nselect: |\n  select\n    row.a as event,\n    nofunction(1) as x\n  from row\n",
        "sources/a.yaml:5:5",
        "nofunction",
    ),
    ("kind: feedback\nscale: 5-1\n" + GOOD.replace("event", "touchpoint"), "sources/a.yaml:2:8", "no scale"),
    ("kind: customers\n" + GOOD.replace("event: what", "traits: rest"), "sources/a.yaml:4:3", "occurred_at"),
    ("", "sources/a.yaml:1:1", "empty"),
    ("- a\n- b\n", "sources/a.yaml:1:1", ""),
]


@pytest.mark.parametrize(("text", "place", "words"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_located(text: str, place: str, words: str) -> None:
    found = problems_of(text)
    assert any(place in problem.split(" ")[0] and words in problem for problem in found), found


def test_all_mistakes_at_once() -> None:
    text = "path: a.csv\ntimezone: Mars\nunorderd: true\ncolumns:\n  occurred_at: {alway: x}\n  evnt: b\n"
    found = problems_of(text)
    assert [problem.split(" ")[0] for problem in found][:2] == ["sources/a.yaml:2:11", "sources/a.yaml:3:1"]
    assert any("evnt" in problem for problem in found)
    assert any("alway" in problem for problem in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timezone: Mars\n", ["'Mars' is no time zone", "'path' is missing", "write `columns:` or `select:`"]),
        (
            "columns: {occurred_at: [1], event: {expression: 1 +}, customer: {column: a, always: b, type: money}}\n",
            ["'path' is missing", "ends too early", "write one of `column:`", "input should be 'text' or 'number'"],
        ),
        ("path: [a]\nexclude: nope = 1\ncolumns: {event: a, customer: [x]}\n", ["'occurred_at' is missing", "nope"]),
        (
            "kind: feedback\nscale: 9\ncolumns: {touchpoint: {expression: f(}, occurred_at: t}\n",
            ["no scale", "parenthesis"],
        ),
    ],
)
def test_no_mistake_hides_another(text: str, words: list[str]) -> None:
    found = problems_of(text)
    for word in words:
        assert any(word in problem for problem in found), (word, found)
    assert not any("who the customer is" in problem for problem in found)


def test_short_and_long_forms_of_cells() -> None:
    text = with_columns("value: {expression: a * b}", "channel: {always: web}", "properties: [x, y]").replace(
        "event: what", "event: {column: what}"
    )
    source, problems = read_source("sources/a.yaml", text, Path())
    assert not problems
    assert source is not None
    assert source.name == "a"
    columns = source.shape.mapping
    assert isinstance(source.shape, EventSource)
    assert columns is not None
    assert columns.people == {"user_id": Cell(column="who")}
    assert columns.extras == {"x": Cell(column="x"), "y": Cell(column="y")}


def test_rest_and_several_identifiers() -> None:
    text = GOOD.replace("customer: who", "identifiers: {email: mail, loyalty card: card}") + "  properties: rest\n"
    source, problems = read_source("sources/a.yaml", text, Path())
    assert not problems
    assert source is not None
    assert source.shape.mapping is not None
    assert list(source.shape.mapping.people) == ["email", "loyalty card"]
    assert source.shape.mapping.extras == Rest()


def test_a_folder_of_sources_gives_the_good_ones_and_every_problem(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "b.yaml").write_text(GOOD)
    (folder / "a.yaml").write_text(GOOD + "valu: 1\n")
    (folder / "c.yaml").write_bytes(b"path: \xff\xfe\x00")
    sources, problems = read_sources(tmp_path)
    assert [source.name for source in sources] == ["b"]
    assert {problem.file for problem in problems} == {"sources/a.yaml", "sources/c.yaml"}
