"""The command line in other languages: no line of it is English that has a translation."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from scripts.messages import catalogue_of
from tests.support.properties import by_night
from tests.support.six_events import EVENTS

from resa.analytics.results.plain_text import HEADINGS
from resa.base.language import sentence
from resa.cli.app import PLACES, run
from resa.cli.console import agreed
from resa.cli.speaking import settle_language

SPOKEN = ("hu", "sv", "nb")
MAP = """title: A shop
stages:
  conversion: [cart, purchase, refund]
touchpoints:
  cart:
    expect: {next: purchase, within: 1 hour, target: 60 %}
signals:
  cart: {event: cart}
  purchase: {event: order}
"""
WRONG_MAPS = (
    "title: [a, b]\nstages: {one: [a]}\ntouchpoints: {a: {expect: {next: b, within: 3m}}}\n",
    "title: A\nstages:\n\tone: [a]\n",
    "title: A\nstages: {one: [a, a]}\nlanguage: fr\ntimezone: Europe/Stokholm\ncurrency: kr\nowner:\n",
    "title: A\nstags: {one: [a]}\n",
    (
        "title: A\nstages: {one: [a, b], a: [c]}\ntouchpoints:\n  a: {expect: {next: [b], within: 4, target: 45}}\n"
        "  z: {title: x}\nmetrics: {m: {of: a}}\nsignals:\n"
        "  a: {when: 'channel == 1 and foo(2)'}\n  b: {page: '', event: ''}\n"
    ),
    "title: A\nstages: {one: [a]}\ntouchpoints: {a: {emotion: 7, pain_points: 'x: y'}}\ngoal: {reach: q}\n",
)
"""Each wrong in several ways."""

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("map", "check"),
    ("map", "check", "--signals"),
    ("map", "check", "nowhere.yaml"),
    ("map", "check", "sources/events.yaml"),
    (
        "map",
        "chek",
    ),
    ("map", "check", "--fooo"),
    ("map", "draw", "-o", "shop.gif"),
    ("map", "draw", "--paper", "B7", "-o", "x.pdf"),
    ("map", "draw", "--persona", "nobody"),
    ("map", "draw", "--preset", "custmer"),
    ("map", "draw", "--as-of", "2026-01-01"),
    ("map", "draw", "--width", "3"),
    ("map", "draw", "-o", "shop.svg"),
    ("map", "versions"),
    ("map", "versions", "99"),
    ("map", "export", "-o", "map.xlsx"),
    ("map", "export", "-o", "map.doc"),
    ("map", "import", "map.xlsx"),
    ("map", "import", "map.xlsx", "-o", "again.yaml"),
    ("map", "discover", "--top", "1"),
    ("map", "discover"),
    ("map", "schema", "unknown"),
    ("collect",),
    ("collect", "nothing"),
    ("collect", "nothing.csv"),
    ("collect", "events.csv", "--as", "nonsense"),
    ("collect", "other.csv", "--as", "occurred_at=tim", "--yes"),
    ("collect", "other.csv", "--yes"),
    ("collect", "events", "--replace"),
    ("loads", "list"),
    ("loads", "remove", "99"),
    ("rejected", "list"),
    ("rejected", "list", "--source", "evens"),
    ("rejected", "replay", "events"),
    ("rejected", "replay", "events", "--reason", "nonsense"),
    ("measure", "expectations"),
    ("measure", "funnel", "cart", "purchase", "--within", "7 days"),
    ("measure", "funnel", "cart", "purchas"),
    ("measure", "funnel"),
    ("measure", "funnel", "cart?", "purchase"),
    ("measure", "touchpoints", "--by", "colour"),
    ("measure", "touchpoints", "--where", "trait.x > 1"),
    ("measure", "touchpoints", "--from", "someday"),
    ("measure", "touchpoints", "-o", "a.doc"),
    ("measure", "touchpoints"),
    ("measure", "coverage"),
    ("measure", "tracking", "--by", "device"),
    ("map", "tracking"),
    ("measure", "metrics"),
    ("measure", "retention", "--every", "week"),
    ("measure", "stages"),
    ("measure", "planned"),
    ("measure", "trend", "cart", "--every", "day"),
    ("measure", "trend", "--every", "fortnight", "cart"),
    ("measure", "conformance"),
    ("measure", "channels"),
    ("measure", "nonsense"),
    ("sql", "select * from visit"),
    ("sql", "delete from visits"),
    ("sql", "select"),
    ("sql", "select 1", "--seconds", "0"),
    ("views", "export", "events.csv"),
    ("verify",),
    ("compact",),
    ("rebuild",),
    ("report", "-o", "nowhere/report.html"),
    ("report", "-w", "nowhere"),
    ("new", "."),
    ("new", "shop", "--template", "retial"),
    ("new", "shop", "--language", "fr"),
    ("new",),
    ("simulate", "--customers", "0"),
    ("simulate", "--customers", "many"),
    ("simulate", "--truth", "nonsense"),
    ("demo", "."),
)
"""Right and wrong ones."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "other.csv").write_text("when,who\n1/2/2026,a\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.setenv("TERMINAL_WIDTH", "1000")
    assert run(["collect", "events.csv", "--as", "occurred_at=time", "--yes"]) == 0
    capsys.readouterr()
    return tmp_path


