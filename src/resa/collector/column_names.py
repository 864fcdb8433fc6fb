"""What columns are called in files of others, in English, Swedish, Norwegian, Hungarian and German.

All names are written as `plain_name` leaves them: small letters without accents, words parted by `_`; names are
compared without the parts, so that `Kund nr`, `kund-nr` and `KundNr` are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

__all__ = ["PERSONA", "looks_personal", "name_rank", "plain_name", "says_something_else"]

PERSONA: Final = "persona"
"""What kind of customer somebody is; it is a property like others, and only named by its meaning to people."""

_PEOPLE: Final = (
    "customer", "client", "user", "member", "patient", "subscriber", "visitor", "guest", "passenger", "student",
    "citizen", "tenant", "buyer", "shopper", "consumer", "applicant", "participant",
    "resident", "traveller", "traveler", "policyholder", "respondent", "pat", "cust",
    "kund", "kunde", "bruker", "anvandare", "anvandar", "medlems", "besokar", "deltagar", "gjeste", "medlem",
    "besokare", "gast", "gjest", "deltagare", "deltaker", "elev", "pasient", "passagerare", "passasjer", "abonnent",
    "hyresgast", "leietaker", "brukare", "klient", "forsakringstagare", "ugyfel", "vevo", "vasarlo", "felhasznalo",
    "beteg", "paciens", "vendeg", "latogato", "utas", "elofizeto", "resztvevo", "szemely", "kunden", "nutzer",
    "benutzer", "mitglied", "besucher", "teilnehmer",
)  # fmt: skip
_CASES: Final = (
    "account", "case", "dossier", "household", "contract", "policy",
    "konto", "arende", "sak", "hushall", "husstand", "avtal", "avtale", "kundkort", "kundekort", "medlemskort",
    "fiok", "ugy", "eset", "haztartas", "szerzodes",
)  # fmt: skip
"""Who it was, where nothing names people themselves."""

_WITH_NUMBER: Final = (
    "loyalty",
    "loyalty_card",
    "subject",
    "person",
    "contact",
    "device",
    "cookie",
    "anonymous",
    "membership",
    "tag",
    "tagsagi",
)
"""Who it was if a number of theirs is meant; alone these words say something else, such as on what device."""

_NUMBERED: Final = (
    "id", "no", "nr", "number", "num", "key", "code", "ref", "reference", "identifier", "uuid", "guid", "hash",
    "nummer", "kod", "kode", "referens", "referanse", "beteckning", "azonosito", "azonositoja", "szam", "szama",
    "kodja", "sorszam", "kennung", "",
)  # fmt: skip
"""Of `Customer` and `Customer ID` the latter says who it was: names are shared."""

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "occurred_at": (
        "occurred_at", "time_timestamp", "timestamp", "event_time", "event_timestamp", "event_date", "event_datetime",
        "datetime", "date_time", "date_and_time", "time_stamp", "created_at", "created", "created_on", "start_time",
        "started_at", "start", "visit_time", "visit_date", "order_date", "when", "ts", "time", "date",
        "tidpunkt", "tidsstampel", "handelsetid", "datum_tid", "datum_och_tid", "datumtid", "skapad", "skapad_datum",
        "starttid", "orderdatum", "nar", "tid", "datum", "besoksdatum",
        "tidspunkt", "tidsstempel", "hendelsestid", "dato_tid", "dato_og_tid", "datotid", "opprettet",
        "opprettet_dato", "ordredato", "besoksdato", "dato", "klokkeslett",
        "idopont", "idobelyeg", "datum_es_ido", "datum_ido", "esemeny_ideje", "letrehozva", "letrehozas_datuma",
        "rendeles_datuma", "kezdet", "mikor", "ido", "kelt",
        "zeitpunkt", "zeitstempel", "zeit", "day",
    ),
    "event": (
        "event", "concept_name", "event_name", "event_type", "activity", "activity_name", "touchpoint",
        "touchpoint_name", "interaction", "interaction_type", "action", "what", "what_happened", "step", "step_name",
        "contact_type", "visit_type",
        "handelse", "handelsetyp", "aktivitet", "kontaktpunkt", "beroringspunkt", "interaktion", "kontakttyp",
        "atgard", "steg", "vad", "vad_hande",
        "hendelse", "hendelsestype", "beroringspunkt", "interaksjon", "kontakttype", "handling", "trinn", "hva",
        "hva_skjedde",
        "esemeny", "esemeny_neve", "esemeny_tipusa", "esemenytipus", "tevekenyseg", "erintkezesi_pont",
        "erintesi_pont", "erintkezes", "interakcio", "lepes", "muvelet", "mi_tortent",
        "ereignis", "vorgang", "activity_type", "action_type", "status", "event_category", "type", "typ", "tipus",
    ),
    "message_id": (
        "message_id", "event_id", "uuid", "handelse_id", "hendelse_id", "esemeny_id", "esemeny_azonosito", "row_id",
    ),
    "value": (
        "value", "amount", "total", "revenue", "order_total", "order_value", "total_amount", "total_price",
        "net_amount", "sales", "turnover", "spend", "belopp", "summa", "ordervarde", "varde", "intakt", "omsattning",
        "totalbelopp", "belop", "ordreverdi", "verdi", "inntekt", "omsetning", "totalbelop", "sum",
        "osszeg", "ertek", "rendeles_erteke", "vegosszeg", "bevetel", "forgalom", "betrag", "price", "pris",
        "vetelar", "cost", "kostnad", "fee", "avgift",
    ),
    "currency": (
        "currency", "currency_code", "valuta", "valutakod", "valutakode", "penznem", "deviza", "wahrung", "waehrung",
    ),
    "channel": (
        "channel", "channel_name", "channel_grouping", "medium", "sales_channel", "contact_channel", "source_channel",
        "kanal", "kanalnamn", "kanalnavn", "forsaljningskanal", "salgskanal", "kontaktkanal", "kontaktvag",
        "kontaktvei", "csatorna", "ertekesitesi_csatorna",
    ),
    "device": (
        "device", "device_category", "device_type", "platform", "enhet", "enhetstyp", "enhetstype", "eszkoz",
        "eszkoz_tipusa", "eszkoztipus",
    ),
    "day": ("day", "date", "dag", "datum", "dato", "nap"),
    "number": ("number", "metric", "name", "measure", "matvarde", "maltall", "mutato"),
    "touchpoint": ("touchpoint", "survey", "beroringspunkt", "kontaktpunkt", "erintkezesi_pont", "felmeres"),
    "score": ("score", "rating", "stars", "nps", "grade", "betyg", "karakter", "ertekeles", "poang", "pontszam"),
    "text": ("text", "comment", "answer", "review", "kommentar", "svar", "megjegyzes", "velemeny", "valasz"),
    "key": ("key", "id", "sku", "code", "product_id", "campaign_id", "store_id"),
    "name": ("name", "title", "label", "namn", "navn", "nev"),
    "recorded_at": ("recorded_at", "updated_at", "modified_at", "as_of", "changed_at"),
    "email": (
        "email", "e_mail", "mail", "email_address", "e_mail_address", "mail_address", "epost", "e_post",
        "epostadress", "e_postadress", "mejl", "mejladress", "epostadresse", "e_postadresse", "email_cim",
        "e_mail_cim", "villamposta", "levelcim",
    ),
    "phone": (
        "phone", "phone_number", "phone_no", "telephone", "telephone_number", "mobile", "mobile_number",
        "mobile_phone", "cell", "cell_phone", "msisdn", "telefon", "telefonnummer", "telefonnr", "tel", "tel_nr",
        "tlf", "tlf_nr", "mobil", "mobilnummer", "mobilnr", "mobiltelefon", "telefonszam", "mobilszam",
    ),
    "device_id": ("device_id", "cookie", "cookie_id", "anonymous_id"),
    PERSONA: (
        "persona", "segment", "customer_segment", "customer_type", "customer_group", "audience", "target_group",
        "user_type", "tier", "member_level", "kundsegment", "kundtyp", "kundgrupp", "malgrupp", "personagrupp",
        "kundesegment", "kundetype", "kundegruppe", "malgruppe", "perszona", "szegmens", "ugyfelszegmens",
        "ugyfeltipus", "ugyfelcsoport", "celcsoport", "vevocsoport",
    ),
}  # fmt: skip
"""For each meaning the names that columns have it under, the surest first."""

_OTHERS: Final = frozenset(
    (
        "order", "invoice", "product", "article", "item", "sku", "store", "shop", "branch", "campaign", "session",
        "page", "zip", "postcode", "postal", "city", "country", "region", "age", "year", "month", "week", "hour",
        "quantity", "qty", "count", "duration", "seconds", "minutes", "employee", "agent", "department", "line",
        "row", "version", "lat", "lon", "price", "unit", "code", "url", "path", "reason", "comment", "butik",
        "butikk", "vara", "vare", "artikel", "artikkel", "produkt", "faktura", "ordre", "avdelning", "avdeling",
        "anstalld", "ansatt", "postnr", "postnummer", "ort", "stad", "by", "sted", "land", "lan", "kommun",
        "kommune", "alder", "ar", "antal", "antall", "vecka", "uke", "manad", "maned", "minuter", "minutter",
        "sekunder", "rad", "uzlet", "bolt", "termek", "cikk", "szamla", "rendeles", "munkatars", "osztaly",
        "iranyitoszam", "varos", "orszag", "megye", "kor", "ev", "honap", "het", "mennyiseg", "darab", "db", "perc",
        "sor", "oldal", "kampany", "kampanj", "kampanje",
    )
)  # fmt: skip
"""Words of columns that say something else than who it was, however often their values come again."""

_PERSONAL: Final = re.compile(
    r"(^|_)(first|last|full|sur)?_?(name|fornamn|efternamn|namn|fornavn|etternavn|navn|nev|vezeteknev|keresztnev|address"
    r"|adress|adresse|cim|lakcim|street|gatuadress|ssn|personnummer|fodselsnummer|taj_szam|birth|birthday|birthdate"
    r"|dob|fodelsedatum|fodselsdato|szuletesi|szuletes|phone|mobile|telephone|telefon|telefonnummer|telefonszam|tlf"
    r"|mobil|mobilnummer|email|e_mail|epost|e_post|ip|ip_address|iban)(_|$)"
)
_UNIT: Final = re.compile(r"[(\[][^)\]]*[)\]]\s*$")  # `Belopp (kr)`
_OTHER_LETTERS: Final = str.maketrans(
    {"ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "ß": "ss", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}
)
"""Letters that are not taken apart into a plain one and a sign."""

_ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("customer_id", "user_id", "visitor_id", "member_id", "patient_id"),
    "email": ("_email",),
}


def plain_name(name: str) -> str:
    """`CustomerID` and `Customer Id` are `customer_id`; letters lose their accents."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.translate(_OTHER_LETTERS))
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "_", folded).strip("_")


