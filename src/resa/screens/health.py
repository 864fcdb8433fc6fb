"""How the data are doing: what needs doing first, what waits, how fresh each source is, and a recount of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock, Thread
from typing import Final

from babel.numbers import format_decimal
from litestar import get, post

from resa.base.errors import ResaError
from resa.base.language import LANGUAGES, in_language, said_by
from resa.drawing import format_count, format_seconds
from resa.screens.few import size_for
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.signing_in import Form
from resa.screens.tables import Shown, shown_rows
from resa.screens.visits import Visit
from resa.workspace import Workspace
from resa.workspace.health import About, Health, health_of, sizes_of

__all__ = ["ROUTES"]

_WHERE: Final[dict[About, str]] = {"source": "/live", "rejected": "/live#refused", "file": "/live"}
"""The page that shows more of a concern."""

_LARGEST: Final = 8
_MINUTE: Final = 60
_UNITS: Final = ("kB", "MB", "GB", "TB")


@dataclass(frozen=True, kw_only=True)
class _Recount:
    """A recount of everything, which `resa verify` makes.

    Attributes:
        ended_at: When it ended, UTC; `None`: it is under way.
        findings: What is wrong.
    """

    ended_at: datetime | None = None
    findings: Sequence[str] = ()


_recounts: dict[Path, _Recount] = {}
_counting: Final = Lock()


@get("/data-health", opt={"needs": "sources"}, sync_to_thread=True)
def health(visit: Visiting) -> Html:
    """What needs doing first, and everything that tells how the data are doing."""
    shop, found = visit.shop, health_of(visit.shop)
    return page(
        visit,
        "health",
        visit.say("health"),
        now=visit.when_there(found.at),
        concerns=[(one, in_language(one.message, visit.language), _WHERE.get(one.about)) for one in found.concerns],
        figures=_figures(visit, found),
        sources=_sources(visit, found),
        segments=_segments(visit, found),
        sizes=_sizes(visit),
        recount=_recounts.get(shop.folder),
    )


@post("/data-health/recount", opt={"needs": "manage"}, sync_to_thread=True)
def recount(visit: Visiting, data: Form) -> Html:  # noqa: ARG001 - the form's token
    """Begin to count everything again; who looks at the page later sees what came of it."""
    shop = visit.shop
    with _counting:
        known = _recounts.get(shop.folder)
        if known is None or known.ended_at is not None:
            _recounts[shop.folder] = _Recount()
            Thread(target=_count_again, args=(shop,), name="recounting", daemon=True).start()
    return redirect("/data-health")


def _count_again(shop: Workspace) -> None:
    findings: Sequence[str]
    try:
        findings = [one.message for one in shop.verify()]
    except ResaError as error:
        findings = [said_by(error)]
    _recounts[shop.folder] = _Recount(ended_at=shop.clock(), findings=findings)


def _figures(visit: Visit, found: Health) -> list[tuple[str, str, str]]:
    """What is it, how much, and what to compare it with."""
    figures, language = found.figures, visit.language
    waits = "" if found.oldest is None else visit.say("waits_since", span=_ago(visit, found.at, found.oldest))
    behind = visit.say("rows_behind", rows=format_count(figures.rows_behind, language)) if figures.rows_behind else ""
    return [
        (visit.say("arrivals_waiting"), format_count(found.arrivals, language), waits),
        (visit.say("index_made"), _ago(visit, found.at, figures.published_at), behind),
        (visit.say("writer_seen"), _ago(visit, found.at, figures.written_at), ""),
        (visit.say("events"), format_count(figures.events, language), ""),
        (visit.say("customers"), format_count(figures.customers, language), ""),
        (visit.say("disk_free"), _bytes(visit, figures.free), ""),
    ]


def _sources(visit: Visit, found: Health) -> Shown:
    words = ("source", "lag", "last_success", "next_run", "failures", "refused")
    rows = [
        (
            one.name,
            "–" if one.lag is None else format_seconds(one.lag.total_seconds(), visit.language),
            _ago(visit, found.at, one.state.succeeded_at),
            str(visit.when(one.next_run)),
            format_count(one.state.failures, visit.language),
            format_count(one.rejected, visit.language),
        )
        for one in found.sources
    ]
    return shown_rows([visit.say(word) for word in words], rows, numbers=[4, 5])


def _segments(visit: Visit, found: Health) -> Shown:
    names = {f"{one.key}.{segment.key}": segment.name for one in visit.shop.maps.values() for segment in one.segments}
    rows = [
        (names.get(key, key), size_for(visit, state.customers), _ago(visit, found.at, state.counted_at))
        for key, state in sorted(found.segments.items())
    ]
    return shown_rows([visit.say(word) for word in ("segment", "segment_size", "counted")], rows, numbers=[1])


def _sizes(visit: Visit) -> Shown:
    """What is largest in the data folder, and all of it."""
    sizes = list(sizes_of(visit.shop).items())
    rows = [(name, size) for name, size in sizes[:_LARGEST] if size]
    rows += [(visit.say("size_others"), sum(size for _, size in sizes[_LARGEST:]))] if len(sizes) > _LARGEST else []
    rows.append((visit.say("size_all"), sum(size for _, size in sizes)))
    shown = [(name, _bytes(visit, size)) for name, size in rows]
    return shown_rows([visit.say("stored_in"), visit.say("size")], shown, numbers=[1])


def _ago(visit: Visit, now: datetime, moment: datetime | None) -> str:
    if moment is None:
        return "–"
    seconds = max(timedelta(), now - moment).total_seconds()
    if seconds > _MINUTE:  # of what is long ago nobody wants the seconds
        seconds -= seconds % _MINUTE
    return str(visit.say("ago", span=format_seconds(seconds, visit.language)))


def _bytes(visit: Visit, size: int) -> str:
    number, unit = size / 1_000, 0
    while number >= 1_000 and unit < len(_UNITS) - 1:
        number, unit = number / 1_000, unit + 1
    written = format_decimal(number, "#,##0" if number >= 10 else "#,##0.0", locale=LANGUAGES[visit.language])
    return f"{written} {_UNITS[unit]}"


ROUTES: Final = (health, recount)
