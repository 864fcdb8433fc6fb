"""What `segments.yaml` says of each segment, over the API: read, written, taken out; the rest stays as it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from litestar import Request, delete, get, put
from litestar.params import FromPath, JSONBody

from resa.base.errors import InputError, MapError, QuestionError, WorkspaceError
from resa.base.language import sentence
from resa.journey_map import new_key
from resa.screens.api.answers import Tagged, Unusable, checked_tag, wrong_in_files
from resa.screens.api.calling import Line, Prose
from resa.screens.frame import Visiting
from resa.workspace.segment_editing import SegmentConflict, SegmentEdits, SegmentFile

__all__ = ["ROUTES"]


@dataclass(frozen=True, kw_only=True)
class SegmentText:
    """What is said of a segment.

    Attributes:
        segment: Its key.
        name: What people call it.
        about: What it is for.
        owner: Who answers for it.
        map: Key of the map that it is of; empty: the only one.
        who: An expression of the customers who are in it.
    """

    segment: str
    name: str
    about: str
    owner: str
    map: str
    who: str


@dataclass(frozen=True, kw_only=True)
class SegmentWords:
    """What shall be said of a segment; what is left out stays as it is.

    Attributes:
        name: What people call it.
        about: What it is for.
        owner: Who answers for it.
        map: Key of the map that it is of.
        who: An expression of the customers who are in it.
    """

    name: Line | None = None
    about: Line | None = None
    owner: Line | None = None
    map: Line | None = None
    who: Prose | None = None


@get(
    "/segments/{key:str}/text",
    operation_id="segment_text",
    summary="What is said of a segment",
    opt={"needs": "edit"},
    sync_to_thread=True,
)
def segment_text(visit: Visiting, key: FromPath[str]) -> Tagged[SegmentText]:
    """What the file says of a segment."""
    file = SegmentEdits(visit.shop).file()
    return Tagged(_told(file, key), tag=file.seen(key))


@put(
    "/segments/{key:str}/text",
    operation_id="write_segment_text",
    summary="Make or change a segment",
    opt={"needs": "edit", "conditional": "segment_text", "tagged": True},
    sync_to_thread=True,
)
def write_segment_text(
    visit: Visiting, request: Request[Any, Any, Any], key: FromPath[str], data: JSONBody[SegmentWords]
) -> Tagged[SegmentText]:
    """Write what is said of a segment. One that is there needs `If-Match`; a new one needs none, and `who`."""
    edits = SegmentEdits(visit.shop)
    file = edits.file()
    seen = file.seen(key)
    if file.said(key) is not None:
        checked_tag(request, seen, needed=True)
    else:
        checked_tag(request, "")
        _check_key(key)
    words = {name: text for name, text in asdict(data).items() if text is not None}
    try:
        edits.save(key, words, visit.who, seen=seen)
    except SegmentConflict as error:
        raise Unusable(error, status=412, tag=edits.file().seen(key)) from None
    except MapError as error:
        raise wrong_in_files(error, "who") from None
    except InputError as error:
        raise Unusable(error) from None
    except OSError as error:
        raise _not_written(error) from None
    file = edits.file()
    return Tagged(_told(file, key), tag=file.seen(key))


@delete(
    "/segments/{key:str}/text",
    operation_id="remove_segment",
    summary="Take a segment away",
    opt={"needs": "edit", "conditional": "segment_text", "conditional_always": True},
    sync_to_thread=True,
)
def remove_segment(visit: Visiting, request: Request[Any, Any, Any], key: FromPath[str]) -> None:
    """Take a segment out of the file; one that something asks for stays."""
    edits = SegmentEdits(visit.shop)
    file = edits.file()
    _told(file, key)
    checked_tag(request, file.seen(key), needed=True)
    try:
        edits.remove(key, visit.who, seen=file.seen(key))
    except SegmentConflict as error:
        raise Unusable(error, status=412, tag=edits.file().seen(key)) from None
    except MapError as error:
        raise wrong_in_files(error, "key") from None
    except InputError as error:
        raise Unusable(error) from None
    except OSError as error:
        raise _not_written(error) from None


def _check_key(key: str) -> None:
    """Go on only if a new segment may have this key.

    Raises:
        Unusable: It may not.
    """
    try:
        good = new_key(key, set())
    except QuestionError as error:
        raise Unusable(error, {"key": [one.message for one in error.problems]}) from None
    if good != key:
        wrong = sentence("a key is made of small letters and digits; write {key}", key=good)
        raise Unusable(QuestionError(wrong), {"key": [wrong]})


def _told(file: SegmentFile, key: str) -> SegmentText:
    said = file.said(key)
    if said is None:
        raise QuestionError(sentence("there is no segment '{key}'", key=key))
    return SegmentText(segment=key, **{name: said.get(name, "") for name in ("name", "about", "owner", "map", "who")})


def _not_written(error: OSError) -> WorkspaceError:
    return WorkspaceError(sentence("the file could not be written: {strerror}", strerror=error.strerror or ""))


ROUTES: Final = (segment_text, write_segment_text, remove_segment)
