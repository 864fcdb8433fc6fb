"""Cutting text into records: what is whole, what is broken, and that neither spoils the other."""

from __future__ import annotations

import io

import pytest

from resa.base.errors import SourceError
from resa.collector import records
from resa.collector.records import Block, Dialect, records_of


def cut(text: bytes, dialect: Dialect | None = None, *, block_bytes: int = 1 << 20) -> Block:
    """All blocks of a text as one."""
    found = Block(b"", [])  # type: ignore[arg-type]  # a list gathers the numbers
    rows: list[int] = []
    with pytest.MonkeyPatch.context() as monkey:
        monkey.setattr(records, "BLOCK_BYTES", block_bytes)
        for block in records_of(io.BytesIO(text).read, dialect or Dialect()):
            found.text += block.text
            rows += block.rows.tolist()
            found.broken += block.broken
            found.odd += block.odd
            found.next_row = block.next_row
    found.rows = rows  # type: ignore[assignment]  # see above
    return found


CASES = [
    (b"1,2\n3,4\n", [1, 2], []),
    (b"1,2\r\n3,4", [1, 2], []),
    (b"\n\n1,2\n\r\n3,4\n", [1, 2], []),
    (b'"a\nb",2\n3,4\n', [1, 2], []),
    (b'"a\r\n\r\nb",2\n3,4\n', [1, 2], []),
    (b'"a ""quoted"" word",2\n3,4\n', [1, 2], []),
    (b'"a ""quoted\n"" word",2\n3,4\n', [1, 2], []),
    (b'19" screen,2\n3,4\n', [1, 2], []),
    (b'"abc"d,2\n3,4\n', [2], [(1, "broken-quotes", b'"abc"d,2')]),
    (b'"abc,2\n3,4\n', [2], [(1, "broken-quotes", b'"abc,2')]),
    (b'"abc,2\n"3","4"\n5,6\n', [2, 3], [(1, "broken-quotes", b'"abc,2')]),
    (b'1,2\n3,"', [1], [(2, "broken-quotes", b'3,"')]),
    (b'5",x,"abc\ndef",2\n3,4\n', [1, 2], []),
    (b"1,\xff\n3,4\n", [2], [(1, "broken-utf8", b"1,\xff")]),
    (b"1,\xc3\n3,\xc3\xa5\n", [2], [(1, "broken-utf8", b"1,\xc3")]),
    (b"1,\0\n3,4\n", [2], [(1, "nul-byte", b"1,\0")]),
    (b'"a\n\0",2\n3,4\n', [2], [(1, "nul-byte", b'"a\n\0",2')]),
    (b"", [], []),
    (b"\n\n\n", [], []),
]


SWALLOWED = [
    # The quote that opens the second record's last cell seems to close the first record's.
    (b'1,"a\n2,x,"\nb"\n3,y,z\n', [2, 3], [(1, "broken-quotes", b'1,"a')]),
    (b'1,"a\n2,x,",b"\n3,y,z\n', [2, 3], [(1, "broken-quotes", b'1,"a')]),
    (b'1,"a\n2,x,y\n3,y,"\nz"\n', [2, 3], [(1, "broken-quotes", b'1,"a')]),
    # A record of several lines that is only too short or too long hides nothing.
    (b'1,"a\nb"\n3,y,z\n', [1, 2], []),
    (b'1,"a\nb,c",d,e\n3,y,z\n', [1, 2], []),
]


@pytest.mark.parametrize("block_bytes", [1, 3, 7, 1 << 20])
@pytest.mark.parametrize(("text", "rows", "broken"), SWALLOWED)
def test_an_open_quote_does_not_swallow_the_record_behind_it(
    text: bytes, rows: list[int], broken: list[tuple[int, str, bytes]], block_bytes: int
) -> None:
    found = cut(text, Dialect(width=3), block_bytes=block_bytes)
    assert found.rows == rows
    assert found.broken == broken


@pytest.mark.parametrize("block_bytes", [1, 3, 7, 1 << 20])
@pytest.mark.parametrize(("text", "rows", "broken"), CASES)
def test_records(text: bytes, rows: list[int], broken: list[tuple[int, str, bytes]], block_bytes: int) -> None:
    found = cut(text, block_bytes=block_bytes)
    assert found.rows == rows
    assert found.broken == broken
    assert found.next_row == len(rows) + len(broken) + 1


def test_a_lone_carriage_return_is_left_to_the_exact_reader() -> None:
    found = cut(b'1,2\na\rb,c\n"x\ry",4\n5,6\n')
    assert found.odd == [(2, b"a\rb,c"), (3, b'"x\ry",4')]
    assert found.rows == [1, 4]


def test_one_unclosed_quote_costs_one_row_of_a_large_file() -> None:
    lines = b"".join(b"%d,some text\n" % number for number in range(100_000))
    found = cut(b'0,"never closed\n' + lines, block_bytes=1 << 16)
    assert [row for row, _, _ in found.broken] == [1]
    assert len(found.rows) == 100_000


def test_an_unclosed_quote_takes_no_good_row_with_it_where_a_later_one_seems_to_close_it() -> None:
    found = cut(b'1,"never closed\n2,",0"\n3,a\rb\n')
    assert [row for row, _, _ in found.broken] == [1]
    assert found.rows == [2]
    assert found.odd == [(3, b"3,a\rb")]


def test_without_quotes_a_quote_is_text() -> None:
    assert cut(b'"a,2\n3,4\n', Dialect(",", None)).rows == [1, 2]


def test_a_file_without_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_LINE", 50)
    with pytest.raises(SourceError, match="one record a line"):
        cut(b"x" * 100, block_bytes=10)


@pytest.mark.parametrize(
    ("record", "cells"),
    [
        (b"a,b", [b"a", b"b"]),
        (b"", [b""]),
        (b",", [b"", b""]),
        (b'"a,b","c ""d"""', [b"a,b", b'c "d"']),
        (b'"",x,', [b"", b"x", b""]),
        (b'5" x,"y\nz"', [b'5" x', b"y\nz"]),
    ],
)
def test_cells(record: bytes, cells: list[bytes]) -> None:
    assert Dialect().cells(record) == cells
