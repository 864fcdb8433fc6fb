"""The OpenAPI document of the API: made from its routes, and from the tables that they are about.

What the framework cannot know is added here: who may, which refusals there are, and, for each kind of question, what it
takes and what its answer holds.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, get_args, get_origin, get_type_hints

import pyarrow as pa
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import License
from litestar.routes import HTTPRoute

from resa.analytics import COLUMNS, COMPARED_COLUMNS, KINDS, Column, Question
from resa.base.version import __version__
from resa.screens.api.answers import PROBLEM
from resa.screens.api.measuring import JSON, PART
from resa.screens.api.repeating import LONGEST
from resa.screens.asking import ASKED, EXPRESSIONS, fields_of
from resa.screens.rights import Right, scopes_for
from resa.screens.visits import COOKIES, Visit

__all__ = ["described"]

_Json = dict[str, Any]

_DETAILS: Final[Mapping[int, str]] = {
    304: "It is as it was when the tag of `If-None-Match` was given.",
    400: "The request is not what it should be: a parameter that is missing, too long or of another kind, or no JSON.",
    401: "There is no good key. A browser that is signed in may read, and changes nothing here.",
    403: "The key, or the role, does not allow it; the answer names the scope that does.",
    404: "There is nothing at this address, or no such map, kind of question, segment or customer.",
    405: "Another method is needed; `Allow` names it.",
    406: "There is no answer in the form that is accepted.",
    408: "The body did not come in time. Send it again.",
    409: "A request with this `Idempotency-Key` was begun, and nobody knows whether it was done.",
    412: "What it is about has changed since the tag of `If-Match` was given.",
    413: "The body is too large.",
    422: "What was said cannot be used; `errors` says of each field why, and of files where.",
    428: "It has to be said of what it is a change: read it, and send its `ETag` in `If-Match`.",
    503: "Another process is writing, the files of a map are wrong, or the server starts. Ask again after "
    "`Retry-After` seconds.",
}


_PAGE: Final = re.compile(r"\bPage_(?:\w+\.)*(\w+?)_(?=\")")
"""How the framework calls a part of a list of some objects."""


def described(router: Router) -> _Json:
    """The document of the routes of a router."""
    config = OpenAPIConfig(
        title="Resa: what the screens show, for programs",
        version=__version__,
        description="JSON over HTTP. Send a key as `Authorization: Bearer resa_…`; what it may is the scopes it was "
        "made with (`resa keys make NAME --scope read:numbers`). A browser that is signed in may read, too. Every "
        "answer to a GET has a tag (`ETag`): sent back in `If-None-Match`, it is answered by 304 while nothing has "
        "changed. Lists come in parts: send `next_cursor` back as `cursor` until it is `null`. Moments are UTC.",
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        use_handler_docstrings=True,
    )
    needed = {"visit": Provide(_nobody, sync_to_thread=False)}
    app = Litestar([router], openapi_config=config, dependencies=needed, logging_config=None)
    document: _Json = json.loads(_PAGE.sub(r"PageOf\1", json.dumps(app.openapi_schema.to_schema())))
    handlers = [one for route in app.routes if isinstance(route, HTTPRoute) for one in route.route_handlers]
    options = {one.operation_id: one.opt for one in handlers}
    said = [one.parsed_fn_signature.return_type.annotation for one in handlers]
    said += [one.parsed_data_field.annotation for one in handlers if one.parsed_data_field]
    paths: _Json = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            opt = options[operation["operationId"]]
            for shown, made, its in _each_kind(path, operation, opt):
                paths.setdefault(shown, {})[method] = _completed(method, made, its)
    schemas = document.get("components", {}).get("schemas", {})
    return {
        **{name: value for name, value in document.items() if name not in {"paths", "components"}},
        "paths": paths,
        "components": {
            "schemas": {**_with_words(schemas, said), "Compared": _compared(), "Problem": _PROBLEM},
            "responses": {f"Problem{status}": _problem(status) for status in _DETAILS},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A key; `resa keys make`."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": COOKIES["session"],
                    "description": "Of a browser that is signed in.",
                },
            },
        },
    }


def _nobody() -> Visit:
    """Nobody visits an application that is only described."""
    raise NotImplementedError


def _completed(method: str, operation: _Json, opt: Mapping[str, Any]) -> _Json:
    """An operation with who may, and every answer."""
    needs: Right | None = opt.get("needs")
    scopes = [] if needs is None else list(scopes_for(needs))
    good = {status: dict(one) for status, one in operation["responses"].items() if status.startswith("2")}
    for answer in good.values():
        answer["description"] = "The answer." if method == "get" else "It is done."
        if method == "get" or (opt.get("tagged") and "content" in answer):
            answer["headers"] = {**answer.get("headers", {}), **_TAG}
        if media := opt.get("media"):
            answer["content"] = {kind: _content(kind, opt) for kind in media}
    refused = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in _refusals(method, opt)}
    keys = [{"bearer": scopes}] + ([{"session": []}] if method == "get" else [])
    parameters = [*operation.get("parameters", ()), *([_REPEATS] if opt.get("repeats") else [])]
    parameters += [_unless_changed(opt["conditional"])] if "conditional" in opt else []
    said = operation.get("description", "")
    if scopes:
        said += f" Scope: {', '.join(f'`{scope}`' for scope in scopes)}."
    return {
        **operation,
        "description": said.strip(),
        **({"parameters": parameters} if parameters else {}),
        "security": keys if needs else [],
        "responses": {**good, **dict(sorted(refused.items()))},
    }


def _refusals(method: str, opt: Mapping[str, Any]) -> set[int]:
    """The statuses of all refusals that an operation may meet."""
    found = {400, 404, 405, 503}
    if "needs" in opt:
        found |= {401, 403, 422}
    found |= {406} if "asks" in opt and JSON in opt.get("media", ()) else set()
    found |= {409} if opt.get("repeats") else set()
    found |= {412} if "conditional" in opt else set()
    found |= {428} if "conditional" in opt and method in {"put", "delete"} else set()
    return found | ({304} if method == "get" else {408, 413})


def _content(kind: str, opt: Mapping[str, Any]) -> _Json:
    """What an answer of a media type holds."""
    if kind != JSON:
        return {"schema": {"type": "string"}} if kind.startswith("text/") or kind.endswith("+xml") else {}
    return {"schema": _answer(opt["answers"]) if "answers" in opt else {"type": "object"}}


_TAG: Final[_Json] = {"ETag": {"schema": {"type": "string"}, "required": True, "description": "For `If-None-Match`."}}

_NOW: Final[_Json] = {"ETag": {"schema": {"type": "string"}, "description": "As it is now; to be read first."}}

_REPEATS: Final[_Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Anything that is new for each deed, such as a UUID: what is sent again with the same within a day "
    "is done once, and answered as before. 409: it was begun, and nobody knows whether it was done.",
    "schema": {"type": "string", "maxLength": LONGEST},
}


def _unless_changed(name: str) -> _Json:
    about = f"The `ETag` of `{name}`: the change is made only if that is still so."
    return {"name": "If-Match", "in": "header", "description": about, "schema": {"type": "string"}}


_PROBLEM: Final[_Json] = {
    "type": "object",
    "description": "As RFC 9457 has it. `detail` is in the language of `Accept-Language`; `code` stays what it is.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "code")},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    **{name: {"type": "string"} for name in ("field", "message", "file")},
                    "line": {"type": "integer", "minimum": 1},
                    "column": {"type": "integer", "minimum": 1},
                },
            },
        },
    },
}


def _problem(status: int) -> _Json:
    if status == 304:
        return {"description": _DETAILS[status], "headers": _TAG}
    headers: _Json = dict(_NOW) if status in {412, 428} else {}
    text: _Json = {"schema": {"type": "string"}, "required": True}
    if status == 401:
        headers["WWW-Authenticate"] = text
    if status == 405:
        headers["Allow"] = text
    if status == 503:
        headers["Retry-After"] = {"schema": {"type": "integer", "minimum": 1}, "required": True}
    schema = {"$ref": "#/components/schemas/Problem"}
    kinds = [PROBLEM, *([JSON] if status in {408, 413, 503} else [])]  # said by who takes requests for the screens
    return {
        "description": _DETAILS[status],
        "headers": headers,
        "content": {kind: {"schema": schema} for kind in kinds},
    }


# Questions


def _each_kind(path: str, operation: _Json, opt: Mapping[str, Any]) -> Iterator[tuple[str, _Json, Mapping[str, Any]]]:
    """An operation with its path and options; of one that asks, one for each kind of question."""
    if "asks" not in opt:
        yield path, operation, opt
        return
    for kind in ASKED:
        about = inspect.cleandoc(KINDS[kind].__doc__ or "").partition("\n\n")[0]
        made = {
            **operation,
            "operationId": f"{operation['operationId']}_{kind}",
            "summary": f"{operation['summary']}: {kind}",
            "description": f"{about} {operation.get('description', '')}",
            "parameters": [*_parameters(kind), *_own(operation, opt)],
        }
        yield path.replace("{kind}", kind), made, {**opt, "answers": kind}


def _own(operation: _Json, opt: Mapping[str, Any]) -> list[_Json]:
    """What an operation takes beside the question."""
    return [one for one in operation.get("parameters", ()) if one["name"] in opt.get("own", (PART,))]


def _parameters(kind: str) -> Iterator[_Json]:
    """What a question of a kind takes, as an address says it."""
    told = {**_told(Question), **_told(KINDS[kind])}
    renamed = {"from": "since", "map": "map_key"}
    schemas: Mapping[type, _Json] = {
        tuple: {"type": "array", "items": {"type": "string"}},
        bool: {"enum": ["yes", "no"]},
        int: {"type": "integer", "minimum": 0},
        float: {"type": "string", "description": "A share, in percent."},
        str: {"type": "string"},
    }
    for name, shape in fields_of(kind).items():
        about = told.get(renamed.get(name, name), "")
        if name in EXPRESSIONS:
            about += " Needs the scope `read:names`, too."
        yield {"name": name, "in": "query", "required": False, "description": about, "schema": schemas[shape]}


def _told(kind: type) -> dict[str, str]:
    """What a docstring says of attributes."""
    _, _, listed = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(about.split()) for name, about in found}


def _answer(kind: str) -> _Json:
    """The schema of the answer to a kind of question: every table, column by column."""
    main, *others = COLUMNS[kind].items()
    tables = [main[1]]
    if kind == "trend":  # of a touchpoint or of an expectation: one table, of either
        tables, others = [*COLUMNS[kind].values()], []
    rows: _Json = {"anyOf": [*map(_row, tables), {"$ref": "#/components/schemas/Compared"}]}
    parts = {name: {"type": "array", "items": _row(columns)} for name, columns in others}
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    text: _Json = {"type": "string"}
    day: _Json = {"type": "string", "format": "date"}
    properties: _Json = {
        "kind": {"const": kind},
        "question": {"type": "object", "description": "What was asked; asked again, it is the same question."},
        "question_hash": text,
        "as_of": {"type": ["string", "null"], "format": "date-time", "description": "Up to when data are complete."},
        "generation": {"type": "integer", "description": "Of the data that were read; it grows with what comes in."},
        "definition": {"type": "string", "description": "A hash of what the map says."},
        "n": {**counts, "description": "How much was looked at."},
        "rows": {"type": "array", "items": rows, "description": "The main table."},
        "others": {**counts, "description": "What the table does not list, so that totals add up."},
        "parts": {"type": "object", "properties": parts, "description": "The other tables, by name."},
        "warnings": {"type": "array", "items": text, "description": "What to know before believing a number."},
        "computed_at": {"type": "string", "format": "date-time"},
        "truncated": {"type": "boolean", "description": "Whether rows were left out."},
        "columns": {"type": "object", "description": "Of each table: name, type and meaning, with its unit."},
    }
    happened: _Json = {"first": day, "last": day, "text": text}
    notes: _Json = {
        "type": "array",
        "items": {"type": "object", "required": list(happened), "properties": happened},
        "description": "What happened on the days that are shown, where people wrote it down.",
    }
    return {"type": "object", "required": list(properties), "properties": {**properties, "day_notes": notes}}


def _row(columns: tuple[Column, ...]) -> _Json:
    group: _Json = {"group": {"type": ["string", "null"], "description": "With `by`: which group."}}
    return {"type": "object", "properties": {**group, **{one.name: _cell(one) for one in columns}}}


def _compared() -> _Json:
    columns = {one.name: _cell(one) for one in COMPARED_COLUMNS}
    return {"type": "object", "description": "With `compare`: a row of both groups.", "properties": columns}


def _cell(column: Column) -> _Json:
    kind = column.type
    if pa.types.is_list(kind):
        return {"type": ["array", "null"], "items": {"type": ["string", "null"]}, "description": column.about}
    name = (
        "boolean"
        if pa.types.is_boolean(kind)
        else "integer"
        if pa.types.is_integer(kind)
        else "number"
        if pa.types.is_floating(kind)
        else "string"
    )
    return {"type": [name, "null"], "description": column.about}


def _with_words(schemas: _Json, said: Iterable[Any]) -> _Json:
    """Schemas of our objects with what their docstrings say of them; `said` are the types that answers have."""
    known: dict[str, type] = {}
    for one in said:
        _gather(one, known)
    for name, schema in schemas.items():
        if (found := known.get(schema.get("title", name).partition("[")[0])) is None:
            continue
        schema["description"] = inspect.cleandoc(found.__doc__ or "").partition("\n\n")[0]
        told = _told(found)
        for key, one in schema.get("properties", {}).items():
            if key in told and "$ref" not in one:
                one["description"] = told[key]
    return schemas


def _gather(shape: Any, known: dict[str, type]) -> None:
    """The dataclasses of which a type is made."""
    own = get_origin(shape) or shape
    if dataclasses.is_dataclass(own) and isinstance(own, type) and own.__name__ not in known:
        known[own.__name__] = own
        for one in get_type_hints(own).values():
            _gather(one, known)
    for one in get_args(shape):
        _gather(one, known)
