"""`consent.yaml`: what it may say, and what is said about what it must not."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from resa.base.errors import InputError
from resa.cli.app import run
from resa.consent import consent_rules_of, consent_schema, read_consent_rules
from resa.model.consents import ConsentRules

WHOLE = """\
country: se
country_trait: land
purposes:
  Analytics:
    about: We measure how the shop is used.
    categories: [Analytics, C0002]
    wordings:
      2025-01: May we count you?
      2026-05: May we measure how you use our shop?
  marketing:
    default: legitimate interest
    countries: {DE: opt_in, no: opt_in}
topics:
  weekly letter: {purpose: Marketing, double_opt_in: true}
events: {need: analytics, from: web}
"""
WRONG = """\
country: UK
purposes:
  analytics: {default: maybe, wording: May we?}
  marketing: {}
topics:
  marketing: {}
  letter: {purpose: markting}
events: {need: analitics}
"""


def test_what_a_file_says_is_read() -> None:
    rules, problems = consent_rules_of(WHOLE)
    assert problems == []
    assert (rules.country, rules.country_trait) == ("SE", "land")
    assert list(rules.all) == ["analytics", "marketing", "weekly_letter"]
    analytics, marketing = rules.purposes["analytics"], rules.purposes["marketing"]
    assert analytics.newest_wording == "2026-05"
    assert analytics.said_in({"c0002": True, "ANALYTICS": False, "Other": True}) == [True, False]
    assert (analytics.default, marketing.default) == ("opt_in", "opt_out")
    assert [marketing.default_in(code) for code in ("DE", "NO", "US", None)] == [
        "opt_in",
        "opt_in",
        "opt_out",
        "opt_out",
    ]
    letter = rules.topics["weekly_letter"]
    assert (letter.purpose, letter.double_opt_in, letter.name) == ("marketing", True, "Weekly letter")
    assert (rules.events_need, rules.events_from) == ("analytics", frozenset({"web"}))


def test_all_problems_are_said_at_once_each_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "consent.yaml").write_text(WRONG)
    with pytest.raises(InputError) as found:
        read_consent_rules(tmp_path)
    said = [str(problem) for problem in found.value.problems]
    for place, words in (
        ("consent.yaml:1:10", "'UK' is no country"),
        ("consent.yaml:3:24", "neither opt_in"),
        ("consent.yaml:3:31", "write `wordings:`"),
        ("consent.yaml:6:3", "stands twice"),
        ("consent.yaml:7:21", "did you mean 'marketing'?"),
        ("consent.yaml:8:16", "did you mean 'analytics'?"),
    ):
        assert any(line.startswith(place) and words in line for line in said), (place, said)
    (tmp_path / "journey.yaml").write_text("title: T\nstages: {s: [a]}\n")
    assert run(["map", "check", "-w", str(tmp_path)]) == 1
    assert "did you mean 'analytics'?" in capsys.readouterr().err


def test_a_reaction_about_a_topic_that_nobody_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "consent.yaml").write_text("topics: {reminders: {}}\n")
    text = """title: T
stages: {s: [a, b]}
touchpoints: {a: {expect: {next: b, within: 1 day, if_missed: nudge}}}
reactions: {nudge: {purpose: marketing, topic: remainders, steps: [{send: x, by: email}]}}
channels: {email: external}
"""
    (tmp_path / "journey.yaml").write_text(text)
    assert run(["map", "check", "-w", str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert "journey.yaml:4:13 warning: reaction 'nudge' is about the topic 'remainders'" in said
    assert "did you mean 'reminders'" in said
    (tmp_path / "journey.yaml").write_text(text.replace("remainders", "reminders"))
    assert run(["map", "check", "-w", str(tmp_path)]) == 0
    assert "consent.yaml does not have" not in capsys.readouterr().err


def test_a_workspace_without_a_file_asks_for_nothing(tmp_path: Path) -> None:
    assert read_consent_rules(tmp_path) == ConsentRules()
    (tmp_path / "consent.yaml").write_text("# nothing yet\n")
    assert read_consent_rules(tmp_path) == ConsentRules()


def test_the_schema_knows_the_file() -> None:
    said = YAML(typ="safe", pure=True).load(WHOLE.replace("weekly letter", "weekly_letter"))
    said["purposes"]["marketing"]["default"] = "opt_out"
    jsonschema.Draft202012Validator.check_schema(consent_schema())
    validator = jsonschema.Draft202012Validator(consent_schema())
    assert list(validator.iter_errors(said)) == []
    said["purposes"]["Analytics"]["wording"] = "x"
    assert list(validator.iter_errors(said)) != []
