"""Customers who are alike are found without labels, at the threshold that is shipped: pairwise, over who is one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from benchmarks.likeness import joined, made_up, pairs_right

from resa.identity import ALIKE, FIELDS, groups_of, likely_pairs


class Score(NamedTuple):
    """Of pairs that were found to be one person."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def people_of(path: Path, *, without: tuple[str, ...] = ()) -> tuple[pa.Table, dict[str, str]]:
    """The records by the names of `FIELDS`, and whose each is."""
    table = pq.read_table(path)
    ids = "rec_id" if "rec_id" in table.column_names else "unique_id"
    names = {other: field for field, others in FIELDS.items() for other in (field, *others)}
    columns = {names[name]: table.column(name) for name in table.column_names if name in names and name not in without}
    numbers = table.column(ids).to_pylist()
    whose = table.column("cluster").to_pylist() if ids == "unique_id" else [name.split("-")[1] for name in numbers]
    return pa.table({"id": table.column(ids), **columns}), dict(zip(numbers, whose, strict=True))


def score_of(people: pa.Table, whose: dict[str, str]) -> Score:
    found = likely_pairs(people)
    sure = found.filter(pc.greater_equal(found.column("probability"), ALIKE))
    groups = groups_of(people.column("id").to_pylist(), sure)

    def pairs(counts: Counter[str]) -> int:
        return sum(number * (number - 1) // 2 for number in counts.values())

    told = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    right = sum(pairs(Counter(whose[one] for one in group)) for group in groups)
    return Score(right / told, right / pairs(Counter(whose.values())))


@pytest.mark.parametrize(
    ("file", "without", "f1", "precision"),
    [
        ("febrl/dataset3.parquet", (), 0.998, 0.9995),
        ("febrl/dataset3.parquet", ("soc_sec_id",), 0.99, 0.9995),
        ("febrl/dataset2.parquet", (), 0.995, 0.9995),
        ("splink_fake_1000/fake_1000.parquet", (), 0.86, 0.9995),
    ],
    ids=["febrl 3", "febrl 3 without number", "febrl 2", "splink fake"],
)
def test_people_are_found(shared_data: Path, file: str, without: tuple[str, ...], f1: float, precision: float) -> None:
    people, whose = people_of(shared_data / file, without=without)
    score = score_of(people, whose)
    assert score.precision >= precision
    assert score.f1 >= f1


def test_the_order_of_people_is_no_matter(shared_data: Path) -> None:
    people, _ = people_of(shared_data / "splink_fake_1000" / "fake_1000.parquet")
    backwards = people.take(pa.array(range(people.num_rows - 1, -1, -1)))
    assert likely_pairs(backwards).equals(likely_pairs(people))


@pytest.mark.parametrize(
    ("customers", "unknown"),
    [
        (500, ["birth_date"]),
        pytest.param(100_000, ["birth_date"], marks=pytest.mark.nightly),
        pytest.param(100_000, [], marks=pytest.mark.nightly),
    ],
)
def test_of_many_made_up_customers_hardly_one_is_wrong(customers: int, unknown: list[str]) -> None:
    """Also where e-mail addresses are made of names that many have."""
    people, whose = made_up(customers)
    told, right, wanted = pairs_right(joined(people.drop_columns(unknown)), whose)
    assert right >= told * 0.9995
    assert right >= wanted * 0.99
