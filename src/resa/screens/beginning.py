"""One's own data, without the command line: a file is uploaded, looked at, collected, and a first map drawn of it."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from resa.base.errors import QuestionError, ResaError
from resa.base.files import durable_file, make_private_folder, write_text_durably
from resa.base.language import in_language, said_by, sentence
from resa.base.program import installed_program
from resa.collector import Understanding
from resa.drawing import format_count
from resa.screens.asking import pairs_of
from resa.screens.file_fields import ASKED, OPTIONAL, SETTINGS, fields_of, meanings_of, refused_of
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.signing_in import Form
from resa.screens.tables import shown_rows
from resa.screens.visits import Visit
from resa.storage import Writer
from resa.workspace import Workspace
from resa.workspace.auditing import acting
from resa.workspace.collecting import collect_sources

__all__ = ["MOST_BYTES", "ROUTES"]

MOST_BYTES: Final = 100 << 20
"""A file may be so large; the command line takes any."""

_FOLDER: Final = "incoming"
_KINDS: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet", ".arrow", ".xes", ".xlsx")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\.[a-z]{3,7}")
_CONSTANT: Final = "= "
"""So begins what is the same in all rows."""

_LONG: Final = 200
_COPIED: Final = 1 << 20

_Upload = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


@get("/start", opt={"needs": "manage"}, sync_to_thread=True)
def start(visit: Visiting) -> Html:
    """The page on which a file is uploaded."""
    return _start(visit)


@post("/start", opt={"needs": "manage"}, sync_to_thread=True, request_max_body_size=MOST_BYTES + _COPIED)
def upload(visit: Visiting, data: _Upload) -> Html:
    """Keep a file in the workspace, under a name that is safe, and go on to what is understood of it."""
    file = data.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return _start(visit, status=422, why=sentence("choose a file"))
    try:
        name = _free_name(visit.shop.folder / _FOLDER, file.filename)
    except QuestionError as error:
        return _start(visit, status=422, why=said_by(error))
    target = visit.shop.folder / _FOLDER / name
    make_private_folder(target.parent)
    with durable_file(target) as place, place.open("wb") as copy:
        shutil.copyfileobj(file.file, copy, _COPIED)
    visit.shop.audit.note("file.upload", who=visit.who, bytes=target.stat().st_size)
    return redirect(f"/start/{name}")


@get("/start/{name:str}", opt={"needs": "manage"}, sync_to_thread=True)
def look_at(visit: Visiting, name: FromPath[str]) -> Html:
    """What is understood of an uploaded file, and where one says what is otherwise."""
    file = _file(visit.shop, name)
    said = dict(pairs_of(visit.path.partition("?")[2]))
    try:
        found = _understood(visit.shop, file, said)
        return _look(visit, name, found, status=422 if found.problems else 200)
    except ResaError as error:
        return _wrong(visit, file, said, error)


@post("/start/{name:str}", opt={"needs": "manage"}, sync_to_thread=True)
def take(visit: Visiting, name: FromPath[str], data: Form) -> Html:
    """Collect the file as it was understood; where there is no map yet, draw a first one from it."""
    shop, file = visit.shop, _file(visit.shop, name)
    if data.get("do") == "look":
        return redirect(f"/start/{name}?{urlencode({key: data.get(key, '') for key in (*ASKED, *SETTINGS)})}")
    try:
        found = _understood(shop, file, data)
        if found.missing or found.trial is None:
            return _look(visit, name, found, status=422)
        with acting(visit.who), shop.store.writing(asks=True) as writer:
            _collect(shop, writer, found)
            if shop.maps:
                return redirect("/live", saved="saved_file")
            _draw(shop, writer, visit.language)
    except ResaError as error:
        return _wrong(visit, file, data, error)
    return redirect("/map")


def _collect(shop: Workspace, writer: Writer, found: Understanding) -> None:
    """Write the source file, and collect; if that cannot be, there is no source."""
    written = shop.write_source(found)
    try:
        source = shop.sources[found.name]
        _, problems = collect_sources(shop, [source], writer=writer)
        if problems:
            raise QuestionError(problems)
    except ResaError:
        written.unlink(missing_ok=True)
        raise


def _draw(shop: Workspace, writer: Writer, language: str) -> None:
    """Write a first map from the events, and measure it."""
    draft = shop.discover(language=language)
    write_text_durably(shop.folder / "journey.yaml", draft.text)
    with Workspace(shop.folder) as anew:
        anew.refresh(writer)


def _start(visit: Visit, *, status: int = 200, why: str = "") -> Html:
    return page(
        visit,
        "start",
        visit.say("start"),
        status=status,
        why=why,
        waiting=_waiting(visit.shop),
        kinds=",".join(_KINDS),
        most=format_count(MOST_BYTES >> 20, visit.language),
        has_map=bool(visit.shop.maps),
        program=installed_program(),
    )


def _look(visit: Visit, name: str, found: Understanding, *, status: int = 200, why: str = "") -> Html:
    samples, meanings = found.samples(), meanings_of(visit, found)
    words = ("start_column", "start_taken", "start_kind", "start_filled", "start_samples")
    columns = [
        (
            one.name,
            meanings[one.name],
            visit.say(f"start_kind_{one.kind.split()[0]}"),
            f"{one.filled:.0%}",
            ", ".join(samples[one.name])[:_LONG],
        )
        for one in found.columns
    ]
    trial = found.trial
    fields, beside = fields_of(visit, found)
    return page(
        visit,
        "start_file",
        name,
        status=status,
        why=why,
        name=name,
        columns=shown_rows([visit.say(word) for word in words], columns, numbers=(3,)),
        fields=fields,
        beside=beside,
        left_out=", ".join(found.left_out),
        rows=None if trial is None else format_count(trial.rows, visit.language),
        good=None if trial is None else format_count(trial.good, visit.language),
        refused=refused_of(visit, found),
        ready=trial is not None and trial.good > 0,
        has_map=bool(visit.shop.maps),
    )


def _wrong(visit: Visit, file: Path, said: Mapping[str, str], error: ResaError) -> Html:
    """What is wrong with what was said of a file, above what is understood of it without; or with the file itself."""
    why = in_language(said_by(error), visit.language)
    if any(said.get(key, "").strip() for key in (*ASKED, *SETTINGS)):
        try:
            found = _understood(visit.shop, file, {})
        except ResaError:
            return _start(visit, status=422, why=why)
        return _look(visit, file.name, found, status=422, why=why)
    return _start(visit, status=422, why=why)


def _understood(shop: Workspace, file: Path, said: Mapping[str, str]) -> Understanding:
    """What is understood of a file; a field of the form that was left empty takes nothing, if it may."""
    given = {
        key: said[key].strip().removeprefix(_CONSTANT)[:_LONG]
        for key in (*ASKED, *SETTINGS)
        if key in said and (said[key].strip() or key in OPTIONAL)
    }
    return shop.understand(str(file), given, name=_source_name(shop, file))


def _source_name(shop: Workspace, file: Path) -> str:
    """What the source is called: as the file, unless another source is."""
    names = (file.stem, *(f"{file.stem}_{number}" for number in range(2, 1_000)))
    return next(one for one in names if one not in shop.sources)


def _file(shop: Workspace, name: str) -> Path:
    """An uploaded file.

    Raises:
        QuestionError: There is none of this name.
    """
    file = shop.folder / _FOLDER / name
    if not _NAME.fullmatch(name) or not file.is_file():
        raise QuestionError(sentence("there is no uploaded file of this name"))
    return file


def _free_name(folder: Path, given: str) -> str:
    """A name that is safe and not taken, after the one that the file had.

    Raises:
        QuestionError: No file of this kind is read.
    """
    own = Path(given.replace("\\", "/").rpartition("/")[2])
    kind = own.suffix.lower()
    if kind not in _KINDS:
        raise QuestionError(sentence("files of this kind are not read; use one of: {kinds}", kinds=" ".join(_KINDS)))
    plain = unicodedata.normalize("NFKD", own.stem.lower()).encode("ascii", "ignore").decode()  # for addresses, too
    stem = re.sub(r"[^a-z0-9]+", "_", plain)[:40].strip("_") or "file"
    names = (stem, *(f"{stem}_{number}" for number in range(2, 1_000)))
    return next(f"{one}{kind}" for one in names if not (folder / f"{one}{kind}").exists())


def _waiting(shop: Workspace) -> list[str]:
    """Uploaded files that no source reads yet."""
    folder = shop.folder / _FOLDER
    if not folder.is_dir():
        return []
    read = {source.shape.path for source in shop.sources.values()}
    files = (file for file in sorted(folder.iterdir()) if _NAME.fullmatch(file.name) and file.suffix in _KINDS)
    return [file.name for file in files if f"{_FOLDER}/{file.name}" not in read]


ROUTES: Final = (start, upload, look_at, take)
