"""What a view shows, as a part of a report: the same numbers as on its own screen, without links and names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, TypeGuard

from resa.analytics import Result, picture_of
from resa.base.errors import QuestionError, ResaError, WorkspaceBusy
from resa.base.language import Sentence, in_language, said_by, sentence
from resa.drawing import Svg, format_count, format_day, format_days
from resa.model.writing import ComposedReport, DayNote, ReportPart
from resa.reporting import Composed, ComposedPart, Table, table_from
from resa.screens.answers import known_before, looked_at, plain_table
from resa.screens.explore import result_at
from resa.screens.maps import check_look, figures_of, look_of, map_alone, touchpoint_of
from resa.screens.reports import told
from resa.screens.segments import figures_of as segment_figures
from resa.screens.segments import told_figure, weeks_of
from resa.screens.spoken import spoken_answer, spoken_map
from resa.screens.views import taken_apart
from resa.screens.visits import Visit

__all__ = ["composed_of"]

_MOST_ROWS: Final = 60
"""Of a table in a report; its own screen and its files have more."""

_BESIDE: Final = 12
"""A table of more rows than these is folded up where a picture says the same."""


def composed_of(visit: Visit, report: ComposedReport) -> Composed:
    """A report with its numbers as they are now, as far as who looks may know them.

    Args:
        visit: Who looks; somebody who is not signed in may know no names.
        report: The report.
    """
    made = visit.say("composed_made", moment=visit.when_there(visit.shop.clock()))
    parts = tuple(_part(visit, part) for part in report.parts)
    return Composed(title=report.title, made=made, language=visit.language, parts=parts)


def _part(visit: Visit, part: ReportPart) -> ComposedPart:
    """One part; one that cannot be shown says why, and the others are shown."""
    shown = ComposedPart()
    if part.address:
        try:
            seen_by = (visit.language, visit.may("names"), _is_stranger(visit))
            shown = visit.shared.of(("part", part.address, *seen_by), lambda: _viewed(visit, part.address))
        except ResaError as error:
            why = in_language(_why(visit, error), visit.language)
            shown = ComposedPart(why=visit.say("composed_nothing_shown", why=why))
    return replace(shown, heading=part.heading, text=part.text, address=part.address)


def _is_stranger(visit: Visit) -> bool:
    """Whether somebody looks who came by a link."""
    return visit.person is None


def _why(visit: Visit, error: ResaError) -> Sentence | str:
    """Why a part cannot be shown; a stranger is not told what else there is, as messages do that help to find it."""
    if _is_stranger(visit) and not isinstance(error, WorkspaceBusy):
        return sentence("what it names is gone, or may not be shown by a link")
    return said_by(error)


def _viewed(visit: Visit, address: str) -> ComposedPart:
    """What a view shows.

    Raises:
        QuestionError: It cannot be shown; the message says why.
    """
    names, pairs = taken_apart(address)
    match names:
        case ["explore", kind]:
            return _answered(visit, result_at(visit, kind, pairs)[0])
        case ["explore", _, "people"]:
            raise QuestionError(sentence("a list of customers is no part of a report; open the view itself"))
        case ["map", key]:
            return _mapped(visit, key, pairs)
        case ["map", key, touchpoint]:
            return _touchpoint(visit, key, touchpoint)
        case ["segments"]:
            return _segments(visit)
        case ["segments", key]:
            return _segment(visit, key)
        case _:
            raise QuestionError(sentence("there is no such page any more"))


def _answered(visit: Visit, result: Result) -> ComposedPart:
    """A question: its picture, its main table, and what must be known."""
    headings, rows, numeric = plain_table(visit, result, _MOST_ROWS)
    left = result.table.num_rows - len(rows)
    try:
        picture = picture_of(spoken_answer(visit, result))
    except QuestionError:  # there is no good one, and the table says all of it
        picture = None
    table = table_from("", headings, rows, numeric) if rows else None
    folded = table is not None and picture is not None and len(rows) > _BESIDE
    return ComposedPart(
        picture=picture,
        pictured=(table,) if folded and table is not None else (),
        table=None if folded else table,
        more="" if left <= 0 else visit.say("answer_cut", shown=len(rows), more=left),
        day_notes=_told(visit, result.day_notes),
        warnings=(
            *_days(visit, result.question.since, result.question.until, result.journey_map.timezone),
            *known_before(visit, result),
            *(f"{what}: {number}" for what, number in looked_at(visit, result)),
        ),
    )


def _days(visit: Visit, since: date | datetime | None, until: date | datetime | None, zone: str) -> tuple[str, ...]:
    """Which days a view is about; nothing where it is about all that there are."""
    if since is None and until is None:
        return ()
    if _is_day(since) and _is_day(until):
        days = format_days(since, until, visit.language)
        return (visit.say("days_shown", days=days, zone=zone),)
    bounds = (("first_day", since), ("last_day", until))
    return tuple(
        f"{visit.say(word)}: {format_day(bound, visit.language) if _is_day(bound) else bound.isoformat()}"
        for word, bound in bounds
        if bound is not None
    )


def _is_day(bound: date | datetime | None) -> TypeGuard[date]:
    return isinstance(bound, date) and not isinstance(bound, datetime)


def _mapped(visit: Visit, key: str, pairs: list[tuple[str, str]]) -> ComposedPart:
    """A map as it is looked at."""
    look, journey_map = look_of(pairs), spoken_map(visit, visit.shop.map(key))
    check_look(look, journey_map)
    drawing = map_alone(visit, journey_map, look, owners=not _is_stranger(visit))
    days = () if look.plain else _days(visit, look.days.since, look.days.until, journey_map.timezone)
    return ComposedPart(picture=drawing, wide=True, pictured=_tables(drawing), warnings=days)


def _tables(drawing: Svg) -> tuple[Table, ...]:
    return tuple(
        table_from(one.title, list(one.head), [list(row) for row in one.rows], [False] * len(one.head))
        for one in drawing.tables
    )


def _touchpoint(visit: Visit, key: str, touchpoint: str) -> ComposedPart:
    """A touchpoint: its large numbers, and the arrows that begin or end there."""
    journey_map = visit.shop.map(key)
    touchpoint_of(journey_map, touchpoint)
    near = {one.name for one in journey_map.expectations if touchpoint in {one.after, *one.next}}
    content = told(visit, key).report
    rows = [
        [one.sentence, one.share, f"{one.verdict_text} {one.target}".strip(), one.time or "–"]
        for one in (*content.promises, *content.expectations)
        if one.name in near
    ]
    words = ("expectations_and_promises", "share_met", "against_target", "time_to_meet")
    headings = [visit.say(word) for word in words]
    return ComposedPart(
        facts=tuple(figures_of(visit, journey_map, touchpoint)),
        table=table_from("", headings, rows, [False, True, False, False]) if rows else None,
        day_notes=content.day_notes if rows else (),
    )


def _segments(visit: Visit) -> ComposedPart:
    """Every segment with its size."""
    found = [one for key, each in visit.shop.maps.items() if each.segments for one in segment_figures(visit, key)]
    rows = []
    for figure in found:
        said = told_figure(visit, figure)
        rows.append([figure.name, said["size"], said["share"]])
    headings = [visit.say(word) for word in ("segment", "segment_size", "segment_share")]
    return ComposedPart(table=table_from("", headings, rows, [False, True, True]) if rows else None)


def _segment(visit: Visit, key: str) -> ComposedPart:
    """A segment: its size, and how that went."""
    figure = next(one for one in segment_figures(visit, visit.shop.segments.map_of(key).key) if one.segment == key)
    said: dict[str, Any] = told_figure(visit, figure)
    weeks = [list(row) for row in weeks_of(visit, figure)]
    headings = [visit.say("segment_week"), visit.say("segment_size")]
    return ComposedPart(
        facts=((visit.say("segment_size"), said["size"]), (visit.say("segment_share"), said["share"])),
        table=table_from(visit.say("segment_trend"), headings, weeks, [False, True]),
        day_notes=tuple(said["notes"]),
    )


def _told(visit: Visit, notes: tuple[DayNote, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((format_days(one.first, one.last, visit.language), one.text) for one in notes)


def _count(visit: Visit, number: int) -> str:
    return format_count(number, visit.language)
