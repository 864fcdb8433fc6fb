"""`resa audit`: who saw and changed what."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
import typer

from resa.base.language import sentence
from resa.base.showing import harmless
from resa.cli.consent import named_customer
from resa.cli.console import say, write_out
from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output, opened

__all__ = ["audit"]


def audit(
    *,
    customer: Annotated[
        str | None, typer.Option(metavar="KIND=VALUE", help="Only about this customer, by any identifier of hers.")
    ] = None,
    newest: Annotated[int, typer.Option(min=1, help="So many are listed at most, the newest first.")] = 50,
    seal: Annotated[
        bool, typer.Option("--seal", help="Show number and hash of the newest entry instead: keep them elsewhere.")
    ] = False,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """List who saw and changed what, the newest first. Customers stand in it by pseudonyms alone."""
    if seal:
        with opened(folder) as shop:
            write_out(" ".join(map(str, shop.audit.seal())).strip())
        return
    how = chosen_format(show_format, output)
    with opened(folder, measures=customer is not None) as shop:
        found = shop.audit.entries(None if customer is None else named_customer(customer), newest=newest)
    rows = [
        {
            "number": one.number,
            "when (UTC)": "" if one.at is None else f"{one.at:%Y-%m-%d %H:%M:%S}",
            "who": harmless(one.who),
            "way": one.way,
            "what": one.what,
            "customer": one.pseudonym[:8],
            "detail": harmless(", ".join(f"{name} {value}" for name, value in one.detail.items())),
        }
        for one in found
    ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    else:
        say(sentence("nothing was seen or changed yet"))
