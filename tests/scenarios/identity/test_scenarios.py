"""The stories of `scenarios.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.oracles.identity import Sighting
from tests.support.identity import evidence_of, groups, moment, names

from resa.documents import read_document
from resa.identity import (
    Decision,
    Identifier,
    NoIdentifier,
    Persons,
    Rules,
    assemble,
    canonical,
    decide,
    refused,
    resolve,
    resolve_graph,
    rules_of,
    set_apart,
    touched,
)

STORIES: dict[str, Any] = read_document(Path(__file__).with_name("scenarios.yaml")).data


def identifier(text: str) -> Identifier:
    return Identifier(*text.split("=", 1))


def ends(text: str) -> frozenset[Identifier]:
    return frozenset(map(identifier, text.split()))


class Told:
    """What a story has told so far."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.rows: list[Sighting] = []
        self.evidence: list[pa.Table] = []
        self.decisions: list[Decision] = []
        self.touched: list[Identifier] = []
        self.before: dict[Identifier, Identifier | None] = {}

    def load(self, lines: list[str]) -> None:
        rows: list[Sighting] = []
        for line in lines:
            source, _, named = line.partition(": ")
            alias = named.startswith("alias ")
            every = tuple(map(identifier, named.removeprefix("alias ").split()))
            rows.append(Sighting(len(self.rows) + len(rows), source, every, alias))
        self.evidence += evidence_of(rows, len(self.evidence), self.rules)
        self.rows += rows
        self.touched += [one for row in rows for one in self.read(row)]

    def read(self, row: Sighting) -> list[Identifier]:
        """The identifiers of a row in their one form."""
        found = []
        for kind, value in row.identifiers:
            one = self.rules.normalised(kind, value)
            if not isinstance(one, NoIdentifier):
                found.append(Identifier(canonical(kind), one))
        return found

    def decide(self, text: str) -> None:
        what, one, other = text.split()
        at = moment(1000 + len(self.decisions))
        made = decide(self.rules, what, identifier(one), identifier(other), at=at)  # type: ignore[arg-type]
        self.decisions.append(made)
        self.touched += [made.one, made.other]

    def whose(self, persons: Persons) -> list[str | None]:
        named = [self.read(row) for row in self.rows]
        row = np.repeat(np.arange(len(named)), [len(each) for each in named])
        flat = [one for each in named for one in each]
        found = persons.whose(row, persons.graph.find(flat), len(named)).tolist()
        return [None if who < 0 else "=".join(persons.graph.identifier(who)) for who in found]


def check(told: Told, step: dict[str, Any]) -> None:
    persons = resolve(told.evidence, told.decisions, told.rules)
    assert groups(persons) == set(map(ends, step["persons"]))
    for line in step["persons"]:
        assert names(persons)[identifier(line.split()[0])] == identifier(line.split()[0]), line
    if "apart" in step:
        apart = {f"{row['kind']}={row['value']}": row["reason"] for row in set_apart(persons).to_pylist()}
        assert apart == step["apart"]
    if "refused" in step:
        said = {
            frozenset((Identifier(row["kind"], row["value"]), Identifier(row["other_kind"], row["other_value"]))): row
            for row in refused(persons).to_pylist()
        }
        expected = {ends(both): reason for both, reason in step["refused"].items()}
        assert {both: row["reason"] for both, row in said.items()} == expected
    if "whose" in step:
        assert told.whose(persons) == step["whose"]
    assert names(resolve(told.evidence[::-1], told.decisions[::-1], told.rules)) == names(persons)
    graph = assemble(told.evidence, told.decisions, told.rules)
    part = resolve_graph(graph.part(touched(graph, told.touched)))
    assert {**told.before, **names(part)} == names(persons)
    told.before, told.touched = names(persons), []


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    story = STORIES[name]
    rules, problems = rules_of(story.get("rules", ""))
    assert problems == []
    assert story["about"]
    told = Told(rules)
    checked = 0
    for step in story["steps"]:
        if "load" in step:
            told.load(step["load"])
        elif "decide" in step:
            told.decide(step["decide"])
        else:
            check(told, step)
            checked += 1
    assert checked


def test_every_scenario_that_was_promised_is_there() -> None:
    promised = (
        "chain, fan-in, diamond, late bridge, shared browser, shared mailbox, placeholder, unique conflict, cycle"
    )
    assert {*promised.split(", "), "split then new evidence", "join across loads", "alias"} <= STORIES.keys()
