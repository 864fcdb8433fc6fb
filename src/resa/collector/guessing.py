"""What the columns of an unknown file could mean, by their names and by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from resa.collector.column_names import looks_personal, name_rank
from resa.collector.reading import LINE, ROW
from resa.collector.relations import query_over, select_sql
from resa.collector.shapes import Decimal
from resa.collector.typing_sql import Style, is_nested, literal, name_sql, read_cell, text_of
from resa.engine import Engine

__all__ = ["ColumnSeen", "guess_null_words", "guess_target", "safe_samples", "see_columns"]

_TELLING = re.compile(
    r"\w@\w"  # an e-mail address
    r"|^\s*(\+|00)\d[\d ()/-]{6,}$|^\s*0\d{1,3}[ /-]\d[\d -]{4,}$"  # a telephone number
    r"|^\d{6}(\d\d)?[-+]\d{4}$"  # a personal number
    r"|^(\d{1,3}\.){3}\d{1,3}$"  # an address in a network
)
_DATES = (
    "%d.%m.%Y", "%Y.%m.%d", "%Y.%m.%d.", "%Y. %m. %d.", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y",
    "%Y%m%d", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
)  # fmt: skip
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S")
_LIKE_TIMES = r"\s*([0-9]{1,4}[./-]\s?[0-9]{1,2}[./-]\s?[0-9]{1,4}|[0-9]{8})\b.*"
"""What all dates of these forms look like, so that other texts are not tried by each form."""

_DECIMALS: tuple[Decimal, ...] = ("point", "comma")
_THOUSANDS = "[-+]?[0-9]{1,3},[0-9]{3}"
_MANY_ROWS = 20
_HANDFUL = 4
_MOST_VALUES = 60
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
        rows: How many rows have one.
        values: All of its values, if they are few.
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
    rows: int = 0
    values: tuple[str, ...] = ()
    time_formats: tuple[str, ...] = ()
    decimal: str = "point"
    number: bool = False
    low: float | None = None
    high: float | None = None
    thousands: bool = False

    @property
    def few(self) -> bool:
        """It holds two or three words in many rows, so it says of what sort a row is, not whose: `yes`, `no`."""
        numbered = len(self.values) > 2 and any(map(str.isdigit, "".join(self.values)))
        return self.rows >= _MANY_ROWS and len(self.values) in range(1, _HANDFUL) and not numbered


def see_columns(table: pa.Table, columns: Mapping[str, pa.DataType], engine: Engine) -> list[ColumnSeen]:
    """Look at the columns of a file's first rows."""
    return [_see(name, kind, table, engine) for name, kind in columns.items() if name not in {ROW, LINE}]


def guess_target(target: str, columns: Sequence[ColumnSeen], taken: set[str]) -> ColumnSeen | None:
    """The column that a target most probably comes from, by its name; times and numbers must look like it."""
    free = [column for column in columns if column.name not in taken and _fits(target, column)]
    ranked = [(rank, column) for column in free if (rank := name_rank(target, column.name)) is not None]
    if ranked:
        return min(ranked, key=lambda item: item[0])[1]  # of the same rank, the first in the file
    if target in {"occurred_at", "day"}:
        times = [column for column in free if column.kind != "number" and not looks_personal(column.name)]
        return max(times, key=lambda column: (_tells_clock(column), column.filled), default=None)
    return None


def _tells_clock(column: ColumnSeen) -> bool:
    """Its times are more than days."""
    return any(":" in sample for sample in column.samples)


def guess_null_words(columns: Sequence[ColumnSeen], table: pa.Table) -> list[str]:
    """Words of the first rows that stand for nothing."""
    found: list[str] = []
    names = [column.name for column in columns if column.name in table.column_names]
    for word in _WORDS:
        texts = (table.column(name) for name in names if pa.types.is_string(table.schema.field(name).type))
        if any(pa.compute.any(pa.compute.equal(text, word)).as_py() for text in texts):
            found.append(word)
    return found


def safe_samples(column: ColumnSeen, *, personal: bool = False) -> tuple[str, ...]:
    """The samples of a column for a screen or a log; where they are about a person, only how they are written.

    Args:
        column: What was seen.
        personal: It is known to name people, whatever it is called.
    """
    named = any(name_rank(kind, column.name) is not None for kind in ("customer", "email", "phone", "device_id"))
    told = any(_TELLING.search(sample) for sample in column.samples)
    if not (personal or named or told or looks_personal(column.name)):
        return column.samples
    return tuple(dict.fromkeys(map(_shape, column.samples)))


def _shape(text: str) -> str:
    """`Anna-7` is `Xxxx-9`."""
    return "".join(
        "9" if sign.isdigit() else "X" if sign.isupper() else "x" if sign.isalnum() else sign for sign in text
    )


def _fits(target: str, column: ColumnSeen) -> bool:
    if target in {"occurred_at", "recorded_at", "day"}:
        return bool(column.time_formats)
    if target in {"value", "score"}:
        return column.number
    if target == "customer" and (column.kind in {"time", "true or false"} or column.few):
        return False  # `Member: yes`, `Guest: no`
    return column.kind != "nested"


def _see(name: str, kind: pa.DataType, table: pa.Table, engine: Engine) -> ColumnSeen:
    raw = name_sql(name)
    if is_nested(kind):
        return ColumnSeen(name=name, kind="nested", samples=(), filled=1.0, distinct=0.0)
    text = text_of(raw, kind)
    start = f"left(regexp_replace({text}, '\\s+', ' ', 'g'), 30)"
    samples = f"list(DISTINCT {start} ORDER BY {start}) FILTER (({text}) IS NOT NULL)"
    like_times = f"count(*) FILTER (regexp_full_match({text}, {literal(_LIKE_TIMES)})) AS like_times"
    totals = ("count(*) AS n", f"count({text}) AS filled", f"count(DISTINCT {text}) AS different", like_times)
    facts = query_over(engine, "seen", table, select_sql([*totals, f"{samples} AS samples"], "seen")).to_pylist()[0]
    enough = max(1, facts["filled"] / 2)  # what does not fit is shown as rejected, for a person to judge
    forms = _forms(kind) if facts["like_times"] >= enough else ["iso"]
    tests: dict[str, str] = {}
    for time_format in forms:
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
    best = max([enough, *(counts[key] for key in forms)])
    formats = [key for key in forms if counts[key] == best]
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
        rows=facts["filled"],
        values=tuple(facts["samples"] or ()) if facts["different"] <= _MOST_VALUES else (),
        time_formats=tuple(formats) if facts["filled"] else (),
        decimal=decimal,
        number=number,
        low=low,
        high=high,
        thousands=number and decimal == "comma" and not counts["not thousands"],
    )


def _forms(kind: pa.DataType) -> list[str]:
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return ["iso"]
    return ["iso", *(date + time for date in _DATES for time in _TIMES)]
