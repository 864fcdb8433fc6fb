"""What all questions share, and how a question becomes a JSON document and comes back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any, ClassVar, Self

from resa.analytics.calendar import PERIODS
from resa.analytics.questions.json_text import READERS, read_text, to_json
from resa.base.errors import Problem, QuestionError, did_you_mean
from resa.base.language import Sentence, one_of, said_by, sentence

__all__ = ["COUNTED", "GROUPS", "Question", "of_customers", "period_problems", "problem_of"]

_JSON_NAMES = {"since": "from", "map_key": "map"}

GROUPS = ("persona", "channel", "device", *PERIODS)
"""What can be grouped by, besides `traits.x` and `properties.x`."""

COUNTED = ("customer", "account")
"""Whose journeys can be counted."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What all questions share.

    Attributes:
        map_key: Key of the map (`map` in JSON).
        where: Expression over a customer; only customers for whom it holds are counted. It is judged as of now.
        events: Expression over an event; events for which it does not hold are left out, as if they had not happened.
        since: First day, in the map's zone, or moment at which what is counted may start (`from` in JSON).
        until: Last day, included, or moment, excluded.
        channel: Only events of one of these channels.
        device: Only events of one of these devices.
        persona: Only customers of one of these personas.
        by: What to group by: persona, channel, device, `traits.x`, `properties.x`, day, week, month or quarter.
        as_of: Up to when the data are complete; `None`: as the sources say.
        count_by: `customer`, or `account`: what the map says an account is, with the events of all its customers.
        compare: Two of the groups, the one and the other, to be compared by their shares.
    """

    kind: ClassVar[str]
    map_key: str
    where: str | None = None
    events: str | None = None
    since: date | datetime | None = None
    until: date | datetime | None = None
    channel: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    persona: tuple[str, ...] = ()
    by: str | None = None
    as_of: datetime | None = None
    count_by: str = "customer"
    compare: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no map and no data could answer."""
        problems = list(self._problems())
        if problems:
            raise QuestionError(Problem(message=text, field=name, code="bad-question") for name, text in problems)

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = []
        if self.by is not None and self.by not in GROUPS and not self.by.startswith(("traits.", "properties.")):
            advice = did_you_mean(self.by, GROUPS) or sentence(
                "; use {groups}, traits.… or properties.…", groups=", ".join(GROUPS)
            )
            found.append(("by", sentence("cannot group by '{by}'{advice}", by=self.by, advice=advice)))
        if self.count_by not in COUNTED:
            advice = did_you_mean(self.count_by, COUNTED) or sentence("; count by {counted}", counted=one_of(COUNTED))
            found.append(
                ("count_by", sentence("'{count_by}' cannot be counted{advice}", count_by=self.count_by, advice=advice))
            )
        if self.compare and self.by is None:
            found.append(("compare", sentence("say by what customers are grouped, such as 'by': 'device'")))
        if self.compare and len(set(self.compare)) != 2:
            found.append(
                ("compare", sentence("two different groups are compared, not {count}", count=len(set(self.compare))))
            )
        for name in ("since", "until", "as_of"):
            moment, key = getattr(self, name), _JSON_NAMES.get(name, name)
            if moment is None:
                continue
            if not MINYEAR < moment.year < MAXYEAR:  # the calendar ends within a day or a time zone of these
                found.append(
                    (
                        key,
                        sentence(
                            "{moment} is too far away; leave '{key}' out for no such end",
                            moment=moment.isoformat(),
                            key=key,
                        ),
                    )
                )
            elif isinstance(moment, datetime) and moment.tzinfo is None:
                found.append(
                    (key, sentence("{moment} has no time zone; add one, or give a day", moment=moment.isoformat()))
                )
        return found

    @property
    def document(self) -> dict[str, Any]:
        """The question as JSON; what is left at its default is left out."""
        content: dict[str, Any] = {"kind": self.kind}
        for item in fields(self):
            value = getattr(self, item.name)
            default = item.default_factory() if item.default_factory is not MISSING else item.default
            if value != default:
                content[_JSON_NAMES.get(item.name, item.name)] = to_json(value)
        return content

    @property
    def hash(self) -> str:
        """32 hex digits that stand for this very question."""
        text = json.dumps(self.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `document` gives.

        Raises:
            QuestionError: A key is unknown or missing, or a value cannot be read; all problems at once.
        """
        known = {_JSON_NAMES.get(item.name, item.name): item for item in fields(cls)}
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for key, value in document.items():
            if key == "kind":
                continue
            if key not in known:
                problems.append(
                    problem_of(
                        key,
                        sentence(
                            "'{key}' is not part of a {kind} question{suggestion}",
                            key=key,
                            kind=cls.kind,
                            suggestion=did_you_mean(key, known),
                        ),
                    )
                )
                continue
            try:
                values[known[key].name] = READERS.get(known[key].name, read_text)(value)
            except (ValueError, TypeError) as error:
                problems.append(problem_of(key, said_by(error)))
        for key, item in known.items():
            required = item.default is MISSING and item.default_factory is MISSING
            if required and key not in document:
                problems.append(problem_of(key, sentence("a {kind} question needs '{key}'", kind=cls.kind, key=key)))
        if problems:
            raise QuestionError(problems)
        return cls(**values)


def period_problems(every: str) -> list[tuple[str, Sentence]]:
    """What is wrong with the calendar period of a question."""
    if every in PERIODS:
        return []
    return [
        ("every", sentence("'{every}' is no calendar period; use {periods}", every=every, periods=", ".join(PERIODS)))
    ]


def of_customers(by: str | None) -> bool:
    """Whether a group-by puts every event of a customer into the same group."""
    return by is not None and (by == "persona" or by.startswith("traits."))


def problem_of(key: str, message: Sentence) -> Problem:
    """What is wrong with a question's field."""
    return Problem(message=message, field=key, code="bad-question")
