from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from resa.identity import KINDS, Identifier, Kind, NoIdentifier, canonical, normalised

KIND = st.sampled_from([*KINDS.values(), replace(KINDS["phone"], country="SE")]).flatmap(
    lambda kind: st.sets(st.sampled_from(["plus_tags", "gmail_dots"])).map(
        lambda fold: replace(kind, fold=frozenset(fold))  # type: ignore[arg-type]
    )
)
PIECES = st.sampled_from(
    [
        *("@", ".", " ", "-", "_", "+", "0", "1", "46", "701740605", "anna", "shop.se", "gmail.com", "<", ">", '"'),
        *("mailto:", "%40", "%2B", "tel:", ";ext=1", "x1", ".0", "1E+5", "null", "{", "}", "xn--", ";", ",", "/"),
        *("\u200d", "\u00ad", "\u0301", "a\u030a", "\u1e9e", "å", "ß", "İ", "ﬁ", "１", "Ω", "ſ", "ŉ"),
        "6f1c2d9a-0b7e-4c55-9f3e-1a2b3c4d5e6f",
    ]
)
TEXT = st.text(max_size=12) | st.lists(PIECES, max_size=8).map("".join)


@given(KIND, TEXT)
def test_normalising_twice_is_normalising_once_and_never_raises_or_gives_nothing(kind: Kind, value: str) -> None:
    found = normalised(kind, value)
    if not isinstance(found, NoIdentifier):
        assert found
        assert found.encode()
        assert found == found.strip()
        assert "\0" not in found
        assert normalised(kind, found) == found


@given(KIND, TEXT, st.sampled_from([" ", "\t", "\u200b", "\ufeff", "\u00a0"]))
def test_what_nobody_sees_changes_nothing(kind: Kind, value: str, unseen: str) -> None:
    assert normalised(kind, unseen + value + unseen) == normalised(kind, value) or len(value) > 498


@given(KIND, st.lists(TEXT | st.sampled_from(["walk-in", "till 1", "Till_1"]), max_size=9))
def test_a_column_is_judged_like_its_values(kind: Kind, values: list[str]) -> None:
    words = kind.placeholders.with_words(["walk-in", "till 1"])
    good = [found for value in values if isinstance(found := normalised(kind, value), str)]
    assert words.among(pa.array(good, pa.large_string())).tolist() == [words.holds(value) for value in good]


@given(st.text(max_size=9))
def test_the_name_of_a_kind_is_one(name: str) -> None:
    assert canonical(canonical(name)) == canonical(name)
    assert Identifier(canonical("E-Mail"), "x") == Identifier("email", "x")
