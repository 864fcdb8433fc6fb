"""Requests that are sent again, because nobody knows whether they arrived: done once, answered as before.

What was answered is kept in memory, for a day: a server that starts anew does it again, so only what may be done twice
without harm is asked for in this way.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

from litestar import Request
from litestar.serialization import encode_json

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.screens.api.answers import Unusable
from resa.screens.visits import Visit

__all__ = ["LONGEST", "once"]

LONGEST: Final = 255
_SECONDS: Final = 24 * 3_600.0
_KEPT: Final = 10_000

T = TypeVar("T")

_answered: OrderedDict[tuple[str, str, str], tuple[float, bytes, Any]] = OrderedDict()
_lock = Lock()


def once(visit: Visit, request: Request[Any, Any, Any], data: object, do: Callable[[], T]) -> T:
    """Do something, unless the same was asked for by the same key with the same `Idempotency-Key` within a day.

    Args:
        visit: Who asks.
        request: How.
        data: What for.
        do: Does it, and gives what is answered. Without such a header it is done each time.

    Raises:
        Unusable: The header came before, with something else.
    """
    said = request.headers.get("idempotency-key", "")
    if not said:
        return do()
    if len(said) > LONGEST:
        raise Unusable(
            QuestionError(sentence("an Idempotency-Key has at most {longest} characters", longest=LONGEST)), status=400
        )
    place = (visit.shop.folder.as_posix(), visit.who, said)
    asked = hashlib.sha256(encode_json([request.scope["path"], data])).digest()
    with _lock:  # one after the other: who sends the same twice at once is answered twice, by one deed
        now = time.monotonic()
        while _answered and (len(_answered) > _KEPT or next(iter(_answered.values()))[0] < now - _SECONDS):
            _answered.popitem(last=False)
        if place not in _answered:
            _answered[place] = (now, asked, do())
        _, before, answer = _answered[place]
    if before != asked:
        raise Unusable(
            QuestionError(sentence("this Idempotency-Key came with another request; take a new one for each")),
        )
    return answer  # type: ignore[no-any-return]  # what was done for the same request
