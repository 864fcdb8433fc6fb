"""What runs, over the API: sources, what was refused, the tracking plan of a map, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import get
from litestar.params import FromPath

from resa.screens.api.answers import Page, Tagged
from resa.screens.api.calling import Cursor, Limit, place_of, place_said
from resa.screens.api.measuring import JSON, document_of, tag_of
from resa.screens.frame import Visiting
from resa.screens.live import refused_by_reason

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class SourceLine:
    """How a source is doing. Moments are UTC.

    Attributes:
        name: The source.
        reads: database, files, hook or http; `null`: its file is gone or wrong.
        good: Rows that it brought and that are there.
        rejected: Rows that were refused.
        newest: When its newest event happened, so how far it lags behind; `null`: it has none.
        last_run: When its last run began; `null`: it never ran.
        next_run: When it runs next by itself; `null`: it does not.
        failures: How many runs have failed since the last that did not.
        error: What the last run failed by; empty: it did not.
        problems: What is wrong with its file.
    """

    name: str
    reads: str | None
    good: int
    rejected: int
    newest: datetime | None
    last_run: datetime | None
    next_run: datetime | None
    failures: int
    error: str
    problems: list[str]


@dataclass(frozen=True, kw_only=True)
class RejectedLine:
    """Rows that were refused for one reason.

    Attributes:
        source: Whose they are.
        reason: Why, a word of ours.
        rows: How many wait to be read again.
    """

    source: str
    reason: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of the audit log.

    Attributes:
        number: Its place in the log, from 1.
        at: When, UTC.
        who: A person, a user of the system, or the name of a key.
        way: command, program or http.
        what: Such as customer.show.
        customer: Of whom, by a pseudonym; empty: of nobody.
        detail: What more there is to say; no personal data.
    """

    number: int
    at: datetime
    who: str
    way: str
    what: str
    customer: str
    detail: Mapping[str, str | int]


@get("/sources", operation_id="sources", summary="All sources", opt={"needs": "sources"}, sync_to_thread=True)
def sources(visit: Visiting) -> Page[SourceLine]:
    """How every source is doing: rows, lag, runs and errors."""
    return Page(
        [
            SourceLine(
                name=one.name,
                reads=one.reads,
                good=one.good,
                rejected=one.rejected,
                newest=one.newest,
                last_run=one.state.began_at,
                next_run=one.next_run,
                failures=one.state.failures,
                error=one.state.error,
                problems=[str(problem) for problem in one.problems],
            )
            for one in visit.shop.source_status()
        ]
    )


@get("/rejected", operation_id="rejected", summary="What was refused", opt={"needs": "sources"}, sync_to_thread=True)
def rejected(visit: Visiting) -> Page[RejectedLine]:
    """Refused rows that wait to be read again, by source and reason, the commonest first; nothing of what they say."""
    found = refused_by_reason(visit)
    return Page([RejectedLine(source=source, reason=reason, rows=rows) for source, reason, rows, _ in found])


@get(
    "/maps/{key:str}/tracking",
    operation_id="tracking",
    summary="The tracking plan of a map",
    opt={"needs": "sources", "media": (JSON,), "answers": "tracking"},
    sync_to_thread=True,
)
def tracking(visit: Visiting, key: FromPath[str]) -> Tagged[Any]:
    """What shows each touchpoint, what of that came, and what came that the map does not use."""
    result = visit.shop.measure.tracking(map=visit.shop.map(key).key)
    return Tagged(document_of(result), tag=tag_of(result))


@get(
    "/audit",
    operation_id="audit",
    summary="Who saw and changed what",
    opt={"needs": "audit", "personal": True},
    sync_to_thread=True,
)
def audit(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[Entry]:
    """The audit log, the newest first. Entries that come while one reads on are not in later parts."""
    said = place_of(cursor, "audit", r"\d{1,15}")
    found = visit.shop.audit.entries(newest=limit + 1, before=None if said is None else int(said))
    lines = [
        Entry(
            number=one.number,
            at=one.at,
            who=one.who,
            way=one.way,
            what=one.what,
            customer=one.pseudonym,
            detail=one.detail,
        )
        for one in found[:limit]
        if one.at is not None
    ]
    return Page(lines, place_said("audit", str(lines[-1].number)) if len(found) > limit else None)


ROUTES: Final = (sources, rejected, tracking, audit)
