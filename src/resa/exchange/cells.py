"""Texts in cells: several thoughts, one a line, and what is known of each, written so that all of it can be read back.

A thought begins a line. Lines that begin with two no-break spaces go on with it. Where a thought itself begins as a
bullet would, a bullet is written before it, for one is taken away on reading. Behind a pain point stand its source and
what it is tied to: `The date is shown late. [source: 14 interviews] [improvement: early_date]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from resa.exchange.terms import understood, word

__all__ = ["TAGS", "join_thoughts", "pain_point", "split_names", "split_thoughts", "tagged"]

TAGS = ("source", "shown_by", "improvement")
"""What can be known of a pain point, beside its text."""

_GOES_ON = "\u00a0\u00a0"
_BULLET = re.compile(r"[-–—*•·‣▪◦●○➢➤✓✔☐□■](?:[ \t\u00a0]+|(?=[^\W\d_])|\Z)")
_TAG = re.compile(r"(?:^|[ \n])\[(?P<name>[^\W\d_][^:\[\]\n]{0,30}):[ ]?(?P<value>(?:[^\[\]\\]|\\.)*)\]\Z", re.DOTALL)
_LAST_BRACKET = re.compile(r"(\\*)\]\Z")


def join_thoughts(thoughts: Sequence[str]) -> str:
    """Thoughts in a cell, one a line."""
    return "\n".join(_line(thought) for thought in thoughts)


def _line(thought: str) -> str:
    first = f"• {thought}" if _BULLET.match(thought) else thought
    return first.replace("\n", f"\n{_GOES_ON}")


def split_thoughts(text: str) -> list[str]:
    """The thoughts of a cell: one a line, bullets taken away; a line that begins with two no-break spaces goes on."""
    found: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if found and line.startswith(_GOES_ON):
            found[-1] += f"\n{line.removeprefix(_GOES_ON)}"
        elif line.strip():
            found.append(line.lstrip())
    thoughts = [_without_bullet(thought).strip() for thought in found]
    return [thought for thought in thoughts if thought]


def _without_bullet(thought: str) -> str:
    match = _BULLET.match(thought)
    return thought[match.end() :] if match else thought


def split_names(text: str) -> list[str]:
    """Names in a cell: one a line, or parted by commas or semicolons."""
    parts = [part for line in split_thoughts(text) for part in re.split(r"[,;]", line)]
    return [part.strip() for part in parts if part.strip()]


def pain_point(said: Mapping[str, str], language: str) -> str:
    """A pain point with what is known of it."""
    text = said["text"]
    last = _LAST_BRACKET.search(text)
    if last and (last[1] or _TAG.search(text)):
        text = f"{text[: last.start()]}\\{last[0]}"
    tags = "".join(f" [{word(f'tag.{tag}', language)}: {_escaped(said[tag])}]" for tag in TAGS if tag in said)
    return text + tags


def _escaped(value: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", value)


def tagged(thought: str) -> dict[str, str]:
    """A pain point from its line: text, and what stands behind it in brackets, in any language."""
    said: dict[str, str] = {}
    while match := _TAG.search(thought):
        keys = understood(match["name"], "tag.")
        if not keys or keys[0].removeprefix("tag.") in said:
            break
        said[keys[0].removeprefix("tag.")] = re.sub(r"\\(.)", r"\1", match["value"], flags=re.DOTALL).strip()
        thought = thought[: match.start()].rstrip()
    last = _LAST_BRACKET.search(thought)
    if last and last[1]:
        thought = thought[: last.start()] + last[0][1:]
    return {"text": thought, **{tag: said[tag] for tag in TAGS if said.get(tag)}}
