"""Requests that are sent again, because nobody knows whether they arrived: done once, answered as before.

What was answered is kept with the data for a day, so that a server that starts anew knows it, too. One that is ended
after the deed, before its answer is kept, does it again: only what harms nobody twice is asked for in this way.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

from litestar import Request
from litestar.serialization import decode_json, encode_json

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.screens.api.answers import Unusable
from resa.screens.visits import Visit
from resa.storage import Answered, answer_of, keep_answer

__all__ = ["LONGEST", "once"]

LONGEST: Final = 255
T = TypeVar("T")

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
    store, caller = visit.shop.store, visit.who if visit.key is None else f"key:{visit.key.id}"
    asked = hmac.digest(store.database.key, encode_json([request.method, request.scope["path"], data]), hashlib.sha256)
    with _lock:  # one after the other: who sends the same twice at once is answered twice, by one deed
        before = answer_of(store, caller, said)
        if before is None:
            answer = do()
            keep_answer(store, caller, said, Answered(asked, encode_json(answer).decode()))
            return answer
    if before.asked != asked:
        raise Unusable(
            QuestionError(sentence("this Idempotency-Key came with another request; take a new one for each")),
        )
    return decode_json(before.answer)  # type: ignore[no-any-return]  # what was done for the same request, as JSON
