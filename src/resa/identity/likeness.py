"""Which customers are alike enough to be one, by what is known of them: Splink, trained on the customers themselves.

Fellegi and Sunter (1969): each field adds the logarithm of how much likelier its agreement is between records of one
person than of two. How likely each is, is estimated without labels, by sampling pairs and by expectation maximisation.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.errors import ExtraMissing, InputError
from resa.base.language import sentence
from resa.engine import Engine
from resa.kernels import joining

__all__ = ["ALIKE", "FIELDS", "LIKENESS", "UNDECIDED", "Level", "groups_of", "likely_pairs"]

Level = Literal["same", "similar", "different", "unknown"]
"""How two values of a field agree; `unknown`: of one of the two there is none."""

ALIKE: Final = 0.9
"""So probable that they are one that they may be joined."""

UNDECIDED: Final = 0.5
"""From here up to `ALIKE` a person decides."""

FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "given_name": ("first_name", "forename", "förnamn", "fornavn", "keresztnév"),
        "surname": ("last_name", "family_name", "efternamn", "etternavn", "vezetéknév"),
        "birth_date": ("date_of_birth", "dob", "birthday", "födelsedatum", "fødselsdato", "születési_dátum"),
        "national_id": ("soc_sec_id", "ssn", "personal_number", "personnummer", "fødselsnummer"),
        "email": ("e_mail", "mail"),
        "phone": ("phone_number", "mobile", "telefon", "mobil"),
        "street": ("address", "address_1", "street_address", "adress", "gatuadress", "adresse", "utca", "cím"),
        "street2": ("address_2", "address_line_2"),
        "street_number": ("house_number", "husnummer", "házszám"),
        "postcode": ("postal_code", "zip", "zip_code", "postnummer", "irányítószám"),
        "city": ("town", "suburb", "ort", "stad", "by", "város"),
        "state": ("region", "county", "län", "fylke", "megye"),
    }
)
"""What is compared, and other names that traits have for it."""

_COMPARED: Final = pa.struct(
    [
        pa.field("field", pa.string(), nullable=False),
        pa.field("level", pa.string(), nullable=False),  # same, similar, different, unknown (of one of them)
        pa.field("weight", pa.float64(), nullable=False),  # bits of evidence: above 0 for it, below 0 against it
    ]
)

LIKENESS: Final = pa.schema(
    [
        pa.field("one", pa.string(), nullable=False),
        pa.field("other", pa.string(), nullable=False),
        pa.field("probability", pa.float64(), nullable=False),
        pa.field("compared", pa.list_(_COMPARED), nullable=False),  # the fields of which one of them has something
    ]
)
"""Two customers, and how probable it is that they are one."""

_BLOCKS: Final = (
    *(("birth_date",), ("national_id",), ("email",), ("phone",), ("given_name", "surname"), ("surname", "postcode")),
    *(("given_name", "postcode"), ("street", "street_number"), ("city", "street_number"), ("surname", "city")),
    *(("given_name", "city"), ("street2", "surname"), ("street2", "given_name"), ("street", "postcode")),
    *(("surname", "street"), ("given_name", "street"), ("street_number", "postcode")),
)
"""Pairs that agree in one of these are compared; others are not looked at."""

_SURE: Final = (("national_id",), ("birth_date", "surname"), ("birth_date", "given_name"), ("email",), ("phone",))
"""What hardly two people have in common, by which it is estimated how many pairs there are."""

_TRAINED_ON: Final = (("birth_date",), ("surname", "given_name"), ("postcode", "surname"), ("email",))
"""Pairs that agree in these teach how the other fields agree."""

_MOST_PAIRS: Final = 2_000_000
_FEWEST: Final = 10


def likely_pairs(people: pa.Table, at_least: float = UNDECIDED) -> pa.Table:
    """How probable it is that customers are one, as `LIKENESS`.

    The same people give the same answer, in whatever order they come.

    Args:
        people: `id` (text, each once), and columns named as in `FIELDS`, of which each may be missing or null.
        at_least: Pairs that are less probable are left out.

    Raises:
        ExtraMissing: Splink is not installed.
        InputError: Too little is known to compare them by, or to learn from.
    """
    fields = [name for name in FIELDS if name in people.column_names and _is_told(people.column(name))]
    if len(fields) < 2 or people.num_rows < _FEWEST:
        raise InputError(
            sentence(
                "customers are compared by at least two of {fields}, and there are not enough who have them",
                fields=", ".join(FIELDS),
            )
        )
    plain = pa.table({"id": people.column("id"), **{name: _plain(people.column(name)) for name in fields}})
    with Engine(threads=1) as engine:  # sums of floating-point numbers depend on who adds them when
        found = _compared(engine, plain.sort_by("id"), fields, at_least)
    return LIKENESS.empty_table() if found is None else _told(found, fields)


def groups_of(ids: Sequence[str], pairs: pa.Table) -> list[list[str]]:
    """Who is one when all of these pairs are: groups of two and more, in the order of their ids."""
    place = {name: number for number, name in enumerate(ids)}
    ends = [np.array([place[name] for name in pairs.column(end).to_pylist()], np.int32) for end in ("one", "other")]
    part = joining.components(len(ids), *ends)
    groups: dict[int, list[str]] = {}
    for name, number in zip(ids, part.tolist(), strict=True):
        groups.setdefault(number, []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _is_told(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count < len(column))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts in small letters without spaces at their ends; nothing where nothing stands."""
    text = pc.utf8_lower(pc.utf8_trim_whitespace(column.cast(pa.string())))
    return pc.if_else(pc.equal(text, ""), None, text)


