"""The form of `database:` in a source file: where rows are read by SQL, and how they are read on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from resa.base.language import said_by, sentence
from resa.documents import Block, Finding, Refusal, Shape, report, spelling
from resa.model.quantities import Duration, parse_duration

__all__ = ["VARIABLE", "DatabaseShape", "holds_secret"]

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""What stands in a URL for the value of an environment variable."""

_PASSWORD: Final = re.compile(r"^[^/]*://+[^/@:]*:(?P<password>.*)@")
_SECRET_PARAMETER: Final = re.compile(
    r"[?&][^=&]*(?:sig|token|secret|password|passwd|pwd|key|credential|auth)[^=&]*=(?P<password>[^&]*)", re.IGNORECASE
)

_NO_SECRET: Final = sentence(
    "a password must not stand in a source file, which is shared; put it into an environment variable, and write its "
    "name: postgresql+psycopg://resa:${{SHOP_PASSWORD}}@db.example/shop"
)


def holds_secret(url: str) -> bool:
    """Whether a password or a token stands in a URL itself, and not in an environment variable that it names."""
    found = [match["password"] for form in (_PASSWORD, _SECRET_PARAMETER) for match in form.finditer(url)]
    return any(text and not VARIABLE.fullmatch(text) for text in found)


def _url(text: str) -> str:
    if VARIABLE.fullmatch(text):
        return text
    if holds_secret(text):  # what is written may be the secret itself: it is not repeated
        raise Refusal(_NO_SECRET, code="secret")
    if not re.match(r"[a-z][a-z0-9_]*(\+[a-z0-9_]+)?://", text):
        raise Refusal(
            sentence(
                "this is no URL of a database; write one such as sqlite:///shop.db or "
                "postgresql+psycopg://resa:${{SHOP_PASSWORD}}@db.example/shop, or ${{NAME}} for the "
                "environment variable that holds it"
            ),
            code="database-url",
        )
    return text


def _late(value: Any) -> Any:
    if isinstance(value, Duration | int | float):
        return value
    text = str(value)
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", text):
        return float(text)
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refusal(said_by(error)) from None


class DatabaseShape(Shape):
    """Rows of a database, read by SQL in the order of a cursor; each run goes on where the last one stopped."""

    url: Annotated[str, AfterValidator(_url)] = Field(
        description="SQLAlchemy's URL of the database; `${NAME}` stands for an environment variable: for the password, "
        "or for the whole URL. A SQLite file counts from the folder of the workspace."
    )
    table: str | None = Field(default=None, min_length=1, description="Table or view: `orders`, `shop.orders`.")
    query: str | None = Field(
        default=None, min_length=1, description="Instead of `table`: one SELECT in the database's own SQL."
    )
    cursor: str | None = Field(
        default=None,
        min_length=1,
        description="Column by which new rows are known: a number that grows or the time of the last change. Without "
        "it all rows are read in every run.",
    )
    late: Annotated[Duration | float, BeforeValidator(_late, json_schema_input_type=str | float)] | None = Field(
        default=None,
        description="How far below the last cursor rows are looked for that came late: a duration (1 hour if not "
        "said) or, of numbers, a number (1000 if not said).",
    )

    hints: ClassVar[Mapping[str, str]] = {
        "password": _NO_SECRET,
        "user": sentence("it belongs into `url:`"),
        "host": sentence("it belongs into `url:`"),
        "sql": sentence("write `query:`"),
        "select": sentence("in the database's own SQL write `query:`; Resa's own `select:` stands beside `database:`"),
        "every": sentence("it stands beside `database:`, not in it"),
        "at": sentence("it stands beside `database:`, not in it"),
    }

    @model_validator(mode="before")
    @classmethod
    def _one_origin(cls, data: Any, info: ValidationInfo) -> Any:
        """Report a table beside a query, or neither, beside what is wrong with them."""
        if isinstance(data, Block):
            keys = {spelling(key) for key in data}
            if keys <= cls.model_fields.keys() and ("table" in keys) == ("query" in keys):
                message = sentence("write `table:` or `query:`, one of them")
                report(info, Finding(data.problem(message, code="table-or-query")))
            if keys <= cls.model_fields.keys() and "late" in keys and "cursor" not in keys:
                message = sentence("`late:` is of rows behind a cursor; write `cursor:` too")
                report(info, Finding(data.problem(message, code="late")))
        return data
