"""Every template in every language: its map lints clean, its customers can be drawn, its sources read every row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from resa import workspace
from resa.base.errors import InputError
from resa.base.language import LANGUAGES
from resa.collector import collect, read_sources
from resa.journey_map import lint, load_maps
from resa.simulation import read_specification, simulate, write_files
from resa.storage import Store
from resa.workspace.create import templates
from resa.workspace.wording import texts, worded

TEMPLATES = ("b2b", "retail", "webshop")
EVERY = [(template, language) for template in TEMPLATES for language in LANGUAGES]


def made(folder: Path, template: str, language: str) -> Path:
    workspace.create(folder / template, template=template, language=language)
    return folder / template


def test_there_are_three_templates_in_four_languages() -> None:
    assert templates() == dict.fromkeys(TEMPLATES, ("en", "sv", "nb", "hu"))


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_its_map_is_right_and_lints_clean(tmp_path: Path, template: str, language: str) -> None:
    loaded = load_maps(made(tmp_path, template, language))
    assert list(map(str, loaded.problems)) == []
    journey_map = loaded.maps["journey"]
    assert journey_map.language == language
    assert [str(problem) for problem in lint(journey_map, loaded, today=date(2026, 9, 1))] == []
    assert {persona.key for persona in journey_map.personas} <= set(journey_map.signal) | {
        persona.key for persona in journey_map.personas if persona.who is not None
    }


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_languages_differ_in_words_only(tmp_path: Path, template: str) -> None:
    shapes = []
    for language in LANGUAGES:
        journey_map = load_maps(made(tmp_path / language, template, language)).maps["journey"]
        shapes.append(
            (
                [stage.key for stage in journey_map.stages],
                [(point.key, point.emotion, len(point.actions)) for point in journey_map.touchpoints],
                [(arrow.name, arrow.within, arrow.target) for arrow in journey_map.expectations],
                [(persona.key, persona.path, str(persona.who)) for persona in journey_map.personas],
            )
        )
    assert all(shape == shapes[0] for shape in shapes)


@pytest.mark.parametrize(("template", "language"), [pair for pair in EVERY if pair != ("retail", "en")])
def test_its_sources_read_every_row_of_its_customers(tmp_path: Path, template: str, language: str) -> None:
    folder = made(tmp_path, template, language)
    simulated = simulate(read_specification(folder / "simulation.yaml"), customers=150, seed=8)
    written = {f"incoming/{file.path}": file.rows for file in write_files(simulated, folder / "incoming")}
    sources, _ = read_sources(folder)
    with Store.open(folder) as store, store.writing() as writer:
        read = {}
        for source in sources:
            (report,) = collect(writer, source).files
            read[source.shape.path] = report.good
    assert read == written


def test_what_is_no_language_or_no_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is written in en, sv, nb, hu, not in 'fi'"):
        workspace.create(tmp_path / "a", template="retail", language="fi")
    with pytest.raises(InputError, match=r"there is no template 'webshopp'.*did you mean 'webshop'"):
        workspace.create(tmp_path / "a", template="webshopp", language="sv")


def test_words_are_found_and_keys_are_not() -> None:
    content = (
        "# Words of people -----\n# review: every 12 weeks\ntitle: Shop\ncurrency: EUR\n"
        "touchpoints:\n  cart:   # our basket\n    name: Cart\n    actions:\n      - Waits: long.\n      - Pays.\n"
        "    path: [cart, pay]\n  web: {name: Web shop, kind: external}\ncolumns: {name: name}\n"
    )
    assert list(texts(content, "journey.yaml")) == [
        ("", "Words of people"),
        ("", "Shop"),
        ("currency", "EUR"),
        ("", "our basket"),
        ("", "Cart"),
        ("", "Pays."),
        ("", "Web shop"),
    ]


def test_english_is_the_file_itself() -> None:
    content = "language: en\n# Awareness ---\nname: Cart\n"
    assert worded(content, "journey.yaml", "retail", "en") == content
    assert worded(content, "journey.yaml", "retail", "hu") == "language: hu\n# Tudatosulás ---\nname: Kosár\n"
