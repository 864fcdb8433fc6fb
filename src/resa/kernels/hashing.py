"""SipHash with 128 bits over the rows of columns, for ids that nobody can forge and no version of an engine changes.

SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; 128-bit variant of the authors' reference
code) is keyed: who sends events cannot choose two that collide. This is SipHash-2-4, the variant of the paper.

A row's message is a sequence of 64-bit little-endian words, so each cell is told apart from its neighbours:

    text or bytes   its length in bytes, then its bytes padded with zeros to whole words
    number          the word 8, then its 64 bits
    nothing (null)  the word 2**64 - 1

Work goes block by block: `start` a state for each row, `absorb_…` one column after the other, `finish`. A state is
five words a row: SipHash's v0 to v3 and the number of bytes so far.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

from resa.kernels.compiling import kernel

__all__ = [
    "NULL_WORD",
    "absorb_numbers",
    "absorb_texts",
    "absorb_words",
    "finish",
    "hash_words",
    "read_generated_ids",
    "start",
    "write_generated_ids",
]

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

NULL_WORD: Final = np.uint64(0xFFFFFFFFFFFFFFFF)

_V0: Final = np.uint64(0x736F6D6570736575)
_V1: Final = np.uint64(0x646F72616E646F6D)
_V2: Final = np.uint64(0x6C7967656E657261)
_V3: Final = np.uint64(0x7465646279746573)
_WIDE: Final = np.uint64(0xEE)  # marks the 128-bit variant
_SECOND: Final = np.uint64(0xDD)  # starts its second half
_EIGHT: Final = np.uint64(8)
_B13: Final = np.uint64(13)
_B51: Final = np.uint64(51)
_B16: Final = np.uint64(16)
_B48: Final = np.uint64(48)
_B21: Final = np.uint64(21)
_B43: Final = np.uint64(43)
_B17: Final = np.uint64(17)
_B47: Final = np.uint64(47)
_B32: Final = np.uint64(32)
_B56: Final = np.uint64(56)


def _type_load_word(_context: Any, array: Any, offset: Any) -> tuple[Any, Any]:
    """Read 8 bytes at any offset as one little-endian word: Numba itself can only read aligned ones."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.gep(data, [arguments[1]])
        word = builder.bitcast(place, context.get_value_type(types.uint64).as_pointer())
        return builder.load(word, align=1)

    return types.uint64(array, offset), generate


_load_word: Any = intrinsic(_type_load_word)


@kernel
def _round(
    v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    v0 += v1
    v1 = ((v1 << _B13) | (v1 >> _B51)) ^ v0
    v0 = (v0 << _B32) | (v0 >> _B32)
    v2 += v3
    v3 = ((v3 << _B16) | (v3 >> _B48)) ^ v2
    v0 += v3
    v3 = ((v3 << _B21) | (v3 >> _B43)) ^ v0
    v2 += v1
    v1 = ((v1 << _B17) | (v1 >> _B47)) ^ v2
    v2 = (v2 << _B32) | (v2 >> _B32)
    return v0, v1, v2, v3


@kernel
def _absorb(
    v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64, word: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    v3 ^= word
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ word, v1, v2, v3


@kernel
def start(state: Words, key: Words) -> None:
    """Begin a message in every row of `state` (uint64[rows, 5]); `key` is two words."""
    for row in range(state.shape[0]):
        state[row, 0] = _V0 ^ key[0]
        state[row, 1] = _V1 ^ key[1] ^ _WIDE
        state[row, 2] = _V2 ^ key[0]
        state[row, 3] = _V3 ^ key[1]
        state[row, 4] = 0


@kernel
def absorb_words(state: Words, words: Words) -> None:
    """Add the same words to every row's message: a tag, the name of a source."""
    for row in range(state.shape[0]):
        v0, v1, v2, v3 = state[row, 0], state[row, 1], state[row, 2], state[row, 3]
        for word in words:
            v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, word)
        state[row, 0], state[row, 1], state[row, 2], state[row, 3] = v0, v1, v2, v3
        state[row, 4] += np.uint64(8 * len(words))


@kernel
def absorb_numbers(state: Words, words: Words, valid: Flags) -> None:
    """Add one number a row, given as 64 bits; where `valid` is false, nothing. An empty `valid`: all are there."""
    for row in range(state.shape[0]):
        v0, v1, v2, v3 = state[row, 0], state[row, 1], state[row, 2], state[row, 3]
        if len(valid) > 0 and not valid[row]:
            v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, NULL_WORD)
            state[row, 4] += _EIGHT
        else:
            v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, _EIGHT)
            v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, words[row])
            state[row, 4] += np.uint64(16)
        state[row, 0], state[row, 1], state[row, 2], state[row, 3] = v0, v1, v2, v3


