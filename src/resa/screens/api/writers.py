"""In whose name a program writes what people write on screens, and what it is told where it may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from resa.base.errors import InputError, QuestionError
from resa.base.language import Sentence, sentence
from resa.model.people import Person
from resa.screens.api.answers import Unusable
from resa.screens.visits import Visit

__all__ = ["Numbered", "forbidden", "missing", "said_well", "writer_of"]


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """Something new.

    Attributes:
        number: Its own, for addresses.
    """

    number: int


def writer_of(visit: Visit) -> Person:
    """The person in whose name a key writes.

    Raises:
        Unusable: There is none, or they may no more.
    """
    if visit.author is None:
        raise forbidden(
            sentence("this key writes for nobody who may; make one: resa keys make NAME --scope write:notes --for …")
        )
    return visit.author


def forbidden(words: Sentence) -> Unusable:
    """What is told who may not do something."""
    return Unusable(QuestionError(words), status=403)


def missing(words: Sentence) -> Unusable:
    """What is told who asks for something that is not there."""
    return Unusable(QuestionError(words), status=404)


@contextmanager
def said_well(field: str = "") -> Iterator[None]:
    """What is wrong with what a request says is told as that.

    Args:
        field: Of the request, which it is about; empty: several.
    """
    try:
        yield
    except InputError as error:
        named = {field: [one.message for one in error.problems]} if field else None
        raise Unusable(error, named) from None
