"""Settings of a workspace: `resa.toml`, overruled by environment variables `RESA_…`.

The file is shared (it lies in git), so no secret belongs in it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from resa.base import setting_checks as checks
from resa.base.addresses import Kept
from resa.base.errors import Problem, SettingsError, did_you_mean
from resa.base.language import Sentence, as_it_is, pattern, said_by, sentence

__all__ = ["Setting", "Settings", "read_settings", "settings_said"]


_SAID: Mapping[str, str] = {
    "int_parsing": pattern("input should be a valid integer, unable to parse string as an integer"),
    "int_type": pattern("input should be a valid integer"),
    "int_from_float": pattern("input should be a valid integer, got a number with a fractional part"),
    "greater_than_equal": pattern("input should be greater than or equal to {ge}"),
    "less_than_equal": pattern("input should be less than or equal to {le}"),
    "string_type": pattern("input should be a valid string"),
    "literal_error": pattern("input should be {expected}"),
    "tuple_type": pattern("input should be a list"),
    "bool_parsing": pattern("input should be true or false"),
    "bool_type": pattern("input should be true or false"),
}
"""What pydantic says of a wrong value, by its type."""


Demanded = Literal["all", "viewer", "analyst", "marketer", "service", "privacy_officer", "admin"]
"""Of whom a second factor can be asked."""


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: In `resa.toml`.
        kind: What it may be, in words.
        default: Where nobody says anything.
        about: What it does.
    """

    name: str
    kind: str
    default: object
    about: Sentence

    @property
    def variable(self) -> str:
        """The environment variable that overrules the file."""
        return f"RESA_{self.name.upper()}"


def _kind(annotation: Any, metadata: Iterable[Any]) -> str:
    """What a setting may be, in words."""
    if get_origin(annotation) is Literal:
        return ", ".join(get_args(annotation))
    if annotation is bool:
        return "true, false"
    if annotation is int:
        bounds = {name: getattr(one, name) for one in metadata for name in ("ge", "le") if hasattr(one, name)}
        return " ".join(["number", *(f"{word} {bounds[name]:,}" for name, word in _BOUNDS.items() if name in bounds)])
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)[0]
        return "list of texts" if inner is str else f"list of {', '.join(get_args(inner))}"
    return "text"


