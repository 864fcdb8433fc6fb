"""`consent.yaml`: the purposes and topics that customers are asked for, and what holds where they said nothing.

country: SE                       # of customers whose country nobody said
purposes:
analytics:
about: We measure how the shop is used, to make it better.
categories: [Analytics]       # what Segment's clients call it
wordings:
2026-05: May we measure how you use our shop?
marketing: {countries: {US: opt_out}}
topics:
newsletter: {purpose: marketing, double_opt_in: true}
events: {need: analytics, from: [web]}
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.json_schema import GenerateJsonSchema

from resa.base.errors import InputError, Problem, did_you_mean
from resa.base.language import sentence
from resa.documents import Document, Refusal, Shape, read_document, spelling, validate
from resa.model.consents import ConsentRules, Default, Purpose, Topic

__all__ = ["FILE", "consent_rules_of", "consent_schema", "read_consent_rules", "unknown_sources"]

FILE: Final = "consent.yaml"
"""The file's name in the folder of a workspace."""

_MEANS_OUT: Final = frozenset({"legitimate_interest", "soft_opt_in", "opt_out"})


def _country(text: str) -> str:
    from babel import Locale  # noqa: PLC0415 - its names of countries are a large file

    codes = map(str, Locale("en").territories)
    known = [code for code in codes if len(code) == 2 and code.isalpha()]
    code = text.upper()
    if code not in known or code in {"UK", "EU"}:
        message = sentence(
            "'{text}' is no country; write its two letters, such as SE, NO, HU, DE or GB{suggestion}",
            text=text,
            suggestion=did_you_mean({"UK": "GB"}.get(code, code), known),
        )
        raise Refusal(message, code="country")
    return code


def _default(value: Any) -> Any:
    """Legal words for the two are understood."""
    said = spelling(str(value))
    if said in _MEANS_OUT:
        return "opt_out"
    if said in {"opt_in", "consent", "double_opt_in"}:
        return "opt_in"
    message = sentence(
        "'{value}' is neither opt_in (no, until she says yes) nor opt_out (yes, until she objects)", value=value
    )
    raise Refusal(message, code="default")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Country = Annotated[str, AfterValidator(_country)]
_Default = Annotated[Default, BeforeValidator(_default)]
_Names = Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]


class PurposeShape(Shape):
    """What the file says of a purpose."""

    name: str | None = Field(default=None, description="Name for people; else made from the key.")
    about: str | None = Field(default=None, description="What it means, in a sentence or two.")
    default: _Default = Field(
        default="opt_in",
        description="What holds before a customer said anything: `opt_in`, no; `opt_out`, yes, until she objects.",
    )
    countries: dict[_Country, _Default] = Field(
        default_factory=dict, description="Where another default holds, by two letters: `US: opt_out`."
    )
    wordings: dict[str, str] = Field(
        default_factory=dict,
        description="What customers are shown, by version, the newest last. Kept for ever: consents name them.",
    )
    categories: _Names = Field(
        default=(),
        description="What Segment's clients call it, in `context.consent.categoryPreferences`, beside its key.",
    )

    hints: ClassVar[Mapping[str, Any]] = {
        "wording": sentence("write `wordings:`, each with its version"),
        "legal_basis": sentence("write `default: opt_in` or `default: opt_out`"),
        "country": sentence("write `countries: {{US: opt_out}}`"),
    }


class TopicShape(PurposeShape):
    """What the file says of a topic."""

    purpose: str | None = Field(
        default=None, description="Who withdraws this purpose withdraws the topic. None: it stands alone."
    )
    double_opt_in: bool = Field(
        default=False, description="A consent counts once it was confirmed by a link that only she got."
    )

    hints: ClassVar[Mapping[str, Any]] = {**PurposeShape.hints, "confirm": sentence("write `double_opt_in: true`")}


class EventsShape(Shape):
    """Which events need a consent."""

    need: str = Field(description="The purpose without which an event is counted, and not kept with the person.")
    sources: _Names = Field(
        default=(),
        alias="from",
        description="Sources of whose events it must be known, by name: keys, webhooks, files, databases. Of others, "
        "an event that says no is heeded.",
    )


class ConsentShape(Shape):
    """What `consent.yaml` may say."""

    country: _Country | None = Field(default=None, description="Of customers whose country nobody said: SE.")
    country_trait: str | None = Field(
        default=None, description="The trait that says a customer's country, by two letters."
    )
    purposes: dict[str, PurposeShape] = Field(default_factory=dict, description="What data are used for, by key.")
    topics: dict[str, TopicShape] = Field(default_factory=dict, description="What messages are about, by key.")
    events: EventsShape | None = Field(default=None, description="Which events need a consent.")

    hints: ClassVar[Mapping[str, Any]] = {
        "default": sentence("it belongs under a purpose or topic"),
        "wordings": sentence("it belongs under a purpose or topic"),
        "categories": sentence("it belongs under a purpose"),
    }


