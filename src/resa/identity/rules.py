"""`identity.yaml`: which identifiers are unique, how many a customer may have, and when one is shared.

    country: SE                    # of phone numbers that do not say it
    kinds:
      email:
        limit: 10                  # a customer has at most ten
        placeholders: [till@shop.se]
      membership: {like: loyalty_card, unique: true}
    placeholders: [walk-in]        # of all kinds
    contacts:
      email: {bounced: event = 'mail_bounced' and properties.hard = 'true'}

Every key may be left out, and so may the file: then what `KINDS` says holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.json_schema import GenerateJsonSchema

from resa.base.errors import ExpressionError, InputError, Problem, did_you_mean
from resa.base.language import said_by, sentence
from resa.documents import Document, Refusal, Shape, read_document, validate
from resa.expressions import Scope, compile_expression
from resa.identity.contacts import CONTACTS, ContactForm, Told
from resa.identity.identifiers import NoIdentifier, normalised
from resa.identity.kinds import ALSO_CALLED, KINDS, OTHER, Fold, Kind, canonical
from resa.identity.likeness import ALIKE, UNDECIDED

__all__ = ["FILE", "Rules", "read_rules", "rules_of", "rules_schema"]

FILE: Final = "identity.yaml"
"""The rules' name in the folder of a workspace."""


@dataclass(frozen=True)
class Likeness:
    """How probable it must be that two customers who are alike are one, 0 to 1.

    Attributes:
        join: From here on they are joined; above 1: none are.
        review: From here up to `join` a person decides.
    """

    join: float = ALIKE
    review: float = UNDECIDED


@dataclass(frozen=True)
class Rules:
    """What may join what.

    Attributes:
        kinds: All kinds that are named, the best first.
        other: What holds for kinds that are not.
        contacts: Which events tell what of an address or number, by the form of the identifier.
        likeness: Of customers who are alike; who is who of evidence and decisions does not depend on it.
    """

    kinds: Mapping[str, Kind] = field(default_factory=lambda: KINDS)
    other: Kind = OTHER
    contacts: Mapping[ContactForm, Mapping[Told, str]] = field(default_factory=lambda: CONTACTS)
    likeness: Likeness = field(default_factory=Likeness)

    def kind(self, name: str) -> Kind:
        """The rules of a kind; of one that no rules name, those of `other`."""
        return self.kinds.get(name) or replace(self.other, name=name)

    def normalised(self, name: str, value: str) -> str | NoIdentifier:
        """A value of a kind in its one form, or why it names nobody."""
        return normalised(self.kind(canonical(name)), value)

    def ranked(self, names: Iterable[str]) -> tuple[Kind, ...]:
        """The kinds of these names, the best first; those that no rules name stand last, by name."""
        known = {name: place for place, name in enumerate(self._places)}
        ordered = sorted(set(names), key=lambda name: (known.get(name, len(known)), name))
        return tuple(map(self.kind, ordered))

    @cached_property
    def digest(self) -> str:
        """What tells these rules from others."""
        told = [
            (
                name,
                [repr(sorted(value)) if isinstance(value, frozenset) else value for value in _said(kind)],
                sorted(kind.placeholders.words),
                kind.placeholders.patterns,
            )
            for name, kind in [*self.kinds.items(), ("", self.other)]
        ]
        return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()

    @cached_property
    def _places(self) -> tuple[str, ...]:
        return tuple(self.kinds)


