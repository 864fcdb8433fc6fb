"""The short forms of a signal, `page` and `event`, written out as the expression they stand for."""

from __future__ import annotations

from resa.base.errors import ExpressionError, Problem
from resa.base.language import sentence

__all__ = ["short_form"]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _matches(field: str, pattern: str) -> str:
    """A comparison of the field with the pattern, in which `*` stands for any text."""
    if "*" not in pattern:
        return f"{field} = {_quoted(pattern)}"
    if not any(character in pattern for character in "%_\\"):
        return f"{field} like {_quoted(pattern.replace('*', '%'))}"
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
    return f"{field} like {_quoted(escaped)} escape '\\'"


def short_form(*, event: str | None = None, page: str | None = None) -> str:
    """Write `{page: /p/*}` out as `event = 'page' and properties.path like '/p/%'`.

    Args:
        event: Name of the event; `*` stands for any text. Without it, `page` means the event `page`.
        page: Path of the page; `*` stands for any text.

    Raises:
        ExpressionError: Neither is given, or one is empty.
    """
    for name, given in (("event", event), ("page", page)):
        if given is not None and not given.strip():
            raise ExpressionError(
                Problem(
                    message=sentence("`{name}` is empty; name an {name} or leave it out", name=name),
                    code="empty-short-form",
                )
            )
    if page is None:
        if event is None:
            raise ExpressionError(
                Problem(message=sentence("a signal needs `event`, `page` or `when`"), code="empty-short-form")
            )
        return _matches("event", event)
    return f"{_matches('event', event or 'page')} and {_matches('properties.path', page)}"
