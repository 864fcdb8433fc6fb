"""`identity.yaml`: what it may say, and what is said about what it must not."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from resa.base.errors import InputError
from resa.identity import KINDS, NoIdentifier, Rules, read_rules, rules_of, rules_schema

WHOLE = """\
country: se
ranking: [crm_id, user_id]
placeholders: walk-in
kinds:
  E-mail:
    limit: 5
    fold: [plus_tags, gmail_dots]
    placeholders: [Till@Shop.se]
    shared beyond: never
  membership: {like: loyalty_card, unique: true, aliases: 3}
  cookie: {shared_beyond: 2, shared_beyond_named: never}
  phone: {country: no}
  user_id: {unique: false}
  ip: {joins: false, names: device}
likeness: {join: never, review: 0.7}
"""


def test_what_a_file_says_is_read() -> None:
    rules, problems = rules_of(WHOLE)
    assert problems == []
    first = ["crm_id", "user_id", "loyalty_card", "email", "phone", "device_id", "anonymous_id", "cookie"]
    assert list(rules.kinds) == [*first, "membership", "ip"]
    email, card, cookie = rules.kind("email"), rules.kind("membership"), rules.kind("cookie")
    assert (email.limit, email.shared_beyond) == (5, None)
    assert sorted(email.fold) == ["gmail_dots", "plus_tags"]
    assert (card.form, card.unique, card.limit, card.aliases) == ("card", True, 1, 3)
    assert (cookie.shared_beyond, cookie.shared_beyond_named) == (2, None)
    assert (rules.kind("phone").country, rules.kind("user_id").unique) == ("NO", False)  # `no` is Norway
    assert rules.kind("user_id").limit > 1
    assert rules.kind("ip").joins is False
    assert rules.normalised("Email", "till@shop.se") is NoIdentifier.PLACEHOLDER
    assert rules.normalised("user_id", "Walk-In") is NoIdentifier.PLACEHOLDER
    assert rules.normalised("of no rules", "walk-in") is NoIdentifier.PLACEHOLDER
    assert rules.normalised("mobile", "912 34 568") == "+4791234568"
    assert rules.likeness.join > 1
    assert rules.likeness.review == 0.7
    assert rules.digest == rules_of(WHOLE.replace("0.7", "0.6"))[0].digest  # it builds no index anew


def test_a_workspace_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    assert read_rules(tmp_path) == Rules()
    (tmp_path / "identity.yaml").write_text("# nothing yet\n", encoding="utf-8")
    assert read_rules(tmp_path).kinds == KINDS
    (tmp_path / "identity.yaml").write_text("country: NO\n", encoding="utf-8")
    assert read_rules(tmp_path).normalised("phone", "912 34 568") == "+4791234568"
    assert list(read_rules(tmp_path).kinds) == list(KINDS)


def test_all_problems_are_said_at_once_each_with_its_place(tmp_path: Path) -> None:
    text = """\
country: Sweden
ranking: [user_id, emial, user_id]
kind: 3
kinds:
  email: {limit: 0, fold: plus_tag}
  E-mail: {limit: 3}
  user_id: {limit: 3, uniqe: true}
  kiosk: {country: SE, fold: plus_tags, aliases: 3, shared_beyond: few}
  membership: {like: loyaltycard}
"""
    (tmp_path / "identity.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_rules(tmp_path)
    said = [str(problem) for problem in raised.value.problems]
    expected = [
        "1:10 'Sweden' is no country",
        "2:20 'emial' is no kind of identifier",
        "2:27 'user_id' stands twice",
        "3:1 'kind' is not a key that is known here; did you mean 'kinds'?",
        "5:18 '0' does not fit here",
        "5:27 'plus_tag' does not fit here",
        "6:3 'E-mail' is the same kind as 'email'",
        "7:20 a customer has at most one of a unique kind",
        "7:23 'uniqe' is not a key that is known here; did you mean 'unique'?",
        "8:20 `country:` is for phone numbers",
        "8:30 `fold:` is for e-mail addresses",
        "8:50 `aliases:` is for unique kinds",
        "8:68 'few' does not fit here",
        "9:22 'loyaltycard' is no kind",
    ]
    for line in expected:
        assert any(one.startswith(f"identity.yaml:{line}") for one in said), (line, said)
    assert len(said) <= len(expected) + 1  # a number or `never` may be said as two


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("likeness:\n  join: 1.2", "2:9 '1.2' does not fit here"),
        ("likeness: {join: 0.8, review: 0.85}", "1:31 a person decides below `join:`"),
        ("likeness: {join: 0.3}", "1:18 a person decides below `join:`"),
        ("likeness: {threshold: 0.8}", "1:12 'threshold' is not a key that is known here; write `join:`"),
        ("likeness: {review: 0}", "1:20 '0' does not fit here"),
    ],
)
def test_thresholds_of_likeness_are_probabilities_in_order(text: str, said: str) -> None:
    problems = [str(problem) for problem in rules_of(text)[1]]
    assert any(one.startswith(f"identity.yaml:{said}") for one in problems), problems


def test_what_is_right_is_used_beside_what_is_wrong() -> None:
    rules, problems = rules_of("country: XX\nkinds:\n  email: {limit: 7}\n")
    assert len(problems) == 1
    assert rules.kind("email").limit == 7


@pytest.mark.parametrize("text", ["[]", "just text", "kinds: 7", "\x00", "a: [", "kinds:\n  email:\n"])
def test_whatever_a_file_holds_it_is_no_traceback(text: str) -> None:
    rules, _ = rules_of(text)
    assert rules.kind("user_id").unique


def test_editors_know_the_file() -> None:
    schema = rules_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    good = {"country": "SE", "kinds": {"email": {"limit": 5, "fold": "plus_tags", "shared_beyond": "never"}}}
    jsonschema.validate(good, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"kinds": {"email": {"limits": 5}}}, schema)


def test_the_file_that_is_explained_is_right() -> None:
    page = Path(__file__).parents[3] / "docs/explanation/identity.md"
    text = page.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    rules, problems = rules_of(text)
    assert problems == []
    assert list(rules.kinds)[:8] == list(KINDS)
    assert rules.kind("email").limit == 10


def test_kinds_that_no_rules_name_rank_last_by_name() -> None:
    ranked = Rules().ranked(["zebra", "cookie", "ant", "user_id"])
    assert [kind.name for kind in ranked] == ["user_id", "cookie", "ant", "zebra"]
    assert not ranked[-1].unique
