"""Fields that hold words: what YAML makes of prose, understood or refused."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from resa.base.language import sentence
from resa.documents import Block, Edit, Finding, Items, Refusal, Written, quoted, report
from resa.journey_map.names import read_name

__all__ = [
    "Arrow",
    "Expression",
    "Name",
    "Names",
    "Picture",
    "Prose",
    "Text",
    "Thoughts",
    "one_or_many",
    "read_prose",
    "reported",
]

_CURLY = "“”„‟‘’‚‛«»"
_DASH = re.compile(r"[-–—−‐‑•·*▪◦]\s*(?=[^\W\d_])")
_STRAIGHT = str.maketrans({**dict.fromkeys("‘’‚‛“”„‟", "'"), **dict.fromkeys("−–", "-")})


def _raw(value: Written | Block | Items) -> str:
    return value.source.text[value.node.start : value.node.end].rstrip()


def _not_text(value: object) -> Refusal:
    if not isinstance(value, (Block, Items)):
        return Refusal(sentence("nothing stands here; write a text or take the line away"), code="empty")
    raw = _raw(value)
    if "\n" in raw:
        return Refusal(sentence("several lines of keys or items stand where one text belongs"), code="not-text")
    new = quoted(raw)
    if value.node.flow:
        sign = "[ ]" if isinstance(value, Items) else "{ }"
        return Refusal(
            sentence("{sign} is not text to YAML; put quotes around the text: {new}", sign=sign, new=new),
            code="brackets",
            fix=new,
        )
    edits = [Edit(value.node.start, value.node.start + len(raw), new)]
    what = (
        sentence("'- ' makes a list")
        if isinstance(value, Items)
        else sentence("a colon with a space after it makes a key")
    )
    return Refusal(
        sentence("{what}; put quotes around the text: {new}", what=what, new=new),
        code="colon-in-text",
        fix=new,
        edits=edits,
    )


def read_prose(value: object) -> Written:
    """A text for people; typographic quotes inside it are theirs.

    Raises:
        Refusal: It is no text, or empty.
    """
    if not isinstance(value, Written):
        raise _not_text(value)
    if not value.strip():
        raise Refusal(sentence("the text is empty"), code="empty")
    return value.renamed(value.strip())


def _read_text(value: object) -> Written:
    text = read_prose(value)
    if not text.node.style and len(text) > 1 and text[0] in _CURLY and text[-1] in _CURLY:
        new = quoted(text[1:-1])
        raise Refusal(
            sentence("curly quotes do not quote; write straight ones: {new}", new=new), code="curly-quotes", fix=new
        )
    return text


def _read_picture(value: object) -> Written:
    text = _read_text(value)
    parts = text.replace("\\", "/").split("/")
    if "\\" in text:
        new = text.replace("\\", "/")
        raise Refusal(sentence("folders are divided by /; write {new}", new=new), code="picture", fix=new)
    if text.startswith("/") or ".." in parts or ":" in text:
        message = sentence(
            "'{text}' leads out of the folder of the map; put the picture beside the map and name it from there",
            text=text,
        )
        raise Refusal(message, code="picture")
    return text


def reported(info: ValidationInfo, value: Written | Block | Items, refusal: Refusal) -> None:
    """Report a refusal of one part of a value, so that the other parts are still read."""
    problem = value.problem(refusal.message, code=refusal.code, fix=refusal.fix, inside=refusal.inside)
    edits = refusal.edits
    if not edits and refusal.fix is not None:
        edits = (Edit(value.node.start, value.node.end, refusal.fix),)
    report(info, Finding(problem, edits))


def _read_thoughts(value: object, info: ValidationInfo) -> tuple[Written, ...]:
    if isinstance(value, Written):
        _refuse_lost_dashes(value)
        return (read_prose(value),)
    if not isinstance(value, Items):
        raise _not_text(value)
    _refuse_brackets(value)
    thoughts: list[Written] = []
    for item in value:
        try:
            thoughts.append(read_prose(item))
        except Refusal as refusal:
            if item is None:
                continue  # `- ` with nothing after it: a thought still to come
            reported(info, item, refusal)
    return tuple(thoughts)


def _lines(value: Written) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    offset = value.node.start
    for line in _raw(value).splitlines(keepends=True):
        stripped = line.lstrip()
        if stripped:
            lines.append((offset + len(line) - len(stripped), stripped))
        offset += len(line)
    return lines


def _refuse_lost_dashes(value: Written) -> None:
    """Thoughts without `- `, or with a dash that is none, which YAML joins into one text."""
    if value.node.style:
        return
    lines = _lines(value)
    dashed = [(_DASH.match(line), start) for start, line in lines]
    if any(match for match, _ in dashed):
        edits = [Edit(start, start + (match.end() if match else 0), "- ") for match, start in dashed]
        first = _raw(value)[:1]
        if not _alone(value):
            raise Refusal(
                sentence("'{first}' does not begin a list here; write the text without it", first=first), code="dash"
            )
        message = sentence(
            "'{first}' does not make a list without '- ', a hyphen and a space, before each thought", first=first
        )
        raise Refusal(message, code="dash", fix="- ", edits=edits)
    if len(lines) > 1 and _alone(value):
        edits = [Edit(start, start, "- ") for start, _ in lines]
        message = sentence("these lines are one text to YAML; write '- ' before each thought")
        raise Refusal(message, code="dash", fix="- ", edits=edits)


def _alone(value: Written) -> bool:
    """Whether the value begins on a line of its own, below its key."""
    start, _ = value.source.line_bounds(value.node.start)
    return not value.source.text[start : value.node.start].strip()


def _refuse_brackets(value: Items) -> None:
    """`[One, two]`: a comma inside a thought would silently make two of it."""
    plain = [item for item in value if isinstance(item, Written) and not item.node.style]
    if not value.node.flow or len(value) < 2 or not plain:
        return
    raw = _raw(value)
    start, _ = value.source.line_bounds(value.node.start)
    head = value.source.text[start : value.node.start]
    several = all(isinstance(item, Written) and item[:1].isupper() for item in value)
    if several and head.rstrip().endswith(":") and "\n" not in raw and value.source.text.find("\r", start) < 0:
        column = len(head) - len(head.lstrip(" -")) + 2
        new = "".join(f"\n{' ' * column}- {_raw(item)}" for item in value)
        edits = [Edit(start + len(head.rstrip()), value.node.start + len(raw), new)]
        message = sentence("a comma makes two thoughts in [ ]; write one thought a line, each after '- '")
        raise Refusal(message, code="brackets", fix=new.strip(), edits=edits)
    new = quoted(" ".join(raw[1:-1].split()))
    message = sentence(
        "a comma makes two thoughts in [ ]; write one thought a line, or quotes around a single one: {new}", new=new
    )
    raise Refusal(message, code="brackets", fix=new)


def one_or_many(value: object) -> object:
    """A single value as a list of one; nothing as an empty list."""
    if value is None:
        return []
    return value if isinstance(value, (list, tuple)) else [value]


def _read_names(value: object, info: ValidationInfo) -> tuple[Written, ...]:
    if isinstance(value, Written) and "," in value and not value.node.style:
        parts = ", ".join(part.strip() for part in value.split(",") if part.strip())
        raise Refusal(
            sentence("several names stand in brackets: [{parts}]", parts=parts), code="name", fix=f"[{parts}]"
        )
    if isinstance(value, Block):
        raise Refusal(sentence("a name, or several as [one, two], belong here"), code="name")
    names: list[Written] = []
    for item in one_or_many(value):  # type: ignore[attr-defined]  # it is a list by now
        try:
            names.append(read_name(item))
        except Refusal as refusal:
            if not isinstance(item, (Written, Block, Items)):
                raise
            reported(info, item, refusal)
    repeated = {name for name in names if names.count(name) > 1}
    for name in sorted(repeated):
        second = [item for item in names if item == name][1]
        report(
            info,
            Finding(second.problem(sentence("'{name}' stands twice in this list", name=name), code="repeated-name")),
        )
    return tuple(dict.fromkeys(names))


def _read_expression(value: object) -> Written:
    if not isinstance(value, Written):
        raise _not_text(value)
    text = value.strip()
    if not text:
        raise Refusal(sentence("the expression is empty"), code="empty")
    offset = next((place for place, sign in enumerate(value) if sign in "‘’‚‛“”„‟−–"), None)
    if offset is not None:
        new = value.translate(_STRAIGHT).strip()
        raw, doubled = _raw(value), {ord(sign): "''" for sign in "‘’‚‛“”„‟"} if value.node.style == "'" else {}
        edits = [Edit(value.node.start, value.node.start + len(raw), raw.translate({**_STRAIGHT, **doubled}))]
        message = sentence("'{value}' was pasted from a text program; write {new}", value=value[offset], new=new)
        code = "minus-sign" if value[offset] in "−–" else "curly-quotes"
        raise Refusal(message, code=code, fix=new, edits=edits, inside=offset)
    return value


def _read_arrow(value: object) -> Written:
    """The name of an arrow: `product_page.cart`, or one that the file gives it."""
    if not isinstance(value, Written):
        return read_name(value)
    parts = value.split(".")
    return value.renamed(".".join(read_name(value.renamed(part)) for part in parts))


Name = Annotated[Written, PlainValidator(read_name, json_schema_input_type=str)]
Names = Annotated[tuple[Written, ...], PlainValidator(_read_names, json_schema_input_type=str | list[str])]
Text = Annotated[Written, PlainValidator(_read_text, json_schema_input_type=str)]
Arrow = Annotated[Written, PlainValidator(_read_arrow, json_schema_input_type=str)]
Picture = Annotated[Written, PlainValidator(_read_picture, json_schema_input_type=str)]
Prose = Annotated[Written, PlainValidator(read_prose, json_schema_input_type=str)]
Thoughts = Annotated[tuple[Written, ...], PlainValidator(_read_thoughts, json_schema_input_type=str | list[str])]
Expression = Annotated[Written, PlainValidator(_read_expression, json_schema_input_type=str | float)]
