"""Live: what comes in from where, what was refused and why, and what the map still lacks."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import pyarrow as pa
from litestar import get, post
from litestar.params import FromPath

from resa.base.errors import ResaError
from resa.base.language import as_it_is, in_language, said_by
from resa.collector import said_again
from resa.drawing import format_count, format_seconds
from resa.screens.answers import plain_table
from resa.screens.frame import Html, Visiting, page
from resa.screens.signing_in import Form
from resa.screens.tables import Shown, shown_rows
from resa.screens.visits import Visit
from resa.workspace.auditing import acting
from resa.workspace.tailing import newest_seen

__all__ = ["ROUTES", "refused_by_reason"]

_NEWEST: Final = 30
_UNUSED: Final = 20


@get("/live", opt={"needs": "sources"}, sync_to_thread=True)
def live(visit: Visiting) -> Html:
    """Sources with their lag and errors, the newest rows, refused ones by reason, and the tracking plan."""
    return _page(visit)


@post("/live/replay", opt={"needs": "manage"}, sync_to_thread=True)
def replay(visit: Visiting, data: Form) -> Html:
    """Read the refused rows of a source again, by its file as it is now."""
    try:
        with acting(visit.who):
            done = visit.shop.replay(data.get("source", ""))
    except ResaError as error:
        return _page(visit, status=409, said=in_language(said_by(error), visit.language))
    numbers = {"good": done.good, "duplicate": done.duplicate, "rest": done.still_rejected}
    words = {name: format_count(number, visit.language) for name, number in numbers.items()}
    return _page(visit, said=visit.say("replayed", **words))


@get("/live/tracking/{key:str}", opt={"needs": "sources"}, sync_to_thread=True)
def tracking(visit: Visiting, key: FromPath[str]) -> Html:
    """The tracking plan of a map: what shows each touchpoint, what came, and what came that it does not use."""
    journey_map = visit.shop.map(key)

    def look() -> dict[str, tuple[Shown, list[str]]]:
        plan = visit.shared.measure.tracking(map=key, top=_UNUSED)
        return {
            name: (Shown(*plain_table(visit, plan, part.table.num_rows, name)), _events(part.table))
            for name, part in plan.parts.items()
            if part.table.num_rows
        }

    some = visit.shared.of(("tracking", key, journey_map.hash, visit.language), look)
    return page(
        visit,
        "tracking",
        visit.say("tracking", map=journey_map.title),
        key=key,
        tables=[(visit.say(f"tracking_{name}"), table) for name, (table, _) in some.items()],
        unused=list(some).index("unused") if "unused" in some else None,
        events=some["unused"][1] if "unused" in some and visit.may("edit") else [],
    )


def _events(table: pa.Table) -> list[str]:
    found: list[str] = table.column("event").to_pylist() if "event" in table.column_names else []
    return found


def _page(visit: Visit, *, status: int = 200, said: str = "") -> Html:
    return page(
        visit,
        "live",
        visit.say("live"),
        status=status,
        said=said,
        sources=_sources(visit),
        problems=[problem for one in visit.shop.source_status() for problem in one.problems],
        newest=_newest(visit),
        refused=_refused(visit),
        maps=list(visit.shop.maps.values()),
        now=visit.when_there(visit.shop.clock()),
    )


def _sources(visit: Visit) -> Shown:
    say, language = visit.say, visit.language
    words = ("source", "reads", "good", "refused", "lag", "last_run", "next_run", "last_error")
    rows = [
        (
            one.name,
            say(f"reads_{one.reads}") if one.reads else say("reads_gone"),
            format_count(one.good, language),
            format_count(one.rejected, language),
            "–" if one.lag is None else format_seconds(one.lag.total_seconds(), language),
            str(visit.when(one.state.began_at)),
            str(visit.when(one.next_run)),
            in_language(as_it_is(one.state.error), language) or "–",
        )
        for one in visit.shop.source_status()
    ]
    return shown_rows([say(word) for word in words], rows, numbers=(2, 3))


def _newest(visit: Visit) -> Shown:
    """What came in last; whom it is about is for those who may see names."""
    named = visit.may("names")
    words = ("source", "outcome", "what", *(("who",) if named else ()))
    rows = []
    for seen in newest_seen(visit.shop.store, _NEWEST):
        own = seen.outcome == "rejected"
        rows.append(
            (seen.source, visit.say(f"outcome_{seen.outcome}"), seen.what, *((("" if own else seen.more),) * named))
        )
    if named and rows:
        visit.shop.audit.note("people.show", who=visit.who, place="live", rows=len(rows))
    return shown_rows([visit.say(word) for word in words], rows)


def refused_by_reason(visit: Visit) -> list[tuple[str, str, int, str]]:
    """Refused rows by source and reason, the commonest first: how many, and what one of them says."""
    waiting = visit.shop.store.rejected(columns=["row", "source_id", "reason", "detail"])
    counts: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    sources, reasons, details = (waiting.column(name).to_pylist() for name in ("source_id", "reason", "detail"))
    for source, reason, detail in zip(sources, reasons, details, strict=True):
        counts[source, reason] += 1
        example.setdefault((source, reason), detail)
    return [(*place, count, example[place]) for place, count in counts.most_common()]


def _refused(visit: Visit) -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "reason": reason,
            "rows": format_count(count, visit.language),
            "example": in_language(said_again(example), visit.language) if visit.may("names") else "",
        }
        for source, reason, count, example in refused_by_reason(visit)
    ]


ROUTES: Final = (live, replay, tracking)
