"""Data that no one here wrote, by the source files in `examples/`: the counts that are known from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.sources import Shop, open_shop

from resa.collector import LoadReport, collect, read_sources
from resa.engine import Engine

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@contextmanager
def example(name: str, source: str, data: Path, folder: Path) -> Iterator[tuple[Shop, LoadReport]]:
    """An example's workspace, the source of its raw file collected."""
    if not data.is_dir():
        pytest.skip(f"{data} is missing")
    (folder / "sources").mkdir()
    shutil.copy(EXAMPLES / name / "sources" / f"{source}.yaml", folder / "sources")
    (folder / "data").symlink_to(data)
    sources, problems = read_sources(folder)
    assert not problems
    with open_shop(folder) as shop:
        yield shop, collect(shop.writer, sources[0], chunk_rows=100_000)


def test_a_web_shops_sessions_with_nested_hits(shared_data: Path, tmp_path: Path) -> None:
    with example("ga360", "sessions", shared_data / "ga360_merch_store_day", tmp_path) as (shop, report):
        assert (report.good, report.rejected, report.duplicate) == (13_233, 0, 0)
        assert report.files[0].rows_read == 2_556
        seen: dict[str, set[str]] = {}
        for event in shop.events():
            seen.setdefault(event["event"], set()).add(event["identifiers"][0]["value"])
        assert len(set().union(*seen.values())) == 2_293
        funnel = [len(seen[step]) for step in ("product_view", "add_to_cart", "checkout", "purchase")]
        assert funnel == [394, 158, 91, 42]


def test_a_public_process_in_the_order_of_its_rows(shared_data: Path, tmp_path: Path) -> None:
    with example("traffic_fines", "fines", shared_data / "traffic_fines_sample", tmp_path) as (shop, report):
        assert (report.good, report.rejected, report.duplicate) == (34_724, 0, 0)
        events = shop.events()
        cases: dict[str, list[str]] = {}
        for event in sorted(events, key=lambda event: (event["occurred_at"], event["sequence"])):
            cases.setdefault(event["identifiers"][0]["value"], []).append(event["event"])
        assert len({event["event"] for event in events}) == 11
        assert len(cases) == 10_000
        assert len({tuple(case) for case in cases.values()}) == 44
        edges = [edge for case in cases.values() for edge in pairwise(case)]
        assert len(set(edges)) == 40
        assert edges.count(("Create Fine", "Send Fine")) == 6_557


def test_invoice_lines_with_and_without_a_customer(shared_data: Path, tmp_path: Path) -> None:
    with example("online_retail", "invoice_lines", shared_data / "online_retail", tmp_path) as (shop, report):
        assert (report.good, report.rejected, report.duplicate) == (541_909, 0, 0)
        assert report.files[0].without_customer == 135_080
        told = "SELECT '{}' AS kind, json_extract_string(properties, '$.invoice') AS invoice, {} AS value FROM {}"
        with Engine() as engine:
            engine.register("events", shop.store.rows("events", ["properties", "value", "identifiers"]))
            engine.register("numbers", shop.store.rows("daily_numbers", ["properties"]))
            known = told.format("known", "value", "events")
            unknown = told.format("unknown", "CAST(json_extract(properties, '$.value') AS DOUBLE)", "numbers")
            lines = f"({known} UNION ALL {unknown})"
            found = engine.query(f"SELECT count(DISTINCT invoice) AS n, sum(value) AS v FROM {lines}")
            customers = engine.query("SELECT count(DISTINCT identifiers[1].value) AS n FROM events")
        assert customers.to_pylist() == [{"n": 4_372}]
        assert found.to_pylist() == [{"n": 25_900, "v": pytest.approx(9_747_747.934, abs=0.0005)}]
