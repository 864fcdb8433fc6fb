"""How long it takes to find who is alike among made-up customers, and how much memory.

    python -m benchmarks.likeness --customers 100000

One in six has a second record, in which up to two of name, birth date, street and e-mail differ as people's typing
makes them differ. Addresses are made of names, and many have the same. There is no peer beside us: this is Splink, with
what Resa asks of it.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import Counter
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from resa.identity import ALIKE, groups_of, likely_pairs

_SYLLABLES: Final = [first + second for first in "abdfghjklmnprs" for second in "aeio"]
_FIELDS: Final = ("given_name", "surname", "birth_date", "street", "postcode", "email")


def made_up(customers: int, seed: int = 1) -> tuple[pa.Table, dict[str, int]]:
    """Records, and whose each is."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    given = ["".join(chance.choices(_SYLLABLES, k=2)).title() for _ in range(400)]
    family = ["".join(chance.choices(_SYLLABLES, k=3)).title() for _ in range(5_000)]
    streets = ["".join(chance.choices(_SYLLABLES, k=3)).title() + "gatan" for _ in range(2_000)]
    rows: list[dict[str, str]] = []
    whose: dict[str, int] = {}
    person = 0
    while len(rows) < customers:
        name, surname = chance.choice(given), chance.choice(family)
        row = {
            "given_name": name,
            "surname": surname,
            "birth_date": f"{chance.randint(1940, 2005)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "street": f"{chance.choice(streets)} {chance.randint(1, 120)}",
            "postcode": f"{chance.randint(10_000, 98_999)}",
            "email": f"{name}.{surname}{chance.randint(1, 9_999)}@post.se".lower(),
        }
        records = [row, _typed_again(row, chance)] if chance.random() < 1 / 6 else [row]
        for record in records:
            number = f"c{len(rows)}"
            rows.append({"id": number, **record})
            whose[number] = person
        person += 1
    chance.shuffle(rows)
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in ("id", *_FIELDS)])), whose


def _typed_again(row: dict[str, str], chance: random.Random) -> dict[str, str]:
    """The same person's other record."""
    other = dict(row)
    for field in chance.sample(["given_name", "surname", "birth_date", "street", "email"], chance.randint(0, 2)):
        text = other[field]
        place = chance.randrange(len(text) - 1)
        other[field] = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return other


def joined(people: pa.Table) -> list[list[str]]:
    """Who is one at the shipped threshold."""
    found = likely_pairs(people)
    sure = found.filter(pc.greater_equal(found.column("probability"), ALIKE))
    return [list(group) for group in groups_of(people.column("id").to_pylist(), sure)]


def pairs_right(groups: list[list[str]], whose: dict[str, int]) -> tuple[int, int, int]:
    """Pairs that were joined, those of them that are right, and those that should be."""

    def pairs(numbers: Counter[int]) -> int:
        return sum(number * (number - 1) // 2 for number in numbers.values())

    told = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    right = sum(pairs(Counter(whose[one] for one in group)) for group in groups)
    return told, right, pairs(Counter(whose.values()))


def main() -> None:
    """Measure, and print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    people, whose = made_up(parser.parse_args().customers)
    began = time.perf_counter()
    told, right, wanted = pairs_right(joined(people), whose)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{people.num_rows:,} customers in {time.perf_counter() - began:.1f} s, at most {memory:,.0f} MB: "
        f"{told:,} pairs joined, {right:,} of them right, of {wanted:,} that are one"
    )


if __name__ == "__main__":
    main()