def _said(kind: Kind) -> list[Any]:
    return [value for key, value in vars(kind).items() if key != "placeholders"]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _country(text: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  # loads the plans of all countries

    code = text.upper()
    if code not in SUPPORTED_REGIONS:
        message = sentence(
            "'{text}' is no country; write its two letters, such as SE, NO, HU, DE or GB{suggestion}",
            text=text,
            suggestion=did_you_mean(code, SUPPORTED_REGIONS),
        )
        raise Refusal(message, code="country")
    return code


def _like(text: str) -> str:
    name = canonical(text)
    if name not in KINDS:
        message = sentence(
            "'{text}' is no kind that is known without rules; write one of {names}{suggestion}",
            text=text,
            names=", ".join(KINDS),
            suggestion=did_you_mean(name, KINDS),
        )
        raise Refusal(message, code="unknown-kind")
    return name


def _never(value: Any) -> Any:
    """`never` is no number of customers at all."""
    return "never" if str(value).casefold() == "never" else value


def _condition(text: str) -> str:
    try:
        compile_expression(text, scope=Scope.EVENT, expects="boolean")
    except ExpressionError as error:
        raise Refusal(said_by(error), code="expression") from None
    return text


Condition = Annotated[str, AfterValidator(_condition)]
Listed = BeforeValidator(_listed, json_schema_input_type=str | list[str])
Country = Annotated[str, AfterValidator(_country)]
Probability = Annotated[float, Field(gt=0, le=1)]
Beyond = Annotated[int | Literal["never"], BeforeValidator(_never)]


class KindShape(Shape):
    """What the file says of one kind of identifier."""

    like: Annotated[str, AfterValidator(_like)] | None = Field(
        default=None, description="Read and treated as this kind, but for what else is written here."
    )
    names: Literal["person", "device"] | None = Field(
        default=None, description="Whether it belongs to a person, or to a device that several people may use."
    )
    unique: bool | None = Field(default=None, description="A customer has at most one; two are two customers.")
    limit: int | None = Field(default=None, ge=1, le=65_000, description="The most that one customer may have.")
    aliases: int | None = Field(
        default=None, ge=1, le=65_000, description="The most that a customer may have by aliases, if it is unique."
    )
    shared_beyond: Beyond | None = Field(
        default=None,
        description="One that was seen with more customers who have a unique identifier is shared and joins nobody; "
        "`never`: none is.",
    )
    shared_beyond_named: Beyond | None = Field(
        default=None,
        description="The same of customers who are named at all, such as guests who leave an e-mail address.",
    )
    joins: bool | None = Field(default=None, description="`false`: it is kept, and joins nobody.")
    country: Country | None = Field(default=None, description="Of phone numbers that do not say it: SE.")
    fold: Annotated[tuple[Fold, ...], Listed] = Field(
        default=(), description="What e-mail addresses lose: `plus_tags` (anna+news@), `gmail_dots` (an.na@gmail.com)."
    )
    placeholders: Annotated[tuple[str, ...], Listed] = Field(
        default=(), description="Values of this kind that are nobody's: the mailbox of the till."
    )

    hints: ClassVar[Mapping[str, Any]] = {
        "max": sentence("write `limit:`"),
        "rank": sentence("write `ranking:` at the top, the best kind first"),
        "shared": sentence("write `shared_beyond:`, a number of customers"),
    }


class ContactShape(Shape):
    """Which events tell what of an address or number; each is a condition about an event."""

    works: Condition | None = Field(default=None, description="A message arrived.")
    bounced: Condition | None = Field(default=None, description="A message came back, and so will others.")
    complained: Condition | None = Field(default=None, description="She called a message spam.")
    unsubscribed: Condition | None = Field(default=None, description="She wants no more messages there.")


class LikenessShape(Shape):
    """What the file says of customers who are alike."""

    join: Annotated[Probability | Literal["never"], BeforeValidator(_never)] = Field(
        default=ALIKE,
        description=f"From here on two customers are joined by `resa identity match` ({ALIKE}); `never`: none are.",
    )
    review: Probability = Field(
        default=UNDECIDED, description=f"From here up to `join` a person decides ({UNDECIDED})."
    )

    hints: ClassVar[Mapping[str, Any]] = {
        **dict.fromkeys(("threshold", "alike", "above"), sentence("write `join:`, a probability from 0 to 1")),
        **dict.fromkeys(("undecided", "from", "below"), sentence("write `review:`, a probability from 0 to 1")),
    }


class RulesShape(Shape):
    """What `identity.yaml` may say."""

    country: Country | None = Field(
        default=None, description="Of phone numbers that do not say it: SE. Without it they are not used."
    )
    ranking: Annotated[tuple[str, ...], Listed] = Field(
        default=(), description="Kinds, the best first: a customer is known by the best. Others follow as they were."
    )
    kinds: dict[str, KindShape] = Field(default_factory=dict, description="What differs from the defaults, by kind.")
    placeholders: Annotated[tuple[str, ...], Listed] = Field(
        default=(), description="Values that are nobody's, of whatever kind."
    )
    contacts: dict[ContactForm, ContactShape] = Field(
        default_factory=dict,
        description="Which events tell that an address or number works or does not; default: Segment's for e-mail.",
    )
    likeness: LikenessShape = Field(
        default_factory=LikenessShape, description="From how probable on two customers who are alike are one."
    )

    hints: ClassVar[Mapping[str, Any]] = {
        **{name: sentence("it belongs under `kinds:`") for name in (*KINDS, *ALSO_CALLED)},
        "unique": sentence("it belongs under a kind: `kinds: {{user_id: {{unique: true}}}}`"),
    }


def read_rules(folder: Path) -> Rules:
    """The rules of a workspace; the defaults where it has no `identity.yaml`.

    Raises:
        InputError: The file is wrong; holds every problem.
    """
    path = folder / FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Rules()
    except OSError as error:
        message = sentence("the file cannot be opened: {strerror}", strerror=error.strerror)
        raise InputError(Problem(message=message, file=FILE)) from None
    rules, problems = rules_of(text)
    if any(problem.severity == "error" for problem in problems):
        raise InputError(problems)
    return rules


def rules_of(text: str | bytes, file: str = FILE) -> tuple[Rules, list[Problem]]:
    """Read the text of a rules file: what was right in it, and all problems.

    Args:
        text: What it holds; nothing but comments gives the defaults.
        file: Its name, for messages.
    """
    document = read_document(file, text)
    problems = list(document.problems)
    if (document.root is None or document.root.empty) and not document.damaged:
        return Rules(), problems
    shape, findings = validate(document, RulesShape)
    problems += [finding.problem for finding in findings]
    shape = shape or RulesShape()
    problems += _contradictions(document, shape)
    return _rules(shape), sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def rules_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `identity.yaml`, for editors."""
    schema = RulesShape.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Resa identity rules"}


class _Generator(GenerateJsonSchema):
    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012  # as the base declares it


def _contradictions(document: Document, shape: RulesShape) -> Iterator[Problem]:
    """What each key may say, but not together."""
    likeness = _likeness(shape)
    if likeness.review > likeness.join:
        message = sentence("a person decides below `join:`; write a `review:` that is no higher, or raise `join:`")
        key = "review" if "review" in shape.likeness.model_fields_set else "join"
        yield document.problem(message, ("likeness", key), code="likeness")
    named = {canonical(name) for name in shape.kinds}
    known = {*KINDS, *named}
    listed = isinstance(document.data, dict) and isinstance(document.data.get("ranking"), list)
    seen: set[str] = set()
    for number, text in enumerate(shape.ranking):
        place = ("ranking", number) if listed else ("ranking",)
        name = canonical(text)
        if name not in known:
            message = sentence(
                "'{name}' is no kind of identifier; write one of {names}, or tell of it under `kinds:`{suggestion}",
                name=text,
                names=", ".join(sorted(known)),
                suggestion=did_you_mean(name, known),
            )
            yield document.problem(message, place, code="unknown-kind")
        elif name in seen:
            yield document.problem(sentence("'{name}' stands twice", name=text), place, code="repeated-kind")
        seen.add(name)
    first: dict[str, str] = {}
    for text, kind in shape.kinds.items():
        name, within = canonical(text), ("kinds", text)
        if name in first:
            message = sentence("'{name}' is the same kind as '{first}'; write it once", name=text, first=first[name])
            yield document.problem(message, within, key=True, code="repeated-kind")
        first.setdefault(name, text)
        yield from _contradictions_of_kind(document, within, _kind(name, kind, shape), kind)


def _contradictions_of_kind(
    document: Document, place: tuple[str, str], kind: Kind, shape: KindShape
) -> Iterator[Problem]:
    if kind.unique and shape.limit is not None and shape.limit > 1:
        message = sentence("a customer has at most one of a unique kind; take `limit:` or `unique:` away")
        yield document.problem(message, (*place, "limit"), code="unique-limit")
    if shape.aliases is not None and not kind.unique:
        message = sentence("`aliases:` is for unique kinds; take it away or write `unique: true`")
        yield document.problem(message, (*place, "aliases"), code="aliases")
    if shape.fold and kind.form != "email":
        message = sentence("`fold:` is for e-mail addresses; take it away or write `like: email`")
        yield document.problem(message, (*place, "fold"), code="fold")
    if shape.country is not None and kind.form != "phone":
        message = sentence("`country:` is for phone numbers; take it away or write `like: phone`")
        yield document.problem(message, (*place, "country"), code="country")


def _rules(shape: RulesShape) -> Rules:
    told: dict[str, KindShape] = {}
    for text, kind in shape.kinds.items():
        told.setdefault(canonical(text), kind)
    names = dict.fromkeys((*KINDS, *told))
    first = [name for name in dict.fromkeys(map(canonical, shape.ranking)) if name in names]
    ordered = [*first, *(name for name in names if name not in first)]
    kinds = {name: _kind(name, told.get(name, KindShape()), shape) for name in ordered}
    contacts = {
        form: MappingProxyType({**conditions, **_told(shape.contacts.get(form))})
        for form, conditions in CONTACTS.items()
    }
    other = _kind(OTHER.name, KindShape(), shape)
    return Rules(MappingProxyType(kinds), other, MappingProxyType(contacts), _likeness(shape))


def _told(shape: ContactShape | None) -> dict[Told, str]:
    return {} if shape is None else cast("dict[Told, str]", shape.model_dump(exclude_none=True))


def _likeness(shape: RulesShape) -> Likeness:
    told = shape.likeness
    return Likeness(join=inf if told.join == "never" else told.join, review=told.review)


def _kind(name: str, told: KindShape, shape: RulesShape) -> Kind:
    """The default of a kind, or of the one it is like, with what the file says of it."""
    base = KINDS[told.like] if told.like else KINDS.get(name, OTHER)
    changes: dict[str, Any] = {
        key: getattr(told, key)
        for key in ("names", "unique", "limit", "aliases", "joins")
        if getattr(told, key) is not None
    }
    for key in ("shared_beyond", "shared_beyond_named"):
        if (beyond := getattr(told, key)) is not None:
            changes[key] = None if beyond == "never" else beyond
    unique = changes.get("unique", base.unique)
    if unique:
        changes["limit"] = 1
    elif base.unique and "limit" not in changes:
        changes["limit"] = OTHER.limit
    kind = replace(
        base, name=name, country=told.country or shape.country, fold=frozenset(told.fold) or base.fold, **changes
    )
    words = (*shape.placeholders, *told.placeholders)
    forms = (found for word in words if isinstance(found := normalised(kind, word), str))
    return replace(kind, placeholders=kind.placeholders.with_words((*words, *forms)))
