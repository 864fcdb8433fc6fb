"""Segments changed in their file: all else of it stays, and what others saved meanwhile is never written over."""

from __future__ import annotations

import pytest
from tests.support.known_customers import made_shop

import resa
from resa.base.errors import MapError
from resa.storage import saved_texts_of
from resa.workspace.segment_editing import SegmentConflict, SegmentEdits

FILE = """# All of ours.
regulars:   # who comes again
    who:  traits.orders >= 2    # twice
    name: 'Regulars'
    owner: Karin

southern: traits.town in ('Lund', "x")
# the end
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> resa.Workspace:
    return resa.open(made_shop(tmp_path_factory.mktemp("shops") / "shop"))


@pytest.fixture
def edits(shop: resa.Workspace) -> SegmentEdits:
    (shop.folder / "segments.yaml").write_bytes(FILE.replace('"x"', "'x'").encode())
    return SegmentEdits(shop)


def text(shop: resa.Workspace) -> str:
    return (shop.folder / "segments.yaml").read_bytes().decode()


def test_only_what_is_said_anew_changes_in_the_file(shop: resa.Workspace, edits: SegmentEdits) -> None:
    before = text(shop)
    file = edits.file()
    assert file.said("southern") == {
        "name": "Southern",
        "about": "",
        "owner": "",
        "map": "",
        "who": "traits.town in ('Lund', 'x')",
    }
    said = file.said("regulars")
    assert said is not None
    edits.save("regulars", said, "anna@shop.se", seen=file.seen("regulars"))
    assert text(shop) == before
    edits.save("regulars", {**said, "who": "traits.orders >= 3"}, "anna@shop.se", seen=file.seen("regulars"))
    assert text(shop) == before.replace("traits.orders >= 2", '"traits.orders >= 3"')
    edits.save("southern", {"who": "traits.town = 'Lund'"}, "anna@shop.se", seen=file.seen("southern"))
    assert text(shop) == before.replace("traits.orders >= 2", '"traits.orders >= 3"').replace(
        "traits.town in ('Lund', 'x')", "traits.town = 'Lund'"
    )
    noted = [one for one in shop.audit.entries() if one.what == "segment.save"]
    assert [(one.who, one.detail["segment"]) for one in noted] == [
        ("anna@shop.se", "southern"),
        ("anna@shop.se", "regulars"),
    ]


def test_a_segment_is_made_and_taken_away(shop: resa.Workspace, edits: SegmentEdits) -> None:
    before = text(shop)
    file = edits.file()
    key = file.key_for("Has a cart")
    words = {"name": "Has a cart", "about": "", "owner": "Bo", "who": "count(cart, last => '90 days') >= 1"}
    edits.save(key, words, "anna@shop.se", seen=file.seen(key))
    after = text(shop)
    assert edits.file().said(key) == {**words, "map": ""}
    assert after.startswith(before.removesuffix("# the end\n"))
    assert "# the end" in after
    edits.remove(key, "anna@shop.se", seen=edits.file().seen(key))
    assert text(shop) == before


def test_the_last_one_goes_and_the_first_one_comes(shop: resa.Workspace, edits: SegmentEdits) -> None:
    path = shop.folder / "segments.yaml"
    for begins in ("# ours\nlonely: traits.orders >= 2\n", "lonely: traits.orders >= 2"):
        path.write_text(begins, encoding="utf-8")
        edits.remove("lonely", "anna@shop.se", seen=edits.file().seen("lonely"))
        assert not edits.file().loaded.errors
        assert begins.startswith("#") == text(shop).startswith("# ours\n")
        edits.save("other", {"name": "Other", "who": "traits.orders > 1"}, "a@shop.se", seen=edits.file().seen("other"))
        assert not edits.file().loaded.errors
        assert edits.file().loaded.maps["journey"].segment["other"].who == "traits.orders > 1"
        assert "{}" not in text(shop)
        assert begins.startswith("#") == text(shop).startswith("# ours\n")
    path.unlink()
    edits.save("first", {"name": "First", "who": "traits.orders > 1"}, "a@shop.se", seen=edits.file().seen("first"))
    assert text(shop) == 'first: "traits.orders > 1"\n'


def test_what_somebody_else_saved_meanwhile_is_not_written_over(shop: resa.Workspace, edits: SegmentEdits) -> None:
    seen = edits.file().seen("regulars")
    path = shop.folder / "segments.yaml"

    # Another segment: both stay
    path.write_text(text(shop).replace("'Lund', 'x'", "'Lund'"), encoding="utf-8")
    edits.save("regulars", {"owner": "Nora"}, "anna@shop.se", seen=seen)
    assert "owner: Nora" in text(shop)
    assert "('Lund')" in text(shop)

    # The same one: nothing is saved
    seen = edits.file().seen("regulars")
    path.write_text(text(shop).replace("orders >= 2", "orders >= 9"), encoding="utf-8")
    now = text(shop)
    with pytest.raises(SegmentConflict):
        edits.save("regulars", {"owner": "Bo"}, "bo@shop.se", seen=seen)
    with pytest.raises(SegmentConflict):
        edits.remove("regulars", "bo@shop.se", seen=seen)
    assert text(shop) == now


def test_what_would_be_wrong_is_not_saved(shop: resa.Workspace, edits: SegmentEdits) -> None:
    file = edits.file()
    before = text(shop)
    for who in ("traits.orders >=", "segment(regulars)", "count(nowhere) > 1"):
        with pytest.raises(MapError):
            edits.save("regulars", {"who": who}, "anna@shop.se", seen=file.seen("regulars"))
    edits.save("third", {"who": "segment(southern)"}, "anna@shop.se", seen=file.seen("third"))
    with pytest.raises(MapError):
        edits.remove("southern", "anna@shop.se", seen=edits.file().seen("southern"))
    edits.remove("third", "anna@shop.se", seen=edits.file().seen("third"))
    assert text(shop) == before


def test_what_stood_there_is_kept(shop: resa.Workspace, edits: SegmentEdits) -> None:
    path = shop.folder / "segments.yaml"
    path.write_text(text(shop) + "# by an editor on the disk\n", encoding="utf-8")
    before = text(shop)
    edits.save("regulars", {"owner": "Z"}, "anna@shop.se", seen=edits.file().seen("regulars"))
    newest = saved_texts_of(shop.store, "segments.yaml")[:2]
    assert [(one.text, one.who) for one in newest] == [(text(shop), "anna@shop.se"), (before, "")]
