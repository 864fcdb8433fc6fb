"""All routes of the API, in the order in which its document names them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from litestar import Router, get

from resa.screens.api import (
    behind,
    being_told,
    comments,
    customer_rights,
    customers,
    day_notes,
    identity,
    keys,
    map_files,
    maps,
    measuring,
    people,
    pictures,
    reports,
    reviews,
    running,
    segment_files,
    segments,
    views,
)
from resa.screens.api.answers import Tagged
from resa.screens.api.calling import BEGINS
from resa.screens.api.document import described

__all__ = ["ROUTER", "openapi"]


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """What there is, and every answer, of OpenAPI 3.1."""
    return described(ROUTER)


@get(
    "/openapi.json",
    operation_id="openapi",
    summary="This document",
    opt={"open": True, "media": (measuring.JSON,)},
    sync_to_thread=True,
)
def document() -> Tagged[Any]:
    """What there is, and every answer, of OpenAPI 3.1."""
    return Tagged(openapi())


ROUTER: Final = Router(
    BEGINS,
    route_handlers=[
        document,
        *maps.ROUTES,
        *map_files.ROUTES,
        *measuring.ROUTES,
        *behind.ROUTES,
        *pictures.ROUTES,
        *customers.ROUTES,
        *customer_rights.ROUTES,
        *segments.ROUTES,
        *segment_files.ROUTES,
        *identity.ROUTES,
        *running.ROUTES,
        *comments.ROUTES,
        *day_notes.ROUTES,
        *views.ROUTES,
        *reports.ROUTES,
        *reviews.ROUTES,
        *being_told.ROUTES,
        *people.ROUTES,
        *keys.ROUTES,
    ],
    response_class=Tagged,
)
