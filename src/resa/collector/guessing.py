"""What the columns of an unknown file could mean, by their names and by what stands in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from resa.collector.reading import LINE, ROW
from resa.collector.relations import query_over, select_sql
from resa.collector.shapes import Decimal
from resa.collector.typing_sql import Style, is_nested, literal, name_sql, read_cell, text_of
from resa.engine import Engine

__all__ = ["ColumnSeen", "guess_null_words", "guess_target", "looks_personal", "safe_samples", "see_columns"]

_NAMES: Mapping[str, tuple[str, ...]] = {
    "occurred_at": (
        "occurred_at", "time_timestamp", "timestamp", "event_time", "event_timestamp", "datetime", "date_time",
        "created_at", "time", "date", "when", "ts", "tidpunkt", "tidsstampel", "tid", "datum", "tidspunkt", "dato",
        "idopont", "ido", "day",
    ),
    "event": (
        "event", "concept_name", "event_name", "event_type", "activity", "action", "handelse", "aktivitet", "hendelse",
        "esemeny", "ereignis", "vorgang", "type",
    ),
    "customer": (
        "customer", "case_concept_name", "customer_id", "customer_no", "customer_number", "user_id", "user",
        "client_id", "visitor_id", "member_id", "person_id", "contact_id", "account_id", "case_id", "kund", "kundid",
        "kund_id", "kundnr", "kundnummer", "kunde", "kundenr", "kundennummer", "kundennr", "kunden_id", "ugyfel",
        "ugyfel_id", "vevo",
    ),
    "message_id": ("message_id", "event_id", "uuid", "handelse_id"),
    "value": (
        "value", "amount", "total", "revenue", "order_total", "belopp", "summa", "belop", "osszeg", "betrag", "price",
    ),
    "channel": ("channel", "channel_name", "channel_grouping", "kanal", "csatorna"),
    "device": ("device", "device_category", "device_type", "enhet", "eszkoz"),
    "day": ("day", "date", "dag", "datum", "dato", "nap"),
    "number": ("number", "metric", "name", "measure"),
    "touchpoint": ("touchpoint", "survey", "beruhringspunkt", "kontaktpunkt"),
    "score": ("score", "rating", "stars", "nps", "grade", "betyg", "karakter", "ertekeles"),
    "text": ("text", "comment", "answer", "review", "kommentar", "svar", "megjegyzes"),
    "key": ("key", "id", "sku", "code", "product_id", "campaign_id", "store_id"),
    "name": ("name", "title", "label", "namn", "navn", "nev"),
    "recorded_at": ("recorded_at", "updated_at", "modified_at", "as_of", "changed_at"),
}  # fmt: skip
_IDENTIFIERS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e_mail", "mail", "epost", "e_post", "email_address"),
    "device_id": ("device_id", "cookie", "cookie_id", "anonymous_id"),
    "phone": ("phone", "phone_number", "mobile", "telefon", "mobil"),
}
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "customer": ("customer_id", "user_id", "visitor_id"),
    "email": ("_email",),
}
_PERSONAL = re.compile(
    r"(^|_)(first|last|full|sur)?_?(name|fornamn|efternamn|namn|fornavn|etternavn|nev|address|adress|adresse|cim|street"
    r"|ssn|personnummer|fodselsnummer|birth|birthday|phone|mobile|telefon|email|e_mail|epost|ip|ip_address|iban)(_|$)"
)
_TELLING = re.compile(
    r"\w@\w"  # an e-mail address
    r"|^\s*(\+|00)\d[\d ()/-]{6,}$|^\s*0\d{1,3}[ /-]\d[\d -]{4,}$"  # a telephone number
    r"|^\d{6}(\d\d)?[-+]\d{4}$"  # a personal number
    r"|^(\d{1,3}\.){3}\d{1,3}$"  # an address in a network
)
_UNIT = re.compile(r"[(\[][^)\]]*[)\]]\s*$")  # `Belopp (kr)`
_DATES = ("%d.%m.%Y", "%Y.%m.%d", "%Y.%m.%d.", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y%m%d", "%d.%m.%y")
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M %p")
_DECIMALS: tuple[Decimal, ...] = ("point", "comma")
_THOUSANDS = "[-+]?[0-9]{1,3},[0-9]{3}"
_WORDS = ("NULL", "null", "N/A", "n/a", "NA", "nan", "NaN", "None", "-", "#N/A", "(not set)")


@dataclass(frozen=True, kw_only=True)
class ColumnSeen:
    """What the first rows show of a column.

    Attributes:
        name: Its name.
        kind: text, number, time, true or false, or nested, in plain words.
        samples: A few of its values, as text.
        filled: Share of rows that have a value.
        distinct: Different values by rows that have one; 1 where none is repeated.
        time_formats: Formats by which the most values are times, alike; empty if it is no time.
        decimal: `comma` if it is a number only that way.
        number: Most values are numbers.
        low: A fiftieth of the numbers are below it; `None` if they are none.
        high: A fiftieth of them are above it.
        thousands: Its commas may part thousands as well: each stands before three digits.
    """

    name: str
    kind: str
    samples: tuple[str, ...]
    filled: float
    distinct: float
    time_formats: tuple[str, ...] = ()
    decimal: str = "point"
    number: bool = False
    low: float | None = None
    high: float | None = None
    thousands: bool = False


def see_columns(table: pa.Table, columns: Mapping[str, pa.DataType], engine: Engine) -> list[ColumnSeen]:
    """Look at the columns of a file's first rows."""
    return [_see(name, kind, table, engine) for name, kind in columns.items() if name not in {ROW, LINE}]


