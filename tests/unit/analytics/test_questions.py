from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from resa.analytics import KINDS, FunnelQuestion, PathsQuestion, question_from
from resa.base.errors import QuestionError
from resa.model.quantities import Duration

FUNNEL = {"kind": "funnel", "map": "shop", "steps": ["a", ["b", "c"], "d?"], "within": "7 days", "from": "2026-01-01"}


def test_a_question_equals_its_document() -> None:
    question = question_from(FUNNEL)
    assert question == FunnelQuestion(
        map_key="shop", steps=("a", ("b", "c"), "d?"), within=Duration(7, "day"), since=date(2026, 1, 1)
    )
    assert question.document == FUNNEL
    assert question_from(question.document).hash == question.hash


def test_the_same_moment_in_another_zone_is_the_same_question() -> None:
    one = question_from({"kind": "transitions", "map": "shop", "as_of": "2026-01-01T10:00:00+01:00"})
    two = question_from({"kind": "transitions", "map": "shop", "as_of": "2026-01-01T09:00:00Z"})
    assert one.hash == two.hash
    assert one.as_of == datetime(2026, 1, 1, 9, tzinfo=UTC)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(QuestionError) as caught:
        question_from({"kind": "funnel", "mapp": "shop", "within": "7 m", "mature": "yes"})
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["mapp", "within", "mature", "map", "steps"]
    assert "did you mean 'map'" in str(caught.value)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"kind": "funel", "map": "m"}, "did you mean 'funnel'"),
        ({"kind": "funnel", "map": "m", "steps": []}, "at least one step"),
        ({"kind": "funnel", "map": "m", "steps": ["a"], "mature": True}, "without 'within'"),
        ({"kind": "funnel", "map": "m", "steps": ["a"], "directly": True, "unless": ["b"]}, "nothing comes between"),
        ({"kind": "funnel", "map": "m", "steps": ["a"], "within": "3 working days"}, "exact; write '3 days'"),
        ({"kind": "paths", "map": "m", "start": "a", "end": "b"}, "a start or an end"),
        ({"kind": "paths", "map": "m", "steps": 0}, "1 to 32 steps"),
        ({"kind": "trend", "map": "m", "of": "a", "every": "year"}, "no calendar period"),
        ({"kind": "trend", "map": "m", "of": "a", "by": "week"}, "use 'every'"),
        ({"kind": "retention", "map": "m", "every": "year"}, "no calendar period"),
        ({"kind": "retention", "map": "m", "by": "month"}, "use 'every'"),
        ({"kind": "retention", "map": "m", "periods": 500}, "0 to 120 periods"),
        ({"kind": "retention", "map": "m", "brackets": ["0", "1-"]}, "write 3, 1-3 or 4"),
        ({"kind": "retention", "map": "m", "brackets": ["0-2", "2-3"]}, "does not lie behind"),
        ({"kind": "retention", "map": "m", "brackets": ["3+", "4"]}, "does not lie behind"),
        ({"kind": "retention", "map": "m", "brackets": ["5-3"]}, "does not lie behind"),
        ({"kind": "retention", "map": "m", "brackets": ["0", "1-200"]}, "can be 120"),
        ({"kind": "retention", "map": "m", "brackets": ["0"], "rolling": True}, "leave out 'rolling'"),
        ({"kind": "stages", "map": "m", "every": "year"}, "no calendar period"),
        ({"kind": "stages", "map": "m", "quiet_after": "3 working days"}, "exact; write '3 days'"),
        ({"kind": "improvements", "map": "m", "by": "week"}, "compare two times already"),
        ({"kind": "improvements", "map": "m", "days": 0}, "at least 1 day"),
        ({"kind": "channels", "map": "m", "of": "persona"}, "neither channel nor device"),
        ({"kind": "transitions", "map": "m", "by": "devise"}, "did you mean 'device'"),
        ({"kind": "transitions", "map": "m", "from": "2026-13-01"}, "no day and no moment"),
        ({"kind": "transitions", "map": "m", "from": "2026-01-01T10:00:00"}, "no time zone"),
        ({"kind": "transitions", "map": "m", "as_of": "2026-01-01"}, "write a moment"),
    ],
)
def test_what_no_data_could_answer_is_refused(document: dict[str, object], message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        question_from(document)


def test_defaults_are_left_out_of_the_document() -> None:
    assert PathsQuestion(map_key="shop", start=("a",)).document == {"kind": "paths", "map": "shop", "start": ["a"]}


def test_every_kind_is_known_by_its_name() -> None:
    assert all(question.kind == kind for kind, question in KINDS.items())
