"""What keys in an answer are called by people."""

from __future__ import annotations

from pathlib import Path

from tests.support.served import new_shop

import resa
from resa.analytics.results.names import step_name


def test_a_step_that_may_be_any_of_several_is_called_by_their_names(tmp_path: Path) -> None:
    new_shop(tmp_path)
    with resa.open(tmp_path) as shop:
        assert step_name(shop.map(), "product_page") == "Product page"
        assert step_name(shop.map(), "product_page or cart") == "Product page or Cart"
