"""What a workspace's files mean, and how their mistakes stay apart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from resa.base.errors import MapError
from resa.journey_map import display_name, fix, fix_text, json_schema, load_maps, load_texts, normalised, read_map
from resa.model.quantities import Duration

SKETCH = (Path(__file__).parent / "design_sketch.yaml").read_text()
SIX = "title: Tea\nstages:\n  - awareness\n  - consideration\n  - conversion\n  - loyalty\n"


def test_six_lines_are_a_map() -> None:
    read = read_map("journey.yaml", SIX)
    assert [stage.name for stage in read.stages] == ["Awareness", "Consideration", "Conversion", "Loyalty"]
    assert read_map("my shop.yaml", "stages: [a]\n").title == "My shop"


def test_the_sketch_of_the_design() -> None:
    loaded = load_texts({"journey.yaml": SKETCH})
    assert not loaded.problems
    shop = loaded.maps["journey"]
    assert (shop.language, shop.timezone, shop.currency) == ("en", "Europe/Stockholm", "SEK")
    assert shop.review == Duration(91, "day")
    assert shop.goal is not None
    assert (shop.goal.start, shop.goal.reach, shop.goal.target) == (("product_page",), ("delivery", "reorder"), 0.12)
    assert [(arrow.name, arrow.kind, arrow.next, arrow.renews) for arrow in shop.expectations] == [
        ("product_page.cart", "expectation", ("cart", "store_visit"), True),
        ("cart.purchase", "expectation", ("purchase",), True),
        ("purchase.reorder", "expectation", ("reorder",), True),
        ("purchase.delivery", "promise", ("delivery",), False),
    ]
    assert shop.expectation["purchase.delivery"].within == Duration(3, "day", working=True)
    assert shop.expectation["cart.purchase"].unless == ("store_visit",)
    pain = shop.touchpoint["product_page"].pain_points[0]
    assert (pain.shown_by, pain.improvement) == ("product_page.cart", "early_date")
    assert shop.touchpoint["product_page"].differences[0].emotion.now == -2
    assert shop.improvements[0].since == date(2026, 9, 14)
    assert shop.persona["gift_buyer"].who == "traits.orders <= 2 and traits.gift_share > 0.5"
    assert shop.signal["product_page"].when == "event = 'page' and properties.path like '/p/%'"
    assert (shop.signal["purchase"].occurrence, shop.signal["reorder"].occurrence) == ((1, 1), (2, None))
    assert (shop.signal["delivery"].score, shop.signal["delivery"].scale) == ("properties.stars", (1, 5))
    assert shop.signal["store_visit"].daily_number == "footfall"
    assert [channel.kind for channel in shop.channels][-1] == "peripheral"
    reminder = next(reaction for reaction in shop.reactions if reaction.key == "cart_reminder")
    assert (reminder.purpose, reminder.topic, reminder.definition["control_group"]) == ("marketing", "reminders", 0.1)
    assert reminder.definition["steps"][1]["otherwise"][0]["if"] == "traits.lifetime_value > 1000"


@pytest.mark.parametrize(
    ("name", "key", "shown"),
    [
        ("product page", "product_page", "Product page"),
        ("Product-Page", "product_page", "Product page"),
        ("  kassa  ÅÄÖ ", "kassa_åäö", "Kassa åäö"),
        ("kassa\u00a0två", "kassa_två", "Kassa två"),
        ("cafe\u0301", "café", "Café"),
    ],
)
def test_names(name: str, key: str, shown: str) -> None:
    assert normalised(name) == key
    assert display_name(key) == shown


def test_names_with_spaces_are_one_with_underscores() -> None:
    text = "stages:\n  före köp: [Product page, store-visit]\ntouchpoints:\n  product_page:\n"
    text += "    expect: {next: store visit, within: 1 day}\n"
    read = read_map("journey.yaml", text)
    assert read.expectations[0].next == ("store_visit",)
    assert read.stages[0].key == "före_köp"


def test_the_four_parts_may_be_four_files(tmp_path: Path) -> None:
    wall, _, rest = SKETCH.partition("# 3 HOW WE SEE IT")
    signals, _, reactions = rest.partition("# 4 WHAT WE DO")
    (tmp_path / "journeys").mkdir()
    (tmp_path / "reactions").mkdir()
    (tmp_path / "journeys" / "shop.yaml").write_text(wall)
    (tmp_path / "signals.yaml").write_text("#" + signals)
    (tmp_path / "reactions" / "all.yaml").write_text("#" + reactions)
    loaded = load_maps(tmp_path)
    assert not loaded.problems
    assert loaded.files == ("journeys/shop.yaml", "signals.yaml", "reactions/all.yaml")
    shop, whole = loaded.maps["shop"], load_texts({"journey.yaml": SKETCH}).maps["journey"]
    assert shop.signals == whole.signals
    assert shop.reactions == whole.reactions
    assert shop.touchpoints == whole.touchpoints
    assert shop.hash != whole.hash


def test_a_reaction_may_have_a_file_of_its_own() -> None:
    text = (
        "stages: [{a: [ad, cart]}]\ntouchpoints:\n  ad:\n    expect: {next: cart, within: 1 day, if_missed: say hi}\n"
    )
    reaction = "purpose: transactional\nsteps:\n  - send: hello\n    by: email\n"
    loaded = load_texts({"journey.yaml": text, "reactions/say hi.yaml": reaction})
    assert not loaded.problems
    assert loaded.maps["journey"].reactions[0].key == "say_hi"


def test_mistakes_in_one_map_do_not_stop_another() -> None:
    files = {"journeys/a.yaml": SIX, "journeys/b.yaml": "stages: [x]\ntitel: T\n", "journeys/c.yaml": "x: [\n"}
    loaded = load_texts(files)
    assert set(loaded.maps) == {"a"}
    assert {problem.file for problem in loaded.problems} == {"journeys/b.yaml", "journeys/c.yaml"}


def test_shared_names_are_looked_up_in_all_maps() -> None:
    files = {
        "journeys/a.yaml": "stages: [{s: [ad]}]\n",
        "journeys/b.yaml": "stages: [{s: [cart]}]\n",
        "signals.yaml": "ad: {event: seen}\ncart: {event: added}\nletter: {event: opened}\n",
        "reactions/r.yaml": "hi:\n  purpose: transactional\n  steps: [{wait_for: carp, up_to: 1 day}]\n",
    }
    loaded = load_texts(files)
    assert [str(problem) for problem in loaded.problems] == [
        "signals.yaml:3:1 warning: no map has a touchpoint 'letter'; take its signal away, if none shall",
        "reactions/r.yaml:3:22 touchpoint 'carp' is not defined; did you mean 'cart'?",
    ]
    assert set(loaded.maps) == {"a", "b"}
    files["signals.yaml"] = files["signals.yaml"].replace("letter: {event: opened}\n", "")
    files["reactions/r.yaml"] = files["reactions/r.yaml"].replace("carp", "cart")
    loaded = load_texts(files)
    assert not loaded.problems
    assert [signal.touchpoint for signal in loaded.maps["b"].signals] == ["cart"]


def test_a_signal_of_no_touchpoint_is_a_mistake_only_where_it_is_nearly_one_of_a_touchpoint_without() -> None:
    files = {"journey.yaml": "stages: [{s: [cart, letter]}]\n", "signals.yaml": "crat: {event: added}\n"}
    assert [str(one) for one in load_texts(files).errors] == [
        "signals.yaml:1:1 touchpoint 'crat' is not defined; did you mean 'cart'?"
    ]
    files["signals.yaml"] = "crat: {event: added}\ncart: {event: cart}\n"  # it has one: this one was taken away
    loaded = load_texts(files)
    assert [one.severity for one in loaded.problems] == ["warning"]
    files["signals.yaml"] = "crat: {when: nonsense ==}\ncart: {event: cart}\n"
    assert len(load_texts(files).errors) == 1, "what is wrong inside is wrong all the same"


def test_a_shared_signal_holds_under_a_former_name_and_says_so() -> None:
    told = "stages: [{s: [basket]}]\ntouchpoints:\n  basket: {was: Cart}\n"
    files = {"journey.yaml": told, "signals.yaml": "cart: {event: added}\n"}
    loaded = load_texts(files)
    assert [signal.touchpoint for signal in loaded.maps["journey"].signals] == ["basket"]
    assert [(str(one), one.severity, one.fix) for one in loaded.problems] == [
        (
            "signals.yaml:1:1 warning: touchpoint 'cart' is called 'basket' now; call its signal so, too",
            "warning",
            "basket",
        )
    ]
    files["signals.yaml"] += "basket: {event: put_in}\n"
    assert [one.when for one in load_texts(files).maps["journey"].signals] == ["event = 'put_in'"]


def test_a_stage_keeps_its_former_names() -> None:
    loaded = load_texts({"journey.yaml": "stages:\n  buying: {was: [Conversion], touchpoints: [cart]}\n  care: []\n"})
    found = loaded.maps["journey"].stage_named("conversion")
    assert found is not None
    assert found.key == "buying"
    assert loaded.maps["journey"].stage_named("nowhere") is None
    twice = load_texts({"journey.yaml": "stages:\n  buying: {was: care, touchpoints: [cart]}\n  care: []\n"})
    assert [one.code for one in twice.errors] == ["was"]
    text = "stages:\n  beginning: {was: [Start, hello], touchpoints: [ad]}\n"
    text += "  middle:\n    was: [start]\n    touchpoints: [cart]\n"
    both = load_texts({"journey.yaml": text})
    (problem,) = both.errors
    assert (problem.code, problem.place) == ("was", "journey.yaml:4:11")
    assert "'start' is a former name of stage 'beginning', too" in str(problem.message)


def test_a_map_without_files_and_files_that_are_not_read(tmp_path: Path) -> None:
    assert [problem.code for problem in load_maps(tmp_path).problems] == ["no-map"]
    (tmp_path / "journey.yaml").write_text(SIX)
    (tmp_path / "signals.yml").write_text("x: {}")
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "x.yaml").mkdir()
    loaded = load_maps(tmp_path)
    assert sorted(problem.code for problem in loaded.problems) == ["file-name", "unreadable-file"]
    assert set(loaded.maps) == {"journey"}


def test_two_files_of_one_name() -> None:
    loaded = load_texts({"journeys/My shop.yaml": SIX, "journeys/my-shop.yaml": SIX})
    assert [problem.code for problem in loaded.problems] == ["repeated-name"]


def test_read_map_raises_every_problem() -> None:
    with pytest.raises(MapError) as raised:
        read_map("journey.yaml", "stages: [a]\ntitel: x\nownr: y\n")
    assert len(raised.value.problems) == 2


def test_a_map_holds_plain_text_only() -> None:
    def check(value: object) -> None:
        if isinstance(value, str):
            assert type(value) is str
        elif isinstance(value, (tuple, list)):
            for item in value:
                check(item)
        elif isinstance(value, dict):
            check(list(value.items()))
        elif hasattr(value, "__dataclass_fields__"):
            check([getattr(value, name) for name in value.__dataclass_fields__])

    check(read_map("journey.yaml", SKETCH))


def test_fixing_a_folder_shows_what_changes_and_writes_it(tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_bytes("stages: [a]\r\ntitle: Nät: butik\r\ngoal: {reach: b}\r\n".encode("cp1252"))
    (tmp_path / "signals.yaml").write_text("{}\n")
    fixes = fix(tmp_path)
    assert "-title: Nät: butik" in fixes.diff
    assert '+title: "Nät: butik"' in fixes.diff
    assert [problem.code for problem in fixes.loaded.problems] == ["unknown-touchpoint"]
    fixes.write(tmp_path)
    assert (
        tmp_path / "journey.yaml"
    ).read_bytes() == 'stages: [a]\r\ntitle: "Nät: butik"\r\ngoal: {reach: b}\r\n'.encode()
    assert not fix(tmp_path).after


def test_the_schema_describes_every_key() -> None:
    schema = json_schema()
    assert schema["x-schema-version"] == 1
    for name, part in {"map": schema, **schema["$defs"]}.items():
        for key, told in part.get("properties", {}).items():
            assert told.get("description"), (name, key)
        if "properties" in part:
            assert part["additionalProperties"] is False
    assert {"stages", "touchpoints", "signals", "reactions"} <= set(schema["properties"])
    assert set(schema["required"]) == {"stages"}


@pytest.mark.parametrize(
    "text",
    [
        "stages: [a]\nreactions:\n  r:\n    steps:\n      - wait_for: a\n        then: [{exit: x}][\n",
        "stages: [a]\ntitle: 'x' [ y\n- z\n  w: {\n",
    ],
)
def test_a_repair_that_makes_nothing_better_is_not_kept(text: str) -> None:
    once = fix_text(text)
    again = fix_text(once.after.get("journey.yaml", text))
    assert not again.after
