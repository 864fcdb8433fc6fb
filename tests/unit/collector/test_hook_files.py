"""What a source file of a hook may say, and what a request becomes before anything is known of its meaning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resa.base.errors import InputError
from resa.collector import hook_line, read_source

GOOD = "columns: {occurred_at: at, event: what, customer: who}\n"

SELECT = """hook: {signature: none}
select: |
  select row.webhook.id as message_id, row.a as occurred_at, row.e as event, row.c as customer from row
"""


def problems_of(text: str) -> list[str]:
    return [str(problem) for problem in read_source("sources/a.yaml", text, Path("/shop"))[1]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hook: {signature: none}\n" + GOOD, []),
        ("hook: {signature: github, secret_env: HUB_SECRET}\n" + GOOD, []),
        ("hook: {signature: github}\n" + GOOD, ["1:7 name the environment variable"]),
        ("hook: {signature: none, secret_env: A}\n" + GOOD, ["without a signature there is no secret"]),
        ("hook: {signature: sha}\n" + GOOD, ["'standard', 'stripe'", "secret_env"]),
        ("hook: {secret_env: A}\n" + GOOD, ["'signature' is missing"]),
        (
            "hook: {signature: stripe, secret: whsec_MfKQ9r8GKYqr}\n" + GOOD,
            ["a secret must not stand in a source file"],
        ),
        ("hook: {signature: stripe, secret_env: whsec_MfKQ9r8GKYqr}\n" + GOOD, ["no name of an environment variable"]),
        ("hook: {signature: none}\npath: a.csv\n" + GOOD, ["2:1 'path' is of files"]),
        ("hook: {signature: none}\ncsv: {delimiter: tab}\nformat: csv\n" + GOOD, ["'csv' is of", "'format' is of"]),
        ("hook: {signature: none}\nkind: lookup\ncolumns: {key: k}\n", ["a lookup table is read from files"]),
        ("hok: {signature: none}\n" + GOOD, ["did you mean 'hook'"]),
        (GOOD, ["'path' is missing; for rows of a database write `database:`, for rows that come over HTTP `hook:`"]),
        (SELECT.replace("row.webhook.id as message_id, ", ""), ["row.webhook.id as message_id"]),
        (SELECT, []),
        (SELECT.replace("row.a ", "row.c.at "), ["'c' is read as a whole and in parts"]),
    ],
)
def test_what_a_hook_says(text: str, words: list[str]) -> None:
    found = problems_of(text)
    for word in words:
        assert any(word in problem for problem in found), (word, found)
    assert len(found) == len(words), found
    assert not any("MfKQ9r8" in problem for problem in found)  # a secret is not repeated


def test_a_request_as_a_line() -> None:
    line = json.loads(
        hook_line(b' {"id": 820982911946154508123, "a": {"b" : 1.50}, "webhook": 1}', 1_500_000, called="m")
    )
    about = line.pop("webhook")
    assert line == {"id": 820982911946154508123, "a": {"b": 1.5}}
    assert about == {"id": "m", "event": None, "sent_at": None, "received_at": "1970-01-01T00:00:01.500000+00:00"}
    assert b'"b" : 1.50' in hook_line(b'{"a": {"b" : 1.50}}', 0)  # numbers stay as they were written
    assert json.loads(hook_line(b"[1, 2]", 0))["body"] == [1, 2]
    about = json.loads(hook_line(b"{}", 0, event="issues", sent_at=60))["webhook"]
    assert (about["event"], about["sent_at"]) == ("issues", "1970-01-01T00:01:00+00:00")


def test_half_a_letter_is_mended() -> None:
    line = json.loads(hook_line(b'{"note": "Te \\ud83c", "ok": "\\ud83c\\udf75"}', 0))
    assert (line["note"], line["ok"]) == ("Te \ufffd", "🍵")


def test_what_a_request_is_called() -> None:
    def called(body: bytes) -> str:
        return str(json.loads(hook_line(body, 0))["webhook"]["id"])

    assert called(b'{"id": "evt_1", "object": "event"}') == "evt_1"
    for body in (b'{"id": "evt_1"}', b'{"id": 5, "object": "event"}', b'{"object": "event"}', b"[]"):
        assert called(body) == called(body)
        assert len(called(body)) == 32
    assert called(b'{"a": 1}') != called(b'{"a":  1}')


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}{}", b"a=1", b'{"a": NaN}', b"\xff", b'{"a": "\xff"}', b'{"a": "\xc3("}', b"[" * 200_000, b"'a'"],
)
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(InputError, match="no JSON"):
        hook_line(body, 0)
