"""From a document to a model: pydantic's errors as located problems in plain words, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, model_validator

from resa.base.errors import did_you_mean, nearest
from resa.base.language import Sentence, as_it_is, pattern, said_by, sentence
from resa.documents.reading import Document
from resa.documents.source import Edit, Finding
from resa.documents.tree import Block, Node, Path, Written, inner_offset, written

__all__ = ["Refusal", "Shape", "Validated", "report", "validate"]

Model = TypeVar("Model", bound=BaseModel)

_WORDS: Mapping[str, str] = {
    "missing": pattern("'{field}' is missing"),
    "extra_forbidden": pattern("'{name}' is not a key that is known here"),
    "bool_parsing": pattern("write true or false"),
    "bool_type": pattern("write true or false"),
    "int_parsing": pattern("write a whole number, such as 3"),
    "int_type": pattern("write a whole number, such as 3"),
    "float_parsing": pattern("write a number, such as 2.5"),
    "float_type": pattern("write a number, such as 2.5"),
    "list_type": pattern("write a list, one item a line, each after '- '"),
    "tuple_type": pattern("write a list, one item a line, each after '- '"),
    "dict_type": pattern("write 'key: value' lines here"),
    "model_type": pattern("write 'key: value' lines here"),
    "model_attributes_type": pattern("write 'key: value' lines here"),
    "string_type": pattern("write a text here"),
    "too_short": pattern("the list is empty"),
}


class Refusal(ValueError):
    """What a validator raises: a message, and how to mend it.

    Args:
        message: What is wrong and what to write.
        code: Stable name of the rule.
        fix: What to write instead of the whole value.
        edits: Other edits that mend it, instead of replacing the value.
        inside: How many characters into the value's text the problem stands.
    """

    def __init__(
        self,
        message: Sentence,
        *,
        code: str = "invalid",
        fix: str | None = None,
        edits: Iterable[Edit] = (),
        inside: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.fix = fix
        self.edits = tuple(edits)
        self.inside = inside


class Validated(NamedTuple, Generic[Model]):
    """What `validate` gives: the model of everything that was right, and what was wrong.

    Attributes:
        value: The model; parts with errors are left out of it, `None` if too little was right.
        findings: What was wrong, with repairs. The document's own findings are not repeated.
    """

    value: Model | None
    findings: tuple[Finding, ...]


class Shape(BaseModel):
    """Base of models for files: unknown keys are problems with a suggestion, and hide no other problem.

    Keys are compared as `normalise` says, so `Pain points` is `pain_points`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)
    hints: ClassVar[Mapping[str, str]] = {}
    """What to say of keys that people try and that are called otherwise, or are written elsewhere."""
    stand_ins: ClassVar[Mapping[str, str | tuple[()]]] = {}
    """What is read for a key that must be there and is missing or wrong: that is reported, and hides nothing."""

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Block):
            return data
        known = {field.alias or name: name for name, field in cls.model_fields.items()}
        kept: dict[str, Any] = {}
        for key, value in data.items():
            name = key if key in known else spelling(key)
            if name in known and name not in kept:
                kept[name] = value  # nothing written is nothing said: left out below
            elif name in known:
                report(
                    info,
                    key.finding(
                        sentence("'{key}' stands twice, as '{name}' too", key=key, name=name),
                        code="repeated-key",
                        fix=key,
                    ),
                )
            else:
                report(info, cls._unknown(key, known))
        if info.context is not None and info.context.get("again"):
            for name, said in cls.stand_ins.items():
                if kept.get(name) is None and name in known and cls.model_fields[known[name]].is_required():
                    kept[name] = Written(said, data.source, data.node) if isinstance(said, str) else said
        return {name: value for name, value in kept.items() if value is not None}

    @classmethod
    def _unknown(cls, key: Written, known: Mapping[str, str]) -> Finding:
        name = spelling(key)
        if hint := cls.hints.get(name):
            return Finding(
                key.problem(
                    sentence("'{key}' is not a key that is known here; {hint}", key=key, hint=hint), code="unknown-key"
                )
            )
        meant = nearest(name, known)
        if meant is None:
            names = ", ".join(sorted(known))
            return Finding(
                key.problem(
                    sentence("'{key}' is not a key that is known here; known are {names}", key=key, names=names),
                    code="unknown-key",
                )
            )
        message = sentence(
            "'{key}' is not a key that is known here{suggestion}", key=key, suggestion=did_you_mean(name, known)
        )
        return key.finding(message, code="unknown-key", fix=meant)


def spelling(key: str) -> str:
    """A key as it is compared: lower case, with underscores for spaces and hyphens."""
    return "_".join(key.casefold().replace("-", " ").split())


def report(info: ValidationInfo, *findings: Finding) -> None:
    """Report findings from inside a validator, beside what it returns or raises."""
    if info.context is not None:
        info.context.setdefault("findings", []).extend(findings)


