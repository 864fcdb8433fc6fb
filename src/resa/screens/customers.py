"""Customers, one by one: finding her, her profile, why she is in a segment, her data, and erasing her.

What customers are called is in no address, so that no proxy writes it down: a customer's address is her key, a hash.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final
from zipfile import ZIP_DEFLATED, ZipFile

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.drawing import format_percent
from resa.identity import Identifier, customers_named, identifiers_of
from resa.model.journey import JourneyMap
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.moments import plain_value, when_in
from resa.screens.profiles import moment_of, place_of, told_profile, told_timeline
from resa.screens.signing_in import Form
from resa.screens.visits import Visit
from resa.screens.words import ENGLISH
from resa.segments import key_of, keys_as_words, owners_of
from resa.workspace.customers import called_so, kinds_known, shown_profile
from resa.workspace.freshness import brought_up_to_date

if TYPE_CHECKING:
    from resa.storage import JourneyIndex

__all__ = ["ROUTES", "ZIP", "ZIP_HEADERS", "AskedCustomer", "addresses", "asked_customer", "exported", "key_in"]

ZIP: Final = "application/zip"
ZIP_HEADERS: Final = {"content-disposition": 'attachment; filename="customer.zip"'}
"""As which a customer gets what is stored of her."""

_KEY: Final = re.compile(r"[0-9a-f]{32}")
_LISTED: Final = 50
_LATER: Final = 10
"""So many events after a moment are shown with those before it."""

_PAIRS: Final = 25

MapKey = Annotated[str, QueryParameter(name="map")]
"""Through which map a customer is seen; empty: the first."""


@dataclass(frozen=True, kw_only=True)
class AskedCustomer:
    """The customer that an address names.

    Attributes:
        address: Of her profile.
        first: The identifier that names her.
        map: The map that sees her.
    """

    address: str
    first: Identifier
    map: JourneyMap


@get("/customers", opt={"needs": "find"}, sync_to_thread=True)
def customers(visit: Visiting) -> Html:
    """Where one looks for a customer."""
    return _search_page(visit)


@get("/customers/search", opt={"needs": "find"}, sync_to_thread=True)
def search_page(visit: Visiting) -> Html:  # noqa: ARG001 - what was sought is in no address
    """Back to where one looks for a customer."""
    return redirect("/customers")


@post("/customers/search", opt={"needs": "find"}, sync_to_thread=True)
def search(visit: Visiting, data: Form) -> Html:
    """Look for a customer by anything she is called."""
    return _found(visit, data.get("value", "").strip(), data.get("kind", ""))


@get("/customers/show", opt={"needs": "find"}, sync_to_thread=True)
def show(visit: Visiting, value: FromQuery[str] = "", kind: FromQuery[str] = "") -> Html:
    """From a link that names a customer on to her own address."""
    return _found(visit, value.strip(), kind)


@get("/customers/{key:str}", opt={"needs": "find"}, sync_to_thread=True)
def profile(visit: Visiting, key: FromPath[str], map_key: MapKey = "", at: FromQuery[str] = "") -> Html:
    """One customer: where she is, what is known of her, what she did; or what she did about a moment."""
    asked, moment = asked_customer(visit, key, map_key), moment_of(at)
    if not asked.address.endswith(key):  # she was joined or split, and is named by another identifier now
        return redirect(asked.address, map=asked.map.key, **({"at": at} if at else {}))
    with visit.acting():
        found = shown_profile(
            visit.shop,
            asked.first.value,
            kind=asked.first.kind,
            map_key=asked.map.key,
            newest=_LISTED,
            before=None if moment is None else (moment, -_LATER),
        )
    told = told_profile(visit, asked.map, found)
    return page(visit, "customer", visit.say("customer"), address=asked.address, maps=_maps(visit), at=moment, **told)


@get("/customers/{key:str}/events", opt={"needs": "find"}, sync_to_thread=True)
def events(visit: Visiting, key: FromPath[str], map_key: MapKey = "", before: FromQuery[str] = "") -> Html:
    """What a customer did before some moment."""
    asked, place = asked_customer(visit, key, map_key), place_of(before)
    with visit.acting():
        found = shown_profile(
            visit.shop,
            asked.first.value,
            kind=asked.first.kind,
            map_key=asked.map.key,
            newest=_LISTED,
            before=place,
        )
    return page(
        visit,
        "customer_events",
        visit.say("customer"),
        address=asked.address,
        map=asked.map,
        first=asked.first,
        names={one.key: one.name for one in asked.map.touchpoints},
        at=None,
        when=when_in(asked.map.timezone, visit.language),
        plain=lambda value: plain_value(value, visit.language),
        **told_timeline(visit, asked.map, found),
    )


@get("/customers/{key:str}/why/{name:str}", opt={"needs": "find"}, sync_to_thread=True)
def why(visit: Visiting, key: FromPath[str], name: FromPath[str], map_key: MapKey = "") -> Html:
    """Why a customer is in a segment or persona, or not."""
    asked = asked_customer(visit, key, map_key)
    with visit.acting():
        found = visit.shop.segments.why(name, asked.first.value, kind=asked.first.kind, map_key=asked.map.key)
    about = asked.map.segment.get(name) or asked.map.persona[name]
    return page(
        visit,
        "customer_why",
        visit.say("customer"),
        address=asked.address,
        map=asked.map,
        first=asked.first,
        about=about,
        found=found,
        when=when_in(asked.map.timezone, visit.language),
        plain=lambda value: plain_value(value, visit.language),
    )


@post("/customers/{key:str}/export", opt={"needs": "names"}, sync_to_thread=True)
def export(visit: Visiting, key: FromPath[str], data: Form) -> Response[bytes]:  # noqa: ARG001 - the form's token
    """All that is stored of a customer, as one file for herself."""
    asked = asked_customer(visit, key)
    return Response(exported(visit, asked), status_code=200, media_type=ZIP, headers=ZIP_HEADERS)


def exported(visit: Visit, asked: AskedCustomer) -> bytes:
    """All that is stored of a customer, as a zip."""
    with TemporaryDirectory(prefix="resa-customer-") as folder, visit.acting():
        written = visit.shop.export_customer(asked.first.value, Path(folder) / "customer", kind=asked.first.kind)
        return _zipped(written)


@get("/customers/{key:str}/erase", opt={"needs": "erase"}, sync_to_thread=True)
def erase_page(visit: Visiting, key: FromPath[str]) -> Html:
    """What would go if a customer was erased, and the word that one types for it."""
    return _erase_page(visit, asked_customer(visit, key))


@post("/customers/{key:str}/erase", opt={"needs": "erase"}, sync_to_thread=True)
def erase(visit: Visiting, key: FromPath[str], data: Form) -> Html:
    """Erase a customer, and say what went."""
    asked = asked_customer(visit, key)
    if data.get("word", "").strip().casefold() != visit.say("erase_word").casefold():
        return _erase_page(visit, asked, wrong=True)
    with visit.acting():
        gone = visit.shop.erase(asked.first.value, kind=asked.first.kind)
    return page(visit, "customer_erased", visit.say("erase_done"), rows=list(_counted(visit, gone.rows)))


@get("/customers/review", opt={"needs": "find"}, sync_to_thread=True)
def review(visit: Visiting) -> Html:
    """Who may be one person, for somebody to decide."""
    with visit.acting():
        found = visit.shop.identity.undecided()
    decided = {frozenset(one.pair) for one in visit.shop.identity.decisions()}
    pairs = [pair for pair in found if frozenset((pair.one, pair.other)) not in decided]  # the index may follow later
    shown = pairs[:_PAIRS]
    named = addresses(visit, [(end.kind, end.value) for pair in shown for end in (pair.one, pair.other)])
    rows = list(zip(shown, named[::2], named[1::2], strict=True))
    return page(
        visit,
        "customer_review",
        visit.say("customers_review"),
        rows=rows,
        count=len(pairs),
        share=lambda share: format_percent(share, visit.language),
        signed=lambda weight: plain_value(round(weight, 1), visit.language),
    )


@post("/customers/review", opt={"needs": "decide"}, sync_to_thread=True)
def decide(visit: Visiting, data: Form) -> Html:
    """Say that two are one customer, or two."""
    one, other = ((data.get(f"{end}_kind", ""), data.get(f"{end}_value", "")) for end in ("one", "other"))
    identity, answer = visit.shop.identity, data.get("answer")
    if answer not in {"one", "two"} or not all((*one, *other)):
        raise QuestionError(sentence("say of two identifiers whether they are one customer or two"))
    with visit.acting():
        decided = identity.join if answer == "one" else identity.split
        decided(one, other)
    return redirect("/customers/review", saved="saved_decision")


def addresses(visit: Visit, named: Sequence[tuple[str, str]]) -> list[str]:
    """The addresses of customers, given as kind and value of an identifier; empty where there is none any more."""
    if not named:
        return []
    index = visit.shop.store.index()
    found = customers_named(index, visit.shop.identity.rules, named)
    return ["" if number is None else _address(index, number) for number in found]


def _address(index: JourneyIndex, customer: int) -> str:
    return f"/customers/{key_in(index, customer)}"


def key_in(index: JourneyIndex, customer: int) -> str:
    """What a customer is called in addresses; it says nothing of her."""
    return key_of(index.who, customer).hex()


def asked_customer(visit: Visit, key: str, map_key: str = "") -> AskedCustomer:
    """The customer of an address.

    Raises:
        QuestionError: There is none, or no such map.
    """
    shop = visit.shop
    journey_map = shop.map(map_key or next(iter(shop.maps), None))
    brought_up_to_date(shop)
    index = shop.store.index()
    number = -1
    if _KEY.fullmatch(key):
        words = keys_as_words([bytes.fromhex(key)])
        number = int(index.find(words)[0])
        number = int(owners_of(index, words)[0]) if number < 0 else number
    if number < 0:
        raise QuestionError(
            sentence("there is no customer at this address; she may have been erased, or her data taken out")
        )
    return AskedCustomer(address=_address(index, number), first=identifiers_of(index, number)[0], map=journey_map)


def _found(visit: Visit, value: str, kind: str) -> Html:
    """To the customer who is called so; where several are, a list of them; where nobody is, that."""
    if not value:
        return _search_page(visit, trouble=visit.say("customers_nothing"), status=422)
    shop = visit.shop
    brought_up_to_date(shop)
    index = shop.store.index()
    found = called_so(shop, index, value, kind or None)
    if len(found) == 1:
        return redirect(_address(index, next(iter(found))))
    if not found:
        return _search_page(visit, trouble=visit.say("customers_nobody"), value=value, kind=kind, status=404)
    several = sorted((name, _address(index, number)) for number, name in found.items())
    return _search_page(visit, several=several, value=value)


def _search_page(
    visit: Visit,
    *,
    trouble: str = "",
    value: str = "",
    kind: str = "",
    several: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> Html:
    brought_up_to_date(visit.shop)
    kinds = kinds_known(visit.shop.store.index())
    return page(
        visit,
        "customers",
        visit.say("customers"),
        status=status,
        kinds=kinds,
        trouble=trouble,
        value=value,
        kind=kind,
        several=several,
    )


def _erase_page(visit: Visit, asked: AskedCustomer, *, wrong: bool = False) -> Html:
    with visit.acting():
        would = visit.shop.erase(asked.first.value, kind=asked.first.kind, dry=True)
    return page(
        visit,
        "customer_erase",
        visit.say("erase_title"),
        status=422 if wrong else 200,
        address=asked.address,
        first=asked.first,
        rows=list(_counted(visit, would.rows)),
        word=visit.say("erase_word"),
        wrong=wrong,
    )


def _counted(visit: Visit, rows: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """How many rows there are of each kind that has any, in words."""
    for table, number in rows.items():
        if number:
            yield (visit.say(f"erase_{table}") if f"erase_{table}" in ENGLISH else table), number


def _maps(visit: Visit) -> list[JourneyMap]:
    return list(visit.shop.maps.values())


def _zipped(folder: Path) -> bytes:
    """The files of a folder as a zip."""
    content = io.BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return content.getvalue()


ROUTES: Final = (
    customers,
    search_page,
    search,
    show,
    review,
    decide,
    profile,
    events,
    why,
    export,
    erase_page,
    erase,
)
