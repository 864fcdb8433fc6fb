"""Files that are damaged, or made to do harm: told in plain words, and never at the cost of good rows."""

from __future__ import annotations

import bz2
import gzip
import lzma
import math
from collections.abc import Callable

import pyarrow as pa
import pytest
from pyarrow import feather
from tests.support.sources import COLUMNS, Shop, figures

from resa.base.errors import SourceError

ROW = "2026-01-02T10:00:00Z,buy,k1\n"
TEXT = "when,what,who\n" + "".join(ROW.replace("k1", f"k{number}") for number in range(40_000))


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv.gz", half(gzip.compress(TEXT.encode()))),
        ("a.csv.gz", gzip.compress(TEXT.encode())[:200] + bytes(50) + gzip.compress(TEXT.encode())[250:]),
        ("a.csv.gz", TEXT.encode()),
        ("a.csv.bz2", TEXT.encode()),
        ("a.csv.xz", TEXT.encode()),
        ("a.csv.xz", half(lzma.compress(TEXT.encode()))),
        ("a.csv.bz2", half(bz2.compress(TEXT.encode()))),
        ("a.csv.zst", TEXT.encode()),
        ("a.jsonl.gz", half(gzip.compress(b'{"when": 1}\n' * 10_000))),
    ],
)
def test_a_packed_file_that_is_damaged(shop: Shop, name: str, data: bytes) -> None:
    (shop.folder / name).write_bytes(data)
    with pytest.raises(SourceError, match=f"{name} is damaged, and cannot be read to its end"):
        shop.collect(f"path: {name}" + COLUMNS)


def test_zstandard(shop: Shop) -> None:
    packed = pa.compress(TEXT.encode(), codec="zstd", asbytes=True)
    (shop.folder / "a.csv.zst").write_bytes(packed)
    assert figures(shop.collect("path: a.csv.zst" + COLUMNS)) == (40_000, 0, 0)


def test_half_a_character_of_utf_16_costs_its_row_alone(shop: Shop) -> None:
    text = ("when,what,who\n" + ROW).encode("utf-16") + b"\x00\xd8A\x00\n\x00" + ROW.encode("utf-16-le")
    (shop.folder / "a.csv").write_bytes(text)
    assert figures(shop.collect("path: a.csv" + COLUMNS)) == (2, 1, 0)
    assert shop.reasons() == {2: "broken-utf8"}


def test_an_encoding_that_is_none_of_a_file(shop: Shop) -> None:
    (shop.folder / "a.csv").write_bytes(TEXT.encode())
    with pytest.raises(SourceError, match="csv: encoding:"):
        shop.collect("path: a.csv\ncsv: {encoding: punycode}" + COLUMNS)


@pytest.mark.parametrize("depth", [2_000, 200_000])
def test_lists_in_lists(shop: Shop, depth: int) -> None:
    start = '{"when": "2026-01-02T10:00:00Z", "what": "buy", "who": '
    deep = start + '"k1", "n": ' + "[" * depth + "]" * depth + "}"
    shop.file("a.jsonl", f'{deep}\n{start}"k2", "n": NaN}}\n{start}"k3"}}\n')
    shop.collect("path: a.jsonl" + COLUMNS + "  properties: rest\n")
    assert {row["identifiers"][0]["value"] for row in shop.events()} >= {"k3"}
    assert len(shop.events()) + len(shop.reasons()) == 3


NOW = 1_777_000_000


@pytest.mark.parametrize(
    ("make", "bad"),
    [
        (lambda: pa.array([NOW, 2**62, -(2**63)], pa.int64()).cast(pa.timestamp("s")), 2),
        (lambda: pa.array([NOW, 2**62, -(2**63)], pa.int64()).cast(pa.timestamp("s", "UTC")), 2),
        (lambda: pa.array([NOW * 1000, 2**62, -(2**63)], pa.int64()).cast(pa.timestamp("ms")), 2),
        (lambda: pa.array([NOW * 10**6, 2**63 - 1, -(2**63)], pa.int64()).cast(pa.timestamp("us")), 2),
        (lambda: pa.array([NOW * 10**9, 2**63 - 1, -(2**63)], pa.int64()).cast(pa.timestamp("ns")), 2),
        (lambda: pa.array([20_000, 2**31 - 1, -(2**31)], pa.int32()).cast(pa.date32()), 2),
        (lambda: pa.array([float(NOW), math.inf, 1e300]), 2),
        (lambda: pa.array([float(NOW), math.nan, -1e300]), 2),
        (lambda: pa.array([NOW, 10**30, -(10**30)], pa.decimal128(38, 2)), 2),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm"])
def test_a_moment_beyond_all_calendars_costs_its_row_alone(
    shop: Shop, make: Callable[[], pa.Array], bad: int, zone: str
) -> None:
    table = pa.table({"when": make(), "also": make(), "what": ["buy"] * 3, "who": ["k1", "k2", "k3"]})
    feather.write_feather(table, str(shop.folder / "a.arrow"), compression="uncompressed")
    report = shop.collect(f"path: a.arrow\ntimezone: {zone}" + COLUMNS + "  properties: {also: also}\n")
    assert figures(report) == (1, bad, 0)


@pytest.mark.parametrize("name", ["orders [1].csv", "a::b.csv", "50% off?.csv", "it's.csv"])
def test_names_that_look_like_something_else(shop: Shop, name: str) -> None:
    shop.file(name, TEXT[:200].rsplit("\n", 1)[0] + "\n")
    assert shop.collect(f'path: "{name}"' + COLUMNS).files[0].file == name
