"""`discover` on real data and small workspaces, from the command line and from Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.frames import with_pandas

from resa import workspace
from resa.base.errors import InputError, QuestionError
from resa.cli.app import run
from resa.journey_map import load_texts

PROJECT = Path(__file__).resolve().parents[3]

CASES = {
    "ga360": {"ga360_merch_store_day/sessions.parquet": "data/sessions.parquet"},
    "traffic_fines": {"traffic_fines_sample/events.parquet": "data/events.parquet"},
    "online_retail": {"online_retail/transactions.parquet": "data/transactions.parquet"},
    "completejourney": {},
}
"""The files that each case is made from, and where its sources look for them; the last brings its own."""


def small(folder: Path, *, customers: int = 60) -> Path:
    """A workspace without a map: everybody asks, most buy within the hour, and all of these get a parcel next day."""
    folder.mkdir()
    (folder / "resa.toml").touch()
    rows = ["who,what,at,amount,path"]
    for customer in range(customers):
        day = 1 + customer % 20
        rows.append(f"C{customer},page,2026-03-{day:02}T09:{customer % 60:02}:00Z,,/p/{customer}")
        if customer % 3:
            rows.append(f"C{customer},bought,2026-03-{day:02}T09:{customer % 60:02}:40Z,{customer + 1},")
            rows.append(f"C{customer},parcel,2026-03-{day + 1:02}T{10 + customer % 5}:00:00Z,,")
    (folder / "events.csv").write_text("\n".join(rows) + "\n")
    (folder / "sources").mkdir()
    (folder / "sources" / "events.yaml").write_text(
        "path: events.csv\ncomplete_until: 2026-05-01\n"
        "columns: {occurred_at: at, event: what, customer: who, value: amount, properties: [path]}\n"
    )
    with workspace.open(folder) as shop:
        shop.collect()
    return folder


@pytest.mark.parametrize("case", CASES)
def test_a_worked_case_without_its_map_gets_one_that_is_right(case: str, shared_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / case
    shutil.copytree(PROJECT / "examples" / case / "sources", folder / "sources")
    (folder / "data").mkdir()
    (folder / "resa.toml").touch()
    for raw, place in CASES[case].items():
        shutil.copy(shared_data / raw, folder / place)
    prepare = PROJECT / "examples" / case / "prepare.py"
    if prepare.exists():
        environment = os.environ | {"PYTHONPATH": with_pandas()}
        subprocess.run([sys.executable, prepare], cwd=folder, check=True, env=environment)
    assert run(["collect", "-w", str(folder)]) == 0
    written = folder / "journey.yaml"
    assert run(["map", "discover", "-w", str(folder), "-o", str(written)]) == 0
    assert run(["map", "check", "-q", "-w", str(folder)]) == 0
    loaded = load_texts({"journey.yaml": written.read_bytes()})
    assert not loaded.errors
    assert loaded.maps["journey"].touchpoints


def test_a_small_workspace_gets_its_arrows_with_their_support(tmp_path: Path) -> None:
    with workspace.open(small(tmp_path / "shop")) as shop:
        draft = shop.discover()
    found = draft.journey_map
    assert {stage.key: stage.touchpoints for stage in found.stages} == {
        "beginning": ("p",),
        "goal": ("bought",),
        "afterwards": ("parcel",),
    }
    assert [(arrow.name, arrow.kind) for arrow in found.expectations] == [
        ("p.bought", "expectation"),
        ("bought.parcel", "promise"),
    ]
    assert "# 67% of 60 do so in time; of those half within 40 s, 90 % within 40 s." in draft.text
    assert (draft.covered, draft.events, draft.customers) == (140, 140, 60)
    assert found.goal is not None
    assert found.goal.reach == ("bought",)


def test_the_numbers_are_those_that_the_map_measures(tmp_path: Path) -> None:
    folder = small(tmp_path / "shop")
    assert run(["map", "discover", "-w", str(folder), "-o", str(folder / "journey.yaml")]) == 0
    with workspace.open(folder) as shop:
        rows = {row["expectation"]: row for row in shop.measure.expectations().table.to_pylist()}
    assert (rows["p.bought"]["mature"], rows["p.bought"]["met"]) == (60, 40)


def test_nothing_is_written_and_nothing_stays(tmp_path: Path) -> None:
    folder = small(tmp_path / "shop")
    before = sorted(path.name for path in (folder / ".resa" / "index").rglob("*"))
    with workspace.open(folder) as shop:
        shop.discover()
    assert sorted(path.name for path in (folder / ".resa" / "index").rglob("*")) == before


def test_the_same_events_give_the_same_draft(tmp_path: Path) -> None:
    with workspace.open(small(tmp_path / "shop")) as shop:
        assert shop.discover().text == shop.discover().text


def test_a_file_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = small(tmp_path / "shop")
    written = tmp_path / "mine.yaml"
    written.write_text("mine\n")
    assert run(["map", "discover", "-w", str(folder), "-o", str(written)]) == 1
    assert written.read_text() == "mine\n"
    assert "never overwritten" in capsys.readouterr().err


def test_what_is_asked_for_wrongly_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "resa.toml").touch()
    with workspace.open(empty) as shop, pytest.raises(QuestionError, match="there are no events"):
        shop.discover()
    with workspace.open(small(tmp_path / "shop")) as shop:
        with pytest.raises(InputError, match="2 to 60 touchpoints"):
            shop.discover(top=1)
        with pytest.raises(QuestionError, match="did you mean 'bought'"):
            shop.discover(goal="bougt")
        with pytest.raises(InputError, match="0 % and 100 %"):
            shop.discover(share=2)


def test_a_key_that_is_a_word_of_sql_may_tell_groups_apart(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "resa.toml").touch()
    rows = ["who,what,at"]
    for customer in range(400):
        rows.append(f"C{customer},look,2026-03-01T09:00:00Z")
        if customer % 2:
            rows.append(f"C{customer},order,2026-03-02T09:{customer % 60:02}:00Z")
            rows.append(f"C{customer},parcel,2026-03-03T09:{customer % 60:02}:00Z")
    (folder / "events.csv").write_text("\n".join(rows) + "\n")
    (folder / "sources").mkdir()
    (folder / "sources" / "events.yaml").write_text(
        "path: events.csv\ncolumns: {occurred_at: at, event: what, customer: who}\n"
    )
    with workspace.open(folder) as shop:
        shop.collect()
        personas = shop.discover().journey_map.personas
    assert sorted(str(persona.who) for persona in personas) == ["count('order') = 0", "count('order') > 0"]


def test_a_person_may_name_the_goal(tmp_path: Path) -> None:
    with workspace.open(small(tmp_path / "shop")) as shop:
        goal = shop.discover(goal="parcel").journey_map.goal
    assert goal is not None
    assert goal.reach == ("parcel",)


@pytest.mark.parametrize("language", ["sv", "nb", "hu"])
def test_a_draft_speaks_the_language_that_is_asked_for(language: str, tmp_path: Path) -> None:
    with workspace.open(small(tmp_path / "shop")) as shop:
        english, draft = shop.discover(), shop.discover(language=language)
    assert draft.journey_map.language == language
    assert not load_texts({"journey.yaml": draft.text}).errors
    said = {line.strip() for line in english.text.splitlines() if "# " in line or "name:" in line}
    assert said
    assert not said & {line.strip() for line in draft.text.splitlines()}
    assert [arrow.name for arrow in draft.journey_map.expectations] == [
        arrow.name for arrow in english.journey_map.expectations
    ]
