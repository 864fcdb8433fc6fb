"""Models read from documents: every mistake, in plain words, with its place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from resa.base.language import sentence
from resa.documents import Refusal, Shape, apply_edits, read_document, validate


def _even(number: int) -> int:
    if number % 2:
        raise Refusal(sentence(f"{number} is odd; write {number + 1}"), code="odd", fix=str(number + 1))
    return number


class _Inner(Shape):
    count: Annotated[int, AfterValidator(_even)] = 0
    kind: Literal["a", "b"] = "a"


class _Outer(Shape):
    name: str
    flag: bool = False
    inner: dict[str, _Inner] = Field(default_factory=dict)
    items: list[_Inner] = Field(default_factory=list)


def check(text: str) -> list[tuple[int | None, int | None, str]]:
    _, findings = validate(read_document("x.yaml", text), _Outer)
    return [(one.problem.line, one.problem.column, one.problem.message) for one in findings]


def test_the_model_decides_the_types() -> None:
    value, findings = validate(read_document("x", "name: no\nflag: yes\ninner: {x: {count: 4}}\n"), _Outer)
    assert not findings
    assert value is not None
    assert (value.name, value.flag, value.inner["x"].count) == ("no", True, 4)


def test_every_mistake_is_reported_at_once() -> None:
    text = (
        "nmae: x\nflag: perhaps\ninner:\n  x: {count: many, kind: c}\nitems:\n  - {cuont: 2}\n  - count: 3\n  - text\n"
    )
    assert check(text) == [
        (1, 1, "'nmae' is not a key that is known here; did you mean 'name'?"),
        (2, 7, "'perhaps' does not fit here; write true or false"),
        (4, 14, "'many' does not fit here; write a whole number, such as 3"),
        (4, 26, "'c' does not fit here; input should be 'a' or 'b'"),
        (6, 6, "'cuont' is not a key that is known here; did you mean 'count'?"),
        (7, 12, "3 is odd; write 4"),
        (8, 5, "'text' does not fit here; write 'key: value' lines here"),
    ]


def test_what_is_right_is_read_beside_what_is_wrong() -> None:
    text = "name: x\nitems:\n  - {count: 2}\n  - {count: 3}\n  - {count: 4, other: 1}\n"
    value, findings = validate(read_document("x", text), _Outer)
    assert [one.problem.code for one in findings] == ["odd", "unknown-key"]
    assert value is not None
    assert [item.count for item in value.items] == [2, 0, 4]


def test_what_is_missing_is_said_where_it_belongs() -> None:
    assert check("flag: true\n") == [(1, 1, "'name' is missing")]
    assert check("") == [(1, 1, "the file is empty")]
    assert check("- a\n") == [(1, 1, "a list does not fit here; write 'key: value' lines here")]


def test_the_repair_of_a_validator_is_an_edit() -> None:
    document = read_document("x", "name: x\nitems: [{count: 3}]\n")
    _, findings = validate(document, _Outer)
    assert apply_edits(document.text, findings[0].edits) == "name: x\nitems: [{count: 4}]\n"


def test_a_plain_model_works_too() -> None:
    class Plain(BaseModel, extra="forbid"):
        path: str

    _, findings = validate(read_document("x", "path: a\npaht: b\n"), Plain)
    assert [(one.problem.line, one.problem.code) for one in findings] == [(2, "extra-forbidden")]


def test_a_part_of_a_document() -> None:
    value, findings = validate(read_document("x", "top: {deep: {count: 6}}\n"), _Inner, at=("top", "deep"))
    assert not findings
    assert value is not None
    assert value.count == 6
