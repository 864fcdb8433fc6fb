"""The first page: how each map is doing, and where to look first."""

from __future__ import annotations

from typing import Final

from litestar import get

from resa.screens.frame import Html, Visiting, page
from resa.screens.reports import told

__all__ = ["ROUTES"]


@get("/", opt={"needs": "see"}, sync_to_thread=True)
def home(visit: Visiting) -> Html:
    """Every map with its large numbers, the places furthest below target, and sources that need somebody."""
    shop = visit.shop
    maps = [(one, told(visit, one.key)) for one in shop.maps.values()]
    troubled = [one for one in shop.source_status() if one.problems or one.state.error] if visit.may("sources") else []
    return page(visit, "home", visit.say("home"), maps=maps, problems=shop.loaded.problems, troubled=troubled)


ROUTES: Final = (home,)
