"""Keys: shown once, kept as hashes, revoked at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from resa.base.errors import QuestionError
from resa.storage import Scope, Store, collecting_keys, key_hash, known_key, list_keys, make_key, revoke_key


def test_a_key_is_nowhere_in_the_folder(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        key = make_key(store, "web", source_id="web")
        found = key_hash(key)
        assert found is not None
        assert collecting_keys(store) == {found: "web"}
        (kept,) = list_keys(store)
        assert (kept.name, kept.source_id, kept.revoked_at) == ("web", "web", None)
        assert key.startswith(kept.beginning)
        assert len(key) - len(kept.beginning) >= 22  # what is shown leaves 100 bits to guess
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key.encode() not in everything
    assert key[5:-6].encode() not in everything


def test_a_slip_in_a_key_is_no_key(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        key = make_key(store, "web", source_id="web")
    for wrong in ("", "resa_", key[:-1], key + "0", key[:8] + ("a" if key[8] != "a" else "b") + key[9:], key.lower()):
        assert key_hash(wrong) is None


def test_two_keys_differ_and_names_are_used_once(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        assert make_key(store, "a", source_id="web") != make_key(store, "b", source_id="web")
        with pytest.raises(QuestionError, match="already"):
            make_key(store, "a", source_id="web")


def test_a_revoked_key_is_refused_and_its_name_free(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Store.open(tmp_path) as other:
        make_key(store, "web", source_id="web")
        before = other.version()
        assert other.version() == before
        revoke_key(store, "web")
        assert other.version() != before
        assert collecting_keys(other) == {}
        with pytest.raises(QuestionError, match="no key 'web' to revoke"):
            revoke_key(store, "web")
        again = make_key(store, "web", source_id="web")
        assert list(collecting_keys(other)) == [key_hash(again)]
        assert [key.revoked_at is None for key in list_keys(store)] == [False, True]


def test_a_key_is_known_until_it_is_revoked(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Store.open(tmp_path) as other:
        key = make_key(store, "board", scope=["read:names", "read:numbers", "read:names"])
        found = known_key(other, key)
        assert found is not None
        assert (found.name, found.scopes) == ("board", ("read:numbers", "read:names"))
        assert known_key(other, key[:-1]) is None
        revoke_key(store, "board")
        assert known_key(other, key) is None


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        ((), "say what the key may"),
        (("read:everything",), "not 'read:everything'"),
        (("read:numbers", "collect"), "a key for collect is for nothing else"),
        (("metrics", "consent"), "a key for metrics is for nothing else"),
        (("read:names", "consent"), "a key for consent is for nothing else"),
    ],
)
def test_a_key_that_stands_in_a_page_reads_nothing(tmp_path: Path, scopes: tuple[Scope, ...], words: str) -> None:
    with Store.open(tmp_path) as store:
        with pytest.raises(QuestionError, match=words):
            make_key(store, "odd", scope=scopes)
        assert list_keys(store) == []