def _compared(engine: Engine, people: pa.Table, fields: Sequence[str], at_least: float) -> pa.Table | None:
    """The pairs as Splink tells them; `None`: no two agree in anything that it could learn from."""
    try:
        from splink import Linker, SettingsCreator, block_on  # noqa: PLC0415 - an extra, and heavy
        from splink.backends.duckdb import DuckDBAPI  # noqa: PLC0415 - the same
        from splink.internals.exceptions import SplinkException  # noqa: PLC0415 - the same
    except ImportError:
        raise ExtraMissing("splink", "identity", sentence("comparing customers")) from None
    trained_on = [rule for rule in _own_parts(_TRAINED_ON, fields) if _agree(people, rule)]
    if not trained_on:
        return None
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[_comparison(name) for name in fields],
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in _whole(_BLOCKS, fields)],
        retain_intermediate_calculation_columns=True,
        max_iterations=25,
    )
    table = DuckDBAPI(engine.connection).register(people, dataset_display_name="people")
    logging.getLogger("splink").setLevel(logging.ERROR)  # it warns of levels that nobody's records show
    linker = Linker(table, settings, log_level=None)
    sure: list[Any] = [block_on(*rule) for rule in _whole(_SURE, fields) if _agree(people, rule)]
    try:
        if sure:
            linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
        linker.training.estimate_u_using_random_sampling(max_pairs=_MOST_PAIRS, seed=1)
        taught = _taught(linker, table, [block_on(*rule) for rule in trained_on])
        pairs: Any = taught.inference.predict(threshold_match_probability=at_least)
    except (SplinkException, ValueError):  # their messages hold statements, and may hold values
        raise InputError(
            sentence("too little differs, or too little agrees, among these customers to learn who is alike")
        ) from None
    found: pa.Table = pairs.as_pyarrow_table()
    return found


def _taught(linker: Any, table: Any, rules: Sequence[Any]) -> Any:
    """The linker, once pairs that agree in each rule taught how the other fields agree.

    Raises:
        SplinkException: No rule taught anything.
    """
    from splink import Linker  # noqa: PLC0415 - an extra, and heavy
    from splink.internals.exceptions import SplinkException  # noqa: PLC0415 - the same

    failures = []
    for rule in rules:
        before = linker.misc.save_model_to_json()
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        except SplinkException as error:  # all who agree in this are one; what was learnt before stays
            failures.append(error)
            linker = Linker(table, before, log_level=None)
    if len(failures) == len(rules):
        raise failures[0]
    return linker


