"""A map that leaves the house and comes in again is the same map, in Excel and in CSV, its comments included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from tests.support.properties import holds
from tests.support.written_maps import documents, text_of

from resa.exchange import import_map, long_csv, workbook
from resa.exchange.comments import read_comments
from resa.journey_map import load_texts
from resa.model.journey import JourneyMap

_FORMS: dict[str, Callable[[JourneyMap, str], bytes]] = {"xlsx": workbook, "csv": long_csv}


def _read(text: str) -> JourneyMap:
    loaded = load_texts({"journey.yaml": text})
    assert not loaded.errors, (loaded.errors, text)
    return loaded.maps["journey"]


def _same(one: JourneyMap, other: JourneyMap) -> None:
    assert replace(one, hash="") == replace(other, hash="")


@holds(few=15, many=3_000, document=documents(), form=st.sampled_from(sorted(_FORMS)))
def test_out_and_in_again_changes_nothing(document: dict[str, Any], form: str) -> None:
    text = text_of(document)
    journey_map = _read(text)
    imported = import_map(_FORMS[form](journey_map, text), f"wall.{form}")
    assert imported.problems == ()
    _same(imported.map, journey_map)
    _same(_read(imported.text), journey_map)
    again = import_map(_FORMS[form](imported.map, imported.text), f"other.{form}")
    assert again.text == imported.text


_REMARK = st.text("abcå :#-.,'\"[]2", min_size=1, max_size=20).map(str.strip).filter(bool)


@holds(few=10, many=2_000, document=documents(), form=st.sampled_from(sorted(_FORMS)), data=st.data())
def test_comments_become_notes_and_comments_again(document: dict[str, Any], form: str, data: st.DataObject) -> None:
    """Comments that stand anywhere in a file, above a line or behind it, are all there afterwards."""
    plain = import_map(long_csv(_read(text_of(document)), text_of(document)), "wall.csv").text
    lines = []
    remarks: list[str] = []
    for line in plain.split("\n"):
        own = line.strip() and not line.startswith("signals:") and line != plain.split("\n")[-1]
        here = data.draw(st.lists(_REMARK, max_size=2)) if own and data.draw(st.booleans()) else []
        indent = " " * (len(line) - len(line.lstrip()))
        lines += [*(f"{indent}# {remark}" for remark in here[1:]), line + (f"  # {here[0]}" if here else "")]
        remarks += here
    text = "\n".join(lines)
    journey_map = _read(text)
    said = Counter(line for some in read_comments(text).values() for line in some)
    assert said == Counter(remarks)
    imported = import_map(_FORMS[form](journey_map, text), f"wall.{form}")
    kept = Counter(line for some in read_comments(imported.text).values() for line in some)
    assert kept == said
    again = import_map(_FORMS[form](imported.map, imported.text), f"wall.{form}")
    assert again.text == imported.text
