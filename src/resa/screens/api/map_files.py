"""The files of maps over the API: read as they are, written whole, and what they were each time that they were saved.

What others changed meanwhile, on a screen or with an editor on the disk, is never written over: `If-Match` is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from litestar import Request, get, put
from litestar.params import FromPath, JSONBody

from resa.base.errors import MapError, Problem, QuestionError, WorkspaceError
from resa.base.language import in_language, sentence
from resa.screens.api.answers import Page, Tagged, Unusable, checked_tag, tag_fits, wrong_in_files
from resa.screens.api.calling import Cursor, File, Limit, Number, part_of
from resa.screens.frame import Visiting
from resa.screens.visits import Visit
from resa.storage import SavedText
from resa.workspace.drafting import Draft, Drafts, Overtaken, difference, fingerprint

__all__ = ["ROUTES", "ProblemLine", "told_problems"]


@dataclass(frozen=True, kw_only=True)
class ProblemLine:
    """Something that is wrong with a file, or could be better.

    Attributes:
        severity: error: the map cannot be used; warning: it can.
        message: What is wrong, and what to do.
        file: In which it is; `null`: in none of them alone.
        line: Of the file, from 1; `null`: in none of them alone.
        column: Of the line, from 1; `null`: not known.
        code: Stable name of the rule.
    """

    severity: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    code: str


@dataclass(frozen=True, kw_only=True)
class MapText:
    """The file of a map.

    Attributes:
        map: Its key.
        file: Where it lies in the workspace.
        text: All that stands in it.
        problems: What is wrong with the maps, errors first.
    """

    map: str
    file: str
    text: str
    problems: list[ProblemLine]


@dataclass(frozen=True, kw_only=True)
class NewText:
    """What shall stand in the file of a map.

    Attributes:
        text: The whole of it.
        base: The text that yours was made of, which `If-Match` names. With it, what others changed meanwhile is put
            into yours, if they changed other places; without it, nothing is put together.
        dry: Only look what is wrong with it, and what would change.
    """

    text: File
    base: File | None = None
    dry: bool = False


@dataclass(frozen=True, kw_only=True)
class WrittenText:
    """What stands in the file now, or would.

    Attributes:
        map: Key of the map.
        file: Where it lies in the workspace.
        text: All that stands in it.
        problems: What is wrong with the maps, or could be better, errors first.
        changes: What is different from before, line by line: its sign, `+`, `-`, a space, or `@` where lines are left
            out, and the line.
        merged: Whether what others changed meanwhile was put into it.
        saved: Whether it stands in the file.
    """

    map: str
    file: str
    text: str
    problems: list[ProblemLine]
    changes: list[str]
    merged: bool
    saved: bool


@dataclass(frozen=True, kw_only=True)
class VersionLine:
    """What the file of a map was, in a list.

    Attributes:
        number: Its own.
        at: When it was saved, or found so on the disk, UTC.
        who: Who saved it: a person's address or a key's name; empty: it was found so on the disk.
    """

    number: int
    at: datetime
    who: str


@dataclass(frozen=True, kw_only=True)
class Version:
    """What the file of a map was.

    Attributes:
        number: Its own.
        at: When it was saved, or found so on the disk, UTC.
        who: Who saved it: a person's address or a key's name; empty: it was found so on the disk.
        text: All that stood in it.
    """

    number: int
    at: datetime
    who: str
    text: str


@get(
    "/maps/{key:str}/text",
    operation_id="map_text",
    summary="The file of a map",
    opt={"needs": "edit"},
    sync_to_thread=True,
)
def map_text(visit: Visiting, key: FromPath[str]) -> Tagged[MapText]:
    """What stands in the file of a map, right or wrong, with what is wrong with it at its place."""
    draft = Drafts(visit.shop).of(0, key)
    told = MapText(map=key, file=draft.file, text=draft.found, problems=told_problems(visit, draft.problems))
    return Tagged(told, tag=fingerprint(draft.found))


@put(
    "/maps/{key:str}/text",
    operation_id="write_map_text",
    summary="Write the file of a map",
    opt={"needs": "edit", "conditional": "map_text", "conditional_always": True, "tagged": True},
    sync_to_thread=True,
)
def write_map_text(
    visit: Visiting, request: Request[Any, Any, Any], key: FromPath[str], data: JSONBody[NewText]
) -> Tagged[WrittenText]:
    """Write a text into the file of a map. It is checked wholly first: a map that would be wrong is not written.

    What stood there is kept as a version. The answer's `ETag` is of the file as it is now.
    """
    drafts = Drafts(visit.shop)
    before = drafts.of(0, key).found
    seen = _seen(request, before, data.base)
    try:
        if data.dry:
            made = drafts.with_text(key, data.text, seen=seen, base=data.base)
        else:
            made = drafts.put(key, data.text, visit.who, seen=seen, base=data.base)
    except Overtaken as error:
        raise Unusable(error, status=412, tag=fingerprint(drafts.of(0, key).found)) from None
    except MapError as error:
        raise wrong_in_files(error, "text") from None
    except QuestionError as error:
        raise Unusable(error, {"text": [one.message for one in error.problems]}) from None
    except OSError as error:
        words = sentence("the file could not be written: {strerror}", strerror=error.strerror or "")
        raise WorkspaceError(words) from None
    return Tagged(_written(visit, made, data), tag=fingerprint(made.found if data.dry else made.text))


@get(
    "/maps/{key:str}/versions",
    operation_id="map_versions",
    summary="What the file of a map was",
    opt={"needs": "edit"},
    sync_to_thread=True,
)
def versions(visit: Visiting, key: FromPath[str], limit: Limit = 50, cursor: Cursor = "") -> Page[VersionLine]:
    """What the file of a map was each time that it was saved, the newest first; without the texts."""
    found, following = part_of(Drafts(visit.shop).history(key), _number, "versions", limit, cursor)
    return Page([VersionLine(number=one.id, at=one.at, who=one.who) for one in found], following)


@get(
    "/maps/{key:str}/versions/{number:int}",
    operation_id="map_version",
    summary="What the file of a map was once",
    opt={"needs": "edit"},
    sync_to_thread=True,
)
def version(visit: Visiting, key: FromPath[str], number: Number) -> Version:
    """One version of the file of a map, with its text: to bring it back, write that."""
    one = Drafts(visit.shop).saved(key, number)
    return Version(number=one.id, at=one.at, who=one.who, text=one.text)


def told_problems(visit: Visit, problems: tuple[Problem, ...]) -> list[ProblemLine]:
    """What is wrong, in the language of who asks."""
    return [
        ProblemLine(
            severity=one.severity,
            message=in_language(one.message, visit.language),
            file=one.file,
            line=one.line,
            column=one.column,
            code=one.code,
        )
        for one in problems
    ]


def _seen(request: Request[Any, Any, Any], found: str, base: str | None) -> str:
    """The fingerprint of the file that `If-Match` names."""
    if base is not None and base != found and tag_fits(request, fingerprint(base)):
        return fingerprint(base)
    checked_tag(request, fingerprint(found), needed=True)
    return fingerprint(found)


def _written(visit: Visit, draft: Draft, data: NewText) -> WrittenText:
    lines = difference(draft.found, draft.text)
    return WrittenText(
        map=draft.key,
        file=draft.file,
        text=draft.text,
        problems=told_problems(visit, draft.problems),
        changes=[sign + line for sign, line in lines],
        merged=draft.text != data.text,
        saved=not data.dry,
    )


def _number(one: SavedText) -> int:
    return one.id


ROUTES: Final = (map_text, write_map_text, versions, version)
