"""The JSON Schema that editors check and complete journey files with."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from resa.journey_map.shapes import MapShape

__all__ = ["SCHEMA_VERSION", "json_schema"]

SCHEMA_VERSION = 1
"""Version of the file's format, as `resa: 1` states it."""


class _Generator(GenerateJsonSchema):
    """Schemas whose keys may be written with spaces or hyphens are still closed: editors suggest the one spelling."""

    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012  # as the base declares it


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a journey file, with all short forms and a description of every key."""
    schema = MapShape.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Resa journey map",
        "x-schema-version": SCHEMA_VERSION,
        **{key: value for key, value in schema.items() if key != "title"},
    }
