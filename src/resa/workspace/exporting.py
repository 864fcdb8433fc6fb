"""All that is stored of a customer, for herself: a page to read, and JSON for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from resa.base.errors import InputError
from resa.base.files import durable_file, make_private_folder
from resa.base.language import sentence
from resa.storage import rows_naming
from resa.workspace.customers import called_and_known, profile_of
from resa.workspace.erasing import found_person
from resa.workspace.freshness import brought_up_to_date

if TYPE_CHECKING:
    from resa.reporting import Section
    from resa.workspace.workspace import Workspace

__all__ = ["DATA", "PAGE", "export_customer"]

PAGE: Final = "customer.html"
DATA: Final = "customer.json"


def export_customer(shop: Workspace, value: str, folder: Path, *, kind: str | None = None) -> Path:
    """Write `customer.html` and `customer.json`, which only their owner may read; the folder.

    Args:
        shop: The workspace.
        value: Of one of her identifiers, as its source spells it.
        folder: From where the person stands; made if it is missing.
        kind: Of the identifier, such as user_id; `None`: any.

    Raises:
        QuestionError: Nobody is called so, or several are.
        InputError: There is a file in the folder's place.
    """
    from resa.reporting import customer_page  # noqa: PLC0415 - heavy; only here

    if folder.exists() and not folder.is_dir():
        raise InputError(sentence("'{path}' is a file; name a folder", path=folder))
    brought_up_to_date(shop)
    index = shop.store.index()
    customer, person = found_person(shop, index, value, kind)
    shop.audit.note("customer.export", of=min(person.called))
    tables = rows_naming(shop.store, person)
    seen = customer is not None
    openings = {key: _openings(shop, value, kind, key) if seen else [] for key in shop.maps}
    document = {
        "made_at": shop.clock(),
        **({} if customer is None else called_and_known(shop, index, customer)),
        **{name: [_readable(row) for row in table.to_pylist()] for name, table in tables.items()},
        "openings": openings,
    }
    language = next((journey_map.language for journey_map in shop.maps.values()), "en")
    page = customer_page(_sections(document), language, f"{shop.clock().astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    if not folder.exists():
        make_private_folder(folder)
    _write(folder / DATA, json.dumps(document, ensure_ascii=False, indent=2, default=_as_text) + "\n")
    _write(folder / PAGE, page)
    return folder


def _openings(shop: Workspace, value: str, kind: str | None, key: str) -> list[dict[str, Any]]:
    return list(profile_of(shop, value, kind=kind, map_key=key, newest=0).document["openings"])


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its JSON read."""
    return {name: _parsed(value) if name in {"properties", "traits"} else value for name, value in row.items()}


def _parsed(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def _sections(document: Mapping[str, Any]) -> list[Section]:
    titles = {
        "identifiers": sentence("What you are called"),
        "traits": sentence("What is known of you"),
        "events": sentence("What you did"),
        "customers": sentence("What sources said of you"),
        "feedback": sentence("What you answered"),
        "rejected": sentence("Rows that could not be read and name you"),
        "decisions": sentence("What people decided on who you are"),
        "likely_pairs": sentence("Comparisons with customers who may be you"),
        "segment_members": sentence("Segments that you are in"),
        "segment_changes": sentence("Segments that you entered and left"),
        "consents": sentence("What you consented to, and withdrew"),
    }
    sections = [_section(titles[name], document[name]) for name in titles if name in document]
    openings = [{"map": key, **row} for key, rows in document["openings"].items() for row in rows]
    return [*sections, _section(sentence("What was expected"), openings)]


def _section(title: str, rows: Sequence[Mapping[str, Any]]) -> Section:
    from resa.reporting import Section  # noqa: PLC0415 - heavy; only here

    used = [name for name in (rows[0] if rows else ()) if any(row[name] not in (None, [], ()) for row in rows)]
    used = [name for name in used if name not in _FOR_PROGRAMS]
    headings = [name.replace("_", " ") for name in used]
    return Section(title, headings, [[_cell(row[name]) for name in used] for row in rows])


_FOR_PROGRAMS: Final = frozenset(
    ("message_id", "load_id", "sequence", "sent_at", "received_at", "row", "position", "types")
)
"""What stands in the JSON alone."""


def _cell(value: Any) -> str:
    """A value for people: lists one after the other, what has names with its names."""
    match value:
        case None:
            text = ""
        case datetime():
            text = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        case {"kind": kind, "value": named, **others} if not others:
            text = f"{kind} {named}"
        case {"value": former, "source": source}:
            text = f"{_cell(former)} ({source})"
        case dict():
            text = ", ".join(f"{name}: {_cell(part)}" for name, part in value.items())
        case list() | tuple():
            text = "; ".join(map(_cell, value))
        case float() if value.is_integer():
            text = str(int(value))
        case _:
            text = str(value)
    return text


def _as_text(moment: date) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.isoformat()


def _write(path: Path, text: str) -> None:
    with durable_file(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
