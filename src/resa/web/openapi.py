"""What is taken over HTTP, and every answer that there is, as an OpenAPI document: given at `/openapi.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resa.base.version import __version__
from resa.collector import SEGMENT_CALLS

__all__ = ["openapi"]

_Json = dict[str, Any]

_DETAILS: Final[Mapping[int, str]] = {
    400: "The body is not what it should be: no JSON of a call, packed otherwise than it says, or a batch too long. "
    "Give it up.",
    401: "The key, or the signature, is missing or not good. Give it up.",
    404: "There is nothing at this address.",
    405: "Another method is needed; `Allow` names it.",
    408: "The body did not come in time. Send it again.",
    413: "The body is too large, packed or unpacked. Give it up, or send fewer calls at a time.",
    415: "The body is packed in a way that is not known.",
    422: "With `Prefer: handling=strict` alone: some calls cannot be taken, so none was. Of a consent: there is no "
    "such topic, purpose or wording, or its identifier names nobody.",
    429: "Too much was sent, too much waits, or the disk is nearly full. Send it again after `Retry-After` seconds.",
    503: "The disk did not take it, or too much comes at once. Send it again after `Retry-After` seconds.",
}


def openapi() -> _Json:
    """The document, of OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Resa: events over HTTP",
            "version": __version__,
            "description": "Segment's HTTP API, webhooks, links and pixels. An answer of 200 to an event says that it "
            "is on the disk; nothing is dropped behind one. What the screens show, for programs, stands in "
            "`/api/v1/openapi.json`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {**_segment(), **_others(), **_consents(), **_state()},
        "components": {
            "schemas": {"Call": _CALL, "Batch": _BATCH, "Consent": _CONSENT, "Done": _DONE, "Problem": _PROBLEM},
            "responses": {f"Problem{status}": _problem(status, about) for status, about in _DETAILS.items()},
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The write key as name, no password; or it stands in the body as `writeKey`.",
                },
                "bearer": {"type": "http", "scheme": "bearer", "description": "The write key, or one for metrics."},
            },
        },
    }


def _text(*, longest: int = 512) -> _Json:
    return {"type": ["string", "null"], "maxLength": longest}


_ID: Final[_Json] = {"type": ["string", "integer", "null"], "maxLength": 512}
_MOMENT: Final[_Json] = {
    "type": ["string", "number", "null"],
    "description": "ISO 8601, UTC without a zone; or seconds or milliseconds since 1970.",
}
_OBJECT: Final[_Json] = {"type": ["object", "null"]}

_CALL: Final[_Json] = {
    "type": "object",
    "description": "A call. One that cannot be taken is refused by itself, and kept with its reason, behind a 200.",
    "properties": {
        "type": {"enum": ["identify", "track", "page", "screen", "group", "alias", None]},
        "writeKey": _text(),
        "messageId": {**_ID, "description": "Known for ever: an event that comes again is stored once."},
        "userId": _ID,
        "anonymousId": _ID,
        "previousId": _ID,
        "groupId": _ID,
        "event": _text(),
        "name": _text(),
        "category": _text(),
        "properties": _OBJECT,
        "traits": _OBJECT,
        "context": _OBJECT,
        "timestamp": _MOMENT,
        "originalTimestamp": _MOMENT,
        "sentAt": _MOMENT,
    },
}
_BATCH: Final[_Json] = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "maxItems": 2_500, "items": {"$ref": "#/components/schemas/Call"}},
        "writeKey": _text(),
        "sentAt": _MOMENT,
        "context": _OBJECT,
    },
}
_CONSENT: Final[_Json] = {
    "type": "object",
    "required": ["identifier", "about", "what"],
    "additionalProperties": False,
    "properties": {
        "identifier": {
            "type": "object",
            "required": ["kind", "value"],
            "properties": {name: {"type": "string"} for name in ("kind", "value")},
        },
        "about": {"type": "string", "description": "A topic or purpose of consent.yaml."},
        "what": {"enum": ["asked", "given", "confirmed", "withdrawn"]},
        "at": {**_text(), "description": "When she said so, ISO 8601 with its zone; none: now."},
        "wording": {**_text(), "description": "Version of what she was shown; none: the newest."},
        "source": {**_text(), "description": "Where she said so; none: the name of the key."},
        "page": {**_text(), "description": "On which page; what stands behind `?` and `#` is left out."},
        "messageId": {**_text(), "description": "What comes again is stored once."},
    },
}
_DONE: Final[_Json] = {"type": "object", "required": ["success"], "properties": {"success": {"const": True}}}
_PROBLEM: Final[_Json] = {
    "type": "object",
    "description": "`code` and `message` for Segment's clients, the rest as RFC 9457 has it.",
    "required": ["code", "message", "type", "title", "status", "detail"],
    "properties": {
        **{name: {"type": "string"} for name in ("code", "message", "type", "title", "detail")},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "code", "path", "message"],
                "properties": {
                    "index": {"type": "integer"},
                    **{name: {"type": "string"} for name in ("code", "path", "message")},
                },
            },
        },
    },
}