def validate(
    document: Document, model: type[Model], *, at: Path = (), context: Mapping[str, Any] | None = None
) -> Validated[Model]:
    """Read a document as a model. Scalars reach the model as the text that was written: its types decide.

    Wrong parts are reported and left out, and what remains is read, so that one mistake hides no other.

    Args:
        document: What to read.
        model: What it should be, best a `Shape`.
        at: Read only what stands at this path.
        context: What validators find in `info.context`.
    """
    root = document.node(at)
    if root is None or root.empty:
        message = (
            sentence("the file is empty") if not document.damaged else sentence("nothing in the file could be read")
        )
        findings = () if document.damaged else (Finding(document.problem(message, at, code="empty")),)
        return Validated(None, findings)
    found: dict[tuple[int, int, str], Finding] = {}
    first = True
    for _ in range(100):
        gathered: dict[str, Any] = {**(context or {}), "findings": [], "again": not first}
        try:
            value = model.model_validate(written(root, document.source), context=gathered)
        except ValidationError as error:
            wrong = [_finding(document, root, at, details) for details in error.errors(include_url=False)]
            if first:  # later rounds only find what follows from the parts that were left out
                _gather(found, [*gathered["findings"], *_not_following(gathered["findings"], wrong)])
                first = False
                wrong = [(finding, node) for finding, node in wrong if finding.problem.code != "missing"]
            pruned = _without(root, {id(node) for _, node in wrong})
            if pruned is None:
                return Validated(None, _ordered(found))
            root = pruned
            continue
        if first:
            _gather(found, gathered["findings"])
        return Validated(value, _ordered(found))
    return Validated(None, _ordered(found))


def _not_following(reported: Iterable[Finding], wrong: Iterable[tuple[Finding, Node]]) -> Iterator[Finding]:
    """The findings without those of a key that is missing because it is misspelt beside."""
    misspelt = {
        (edit.start, edit.new)
        for finding in reported
        if finding.problem.code == "unknown-key"
        for edit in finding.edits
    }
    for finding, node in wrong:
        missing = (finding.problem.field or "").rpartition(".")[2]
        beside = {key.start for key, _ in node.pairs}
        if finding.problem.code == "too-short" and (node.items or node.pairs):
            continue  # its items are wrong, and reported
        if finding.problem.code != "missing" or not any(at in beside and new == missing for at, new in misspelt):
            yield finding


def _gather(found: dict[tuple[int, int, str], Finding], findings: Iterable[Finding]) -> None:
    for finding in findings:
        problem = finding.problem
        found.setdefault((problem.line or 0, problem.column or 0, problem.message), finding)


def _ordered(found: Mapping[tuple[int, int, str], Finding]) -> tuple[Finding, ...]:
    return tuple(found[place] for place in sorted(found))


def _finding(document: Document, root: Node, at: Path, details: Any) -> tuple[Finding, Node]:
    """The finding for one of pydantic's errors, and the node to leave out so that the rest can be read."""
    location = tuple(details["loc"])
    key, value, is_key = _locate(root, location)
    raised = details.get("ctx", {}).get("error")
    refusal = raised if isinstance(raised, Refusal) else None
    if refusal is None:
        code = details["type"].replace("_", "-")
        said = said_by(raised) if raised else _plain_words(details, value, str(location[-1]) if location else "")
        refusal = Refusal(said, code=code)
    place = key if is_key or details["type"] == "extra_forbidden" else value
    offset = place.start if refusal.inside is None else inner_offset(document.source, place, refusal.inside)
    field = ".".join(str(step) for step in (*at, *location) if step != "[key]") or None
    problem = document.source.problem(refusal.message, offset, code=refusal.code, fix=refusal.fix, field=field)
    edits = refusal.edits or (() if refusal.fix is None else (Edit(place.start, place.end, refusal.fix),))
    return Finding(problem, edits), value


def _plain_words(details: Any, value: Node, name: str) -> Sentence:
    kind = details["type"]
    if not details["loc"] and value.kind == "scalar":
        # Perhaps another file, with data that are not shown.
        return sentence("this file is one text; write 'key: value' lines")
    if "{" in (words := _WORDS.get(kind, "")):
        return sentence(words, name=name, field=name)
    message = details["msg"].removeprefix("Assertion failed, ")
    advice = sentence(words) if words else as_it_is(message[:1].lower() + message[1:])
    if value.kind == "list":
        return sentence("a list does not fit here; {advice}", advice=advice)
    if value.kind != "scalar":
        return sentence("a mapping does not fit here; {advice}", advice=advice)
    if value.empty:
        return sentence("nothing stands here; {advice}", advice=advice)
    return sentence("'{value}' does not fit here; {advice}", value=value.text[:60], advice=advice)


def _locate(root: Node, location: tuple[Any, ...]) -> tuple[Node, Node, bool]:
    """Key and value at pydantic's location; steps that name no node (a union's branch) are passed over."""
    key = value = root
    for step in location:
        if step == "[key]":
            return key, value, True
        pair = value.child(step) or _normalised_child(value, step)
        if pair is not None:
            key, value = pair
    return key, value, False


def _normalised_child(node: Node, step: Any) -> tuple[Node, Node] | None:
    """What a step means that names no key as it is written: another spelling, or an item of a list of names."""
    if node.kind == "list" and isinstance(step, str):
        for item in node.items:
            if item.kind == "scalar" and item.text == step:
                return item, item
            if item.kind == "mapping" and (pair := item.child(step)):
                return pair
    if node.kind != "mapping":
        return None
    return next(((key, value) for key, value in node.pairs if spelling(key.text) == str(step)), None)


def _without(root: Node, unwanted: set[int]) -> Node | None:
    """The tree without some nodes; `None` if the top goes too."""
    if id(root) in unwanted:
        return None
    if root.kind == "scalar":
        return root
    items = tuple(kept for item in root.items if (kept := _without(item, unwanted)) is not None)
    pairs = tuple((key, kept) for key, value in root.pairs if (kept := _without(value, unwanted)) is not None)
    if (
        len(items) == len(root.items)
        and len(pairs) == len(root.pairs)
        and all(new is old for new, old in zip(items, root.items, strict=True))
        and all(new[1] is old[1] for new, old in zip(pairs, root.pairs, strict=True))
    ):
        return root
    return Node(root.kind, root.start, root.end, flow=root.flow, pairs=pairs, items=items, special=root.special)
