"""Requests that are sent again, because nobody knows whether they arrived: done once, answered as before.

As draft-ietf-httpapi-idempotency-key-header has it. A request is written down before it is done, and what was answered
after; both are kept with the data for a day, so that a server that starts anew knows them, too. One that is ended in
between does it never again: who asks is told that nobody knows whether it was done.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.serialization import decode_json, encode_json

from resa.base.errors import QuestionError, ResaError
from resa.base.language import sentence
from resa.screens.api.answers import Unusable
from resa.screens.visits import Visit
from resa.storage import begin_request, forget_request, keep_answer

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
        Unusable: The header came before, with something else, or nobody knows what became of it.
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
        before = begin_request(store, caller, said, asked)
        if before is None:
            try:
                answer = do()
            except (ResaError, Unusable, HTTPException):  # it was refused, and not done
                forget_request(store, caller, said)
                raise
            keep_answer(store, caller, said, encode_json(answer).decode())
            return answer
    if before.asked != asked:
        raise Unusable(
            QuestionError(sentence("this Idempotency-Key came with another request; take a new one for each")),
        )
    if before.answer is None:
        raise Unusable(
            QuestionError(
                sentence(
                    "this request was begun, and nobody knows whether it was done, as the server was ended meanwhile; "
                    "look whether it was, and if not, send it with a new Idempotency-Key"
                )
            ),
            status=409,
        )
    return decode_json(before.answer)  # type: ignore[no-any-return]  # what was done for the same request, as JSON
