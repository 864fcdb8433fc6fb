"""A journey file from what a map says, as a person would write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resa.documents import Path, scalar
from resa.exchange.comments import Comments
from resa.exchange.saying import Said

__all__ = ["write_map"]

_IN_BRACKETS = {"channel", "reach", "touchpoints", "path", "unless", "next", "was", "holidays"}
"""Lists of names, which stand on one line."""

_ON_ONE_LINE = {"goal", "emotion"}
"""Mappings that stand on one line."""


def write_map(said: Said) -> str:
    """The journey file that says this."""
    written: list[str] = []
    told = _with_commented(said.data, said.comments)
    for key, value in told.items():
        section = isinstance(value, dict) and key not in _ON_ONE_LINE
        if section:
            written.append("")
        _key(written, said.comments, key, value, (key,), "", apart=key == "touchpoints")
    if said.kept:
        written.append("")
        written += said.kept
    return "\n".join(written) + "\n"


def _with_commented(data: Mapping[str, Any], comments: Comments) -> dict[str, Any]:
    """With an empty touchpoint for each that is only commented on, in the order of the wall."""
    told = dict(data)
    order = [key for stage in data["stages"].values() for key in stage.get("touchpoints", ())]
    said = data.get("touchpoints", {})
    commented = {path[1] for path in comments if len(path) > 1 and path[0] == "touchpoints"} & set(order)
    if commented - set(said):
        told["touchpoints"] = {key: said.get(key, {}) for key in order if key in said or key in commented}
        sections = ("stages", "personas", "channels", "touchpoints", "improvements")
        told = {key: what for key, what in told.items() if key not in sections} | {
            key: told[key] for key in sections if key in told
        }
    return told


def _key(
    written: list[str], comments: Comments, key: str, value: Any, path: Path, pad: str, *, apart: bool = False
) -> None:
    """A key with its value, and what is remarked beside it."""
    head = f"{pad}{scalar(key)}:"
    if isinstance(value, dict) and (key in _ON_ONE_LINE or _one_line(path, value, comments)):
        _line(written, comments, f"{head} {_braces(value)}" if value else head, path, pad)
    elif isinstance(value, dict):
        _line(written, comments, head, path, pad)
        for number, (inner, what) in enumerate(value.items()):
            if apart and number:
                written.append("")
            _key(written, comments, inner, what, (*path, inner), f"{pad}  ")
    elif isinstance(value, list) and key in _IN_BRACKETS:
        plain = len(value) == 1 and key not in {"touchpoints", "path", "was", "holidays"}
        shown = scalar(value[0]) if plain else f"[{', '.join(scalar(one) for one in value)}]"
        _line(written, comments, f"{head} {shown}", path, pad)
    elif isinstance(value, list):
        _line(written, comments, head, path, pad)
        for number, item in enumerate(value):
            _item(written, comments, item, (*path, number), f"{pad}  ")
    else:
        _line(written, comments, f"{head} {_value(key, value)}", path, pad)


def _one_line(path: Path, value: dict[str, Any], comments: Comments) -> bool:
    """Stages as a list of their touchpoints, channels and empty things in braces or not at all."""
    inside = any(len(place) > len(path) and place[: len(path)] == path for place in comments)
    if inside or not value:
        return not inside
    return len(path) == 2 and (path[0] == "channels" or (path[0] == "stages" and set(value) == {"touchpoints"}))


def _braces(value: dict[str, Any]) -> str:
    if set(value) == {"touchpoints"}:
        return f"[{', '.join(scalar(one) for one in value['touchpoints'])}]"
    if set(value) == {"kind"}:
        return str(value["kind"])
    parts = []
    for key, what in value.items():
        shown = _value(key, what) if not isinstance(what, list) else _names(what)
        parts.append(f"{key}: {shown}")
    return f"{{{', '.join(parts)}}}"


def _names(names: list[str]) -> str:
    return scalar(names[0]) if len(names) == 1 else f"[{', '.join(scalar(one) for one in names)}]"


def _item(written: list[str], comments: Comments, item: Any, path: Path, pad: str) -> None:
    if not isinstance(item, dict):
        _line(written, comments, f"{pad}- {scalar(item)}", path, pad)
        return
    if set(item) == {"text"}:
        _line(written, comments, f"{pad}- {scalar(item['text'])}", path, pad)
        return
    for number, (key, value) in enumerate(item.items()):
        place = (*path, key)
        shown = _names(value) if isinstance(value, list) else _value(key, value)
        sign = "  " if number else "- "
        if number:
            _line(written, comments, f"{pad}{sign}{key}: {shown}", place, f"{pad}  ")
        else:
            _line(written, comments, f"{pad}{sign}{key}: {shown}", path, pad)


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if key in {"now", "aim"} and isinstance(value, int):
        return f"{value:+d}" if value else "0"
    if isinstance(value, int | float):
        return f"{value}"
    return scalar(str(value), flow=key in {"name", "from", "kind", "within", "target", "cost", "now", "aim"})


def _line(written: list[str], comments: Comments, line: str, path: Path, pad: str) -> None:
    """A line with its comments: one behind it, several above it."""
    remarks = comments.get(path, ())
    if len(remarks) == 1 and remarks[0]:
        written.append(f"{line}  # {remarks[0]}")
        return
    written += [*(f"{pad}# {remark}".rstrip() for remark in remarks), line]
