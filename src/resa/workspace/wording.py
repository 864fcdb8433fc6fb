"""What the files of a template say to people, and the same files in another language.

A template is written once, in English. Its keys, patterns and numbers are the same in every language; its comments,
names, thoughts and money are looked up in the catalogue `templates`, so that no file lies there four times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from resa.base.language import catalogue, said_in

__all__ = ["texts", "worded"]

_PROSE: Final = "title|name|about|quote|text|source|owner|frontstage|backstage|support|not_seen|task"
_MONEY: Final = "currency|timezone|price|median"

_YAML: Final = re.compile(
    rf"""
    (?:^|(?<=\s))\#\ (?![a-z_]+(?::|\ =)\s)(?P<comment>\S.*?)(?=\ -{{3,}}$|$)       # not a setting that is switched off
    | ^\s*-\ (?P<thought>[^\W\d_a-z][^:{{}}\n]*)$                       # an item of a list that is a sentence
    | ^\s*(?:-\ )?(?:{_PROSE}):\ (?P<prose>[^\W\d_a-z][^{{}}\n]*|[^{{}}\n]*\ [^{{}}\n]*?)$
    | (?<=[{{,\ ])(?:{_PROSE}):\ (?P<named>[^\W\d_a-z][^,{{}}\n]*|[^,{{}}\n]*\ [^,{{}}\n]*)(?=[,}}])
    | ^\s+unit:\ (?P<unit>\S.*)$                                       # also a word in small letters
    | ^(?P<setting>{_MONEY}):\ (?P<local>\S+)$
    | (?<=[{{,\ ])(?P<number>{_MONEY}):\ (?P<amount>[\d.]+)(?=[,}}])
    """,
    re.MULTILINE | re.VERBOSE,
)
_MARKDOWN: Final = re.compile(
    r"""
    ^\ {4}.*?\#\ (?P<comment>.+)$                                     # beside a command
    | ^(?!\ {4}|\|-)(?P<prose>.*[^\W\d_].*)$
    """,
    re.MULTILINE | re.VERBOSE,
)


def texts(content: str, file: str) -> Iterator[tuple[str, str]]:
    """What a file of a template says: `(kind, text)`; the kind is empty, or names a setting that is local.

    Args:
        content: The file.
        file: Its name.
    """
    for match in _pattern(file).finditer(content):
        yield _found(match)


def worded(content: str, file: str, template: str, language: str) -> str:
    """A file of a template in a language; English where it is not spoken.

    Args:
        content: The file, in English.
        file: Its name.
        template: The template that it is of.
        language: Of the workspace.
    """
    words = catalogue(said_in(language), "templates")

    def said(match: re.Match[str]) -> str:
        kind, text = _found(match)
        whole, start = match[0], match.start()
        begin, end = match.span(_name(match))
        translated = words.pgettext(".".join(filter(None, (template, kind))), text)
        return whole[: begin - start] + translated + whole[end - start :]

    localised = re.sub(r"^language: en$", f"language: {said_in(language)}", content, flags=re.MULTILINE)
    return _pattern(file).sub(said, localised)


def _pattern(file: str) -> re.Pattern[str]:
    return _MARKDOWN if file.endswith(".md") else _YAML


def _name(match: re.Match[str]) -> str:
    names = ("comment", "thought", "prose", "named", "unit", "local", "amount")
    return next(name for name in names if match.groupdict().get(name) is not None)


def _found(match: re.Match[str]) -> tuple[str, str]:
    kinds = match.groupdict()
    return kinds.get("setting") or kinds.get("number") or "", match[_name(match)]
