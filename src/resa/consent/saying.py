"""What a customer said, as somebody hands it over: checked before it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args
from urllib.parse import urlsplit, urlunsplit

from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import one_of, sentence
from resa.documents import spelling
from resa.model.consents import ConsentRules

__all__ = ["WHAT", "Saying", "What", "checked_moment", "checked_saying"]

What = Literal["asked", "given", "confirmed", "withdrawn"]
WHAT: Final[tuple[What, ...]] = get_args(What)

_AHEAD: Final = timedelta(hours=24)
_LONGEST: Final = 512  # characters of a text


@dataclass(frozen=True, kw_only=True)
class Saying:
    """What a customer said of a topic or purpose, with its proof.

    Attributes:
        about: Key of the topic or purpose.
        what: She was asked, gave it, confirmed it, or withdrew it.
        at: When, with its time zone.
        wording: Version of what she was shown; empty: none is known.
        source: Where it was said, such as web or store; as a source may be called.
        page: The page on which; without what stands behind `?` and `#`.
        address: From which IP address, as far as that is kept.
        who: Who recorded it.
        message: The sender's own id of it; empty: none. What comes again is stored once.
    """

    about: str
    what: What
    at: datetime
    wording: str = ""
    source: str = ""
    page: str = ""
    address: str = ""
    who: str = ""
    message: str = ""


def checked_moment(at: datetime, now: datetime) -> datetime:
    """When it was said. A moment ahead of ours is ours: what is said next must not count as earlier.

    Raises:
        QuestionError: It is more than 24 hours ahead, or before 1970.
    """
    if at > now + _AHEAD:
        raise QuestionError(sentence("the time is more than 24 hours ahead; write when she said it"))
    if at.year < 1970:
        raise QuestionError(sentence("the time is before 1970; write when she said it"))
    return min(at, now)


def checked_saying(
    rules: ConsentRules,
    about: str,
    what: str,
    *,
    at: datetime,
    now: datetime,
    wording: str | None = None,
    source: str | None = None,
    page: str | None = None,
    address: str | None = None,
    who: str = "",
    message: str | None = None,
) -> Saying:
    """What was said, if it can be kept.

    Args:
        rules: What there is to consent to.
        about: Topic or purpose, as a person writes it.
        what: One of `WHAT`.
        at: When it was said, with its time zone.
        now: The present moment.
        wording: Version of what she was shown; `None`: the newest.
        source: Where it was said.
        page: On which page.
        address: From which IP address, as far as that is kept.
        who: Who records it.
        message: The sender's own id of it.

    Raises:
        QuestionError: There is no such topic or wording, or a text is too long.
    """
    key = _known_key(rules, about)
    if what not in WHAT:
        raise QuestionError(sentence("a consent is {words}, not '{what}'", words=one_of(WHAT), what=what))
    _check_wording(rules, key, wording)
    texts = {"source": source or "", "page": page or "", "message": message or "", "who": who}
    for name, text in texts.items():
        if len(text) > _LONGEST or "\0" in text:
            raise QuestionError(sentence("{name} needs a text of at most {most} characters", name=name, most=_LONGEST))
    return Saying(
        about=key,
        what=what,
        at=checked_moment(at, now),
        wording=rules.all[key].newest_wording if wording is None and what != "withdrawn" else wording or "",
        source=source or "",
        page=_without_more(page or ""),
        address=address or "",
        who=who,
        message=message or "",
    )


def _known_key(rules: ConsentRules, about: str) -> str:
    """The key of a topic or purpose, as a person writes it.

    Raises:
        QuestionError: There is none.
    """
    key = spelling(about)
    if key not in rules.all:
        raise QuestionError(
            sentence(
                "there is no topic or purpose '{about}'; there are: {names}{suggestion}",
                about=about,
                names=", ".join(rules.all) or sentence("none yet; write them in consent.yaml"),
                suggestion=did_you_mean(key, rules.all),
            )
        )
    return key


def _check_wording(rules: ConsentRules, key: str, wording: str | None) -> None:
    """Refuse a wording that a topic or purpose does not have.

    Raises:
        QuestionError: It has none of this name.
    """
    wordings = rules.all[key].wordings
    if wording and wording not in wordings:
        raise QuestionError(
            sentence(
                "'{about}' has no wording '{wording}'; there are: {names}. Write it under its `wordings:`",
                about=key,
                wording=wording,
                names=", ".join(wordings) or sentence("none yet"),
            )
        )


def _without_more(page: str) -> str:
    """An address without what stands behind `?` and `#`, where names and keys of persons stand."""
    try:
        parts = urlsplit(page)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return ""