def read_consent_rules(folder: Path) -> ConsentRules:
    """The rules of a workspace; without `consent.yaml`, none.

    Raises:
        InputError: The file is wrong; holds every problem.
    """
    try:
        text = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return ConsentRules()
    except OSError as error:
        message = sentence("the file cannot be opened: {strerror}", strerror=error.strerror)
        raise InputError(Problem(message=message, file=FILE)) from None
    rules, problems = consent_rules_of(text)
    if any(problem.severity == "error" for problem in problems):
        raise InputError(problems)
    return rules


def unknown_sources(folder: Path, known: Collection[str]) -> list[Problem]:
    """Warnings of sources whose events need a consent, and that there are not: a slip would let all of them in.

    Args:
        folder: The workspace; its `consent.yaml` is right.
        known: Every source that there is.
    """
    document = read_document(FILE, (folder / FILE).read_bytes())
    shape, _ = validate(document, ConsentShape)
    named = () if shape is None or shape.events is None else shape.events.sources
    found = [
        document.problem(
            sentence(
                "there is no source '{name}' yet; there are: {names}{suggestion}",
                name=name,
                names=", ".join(sorted(known)) or sentence("none yet"),
                suggestion=did_you_mean(name, known),
            ),
            ("events", "from", place) if len(named) > 1 else ("events", "from"),
            code="unknown-source",
        )
        for place, name in enumerate(named)
        if name not in known
    ]
    return [replace(problem, severity="warning") for problem in found]


def consent_rules_of(text: str | bytes, file: str = FILE) -> tuple[ConsentRules, list[Problem]]:
    """Read the text of a consent file: what was right in it, and all problems.

    Args:
        text: What it holds; nothing but comments gives no rules.
        file: Its name, for messages.
    """
    document = read_document(file, text)
    problems = list(document.problems)
    if (document.root is None or document.root.empty) and not document.damaged:
        return ConsentRules(), problems
    shape, findings = validate(document, ConsentShape)
    problems += [finding.problem for finding in findings]
    shape = shape or ConsentShape()
    problems += _contradictions(document, shape)
    return _rules(shape), sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def consent_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `consent.yaml`, for editors."""
    schema = ConsentShape.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Resa consent"}


class _Generator(GenerateJsonSchema):
    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012  # as the base declares it


def _contradictions(document: Document, shape: ConsentShape) -> Iterator[Problem]:
    purposes = {spelling(key) for key in shape.purposes}
    known: dict[str, str] = {}
    for section, keys in (("purposes", shape.purposes), ("topics", shape.topics)):
        for key in keys:
            if spelling(key) in known:
                message = sentence("'{key}' stands twice, as '{name}' too", key=key, name=known[spelling(key)])
                yield document.problem(message, (section, key), key=True, code="repeated-name")
            known.setdefault(spelling(key), key)
    for key, topic in shape.topics.items():
        if topic.purpose is not None:
            yield from _unknown_purpose(document, topic.purpose, purposes, ("topics", key, "purpose"))
    if shape.events is not None:
        yield from _unknown_purpose(document, shape.events.need, purposes, ("events", "need"))


def _unknown_purpose(document: Document, name: str, known: set[str], place: tuple[str, ...]) -> Iterator[Problem]:
    if spelling(name) not in known:
        message = sentence(
            "there is no purpose '{name}'; there are: {names}{suggestion}",
            name=name,
            names=", ".join(sorted(known)) or sentence("none yet"),
            suggestion=did_you_mean(spelling(name), known),
        )
        yield document.problem(message, place, code="unknown-purpose")


def _rules(shape: ConsentShape) -> ConsentRules:
    purposes = {spelling(key): Purpose(**_common(key, one)) for key, one in shape.purposes.items()}
    topics = {
        spelling(key): Topic(
            **_common(key, one),
            purpose=None if one.purpose is None else spelling(one.purpose),
            double_opt_in=one.double_opt_in,
        )
        for key, one in shape.topics.items()
    }
    return ConsentRules(
        purposes=MappingProxyType(purposes),
        topics=MappingProxyType(topics),
        country=shape.country,
        country_trait=shape.country_trait,
        events_need=None if shape.events is None else spelling(shape.events.need),
        events_from=frozenset(() if shape.events is None else map(str, shape.events.sources)),
    )


def _common(key: str, shape: PurposeShape) -> dict[str, Any]:
    name = spelling(key)
    return {
        "key": name,
        "name": str(shape.name or name.replace("_", " ").capitalize()),
        "about": str(shape.about or ""),
        "default": shape.default,
        "countries": MappingProxyType({str(code): default for code, default in shape.countries.items()}),
        "wordings": MappingProxyType({str(version): str(text) for version, text in shape.wordings.items()}),
        "categories": tuple(map(str, shape.categories)),
    }
