"""What is gathered from rows, and what is told about who is who."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from tests.oracles.identity import Sighting
from tests.support.identity import evidence_of, moment, names, resolved, seen_of

from resa.base.errors import InputError
from resa.base.language import in_language
from resa.identity import (
    Decision,
    Identifier,
    NoIdentifier,
    Rules,
    assemble,
    decide,
    gather,
    refused,
    resolve,
    rules_of,
    said_refusal,
    set_apart,
    why_apart,
    why_together,
)
from resa.model.tables import EVIDENCE
from resa.storage import Hasher

A, B = Identifier("user_id", "7"), Identifier("user_id", "8")
BROWSER, SECOND = Identifier("cookie", "c-1"), Identifier("cookie", "c-2")
MAIL = Identifier("email", "anna@shop.se")


def test_rows_are_gathered_by_pair_and_source() -> None:
    rows = [
        Sighting(5, "web", (BROWSER, A, BROWSER)),
        Sighting(3, "web", (Identifier("Cookie", " c-1"), Identifier("customer", "7.0"))),
        Sighting(9, "app", (BROWSER, A)),
        Sighting(7, "web", (BROWSER, Identifier("email", "undefined"))),
        Sighting(8, "web", ()),
    ]
    found = gather(seen_of(rows), Rules(), batch=4)
    assert found.evidence.schema == EVIDENCE
    assert found.set_aside == {("email", NoIdentifier.PLACEHOLDER): 1}
    pairs = [row for row in found.evidence.to_pylist() if row["other_kind"]]
    told = {(row["source_id"], row["count"], row["first_at"], row["last_at"], row["batch"]) for row in pairs}
    assert told == {("web", 2, moment(3), moment(5), 4), ("app", 1, moment(9), moment(9), 4)}
    alone = {
        (row["kind"], row["source_id"]): row["count"] for row in found.evidence.to_pylist() if not row["other_kind"]
    }
    assert alone == {("cookie", "web"): 3, ("user_id", "web"): 2, ("cookie", "app"): 1, ("user_id", "app"): 1}


def test_rows_that_name_nobody_and_missing_lists_are_no_evidence() -> None:
    table = seen_of([Sighting(0, "web", (BROWSER,)), Sighting(1, "web", ())])
    nobody = pa.array([None, None], table.column("identifiers").type)
    assert gather(table.set_column(0, "identifiers", nobody), Rules(), batch=1).evidence.num_rows == 0
    assert gather(table.slice(0, 0), Rules(), batch=1).evidence.num_rows == 0
    chunked = pa.concat_tables([table, table.slice(1)])
    assert gather(chunked, Rules(), batch=1).evidence.num_rows == 1


def test_nothing_at_all_is_nobody() -> None:
    persons = resolve([], [], Rules())
    assert len(persons.person) == 0
    assert persons.of([A]) == [None]
    assert (refused(persons).num_rows, set_apart(persons).num_rows) == (0, 0)


def test_more_kinds_than_can_be_told_apart_are_refused() -> None:
    rows = [Sighting(0, "web", (Identifier(f"kind {number}", "7"),)) for number in range(251)]
    with pytest.raises(InputError, match="251 kinds of identifiers, and 250 can be told apart"):
        resolved(rows)
    assert len(resolved(rows[1:]).person) == 250


def test_the_shortest_way_is_told_and_of_the_shortest_the_strongest() -> None:
    phone, card = Identifier("phone", "+46701740605"), Identifier("loyalty_card", "770012")
    rows = [
        Sighting(0, "web", (MAIL, phone)),
        *(Sighting(at, "web", (BROWSER, MAIL)) for at in range(1, 9)),
        Sighting(20, "web", (BROWSER, phone)),
        *(Sighting(at, "pos", (card, phone)) for at in (30, 31)),
        *(Sighting(at, "pos", (card, MAIL)) for at in range(40, 48)),
    ]
    steps = why_together(resolved(rows), BROWSER, card)
    assert [(step.one, step.other, step.count) for step in steps] == [(BROWSER, MAIL, 8), (MAIL, card, 8)]
    expected = "email and loyalty_card: seen together in 8 rows of pos, first on 2026-01-01"
    assert str(steps[1].sentence) == expected
    assert in_language(steps[1].sentence, "sv").startswith("email och loyalty_card: sedda tillsammans på 8 rader i pos")
    assert not any("anna" in step.sentence for step in steps)


def test_decisions_and_aliases_are_reasons_too() -> None:
    rows = [Sighting(0, "web", (BROWSER,)), Sighting(1, "web", (A, B), alias=True)]
    join = Decision(what="join", one=BROWSER, other=A, at=moment(9), who="Karin", why="She called.")
    persons = resolved(rows, [join])
    said = [str(step.sentence) for step in why_together(persons, BROWSER, B)]
    assert said == [
        "cookie and user_id: joined by Karin on 2026-01-01 (She called.)",
        "user_id and user_id: an alias in web says since 2026-01-01 that they are the same",
    ]


def test_what_keeps_two_apart_is_told() -> None:
    rows = [Sighting(0, "web", (BROWSER, A)), Sighting(1, "web", (BROWSER, B)), Sighting(2, "web", (MAIL, A))]
    rows += [Sighting(at, "web", (MAIL, B)) for at in (3, 4)]
    rows += [Sighting(5, "web", (SECOND, MAIL))]
    split = Decision(what="split", one=SECOND, other=MAIL, at=moment(9), who="Karin")
    persons = resolved(rows, [split])
    shared = "this cookie is shared: it was seen with more known customers than its rules allow (1)"
    assert why_apart(persons, BROWSER, A) == [shared]
    assert why_apart(persons, A, MAIL) == [
        "together they would have more identifiers of kind user_id than a customer may have (1)"
    ]
    assert why_apart(persons, SECOND, MAIL) == ["cookie and email: split by Karin on 2026-01-01 (no reason was given)"]
    assert why_apart(persons, MAIL, B) == []
    assert why_together(persons, BROWSER, A) == []
    for row in refused(persons).to_pylist():
        assert str(said_refusal(persons, row["edge"]))


def test_every_refusal_can_be_said() -> None:
    rules, _ = rules_of("kinds:\n  user_id: {aliases: 1}\n  ip: {joins: false}\nplaceholders: c-2\n")
    ip = Identifier("ip", "192.0.2.7")
    rows = [Sighting(0, "web", (A, B), alias=True), Sighting(1, "web", (ip, A)), Sighting(1, "web", (SECOND, A))]
    third = Identifier("user_id", "9")
    said = [("split", BROWSER, third, 1), ("join", BROWSER, A, 2), ("join", A, third, 3), ("join", SECOND, B, 4)]
    decisions = [Decision(what=what, one=one, other=other, at=moment(at)) for what, one, other, at in said]  # type: ignore[arg-type]
    persons = resolve(evidence_of(rows), decisions, rules)
    found = {row["reason"]: str(said_refusal(persons, row["edge"])) for row in refused(persons).to_pylist()}
    assert found.keys() == {"too-many-aliases", "set-apart", "overruled"}
    assert found["overruled"] == "this split no longer holds: later joins say that they are one customer"
    reasons = {row["reason"] for row in set_apart(persons).to_pylist()}
    assert reasons == {"never-joins", "placeholder"}
    assert persons.of([SECOND, BROWSER]) == [None, A]


def test_a_join_that_a_later_split_overrules_says_so() -> None:
    rows = [Sighting(0, "web", (BROWSER,)), Sighting(0, "web", (SECOND,)), Sighting(0, "web", (A,))]
    said = [("join", BROWSER, SECOND, 1), ("join", SECOND, A, 2), ("split", BROWSER, A, 3)]
    decisions = [Decision(what=what, one=one, other=other, at=moment(at), who="Ali") for what, one, other, at in said]  # type: ignore[arg-type]
    persons = resolved(rows, decisions)
    row = refused(persons).to_pylist()
    assert [one["reason"] for one in row] == ["overruled"]
    assert "split by Ali" in said_refusal(persons, row[0]["edge"])
    assert persons.of([BROWSER, SECOND]) == [BROWSER, A]


def test_the_key_of_a_customer_stays_while_others_join() -> None:
    hasher = Hasher(b"a workspace's ke")
    first = resolved([Sighting(0, "web", (BROWSER, A))])
    later = resolved([Sighting(0, "web", (BROWSER, A)), Sighting(1, "web", (SECOND, A)), Sighting(2, "crm", (A, MAIL))])
    key = first.keys(hasher)[first.graph.find([A])[0]]
    assert all(np.array_equal(key, later.keys(hasher)[number]) for number in later.graph.find([A, SECOND, MAIL]))
    assert not np.array_equal(key, first.keys(Hasher(b"another's secret"))[first.graph.find([A])[0]])


def test_an_alias_keeps_the_older_customers_name() -> None:
    rows = [Sighting(5, "web", (A,)), Sighting(3, "web", (B,)), Sighting(9, "web", (A, B), alias=True)]
    assert set(names(resolved(rows)).values()) == {B}


def test_what_names_nobody_cannot_be_decided_on() -> None:
    with pytest.raises(InputError, match="the value given as email names nobody: it stands for nobody"):
        decide(Rules(), "join", ("email", "test@test.com"), ("user_id", "7"), at=moment(0))
    with pytest.raises(InputError, match="both are the same identifier of kind email"):
        decide(Rules(), "split", ("email", "anna@shop.se"), ("E-mail", "ANNA@shop.se"), at=moment(0))
    made = decide(Rules(), "join", ("E-mail", "ANNA@shop.se"), ("user_id", "7.0"), at=moment(0))
    assert made.pair == (MAIL, A)


def test_a_part_of_a_graph_keeps_what_is_told_of_it() -> None:
    rows = [Sighting(0, "web", (BROWSER, A)), Sighting(1, "web", (SECOND, B)), Sighting(2, "app", (SECOND, B))]
    graph = assemble(evidence_of(rows), [], Rules())
    chosen = np.zeros(4, np.bool_)
    chosen[graph.find([SECOND, B])] = True
    part = graph.part(chosen)
    assert len(part.kind) == 2
    assert part.details.column("count").to_pylist() == [1, 1]
    assert part.details.column("pair").to_pylist() == [0, 0]
    assert {part.identifier(0), part.identifier(1)} == {SECOND, B}