@kernel
def absorb_texts(
    state: Words,
    offsets: npt.NDArray[np.signedinteger[Any]],
    data: Bytes,
    valid: Flags,
    picks: npt.NDArray[np.int32],
) -> None:
    """Add one text a row.

    Args:
        state: The rows' states.
        offsets: Text k is `data[offsets[k]:offsets[k + 1]]`, as in Arrow.
        data: The bytes of all texts.
        valid: Where false, the row has no text; empty: all have.
        picks: Which text each row has (dictionary encoding); empty: row k has text k.
    """
    size = len(data)
    for row in range(state.shape[0]):
        v0, v1, v2, v3 = state[row, 0], state[row, 1], state[row, 2], state[row, 3]
        if len(valid) > 0 and not valid[row]:
            v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, NULL_WORD)
            state[row, 4] += _EIGHT
        else:
            text = picks[row] if len(picks) > 0 else row
            at = np.int64(offsets[text])
            left = np.int64(offsets[text + 1]) - at
            v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, np.uint64(left))
            state[row, 4] += np.uint64(8 + ((left + 7) & ~7))
            while left >= 8:
                v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, _load_word(data, at))
                at += 8
                left -= 8
            if left > 0:
                if at + 8 <= size:
                    word = _load_word(data, at) & ((np.uint64(1) << np.uint64(8 * left)) - np.uint64(1))
                else:
                    word = np.uint64(0)
                    for k in range(left):
                        word |= np.uint64(data[at + k]) << np.uint64(8 * k)
                v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, word)
        state[row, 0], state[row, 1], state[row, 2], state[row, 3] = v0, v1, v2, v3


@kernel
def finish(state: Words, out: Words) -> None:
    """Write the hash of every row's message into `out` (uint64[rows, 2], the first half of the digest first)."""
    for row in range(state.shape[0]):
        v0, v1, v2, v3 = state[row, 0], state[row, 1], state[row, 2], state[row, 3]
        v0, v1, v2, v3 = _absorb(v0, v1, v2, v3, (state[row, 4] & np.uint64(0xFF)) << _B56)
        v2 ^= _WIDE
        for _ in range(4):
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        out[row, 0] = v0 ^ v1 ^ v2 ^ v3
        v1 ^= _SECOND
        for _ in range(4):
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        out[row, 1] = v0 ^ v1 ^ v2 ^ v3


@kernel
def hash_words(words: Words, key: Words) -> Words:
    """Hash each row of a matrix of words by itself; uint64[rows, 2]."""
    rows = len(words)
    out = np.empty((rows, 2), np.uint64)
    state = np.empty((1, 5), np.uint64)
    for row in range(rows):
        start(state, key)
        absorb_words(state, words[row])
        finish(state, out[row : row + 1])
    return out


_ALPHABET: Final = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8)
_VALUES: Final = np.full(256, 255, dtype=np.uint8)
_VALUES[_ALPHABET] = np.arange(64, dtype=np.uint8)
_TILDE: Final = np.uint8(ord("~"))
_LENGTH: Final = 23


@kernel
def write_generated_ids(hashes: Words) -> Bytes:
    """The hashes as texts of 23 ASCII characters: `~`, then 22 of base64url, the low bits first; uint8[rows, 23]."""
    out = np.empty((len(hashes), _LENGTH), np.uint8)
    for row in range(len(hashes)):
        first, second = hashes[row, 0], hashes[row, 1]
        out[row, 0] = _TILDE
        for k in range(22):
            out[row, 1 + k] = _ALPHABET[first & np.uint64(63)]
            first = (first >> np.uint64(6)) | (second << np.uint64(58))
            second >>= np.uint64(6)
    return out


@kernel
def read_generated_ids(offsets: npt.NDArray[np.signedinteger[Any]], data: Bytes, hashes: Words) -> int:
    """Write into `hashes` the value of each text that `write_generated_ids` made; how many there were."""
    found = 0
    for row in range(len(hashes)):
        at = np.int64(offsets[row])
        if np.int64(offsets[row + 1]) - at != _LENGTH or data[at] != _TILDE or data[at + 1] == _TILDE:
            continue
        first = np.uint64(0)
        second = np.uint64(0)
        good = True
        for k in range(21, -1, -1):
            value = _VALUES[data[at + 1 + k]]
            good = good and value < 64
            second = (second << np.uint64(6)) | (first >> np.uint64(58))
            first = (first << np.uint64(6)) | np.uint64(value)
        if good:
            hashes[row, 0] = first
            hashes[row, 1] = second
            found += 1
    return found
