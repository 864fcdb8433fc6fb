"""Composed reports: listed, put together, looked at, taken away as files, and shared by links that end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath

from resa.base.errors import QuestionError, ResaError
from resa.base.language import in_language, said_by, sentence
from resa.drawing import format_day
from resa.reporting import composed_page, composed_pdf
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.reports import POLICY
from resa.screens.signing_in import Form
from resa.screens.viewed import composed_of
from resa.screens.visits import Visit
from resa.screens.writing import author_of, number_in
from resa.workspace.composed_reports import MOST_DAYS, MOST_LETTERS, MOST_TITLE, ComposedReports, may_change
from resa.workspace.saved_views import SavedViews

__all__ = ["ROUTES"]

_DAYS: Final = 14
"""So long does a link hold unless another day is chosen."""

_FILES: Final = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}


@post("/reports/composed", opt={"needs": "write"}, sync_to_thread=True)
def begin(visit: Visiting, data: Form) -> Html:
    """Begin a report, or put the view of some page into one, new or not."""
    kept, person = ComposedReports(visit.shop), author_of(visit)
    number, address, heading = number_in(data, "report"), data.get("address", ""), data.get("heading", "")
    try:
        if not number:
            number = kept.begin(person, data.get("title") or heading)
        if address:
            kept.add(person, number, address=address, heading=heading)
    except ResaError as error:
        words = in_language(said_by(error), visit.language)
        return page(visit, "trouble", visit.say("trouble"), status=422, words=words)
    return redirect(f"/reports/composed/{number}/edit", saved="saved_report")


@get("/reports/composed/{number:int}", opt={"needs": "see"}, sync_to_thread=True)
def show(visit: Visiting, number: FromPath[int]) -> Html:
    """A report with its numbers as they are now."""
    report = ComposedReports(visit.shop).one(number)
    return page(
        visit,
        "composed",
        report.title,
        report=report,
        shown=composed_of(visit, report),
        files=list(_FILES),
        mine=visit.may("write") and may_change(author_of(visit), report),
    )


@get("/reports/composed/{number:int}/files/{name:str}", opt={"needs": "see"}, sync_to_thread=True)
def file(visit: Visiting, number: FromPath[int], name: FromPath[str]) -> Response[bytes]:
    """A report as a file: report.html, complete in itself, or report.pdf."""
    stem, _, form = name.rpartition(".")
    if stem != "report" or form not in _FILES:
        raise QuestionError(sentence("there is no such file of this report"))
    shown = composed_of(visit, ComposedReports(visit.shop).one(number))
    content = composed_pdf(shown) if form == "pdf" else composed_page(shown).encode()
    headers = {"content-disposition": f'attachment; filename="{name}"', "content-security-policy": POLICY}
    return Response(content, media_type=_FILES[form], headers=headers)


@get("/reports/composed/{number:int}/edit", opt={"needs": "write"}, sync_to_thread=True)
def edit(visit: Visiting, number: FromPath[int]) -> Html:
    """What a report holds, in its order."""
    return _edit_page(visit, number)


@post("/reports/composed/{number:int}/edit", opt={"needs": "write"}, sync_to_thread=True)
def change(visit: Visiting, number: FromPath[int], data: Form) -> Html:
    """Change the title or a part, add one, move one, take one out, or take the report away."""
    kept, person, part = ComposedReports(visit.shop), author_of(visit), number_in(data, "part")
    do = data.get("do", "")
    try:
        match do:
            case "title":
                kept.call(person, number, data.get("title", ""))
            case "add_view":
                view = SavedViews(visit.shop).one(person, number_in(data, "view"))
                kept.add(person, number, address=view.address, heading=view.name)
            case "add_text":
                kept.add(person, number, heading=data.get("heading", ""), text=data.get("text", ""))
            case "words":
                kept.change(person, number, part, heading=data.get("heading", ""), text=data.get("text", ""))
            case "up" | "down":
                kept.move(person, number, part, -1 if do == "up" else 1)
            case "out":
                kept.take_out(person, number, part)
            case "remove":
                kept.remove(person, number)
                return redirect("/reports", saved="gone_report")
            case _:
                pass
    except ResaError as error:
        return _edit_page(visit, number, status=422, typed=data, why=in_language(said_by(error), visit.language))
    at = {"words": f"part-{part}", "up": f"part-{part}", "down": f"part-{part}"}.get(do, "")
    return redirect(f"/reports/composed/{number}/edit", fragment=at, saved="saved_report")


@post("/reports/composed/{number:int}/links", opt={"needs": "share"}, sync_to_thread=True)
def share(request: Request[Any, Any, Any], visit: Visiting, number: FromPath[int], data: Form) -> Html:
    """Make a link that shows a report to whoever has it, which is shown this once; or end one."""
    kept, person = ComposedReports(visit.shop), author_of(visit)
    if data.get("do") == "end":
        kept.end(person, number, number_in(data, "link"))
        return redirect(f"/reports/composed/{number}/edit", fragment="share", saved="ended_link")
    try:
        secret = kept.share(person, number, data.get("until", ""))
    except ResaError as error:
        return _edit_page(visit, number, status=422, typed=data, why=in_language(said_by(error), visit.language))
    scheme = "https" if visit.secure else "http"
    return _edit_page(visit, number, link=f"{scheme}://{request.headers.get('host', 'localhost')}/shared/{secret}")


def _edit_page(
    visit: Visit,
    number: int,
    *,
    status: int = 200,
    link: str = "",
    typed: Mapping[str, str] | None = None,
    why: str = "",
) -> Html:
    kept, person = ComposedReports(visit.shop), author_of(visit)
    report, today = kept.one(number), visit.shop.clock().astimezone(UTC).date()
    return page(
        visit,
        "composed_edit",
        visit.say("composed_edit_of", title=report.title),
        status=status,
        report=report,
        mine=may_change(person, report),
        views=SavedViews(visit.shop).of(person),
        links=[
            (one, visit.when(one.made_at), format_day(one.until - timedelta(days=1), visit.language))
            for one in kept.links(number)
        ],
        until=(typed or {}).get("until") or (today + timedelta(days=_DAYS)).isoformat(),
        today=today.isoformat(),
        last=(today + timedelta(days=MOST_DAYS)).isoformat(),
        most={"title": MOST_TITLE, "text": MOST_LETTERS},
        link=link,
        typed=typed or {},
        why=why,
    )


ROUTES: Final = (begin, show, file, edit, change, share)
