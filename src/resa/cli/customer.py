"""`resa customer`: one customer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import pyarrow as pa
import typer

from resa.analytics import Membership, Reason, table_text
from resa.base.language import Sentence, sentence, sentences
from resa.base.showing import harmless
from resa.cli.consent import consent_rows
from resa.cli.console import say, write_out
from resa.cli.options import HERE, Folder, MapKey, opened
from resa.cli.speaking import spoken_in_terminal, told
from resa.identity import ContactPoint
from resa.workspace.customers import COMPUTED, Profile
from resa.workspace.erasing import Erased
from resa.workspace.exporting import DATA, PAGE

__all__ = ["app"]

app = typer.Typer(
    help="One customer: what she is called, what is known, what she did.", no_args_is_help=True, add_completion=False
)


@app.callback()
def _customer() -> None:
    """One customer: what she is called, what is known, what she did."""


@app.command()
def show(
    value: Annotated[str, typer.Argument(help="One of her identifiers, as its source writes it.")],
    *,
    kind: Annotated[str | None, typer.Option(help="Of which kind it is, such as user_id; default: any.")] = None,
    map_key: MapKey = None,
    newest: Annotated[int, typer.Option(min=0, help="So many of her events are listed at most.")] = 20,
    show_format: Annotated[
        Literal["table", "json"], typer.Option("--format", help="json: everything, properties of events too.")
    ] = "table",
    folder: Folder = HERE,
) -> None:
    """Show what is known of a customer and who said so, what is still expected of her, and what she did, newest first.

    All of it is personal data.
    """
    with opened(folder, measures=True) as shop:
        profile = shop.customer(value, kind=kind, map_key=map_key, newest=newest)
    if show_format == "json":
        write_out(json.dumps(profile.document, ensure_ascii=False, indent=2, default=_as_text))
    else:
        write_out("\n".join(_said(profile)))
    for note in profile.notes:
        say(note)


@app.command("why")
def why_(
    value: Annotated[str, typer.Argument(help="One of her identifiers, as its source writes it.")],
    name: Annotated[str, typer.Argument(help="Key of a segment, or of a persona.")],
    *,
    kind: Annotated[
        str | None, typer.Option(help="Of which kind the identifier is, such as user_id; default: any.")
    ] = None,
    map_key: MapKey = None,
    show_format: Annotated[Literal["table", "json"], typer.Option("--format", help="json: for programs.")] = "table",
    folder: Folder = HERE,
) -> None:
    """Show why a customer is in a segment or persona, or not: each condition, her value, and whether it holds.

    This is personal data.
    """
    with opened(folder, measures=True) as shop:
        found = shop.segments.why(name, value, kind=kind, map_key=map_key)
    if show_format == "json":
        write_out(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=_as_text))
        return
    answer = sentence("{name}: yes", name=found.name) if found.inside else sentence("{name}: no", name=found.name)
    write_out(told(answer))
    write_out("\n".join(_reasoned(found.reason, 1)))


_JOINED: Final = {
    "all": sentence("all of these"),
    "any": sentence("any of these"),
    "not": sentence("not this"),
}


_STATES: Final = {
    "unknown": sentence("not known"),
    "works": sentence("works"),
    "confirmed": sentence("confirmed"),
    "bounced": sentence("messages come back"),
    "unsubscribed": sentence("unsubscribed"),
    "complained": sentence("called it spam"),
}


def _reasoned(reason: Reason, depth: int) -> Iterator[str]:
    """A condition and what it is made of, a line each."""
    mark = {True: "✓", False: "✗", None: "?"}[reason.holds]
    said = told(_JOINED[reason.kind]) if reason.kind in _JOINED else harmless(reason.condition)
    if reason.value is not None and not isinstance(reason.value, bool):
        said += "  " + told(sentence("her value: {value}", value=harmless(_value(_shown(reason.value)))))
    elif reason.sign and reason.value is None and not reason.sign.startswith("is"):
        said += "  " + told(sentence("her value: not known"))
    if reason.sign and not isinstance(reason.threshold, str):
        said += "  " + told(sentence("compared with: {value}", value=harmless(_value(_shown(reason.threshold)))))
    yield f"{'  ' * depth}{mark} {said}"
    for part in reason.parts:
        yield from _reasoned(part, depth + 1)


def _shown(value: object) -> object:
    """A moment as text, a number without digits that say nothing."""
    if isinstance(value, datetime):
        return _moment(value)
    return round(value, 3) if isinstance(value, float) else value


def _as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _said(profile: Profile) -> Iterator[str]:
    """The profile for people."""
    yield from _beginning(profile)
    seen = profile.seen
    traits = [
        {
            "trait": trait.name,
            "value": _value(_shown(trait.value) if trait.source == COMPUTED else trait.value),
            "source": trait.source,
            "recorded (UTC)": None if trait.recorded_at is None else _moment(trait.recorded_at),
            "before": ", ".join(_value(earlier.value) for earlier in trait.before),
        }
        for trait in profile.traits
    ]
    yield from _table(sentence("What is known"), traits)
    yield from _table(sentence("How she can be reached"), list(map(_contact, profile.contacts)))
    yield from _table(sentence("What she belongs to"), list(map(_group, seen.groups)))
    yield from _table(sentence("What she consented to"), list(consent_rows(profile.consents)))
    still_open = [
        {
            "expectation": opening.expectation,
            "opened (UTC)": _moment(opening.opened_at),
            "deadline (UTC)": _moment(opening.deadline),
        }
        for opening in seen.openings
        if opening.outcome == "open"
    ]
    yield from _table(sentence("What is still expected"), still_open)
    timeline = [
        {
            "when (UTC)": _moment(event.at),
            "touchpoint": event.touchpoint,
            "event": event.event,
            "source": event.source,
            "channel": event.channel,
            "device": event.device,
            "value": event.value,
        }
        for event in seen.timeline
    ]
    heading = sentence("What she did, newest first ({listed} of {events})", listed=len(timeline), events=seen.events)
    yield from _table(heading, timeline)


def _contact(contact: ContactPoint) -> dict[str, Any]:
    return {
        "kind": contact.kind,
        "address": contact.value,
        "state": told(_STATES[contact.state]),
        "since (UTC)": None if contact.since is None else _moment(contact.since),
        "source": contact.source or None,
    }


def _group(group: Membership) -> dict[str, Any]:
    return {
        "group": group.group_id,
        "kind": group.kind,
        "name": group.name,
        "role": group.role,
        "since (UTC)": _moment(group.since),
        "source": group.source,
    }


def _beginning(profile: Profile) -> Iterator[str]:
    """What she is called, how much she did, and where she is."""
    seen = profile.seen
    for called in profile.identifiers:
        why = "; ".join(map(told, called.evidence))
        yield f"{harmless(called.kind)} {harmless(called.value)}" + (f"  ({why})" if why else "")
    yield (
        told(sentences("{n} event", "{n} events", seen.events))
        + ", "
        + told(sentences("{n} visit", "{n} visits", seen.visits))
    )
    if seen.touchpoint is not None:
        yield told(sentence("last visit: {touchpoint}", touchpoint=seen.touchpoint))
    if seen.personas:
        yield told(sentence("persona: {personas}", personas=", ".join(seen.personas)))
    if profile.segments:
        named = [
            name if since is None else told(sentence("{name} since {moment}", name=name, moment=_moment(since)))
            for name, since in profile.segments.items()
        ]
        yield told(sentence("segment: {segments}", segments=", ".join(named)))


def _table(heading: Sentence, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    if rows:
        yield f"\n{told(heading)}\n\n{table_text(pa.Table.from_pylist(list(rows)), spoken_in_terminal())}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _value(value: object) -> str:
    """A trait for people: texts without quotes, whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@app.command()
