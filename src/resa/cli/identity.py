"""`resa identity`: who is who, why, and what people decide."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import pyarrow as pa
import typer

from resa.analytics import table_text
from resa.base.language import Sentence, sentence, sentences
from resa.base.showing import harmless
from resa.cli.console import say, write_out
from resa.cli.measure import Format, HowToWrite, chosen_format, write_table, write_text
from resa.cli.options import HERE, Folder, Output, opened
from resa.cli.speaking import spoken_in_terminal, told
from resa.identity import Identifier, Level

if TYPE_CHECKING:
    from resa.workspace import Workspace
    from resa.workspace.matching import Likely

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
_LEVELS: Final[Mapping[Level, Sentence]] = MappingProxyType(
    {
        "same": sentence("the same"),
        "similar": sentence("similar"),
        "different": sentence("different"),
        "unknown": sentence("not known"),
    }
)
_REVIEW: Final = pa.schema(
    [
        pa.field("identifier", pa.string()),
        pa.field("other", pa.string()),
        pa.field("rows", pa.int64()),
        pa.field("why", pa.string()),
        pa.field("probability", pa.float64()),
        pa.field("compared", pa.string()),
    ]
)
"""What is to review, for other programs: conflicts have a number of rows, pairs who are alike a probability."""

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
    """List what was seen together and not joined, what is shared, and who may be one person. Personal data.

    A person may know better: `resa identity join` and `split` say so.
    """
    how = chosen_format(show_format, output)
    with opened(folder, measures=True) as shop:
        found, alike = shop.identity.review(), shop.identity.undecided()
    conflicts, pairs = found[:most], alike[:most]
    rows = [
        {
            "identifier": _named(refusal.one),
            "other": "" if refusal.other is None else _named(refusal.other),
            "rows": refusal.count or None,
            "why": told(refusal.why),
        }
        for refusal in conflicts
    ]
    if how is not Format.table:
        write_table(pa.Table.from_pylist([*rows, *map(_row, pairs)], schema=_REVIEW), how, output, ours=True)
    elif rows or pairs:
        blocks = [table_text(pa.Table.from_pylist(rows), spoken_in_terminal())] if rows else []
        blocks += [_block(pair) for pair in pairs]
        write_text("\n\n".join(block.rstrip("\n") for block in blocks), output)
    else:
        say(sentence("nothing to review: whatever was seen together is one customer"))
    if left := len(found) - len(conflicts) + len(alike) - len(pairs):
        say(sentences("{n} more is not listed", "{n} more are not listed", left))


def _block(pair: Likely) -> str:
    """A pair, what is known of both side by side, and the two commands of which a person chooses one."""
    names = {"one": _named(pair.one), "other": _named(pair.other)}
    share = f"{pair.probability:.3f}"
    lines = [told(sentence("Perhaps the same person ({share}): {one} and {other}", share=share, **names))]
    if why := _why_apart(pair):
        lines.append(f"  {why}")
    fields = [
        {
            "field": part.field,
            "one": _shown(part.one),
            "other": _shown(part.other),
            "agreement": told(_LEVELS[part.level]),
            "weight": f"{part.weight:+.1f}",
        }
        for part in pair.compared
    ]
    fields.append(
        {
            "field": told(sentence("any two")),
            "one": "",
            "other": "",
            "agreement": "",
            "weight": f"{pair.prior:+.1f}",
        }
    )
    table = table_text(pa.Table.from_pylist(fields), spoken_in_terminal())
    lines += [f"  {line}" for line in table.rstrip("\n").splitlines()]
    both = f"{shlex.quote(names['one'])} {shlex.quote(names['other'])}"
    lines += [f"  resa identity join {both}", f"  resa identity split {both}"]
    return "\n".join(lines)


def _why_apart(pair: Likely) -> str:
    """What else there is to say of a pair."""
    said = []
    if pair.apart:
        said.append(told(sentence("each has an identifier of a kind of which a customer has one")))
    if pair.changed:
        found = f"{pair.found_at:%Y-%m-%d}" if pair.found_at else ""
        said.append(
            told(sentence("what is known has changed since {found}, when it was compared: match again", found=found))
        )
    return "; ".join(said)


def _shown(value: str | None) -> str:
    return "–" if value is None else harmless(value)


def _row(pair: Likely) -> dict[str, str | float]:
    compared = (f"{part.field}: {part.one} | {part.other} ({part.level}, {part.weight:+.1f})" for part in pair.compared)
    return {
        "identifier": _named(pair.one),
        "other": _named(pair.other),
        "why": _why_apart(pair),
        "probability": pair.probability,
        "compared": "; ".join(compared),
    }


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
