"""SipHash against the authors' vectors and a plain version; what is hashed, whatever Arrow's form."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from resa.kernels import hashing as kernels
from resa.storage.hashing import Hasher, escaped

KEY = bytes(range(16))

# SipHash-2-4 with 128 bits of the bytes 0, 1, 2, … of these lengths (vectors.h of the authors' reference code, public
# domain).
PUBLISHED = {
    0: "a3817f04ba25a8e66df67214c7550293",
    8: "3b62a9ba6258f5610f83e264f31497b4",
    16: "6ee2a4ca67b054bbfd3315bf85230577",
    24: "2db479ae78bd50d8882a8a178a6132ad",
    32: "7c3956ca5eeafc3e363e9d556546eb68",
    40: "df6a301e95c95dad97ae0cc8c6913bd8",
    48: "f7e5aef549f782cf379055a608269b16",
    56: "1938f2cf72d54ee97e94166fa91d2a36",
    3: "9c70b60c5267a94e5f33b6b02985ed51",
    63: "5150d1772f50834a503e069a973fbd7c",
}
MASK = 2**64 - 1


def plain_siphash(message: bytes, key: bytes) -> bytes:
    """SipHash-2-4-128 as the paper and the reference code write it, on Python's own numbers."""
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [0x736F6D6570736575 ^ k0, 0x646F72616E646F6D ^ k1 ^ 0xEE, 0x6C7967656E657261 ^ k0, 0x7465646279746573 ^ k1]

    def turn(x: int, bits: int) -> int:
        return ((x << bits) | (x >> (64 - bits))) & MASK

    def rounds(count: int) -> None:
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = turn(v[1], 13) ^ v[0]
            v[0] = turn(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = turn(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = turn(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = turn(v[1], 17) ^ v[2]
            v[2] = turn(v[2], 32)

    whole = len(message) // 8 * 8
    last = message[whole:] + bytes(7 - len(message[whole:])) + bytes([len(message) & 0xFF])
    for begin in range(0, whole + 8, 8):
        word = int.from_bytes((message[:whole] + last)[begin : begin + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xEE
    rounds(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(4)
    return first.to_bytes(8, "little") + (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")


@pytest.mark.parametrize("length", sorted(PUBLISHED))
def test_the_plain_version_gives_the_published_values(length: int) -> None:
    assert plain_siphash(bytes(range(length)), KEY).hex() == PUBLISHED[length]


@pytest.mark.parametrize("length", [length for length in sorted(PUBLISHED) if length % 8 == 0])
def test_the_kernel_gives_the_published_values(length: int) -> None:
    words = np.frombuffer(bytes(range(length)), "<u8").astype(np.uint64)
    hashes = kernels.hash_words(words.reshape(1, -1), np.frombuffer(KEY, "<u8").astype(np.uint64))
    assert hashes.astype("<u8").tobytes().hex() == PUBLISHED[length]


def message_of(*cells: bytes | int | None) -> bytes:
    """A row's message as `resa.kernels.hashing` describes it."""
    out = b""
    for cell in cells:
        if cell is None:
            out += b"\xff" * 8
        elif isinstance(cell, int):
            out += (8).to_bytes(8, "little") + cell.to_bytes(8, "little", signed=True)
        else:
            out += len(cell).to_bytes(8, "little") + cell + bytes(-len(cell) % 8)
    return out


def test_rows_are_hashed_as_described() -> None:
    texts = ["", "a", "å" * 3, "exactly8", "nine bytes", "x" * 1000, None]
    numbers = [0, 1, -1, 2**62, None, 5, 6]
    hashes = Hasher(KEY).rows("shop", [pa.array(texts), pa.array(numbers)])
    for row, (text, number) in enumerate(zip(texts, numbers, strict=True)):
        message = message_of(b"row", b"shop", None if text is None else text.encode(), number)
        assert hashes[row].astype("<u8").tobytes() == plain_siphash(message, KEY)


def test_a_number_or_moment_is_hashed_alike_in_every_type() -> None:
    hasher = Hasher(KEY)
    numbers = pa.array([0, -3, 5, None, 2**24])
    doubles = pa.array([0.0, -3.0, 5.0, float("nan"), 2.0**24])
    expected = hasher.rows("shop", [numbers])
    negative_zero = pa.array([-0.0, -3.0, 5.0, None, 2**24])
    for form in (numbers.cast(pa.int32()), numbers.cast(pa.float32()), doubles, negative_zero):
        assert np.array_equal(hasher.rows("shop", [form]), expected)
    moments = pa.array([0, 86_400 * 10**6, None], pa.timestamp("us"))
    expected = hasher.rows("shop", [moments])
    for kind in (pa.timestamp("s"), pa.timestamp("ns", "UTC"), pa.date32(), pa.date64()):
        assert np.array_equal(hasher.rows("shop", [moments.cast(kind)]), expected)


def test_the_form_of_a_column_does_not_matter() -> None:
    texts = [f"value {k % 7}" if k % 5 else None for k in range(10_000)]
    plain = pa.array(texts)
    hasher = Hasher(KEY)
    expected = hasher.rows("shop", [plain])
    forms = [
        plain.dictionary_encode(),
        pa.chunked_array([plain.slice(0, 3), plain.slice(3).dictionary_encode().dictionary_decode()]),
        pa.chunked_array([plain.slice(0, 10).dictionary_encode(), plain.slice(10).dictionary_encode()]),
        plain.cast(pa.large_string()),
        plain.cast(pa.binary()),
        pa.concat_arrays([pa.array(["before"]), plain]).slice(1),
        pa.concat_arrays([pa.array(["before"]), plain]).dictionary_encode().slice(1),
    ]
    for form in forms:
        assert np.array_equal(hasher.rows("shop", [form]), expected)


def test_cells_do_not_run_into_each_other() -> None:
    hasher = Hasher(KEY)
    rows = [("ab", "c"), ("a", "bc"), ("abc", ""), ("abc", None), (None, "abc"), ("", "abc")]
    hashes = hasher.rows("shop", [pa.array([one for one, _ in rows]), pa.array([other for _, other in rows])])
    assert len({row.tobytes() for row in hashes}) == len(rows)
    other_source = hasher.rows("shops", [pa.array(["ab"]), pa.array(["c"])])
    assert other_source[0].tobytes() != hashes[0].tobytes()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.5, 2.0, None]),
        pa.array([True, False, None]),
        pa.array([1, 2, None], pa.uint64()),
        pa.array([1, 2, None], pa.date32()),
        pa.array([1, 2, None], pa.timestamp("ms")),
        pa.array([Decimal("1.5"), Decimal(2), None]),
        pa.nulls(3),
    ],
    ids=lambda column: str(column.type),
)
def test_every_plain_type_can_be_hashed(column: pa.Array) -> None:
    hashes = Hasher(KEY).rows("shop", [column])
    distinct = {row.tobytes() for row in hashes}
    assert len(distinct) == (1 if column.null_count == 3 else 3)


def test_nested_columns_are_refused() -> None:
    with pytest.raises(TypeError, match="give it as text"):
        Hasher(KEY).rows("shop", [pa.array([[1], [2]])])


def test_generated_ids_carry_their_hash() -> None:
    hasher = Hasher(KEY)
    hashes = hasher.rows("shop", [pa.array(range(1000))])
    ids = hasher.generated_ids(hashes)
    assert ids[0].as_py().startswith("~")
    assert len(set(ids.to_pylist())) == 1000
    assert np.array_equal(hasher.ids("shop", ids), hashes)
    assert np.array_equal(hasher.ids("any source", ids.slice(500)), hashes[500:])


def test_a_senders_id_is_never_taken_for_a_generated_one() -> None:
    hasher = Hasher(KEY)
    generated = hasher.generated_ids(hasher.rows("shop", [pa.array(["x"])]))
    sent = escaped(generated)
    assert sent.to_pylist() == ["~" + generated[0].as_py()]
    assert not np.array_equal(hasher.ids("shop", sent), hasher.ids("shop", generated))
    assert escaped(pa.array(["a", "b~"])).to_pylist() == ["a", "b~"]


def test_the_first_of_equal_rows_keeps_its_hash_and_the_others_differ() -> None:
    hasher = Hasher(KEY)
    hashes = np.repeat(hasher.rows("shop", [pa.array(["x"])]), 4, axis=0)
    ids = hasher.repeats(hashes, np.array([0, 1, 2, 1]))
    assert np.array_equal(ids[0], hashes[0])
    assert np.array_equal(ids[1], ids[3])
    assert len({row.tobytes() for row in ids}) == 3
