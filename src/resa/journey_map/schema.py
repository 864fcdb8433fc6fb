"""The JSON Schema that editors check and complete journey files with."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from resa.journey_map.customer_shapes import SegmentsFile, TraitsFile
from resa.journey_map.shapes import MapShape, ReactionFile, ReactionsFile, SignalsFile

__all__ = ["SCHEMA_VERSION", "json_schema"]

SCHEMA_VERSION = 1
"""Version of the file's format, as `resa: 1` states it."""


class _Generator(GenerateJsonSchema):
    """Schemas whose keys may be written with spaces or hyphens are still closed: editors suggest the one spelling."""

    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012  # as the base declares it


SharedFile = Literal["map", "signals", "reactions", "segments", "traits"]
"""Which file: a journey file, or one that maps share."""


def json_schema(file: SharedFile = "map") -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file, with all short forms and a description of every key.

    Args:
        file: A journey file, `signals.yaml`, `segments.yaml`, `traits.yaml`, or one of `reactions/`.
    """
    titles = {
        "map": "Resa journey map",
        "signals": "Resa signals",
        "reactions": "Resa reactions",
        "segments": "Resa segments",
        "traits": "Resa traits",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": titles[file],
        "x-schema-version": SCHEMA_VERSION,
        **{key: value for key, value in _shared_file(file).items() if key != "title"},
    }


def _shared_file(file: SharedFile) -> dict[str, Any]:
    """The map's schema; of a shared file, what stands in it with the section's heading or without, or one reaction."""
    if file == "map":
        return _schema(MapShape)
    shapes: dict[str, type[BaseModel]] = {"signals": SignalsFile, "segments": SegmentsFile, "traits": TraitsFile}
    section = _schema(shapes.get(file, ReactionsFile))
    parts = section.pop("$defs")
    headed = {"type": "object", "properties": {file: section}, "required": [file], "additionalProperties": False}
    forms = [headed, section]
    if file == "reactions":
        one = _schema(ReactionFile)
        parts |= one.pop("$defs")
        forms.append(one)
    return {"anyOf": forms, "$defs": parts}


def _schema(shape: type[BaseModel]) -> dict[str, Any]:
    return shape.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