_BOUNDS: Mapping[str, str] = {"ge": "from", "le": "to"}


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

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address at which `resa serve` listens; 127.0.0.1: only this machine, 0.0.0.0: every network.",
    )

    port: int = Field(default=8787, ge=0, le=65_535, description="Port at which it listens; 0: one that is free.")

    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses and networks of our own proxies, such as `10.0.0.0/8`; a list, or a text with commas. "
        "Only from these is it believed who sends and whether by TLS; without any, such headers are ignored.",
    )

    proxy_header: Literal["x-forwarded-for", "forwarded"] = Field(
        default="x-forwarded-for",
        description="The header in which these proxies say it: `X-Forwarded-For` with `X-Forwarded-Proto`, or "
        "`Forwarded` (RFC 7239). The other one is ignored: a proxy would pass on what a stranger wrote there.",
    )

    ip: Kept = Field(
        default="dropped",
        description="What is kept of the IP addresses of those whose events come over HTTP: nothing (`dropped`), the "
        "network (`shortened`: 24 bits of IPv4, 48 of IPv6), or `whole`; as the property `context.ip`.",
    )

    requests_per_minute: int = Field(
        default=60_000,
        ge=0,
        description="Requests that are taken of each key, or of each signed webhook, in a minute; more are refused "
        "with 429 and `Retry-After`. 0: any number.",
    )

    body_bytes: int = Field(
        default=512 * 1024, ge=1_024, le=64 << 20, description="The largest body of a request, packed or unpacked."
    )

    body_seconds: int = Field(
        default=20, ge=1, le=600, description="Seconds within which the body of a request must have come."
    )

    head_seconds: int = Field(
        default=10,
        ge=1,
        le=600,
        description="Seconds within which the head of a request must have come, and a connection may do nothing.",
    )

    connections: int = Field(
        default=4_096, ge=64, le=65_536, description="Connections that are held at once; further ones wait."
    )

    waiting_requests: int = Field(
        default=100_000,
        ge=1,
        description="Accepted requests that may wait to become events; with so many, no more are taken (429).",
    )

    spare_bytes: int = Field(
        default=256 << 20, ge=0, description="Free bytes on the disk; with fewer, no more requests are taken (429)."
    )

    ready_seconds: int = Field(
        default=60,
        ge=1,
        description="Seconds that an accepted request may wait to become events; after them `/ready` says that we are "
        "not.",
    )

    source_seconds: int = Field(
        default=600,
        ge=1,
        le=86_400,
        description="Seconds after which a source that runs by itself and gives nothing is ended, to be tried again "
        "later.",
    )

    sources_at_once: int = Field(
        default=3,
        ge=1,
        le=64,
        description="Sources that run by themselves and are read at once; one that gives nothing for 20 seconds does "
        "not count.",
    )

    log_format: Literal["text", "json"] = Field(
        default="text", description="What `resa serve` writes to stderr: lines for people, or JSON, one object a line."
    )

    second_factor_for: Annotated[tuple[Demanded, ...], NoDecode] = Field(
        default=(),
        description="Roles whose people must have a second factor, or `all`; a list, or a text with commas. Who has "
        "none yet sees nothing but the page on which it is set up.",
    )

    public_address: str = Field(
        default="",
        description="Where people reach `resa serve`, for the links in mails and messages, such as "
        "`https://resa.shop.se`. Empty: this machine, at `port`. A company's provider leads back to "
        "`/sign-in/company/back` there, which is to be registered.",
    )

    smtp_host: str = Field(
        default="",
        description="The mail server by which owners are told. Empty: nobody is told by mail. Its password, if it "
        "wants one, is `RESA_SMTP_PASSWORD`, or stands in the file that `RESA_SMTP_PASSWORD_FILE` names.",
    )

    smtp_port: int = Field(default=587, ge=1, le=65_535, description="Port of the mail server.")

    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How mail is sent: in the clear at first and then by TLS (`starttls`), by TLS at once (`tls`, "
        "mostly at port 465), or without (`none`, for a server on this machine).",
    )

    smtp_user: str = Field(default="", description="Who signs in there; empty: nobody does.")

    smtp_from: str = Field(default="", description="The address that mails come from; needed to send any.")

    webhooks: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Where else messages go: each a name, its shape (`teams`, `slack` or `json`), and the environment "
        "variable that holds its address, such as `shop-team slack SHOP_TEAM_HOOK`; a list, or a text with commas.",
    )

    webhook_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Networks of our own that webhooks may lead to, such as `10.0.0.0/8`; others than public ones are "
        "refused without.",
    )

    tell_seconds: int = Field(
        default=300,
        ge=1,
        le=86_400,
        description="Seconds from one look of `resa serve` for something to tell to the next, where there is a way to "
        "tell it; what must be measured for that, once an hour.",
    )

    oidc_client_id: str = Field(
        default="", description="What your company's OpenID provider calls Resa, where it was registered."
    )

    oidc_issuer: str = Field(
        default="",
        description="The OpenID provider of your company, by which people sign in, as it names itself (`issuer`): "
        "`https://login.example.com/realms/shop`. Empty: people sign in by passwords alone. It needs "
        "`oidc_client_id` and `public_address`.",
    )

    oidc_secret_env: str = Field(
        default="RESA_OIDC_SECRET",
        description="The environment variable that holds the secret which the provider gave for it. Empty, as "
        "`oidc_secret_file` is: it gave none (a public client).",
    )

    oidc_secret_file: str = Field(
        default="",
        description="Instead of the variable: a file that holds this secret alone, such as "
        "`/run/credentials/resa.service/oidc`. Keep it out of what is shared.",
    )

    oidc_name: str = Field(
        default="", max_length=60, description="What people call the provider: *Sign in with …*. Empty: its host."
    )

    oidc_scopes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("openid", "email", "profile"),
        description="What is asked of the provider; `openid` is asked in any case. A list, or a text with commas.",
    )

    oidc_email: Literal["verified", "trusted"] = Field(
        default="verified",
        description="Of whom the provider does not say whether their address is verified: refused (`verified`), or "
        "believed (`trusted`), where nobody can choose an address for themselves. Of whom it says that it is not, is "
        "refused in any case.",
    )

    oidc_require: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Claims that must be so, of everybody at each sign-in: `hd = shop.se`, `amr = mfa`. A list, or a "
        "text with commas.",
    )

    oidc_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Everybody with a verified address of these domains may come in: `shop.se`. A list, or a text "
        "with commas. Without any, only who was invited.",
    )

    oidc_role: checks.Given = Field(default="viewer", description="The role of who comes in by their domain.")

    oidc_claim: str = Field(
        default="",
        description="The claim that says a person's groups: `groups`, or `realm_access.roles` for what lies deeper.",
    )

    oidc_roles: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="What each of these groups is here: `resa-admins = admin`, the first that fits. The provider "
        "then says everybody's role, at each sign-in; who is in none of them is refused. A list, or a text with "
        "commas.",
    )

    oidc_only: bool = Field(
        default=False,
        description="Passwords open nothing any more, but for who is an emergency administrator: `resa people "
        "emergency`.",
    )

    keep_events: str = Field(
        default="",
        description="How long events are kept, from when they happened: `25 months`, `90 days`, `2 years`. Empty: for "
        "ever. `resa expire` and, once a day, `resa serve` take away what is older.",
    )

    keep_customers: str = Field(
        default="", description="The same for what sources said of customers, from when they said it."
    )

    keep_feedback: str = Field(default="", description="The same for scores and texts, from when they were given.")

    keep_daily_numbers: str = Field(default="", description="The same for numbers by day.")

    keep_rejected: str = Field(
        default="", description="The same for rejected rows, from when the load that brought them began: `30 days`."
    )

    keep_segment_changes: str = Field(default="", description="The same for who entered and left segments.")

    keep_audit: str = Field(
        default="3 years",
        description="The same for the audit log, which names those who work here: long enough to show how customers' "
        "data were handled. Empty: for ever.",
    )

    _spans = field_validator(
        "keep_events",
        "keep_customers",
        "keep_feedback",
        "keep_daily_numbers",
        "keep_rejected",
        "keep_segment_changes",
        "keep_audit",
    )(checks.span)

    _hooks = field_validator("webhooks")(checks.webhooks)

    _address = field_validator("public_address")(checks.public_address)

    _sender = field_validator("smtp_from")(checks.sender)

    _issuer = field_validator("oidc_issuer")(checks.issuer)

    _domains = field_validator("oidc_domains")(checks.domains)

    _required = field_validator("oidc_require")(checks.required)

    _networks = field_validator("trusted_proxies", "webhook_networks")(checks.addressed)

    _language = field_validator("language")(checks.language)

    _roles = field_validator("oidc_roles")(checks.roles)

    @field_validator(
        "trusted_proxies",
        "second_factor_for",
        "webhooks",
        "webhook_networks",
        "oidc_scopes",
        "oidc_require",
        "oidc_domains",
        "oidc_roles",
        mode="before",
    )
    @classmethod
    def _listed(cls, given: object) -> object:
        """A list, also where a text names it, as environment variables do."""
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

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

    @classmethod
    def table(cls) -> tuple[Setting, ...]:
        """All settings, as their documentation says them."""
        return tuple(
            Setting(name, _kind(field.annotation, field.metadata), field.default, as_it_is(str(field.description)))
            for name, field in cls.model_fields.items()
        )


