from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from tests.oracles.identity import Sighting, who_is_who
from tests.support.identity import content, evidence_of, groups, moment, names, resolved
from tests.support.identity_drawn import DECISIONS, ONE, RULES, SIGHTINGS
from tests.support.properties import holds

from resa.identity import (
    Decision,
    Identifier,
    Persons,
    Rules,
    assemble,
    refused,
    resolve,
    resolve_graph,
    set_apart,
    touched,
    why_apart,
    why_together,
)
from resa.kernels import joining

LATE = moment(1000)


def batches(sightings: list[Sighting], data: st.DataObject) -> list[pa.Table]:
    """The same rows in other batches, in another order, some given twice."""
    shuffled = data.draw(st.permutations(sightings))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    found = []
    for number, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(shuffled)], strict=True)):
        found += evidence_of(shuffled[begin:end], number)
    return data.draw(st.permutations([*found, *data.draw(st.lists(st.sampled_from(found)) if found else st.just([]))]))


def told(persons: Persons) -> tuple[object, ...]:
    """All that may be seen of an answer."""
    no = refused(persons).drop_columns(["edge"]).to_pylist()
    return names(persons), set_apart(persons).to_pylist(), sorted(no, key=str)


@holds(few=40, many=1500, sightings=SIGHTINGS, decisions=DECISIONS, rules=RULES)
def test_persons_are_those_of_the_oracle(sightings: list[Sighting], decisions: list[Decision], rules: Rules) -> None:
    persons = resolved(sightings, decisions, rules)
    expected = who_is_who(sightings, decisions, rules, content)
    assert groups(persons) == set(map(frozenset, expected.groups))
    apart = {Identifier(row["kind"], row["value"]): row["reason"] for row in set_apart(persons).to_pylist()}
    assert apart == expected.apart
    pairs = {}
    for row in refused(persons).to_pylist():
        if row["edge"] >= len(persons.graph.decisions):
            ends = Identifier(row["kind"], row["value"]), Identifier(row["other_kind"], row["other_value"])
            pairs[frozenset(ends)] = row["reason"]
    assert pairs == {both: reason for both, reason in expected.refused.items() if reason != "overruled"}


@holds(few=40, many=1500, sightings=SIGHTINGS, decisions=DECISIONS, rules=RULES, data=st.data())
def test_the_order_of_arrival_never_changes_the_persons(
    sightings: list[Sighting], decisions: list[Decision], rules: Rules, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations([*decisions, *decisions[:2]]))
    persons = resolve(batches(sightings, data), shuffled, rules)
    assert told(persons) == told(resolved(sightings, decisions, rules))


@holds(few=40, many=1500, sightings=SIGHTINGS, rules=RULES)
def test_placeholders_are_nobody_whether_known_at_gathering_or_later(sightings: list[Sighting], rules: Rules) -> None:
    late = resolved(sightings, (), rules)
    early = resolve(evidence_of(sightings, rules=rules), (), rules)
    assert groups(early) == {group for group in groups(late) if names(late)[min(group)] is not None}


@holds(few=40, many=1500, sightings=SIGHTINGS, decisions=DECISIONS, rules=RULES, one=ONE, other=ONE)
def test_join_and_then_split_is_the_identity(
    sightings: list[Sighting], decisions: list[Decision], rules: Rules, one: Identifier, other: Identifier
) -> None:
    before = resolved(sightings, decisions, rules)
    whose = before.of([one, other])
    if one == other or (whose[0] == whose[1] and whose[0] is not None):
        return
    join = Decision(what="join", one=one, other=other, at=LATE)
    split = Decision(what="split", one=other, other=one, at=moment(1001))
    after = names(resolved(sightings, [*decisions, join, split], rules))
    known = names(before)
    assert {identifier: after[identifier] for identifier in known} == known
    assert all(after[new] in {new, None} for new in after.keys() - known.keys())


@holds(few=40, many=1500, sightings=SIGHTINGS, decisions=DECISIONS, rules=RULES, one=ONE, other=ONE, later=SIGHTINGS)
def test_a_split_holds_whatever_is_seen_later(
    sightings: list[Sighting],
    decisions: list[Decision],
    rules: Rules,
    one: Identifier,
    other: Identifier,
    later: list[Sighting],
) -> None:
    if one == other:
        return
    split = Decision(what="split", one=one, other=other, at=LATE)
    seen = list(dict.fromkeys([*sightings, *later]))
    whose = resolved(seen, [*decisions, split], rules).of([one, other])
    assert whose[0] != whose[1] or whose[0] is None
    again = Decision(what="join", one=one, other=other, at=moment(1001))
    whose = resolved(seen, [*decisions, split, again], rules).of([one, other])
    assert whose[0] == whose[1] or None in whose  # a placeholder is nobody, whatever a person says


