"""Nobody fills the disk by writing: of each person so much is kept, and others write on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import resa
from resa.base.errors import QuestionError
from resa.model.people import Person
from resa.workspace import comments, composed_reports, day_notes, saved_views
from resa.workspace.comments import Comments
from resa.workspace.composed_reports import ComposedReports
from resa.workspace.day_notes import DayNotes
from resa.workspace.saved_views import SavedViews

Write = Callable[[resa.Workspace, Person], Any]


def comment(shop: resa.Workspace, person: Person) -> int:
    return Comments(shop).write(person, "journey", "map", "", "Why?")


def answer(shop: resa.Workspace, person: Person) -> None:
    first = Comments(shop).threads()
    Comments(shop).answer(person, first[-1].first.id if first else comment(shop, person), "So.")


@pytest.mark.parametrize(
    ("module", "limit", "write"),
    [
        (comments, "MOST_COMMENTS", comment),
        (comments, "MOST_COMMENTS", answer),
        (day_notes, "MOST_NOTES", lambda shop, person: DayNotes(shop).add(person, "Fair", first="2026-05-01")),
        (saved_views, "MOST_VIEWS", lambda shop, person: SavedViews(shop).save(person, "x", "/map/journey")),
        (composed_reports, "MOST_REPORTS", lambda shop, person: ComposedReports(shop).begin(person, "x")),
    ],
)
def test_of_each_person_so_much_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, limit: str, write: Write
) -> None:
    (tmp_path / "journey.yaml").write_text("title: A shop\nstages: {all: [page]}\n", encoding="utf-8")
    monkeypatch.setattr(module, limit, 3)
    with resa.open(tmp_path) as shop:
        people = []
        for name in ("anna@shop.se", "bo@shop.se"):
            shop.people.invite(name, "", "marketer")
            people.append(shop.people.called(name))
        anna, bo = people
        assert anna is not None
        assert bo is not None
        for _ in range(2):
            write(shop, anna)
        if write is not answer:  # the first one began with a comment
            write(shop, anna)
        with pytest.raises(QuestionError, match="there are 3 of these already"):
            write(shop, anna)
        write(shop, bo)


def test_so_many_links_to_a_report_hold_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "journey.yaml").write_text("title: A shop\nstages: {all: [page]}\n", encoding="utf-8")
    monkeypatch.setattr(composed_reports, "MOST_LINKS", 2)
    with resa.open(tmp_path) as shop:
        shop.people.invite("anna@shop.se", "", "marketer")
        anna, reports = shop.people.called("anna@shop.se"), ComposedReports(shop)
        assert anna is not None
        report, today = reports.begin(anna, "x"), shop.clock().date().isoformat()
        secrets = [reports.share(anna, report, today) for _ in range(2)]
        with pytest.raises(QuestionError, match="there are 2 of these already"):
            reports.share(anna, report, today)
        assert all(reports.shared(secret) for secret in secrets)
        reports.end(anna, report, reports.links(report)[0].id)
        assert reports.shared(reports.share(anna, report, today))
