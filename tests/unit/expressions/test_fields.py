"""How the fields that an expression reads are called."""

from __future__ import annotations

import pytest

from resa.expressions import Scope, compile_expression


@pytest.mark.parametrize(
    "field",
    [
        *("properties.a", "properties.order", "properties.år", "properties.a.b", "properties.a[2].b"),
        *(
            "properties['a/b']",
            "properties['a.b']",
            "properties['it''s']",
            "properties['a b'][1].c",
            "properties['1st']",
        ),
    ],
)
def test_they_are_called_as_they_are_read_again(field: str) -> None:
    assert compile_expression(f"{field} = 'x'", scope=Scope.EVENT, expects="boolean").fields == {field}


@pytest.mark.parametrize(("written", "field"), [('properties."a b"', "['a b']"), ("properties['a']", ".a")])
def test_they_have_one_name_however_they_are_written(written: str, field: str) -> None:
    compiled = compile_expression(f"{written} = 'x'", scope=Scope.EVENT, expects="boolean")
    assert compiled.fields == {f"properties{field}"}
    again = compile_expression(f"properties{field} = 'x'", scope=Scope.EVENT, expects="boolean")
    assert (again.sql, again.parameters) == (compiled.sql, compiled.parameters)