def _agree(people: pa.Table, rule: Sequence[str]) -> bool:
    """Whether any two people agree in all of these fields."""
    told = people.select(list(rule)).drop_null()
    return bool(told.group_by(list(rule)).aggregate([]).num_rows < told.num_rows)


def _own_parts(rules: Sequence[tuple[str, ...]], fields: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What of each rule is known, where it leaves something to learn."""
    parts = (tuple(name for name in rule if name in fields) for rule in rules)
    return (part for part in dict.fromkeys(parts) if part and len(part) < len(fields))


def _whole(rules: Sequence[tuple[str, ...]], fields: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The rules all of whose fields are known."""
    return (rule for rule in rules if set(fields).issuperset(rule))


def _comparison(field: str) -> Any:
    import splink.comparison_level_library as levels  # noqa: PLC0415 - an extra, and heavy
    import splink.comparison_library as comparisons  # noqa: PLC0415 - the same

    def by_typing(*typos: int, common: bool) -> Any:
        told = [levels.NullLevel(field), levels.ExactMatchLevel(field, term_frequency_adjustments=common)]
        told += [levels.DamerauLevenshteinLevel(field, number) for number in typos]
        return comparisons.CustomComparison(output_column_name=field, comparison_levels=[*told, levels.ElseLevel()])

    match field:
        case "given_name" | "surname":
            return comparisons.NameComparison(field)
        case "email":
            # Whoever has a common name has a number behind it: one digit tells two people, one letter is a slip. And an
            # address that is merely like another says no more than the names that both are made of.
            digits = [f"regexp_replace(email_{side}, '[^0-9]', '', 'g')" for side in "lr"]
            numbered_alike = levels.CustomLevel(" = ".join(digits), label_for_charts="the same digits")
            slips = [levels.And(levels.DamerauLevenshteinLevel(field, number), numbered_alike) for number in (1, 2)]
            told = [levels.NullLevel(field), levels.ExactMatchLevel(field, term_frequency_adjustments=True), *slips]
            return comparisons.CustomComparison(output_column_name=field, comparison_levels=[*told, levels.ElseLevel()])
        case "birth_date" | "national_id" | "phone":
            return by_typing(1, 2, common=False)
        case "postcode" | "street_number":
            return by_typing(1, common=True)
        case "state":
            return comparisons.ExactMatch(field).configure(term_frequency_adjustments=True)
        case _:
            return comparisons.JaroWinklerAtThresholds(field, [0.9, 0.75]).configure(term_frequency_adjustments=True)


def _told(found: pa.Table, fields: Sequence[str]) -> pa.Table:
    """The pairs as `LIKENESS`, the surest first."""
    compared = zip(*(_told_of(found, name) for name in fields), strict=True)
    columns = [
        found.column("id_l"),
        found.column("id_r"),
        found.column("match_probability"),
        pa.array([[one for one in row if one is not None] for row in compared], pa.list_(_COMPARED)),
    ]
    order = [("probability", "descending"), ("one", "ascending"), ("other", "ascending")]
    return pa.table(columns, schema=LIKENESS).sort_by(order).combine_chunks()


def _told_of(found: pa.Table, field: str) -> Iterator[dict[str, str | float] | None]:
    """How a field was compared, by pair; `None`: of neither it is known."""
    weight = found.column(f"mw_{field}")
    if f"mw_tf_adj_{field}" in found.column_names:  # what many have says less
        weight = pc.add(weight, found.column(f"mw_tf_adj_{field}"))
    columns = [found.column(f"{field}_l"), found.column(f"{field}_r"), found.column(f"gamma_{field}"), weight]
    for one, other, level, bits in zip(*(column.to_pylist() for column in columns), strict=True):
        if one is None and other is None:
            yield None
        else:
            yield {"field": field, "level": _level(one, other, level), "weight": bits}


def _level(one: str | None, other: str | None, level: int) -> Level:
    if one is None or other is None:
        return "unknown"
    if one == other:
        return "same"
    return "similar" if level > 0 else "different"
