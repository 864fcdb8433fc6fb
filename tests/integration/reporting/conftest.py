"""A small made-up shop and its report, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resa import workspace
from resa.reporting import HtmlReport


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[workspace.Workspace]:
    folder = tmp_path_factory.mktemp("reported") / "shop"
    workspace.create(folder, template="retail", language="en")
    with workspace.open(folder) as opened:
        opened.simulate(customers=3000, truths=["broken_checkout"], seed=4)
        opened.collect()
        yield opened


@pytest.fixture(scope="package")
def report(shop: workspace.Workspace) -> HtmlReport:
    return shop.report()
