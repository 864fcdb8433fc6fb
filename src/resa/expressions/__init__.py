"""The one expression language: read, checked against a whitelist, typed, and written anew as SQL for DuckDB.

`compile_expression` serves conditions and values over events, customers and rows of files; `compile_select` the one
SELECT of a source. `FUNCTIONS` and `EVENT_FIELDS` are the language as data, for the reference.
The only door to `sqlglot`.
"""

from resa.expressions.compiling import Expected, compile_expression
from resa.expressions.functions import FUNCTIONS, Function
from resa.expressions.language import (
    EVENT_FIELDS,
    Catalog,
    Compiled,
    CompiledSelect,
    FieldType,
    Place,
    Requirement,
    RequirementKind,
    Scope,
)
from resa.expressions.parts import Part, parts_of
from resa.expressions.rows import SIGNS, Group, Join, Row, Rows, Sign, WrittenRows, normal_rows, rows_of, shown, text_of
from resa.expressions.selecting import compile_select
from resa.expressions.short_forms import short_form

__all__ = [
    "EVENT_FIELDS",
    "FUNCTIONS",
    "SIGNS",
    "Catalog",
    "Compiled",
    "CompiledSelect",
    "Expected",
    "FieldType",
    "Function",
    "Group",
    "Join",
    "Part",
    "Place",
    "Requirement",
    "RequirementKind",
    "Row",
    "Rows",
    "Scope",
    "Sign",
    "WrittenRows",
    "compile_expression",
    "compile_select",
    "normal_rows",
    "parts_of",
    "rows_of",
    "short_form",
    "shown",
    "text_of",
]
