"""Settings of a workspace: `resa.toml`, overruled by environment variables `RESA_…`.

The file is shared (it lies in git), so no secret belongs in it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from resa.base.errors import Problem, SettingsError, did_you_mean

__all__ = ["Settings", "read_settings"]


class Settings(BaseSettings):
    """What a workspace may set; the table behind `docs/reference/settings.md`."""

    model_config = SettingsConfigDict(env_prefix="RESA_", extra="forbid", frozen=True)

    chunk_rows: int = Field(
        default=1_000_000, ge=1, le=10_000_000, description="Rows that collecting reads and commits at a time."
    )

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
                Problem(message="the file is not UTF-8 text; save it as UTF-8", file=file.name)
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(Problem(message=f"this is no TOML: {error}", file=file.name)) from None
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError(_problem(entry, file.name, values, text) for entry in error.errors()) from None


def _problem(entry: Any, file: str, values: dict[str, Any], text: str) -> Problem:
    name = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        message = f"there is no setting '{name}'{did_you_mean(name, Settings.names())}"
    else:
        message = f"{name}: {entry['msg'][0].lower()}{entry['msg'][1:]}"
    if name not in values:
        file = f"environment variable RESA_{name.upper()}"
    written = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[.=\]]|\s*\[+\s*{re.escape(name)}\b")
    lines = enumerate(text.splitlines() if name in values else (), start=1)
    line = next((number for number, line in lines if written.match(line)), None)
    return Problem(message=message, file=file, line=line, field=name, code=entry["type"])