def export(
    value: Annotated[str, typer.Argument(help="One of her identifiers, as its source writes it.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="A folder to write to; made if it is missing.")],
    kind: Annotated[str | None, typer.Option(help="Of which kind it is, such as user_id; default: any.")] = None,
    folder: Folder = HERE,
) -> None:
    """Write all that is stored of a customer: customer.html to read, customer.json for programs. Personal data.

    Rows of others that mention her are theirs and are left out.
    """
    with opened(folder, measures=True) as shop:
        written = shop.export_customer(value, output, kind=kind)
    say(sentence("written: {page} and {data}; only you can read them", page=written / PAGE, data=written / DATA))


@app.command()
def erase(
    value: Annotated[str, typer.Argument(help="One of her identifiers, as its source writes it.")],
    *,
    kind: Annotated[str | None, typer.Option(help="Of which kind it is, such as user_id; default: any.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase without asking.")] = False,
    folder: Folder = HERE,
) -> None:
    """Erase a customer from everything that is stored, and prove it. It cannot be undone.

    What happened before and names her is not stored again. Backups and the files of your sources are yours to change.
    """
    with opened(folder, measures=True) as shop:
        if not yes:
            _table_of_rows(shop.erase(value, kind=kind, dry=True))
            if not typer.confirm(told(sentence("Erase all of it? It cannot be undone")), err=True):
                raise typer.Exit(1)
        erased = shop.erase(value, kind=kind)
    _table_of_rows(erased)
    say(sentence("erased; a search over all that is stored finds nothing that names her"))


def _table_of_rows(erased: Erased) -> None:
    rows = [{"table": _TABLES.get(name, name), "rows": number} for name, number in erased.rows.items()]
    if rows:
        write_out(table_text(pa.Table.from_pylist(rows), spoken_in_terminal()))
    else:
        say(sentence("no row names her"))


_TABLES = {"mentions": "rows of others that name her"}