def read_settings(file: Path, held: Settings | None = None) -> Settings:
    """Read `resa.toml`; a missing file means that all settings have their defaults.

    Args:
        file: The file.
        held: Settings that are in force. Then a file that is missing or empty, as while an editor writes it, is wrong
            unless it comes to the same.

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
        except OSError:
            raise SettingsError(Problem(message=sentence("it cannot be read"), file=file.name)) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(
                Problem(message=sentence("this is no TOML: {error}", error=str(error)), file=file.name)
            ) from None
    try:
        found = Settings(**values)
    except ValidationError as error:
        raise SettingsError(_problem(entry, file.name, values, text) for entry in error.errors()) from None
    if held not in {None, found} and not text.strip():
        message = sentence("it is empty or gone; what it said before holds until the next start")
        raise SettingsError(Problem(message=message, file=file.name, code="empty-settings"))
    return found


def settings_said(file: Path) -> Mapping[str, str]:
    """Where each setting was said that is not its default: the file's name, or the environment variable's."""
    values = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    said = {one.name: file.name for one in Settings.table() if one.name in values}
    return said | {one.name: one.variable for one in Settings.table() if os.environ.get(one.variable)}


def _problem(entry: Any, file: str, values: dict[str, Any], text: str) -> Problem:
    name = str(entry["loc"][0])  # of a list, what is wrong may be one of it
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