@holds(few=40, many=1500, sightings=SIGHTINGS, rules=RULES)
def test_nobody_has_two_unique_identifiers_without_an_alias(sightings: list[Sighting], rules: Rules) -> None:
    persons = resolved([row for row in sightings if not row.alias], (), rules)
    for group in groups(persons):
        for name in {identifier.kind for identifier in group}:
            kind = rules.kind(name)
            assert sum(identifier.kind == name for identifier in group) <= (1 if kind.unique else kind.limit)


@holds(few=40, many=1500, sightings=SIGHTINGS, decisions=DECISIONS, rules=RULES)
def test_every_join_has_its_reasons(sightings: list[Sighting], decisions: list[Decision], rules: Rules) -> None:
    persons = resolved(sightings, decisions, rules)
    seen = {frozenset((one, other)) for row in sightings for one in row.identifiers for other in row.identifiers}
    joined = {frozenset((each.one, each.other)) for each in decisions if each.what == "join"}
    no = {
        frozenset((Identifier(row["kind"], row["value"]), Identifier(row["other_kind"], row["other_value"])))
        for row in refused(persons).to_pylist()
        if row["edge"] >= len(persons.graph.decisions)
    }
    for group in groups(persons):
        start = min(group)
        for other in group - {start}:
            steps = why_together(persons, start, other)
            assert [step.one for step in steps] == [start, *(step.other for step in steps[:-1])]
            assert steps[-1].other == other
            for step in steps:
                ends = frozenset((step.one, step.other))
                assert ends in joined if step.decision else ends in seen - no
                assert str(step.sentence)
            assert why_apart(persons, start, other) == []


@holds(few=40, many=1500, sightings=SIGHTINGS, decisions=DECISIONS, rules=RULES, data=st.data())
def test_resolving_what_is_touched_is_resolving_all(
    sightings: list[Sighting], decisions: list[Decision], rules: Rules, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(sightings)))
    last = data.draw(st.integers(0, len(decisions)))
    old, new = evidence_of(sightings[:cut], 1), evidence_of(sightings[cut:], 2)
    before = names(resolve(old, decisions[:last], rules))
    graph = assemble([*old, *new], decisions, rules)
    fresh = [one for row in sightings[cut:] for one in row.identifiers]
    fresh += [one for decision in decisions[last:] for one in (decision.one, decision.other)]
    chosen = touched(graph, fresh)
    whole, part = resolve_graph(graph), resolve_graph(graph.part(chosen))
    assert {**before, **names(part)} == names(whole)
    assert np.array_equal(part.apart, whole.apart[chosen])
    inside = chosen[whole.ends[0]] & chosen[whole.ends[1]]
    assert np.array_equal(part.outcome, whole.outcome[inside])
    left = chosen[whole.ends[0]] != chosen[whole.ends[1]]  # one end joins nobody
    assert np.isin(whole.outcome[left], joining.APART).all()


@holds(few=40, many=1500, sightings=SIGHTINGS, decisions=DECISIONS, rules=RULES)
def test_a_row_is_its_best_identifiers(sightings: list[Sighting], decisions: list[Decision], rules: Rules) -> None:
    persons = resolved(sightings, decisions, rules)
    graph = persons.graph
    every = {one for row in sightings for one in row.identifiers}
    apart = {Identifier(row["kind"], row["value"]): row["reason"] for row in set_apart(persons).to_pylist()}
    ranked = [kind.name for kind in rules.ranked(one.kind for one in every)]
    flat = [one for row in sightings for one in row.identifiers]
    row = np.repeat(np.arange(len(sightings)), [len(row.identifiers) for row in sightings])
    whose = persons.whose(row, graph.find(flat), len(sightings))
    for number, sighting in enumerate(sightings):
        own = [one for one in sighting.identifiers if apart.get(one) != "placeholder"]
        best = min(own, key=lambda one: ("shared" in apart.get(one, ""), ranked.index(one.kind)), default=None)
        expected = None if best is None else names(persons)[best]
        assert (None if whose[number] < 0 else graph.identifier(whose[number])) == expected


@holds(few=40, many=1500, sightings=SIGHTINGS, decisions=DECISIONS)
def test_a_customers_name_survives_what_joins_later(sightings: list[Sighting], decisions: list[Decision]) -> None:
    """Rows that come in the order of time, with rules that join no unique one: one of the parts gives the name."""
    rows = sorted(sightings, key=lambda row: row.at)
    persons = resolved(rows, decisions)
    for group in groups(persons):
        first = {one: min((row.at for row in rows if one in row.identifiers), default=2**62) for one in group}
        ranked = [kind.name for kind in Rules().ranked(one.kind for one in group)]
        best = min(ranked.index(one.kind) for one in group)
        oldest = min(first[one] for one in group if ranked.index(one.kind) == best)
        name = names(persons)[min(group)]
        assert name is None or (ranked.index(name.kind) == best and first[name] == oldest)
