"""What columns could mean by what stands in them, where their names do not say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

from resa.collector.column_names import looks_personal, name_rank, plain_name, says_something_else
from resa.collector.guessing import ColumnSeen
from resa.collector.relations import query_over, select_sql
from resa.collector.typing_sql import name_sql
from resa.engine import Engine

__all__ = ["CURRENCY", "channel_by_values", "customer_by_values", "email_by_values", "event_by_values"]

CURRENCY: Final = re.compile(r"[A-Z]{3}")
"""A currency as ISO 4217 writes it."""

_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_ID: Final = re.compile(r"[\w-]*\d[\w-]*")
_FEWEST_ROWS: Final = 8
_FEWEST_PEOPLE: Final = 3
_MOST_APART: Final = 0.8
"""A column of which more values than this are new says what a row is, not whose."""

_MOST_WORDS: Final = 0.5
_VARIES: Final = 1.2
"""What happens differs within a customer; where a customer lives does not."""

_CHANNELS: Final = frozenset(
    (
        "web", "website", "app", "mobile_app", "store", "shop", "in_store", "phone", "telephone", "call_center",
        "contact_center", "email", "e_mail", "mail", "sms", "chat", "chatbot", "social", "social_media", "online",
        "offline", "branch", "clinic", "video", "letter", "post", "push", "facebook", "instagram", "whatsapp",
        "webb", "webbplats", "hemsida", "butik", "telefon", "kundtjanst", "e_post", "epost", "brev", "sociala_medier",
        "mottagning", "nettsted", "nett", "nettside", "butikk", "kundeservice", "sosiale_medier", "legekontor",
        "weboldal", "honlap", "uzlet", "bolt", "telefonon", "ugyfelszolgalat", "level", "kozossegi_media", "rendelo",
        "szemelyes", "personal", "personligt", "personlig",
    )
)  # fmt: skip
"""What channels are called in four languages, as `plain_name` leaves it."""


def customer_by_values(columns: Sequence[ColumnSeen], taken: Iterable[str]) -> ColumnSeen | None:
    """The column whose values are numbers of somebody that come again: nothing else is, by its name or its values."""
    used = set(taken)
    found = [
        column
        for column in columns
        if column.name not in used
        and column.kind in {"text", "number"}
        and column.rows >= _FEWEST_ROWS
        and not (column.few or says_something_else(column.name) or looks_personal(column.name))
        and column.distinct * column.rows >= _FEWEST_PEOPLE
        and column.distinct <= _MOST_APART
        and all(_is_id(sample, column) for sample in column.samples)
    ]
    return max(found, key=lambda column: (column.filled, column.distinct), default=None)


def _is_id(text: str, column: ColumnSeen) -> bool:
    """It is written as numbers of customers are: without blanks; figures alone are three at least, and alike."""
    if not _ID.fullmatch(text):
        return False
    lengths = {len(sample) for sample in column.samples}
    return not text.isdigit() or (min(lengths) >= 3 and max(lengths) - min(lengths) <= 1)


def event_by_values(
    columns: Sequence[ColumnSeen], taken: Iterable[str], who: str, table: pa.Table, engine: Engine
) -> ColumnSeen | None:
    """The column of few words that differ most within the customers of `who`."""
    used = set(taken)
    found = [
        column
        for column in columns
        if column.name not in used
        and column.kind == "text"
        and len(column.values) > 1
        and column.rows >= _FEWEST_ROWS
        and column.distinct <= _MOST_WORDS
        and not all(map(CURRENCY.fullmatch, column.values))
        and not (says_something_else(column.name) or looks_personal(column.name))
    ]
    if not found:
        return None
    names = [f"count(DISTINCT {name_sql(column.name)}) AS {name_sql(column.name)}" for column in found]
    apart = f"{select_sql(names, 'seen')} GROUP BY {name_sql(who)}"
    counts = query_over(engine, "seen", table, apart)
    means = {column.name: pa.compute.mean(counts.column(column.name)).as_py() or 0.0 for column in found}
    best = max(found, key=lambda column: means[column.name])
    return best if means[best.name] >= _VARIES else None


def channel_by_values(columns: Sequence[ColumnSeen], taken: Iterable[str]) -> ColumnSeen | None:
    """The column most of whose words are known channels: web, butik, telefon."""
    used = set(taken)
    for column in columns:
        words = column.values
        if (
            column.name in used
            or column.kind != "text"
            or len(words) < 2
            or name_rank("event", column.name) is not None
        ):
            continue
        if sum(plain_name(word) in _CHANNELS for word in words) * 2 > len(words):
            return column
    return None


def email_by_values(columns: Sequence[ColumnSeen], taken: Iterable[str]) -> ColumnSeen | None:
    """The column that holds e-mail addresses."""
    used = set(taken)
    return next(
        (
            column
            for column in columns
            if column.name not in used and column.samples and all(map(_EMAIL.fullmatch, column.samples))
        ),
        None,
    )