@cache
def english(language: str) -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
    """English that a language has other words for: whole lines, and what may stand anywhere in one."""
    lines, parts = [], []
    for entry in catalogue_of(language):
        if not entry.id or entry.context:
            continue
        translations = {entry.string} if isinstance(entry.string, str) else {*(entry.string or ())}
        for text in [entry.id] if isinstance(entry.id, str) else entry.id:
            if text in translations:
                continue
            pieces = [*Formatter().parse(text.strip())]
            values = {name for _, name, _, _ in pieces} - {None}
            plain = "".join(
                re.escape(said) + ("" if name is None else r"[\d,]+" if name == "n" else ".+?")
                for said, name, _, _ in pieces
            )
            words = re.findall(r"[^\W\d_]{2,}", re.sub(r"\{[^}]*\}", " ", text))
            if len(words) >= 4:
                parts.append(re.compile(plain))
            elif words and values <= {"n"}:
                lines.append(re.compile(plain))
    return lines, parts


def left_in_english(output: str, language: str) -> Iterator[str]:
    lines, parts = english(language)
    for line in output.splitlines():
        told = line.strip(" │╭╮╰╯─*")
        told = re.sub(r"^[\w./:-]+:\d+(?::\d+)? ", "", told)
        told = re.sub(r"^\w+: ", "", told, count=1) if not told.startswith("http") else told
        if any(pattern.fullmatch(told) for pattern in lines) or any(pattern.search(told) for pattern in parts):
            yield line


def headings_left(output: str, language: str) -> set[str]:
    """Headings of tables that have another word; numbers stand below them."""
    first = output.split("\n", maxsplit=1)[0].split("  ")
    other = {entry.id for entry in catalogue_of(language) if (entry.context or "").startswith("heading.")}
    same = {entry.id for entry in catalogue_of(language) if entry.context and entry.string == entry.id}
    return {word.strip() for word in first} & set(HEADINGS) & (other - same)