def _problem(status: int, about: str) -> _Json:
    headers: _Json = {}
    if status in {429, 503}:
        headers["Retry-After"] = {"schema": {"type": "integer", "minimum": 1}, "required": True}
    if status == 405:
        headers["Allow"] = {"schema": {"type": "string"}, "required": True}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": about, "headers": headers, "content": {"application/json": {"schema": schema}}}


def _answers(good: _Json, *problems: int) -> _Json:
    refused = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in problems}
    return {**good, **refused}


def _json(about: str, schema: _Json) -> _Json:
    return {"200": {"description": about, "content": {"application/json": {"schema": schema}}}}


_TAKEN: Final = _json("It is on the disk.", {"$ref": "#/components/schemas/Done"})


def _segment() -> _Json:
    paths: _Json = {}
    for name, kind in SEGMENT_CALLS.items():
        schema = {"$ref": f"#/components/schemas/{'Batch' if kind == 'batch' else 'Call'}"}
        strict = {"name": "Prefer", "in": "header", "schema": {"type": "string"}, "example": "handling=strict"}
        packed = {"name": "Content-Encoding", "in": "header", "schema": {"enum": ["identity", "gzip", "deflate"]}}
        content = {kind_of: {"schema": schema} for kind_of in ("application/json", "text/plain")}
        paths[f"/v1/{name}"] = {
            "post": {
                "summary": f"Send a call `{kind}`" if kind != "batch" else "Send many calls",
                "operationId": f"send_{name}",
                "parameters": [strict, packed],
                "security": [{"basic": []}, {"bearer": []}, {}],
                "requestBody": {"required": True, "content": content},
                "responses": _answers(_TAKEN, 400, 401, 405, 408, 413, 415, 422, 429, 503),
            },
            "options": {
                "summary": "What a browser asks before a page of another origin may send",
                "operationId": f"before_{name}",
                "responses": {"204": {"description": "It may."}},
            },
        }
    return paths


def _in_path(name: str, about: str) -> _Json:
    return {"name": name, "in": "path", "required": True, "description": about, "schema": {"type": "string"}}


