"""An event or a customer for which an expression of a map holds, so that any map can be simulated.

Only what people write in signals is understood: comparisons of fields with constants, joined by `and`; of several
alternatives joined by `or` the first that is understood. Everything else is left to the caller, who is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

__all__ = ["example_of"]

_TEXT = r"'(?:[^']|'')*'"
_NUMBER = r"-?\d+(?:\.\d+)?"
_TERM = re.compile(
    rf"""\s*(?P<field>[a-z_][\w.]*)\s*
    (?:(?P<between>between)\s+(?P<low>{_NUMBER})\s+and\s+(?P<high>{_NUMBER})
    |(?P<sign><=|>=|<>|!=|=|<|>|like\b|ilike\b|in\b)\s*
     (?P<value>{_TEXT}|{_NUMBER}|true\b|false\b|\(\s*(?:{_TEXT}|{_NUMBER})[^)]*\))
     (?:\s*escape\s*'(?P<escape>[^']*)')?)\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_FIRST = re.compile(rf"\(\s*({_TEXT}|{_NUMBER})")

Value = str | float | bool


def example_of(expression: str) -> Mapping[str, Value] | None:
    """Values of fields with which the expression holds, or `None` where it is not understood.

    Args:
        expression: Over an event or a customer, as a map holds it: `event = 'page' and properties.path like '/p/%'`.
    """
    for alternative in _split(expression, "or"):
        found = _all_of(alternative)
        if found is not None:
            return found
    return None


def _split(expression: str, word: str) -> list[str]:
    """Cut at a word that stands outside of quotes and brackets; `between … and …` stays whole."""
    parts, depth, start, ranges = [], 0, 0, 0
    for match in re.finditer(rf"{_TEXT}|[()]|\b\w+\b", expression):
        found = match.group().casefold()
        depth += {"(": 1, ")": -1}.get(found, 0)
        if depth:
            continue
        ranges += found == "between"
        if found == "and" and ranges:
            ranges -= 1
        elif found == word:
            parts.append(expression[start : match.start()])
            start = match.end()
    return [*parts, expression[start:]]


def _all_of(expression: str) -> dict[str, Value] | None:
    """Values with which all terms hold; a later term on the same field must agree with the value of an earlier one."""
    bounds: dict[str, list[tuple[str, Value]]] = {}
    for part in _split(expression, "and"):
        text = part.strip()
        while text.startswith("(") and text.endswith(")") and len(_split(text[1:-1], "\0")) == 1:
            text = text[1:-1].strip()
        match = _TERM.fullmatch(text)
        if match is None:
            if text == part.strip():
                return None
            inner = example_of(text)
            if inner is None:
                return None
            for name, value in inner.items():
                bounds.setdefault(name, []).append(("=", value))
            continue
        bounds.setdefault(match["field"], []).extend(_terms(match))
    values = {name: _satisfying(terms) for name, terms in bounds.items()}
    if any(value is None for value in values.values()):
        return None
    return {name: value for name, value in values.items() if value is not None}


def _terms(match: re.Match[str]) -> list[tuple[str, Value]]:
    if match["between"]:
        return [(">=", float(match["low"])), ("<=", float(match["high"]))]
    sign, written = match["sign"].casefold(), match["value"]
    if sign == "in":
        first = _FIRST.match(written)
        return [("=", _literal(first[1]))] if first else []
    value = _literal(written)
    if sign in {"like", "ilike"}:
        return [("=", _matching(str(value), match["escape"]))]
    return [(sign, value)]


def _literal(written: str) -> Value:
    if written.startswith("'"):
        return written[1:-1].replace("''", "'")
    if written.casefold() in {"true", "false"}:
        return written.casefold() == "true"
    return float(written) if "." in written else int(written)


def _matching(pattern: str, escape: str | None) -> str:
    """A text that a LIKE pattern fits."""
    if escape:
        pattern = pattern.replace(f"{escape}%", "\1").replace(f"{escape}_", "\2").replace(escape * 2, escape)
    return pattern.replace("%", "some").replace("_", "x").replace("\1", "%").replace("\2", "_")


def _satisfying(terms: list[tuple[str, Value]]) -> Value | None:
    """A value that fits every comparison, tried from the constants that are compared with."""
    constants = [value for _, value in terms]
    tried: list[Value] = list(constants)
    for value in constants:
        if isinstance(value, int | float) and not isinstance(value, bool):
            tried += [value + 1, value - 1, value + 0.25, value - 0.25]
    numbers = sorted(value for value in constants if isinstance(value, int | float))
    tried += [(low + high) / 2 for low, high in pairwise(numbers)]
    if any(isinstance(value, str) for value in constants):
        tried += ["other"]
    return next((value for value in tried if all(_holds(value, sign, limit) for sign, limit in terms)), None)


def _holds(value: Value, sign: str, limit: Value) -> bool:
    if sign == "=":
        return value == limit
    if sign in {"<>", "!="}:
        return value != limit
    if isinstance(value, str) or isinstance(limit, str):
        return False
    return {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[sign]
