"""What `resa measure` can be asked: each field is an option, and a key of the question's document."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Annotated, Any, Final, get_type_hints

import typer

from resa.base.errors import InputError
from resa.base.language import sentence
from resa.cli.options import AsOf, MapKey

__all__ = ["Asked", "with_asked"]

_KEYS: Final = {"map_key": "map", "since": "from"}
"""Fields that a question's document calls otherwise."""

_ANY_OF: Final = frozenset({"unless", "start", "end", "returns", "brackets", "compare"})
"""Fields that hold several words, written `a,b`."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a question says by options; what each means is said where people read it, in its help."""

    map_key: MapKey = None
    within: Annotated[
        str | None,
        typer.Option(help="Funnel: from first to last step, such as '7 days'. Channels, friction: to the next visit."),
    ] = None
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="Expectations: only `expectation`, or only `promise`.")
    ] = None
    mature: Annotated[bool, typer.Option(help="Funnel: only entries that have had all of --within.")] = False
    unless: Annotated[
        str | None,
        typer.Option(help="Funnel: touchpoints that may not come between its steps, such as 'support,store'."),
    ] = None
    directly: Annotated[
        bool, typer.Option("--directly", help="Funnel: each step is the very next visit after the one before.")
    ] = False
    start: Annotated[
        str | None, typer.Option(help="Paths: the touchpoint they start at. Retention: that starts a customer.")
    ] = None
    returns: Annotated[str | None, typer.Option(help="Retention: the touchpoint that counts as coming back.")] = None
    periods: Annotated[int | None, typer.Option(help="Retention: how many periods after the start.")] = None
    rolling: Annotated[bool, typer.Option(help="Retention: who came back later counts as back before, too.")] = False
    brackets: Annotated[str | None, typer.Option(help="Retention: periods that count as one, such as '0,1-3,4+'.")] = (
        None
    )
    days: Annotated[int | None, typer.Option(help="Improvements: so many days on each side at most.")] = None
    quiet_after: Annotated[str | None, typer.Option(help="Stages: a longer pause ends a stay, such as '90 days'.")] = (
        None
    )
    limit: Annotated[int | None, typer.Option(help="Friction: how many places are listed.")] = None
    touchpoints: Annotated[
        str | None, typer.Option(help="Process: the most visited, with this share of the visits, such as '80 %'.")
    ] = None
    arrows: Annotated[
        str | None, typer.Option(help="Process: the commonest, with this share of the transitions, such as '60 %'.")
    ] = None
    show: Annotated[
        str | None, typer.Option(help="Process: what its arrows carry: count, customers, median or p90.")
    ] = None
    end: Annotated[str | None, typer.Option(help="Paths: the touchpoint they end at.")] = None
    steps: Annotated[int | None, typer.Option(help="Paths: how many steps.")] = None
    sessions: Annotated[str | None, typer.Option(help="Paths: a longer pause ends one, such as '30 min'.")] = None
    top: Annotated[int | None, typer.Option(help="Paths, variants, conformance, tracking: how many are listed.")] = None
    collapse: Annotated[bool | None, typer.Option(help="Paths, variants, conformance: repeats count once.")] = None
    every: Annotated[str | None, typer.Option(help="Trend, retention, stages: day, week, month or quarter.")] = None
    by: Annotated[
        list[str] | None, typer.Option(help="Group: persona, channel, device, traits.x, properties.x, week …")
    ] = None
    count_by: Annotated[
        str | None, typer.Option(help="customer, or account: the firms or households that the map names.")
    ] = None
    compare: Annotated[
        str | None, typer.Option(help="Two of the groups, to be compared by their shares, such as 'mobile,desktop'.")
    ] = None
    where: Annotated[str | None, typer.Option(help="Only customers for whom this expression holds.")] = None
    events: Annotated[str | None, typer.Option(help="Only events for which this expression holds.")] = None
    since: Annotated[str | None, typer.Option("--from", help="First day, or moment.")] = None
    until: Annotated[str | None, typer.Option(help="Last day, included; or moment, excluded.")] = None
    channel: Annotated[list[str] | None, typer.Option(help="Only these channels.")] = None
    device: Annotated[list[str] | None, typer.Option(help="Only these devices.")] = None
    persona: Annotated[list[str] | None, typer.Option(help="Only these personas.")] = None
    as_of: AsOf = None

    @property
    def document(self) -> dict[str, Any]:
        """The part of the question's document that was said.

        Raises:
            InputError: It is grouped by more than one thing.
        """
        given = [(one, getattr(self, one.name)) for one in fields(self)]
        said = {one.name: value for one, value in given if value is not one.default}
        if self.by:
            said["by"] = _only(self.by)
        return {
            _KEYS.get(name, name): [word.strip() for word in value.split(",")] if name in _ANY_OF else value
            for name, value in said.items()
        }


def _only(by: list[str]) -> str:
    if len(by) > 1:
        raise InputError(
            sentence(
                "a question groups by one thing, not by {by}; ask once for each",
                by=sentence("{names} and {last}", names=", ".join(by[:-1]), last=by[-1]),
            )
        )
    return by[0]


def with_asked(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes each field of `Asked` as an option, in the place of its parameter `asked`."""
    signature = inspect.signature(command, eval_str=True)
    hints = get_type_hints(Asked, include_extras=True)
    options = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=hints[one.name])
        for one in fields(Asked)
    ]
    parameters = [
        one for name, found in signature.parameters.items() for one in (options if name == "asked" else [found])
    ]

    @wraps(command)
    def given(**values: Any) -> None:
        asked = Asked(**{name: values.pop(name) for name in hints})
        command(**values, asked=asked)

    given.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by the framework
    return given
