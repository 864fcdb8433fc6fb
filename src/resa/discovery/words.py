"""Every word that a first map says by itself, in English; it is said in other languages by their catalogues."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from resa.base.language import LANGUAGES, said

__all__ = ["ENGLISH", "is_draft", "say"]

_HEAD: Final = 10
"""Lines within which a proposed file says that it is one."""

ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "First map",
        "head": "A first map, written by `resa map discover` from {events} events of {customers} customers, "
        "{first} to {last}.",
        "head.guess": "It says what the events say, and nothing of what customers think: stages, channels and arrows "
        "are proposals.",
        "head.edit": "Rename, move, take away what you do not want. Then: resa map check, resa map draw",
        "covered": "{share} of the events are touchpoints of this map.",
        "goal": "{share} of {count} get there in time.",
        "goal.unknown": "No event carries a value, so there is no goal yet. Add one: goal: {{reach: …}}",
        "visits": "{visits} visits of {customers} customers",
        "support": "{share} of {count} do so in time; of those half within {half}, 90 % within {most}.",
        "support.anyway": "At a random moment: {share}.",
        "support.few": "{met} of {count} did so in time.",
        "promise": "It nearly always follows and takes its time, so it looks like ours to do; if it is the customer's, "
        "write expect:",
        "again": "{name}, again",
        "persona.did": "Was at: {names}.",
        "persona.not": "Was not at: {names}.",
        "persona.share": "{share} of the customers",
        "persona.path": "{share} of them walked exactly this way.",
        "persona.note": "Kinds of customers by what they do. Give them names, or take them away.",
        "persona.with": "{did}",
        "persona.with_without": "{did} without {did_not}",
        "persona.without": "Without {did_not}",
        "channels": "Say which are with your staff (internal) or not yours (peripheral).",
        "stage.awareness": "Awareness",
        "stage.consideration": "Consideration",
        "stage.conversion": "Conversion",
        "stage.service": "Service",
        "stage.loyalty": "Loyalty",
        "stage.beginning": "Beginning",
        "stage.on_the_way": "On the way",
        "stage.goal": "Goal",
        "stage.afterwards": "Afterwards",
        "stage.again": "Again",
        "stage.end": "End",
    }
)


def say(word: str, language: str, **values: object) -> str:
    """A word or sentence in a language, with what belongs in it."""
    return said(language, f"draft.{word}", ENGLISH[word], **values)


def is_draft(text: str) -> bool:
    """Whether a journey file still says at its head that it was proposed from events, in whatever language."""
    head = "\n".join(text.split("\n", _HEAD)[:_HEAD])
    return any(re.search(_head_of(language), head, re.MULTILINE) for language in LANGUAGES)


def _head_of(language: str) -> str:
    """What the head of a proposed file looks like, as a pattern."""
    said = say("head", language, **dict.fromkeys(("events", "customers", "first", "last"), "\0"))
    return "^# " + ".+".join(re.escape(part) for part in said.split("\0"))
