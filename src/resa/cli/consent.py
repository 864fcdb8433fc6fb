"""`resa consent`: what customers agreed to, with proof; given, withdrawn, imported, shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import typer

from resa.analytics import table_text
from resa.base.errors import InputError
from resa.base.language import sentence, sentences
from resa.base.showing import harmless
from resa.cli.console import say, write_out
from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output, opened
from resa.cli.speaking import spoken_in_terminal, told
from resa.workspace.consents import VALID

if TYPE_CHECKING:
    from resa.consent import Standing

__all__ = ["app", "consent_rows", "named_customer"]

app = typer.Typer(
    help="What customers agreed to, with proof: given, withdrawn, imported, shown.",
    no_args_is_help=True,
    add_completion=False,
)

_Who = Annotated[str, typer.Argument(metavar="KIND=VALUE", help="An identifier of hers, such as email=anna@shop.se.")]
_About = Annotated[str, typer.Argument(help="A topic or purpose of consent.yaml, such as newsletter.")]
_At = Annotated[str | None, typer.Option(help="When she said so, ISO 8601 with its zone; default: now.")]
_Source = Annotated[str, typer.Option(help="Where she said so, such as store or phone.")]
_Page = Annotated[str | None, typer.Option(help="On which page; what stands behind ? and # is left out.")]


def named_customer(text: str) -> tuple[str, str]:
    """Kind and value of an identifier, as `KIND=VALUE`."""
    kind, equals, value = text.partition("=")
    if not (equals and kind.strip() and value.strip()):
        raise typer.BadParameter(sentence("write kind and value, such as user_id=7 or email=anna@shop.se"))
    return kind.strip(), value.strip()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise typer.BadParameter(sentence("write --at as a time with its zone, such as 2026-05-01T10:00:00+02:00"))
    return found


@app.command("give")
def give(
    who: _Who,
    about: _About,
    *,
    at: _At = None,
    wording: Annotated[str | None, typer.Option(help="Version of what she was shown; default: the newest.")] = None,
    source: _Source = "",
    page: _Page = None,
    folder: Folder = HERE,
) -> None:
    """Record that a customer gave her consent to a topic or purpose. Beside a running server, too."""
    with opened(folder) as shop:
        made = shop.consents.give(named_customer(who), about, at=_moment(at), wording=wording, source=source, page=page)
    say(sentence("recorded: {about} given", about=made.about))


@app.command("withdraw")
def withdraw(
    who: _Who,
    about: _About,
    *,
    at: _At = None,
    source: _Source = "",
    page: _Page = None,
    folder: Folder = HERE,
) -> None:
    """Record that a customer withdrew her consent, or objected. Beside a running server, too."""
    with opened(folder) as shop:
        made = shop.consents.withdraw(named_customer(who), about, at=_moment(at), source=source, page=page)
    say(sentence("recorded: {about} withdrawn", about=made.about))


@app.command("ask")
def ask(
    who: _Who,
    about: _About,
    *,
    wording: Annotated[str | None, typer.Option(help="Version of what she is shown; default: the newest.")] = None,
    source: _Source = "",
    page: _Page = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="So long the link holds; it holds once.")] = VALID.days,
    server: Annotated[str, typer.Option(help="Where `resa serve` is reached.")] = "http://127.0.0.1:8787",
    folder: Folder = HERE,
) -> None:
    """Record that a customer is asked, and give the link by which she confirms (double opt-in), to send to her."""
    with opened(folder) as shop:
        valid = timedelta(days=days)
        link = shop.consents.ask(
            named_customer(who), about, wording=wording, source=source, page=page, valid=valid, server=server
        )
    write_out(link)


@app.command("show")
def show(
    who: _Who,
    *,
    show_format: Annotated[Literal["table", "json"], typer.Option("--format", help="json: for programs.")] = "table",
    folder: Folder = HERE,
) -> None:
    """Show where a customer stands on every topic and purpose, and each word of hers with its proof. Personal data."""
    with opened(folder, measures=True) as shop:
        found = shop.consents.of(named_customer(who))
    if show_format == "json":
        document = {"standings": list(map(asdict, found.standings)), "records": list(map(asdict, found.records))}
        write_out(json.dumps(document, ensure_ascii=False, indent=2, default=_as_text))
        return
    if found.standings:
        write_out(table_text(pa.Table.from_pylist(list(consent_rows(found.standings))), spoken_in_terminal()))
    words = [
        {
            "number": one.number,
            "when (UTC)": _seen(one.at),
            "consent": one.about,
            "state": one.what,
            "wording": one.wording,
            "where": " ".join(part for part in (one.source, one.page) if part),
            "by": one.who,
            "identifier": f"{one.kind} {one.value}",
        }
        for one in found.records
    ]
    if words:
        heading = told(sentence("What she said, in the order in which it was kept"))
        write_out(f"\n{heading}\n\n{table_text(pa.Table.from_pylist(words), spoken_in_terminal())}")
    else:
        say(sentence("nothing is known that she said; what holds is the default"))


@app.command("list")
def list_(show_format: HowToWrite = None, output: Output = None, folder: Folder = HERE) -> None:
    """Show how many customers gave, were asked for, and withdrew each topic and purpose."""
    how = chosen_format(show_format, output)
    with opened(folder, measures=True) as shop:
        rows = [
            {"consent": one.about, "given": one.given, "asked": one.asked, "withdrawn": one.withdrawn}
            for one in shop.consents.count()
        ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    else:
        say(sentence("there is nothing to consent to yet; write purposes and topics in consent.yaml"))


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV with a heading.")],
    *,
    about: Annotated[str | None, typer.Option(help="Topic or purpose of rows that name none.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none, such as Europe/Oslo.")] = None,
    folder: Folder = HERE,
) -> None:
    """Record existing consents; rows that cannot be kept are told with their reasons, the others go in.

    Columns: email, phone, user_id … (or kind and value), about, what (given, withdrawn, confirmed), at, wording,
    source, page and message_id.
    """
    try:
        zone = None if timezone is None else ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(sentence("'{zone}' is no time zone; write it as Europe/Stockholm", zone=timezone)) from None
    with opened(folder) as shop:
        done = shop.consents.import_file(path, about=about, zone=zone)
    refused = [{"row": one.row, "reason": told(one.reason)} for one in done.refused]
    if refused:
        write_out(table_text(pa.Table.from_pylist(refused), spoken_in_terminal()))
    say(
        sentences(
            "{n} row: {stored} recorded, {duplicate} known before, {refused} refused",
            "{n} rows: {stored} recorded, {duplicate} known before, {refused} refused",
            done.rows,
            stored=done.stored,
            duplicate=done.duplicate,
            refused=len(done.refused),
        )
    )


@app.command("seal")
def seal(
    number: Annotated[int | None, typer.Argument(min=1, help="Of this record; default: the newest.")] = None,
    folder: Folder = HERE,
) -> None:
    """Show number and hash of a record: kept elsewhere, they prove later that no record up to it was changed."""
    with opened(folder) as shop:
        found, digest = shop.consents.seal(number)
    if not digest:
        say(sentence("there is no such record"))
        raise typer.Exit(1)
    write_out(f"{found} {digest}")


def consent_rows(standings: tuple[Standing, ...]) -> Iterator[dict[str, Any]]:
    """Where a customer stands, for a table."""
    for one in standings:
        record = one.record
        yield {
            "consent": one.about,
            "allowed": "yes" if one.allowed else "no",
            "state": one.status,
            "since (UTC)": "" if record is None else _seen(record.at),
            "wording": "" if record is None else harmless(record.wording),
            "where": "" if record is None else harmless(" ".join(filter(None, (record.source, record.page)))),
            "by": "" if record is None else harmless(record.who),
        }


def _seen(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
