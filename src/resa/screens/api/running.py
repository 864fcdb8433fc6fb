"""What runs, over the API: sources, what was refused, reading it again, health, tracking plans, the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from resa.base.errors import QuestionError, SourceError
from resa.base.language import in_language, sentence
from resa.screens.api.answers import Page, Tagged, Unusable
from resa.screens.api.calling import Cursor, Limit, Note, part_after, place_of, place_said
from resa.screens.api.measuring import JSON, document_of, tag_of
from resa.screens.api.repeating import once
from resa.screens.frame import Visiting
from resa.screens.live import refused_by_reason
from resa.workspace.health import health_of, sizes_of

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


@dataclass(frozen=True, kw_only=True)
class Again:
    """Which refused rows are read again.

    Attributes:
        reason: Those that were refused for this reason alone; empty: all of the source.
    """

    reason: Note = ""


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What became of refused rows that were read again.

    Attributes:
        tried: Rows that were read.
        good: Rows that are stored now.
        duplicate: Rows that are good, and were there already.
        still_rejected: Rows that stay refused, wholly or in part.
        reasons: Why, each with how many.
    """

    tried: int
    good: int
    duplicate: int
    still_rejected: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class ConcernLine:
    """Something that needs somebody.

    Attributes:
        about: disk, waiting, writer, file, source, rejected, index or log.
        grave: Whether events are lost to the numbers, or late, until somebody acts.
        message: What is wrong, and what to do.
    """

    about: str
    grave: bool
    message: str


@dataclass(frozen=True, kw_only=True)
class HealthNow:
    """How the data are doing. Moments are UTC.

    Attributes:
        at: When this was so.
        concerns: What needs doing, the gravest first.
        events: In the numbers.
        customers: In the numbers.
        published: When the numbers were brought up to date last; `null`: never yet.
        rows_behind: Stored rows that no number holds yet.
        waiting: Accepted requests that are no events yet.
        waiting_since: When the first of them came; `null`: none waits.
        free_bytes: On the disk.
        stored_bytes: Of each file and folder of the data.
    """

    at: datetime
    concerns: list[ConcernLine]
    events: int
    customers: int
    published: datetime | None
    rows_behind: int
    waiting: int
    waiting_since: datetime | None
    free_bytes: int
    stored_bytes: Mapping[str, int]


@get("/sources", operation_id="sources", summary="All sources", opt={"needs": "sources"}, sync_to_thread=True)
def sources(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[SourceLine]:
    """How every source is doing: rows, lag, runs and errors."""
    found, following = part_after(visit.shop.source_status(), lambda one: one.name, "sources", limit, cursor)
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
            for one in found
        ],
        following,
    )


@get("/rejected", operation_id="rejected", summary="What was refused", opt={"needs": "sources"}, sync_to_thread=True)
def rejected(visit: Visiting, limit: Limit = 200, cursor: Cursor = "") -> Page[RejectedLine]:
    """Refused rows that wait to be read again, by source and reason, the commonest first; nothing of what they say."""
    every = [
        RejectedLine(source=source, reason=reason, rows=rows) for source, reason, rows, _ in refused_by_reason(visit)
    ]
    found, following = part_after(every, lambda one: (one.source, one.reason), "rejected", limit, cursor)
    return Page(list(found), following)


@post(
    "/sources/{name:str}/replay",
    operation_id="replay",
    summary="Read refused rows again",
    status_code=200,
    opt={"needs": "manage", "repeats": True},
    sync_to_thread=True,
)
def replay(visit: Visiting, request: Request[Any, Any, Any], name: FromPath[str], data: JSONBody[Again]) -> Replayed:
    """Read the refused rows of a source again, by its file as it is now: what is good now goes in, the rest stays."""

    def replayed() -> Replayed:
        if name not in visit.shop.sources:
            raise QuestionError(sentence("there is no source '{name}'", name=name))
        try:
            with visit.acting():
                done = visit.shop.replay(name, reason=data.reason or None)
        except (QuestionError, SourceError) as error:
            raise Unusable(error) from None
        return Replayed(
            tried=done.tried,
            good=done.good,
            duplicate=done.duplicate,
            still_rejected=done.still_rejected,
            reasons=dict(done.reasons),
        )

    return once(visit, request, data, replayed)


@get("/health", operation_id="health", summary="How the data are doing", opt={"needs": "sources"}, sync_to_thread=True)
def health(visit: Visiting) -> HealthNow:
    """What needs doing first, and how much waits; nothing of customers but counts."""
    found = health_of(visit.shop)
    return HealthNow(
        at=found.at,
        concerns=[
            ConcernLine(about=one.about, grave=one.grave, message=in_language(one.message, visit.language))
            for one in found.concerns
        ],
        events=found.figures.events,
        customers=found.figures.customers,
        published=found.figures.published_at,
        rows_behind=found.figures.rows_behind,
        waiting=found.arrivals,
        waiting_since=found.oldest,
        free_bytes=found.figures.free,
        stored_bytes=sizes_of(visit.shop),
    )


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


ROUTES: Final = (sources, rejected, replay, health, tracking, audit)