def guess_target(target: str, columns: Sequence[ColumnSeen], taken: set[str]) -> ColumnSeen | None:
    """The column that a target most probably comes from, by its name; times and numbers must look like it."""
    names = _NAMES.get(target, ()) or _IDENTIFIERS.get(target, ())
    free = [column for column in columns if column.name not in taken and _fits(target, column)]
    for name in names:
        for column in free:
            if _joined(_UNIT.sub("", column.name)) == name.replace("_", ""):
                return column
    if target in {"occurred_at", "day"}:
        return next((column for column in free if column.kind != "number"), None)
    endings = _ENDINGS.get(target, ())
    return next((column for column in free if _plain(column.name).endswith(endings)), None) if endings else None


def guess_null_words(columns: Sequence[ColumnSeen], table: pa.Table) -> list[str]:
    """Words of the first rows that stand for nothing."""
    found: list[str] = []
    names = [column.name for column in columns if column.name in table.column_names]
    for word in _WORDS:
        texts = (table.column(name) for name in names if pa.types.is_string(table.schema.field(name).type))
        if any(pa.compute.any(pa.compute.equal(text, word)).as_py() for text in texts):
            found.append(word)
    return found


def looks_personal(name: str) -> bool:
    """The column's name says that it describes a person, not what happened."""
    return _PERSONAL.search(_plain(name)) is not None


def safe_samples(column: ColumnSeen, *, personal: bool = False) -> tuple[str, ...]:
    """The samples of a column for a screen or a log; where they are about a person, only how they are written.

    Args:
        column: What was seen.
        personal: It is known to name people, whatever it is called.
    """
    kinds = any(_plain(column.name) in names for names in _IDENTIFIERS.values())
    named = kinds or guess_target("customer", [column], set()) is not None
    told = any(_TELLING.search(sample) for sample in column.samples)
    if not (personal or named or told or looks_personal(column.name)):
        return column.samples
    return tuple(dict.fromkeys(map(_shape, column.samples)))


def _shape(text: str) -> str:
    """`Anna-7` is `Xxxx-9`."""
    return "".join(
        "9" if sign.isdigit() else "X" if sign.isupper() else "x" if sign.isalnum() else sign for sign in text
    )


def _plain(name: str) -> str:
    """`CustomerID` and `Customer Id` are `customer_id`; letters lose their accents."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "_", folded).strip("_")


def _joined(name: str) -> str:
    """`Kund nr`, `kund-nr` and `KundNr` are `kundnr`."""
    return _plain(name).replace("_", "")


def _fits(target: str, column: ColumnSeen) -> bool:
    if target in {"occurred_at", "recorded_at", "day"}:
        return bool(column.time_formats)
    if target in {"value", "score"}:
        return column.number
    return column.kind != "nested"


def _see(name: str, kind: pa.DataType, table: pa.Table, engine: Engine) -> ColumnSeen:
    raw = name_sql(name)
    if is_nested(kind):
        return ColumnSeen(name=name, kind="nested", samples=(), filled=1.0, distinct=0.0)
    text = text_of(raw, kind)
    start = f"left(regexp_replace({text}, '\\s+', ' ', 'g'), 30)"
    samples = f"list(DISTINCT {start} ORDER BY {start}) FILTER (({text}) IS NOT NULL)"
    totals = ("count(*) AS n", f"count({text}) AS filled", f"count(DISTINCT {text}) AS different")
    facts = query_over(engine, "seen", table, select_sql([*totals, f"{samples} AS samples"], "seen")).to_pylist()[0]
    enough = max(1, facts["filled"] / 2)  # what does not fit is shown as rejected, for a person to judge
    tests: dict[str, str] = {}
    for time_format in _formats(kind):
        reading = read_cell(raw, kind, "time", Style(time_formats=(time_format,)))
        tests[time_format] = f"count(*) FILTER (year({reading.value}) BETWEEN 1970 AND 2200)"
    numbers = {sign: read_cell(raw, kind, "number", Style(decimal=sign)).value for sign in _DECIMALS}
    tests |= {sign: f"count({value})" for sign, value in numbers.items()}
    commas = f"contains({text}, ',')"
    tests["not thousands"] = (
        f"count(*) FILTER ({commas} AND NOT regexp_full_match(trim({text}), {literal(_THOUSANDS)}))"
    )
    sql = select_sql([f"{test} AS {name_sql(key)}" for key, test in tests.items()], "seen")
    counted = query_over(engine, "seen", table, sql)
    counts = {key: value or 0 for key, value in counted.to_pylist()[0].items()}
    best = max([enough, *(counts[key] for key in _formats(kind))])
    formats = [key for key in _formats(kind) if counts[key] == best]
    decimal: Decimal = "comma" if counts["comma"] > counts["point"] else "point"
    number = counts[decimal] >= enough and bool(facts["filled"])
    ends = f"quantile_disc({numbers[decimal]}, [0.02, 0.98]) AS ends"
    low, high = query_over(engine, "seen", table, select_sql([ends], "seen")).column("ends")[0].as_py() or (None, None)
    words = "number" if number else "time" if formats else "text"
    return ColumnSeen(
        name=name,
        kind="true or false" if pa.types.is_boolean(kind) else words,
        samples=tuple((facts["samples"] or ())[:3]),
        filled=facts["filled"] / facts["n"] if facts["n"] else 0.0,
        distinct=facts["different"] / max(1, facts["filled"]),
        time_formats=tuple(formats) if facts["filled"] else (),
        decimal=decimal,
        number=number,
        low=low,
        high=high,
        thousands=number and decimal == "comma" and not counts["not thousands"],
    )


def _formats(kind: pa.DataType) -> list[str]:
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return ["iso"]
    return ["iso", *(date + time for date in _DATES for time in _TIMES)]
