"""Settings of a workspace: `resa.toml`, overruled by environment variables `RESA_…`.

The file is shared (it lies in git), so no secret belongs in it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from resa.base.errors import Problem, SettingsError, did_you_mean
from resa.base.language import as_it_is, pattern, said_by, sentence, spoken

__all__ = ["Settings", "read_settings"]


_SAID: Mapping[str, str] = {
    "int_parsing": pattern("input should be a valid integer, unable to parse string as an integer"),
    "int_type": pattern("input should be a valid integer"),
    "int_from_float": pattern("input should be a valid integer, got a number with a fractional part"),
    "greater_than_equal": pattern("input should be greater than or equal to {ge}"),
    "less_than_equal": pattern("input should be less than or equal to {le}"),
    "string_type": pattern("input should be a valid string"),
}
"""What pydantic says of a wrong value, by its type."""


class Settings(BaseSettings):
    """What a workspace may set; the table behind `docs/reference/settings.md`."""

    model_config = SettingsConfigDict(env_prefix="RESA_", env_ignore_empty=True, extra="forbid", frozen=True)

    chunk_rows: int = Field(
        default=1_000_000, ge=1, le=10_000_000, description="Rows that collecting reads and commits at a time."
    )

    language: str | None = Field(
        default=None,
        description="What the command line speaks: en, sv, nb or hu; without it, as the system's locale says. "
        "`resa --language` overrules both.",
    )

    @field_validator("language")
    @classmethod
    def _spoken(cls, language: str | None) -> str | None:
        """A language that Resa speaks, however its locale is written."""
        if language is None or not language:
            return None
        if (known := spoken(language)) is None:
            raise ValueError(
                sentence("'{value}' is not a language that Resa speaks; write en, sv, nb or hu", value=language)
            )
        return known

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file (handed to the constructor); no `.env`, no folder of secrets."""
        del cls, settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """All settings that exist."""
        return tuple(cls.model_fields)


def read_settings(file: Path) -> Settings:
    """Read `resa.toml`; a missing file means that all settings have their defaults.

    Raises:
        SettingsError: The file or an environment variable is wrong; holds every problem.
    """
    values: dict[str, Any] = {}
    text = ""
    if file.exists():
        try:
            text = file.read_text(encoding="utf-8")
            values = tomllib.loads(text)
        except UnicodeDecodeError:
            raise SettingsError(
                Problem(message=sentence("the file is not UTF-8 text; save it as UTF-8"), file=file.name)
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(
                Problem(message=sentence("this is no TOML: {error}", error=str(error)), file=file.name)
            ) from None
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_problem(entry, file.name, values, text) for entry in error.errors()) from None


def _problem(entry: Any, file: str, values: dict[str, Any], text: str) -> Problem:
    name = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        message = sentence(
            "there is no setting '{name}'{suggestion}", name=name, suggestion=did_you_mean(name, Settings.names())
        )
    elif isinstance(raised := entry.get("ctx", {}).get("error"), Exception):
        message = sentence("{name}: {message}", name=name, message=said_by(raised))
    else:
        said = _SAID.get(entry["type"])
        message = sentence(
            "{name}: {message}",
            name=name,
            message=sentence(said, **entry.get("ctx", {}))
            if said
            else as_it_is(f"{entry['msg'][0].lower()}{entry['msg'][1:]}"),
        )
    if name not in values:
        file = sentence("environment variable {name}", name="RESA_" + name.upper())
    written = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[.=\]]|\s*\[+\s*{re.escape(name)}\b")
    lines = enumerate(text.splitlines() if name in values else (), start=1)
    line = next((number for number, line in lines if written.match(line)), None)
    return Problem(message=message, file=file, line=line, field=name, code=entry["type"])
