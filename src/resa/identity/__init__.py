"""UNIFY: which identifiers are one customer. Evidence and people's decisions in, persons with their reasons out.

    rules = read_rules(folder)                             # identity.yaml, or the defaults
    found = gather(seen, rules, batch=7)                   # what was seen, and what was seen together
    persons = resolve([found.evidence], decisions, rules)  # whose each identifier is
    why_together(persons, one, other)                      # the evidence from one to the other
    Unifier(rules, decisions).unify(index, seen)           # the same, kept with the journey index and added to

Nothing here writes: the same evidence and decisions give the same persons, in whatever order they came.
"""

from resa.identity.contacts import ContactPoint, ContactWord, state_of_contact
from resa.identity.decisions import Decision, decide, in_force
from resa.identity.erasing import hashes_in_one_form, in_one_form, national_number
from resa.identity.gathering import Gathered, gather
from resa.identity.graph import Graph, assemble, touched
from resa.identity.identifiers import Identifier, NoIdentifier, normalised
from resa.identity.kinds import KINDS, OTHER, Kind, canonical
from resa.identity.likeness import ALIKE, FIELDS, LIKENESS, UNDECIDED, Level, groups_of, likely_pairs
from resa.identity.looking import customers_named, identifiers_of, identifiers_of_each, persons_around, persons_in_doubt
from resa.identity.reasons import Step, refused, said_apart, said_refusal, set_apart, why_apart, why_together
from resa.identity.resolving import NOBODY, Persons, resolve, resolve_graph
from resa.identity.rules import Rules, read_rules, rules_of, rules_schema
from resa.identity.telling import most_telling, name_among
from resa.identity.unifying import Known, Unifier, decisions_of

__all__ = [
    "ALIKE",
    "FIELDS",
    "KINDS",
    "LIKENESS",
    "NOBODY",
    "OTHER",
    "UNDECIDED",
    "ContactPoint",
    "ContactWord",
    "Decision",
    "Gathered",
    "Graph",
    "Identifier",
    "Kind",
    "Known",
    "Level",
    "NoIdentifier",
    "Persons",
    "Rules",
    "Step",
    "Unifier",
    "assemble",
    "canonical",
    "customers_named",
    "decide",
    "decisions_of",
    "gather",
    "groups_of",
    "hashes_in_one_form",
    "identifiers_of",
    "identifiers_of_each",
    "in_force",
    "in_one_form",
    "likely_pairs",
    "most_telling",
    "name_among",
    "national_number",
    "normalised",
    "persons_around",
    "persons_in_doubt",
    "read_rules",
    "refused",
    "resolve",
    "resolve_graph",
    "rules_of",
    "rules_schema",
    "said_apart",
    "said_refusal",
    "set_apart",
    "state_of_contact",
    "touched",
    "why_apart",
    "why_together",
]