def _joined(name: str) -> str:
    """`Kund nr`, `kund-nr` and `KundNr` are `kundnr`."""
    return plain_name(name).replace("_", "")


def _ranks(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found.setdefault(name.replace("_", ""), len(found))
    return found


_WHO: Final = (
    "case_concept_name",  # of event logs: what a trace is about
    *(f"{who}_{number}" for who in _PEOPLE for number in _NUMBERED),
    *(f"{who}_{number}" for who in _CASES for number in _NUMBERED),
    *(f"{what}_{number}" for what in _WITH_NUMBER for number in _NUMBERED if number),
)
_RANKS: Final[Mapping[str, Mapping[str, int]]] = {
    **{target: _ranks(names) for target, names in NAMES.items()},
    "customer": _ranks(_WHO),
}


def name_rank(target: str, column: str) -> int | None:
    """How sure a column's name says that it is `target`, 0 the surest; `None`: it does not say so.

    What stands in brackets at its end is its unit. The end of a nested or prefixed name (`order.customer.id`) may say
    it too, less surely.
    """
    ranks = _RANKS.get(target, {})
    named = _UNIT.sub("", column)
    if (found := ranks.get(_joined(named))) is not None:
        return found
    return len(ranks) if plain_name(named).endswith(_ENDINGS.get(target, ())) else None


def says_something_else(name: str) -> bool:
    """The name says that the column holds something else than who it was, such as a shop or a quantity."""
    parts = plain_name(name).split("_")
    whole = "".join(parts)
    return not _OTHERS.isdisjoint((*parts, whole)) or any(
        whole in ranks for target, ranks in _RANKS.items() if target not in {"customer", "device_id", "key", "name"}
    )


def looks_personal(name: str) -> bool:
    """The column's name says that it describes a person, not what happened."""
    return _PERSONAL.search(plain_name(name)) is not None