def _others() -> _Json:
    key = {"name": "key", "in": "query", "description": "Of the source, where it signs nothing.", "schema": _TEXT}
    gif: _Json = {"200": {"description": "A transparent point.", "content": {"image/gif": {}}}}
    away: _Json = {"302": {"description": "To where the link leads.", "headers": {"Location": {"schema": _TEXT}}}}
    script: _Json = {
        "200": {"description": "The script.", "content": {"text/javascript": {}}},
        "304": {"description": "As it was."},
    }
    anything: _Json = {"application/json": {"schema": {}}}
    paths: _Json = {
        "/hooks/{source}": {
            "post": {
                "summary": "Send a webhook",
                "operationId": "send_hook",
                "parameters": [_in_path("source", "A source file with `hook:`."), key],
                "security": [{"basic": []}, {"bearer": []}, {}],
                "requestBody": {"required": True, "content": anything},
                "responses": _answers(_TAKEN, 400, 401, 404, 405, 408, 413, 415, 429, 503),
            }
        },
        "/v1/projects/{key}/settings": {
            "get": {
                "summary": "What Segment's browser library asks for first",
                "operationId": "browser_settings",
                "parameters": [_in_path("key", "A write key.")],
                "responses": _answers(_json("It is to send here, and nowhere else.", {"type": "object"}), 404, 503),
            }
        },
    }
    for path, name, about, good in [
        ("/l/{token}", "follow_link", "Follow a signed link", away),
        ("/p/{token}", "see_pixel", "Load a signed pixel", gif),
        ("/resa.js", "script", "The script that measures a page", script),
    ]:
        parameters = [_in_path("token", "What `resa links make` signed.")] if "{" in path else []
        for method in ("get", "head"):
            paths.setdefault(path, {})[method] = {
                "summary": about,
                "operationId": f"{name}_{method}",
                "parameters": parameters,
                "responses": _answers(good, 404, 405, 503) if parameters else _answers(good, 405),
            }
    return paths


_TEXT: Final[_Json] = {"type": "string"}


def _consents() -> _Json:
    done: _Json = {
        "type": "object",
        "required": ["success"],
        "properties": {
            "success": {"const": True},
            "confirm": {"type": "string", "description": "Of `asked`: the address by which she confirms."},
        },
    }
    page: _Json = {"content": {"text/html": {"schema": _TEXT}}}
    gone: _Json = {"404": {"description": "The link was not made here, was used, or has ended.", **page}}
    later = _problem(503, _DETAILS[503])
    later["content"] |= page["content"]
    token = [_in_path("token", "What was given back for `asked`.")]
    paths: _Json = {
        "/consents": {
            "post": {
                "summary": "Record what a customer consents to or withdraws",
                "operationId": "record_consent",
                "security": [{"basic": []}, {"bearer": []}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Consent"}}},
                },
                "responses": _answers(_json("It is on the disk.", done), 400, 401, 405, 408, 413, 415, 422, 429, 503),
            }
        },
        "/c/{token}": {
            "post": {
                "summary": "Confirm what was asked; the link is good once",
                "operationId": "confirm_consent",
                "parameters": token,
                "responses": _answers(
                    {"200": {"description": "It is on the disk.", **page}, **gone, "503": later},
                    400,
                    405,
                    408,
                    413,
                    415,
                ),
            }
        },
    }
    for method in ("get", "head"):
        paths["/c/{token}"][method] = {
            "summary": "Ask whether she confirms; changes nothing",
            "operationId": f"ask_consent_{method}",
            "parameters": token,
            "responses": _answers({"200": {"description": "The page.", **page}, **gone}, 405, 503),
        }
    return paths


def _state() -> _Json:
    well = _json("Yes.", {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}})
    keys: list[_Json] = [{"bearer": []}, {}]
    numbers = {"200": {"description": "In the text format of Prometheus.", "content": {"text/plain": {}}}}
    this = _json("This document.", {"type": "object"})
    return {
        path: {
            "get": {
                "summary": about,
                "operationId": path.strip("/").partition(".")[0],
                "security": needs,
                "responses": said,
            }
        }
        for path, about, needs, said in [
            ("/health", "Does the server live?", [], _answers(well, 405)),
            ("/ready", "Does it take events, and do they become numbers?", [], _answers(well, 405, 503)),
            (
                "/metrics",
                "How it is doing; for this machine, and keys for metrics",
                keys,
                _answers(numbers, 401, 405, 503),
            ),
            ("/openapi.json", "What there is", [], _answers(this, 405)),
        ]
    }
