"""Reports that are shown by a link, without signing in: one page, complete in itself, with no name and no way on."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from resa.reporting import composed_page
from resa.screens.frame import Visiting, page
from resa.screens.reports import POLICY
from resa.screens.rights import may
from resa.screens.viewed import composed_of
from resa.workspace.composed_reports import ComposedReports

__all__ = ["ROUTES"]

_UNLISTED: Final = {"x-robots-tag": "noindex, nofollow, noarchive"}


@get("/shared/{secret:str}", opt={"open": True}, sync_to_thread=True)
def shared(visit: Visiting, secret: FromPath[str]) -> Response[str]:
    """The report of a link, as somebody sees it who may know no names, whoever is signed in."""
    stranger = replace(visit, session=None, key=None, token="", csrf="")
    found = ComposedReports(visit.shop).shared(secret)
    if found is None or not may(found[0].role, "share"):
        over = page(stranger, "trouble", visit.say("share_over"), status=404, words=visit.say("share_over_how"))
        over.headers.update(_UNLISTED)
        return over
    headers = {"content-security-policy": POLICY, **_UNLISTED}
    return Response(composed_page(composed_of(stranger, found[1])), media_type="text/html", headers=headers)


ROUTES: Final = (shared,)
