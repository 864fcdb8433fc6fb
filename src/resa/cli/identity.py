"""`resa identity`: who is who, why, and what people decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import pyarrow as pa
import typer

from resa.base.language import sentence, sentences
from resa.base.showing import harmless
from resa.cli.console import say, write_out
from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output, opened
from resa.cli.speaking import told
from resa.identity import Identifier

if TYPE_CHECKING:
    from resa.workspace import Workspace

__all__ = ["app"]

app = typer.Typer(
    help="Who is who: which identifiers are one customer, and why.", no_args_is_help=True, add_completion=False
)


def _identifier(text: str) -> tuple[str, str]:
    kind, equals, value = text.partition("=")
    if not (equals and kind.strip() and value.strip()):
        raise typer.BadParameter(sentence("write kind and value, such as user_id=7 or email=anna@shop.se"))
    return kind.strip(), value.strip()


_One = Annotated[str, typer.Argument(metavar="KIND=VALUE", help="An identifier, such as user_id=7.")]
_Other = Annotated[str, typer.Argument(metavar="KIND=VALUE", help="Another, such as email=anna@shop.se.")]
_Why = Annotated[str, typer.Option("--why", help="The reason, for those who ask later.")]


@app.command("join")
def join(one: _One, other: _Other, *, why: _Why = "", folder: Folder = HERE) -> None:
    """Say that two identifiers are one customer, whatever limits say. Numbers follow, beside a running server too."""
    with opened(folder, measures=True) as shop:
        made = shop.identity.join(_identifier(one), _identifier(other), why=why)
        say(sentence("joined: {one} and {other} are one customer", one=_named(made.one), other=_named(made.other)))
        _follow(shop)


@app.command("split")
def split(one: _One, other: _Other, *, why: _Why = "", folder: Folder = HERE) -> None:
    """Say that two identifiers are two customers, whatever is seen later. Each gets what is theirs."""
    with opened(folder, measures=True) as shop:
        made = shop.identity.split(_identifier(one), _identifier(other), why=why)
        say(sentence("split: {one} and {other} are two customers", one=_named(made.one), other=_named(made.other)))
        _follow(shop)


@app.command("why")
def why_are_they(one: _One, other: _Other, *, folder: Folder = HERE) -> None:
    """Show the evidence by which two identifiers are one customer, or what speaks against it."""
    with opened(folder, measures=True) as shop:
        reasons = shop.identity.why(_identifier(one), _identifier(other))
    if reasons.together:
        write_out(told(sentence("They are one customer.")))
        for step in reasons.steps:
            write_out(f"  {_named(step.one)}  –  {_named(step.other)}\n    {told(step.sentence)}")
        return
    write_out(told(sentence("They are two customers.")))
    for reason in reasons.against or (sentence("nothing was ever seen that names both"),):
        write_out(f"  {told(reason)}")


@app.command("review")
def review(
    *,
    most: Annotated[int, typer.Option("--most", min=1, help="So many are listed at most.")] = 50,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """List what was seen together and not joined, and what is shared: a person may know better. Personal data."""
    how = chosen_format(show_format, output)
    with opened(folder, measures=True) as shop:
        found = shop.identity.review()
    rows = [
        {
            "identifier": _named(refusal.one),
            "other": "" if refusal.other is None else _named(refusal.other),
            "rows": refusal.count or None,
            "why": told(refusal.why),
        }
        for refusal in found[:most]
    ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
        if len(found) > most:
            say(sentences("{n} more is not listed", "{n} more are not listed", len(found) - most))
    else:
        say(sentence("nothing to review: whatever was seen together is one customer"))


@app.command("match")
def match(
    *,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only tell; join nobody.")] = False,
    most: Annotated[int, typer.Option("--most", min=1, help="So many are listed at most.")] = 50,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Join customers who are alike by name, birth date, address and the like; list who may be one. Personal data."""
    how = chosen_format(show_format, output)
    with opened(folder, measures=True) as shop:
        found = shop.identity.match(keep=not dry)
        if not dry:
            _follow(shop)
    pairs = [*found.joined, *found.undecided]
    rows = [
        {
            "identifier": _named(pair.one),
            "other": _named(pair.other),
            "probability": pair.probability,
            "agree": ", ".join(pair.agree),
            "differ": ", ".join(pair.differ),
            "decision": "" if pair.apart or place >= len(found.joined) else "join",
        }
        for place, pair in enumerate(pairs[:most])
    ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    said = sentences("{n} pair is alike enough to be one", "{n} pairs are alike enough to be one", len(found.joined))
    say(said)
    if found.undecided:
        say(
            sentences(
                "{n} pair is for a person to decide", "{n} pairs are for a person to decide", len(found.undecided)
            )
        )


@app.command("decisions")
def decisions(show_format: HowToWrite = None, output: Output = None, folder: Folder = HERE) -> None:
    """List what people decided, the oldest first. Personal data."""
    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        rows = [
            {
                "decision": decision.what,
                "identifier": _named(decision.one),
                "other": _named(decision.other),
                "when (UTC)": f"{decision.at:%Y-%m-%d %H:%M}",
                "who": decision.who,
                "why": decision.why,
            }
            for decision in shop.identity.decisions()
        ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    else:
        say(sentence("nobody has decided anything yet"))


def _named(identifier: Identifier) -> str:
    return harmless(f"{identifier.kind}={identifier.value}")


def _follow(shop: Workspace) -> None:
    """Bring the numbers up to date, unless a server does."""
    for note in shop.measure.notes:
        say(note)
