"""The JSON Schemas that editors check and complete source files with, and that the reference is made from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from resa.collector.shapes import SHAPES

__all__ = ["source_file_schema", "source_schema"]


class _Generator(GenerateJsonSchema):
    """Defaults that JSON has no form for are left out."""

    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012  # as the base declares it


def source_schema() -> Mapping[str, dict[str, Any]]:
    """For each kind of source the JSON Schema (2020-12) of `sources/<name>.yaml`."""
    return {
        kind: shape.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
        for kind, (shape, _) in SHAPES.items()
    }


def source_file_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of any source file."""
    shapes: Any = reduce(or_, (shape for shape, _ in SHAPES.values()))
    schema = TypeAdapter(shapes).json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Resa source", **schema}