@pytest.mark.parametrize("language", by_night(SPOKEN, beyond=1))
def test_no_command_says_in_english_what_has_a_translation(
    shop: Path, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RESA_LANGUAGE", language)
    wrong: dict[str, list[str]] = {}
    for command in COMMANDS:
        run(list(command))
        out, err = capsys.readouterr()
        if command[1:] == ("discover",):
            out = ""  # a map, in the map's own language
        found = [*left_in_english(out + "\n" + err, language)]
        if command[0] in {"measure", "loads", "rejected"}:
            found += headings_left(out, language)
        if found:
            wrong[" ".join(command)] = found
    for number, text in enumerate(WRONG_MAPS):
        (shop / f"wrong{number}.yaml").write_text(text)
        run(["map", "check", f"wrong{number}.yaml"])
        out, err = capsys.readouterr()
        if found := [*left_in_english(out + "\n" + err, language)]:
            wrong[f"map {number}"] = found
    assert wrong == {}


@pytest.mark.parametrize("language", by_night(SPOKEN, beyond=1))
def test_all_help_is_translated(
    language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RESA_LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.setenv("TERMINAL_WIDTH", "1000")
    subcommands = [
        ["map", one] for one in ("check", "draw", "watch", "discover", "export", "import", "schema", "versions")
    ]
    subcommands += [
        ["loads", "list"],
        ["loads", "remove"],
        ["rejected", "list"],
        ["rejected", "replay"],
        ["views", "export"],
    ]
    wrong: list[str] = []
    for command in ([], *([name] for name in PLACES), *subcommands):
        assert run([*command, "--help"]) == 0
        wrong += left_in_english(capsys.readouterr().out, language)
    assert wrong == []


@pytest.mark.parametrize(
    ("option", "variable", "setting", "locale", "spoken"),
    [
        ("hu", "nb", "sv", "en_GB.UTF-8", "hu"),
        (None, "nb", "sv", "en_GB.UTF-8", "nb"),
        (None, "", "sv", "en_GB.UTF-8", "sv"),
        (None, "", "sv_SE.UTF-8", "hu_HU.UTF-8", "sv"),
        (None, "", "", "hu_HU.UTF-8", "hu"),
        (None, "", "", "C", "en"),
        ("en", "", "sv", "hu_HU.UTF-8", "en"),
    ],
)
def test_the_option_counts_before_the_variable_the_settings_and_the_locale(
    option: str | None,
    variable: str,
    setting: str,
    locale: str,
    spoken: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "resa.toml").write_text(f'language = "{setting}"\n' if setting else "")
    monkeypatch.setenv("RESA_LANGUAGE", variable)
    monkeypatch.setenv("LC_ALL", locale)
    before = [] if option is None else ["--language", option]
    expected = {
        "en": "no row was refused",
        "sv": "ingen rad avvisades",
        "nb": "ingen rad ble avvist",
        "hu": "egyetlen sort sem utasítottunk el",
    }
    assert run([*before, "rejected", "list", "-w", str(tmp_path)]) == 0
    assert capsys.readouterr().err.strip() == expected[spoken]


def test_the_options_of_commands_are_not_that_of_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["--language=hu", "new", "bolt", "--language", "sv"]) == 0
    assert "elkészült: bolt/journey.yaml" in capsys.readouterr().err.replace("\\", "/")
    assert "language: sv" in (tmp_path / "bolt/journey.yaml").read_text(encoding="utf-8")


def test_a_language_that_is_not_spoken_is_refused_where_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--language", "fr", "verify"]) == 2
    assert "'fr' is not a language that Resa speaks" in capsys.readouterr().err
    (tmp_path / "resa.toml").write_text('# of this shop\nlanguage = "fr"\n')
    monkeypatch.setenv("RESA_LANGUAGE", "")
    assert run(["verify", "-w", str(tmp_path)]) == 1
    expected = "resa.toml:2 language: 'fr' is not a language that Resa speaks; write en, sv, nb or hu\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.usefixtures("shop")
def test_what_machines_read_is_english_in_every_language(
    language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = (
        ["measure", "expectations", "--format", "json"],
        ["measure", "planned", "--format", "json"],
        ["measure", "coverage", "--format", "csv"],
        ["measure", "expectations", "--sql"],
        ["loads", "list", "--format", "csv"],
        ["rejected", "list", "--format", "json"],
        ["rejected", "list", "--rows"],
        ["map", "schema", "signals"],
        ["sql", "select 'no signal' as seen_by, true as complete"],
    )
    said: dict[str, list[str]] = {}
    for spoken in ("en", language):
        monkeypatch.setenv("RESA_LANGUAGE", spoken)
        for command in commands:
            assert run(command) == 0
            out = re.sub(r'("computed_at": )"[^"]*"', r"\1null", capsys.readouterr().out)
            said.setdefault(" ".join(command), []).append(out)
    for asked, (in_english, otherwise) in said.items():
        assert otherwise == in_english, asked
    (answer, _) = said["measure expectations --format json"]
    assert json.loads(answer)["parts"]


@pytest.mark.parametrize(
    ("language", "typed", "agrees"),
    [
        ("sv", "j", True),
        ("sv", "nej", False),
        ("hu", "igen", True),
        ("hu", "x\nn", False),
        ("nb", "", True),
        ("en", "y", True),
    ],
)
def test_a_question_is_answered_in_its_language(
    language: str, typed: str, agrees: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RESA_LANGUAGE", language)
    settle_language([])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n"))
    assert agreed(sentence("Is this right?")) is agrees
    asked = {
        "sv": "Stämmer det? [J/n]: ",
        "nb": "Stemmer det? [J/n]: ",
        "hu": "Így jó? [I/n]: ",
        "en": "Is this right? [Y/n]: ",
    }
    told = capsys.readouterr()
    assert (told.err + told.out).startswith(asked[language].rstrip())
    settle_language(["--language", "en"])


@pytest.mark.parametrize("arguments", [[], ["map"], ["loads"]])
def test_without_a_command_the_help_is_shown(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RESA_LANGUAGE", "sv")
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert "Användning: " in told.out + told.err
