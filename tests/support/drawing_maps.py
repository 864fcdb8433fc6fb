"""Maps and numbers that the drawing tests share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.etree import ElementTree as ET

from resa.drawing import Detour, ExpectationNumbers, MapNumbers, PathNumbers, TouchpointNumbers
from resa.drawing.scene import Box, Group, Item, Path, Scene, placed_texts, walk
from resa.model.journey import (
    Channel,
    Emotion,
    Expectation,
    Goal,
    Improvement,
    JourneyMap,
    PainPoint,
    Persona,
    PersonaDifference,
    Signal,
    Stage,
    Touchpoint,
)
from resa.model.quantities import parse_duration

BARE = JourneyMap(
    key="bare",
    title="Library card",
    stages=tuple(
        Stage(key=name.lower(), name=name) for name in ("Awareness", "Consideration", "Conversion", "Loyalty")
    ),
)

FULL = JourneyMap(
    key="tea",
    title="Nordic Tea, from first sip to friend",
    owner="Karin",
    goal=Goal(start=("page",), reach=("delivery",), written="delivery", within=parse_duration("90 days"), target=0.12),
    stages=(
        Stage(key="look", name="Looks", touchpoints=("page", "store")),
        Stage(key="buy", name="Buys", touchpoints=("cart", "purchase")),
        Stage(key="stay", name="Stays", touchpoints=("delivery",)),
    ),
    personas=(
        Persona(
            key="gift",
            name="Gift buyer",
            about="In a hurry.",
            quote="Before Saturday.",
            path=("page", "cart", "purchase"),
        ),
        Persona(key="lover", name="Tea lover", path=("store", "purchase", "page")),
    ),
    channels=(
        Channel(key="web", name="Web shop"),
        Channel(key="store", name="Store", kind="internal"),
        Channel(key="courier", name="Courier", kind="peripheral"),
    ),
    touchpoints=(
        Touchpoint(
            key="page",
            name="Product page",
            stage="look",
            channels=("web",),
            picture="pictures/page.png",
            actions=("Compares blends.",),
            motivation=("Find a gift.",),
            questions=("When does it arrive?",),
            pain_points=(
                PainPoint(
                    text="The date is shown late.", source="14 interviews", shown_by="page.cart", improvement="early"
                ),
                PainPoint(text="Blends look alike.", source="Test"),
                PainPoint(text="Too many."),
            ),
            emotion=Emotion(now=-1, aim=1),
            differences=(PersonaDifference(persona="gift", emotion=Emotion(now=-2), actions=("Skims.",)),),
            expectations=(
                Expectation(
                    name="page.cart",
                    kind="expectation",
                    after="page",
                    next=("cart", "store"),
                    written="cart, store",
                    within=parse_duration("1 day"),
                    target=0.3,
                ),
            ),
        ),
        Touchpoint(key="store", name="Store visit", stage="look", channels=("store",), emotion=Emotion(now=2, aim=2)),
        Touchpoint(
            key="cart",
            name="Cart",
            stage="buy",
            channels=("web",),
            owner="Ali",
            emotion=Emotion(now=0),
            expectations=(
                Expectation(
                    name="cart.purchase",
                    kind="expectation",
                    after="cart",
                    next=("purchase",),
                    written="purchase",
                    within=parse_duration("4 hours"),
                    target=0.45,
                    unless=("store",),
                ),
            ),
        ),
        Touchpoint(
            key="purchase",
            name="Purchase",
            stage="buy",
            channels=("web", "store"),
            moment_of_truth=True,
            frontstage=("The receipt comes at once.",),
            backstage=("Stock is read once an hour.",),
            support=("The bank confirms the card.",),
            emotion=Emotion(now=1, aim=2),
            expectations=(
                Expectation(
                    name="purchase.delivery",
                    kind="promise",
                    after="purchase",
                    next=("delivery",),
                    written="delivery",
                    within=parse_duration("3 working days"),
                    target=0.95,
                ),
                Expectation(
                    name="again",
                    kind="expectation",
                    after="purchase",
                    next=("purchase",),
                    written="purchase",
                    within=parse_duration("60 days"),
                ),
            ),
        ),
        Touchpoint(
            key="delivery",
            name="Delivery",
            stage="stay",
            channels=("courier",),
            emotion=Emotion(now=-1, aim=2),
            expectations=(
                Expectation(
                    name="back",
                    kind="expectation",
                    after="delivery",
                    next=("page",),
                    written="page",
                    within=parse_duration("90 days"),
                ),
            ),
        ),
    ),
    improvements=(
        Improvement(
            key="early", name="Early date", about="Show the date.", owner="Ali", state="done", since=date(2026, 9, 14)
        ),
        Improvement(key="inbox", name="One inbox"),
    ),
    signals=(Signal(touchpoint="store", kind="not_seen", not_seen="no counter at the door"),),
)

NUMBERS = MapNumbers(
    expectations={
        "page.cart": ExpectationNumbers(share=0.233, low=0.22, high=0.24, openings=12044, missed=9154),
        "cart.purchase": ExpectationNumbers(share=0.44, low=0.42, high=0.46, openings=3209),
        "purchase.delivery": ExpectationNumbers(share=0.96, low=0.95, high=0.97, openings=1180),
        "again": ExpectationNumbers(),
        "back": ExpectationNumbers(share=0.044, openings=300),
    },
    touchpoints={
        "page": TouchpointNumbers(customers=12044, visits=22816, score=0.4, scores=120),
        "cart": TouchpointNumbers(customers=3209, visits=4120),
        "purchase": TouchpointNumbers(customers=1214, visits=1396, score=-0.6),
        "delivery": TouchpointNumbers(daily_total=88.0, daily_since=date(2026, 5, 1), daily_until=date(2026, 11, 20)),
    },
    paths={
        "gift": PathNumbers(
            share=0.41,
            customers=1604,
            detours=(
                Detour(after="page", to="store", customers=312),
                Detour(after="page", to=None, customers=230),
                Detour(after="page", to="delivery", customers=30),
                Detour(after="page", to="purchase", customers=20),
            ),
        )
    },
    personas={"gift": 1604, "lover": 702},
    goal_share=0.097,
    as_of="complete to 20 Nov 2026, 06:00",
)


def parsed(markup: str) -> ET.Element:
    """The markup as a strict XML parser sees it."""
    return ET.fromstring(markup)  # noqa: S314  # we wrote it ourselves; that it parses is what is tested


def words(scene: Scene) -> str:
    """All words of a sheet, lines and texts joined by spaces, in the order in which they are drawn."""
    return " ".join(piece for text, _, _ in placed_texts(scene) for piece in text.lines)


def groups(scene: Scene, kind: str) -> list[Group]:
    """The groups of a kind."""
    return [item for item, _, _ in walk(scene.items) if isinstance(item, Group) and item.kind == kind]


def faults(scene: Scene) -> list[str]:
    """What is wrong with the geometry of a sheet: text outside its cell or the sheet, texts on each other."""
    found = []
    texts = placed_texts(scene)
    sheet = Box(0, 0, scene.width, scene.height)
    for number, (text, box, cell) in enumerate(texts):
        if cell is not None and not cell.holds(box, slack=0.5):
            found.append(f"{text.lines} {box} leaves its cell {cell}")
        if not sheet.holds(box, slack=0.5):
            found.append(f"{text.lines} {box} leaves the sheet {scene.width} x {scene.height}")
        found.extend(
            f"{text.lines} {box} lies on {other.lines} {box_of_other}"
            for other, box_of_other, _ in texts[number + 1 :]
            if box.overlaps(box_of_other, slack=0.3)
        )
    return found


def _strokes(items: tuple[Item, ...], x: float, y: float, *, inside: bool) -> Iterator[Box]:
    for item in items:
        if isinstance(item, Group):
            inner = inside or item.kind in {"expectation", "promise"}
            yield from _strokes(item.items, x + item.x, y + item.y, inside=inner)
        elif inside and isinstance(item, Path):
            yield item.box.moved(x, y)


def crossed_words(scene: Scene) -> list[str]:
    """Words that a line or head of an arrow runs through; the marks beside shares are shapes too."""
    lines = list(_strokes(scene.items, 0, 0, inside=False))
    return [
        f"{text.lines} {box} is crossed by {stroke}"
        for text, box, _ in placed_texts(scene)
        for stroke in lines
        if box.overlaps(stroke, slack=0.5)
    ]
