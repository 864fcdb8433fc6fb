"""Grids that people have already, in four languages, and what is said of what cannot be used."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from resa.base.errors import InputError
from resa.drawing import LANES, say
from resa.exchange import import_map
from resa.exchange.feelings import feelings
from resa.exchange.terms import LANGUAGES, lane, word
from resa.journey_map import load_texts
from resa.model.journey import Emotion, JourneyMap

WORKSHOP = """\
Kundresa för museet;;;;
;Före;;Besöket;Efter
;Söker;Bokar;;Delar
Gör;"- letar öppettider
- läser omdömen";bokar biljett;Går runt;
Tänker;Är det öppet?;"Kostar det; mycket?";;
Känslor;3;2;5;4
Smärtpunkter;"• Gammal webbplats [källa: 9 intervjuer]
• Inget pris";;;
Kanaler;Google, webben;Webben;Museet;Instagram
Ansvarig;Eva;;;
KPI;500 besök;3 %;;
Möjligheter;Ny webbplats;;;
"""
CONFERENCE = """\
Stages,Awareness,Consideration,Purchase
Goals,Find out,Compare,Buy fast
Touchpoints,"Ad
Friend",Website,"Shop
Purchase"
Pain points (Anna),Noise,,
Pain points (Bo),,Slow,
Emotions,😀,sad,meh
"""
TURNED = "Fázis\tCél\tFájdalompontok\tÉrzelmek\nTudatosulás\tMegtudni\tLassú\trossz\nVásárlás\tMegvenni\tDrága\t+1\n"
NORWEGIAN = "Fase,Før,,Etter\nBerøringspunkt,Søk,Kjøp,Bruk\nSmertepunkter,,Dyrt,\nFølelser,:),--,++\n"


def _workbook(rows: list[list[Any]], *, merge: str = "", notes: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    for cell, note in (notes or {}).items():
        sheet[cell].comment = openpyxl.comments.Comment(note, "Eva")
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _wall(journey_map: JourneyMap) -> dict[str, tuple[str, ...]]:
    return {
        stage.name: tuple(journey_map.touchpoint[key].name for key in stage.touchpoints) for stage in journey_map.stages
    }


def test_a_workshop_in_swedish_with_semicolons() -> None:
    imported = import_map(WORKSHOP.encode("cp1252"), "workshop.csv")
    told = imported.map
    assert (told.title, told.language) == ("Kundresa för museet", "sv")
    assert _wall(told) == {"Före": ("Söker", "Bokar"), "Besöket": ("Besöket",), "Efter": ("Delar",)}
    first = told.touchpoint["söker"]
    assert first.actions == ("letar öppettider", "läser omdömen")
    assert first.questions == ("Är det öppet?",)
    assert told.touchpoint["bokar"].questions == ("Kostar det; mycket?",)
    assert [point.source for point in first.pain_points] == ["9 intervjuer", ""]
    assert first.channels == ("google", "webben")
    assert first.owner == "Eva"
    assert [touchpoint.emotion.now for touchpoint in told.touchpoints] == [0, -1, 2, 1]
    assert [one.about for one in told.improvements] == ["Ny webbplats"]
    assert "  söker:  # KPI: 500 besök\n" in imported.text
    assert [(one.file, one.code) for one in imported.problems] == [
        ("workshop.csv:A6", "scale"),
        ("workshop.csv:A10", "unknown-lane"),
    ]
    assert load_texts({"journey.yaml": imported.text}).problems == ()


def test_stages_only_with_listed_touchpoints_and_personas() -> None:
    imported = import_map(CONFERENCE.encode(), "talk.csv")
    told = imported.map
    assert _wall(told) == {
        "Awareness": ("Ad", "Friend"),
        "Consideration": ("Website",),
        "Purchase": ("Shop", "Purchase"),
    }
    assert [persona.name for persona in told.personas] == ["Anna", "Bo"]
    assert told.touchpoint["ad"].motivation == ("Find out",)
    (difference,) = told.touchpoint["website"].differences
    assert (difference.persona, difference.pain_points[0].text) == ("bo", "Slow")
    assert [touchpoint.emotion.now for touchpoint in told.touchpoints] == [1, None, -1, None, None]
    assert "# Emotions: meh\n" in imported.text
    assert [(one.file, one.code) for one in imported.problems] == [
        ("talk.csv:A4", "new-persona"),
        ("talk.csv:A5", "new-persona"),
        ("talk.csv:D6", "emotion"),
        ("talk.csv:A3", "several-touchpoints"),
    ]


def test_lanes_across_are_turned() -> None:
    told = import_map(TURNED.encode(), "fal.csv").map
    assert told.language == "hu"
    assert _wall(told) == {"Tudatosulás": ("Tudatosulás",), "Vásárlás": ("Vásárlás",)}
    assert [touchpoint.emotion.now for touchpoint in told.touchpoints] == [-1, 1]
    assert told.touchpoints[1].pain_points[0].text == "Drága"


def test_blank_cells_continue_the_stage_to_their_left() -> None:
    told = import_map(NORWEGIAN.encode("utf-16"), "vegg.csv").map
    assert told.language == "nb"
    assert _wall(told) == {"Før": ("Søk", "Kjøp"), "Etter": ("Bruk",)}
    assert [touchpoint.emotion.now for touchpoint in told.touchpoints] == [1, -2, 2]


def test_merged_cells_and_notes_of_a_workbook() -> None:
    rows: list[list[Any]] = [
        [None, "Before", None, "After"],
        ["Touchpoints", "Search", "Booking", "Review"],
        ["Actions", "Compares\nAsks", "Pays", None],
        ["Emotions", -1, 0, 2],
        ["Our numbers", 0.25, None, None],
    ]
    data = _workbook(
        rows, merge="B1:C1", notes={"B3": "2. Two of them wept", "C3": "Eva:\nwith a card", "C2": "Since May"}
    )
    imported = import_map(data, "wall.xlsx")
    assert _wall(imported.map) == {"Before": ("Search", "Booking"), "After": ("Review",)}
    assert "      - Asks  # Two of them wept\n" in imported.text
    assert "      - Pays  # with a card\n" in imported.text
    assert "  booking:  # Since May\n" in imported.text
    assert "# Our numbers: 0.25\n" in imported.text
    assert [one.place for one in imported.problems] == ["wall.xlsx:Sheet!A5"]


def test_every_wrong_cell_is_named_and_kept_and_the_others_are_used() -> None:
    text = import_map(b"Stage,A,B\nTouchpoint,Cart,Paid\nActions,Looks,Pays\n", "wall.csv").text
    book = openpyxl.Workbook()
    wall, arrows, head = book.active, book.create_sheet("Expectations"), book.create_sheet("Map")
    wall.title = "Wall"
    for row in (["Stage", "A", "B"], ["Touchpoint", "Cart", "Paid"], ["Actions", "Looks", "Pays"]):
        wall.append(row)
    for line in (
        ["Kind", "After", "Next", "Within", "Target"],
        ["We expect", "Cart", "Paid", "4 m", "45 %"],
        ["We expect", "Cart", "Payed", "4 hours", None],
        ["We expect", "Chart", "Paid", "4 hours", None],
        ["We promise", "Paid", "Cart", "2 days", "95"],
    ):
        arrows.append(line)
    head.append(["Currency", "kroner"])
    head.append(["Owner", "Eva"])
    target = io.BytesIO()
    book.save(target)
    imported = import_map(target.getvalue(), "wall.xlsx")
    assert imported.map.owner == "Eva"
    assert [(arrow.name, arrow.target) for arrow in imported.map.expectations] == [("paid.cart", None)]
    places = [one.file for one in imported.problems]
    assert {"wall.xlsx:Expectations!D2", "wall.xlsx:Expectations!B4", "wall.xlsx:Expectations!E5"} <= set(places)
    assert "wall.xlsx:Map!B1" in places
    assert any(place and place.startswith("wall.xlsx:Expectations!") and place.endswith("3") for place in places)
    for lost in ("4 m", "payed", "Chart", "kroner"):
        assert lost.casefold() in imported.text.casefold()
    assert load_texts({"journey.yaml": imported.text}).errors == ()
    assert "Looks" in text


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"not a zip", "wall.xlsx", "no Excel workbook"),
        (b"x", "wall.ods", "from .xlsx or .csv"),
        (b"", "wall.csv", "no stages"),
        (b"one cell", "wall.csv", "no row of stages"),
        (b'"open,quote\n', "wall.csv", "cannot be read as CSV"),
    ],
)
def test_what_is_no_grid_is_refused(data: bytes, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        import_map(data, name)


def test_names_of_one_kind_are_told_apart() -> None:
    told = import_map(b"Stage,Buy,Use,Use\nTouchpoint,E-mail,E-mail,Buy\n", "w.csv").map
    assert [(one.key, one.name) for one in told.touchpoints] == [
        ("e_mail", "E-mail"),
        ("e_mail_2", "E-mail"),
        ("buy_2", "Buy"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_of_every_language_are_understood(language: str) -> None:
    keys = ("actions", "motivation", "questions", "pain_points", "emotion.now", "emotion.aim", "channel", "owner")
    for key in (*keys, "frontstage", "backstage", "support", "picture", "moment_of_truth", "improvements"):
        assert lane(word(f"lane.{key}", language)) == key
        assert lane(word(f"lane.{key}", language).upper() + ":") == key


def test_what_the_picture_calls_a_lane_is_understood() -> None:
    written = {"pictures": "picture", "emotion": "emotion.now", "channels": "channel", "owners": "owner"}
    counted_or_drawn = {"visits", "expectations", "promises", "paths"}
    for name in set(LANES) - counted_or_drawn:
        assert lane(say(f"lane.{name}", "en")) == written.get(name, name)


@pytest.mark.parametrize(
    ("texts", "values", "five"),
    [
        (["1", "3", "5"], [-2, 0, 2], True),
        (["1", "2"], [1, 2], False),
        (["−2", "+1", "0"], [-2, 1, 0], False),
        (["1.5", "7"], [None, None], False),
        (["Mycket bra!", "rossz", "lei seg"], [2, -1, -1], False),
        (["😡", "😐 ok", "🤩"], [-2, 0, 2], False),
        (["😡🤩", "whatever"], [None, None], False),
    ],
)
def test_feelings_as_people_write_them(texts: list[str], values: list[int | None], five: bool) -> None:
    assert feelings(texts) == (values, five)


def test_an_emotion_with_an_aim() -> None:
    told = import_map(b"Stage,A\nTouchpoint,Cart\nEmotion,-1\nDesired emotion,2\n", "w.csv").map
    assert told.touchpoint["cart"].emotion == Emotion(now=-1, aim=2)
